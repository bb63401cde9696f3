/**
 * The one array type, {@link lyceum.tensor.Tensor}: start there.
 *
 * <p>A tensor is a value: operations return new ones, and the few in-place writes end in an underscore. What it can do is sorted by theme in
 * its super-interfaces: {@code ElementwiseOps}, {@code ReductionOps}, {@code ShapeOps}, {@code IndexOps}, {@code ContractionOps},
 * {@code WindowOps}, {@code InPlaceOps}. Element-wise results are pending until someone reads them ({@code Fusion} turns a chain into one
 * {@link lyceum.backend.Program}); gradients are a table with one row a primitive ({@code Gradients}), swept by {@code Backward}.
 */
package lyceum.tensor;
