package lyceum.bayes;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.prob.MultivariateNormal;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * A proposal for a rare event {@code score(x) >= level} of a normal target: the target moved, its spread kept. Found in rounds: draw, take the level
 * that the best share reaches (or the wanted one), and move to where the cross-entropy to the target within that event is least: the mean of the
 * draws there, weighted by target over proposal. Each round makes the next level less rare. A fitted covariance would be narrower than the target
 * and its weights without bound, so there is none.
 *
 * {@snippet :
 * var risk = new MultivariateNormal(new double[2], new double[][] {{1, 0}, {0, 1}});
 * var found = new CrossEntropyProposal(2_000).find(risk, x -> x[0] + x[1], 8, Rng.of(1));
 * ImportanceSampling.draw(risk, found, 100_000, Rng.of(2)).mean(x -> x[0] + x[1] >= 8 ? 1 : 0);
 * }
 *
 * @param draws a round, at least 10
 * @param share of the draws that set the next level, in (0, 1)
 * @param rounds at most
 * @see <a href="https://doi.org/10.1007/s10479-005-5724-z">de Boer, Kroese, Mannor and Rubinstein (2005), A Tutorial on the Cross-Entropy Method</a>
 */
@Withers
public record CrossEntropyProposal(int draws, double share, int rounds) implements CrossEntropyProposalWithers {
    public CrossEntropyProposal {
        if (draws < 10) throw new IllegalArgumentException("CrossEntropyProposal: draws is " + draws + "; it is at least 10");
        if (!(share > 0 && share < 1))
            throw new IllegalArgumentException("CrossEntropyProposal: share is " + share + "; it lies between 0 and 1");
        if (rounds < 1) throw new IllegalArgumentException("CrossEntropyProposal: rounds is " + rounds + "; it is at least 1");
    }

    /** The best tenth, at most 50 rounds. */
    public CrossEntropyProposal(int draws) { this(draws, 0.1, 50); }

    /**
     * @param target whose rare event it is; the first proposal
     * @throws IllegalStateException if the level is not reached in the rounds
     */
    public MultivariateNormal find(MultivariateNormal target, ToDoubleFunction<double[]> score, double level, Rng rng) {
        var proposal = target;
        int d = target.dimensions();
        double[][] covariance = target.covariance();
        for (int round = 0; round < rounds; round++) {
            var stream = rng.split(round);
            var x = new double[draws][];
            double[] scores = new double[draws], log = new double[draws];
            for (int i = 0; i < draws; i++) {
                x[i] = proposal.sample(stream);
                scores[i] = score.applyAsDouble(x[i]);
                log[i] = target.logDensity(x[i]) - proposal.logDensity(x[i]);
            }
            double[] sorted = scores.clone();
            Arrays.sort(sorted);
            double reached = Math.min(level, sorted[(int) Math.floor((1 - share) * draws)]);
            for (int i = 0; i < draws; i++) if (!(scores[i] >= reached)) log[i] = Double.NEGATIVE_INFINITY;
            double total = HiddenMarkovModel.logSum(log);
            var mean = new double[d];
            for (int i = 0; i < draws; i++) for (int j = 0; j < d; j++) mean[j] += Math.exp(log[i] - total) * x[i][j];
            proposal = new MultivariateNormal(mean, covariance);
            if (reached == level) return proposal;
        }
        throw new IllegalStateException("CrossEntropyProposal: the score " + level + " was not reached in " + rounds
                + " rounds; use more draws, more rounds or a larger share");
    }
}
