/**
 * Learners with kernels: support vector machines for classes, numbers and novelty, kernel ridge, kernel k-means and regularised risk in a
 * reproducing kernel Hilbert space.
 *
 * <p>Start with {@link lyceum.learn.svm.KernelRidge} for numbers. Kernels themselves are in {@code lyceum.kernel}.
 */
package lyceum.learn.svm;
