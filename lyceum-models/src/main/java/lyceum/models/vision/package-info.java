/**
 * Networks that look at pictures (batch, channels, height, width). A backbone is a {@link lyceum.models.vision.VisionEncoder}: start
 * there, at
 * {@link lyceum.models.vision.ResNet} or at {@link lyceum.models.vision.VisionTransformer}. A {@link lyceum.models.vision.UNet}
 * answers at every pixel; {@link lyceum.models.vision.AlexNet} and the {@link lyceum.models.vision.CapsuleNetwork} are landmarks. {@link
 * lyceum.models.vision.Resize} brings maps to other sizes.
 *
 * <p>What detectors stand on: {@link lyceum.models.vision.BoxOverlap}, {@link lyceum.models.vision.BoxCoding}, {@link
 * lyceum.models.vision.NonMaxSuppression},
 * {@link lyceum.models.vision.RoiAlign}, {@link lyceum.models.vision.DetectionScore}; the detectors are in {@code lyceum.models.vision.detect}.
 */
package lyceum.models.vision;
