package lyceum.learn.fairness;

import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * Fits decisions that treat groups more alike, at one of three stages: {@link Reweighing} and {@link DisparateImpactRepair} change the
 * data,
 * {@link FairReductions} and {@link AdversarialDebiasing} the training, {@link GroupThresholds} the decisions. {@link #none} changes
 * nothing.
 *
 * {@snippet :
 * Rng rng = Rng.of(1);
 * Tensor x = Tensor.randn(rng, 400, 2);
 * Tensor labels = x.select(1, 0).gt(0).to(DType.I64), groups = x.select(1, 1).add(x.select(1, 0)).gt(0).to(DType.I64);
 * var base = new LogisticRegression();
 * for (var way : List.of(BiasMitigation.none(base), new GroupThresholds(base, FairnessCriterion.DEMOGRAPHIC_PARITY)))
 *     System.out.println(way.fit(x, labels, groups).tradeOff(x, labels, groups, FairnessCriterion.DEMOGRAPHIC_PARITY));
 * }
 *
 * <p>Which criterion to want is not a technical question; on the same labels none of them makes the best possible accuracy larger.
 */
@FunctionalInterface
public interface BiasMitigation {
    /**
     * @param x (n x p); whether the group is one of the columns is the caller's choice
     * @param labels 0 or 1 (n)
     * @param groups of any value (n)
     */
    FairModel fit(Tensor x, Tensor labels, Tensor groups);

    /** The base classifier as it is: what the others are compared with. */
    static BiasMitigation none(Classifier base) {
        return (x, labels, groups) -> {
            var rows = GroupedRows.of("BiasMitigation.none", x, labels, groups);
            var model = Decisions.fit(base, x, rows.labels(), null);
            return (z, _) -> model.of(z);
        };
    }
}
