package lyceum.learn;

import java.util.Arrays;
import java.util.function.IntFunction;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.learn.selection.FoldScheme;
import lyceum.random.Rng;
import lyceum.stats.learner.ClusterModel;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.Density;
import lyceum.stats.learner.Labels;
import lyceum.tensor.Tensor;

/**
 * Judging groups and densities without labels: silhouettes, stability under resampling, likelihood of rows held out. (By BIC:
 * {@link lyceum.learn.cluster.GaussianMixture#countByBic}; against known classes: {@link ClusterAgreement}.)
 *
 * {@snippet :
 * Tensor x = lyceum.data.Datasets.blobs(Rng.of(1), 200, 4, 2, 0.5).x();
 * var choice = Unsupervised.bySilhouette(lyceum.learn.cluster.KMeans::new, x, 2, 3, 4, 5, 6);
 * int k = choice.best();
 * }
 *
 * <p>None of them proves that there are groups: on uniform noise the best k has a silhouette of about 0.4 too.
 */
public final class Unsupervised {
    private Unsupervised() {}

    /** Candidates and what each scores, larger being better. */
    public record Choice(int[] candidates, double[] scores) {
        /** The candidate with the largest score, the first of several. */
        public int best() {
            int best = 0;
            for (int i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
            return candidates[best];
        }
    }

    /**
     * Of each row {@code (b - a) / max(a, b)}: a its mean distance to its own cluster, b to the nearest other one. 0 for a cluster of one row. {@code O(n^2 p)}.
     *
     * @param x (n, p)
     * @param labels (n), integers; noise, -1, is a cluster like others: leave such rows out first
     * @see <a href="https://doi.org/10.1016/0377-0427(87)90125-7">Rousseeuw (1987)</a>
     */
    public static double[] silhouettes(Tensor x, Tensor labels) {
        if (x.rank() != 2 || labels.rank() != 1 || x.size(0) != labels.size(0))
            throw new ShapeException("silhouettes: x " + x.shape() + " and labels " + labels.shape() + "; they are (n, p) and (n)");
        var groups = Labels.of(labels.toLongArray());
        int n = groups.rows(), k = groups.count();
        if (k < 2 || k >= n)
            throw new IllegalArgumentException("silhouettes: " + k + " clusters of " + n + " rows; at least 2, and fewer than rows");
        double[][] rows = x.toRows();
        var size = new int[k];
        for (int c : groups.codes()) size[c]++;
        var found = new double[n];
        Parallel.range(n, 32, (from, to) -> {
            var sums = new double[k];
            for (int i = (int) from; i < to; i++) {
                int own = groups.codes()[i];
                if (size[own] == 1) continue;
                Arrays.fill(sums, 0);
                for (int j = 0; j < n; j++) {
                    double square = 0;
                    for (int c = 0; c < rows[i].length; c++) square += (rows[i][c] - rows[j][c]) * (rows[i][c] - rows[j][c]);
                    sums[groups.codes()[j]] += Math.sqrt(square);
                }
                double a = sums[own] / (size[own] - 1), b = Double.POSITIVE_INFINITY;
                for (int c = 0; c < k; c++) if (c != own) b = Math.min(b, sums[c] / size[c]);
                found[i] = a == b ? 0 : (b - a) / Math.max(a, b);
            }
        });
        return found;
    }

    /** The mean of {@link #silhouettes}. */
    public static double silhouette(Tensor x, Tensor labels) { return Arrays.stream(silhouettes(x, labels)).average().orElseThrow(); }

    /** The number of clusters with the largest mean silhouette. */
    public static Choice bySilhouette(IntFunction<? extends Clusterer> clusterer, Tensor x, int... candidates) {
        return choose(candidates, k -> silhouette(x, clusterer.apply(k).fit(x).labels()));
    }

    /**
     * How alike two clusterings of overlapping samples are on the rows that both hold: the mean adjusted Rand index over draws. {@code share} of the rows are in each.
     *
     * @see <a href="https://doi.org/10.1142/9789812799623_0002">Ben-Hur, Elisseeff and Guyon (2002)</a>
     */
    public static double stability(Clusterer clusterer, Tensor x, int draws, double share, Rng rng) {
        int n = (int) x.size(0), m = (int) Math.ceil(share * n);
        if (draws < 1 || !(share > 0.5 && share <= 1)) throw new IllegalArgumentException(
                "stability: " + draws + " draws of a share of " + share + "; at least 1, above 0.5 and at most 1");
        double sum = 0;
        for (int d = 0; d < draws; d++) {
            int[] first = Arrays.copyOf(rng.split(2 * d).permutation(n), m), second = Arrays.copyOf(rng.split(2 * d + 1).permutation(n), m);
            long[] one = spread(clusterer.fit(x.rows(first)), first, n), other = spread(clusterer.fit(x.rows(second)), second, n);
            int both = 0;
            long[] a = new long[n], b = new long[n];
            for (int i = 0; i < n; i++) if (one[i] != Long.MIN_VALUE && other[i] != Long.MIN_VALUE) {
                a[both] = one[i];
                b[both++] = other[i];
            }
            sum += ClusterAgreement.of(Tensor.of(Arrays.copyOf(a, both)), Tensor.of(Arrays.copyOf(b, both))).adjustedRand();
        }
        return sum / draws;
    }

    private static long[] spread(ClusterModel model, int[] rows, int n) {
        var all = new long[n];
        Arrays.fill(all, Long.MIN_VALUE);
        long[] labels = model.labels().toLongArray();
        for (int i = 0; i < rows.length; i++) all[rows[i]] = labels[i];
        return all;
    }

    /** The number of clusters with the most stable partition, of 20 draws of 80% of the rows. */
    public static Choice byStability(IntFunction<? extends Clusterer> clusterer, Tensor x, Rng rng, int... candidates) {
        return choose(candidates, k -> stability(clusterer.apply(k), x, 20, 0.8, rng));
    }

    /** Mean log density of rows that a density was not fitted to, over all folds. */
    public static double heldOut(Density density, Tensor x, FoldScheme scheme) {
        double sum = 0;
        int rows = 0;
        for (var fold : scheme.folds((int) x.size(0))) {
            sum += density.fit(x.rows(fold.train())).logDensity(x.rows(fold.test())).sum().item();
            rows += fold.test().length;
        }
        return sum / rows;
    }

    /** The density with the largest held-out likelihood. */
    public static Choice byHeldOut(IntFunction<? extends Density> density, Tensor x, FoldScheme scheme, int... candidates) {
        return choose(candidates, k -> heldOut(density.apply(k), x, scheme));
    }

    private interface Score {
        double of(int candidate);
    }

    private static Choice choose(int[] candidates, Score score) {
        if (candidates.length == 0) throw new IllegalArgumentException("Unsupervised: no candidate to choose from");
        return new Choice(candidates.clone(), Arrays.stream(candidates).mapToDouble(score::of).toArray());
    }
}
