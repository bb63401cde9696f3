package lyceum.models.vision;

import lyceum.random.Rng;

/**
 * The configuration of a {@link VisionEncoder}: what a detector or a segmenter is told to stand on, in code and in a file.
 *
 * {@snippet :
 * VisionBackbone backbone = ResNetConfig.cifar(20).withClasses(0);
 * VisionEncoder encoder = backbone.build(Rng.of(1));
 * }
 */
public sealed interface VisionBackbone permits AlexNetConfig, ResNetConfig, SwinTransformerConfig, VisionTransformerConfig {
    /** The encoder with fresh weights. */
    VisionEncoder build(Rng rng);
}
