/**
 * Data to learn from. Start with {@link lyceum.data.Datasets}: it gives {@link lyceum.data.Dataset}s, tensors with names, which
 * {@link lyceum.data.Split} divides.
 */
package lyceum.data;
