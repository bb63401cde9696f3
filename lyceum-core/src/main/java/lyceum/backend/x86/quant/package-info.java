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
 * <p>Every rounding is that of {@link lyceum.backend.scalar.QuantisedMatmul}, in the same order: the bits are equal, whatever the CPU.
 */
package lyceum.backend.x86.quant;
