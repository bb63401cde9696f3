/**
 * Products with quantised weights in machine code: one to any number of rows of activations, at the speed at which memory gives the weights.
 *
 * <p>{@link lyceum.backend.x86.quant.QuantisedProducts} is where a call arrives. On first use the weights are rearranged
 * ({@link lyceum.backend.x86.quant.PackedMatrix}): sixteen rows side by side, so that a vector holds four consecutive codes of each of sixteen
 * rows, its sums need no horizontal step, and memory is read from front to back. The packed bytes are as many as GGUF's. Codes are stored without
 * sign, as {@code vpdpbusd} wants them; their offset is folded into the start of the sum. Activations become signed bytes
 * ({@link lyceum.backend.x86.quant.PackedActivations}); {@link lyceum.backend.x86.quant.BlockKernel} multiplies them,
 * {@link lyceum.backend.x86.quant.FloatKernel} takes weights that are floats, as they lie in the file.
 *
 * <p><b>What bounds a product with one row.</b> Zen 4, 4096 x 4096, one thread, memory read at 30 GB/s: the time is about that of reading plus that of
 * computing the same from the second-level cache (Q4_0 with F32 activations computes at 29 GB/s, 13 vector instructions for 64 bytes of codes, of which
 * six multiply; with Q8 at 67, Q8_0 with F32 at 44, F16 at 55): 17, 21, 20 and 22 GB/s in the end. What was tried to make the two overlap, and did not or made it
 * slower: prefetch instructions of every level, 512 bytes to 8 KB ahead, each line or each eighth (they keep the prefetchers of the CPU from seeing the
 * stream), plain loads ahead, all loads of a block before its sums, and two panels at once as two streams with shared activations (Q8_0 and Q6_K 5 to 8%
 * faster, Q5_K 15% slower, the rest as before). Two threads share 33 GB/s and reach 75 to 90% of it.
 *
 * <p>Every rounding is that of {@link lyceum.backend.scalar.QuantisedMatmul}, in the same order: the bits are equal, whatever the CPU.
 */
package lyceum.backend.x86.quant;
