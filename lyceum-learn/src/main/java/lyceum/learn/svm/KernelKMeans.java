package lyceum.learn.svm;

import java.util.Arrays;
import java.util.Set;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.PrecomputedKernel;
import lyceum.random.Rng;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * k-means in the kernel's feature space, where clusters need not be convex in x. The centres are means of features that nobody computes;
 * all that is needed is {@code |phi(x) - centre|^2 = k(x, x) - 2 mean_j k(x, x_j) + mean_jl k(x_j, x_l)}, means over the cluster's rows.
 *
 * {@snippet :
 * var rings = Datasets.circles(Rng.of(1), 200, 0.3, 0.03);
 * KernelFunction radius = (a, b) -> (a[0] * a[0] + a[1] * a[1]) * (b[0] * b[0] + b[1] * b[1]);
 * Tensor labels = new KernelKMeans(radius, 2).fit(rings.x()).labels();
 * }
 *
 * <p>{@code O(n^2)} time an iteration and memory. The result is a local minimum, the best of {@code restarts} runs.
 *
 * @param kernel a valid one
 * @param k clusters, at least 1
 * @param restarts runs from different k-means++ starts, 10 by default
 * @param maxIterations of a run, 300 by default
 * @param seed of the starts
 * @see <a href="https://doi.org/10.1145/1014052.1014118">Dhillon, Guan and Kulis (2004)</a>
 */
@Withers
public record KernelKMeans(KernelFunction kernel, int k, int restarts, int maxIterations, long seed)
        implements KernelKMeansWithers, Clusterer {
    public KernelKMeans {
        if (k < 1) throw new IllegalArgumentException("KernelKMeans: k is " + k + "; there is at least 1 cluster");
        if (restarts < 1) throw new IllegalArgumentException("KernelKMeans: restarts is " + restarts + "; it is at least 1");
        if (maxIterations < 1) throw new IllegalArgumentException("KernelKMeans: maxIterations is " + maxIterations + "; it is at least 1");
    }

    public KernelKMeans(KernelFunction kernel, int k) { this(kernel, k, 10, 300, 0); }

    @Override public Set<Tag> tags() {
        return kernel instanceof PrecomputedKernel ? Set.of(Tag.RANDOMISED, Tag.PAIRWISE) : Set.of(Tag.RANDOMISED);
    }

    @Override public KernelKMeansModel fit(Tensor x) { return fit(x, null); }

    @Override public KernelKMeansModel fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] w = input.weights(weights);
        int positive = Rows.ofWeight(w).length;
        if (k > positive) throw new IllegalArgumentException(input.operation() + ": k is " + k + " but x has " + positive
                + " rows of positive weight; ask for at most as many clusters");
        var rows = input.x().to(DType.F64).copy();
        double[][] gram = kernel.gram(rows).toRows();
        KernelKMeansModel best = null;
        for (int r = 0; r < restarts; r++) {
            var model = run(rows, gram, w, Rng.of(seed).split(r));
            if (best == null || model.inertia() < best.inertia()) best = model;
        }
        return best;
    }

    private KernelKMeansModel run(Tensor rows, double[][] gram, double[] w, Rng rng) {
        int n = gram.length;
        var label = start(gram, w, rng);
        double[] offset = new double[k], mass = new double[k];
        double[][] cross = new double[n][k];
        int iteration = 0;
        boolean changed = true;
        double inertia = 0;
        while (changed && iteration++ < maxIterations) {
            centres(gram, w, label, cross, offset, mass);
            changed = false;
            inertia = 0;
            for (int i = 0; i < n; i++) {
                int best = label[i];
                double least = mass[best] > 0 ? offset[best] - 2 * cross[i][best] : Double.POSITIVE_INFINITY;
                for (int c = 0; c < k; c++) {
                    double d = offset[c] - 2 * cross[i][c];
                    if (mass[c] == 0 || !(d < least)) continue;
                    least = d;
                    best = c;
                }
                changed |= best != label[i];
                label[i] = best;
                inertia += w[i] * (gram[i][i] + least);
            }
        }
        centres(gram, w, label, cross, offset, mass);
        var labels = new long[n];
        for (int i = 0; i < n; i++) labels[i] = label[i];
        return new KernelKMeansModel(kernel, rows, Tensor.of(w), Tensor.of(labels), offset, mass, inertia, !changed);
    }

    /** {@code cross[i][c]}: the mean of k(x_i, x_j) over cluster c; {@code offset[c]}: the mean of that over c. */
    private void centres(double[][] gram, double[] w, int[] label, double[][] cross, double[] offset, double[] mass) {
        int n = gram.length;
        Arrays.fill(mass, 0);
        Arrays.fill(offset, 0);
        for (int i = 0; i < n; i++) mass[label[i]] += w[i];
        Parallel.range(n, 16, n, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                Arrays.fill(cross[i], 0);
                for (int j = 0; j < n; j++) cross[i][label[j]] += w[j] * gram[i][j];
                for (int c = 0; c < k; c++) if (mass[c] > 0) cross[i][c] /= mass[c];
            }
        });
        for (int i = 0; i < n; i++) if (mass[label[i]] > 0) offset[label[i]] += w[i] * cross[i][label[i]] / mass[label[i]];
    }

    /** k-means++: centres on rows, each drawn with its squared distance to the nearest centre so far; every row joins its nearest. */
    private int[] start(double[][] gram, double[] w, Rng rng) {
        int n = gram.length;
        var nearest = new double[n];
        Arrays.fill(nearest, 1);
        var label = new int[n];
        for (int c = 0; c < k; c++) {
            double total = 0;
            for (int i = 0; i < n; i++) total += w[i] * nearest[i];
            double u = rng.nextDouble() * total;
            int chosen = -1;
            for (int i = 0; i < n && u >= 0; i++) {
                if (w[i] * nearest[i] == 0) continue;
                chosen = i;
                u -= w[i] * nearest[i];
            }
            if (chosen < 0) break; // fewer different points than clusters
            for (int i = 0; i < n; i++) {
                double d = Math.max(0, gram[i][i] - 2 * gram[i][chosen] + gram[chosen][chosen]);
                if (c > 0 && !(d < nearest[i])) continue;
                nearest[i] = d;
                label[i] = c;
            }
            nearest[chosen] = 0;
        }
        return label;
    }
}
