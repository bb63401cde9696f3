/**
 * Index operations in machine code: gather and scatter of rows ({@link lyceum.backend.x86.index.RowKernel}) and of elements
 * ({@link lyceum.backend.x86.index.ElementKernel}), running sums, products, maxima and minima along an axis ({@link lyceum.backend.x86.index.LaneScan},
 * {@link lyceum.backend.x86.index.ColumnScan}). {@link lyceum.backend.x86.index.IndexOperations} is where a call arrives; what it does not take goes to
 * plain loops, as does sorting.
 *
 * <p>Every index is compared with the size of its axis where it is read: the comparison costs nothing beside the load that follows, a pass over all
 * indices before would cost as much as the whole.
 *
 * <p>Measured beside libtorch 2.7.1 on Zen 4, one thread, F32, best to worst of the suite's shapes: gather of rows 1.6 to 2.2 times as fast, of elements 1.2 to
 * 1.5, embedding's gradient 1.7 to 29, scatter-add of elements 1.1 to 1.2, running sums and products 2.3 to 2.8 (last axis) to 31 (others), maxima 5 to 49, segment
 * sums, means and maxima 4.5 to 15. A running sum of 16M floats moves 18.5 GB/s; adding one number after the other would take the latency of an addition each,
 * 1.1 nanoseconds.
 */
package lyceum.backend.x86.index;
