package lyceum.learn.gbdt;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Tag;

/** What the learners share: rows of weight, rows held out, categories as numbers. */
final class GbdtFit {
    private GbdtFit() {}

    /** @param objective null for one whose leaves weigh {@code -G / (H + lambda)} */
    static Set<Tag> tags(GbdtOptions options, RowObjective objective) {
        var tags = EnumSet.of(Tag.ALLOWS_NAN);
        if (options.isRandom()) tags.addAll(Set.of(Tag.RANDOMISED, Tag.WEIGHTS_ARE_NOT_COPIES));
        // Bins are of rows, whatever their weight; a quantile lies between two rows if weights are equal, on one if they are not.
        if (options.bins() > 0 || objective != null && objective.refitsLeaves()) tags.add(Tag.WEIGHTS_ARE_NOT_COPIES);
        return tags;
    }

    /**
     * @param target by which categories are encoded
     * @param parameter what goes with the objective's name, or NaN
     * @param loss the loss of some rows
     */
    static GradientBoostedTrees fit(GbdtOptions options, LearnerInput input, double[] w, double[] target, BoostingObjective objective,
            double parameter, Function<int[], Gradients> loss) {
        var split = Rows.holdOut(input.operation(), w, options.validationShare(), Rng.of(options.seed()).split(-1));
        return fit(options, input, split, target, objective, parameter, loss);
    }

    static GradientBoostedTrees fit(GbdtOptions options, LearnerInput input, Rows.HeldOut split, double[] target,
            BoostingObjective objective, double parameter, Function<int[], Gradients> loss) {
        int p = input.columns();
        int[] train = split.kept(), judged = split.judged();
        for (int column : options.categorical())
            if (column < 0 || column >= p)
                throw new IllegalArgumentException(input.operation() + ": categorical column " + column + " but x has " + p + " columns");
        if (options.monotone().size() > p) throw new IllegalArgumentException(
                input.operation() + ": " + options.monotone().size() + " monotone directions but x has " + p + " columns");
        for (var set : options.interactions())
            for (int column : set)
                if (column >= p) throw new IllegalArgumentException(
                        input.operation() + ": interactions name column " + column + " but x has " + p + " columns");
        double[] all = input.x().toDoubleArray(), flat = pick(all, train, p), heldRows = pick(all, judged, p);
        var encodings = new ArrayList<TargetStatistics>();
        for (int column : options.categorical()) {
            double[] values = new double[train.length], y = new double[train.length];
            for (int i = 0; i < train.length; i++) {
                values[i] = flat[i * p + column];
                y[i] = target[train[i]];
            }
            var statistics = TargetStatistics.ordered(values, y, 1, Rng.of(options.seed()).split(-3).split(column));
            for (int i = 0; i < train.length; i++) flat[i * p + column] = statistics.training()[i];
            for (int i = 0; i < judged.length; i++) heldRows[i * p + column] = statistics.value(heldRows[i * p + column]);
            encodings.add(statistics.forNewRows(column));
        }
        return new Boosting(options, flat, train.length, p).fit(objective, parameter, loss.apply(train), heldRows,
                judged.length > 0 ? loss.apply(judged) : null, List.copyOf(encodings));
    }

    private static double[] pick(double[] values, int[] rows, int width) {
        var out = new double[rows.length * width];
        for (int i = 0; i < rows.length; i++) System.arraycopy(values, rows[i] * width, out, i * width, width);
        return out;
    }
}
