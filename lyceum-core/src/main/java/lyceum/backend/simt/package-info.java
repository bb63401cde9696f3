/**
 * The machine that CUDA describes, simulated: kernels over grids, blocks and warps of 32 threads that execute one instruction together.
 *
 * <p>A {@link lyceum.backend.simt.Kernel} is written in Java by a {@link lyceum.backend.simt.KernelBuilder}, which records it, so that the same kernel runs
 * under {@link lyceum.backend.simt.Simt} and, printed as CUDA C by {@link lyceum.backend.simt.Kernel#cuda()}, on a graphics card through
 * {@code lyceum.backend.cuda}. {@code Simt} computes and counts: sectors, bank conflicts, divergence, occupancy; and it finds races.
 * {@link lyceum.backend.simt.Kernels} has the classic ones. Start at {@code Kernel}.
 */
package lyceum.backend.simt;
