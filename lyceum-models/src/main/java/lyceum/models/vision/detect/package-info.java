/**
 * Networks that say what is where in pictures. A {@link lyceum.models.vision.detect.Detector} finds boxes: start at {@link
 * lyceum.models.vision.detect.RegionDetector} (R-CNN, Fast, Faster), at {@link lyceum.models.vision.detect.Detr} (a set, without
 * suppression) or at {@link lyceum.models.vision.detect.Yolo} (one stage, for a frame rate). What they stand on lies in {@link lyceum.models.vision}.
 */
package lyceum.models.vision.detect;
