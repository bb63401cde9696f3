/**
 * Index operations in machine code: gather and scatter of rows ({@link lyceum.backend.x86.index.RowKernel}) and of elements
 * ({@link lyceum.backend.x86.index.ElementKernel}), running sums, products, maxima and minima along an axis ({@link lyceum.backend.x86.index.LaneScan},
 * {@link lyceum.backend.x86.index.ColumnScan}). {@link lyceum.backend.x86.index.IndexOperations} is where a call arrives; what it does not take goes to
 * plain loops, as does sorting.
 *
 * <p>Every index is compared with the size of its axis where it is read: the comparison costs nothing beside the load that follows, a pass over all
 * indices before would cost as much as the whole.
 */
package lyceum.backend.x86.index;
