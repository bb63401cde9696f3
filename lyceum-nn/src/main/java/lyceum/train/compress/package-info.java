/**
 * Making trained networks smaller and faster: {@link lyceum.train.compress.Pruner} chooses weights to remove,
 * {@link lyceum.train.compress.StructuredPruner} removes whole channels, {@link lyceum.train.compress.Distiller} trains a small network on a large
 * one's outputs, {@link lyceum.train.compress.PostTrainingQuantizer} and {@link lyceum.train.compress.Qat} lead to integers, and
 * {@link lyceum.train.compress.CompressionPipeline} chains them and measures each stage.
 */
package lyceum.train.compress;
