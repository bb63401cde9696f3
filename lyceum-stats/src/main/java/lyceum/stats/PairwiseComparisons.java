package lyceum.stats;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import lyceum.linalg.Cholesky;
import lyceum.prob.Binomial;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Judgments of two items at a time: who won, who judged, which was shown first. From them: the win matrix, circular triads, position bias, agreement of
 * raters, and the pair to ask about next.
 *
 * {@snippet :
 * var votes = new PairwiseComparisons(4, List.of(new PairwiseComparisons.Judgment(0, 3, PairwiseComparisons.Outcome.FIRST, "anna")));
 * votes.positionBias().pValue();
 * new BradleyTerry().fit(votes.wins());
 * }
 *
 * @param items how many there are, at least 2; they are numbered from 0
 * @param judgments in the order in which they were made
 * @see <a href="https://doi.org/10.2307/2332613">Kendall and Babington Smith (1940)</a>
 */
public record PairwiseComparisons(int items, List<Judgment> judgments) {

    /** Which item won. */
    public enum Outcome {
        /** The one shown first. */
        FIRST,
        /** The one shown second. */
        SECOND, TIE
    }

    /** One judgment: {@code first} was shown first (or left). @param rater who judged; empty if that is unknown */
    public record Judgment(int first, int second, Outcome outcome, String rater) {
        public Judgment {
            Objects.requireNonNull(outcome, "outcome");
            Objects.requireNonNull(rater, "rater");
            if (first == second) throw new IllegalArgumentException("Judgment: item " + first + " is compared with itself");
        }

        /** Of an unknown rater. */
        public Judgment(int first, int second, Outcome outcome) { this(first, second, outcome, ""); }
    }

    public PairwiseComparisons {
        if (items < 2) throw new IllegalArgumentException("PairwiseComparisons: items is " + items + "; it is at least 2");
        judgments = List.copyOf(judgments);
        for (var j : judgments)
            if (Math.min(j.first, j.second) < 0 || Math.max(j.first, j.second) >= items)
                throw new IllegalArgumentException("PairwiseComparisons: a judgment of items " + j.first + " and " + j.second
                        + "; they are numbered from 0 to " + (items - 1));
    }

    /** These and one more. */
    public PairwiseComparisons with(Judgment judgment) {
        var more = new ArrayList<>(judgments);
        more.add(judgment);
        return new PairwiseComparisons(items, more);
    }

    /** {@code wins[i][j]}: how often i beat j; a tie is half a win for each. */
    public double[][] wins() {
        var wins = new double[items][items];
        for (var j : judgments) {
            wins[j.first][j.second] += j.outcome == Outcome.FIRST ? 1 : j.outcome == Outcome.TIE ? 0.5 : 0;
            wins[j.second][j.first] += j.outcome == Outcome.SECOND ? 1 : j.outcome == Outcome.TIE ? 0.5 : 0;
        }
        return wins;
    }

    /** {@code ties[i][j] = ties[j][i]}: how often neither won. */
    public double[][] ties() {
        var ties = new double[items][items];
        for (var j : judgments) if (j.outcome == Outcome.TIE) {
            ties[j.first][j.second]++;
            ties[j.second][j.first]++;
        }
        return ties;
    }

    /**
     * Circular triads of a tournament, A over B over C over A: {@code C(n, 3) - sum_i C(a_i, 2)} with a_i the items that i has beaten.
     *
     * @param wins {@code wins[i][j] > wins[j][i]} where i is preferred to j; no pair may be even or unseen
     */
    public static long circularTriads(double[][] wins) {
        long n = wins.length, triads = n * (n - 1) * (n - 2) / 6;
        for (int i = 0; i < n; i++) {
            long beaten = 0;
            for (int j = 0; j < n; j++) {
                if (i == j) continue;
                if (wins[i][j] == wins[j][i]) throw new IllegalArgumentException("circularTriads: items " + i + " and " + j + " are "
                        + (wins[i][j] == 0 ? "never compared" : "even, " + wins[i][j] + " wins each")
                        + "; a tournament decides every pair");
                if (wins[i][j] > wins[j][i]) beaten++;
            }
            triads -= beaten * (beaten - 1) / 2;
        }
        return triads;
    }

    /** Kendall's coefficient of consistence: 1 for a ranking, 0 for as many circular triads as there can be. At least three items. */
    public static double zeta(double[][] wins) {
        double n = wins.length, most = n % 2 == 1 ? (n * n * n - n) / 24 : (n * n * n - 4 * n) / 24;
        if (n < 3) throw new IllegalArgumentException("zeta: " + wins.length + " items make no triad; at least 3 are needed");
        return 1 - circularTriads(wins) / most;
    }

    /**
     * The test of "every pair was decided by a coin": the chance of as few circular triads, by simulation, these wins counted as one of the draws.
     * Small where there is an order; a large value does not show that there is none.
     *
     * @param wins a tournament, as {@link #circularTriads} takes it
     */
    public static double transitivity(double[][] wins, int simulations, Rng rng) {
        if (simulations < 1) throw new IllegalArgumentException("transitivity: " + simulations + " simulations; at least 1 is needed");
        long seen = circularTriads(wins);
        var coins = new double[wins.length][wins.length];
        int few = 1;
        for (int s = 0; s < simulations; s++) {
            for (int i = 0; i < wins.length; i++) for (int j = 0; j < i; j++) coins[j][i] = 1 - (coins[i][j] = rng.nextBoolean() ? 1 : 0);
            if (circularTriads(coins) <= seen) few++;
        }
        return few / (simulations + 1.0);
    }

    /** How often the item shown first won, and how surprising that is. @param share of the decided judgments @param pValue exact, two-sided */
    public record PositionBias(int firstWins, int decided, double share, Interval interval, double pValue) {}

    /**
     * The exact binomial test of "the first one wins half of the time", ties left out, with Wilson's 95% interval. It presumes that the order was
     * drawn at random: otherwise the better items may have stood first.
     */
    public PositionBias positionBias() {
        int first = 0, decided = 0;
        for (var j : judgments) {
            if (j.outcome == Outcome.FIRST) first++;
            if (j.outcome != Outcome.TIE) decided++;
        }
        if (decided == 0) throw new IllegalArgumentException("positionBias: no judgment was decided");
        // symmetric under 1/2: twice the smaller tail, which holds the middle value twice when the halves are even
        double tail = new Binomial(decided, 0.5).cdf(Math.min(first, decided - first));
        return new PositionBias(first, decided, (double) first / decided, ProportionInterval.wilson(first, decided, 0.95),
                Math.min(1, 2 * tail));
    }

    /**
     * Fleiss' kappa over the pairs that several raters judged: agreement beyond what the outcomes' shares alone would give; 1 is perfect, 0 chance.
     * Pairs may have different numbers of judgments; each counts as another rater's, whoever made it. Empty if no pair has two.
     *
     * @see <a href="https://doi.org/10.1037/h0031619">Fleiss (1971)</a>
     */
    public Optional<Double> agreement() {
        var votes = new HashMap<Long, double[]>(); // low item won, high item won, tie
        for (var j : judgments) {
            int low = Math.min(j.first, j.second), high = Math.max(j.first, j.second);
            boolean lowWins = (j.outcome == Outcome.FIRST) == (j.first == low);
            votes.computeIfAbsent((long) low * items + high, k -> new double[3])[j.outcome == Outcome.TIE ? 2 : lowWins ? 0 : 1]++;
        }
        double agreed = 0, pairs = 0, total = 0;
        var shares = new double[3];
        for (var v : votes.values()) {
            double n = v[0] + v[1] + v[2];
            if (n < 2) continue;
            agreed += (v[0] * (v[0] - 1) + v[1] * (v[1] - 1) + v[2] * (v[2] - 1)) / (n * (n - 1));
            pairs++;
            total += n;
            for (int k = 0; k < 3; k++) shares[k] += v[k];
        }
        if (pairs == 0) return Optional.empty();
        double chance = 0;
        for (double s : shares) chance += s / total * (s / total);
        return Optional.of(chance == 1 ? 1 : (agreed / pairs - chance) / (1 - chance));
    }

    /** Two items. */
    public record Pair(int first, int second) {}

    /**
     * The pair whose comparison is expected to tell most about all strengths: the largest {@code log(1 + P (1 - P) V_ij)}, with V_ij the variance of
     * the difference of strengths and {@code P (1 - P)} the Fisher information of one outcome. That is the gain in log-determinant of the information
     * (D-optimality). Open outcomes count, and so does not knowing.
     *
     * @param prior variance of the strengths before any comparison, which makes early fits finite
     */
    public Pair mostInformative(double prior) {
        double[] strengths = new BradleyTerry().withPrior(prior).fit(wins()).logStrengths();
        double[][] wins = wins(), information = new double[items][items];
        for (int i = 0; i < items; i++) {
            information[i][i] += 1 / prior;
            for (int j = 0; j < i; j++) {
                double w = (wins[i][j] + wins[j][i]) * open(strengths[i] - strengths[j]);
                information[i][i] += w;
                information[j][j] += w;
                information[i][j] -= w;
                information[j][i] -= w;
            }
        }
        var covariance = Cholesky.of(Tensor.of(information)).inverse().toRows();
        var best = new Pair(0, 1);
        double most = -1;
        for (int i = 0; i < items; i++) for (int j = i + 1; j < items; j++) {
            double gain = open(strengths[i] - strengths[j]) * (covariance[i][i] + covariance[j][j] - 2 * covariance[i][j]);
            if (gain > most) {
                most = gain;
                best = new Pair(i, j);
            }
        }
        return best;
    }

    /** {@code P (1 - P)} at a difference of log-strengths. */
    private static double open(double difference) {
        double e = Math.exp(-Math.abs(difference));
        return e / ((1 + e) * (1 + e));
    }
}
