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
 * <p>Many rows of activations in eight bits meet the weights in tiles of integers where the CPU has them ({@link lyceum.backend.x86.quant.TiledProducts}), many rows and
 * weights of F16 or BF16 as products of BF16 ({@link lyceum.backend.x86.quant.ManyRows}).
 *
 * <p><b>What bounds a product with one row.</b> Zen 4 at 3.7 GHz, one thread: memory gives 28 GB/s, 64 bytes in 8.4 cycles. Codes of 64 bytes cost
 * at least as many cycles as {@code vpdpbusd} instructions: 6 for 4-bit codes with F32 activations (35 GB/s from the second-level cache), 3 for bytes (66),
 * 2 with Q8 (67), and F16 2 conversions and 2 multiply-adds (59). So memory bounds all of them, if enough lines are under way. What counted, in shares of
 * the bandwidth:
 * <ul>
 * <li>Few calls. Each interrupts the stream: with calls of 1 MB instead of a panel F16 went from 0.79 to 0.91, Q4_0 with Q8 from 0.73 to 0.93.</li>
 * <li>Activations in the first-level cache ({@link lyceum.backend.x86.quant.PanelWalk}), where a row's 14 to 57 KB do not stay while a panel streams through:
 * Q8_0 with F32 0.78 to 0.91, F16 with rows of 14336 0.80 to 0.96.</li>
 * <li>Few instructions a line, for those that wait fill the queues: scales of a super-block converted once, nibbles masked straight from memory, Q4_K with
 * Q8 0.71 to 0.91.</li>
 * <li>{@code prefetcht1} 16 to 32 KB ahead of every line, in kernels that compute for long: Q4_0 with F32 0.60 to 0.85, Q4_K 0.56 to 0.90. Others lose by it (a
 * cap of 20 GB/s shows), as all do by shorter distances, other levels, or every second line.</li>
 * <li>On Zen 5 (memory 33 to 41 GB/s) every kernel asks, 6 KB ahead and into the first-level cache, which has 48 KB: the CPU's own prefetching follows the
 * plain blocks but not the super-blocks (Q4_K with Q8 0.53 to 0.94, Q5_K 0.45 to 0.93); 24 KB ahead and the second level left Q5_K at 0.66.</li>
 * </ul>
 *
 * <p>Every rounding is that of {@link lyceum.backend.scalar.QuantisedMatmul}, in the same order: the bits are equal, whatever the CPU.
 */
package lyceum.backend.x86.quant;
