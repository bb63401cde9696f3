/**
 * The one array type, {@link lyceum.tensor.Tensor}: start there.
 *
 * <p>A tensor is a value: operations return new ones, and the few in-place writes end in an underscore. What it can do is sorted by theme in
 * its super-interfaces: {@code ElementwiseOps}, {@code ReductionOps}, {@code ShapeOps}, {@code IndexOps}, {@code ContractionOps},
 * {@code WindowOps}, {@code InPlaceOps}. Element-wise results are pending until someone reads them ({@code Fusion} turns a chain into one
 * {@link lyceum.backend.Program}).
 *
 * <p>Each operation is one record, an {@link lyceum.tensor.Operation}, which has its value, pull-back, push-forward, batching rule and cost; the element-wise
 * ones are a table with one row a primitive ({@link lyceum.tensor.ElementwiseOp}). {@code Operation.apply} is the one door: it computes the value,
 * attaches a {@code GradNode} for {@code Backward} to sweep, and notifies listeners through {@code Tracing}: graphs, batches and {@code Forward} mode.
 */
package lyceum.tensor;
