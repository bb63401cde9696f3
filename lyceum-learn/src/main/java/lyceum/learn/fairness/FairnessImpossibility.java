package lyceum.learn.fairness;

/**
 * Whether two groups can have equal predictive value and equal error rates. From the definitions,
 * {@code FPR = p / (1 - p) (1 - PPV) / PPV (1 - FNR)}: where base rates p differ, an imperfect classifier that agrees in two of PPV,
 * FNR and FPR differs in the third (Chouldechova 2017). The search asks how near to all three a pair of thresholds comes.
 *
 * {@snippet :
 * var thresholds = Tensor.linspace(-3, 4, 200).toDoubleArray();
 * var a = ScoredGroup.binormal(1, 0.3, thresholds);
 * var b = ScoredGroup.binormal(1, 0.5, thresholds);
 * var nearest = FairnessImpossibility.search(a, b, 0.01, 0.05, 0.95);
 * nearest.satisfying();     // 0 pairs
 * nearest.largestGap();     // of the pair that comes nearest
 * }
 *
 * @param pairs that were compared: both true positive rates within the limits
 * @param satisfying pairs whose three gaps are all at most the tolerance
 * @param first the threshold of the first group in the nearest pair, by number; -1 if there were no pairs
 * @param second that of the second
 * @param largestGap the largest of the nearest pair's three gaps; NaN if there were no pairs
 * @see <a href="https://doi.org/10.1089/big.2016.0047">Chouldechova (2017), equation 2.6</a>
 */
public record FairnessImpossibility(long pairs, long satisfying, int first, int second, double largestGap) {
    private static final GroupRate[] WANTED = {GroupRate.POSITIVE_PREDICTIVE_VALUE, GroupRate.FALSE_POSITIVE, GroupRate.FALSE_NEGATIVE};

    /** The false positive rate that a base rate, a positive predictive value and a false negative rate leave no choice about. */
    public static double falsePositiveRate(double baseRate, double predictiveValue, double falseNegativeRate) {
        return baseRate / (1 - baseRate) * ((1 - predictiveValue) / predictiveValue) * (1 - falseNegativeRate);
    }

    /**
     * Every pair of thresholds.
     *
     * @param tolerance largest gap in PPV, FPR and FNR that counts as equal
     * @param lowest true positive rate of either group that is looked at
     * @param highest such rate
     */
    public static FairnessImpossibility search(ScoredGroup a, ScoredGroup b, double tolerance, double lowest, double highest) {
        double[][] left = rates(a, lowest, highest), right = rates(b, lowest, highest);
        long pairs = 0, satisfying = 0;
        int first = -1, second = -1;
        double nearest = Double.NaN;
        for (int i = 0; i < left.length; i++) {
            for (int j = 0; j < right.length; j++) {
                if (left[i] == null || right[j] == null) continue;
                double gap = 0;
                for (int r = 0; r < WANTED.length; r++) gap = Math.max(gap, Math.abs(left[i][r] - right[j][r]));
                if (gap != gap) continue; // no positive decision, no predictive value
                pairs++;
                if (gap <= tolerance) satisfying++;
                if (!(gap >= nearest)) {
                    nearest = gap;
                    first = i;
                    second = j;
                }
            }
        }
        return new FairnessImpossibility(pairs, satisfying, first, second, nearest);
    }

    /** The wanted rates under each threshold; null where the true positive rate is out of bounds. */
    private static double[][] rates(ScoredGroup group, double lowest, double highest) {
        double[] tpr = group.truePositiveRates();
        var rates = new double[tpr.length][];
        for (int k = 0; k < tpr.length; k++) {
            if (!(tpr[k] >= lowest && tpr[k] <= highest)) continue;
            var counts = group.at(0, k);
            rates[k] = new double[WANTED.length];
            for (int r = 0; r < WANTED.length; r++) rates[k][r] = counts.rate(WANTED[r]);
        }
        return rates;
    }
}
