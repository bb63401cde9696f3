package lyceum.learn.imbalance;

import java.util.Arrays;
import lyceum.DType;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.random.Rng;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Makes new rows of rare classes between those there are: {@code x + u (x' - x)}, x' one of the k nearest rows of the same class, u uniform in [0, 1).
 *
 * {@snippet :
 * var classifier = BalancedClassifier.resampled(new LogisticRegression(), new Smote(5));
 * new CrossValidation(new StratifiedKFold(5)).score(classifier, x, labels, Scorer.ROC_AUC);     // new rows in training folds only
 * }
 *
 * <p>Sensible where the straight line between two cases is a case: not for categories, nor for columns on different scales (neighbours are Euclidean). A class of
 * one row has no neighbours; its row is repeated.
 *
 * @param k neighbours, 5 by default; at most the class's rows less 1 are used
 * @param ratio of each class to the largest when done, in (0, 1]; 1 by default
 * @param variant which rows are built upon
 * @param around neighbours of any class by which BORDERLINE and ADAPTIVE judge a row, 10 by default
 * @see <a href="https://arxiv.org/abs/1106.1813">Chawla, Bowyer, Hall and Kegelmeyer (2002)</a>
 */
@Withers
public record Smote(int k, double ratio, Variant variant, int around) implements SmoteWithers, Resampler {
    /** Which rows are built upon. */
    public enum Variant {
        /** All alike. */
        PLAIN,
        /** Those in danger, of whose neighbours at least half, but not all, are of other classes (Han, Wang and Mao 2005); all if there are none. */
        BORDERLINE,
        /** In proportion to the share of other classes among a row's neighbours (ADASYN; He, Bai, Garcia and Li 2008); all alike if no row has such neighbours. */
        ADAPTIVE
    }

    public Smote {
        if (k < 1 || around < 1)
            throw new IllegalArgumentException("Smote: " + k + " neighbours, " + around + " around; at least 1 is needed");
        if (!(ratio > 0 && ratio <= 1))
            throw new IllegalArgumentException("Smote: the ratio is " + ratio + "; it lies above 0 and up to 1");
    }

    public Smote(int k) { this(k, 1, Variant.PLAIN, 10); }

    @Override public Resampled resample(Tensor x, Tensor labels, Rng rng) {
        var input = LearnerInput.matrix("Smote", x, false);
        var found = input.labels(labels);
        int[][] members = Resampler.members(found);
        int n = found.rows(), largest = Arrays.stream(members).mapToInt(m -> m.length).max().orElse(0), total = 0;
        var more = new int[members.length];
        for (int c = 0; c < more.length; c++) total += more[c] = Math.max(0, (int) Math.round(ratio * largest) - members[c].length);
        int[] source = new int[n + total], partner = new int[n + total];
        double[] share = new double[n + total];
        for (int i = 0; i < n; i++) source[i] = partner[i] = i;
        for (int c = 0, at = n; c < more.length; at += more[c++])
            if (more[c] > 0) make(input.x(), found, members[c], c, more[c], rng.split(c), source, partner, share, at);
        double[] rows = input.x().toDoubleArray(), out = new double[source.length * input.columns()];
        int p = input.columns();
        for (int i = 0; i < source.length; i++) for (int j = 0; j < p; j++) {
            double from = rows[source[i] * p + j];
            out[i * p + j] = from + share[i] * (rows[partner[i] * p + j] - from);
        }
        return new Resampled(Tensor.of(out, source.length, p).to(input.x().dtype()), labels.to(DType.I64).rows(source), source, partner,
                share, "Smote");
    }

    private void make(Tensor x, Labels labels, int[] own, int c, int count, Rng rng, int[] source, int[] partner, double[] share, int at) {
        int near = Math.min(k, own.length - 1);
        int[][] neighbours = near == 0 ? null : neighbours(x.rows(own), near);
        double[] appeal = appeal(x, labels, own, c);
        double sum = Arrays.stream(appeal).sum();
        for (int i = at; i < at + count; i++) {
            double left = rng.nextDouble() * sum;
            int base = 0;
            while (base < own.length - 1 && left >= appeal[base]) left -= appeal[base++];
            source[i] = own[base];
            partner[i] = near == 0 ? own[base] : own[neighbours[base][rng.nextInt(near)]];
            share[i] = near == 0 ? 0 : rng.nextDouble();
        }
    }

    /** How often each row is built upon, to scale. */
    private double[] appeal(Tensor x, Labels labels, int[] own, int c) {
        var appeal = new double[own.length];
        int m = Math.min(around, labels.rows() - 1);
        if (variant != Variant.PLAIN && m > 0) {
            int[][] there = others(x, x.rows(own), own, m);
            for (int i = 0; i < own.length; i++) {
                int others = 0;
                for (int row : there[i]) if (labels.codes()[row] != c) others++;
                appeal[i] = variant == Variant.ADAPTIVE ? others : 2 * others >= m && others < m ? 1 : 0;
            }
        }
        if (Arrays.stream(appeal).sum() == 0) Arrays.fill(appeal, 1);
        return appeal;
    }

    private static int[][] neighbours(Tensor rows, int k) {
        int n = (int) rows.size(0);
        var self = new int[n];
        for (int i = 0; i < n; i++) self[i] = i;
        return others(rows, rows, self, k);
    }

    /** Of each query, which is row {@code self[i]}, the nearest k other rows. */
    private static int[][] others(Tensor rows, Tensor queries, int[] self, int k) {
        int[] index = new NearestNeighbors().fit(rows).neighbors(queries, k + 1).indices().toIntArray();
        var near = new int[self.length][k];
        for (int i = 0; i < self.length; i++) {
            int found = 0;
            for (int j = 0; j <= k && found < k; j++) if (index[i * (k + 1) + j] != self[i]) near[i][found++] = index[i * (k + 1) + j];
        }
        return near;
    }
}
