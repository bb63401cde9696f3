/**
 * Products of sparse matrices with dense ones in machine code. With a matrix, or once with a vector, rows are taken as they lie: what a row of the other matrix holds is a few
 * neighbouring vectors, and the sums of a row stay in registers. With a vector for the second time, eight rows at a time: {@link lyceum.backend.x86.sparse.Slices}.
 */
package lyceum.backend.x86.sparse;
