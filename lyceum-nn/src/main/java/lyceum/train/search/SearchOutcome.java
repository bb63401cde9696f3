package lyceum.train.search;

import java.util.List;

/**
 * What a search found, and what it cost.
 *
 * @param choice the best trial's architecture, or the strongest candidates of a search by gradients
 * @param trials in the order in which they were made; of a search by gradients the strongest candidates at each epoch's end with the negative validation loss
 * @param probabilities of all candidates, choice by choice, at each epoch's end; empty unless by gradients
 */
public record SearchOutcome(Architecture choice, List<Trial> trials, List<double[]> probabilities, CostLedger cost) {
    /**
     * @param score higher is better
     * @param operations that the search had spent when it was known
     */
    public record Trial(Architecture architecture, double score, double operations) {}

    public SearchOutcome {
        trials = List.copyOf(trials);
        probabilities = List.copyOf(probabilities);
    }

    /** The best score among the first {@code n} trials, for n = 1, 2, ... */
    public double[] bestSoFar() {
        var best = new double[trials.size()];
        for (int i = 0; i < best.length; i++) best[i] = Math.max(i == 0 ? Double.NEGATIVE_INFINITY : best[i - 1], trials.get(i).score);
        return best;
    }
}
