package lyceum.learn.fairness;

/**
 * What fairness cost: the expected accuracy of decisions and how far a criterion is from holding.
 *
 * @param criterion that was asked about
 * @param accuracy expected share of decisions that equal the label
 * @param gap {@link FairnessMetrics#gap(FairnessCriterion)}
 * @param metrics expected counts of each group
 */
public record TradeOff(FairnessCriterion criterion, double accuracy, double gap, FairnessMetrics metrics) {
    /** @param acceptance probability of decision 1 of each row */
    public static TradeOff of(long[] labels, double[] acceptance, long[] groups, FairnessCriterion criterion) {
        var metrics = FairnessMetrics.expected(labels, acceptance, groups);
        double right = 0;
        for (var g : metrics.groups()) right += g.truePositives() + g.trueNegatives();
        return new TradeOff(criterion, right / labels.length, metrics.gap(criterion), metrics);
    }
}
