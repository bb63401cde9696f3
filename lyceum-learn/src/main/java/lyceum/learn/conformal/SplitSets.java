package lyceum.learn.conformal;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.tensor.Tensor;

/**
 * Sets of labels from rows that were kept apart: all labels whose score is within the threshold.
 *
 * @param seed of the draws of adaptive scores, row by row
 */
public record SplitSets(ClassificationModel model, LabelScore score, CalibrationScores scores, long seed) {

    static SplitSets of(ClassificationModel model, LabelScore score, Tensor x, Tensor labels, long seed) {
        if (x.rank() != 2 || labels.rank() != 1 || labels.size(0) != x.size(0) || x.size(0) == 0)
            throw new ShapeException("ConformalPredictor.sets: x has shape " + x.shape() + " and labels " + labels.shape());
        var p = model.predictProba(x).to(DType.F64).toRows();
        long[] truth = labels.toLongArray(), classes = model.classes();
        var values = new double[truth.length];
        var draws = Rng.of(seed);
        for (int i = 0; i < values.length; i++) {
            int c = Arrays.binarySearch(classes, truth[i]);
            double u = draws.nextDouble();
            // A label that the model has never seen can be in no set.
            values[i] = c < 0 ? Double.POSITIVE_INFINITY : score.of(p[i], c, u);
        }
        return new SplitSets(model, score, new CalibrationScores(values, null, null), seed);
    }

    /** Thresholds group by group (Mondrian); with the label itself as the group it takes {@link #setsByLabel}. @param groups of the calibrating rows */
    public SplitSets byGroup(int... groups) { return new SplitSets(model, score, scores.withGroups(groups), seed); }

    /** Calibrating rows weighted for new ones whose x is distributed otherwise. */
    public SplitSets weightedBy(double... ratios) { return new SplitSets(model, score, scores.withWeights(ratios), seed); }

    /** @param alpha the miss rate, in (0, 1) */
    public LabelSets sets(Tensor x, double alpha) {
        var q = new double[(int) x.size(0)];
        Arrays.fill(q, scores.threshold(alpha));
        return sets(x, (row, c) -> q[row]);
    }

    /** Of rows in groups, after {@link #byGroup}. */
    public LabelSets sets(Tensor x, int[] groups, double alpha) {
        CalibrationScores.checkRows(x, groups.length);
        double[] q = scores.thresholds(alpha, groups);
        return sets(x, (row, c) -> q[row]);
    }

    /** Of rows with these density ratios, after {@link #weightedBy}. */
    public LabelSets sets(Tensor x, double[] ratios, double alpha) {
        CalibrationScores.checkRows(x, ratios.length);
        double[] q = scores.thresholds(alpha, ratios);
        return sets(x, (row, c) -> q[row]);
    }

    /** After {@link #byGroup} with the position of each row's label among the model's classes: each label is held to the threshold of its own, so each class is covered. */
    public LabelSets setsByLabel(Tensor x, double alpha) {
        int[] all = new int[model.classes().length];
        Arrays.setAll(all, c -> c);
        double[] q = scores.thresholds(alpha, all);
        return sets(x, (row, c) -> q[c]);
    }

    private interface Threshold {
        double of(int row, int c);
    }

    private LabelSets sets(Tensor x, Threshold q) {
        var p = model.predictProba(x).to(DType.F64).toRows();
        var draws = Rng.of(seed).split(1);
        var contains = new boolean[p.length][model.classes().length];
        for (int i = 0; i < p.length; i++) {
            double u = draws.nextDouble();
            for (int c = 0; c < contains[i].length; c++) contains[i][c] = score.of(p[i], c, u) <= q.of(i, c);
        }
        return new LabelSets(model.classes(), contains);
    }
}
