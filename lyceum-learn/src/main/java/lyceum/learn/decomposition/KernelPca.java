package lyceum.learn.decomposition;

import java.util.Arrays;
import java.util.Set;
import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.PrecomputedKernel;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Eigen;
import lyceum.linalg.Lanczos;
import lyceum.linalg.LinearMap;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Principal components in a kernel's feature space. The Gram matrix, centred as if the features had mean 0, has eigenvectors a and
 * eigenvalues l; the score of x on a component is {@code sum_i a_i k~(x_i, x)} with a scaled to {@code l |a|^2 = 1}, k~ the centred kernel.
 *
 * {@snippet :
 * Tensor x = Datasets.circles(Rng.of(1), 200, 0.3, 0.03).x();
 * KernelPcaModel model = new KernelPca(Rbf.ofGamma(2), 2).fit(x);
 * Tensor scores = model.transform(x);                                              // (200 x 2)
 * Tensor back = new KernelPca(Rbf.ofGamma(2), 4).withPreImages(0.1).fit(x).inverse(Tensor.zeros(DType.F64, 1, 4));
 * }
 *
 * <p>{@code O(n^2)} memory, {@code O(n^3)} time, less for few components. With the linear kernel the scores are {@link Pca}'s. Signs are
 * free: here the entry of a of the largest magnitude is positive.
 *
 * @param kernel a valid one
 * @param components at most the number of eigenvalues above rounding, which is at most n - 1
 * @param preImages 0 (the default) for none; else the ridge penalty of the regression from scores to rows, with the same kernel, that
 * serves
 *     {@link KernelPcaModel#inverse} (Bakir, Weston and Schölkopf 2004)
 * @see <a href="https://doi.org/10.1162/089976698300017467">Schölkopf, Smola and Müller (1998)</a>
 */
@Withers
public record KernelPca(KernelFunction kernel, int components, double preImages) implements KernelPcaWithers, Transformer {
    public KernelPca {
        if (components < 1) throw new IllegalArgumentException("KernelPca: components is " + components + "; it is at least 1");
        if (!(preImages >= 0 && preImages < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("KernelPca: preImages is " + preImages + "; it is a penalty, or 0 for no pre-images");
        if (preImages > 0 && kernel instanceof PrecomputedKernel)
            throw new IllegalArgumentException("KernelPca: a precomputed kernel knows no rows to go back to; set preImages to 0");
    }

    public KernelPca(KernelFunction kernel, int components) { this(kernel, components, 0); }

    @Override public Set<Tag> tags() {
        return kernel instanceof PrecomputedKernel ? Set.of(Tag.NO_WEIGHTS, Tag.PAIRWISE) : Set.of(Tag.NO_WEIGHTS);
    }

    /** {@code K - 1K - K1 + 1K1} with 1 the matrix of entries 1 / n: the Gram matrix of features less their mean. Rows sum to 0. */
    public static Tensor centred(Tensor gram) {
        var means = gram.mean(0).compute();
        return gram.sub(means).sub(means.unsqueeze(1)).add(means.mean()).compute();
    }

    @Override public KernelPcaModel fit(Tensor x) { return fit(x, null, null); }

    @Override public KernelPcaModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var rows = input.x().to(DType.F64).copy();
        int n = input.rows();
        if (components > n)
            throw new IllegalArgumentException(input.operation() + ": components is " + components + " but x has " + n + " rows");
        Tensor gram = kernel.gram(rows), centred = centred(gram), vectors;
        double[] values;
        if (n > 400 && components < n / 10) {
            var pairs = new Lanczos(components).withTolerance(1e-14).run(LinearMap.of(centred), Rng.of(0));
            values = pairs.values().toDoubleArray();
            vectors = pairs.vectors();
        } else {
            var eigen = Eigen.symmetric(centred);
            double[] ascending = eigen.values().toDoubleArray();
            values = new double[components];
            var last = new int[components];
            for (int c = 0; c < components; c++) {
                values[c] = ascending[n - 1 - c];
                last[c] = n - 1 - c;
            }
            vectors = eigen.vectors().indexSelect(1, Tensor.of(last));
        }
        double floor = 1e-13 * n * Math.max(values[0], Double.MIN_NORMAL);
        int sound = 0;
        while (sound < components && values[sound] > floor) sound++;
        if (sound < components) throw new IllegalArgumentException(input.operation() + ": components is " + components + " but only "
                + sound + " eigenvalues stand above rounding; keep at most " + sound);
        double[][] a = vectors.transpose().toRows();
        for (int c = 0; c < components; c++) {
            double largest = 0;
            for (double v : a[c]) if (Math.abs(v) > Math.abs(largest)) largest = v;
            double scale = Math.signum(largest) / Math.sqrt(values[c]);
            for (int i = 0; i < n; i++) a[c][i] *= scale;
        }
        var dual = Tensor.of(a).transpose().contiguous();
        Tensor scores = null, back = null;
        if (preImages > 0) {
            scores = centred.matmul(dual).compute();
            back = Cholesky.of(kernel.gram(scores).add(Tensor.eye(DType.F64, n).mul(preImages))).solve(rows);
        }
        return new KernelPcaModel(kernel, rows, dual, Tensor.of(Arrays.copyOf(values, components)), gram.mean(0).compute(), scores, back);
    }
}
