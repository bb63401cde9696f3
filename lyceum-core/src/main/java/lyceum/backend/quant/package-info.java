/**
 * Weights stored in blocks of few bits, as data: what the bytes of each format mean, how a row of floats becomes them and comes back.
 *
 * <p>Start at {@link lyceum.backend.quant.BlockFormat}, which lists the formats. {@link lyceum.backend.quant.BlockMatrix} is a matrix of such
 * rows, {@link lyceum.backend.quant.Activations} says how exactly the other operand of a product is taken. Users of tensors want
 * {@link lyceum.tensor.QuantisedMatrix}. The product itself is {@link lyceum.backend.Backend#matmulQuantised}.
 *
 * <p><b>What a product means.</b> Weights of one scale group are {@code scale (code - offset) - minimum}. Activations are cut into blocks of 32,
 * each written as {@code step * n} with integers n of one, two or three signed bytes; {@link lyceum.backend.quant.Activations#Q8} follows llama.cpp, where beside
 * super-blocks of weights 256 activations share a step. A group then contributes
 * {@code scale (step I) - minimum (step N)}, where {@code I = sum (code - offset) n} and {@code N = sum n} are exact integers. So every backend
 * does the same roundings in the same order, and gives the same bits.
 */
package lyceum.backend.quant;
