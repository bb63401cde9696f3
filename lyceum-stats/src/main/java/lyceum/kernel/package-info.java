/**
 * Positive definite kernels, and what follows from them: Gram matrices, feature maps, Mercer expansions, functions of a reproducing
 * kernel Hilbert space and the distance between two samples' mean embeddings.
 *
 * <p>Start with {@link lyceum.kernel.KernelFunction}: {@code new Rbf(2.0).plus(new LinearKernel()).gram(x)}. Any {@code (x, z) -> number} is
 * one; the records here also know their parameters and gradients. Learners that take a kernel are in {@code lyceum.learn.svm}.
 */
package lyceum.kernel;
