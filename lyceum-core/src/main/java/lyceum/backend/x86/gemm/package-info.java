/**
 * Matrix products in machine code. Start at {@link lyceum.backend.x86.gemm.Gemm}; {@code Blocking} is the cost model, {@code MicroKernel} the
 * generator of the inner loops, {@code PackKernel} that of the copies around them.
 */
package lyceum.backend.x86.gemm;
