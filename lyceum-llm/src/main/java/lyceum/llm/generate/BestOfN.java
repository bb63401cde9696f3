package lyceum.llm.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.function.Function;
import lyceum.llm.Continuation;
import lyceum.llm.ContinuationScorer;
import lyceum.llm.TextGenerator;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Draws n continuations of a prompt in one batch and keeps the one of the highest score, of equal ones the first; and what may be known of it in advance.
 *
 * {@snippet :
 * var best = new BestOfN(8, CausalGenerator.likelihood(1)).best(generator, prompt, Rng.of(1));
 * best.continuation();
 * double[] curve = BestOfN.curve(rewards);                      // expected reward of the best of 1, 2, .. from one pool
 * double nats = BestOfN.divergence(8);                          // from the base policy, at most: 1.204
 * }
 *
 * @param n draws, at least 1
 * @param scorer reward, verifier, {@linkplain CausalGenerator#likelihood likelihood} or {@linkplain #votes vote}
 * @see <a href="https://arxiv.org/abs/2210.10760">Gao, Schulman and Hilton (2023)</a>
 * @see <a href="https://arxiv.org/abs/2401.01879">Beirami et al. (2024)</a>
 */
@Withers
public record BestOfN(int n, ContinuationScorer scorer) implements BestOfNWithers {
    public BestOfN {
        if (n < 1) throw new IllegalArgumentException("BestOfN: n is " + n + "; it is at least 1");
    }

    /**
     * The best of a prompt's draws.
     *
     * @param continuation that won
     * @param score of it
     * @param all that were drawn
     * @param scores of all
     */
    public record Best(Continuation continuation, double score, List<Continuation> all, double[] scores) {}

    public Best best(TextGenerator generator, int[] prompt, Rng rng) {
        return best(generator, List.of(prompt), rng, Progress.SILENT).getFirst();
    }

    /** Of each prompt, all drawn as one batch. */
    public List<Best> best(TextGenerator generator, List<int[]> prompts, Rng rng, Progress progress) {
        var drawn = generator.generate(prompts, n, rng, progress);
        var best = new ArrayList<Best>();
        for (int p = 0; p < prompts.size(); p++) best.add(best(prompts.get(p), drawn.subList(p * n, (p + 1) * n)));
        return best;
    }

    /** Of given continuations of one prompt, however many. */
    public Best best(int[] prompt, List<Continuation> all) {
        double[] scores = ranked("best", scorer.scores(prompt, all));
        int best = 0;
        for (int i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
        return new Best(all.get(best), scores[best], List.copyOf(all), scores);
    }

    private static double[] ranked(String what, double[] scores) {
        for (int i = 0; i < scores.length; i++)
            if (Double.isNaN(scores[i]))
                throw new IllegalArgumentException("BestOfN." + what + ": score " + i + " is NaN, which has no rank; mend the scorer");
        return scores;
    }

    /** Scores each by the share of continuations that give the same answer; a null answer has no votes. @param answer compared by equals */
    public static ContinuationScorer votes(Function<Continuation, ?> answer) {
        return votes(answer, (_, all) -> all.stream().mapToDouble(_ -> 1).toArray());
    }

    /** As above, every vote of a weight. @param weights at least 0, such as a verifier's probability that it is right */
    public static ContinuationScorer votes(Function<Continuation, ?> answer, ContinuationScorer weights) {
        return (prompt, all) -> {
            double[] weight = weights.scores(prompt, all);
            var sums = new HashMap<Object, Double>();
            for (int i = 0; i < weight.length; i++)
                if (answer.apply(all.get(i)) != null) sums.merge(answer.apply(all.get(i)), weight[i], Double::sum);
            double total = Arrays.stream(weight).sum();
            return all.stream().mapToDouble(c -> total == 0 ? 0 : sums.getOrDefault(answer.apply(c), 0.0) / total).toArray();
        };
    }

    /** Of a pool of M draws' scores the expected best of N = 1 .. M, without bias: the mean over all subsets of the pool. */
    public static double[] curve(double[] scores) { return curve(scores, scores); }

    /** As above: the expected grade of the one whose score is best. Where scores tie, each of them wins as often. */
    public static double[] curve(double[] scores, double[] grades) {
        int m = scores.length;
        if (m == 0 || grades.length != m) throw new IllegalArgumentException(
                "BestOfN.curve: " + m + " scores and " + grades.length + " grades; there is one each, and one at least");
        ranked("curve", scores);
        var order = new Integer[m];
        for (int i = 0; i < m; i++) order[i] = i;
        Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
        var sorted = new double[m];
        for (int from = 0, to; from < m; from = to) {
            double sum = 0;
            for (to = from; to < m && scores[order[to]] == scores[order[from]]; to++) sum += grades[order[to]];
            Arrays.fill(sorted, from, to, sum / (to - from));
        }
        var curve = new double[m];
        for (int n = 1; n <= m; n++) {
            // the i-th smallest (from 1) is best of C(i - 1, n - 1) of C(m, n) subsets: n / m for the largest, and downwards by a ratio
            double share = (double) n / m;
            for (int i = m; i >= n; i--) {
                curve[n - 1] += share * sorted[i - 1];
                if (i > n) share *= (double) (i - n) / (i - 1);
            }
        }
        return curve;
    }

    /** Expected largest of n independent draws: {@code n integral of x f(x) F(x)^(n - 1)}, over probabilities {@code integral of Q(u) n u^(n - 1) du}. */
    public static double expectedMaximum(UnivariateDistribution law, int n) {
        // by v = u^n all draws count alike: the integral of Q(v^(1/n)); near 1 the upper tail's own quantile is exact
        return Quadrature.integrate(v -> {
            double upper = -Math.expm1(Math.log(v) / n);
            return upper < 0.5 ? law.upperQuantile(upper) : law.quantile(Math.pow(v, 1.0 / n));
        }, 0, 1, 1e-10);
    }

    /** The law of the best of n where all answers are known: from their probabilities and scores; of a tie each wins by its probability. */
    public static double[] policy(double[] probabilities, double[] scores, int n) {
        ranked("policy", scores);
        var order = new Integer[scores.length];
        for (int i = 0; i < order.length; i++) order[i] = i;
        Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
        var law = new double[order.length];
        double below = 0, total = Arrays.stream(probabilities).sum();
        for (int from = 0, to; from < order.length; from = to) {
            double tied = 0;
            for (to = from; to < order.length && scores[order[to]] == scores[order[from]]; to++) tied += probabilities[order[to]] / total;
            double upTo = to == order.length ? 1 : Math.min(1, below + tied), wins = Math.pow(upTo, n) - Math.pow(below, n);
            for (int i = from; i < to; i++) if (tied > 0) law[order[i]] = wins * (probabilities[order[i]] / total) / tied;
            below = upTo;
        }
        return law;
    }

    /** {@code KL(best of n || base)} where all answers are known, nats. */
    public static double divergence(double[] probabilities, double[] scores, int n) {
        double[] law = policy(probabilities, scores, n);
        double kl = 0, total = Arrays.stream(probabilities).sum();
        for (int i = 0; i < law.length; i++) if (law[i] > 0) kl += law[i] * Math.log(law[i] / (probabilities[i] / total));
        return kl;
    }

    /** {@code log n - (n - 1) / n}: the divergence where no two answers tie, and an upper bound otherwise. */
    public static double divergence(int n) { return Math.log(n) - (n - 1.0) / n; }

    /**
     * Gold score against the distance from the base, {@code d = sqrt(KL)}: {@code d (alpha - beta d)}, Gao's form for best-of-n.
     *
     * @param alpha what the score gains at first
     * @param beta what overoptimisation takes
     */
    public record Overoptimisation(double alpha, double beta) {
        public double at(double d) { return d * (alpha - beta * d); }

        /** The distance at which the gold score is highest; infinite where it does not fall. */
        public double peak() { return beta > 0 ? alpha / (2 * beta) : Double.POSITIVE_INFINITY; }
    }

    /** Fits {@link Overoptimisation} by least squares to a curve of gold scores of N = 1, 2, .. less that of one draw. */
    public static Overoptimisation fit(double[] gold) {
        if (gold.length < 3)
            throw new IllegalArgumentException("BestOfN.fit: a curve of " + gold.length + " points; two constants need three");
        double dd = 0, ddd = 0, dddd = 0, dy = 0, ddy = 0;
        for (int n = 2; n <= gold.length; n++) {
            double d = Math.sqrt(divergence(n)), y = gold[n - 1] - gold[0];
            dd += d * d;
            ddd += d * d * d;
            dddd += d * d * d * d;
            dy += d * y;
            ddy += d * d * y;
        }
        double det = dd * dddd - ddd * ddd;
        return new Overoptimisation((dy * dddd - ddy * ddd) / det, -(dd * ddy - ddd * dy) / det);
    }

    /**
     * The size of the one-shot model that does as well: between those measured, linear in the logarithm of the size; NaN outside.
     *
     * @param sizes parameters or FLOPs, rising
     * @param oneShot their scores at one draw, rising
     * @param reached the score of the best of n
     */
    public static double equivalentSize(double[] sizes, double[] oneShot, double reached) {
        for (int i = 1; i < sizes.length; i++) {
            if (!(sizes[i] > sizes[i - 1]) || !(oneShot[i] >= oneShot[i - 1])) throw new IllegalArgumentException(
                    "BestOfN.equivalentSize: sizes " + Arrays.toString(sizes) + " and scores " + Arrays.toString(oneShot) + "; both rise");
            if (reached < oneShot[i - 1] || reached > oneShot[i]) continue;
            double share = oneShot[i] == oneShot[i - 1] ? 0 : (reached - oneShot[i - 1]) / (oneShot[i] - oneShot[i - 1]);
            return sizes[i - 1] * Math.pow(sizes[i] / sizes[i - 1], share);
        }
        return Double.NaN;
    }
}
