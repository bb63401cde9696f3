package lyceum.learn.fairness;

import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * Weights each training row by {@code P(g) P(y) / P(g, y)}, so that label and group are independent in what the classifier sees. It helps
 * learners that must compromise; one that fits every row is not moved by weights.
 *
 * @param base takes weights
 * @see <a href="https://doi.org/10.1007/s10115-011-0463-8">Kamiran and Calders (2012), Data Preprocessing Techniques for Classification
 *     without
 *     Discrimination</a>
 */
public record Reweighing(Classifier base) implements BiasMitigation {
    /** The weight of each row. They sum to the number of rows if every group has every label. @param groups of any value */
    public static double[] weights(long[] labels, long[] groups) {
        var group = GroupedRows.groups("Reweighing", groups, labels.length);
        GroupedRows.binary("Reweighing", labels, labels.length);
        double[] ofLabel = new double[2], ofGroup = new double[group.count()];
        var both = new double[group.count()][2];
        for (int i = 0; i < labels.length; i++) {
            ofLabel[(int) labels[i]]++;
            ofGroup[group.codes()[i]]++;
            both[group.codes()[i]][(int) labels[i]]++;
        }
        var weights = new double[labels.length];
        for (int i = 0; i < weights.length; i++) {
            int g = group.codes()[i], y = (int) labels[i];
            weights[i] = ofGroup[g] / labels.length * ofLabel[y] / both[g][y];
        }
        return weights;
    }

    @Override public FairModel fit(Tensor x, Tensor labels, Tensor groups) {
        var rows = GroupedRows.of("Reweighing.fit", x, labels, groups);
        var model = Decisions.fit(base, rows.x(), rows.labels(), weights(rows.labels(), groups.toLongArray()));
        return (z, _) -> model.of(z);
    }
}
