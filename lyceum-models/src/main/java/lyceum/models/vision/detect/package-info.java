/**
 * Networks that say what is where in pictures. A {@link lyceum.models.vision.detect.Detector} finds boxes: start at {@link
 * lyceum.models.vision.detect.RegionDetector} (R-CNN, Fast, Faster) or at {@link lyceum.models.vision.detect.Detr} (a set, without
 * suppression). What they stand on lies in {@link lyceum.models.vision}.
 */
package lyceum.models.vision.detect;
