/**
 * The seam between tensors and the machine.
 *
 * <p>{@link lyceum.backend.Backend} is what computes: {@code scalar} (plain loops, the reference), {@code vector} (jdk.incubator.vector), and
 * {@code x86} (machine code made at start-up); {@code simt} and {@code cuda} compute by the kernels of a graphics card, under an interpreter and on one
 * ({@link lyceum.backend.device}). It receives {@link lyceum.backend.View}s of memory and {@link lyceum.backend.Program}s, which are plain data: the
 * element-wise work of a chain of tensor operations as instructions that any executor can run. Nothing above this package knows how an
 * operation is computed, and nothing in it knows tensors. {@link lyceum.backend.Parallel} is the one pool;
 * {@link lyceum.backend.Profile} shows where the time goes,
 * {@link lyceum.backend.Roofline} what this machine could do, {@link lyceum.backend.Accelerator} others, and {@link lyceum.backend.CacheHierarchy} what a cache would
 * miss. Start at {@code Backend}.
 */
package lyceum.backend;
