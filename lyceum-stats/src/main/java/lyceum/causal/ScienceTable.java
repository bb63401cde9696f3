package lyceum.causal;

import java.util.Arrays;

/**
 * Both potential outcomes of every unit, which only a simulation has; experiments on it show one of each.
 *
 * {@snippet :
 * var table = new ScienceTable(new double[] {3, 5, 4, 8}, new double[] {7, 6, 8, 11});
 * table.averageEffect();                                                        // 3
 * table.experiment(new boolean[] {true, true, false, false}).differenceInMeans(); // 0.5, what this lot would show
 * }
 *
 * @param untreated {@code Y(0)} of each unit
 * @param treated {@code Y(1)}
 * @see "Neyman (1923), translated 1990, On the application of probability theory to agricultural experiments, Statistical Science 5(4)"
 */
public record ScienceTable(double[] untreated, double[] treated) {
    public ScienceTable {
        if (untreated.length != treated.length || untreated.length == 0) throw new IllegalArgumentException(
                "ScienceTable: " + untreated.length + " outcomes without treatment and " + treated.length + " with it");
        untreated = untreated.clone();
        treated = treated.clone();
    }

    /** Number of units. */
    public int size() { return untreated.length; }

    /** Mean of {@code Y(1) - Y(0)} over all units: the ATE. */
    public double averageEffect() {
        double sum = 0;
        for (int i = 0; i < size(); i++) sum += treated[i] - untreated[i];
        return sum / size();
    }

    /** The same over some units: over those that were treated, the ATT. */
    public double averageEffect(boolean[] among) {
        double sum = 0, n = 0;
        for (int i = 0; i < size(); i++) if (among[i]) {
            sum += treated[i] - untreated[i];
            n++;
        }
        if (n == 0) throw new IllegalArgumentException("averageEffect: among nobody");
        return sum / n;
    }

    /** What is seen when these units are treated. */
    public PotentialOutcomes experiment(boolean[] assignment) { return experiment(assignment, new double[size()][0]); }

    /** The same with covariates, a row for each unit. */
    public PotentialOutcomes experiment(boolean[] assignment, double[][] covariates) {
        if (assignment.length != size())
            throw new IllegalArgumentException("experiment: " + assignment.length + " assignments for " + size() + " units");
        var seen = new double[size()];
        for (int i = 0; i < size(); i++) seen[i] = assignment[i] ? treated[i] : untreated[i];
        return new PotentialOutcomes(covariates, assignment, seen);
    }

    /** Every way to treat k of n units: for exact distributions. */
    public static boolean[][] assignments(int n, int k) {
        if (k < 0 || k > n || n > 24)
            throw new IllegalArgumentException("assignments: " + k + " of " + n + " units; at most 24 units are enumerated");
        var all = new boolean[1 << n][];
        int count = 0;
        for (int mask = 0; mask < 1 << n; mask++) if (Integer.bitCount(mask) == k) {
            var assignment = new boolean[n];
            for (int i = 0; i < n; i++) assignment[i] = (mask >> i & 1) == 1;
            all[count++] = assignment;
        }
        return Arrays.copyOf(all, count);
    }
}
