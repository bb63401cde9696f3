package lyceum.learn.fairness;

import lyceum.stats.learner.Labels;

/**
 * A criterion as linear constraints on decisions h: for each event E (every row, or the rows with one label) and each group a
 * {@code gamma = E[h | E, a] - E[h | E]}, wanted within {@code +-tolerance}. Multipliers are signed, positive where gamma is too large.
 */
final class ParityConstraints {
    private final long[] labels;
    private final int[] groups;
    private final int groupCount;
    /** The event of a row with label 0 and with label 1; -1 for none. */
    private final int[] eventOfLabel;
    private final int events;
    private final double[] eventRows;
    private final double[] cellRows;

    ParityConstraints(FairnessCriterion criterion, long[] labels, Labels groups) {
        this.labels = labels;
        this.groups = groups.codes();
        groupCount = groups.count();
        eventOfLabel = switch (criterion) {
            case DEMOGRAPHIC_PARITY -> new int[] {0, 0};
            case EQUAL_OPPORTUNITY -> new int[] {-1, 0};
            case EQUALISED_ODDS -> new int[] {0, 1};
            case PREDICTIVE_PARITY -> throw new IllegalArgumentException(
                    "FairReductions: PREDICTIVE_PARITY is not a linear constraint on decisions; take another criterion");
        };
        events = criterion == FairnessCriterion.EQUALISED_ODDS ? 2 : 1;
        eventRows = new double[events];
        cellRows = new double[events * groupCount];
        for (int i = 0; i < labels.length; i++) {
            int e = eventOfLabel[(int) labels[i]];
            if (e < 0) continue;
            eventRows[e]++;
            cellRows[e * groupCount + this.groups[i]]++;
        }
        for (int k = 0; k < cellRows.length; k++)
            if (cellRows[k] == 0) throw new IllegalArgumentException(
                    "FairReductions: group " + groups.classes()[k % groupCount] + " has no row of a label that " + criterion + " is about");
    }

    int size() { return cellRows.length; }

    /** Share of rows decided wrongly. */
    double error(double[] h) {
        double wrong = 0;
        for (int i = 0; i < h.length; i++) wrong += labels[i] == 1 ? 1 - h[i] : h[i];
        return wrong / h.length;
    }

    double[] gamma(double[] h) {
        double[] gamma = new double[size()], ofEvent = new double[events];
        for (int i = 0; i < h.length; i++) {
            int e = eventOfLabel[(int) labels[i]];
            if (e < 0) continue;
            ofEvent[e] += h[i];
            gamma[e * groupCount + groups[i]] += h[i];
        }
        for (int k = 0; k < gamma.length; k++) gamma[k] = gamma[k] / cellRows[k] - ofEvent[k / groupCount] / eventRows[k / groupCount];
        return gamma;
    }

    /** What decision 1 instead of 0 adds to the Lagrangian, for each row, times the number of rows. */
    double[] costs(double[] multipliers) {
        var all = new double[events];
        for (int k = 0; k < multipliers.length; k++) all[k / groupCount] += multipliers[k];
        var costs = new double[labels.length];
        for (int i = 0; i < costs.length; i++) {
            costs[i] = labels[i] == 1 ? -1 : 1;
            int e = eventOfLabel[(int) labels[i]];
            if (e < 0) continue;
            int k = e * groupCount + groups[i];
            costs[i] += costs.length * (multipliers[k] / cellRows[k] - all[e] / eventRows[e]);
        }
        return costs;
    }
}
