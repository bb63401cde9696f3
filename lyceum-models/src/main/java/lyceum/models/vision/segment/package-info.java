/**
 * Which pixel belongs to what: classes at every pixel ({@link lyceum.models.vision.segment.SemanticSegmenter}), a mask for each object
 * ({@link lyceum.models.vision.segment.InstanceSegmenter}), and both as one {@link lyceum.models.vision.segment.Segmentation}.
 * {@link lyceum.models.vision.segment.RleMask} is a mask as COCO keeps it.
 */
package lyceum.models.vision.segment;
