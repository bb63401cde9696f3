package lyceum.learn.fairness;

/**
 * One group's confusion matrix.
 *
 * @param group its value in the group column
 * @param truePositives rows (or their weight) with label 1 and decision 1
 * @param falseNegatives label 1, decision 0
 * @param falsePositives label 0, decision 1
 * @param trueNegatives label 0, decision 0
 */
public record GroupCounts(long group, double truePositives, double falseNegatives, double falsePositives, double trueNegatives) {
    public GroupCounts {
        for (double c : new double[] {truePositives, falseNegatives, falsePositives, trueNegatives})
            if (!(c >= 0 && c < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                    "GroupCounts: a count of group " + group + " is " + c + "; counts are finite and at least 0");
    }

    public double total() { return truePositives + falseNegatives + falsePositives + trueNegatives; }

    /** NaN where the rate is of no rows. */
    public double rate(GroupRate rate) {
        return switch (rate) {
            case LABEL -> (truePositives + falseNegatives) / total();
            case SELECTION -> (truePositives + falsePositives) / total();
            case TRUE_POSITIVE -> truePositives / (truePositives + falseNegatives);
            case FALSE_POSITIVE -> falsePositives / (falsePositives + trueNegatives);
            case FALSE_NEGATIVE -> falseNegatives / (truePositives + falseNegatives);
            case POSITIVE_PREDICTIVE_VALUE -> truePositives / (truePositives + falsePositives);
            case NEGATIVE_PREDICTIVE_VALUE -> trueNegatives / (trueNegatives + falseNegatives);
            case ACCURACY -> (truePositives + trueNegatives) / total();
        };
    }
}
