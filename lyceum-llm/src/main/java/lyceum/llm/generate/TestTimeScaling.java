package lyceum.llm.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import lyceum.llm.Continuation;
import lyceum.llm.ContinuationScorer;
import lyceum.llm.TextGenerator;
import lyceum.random.Rng;

/**
 * Ways to spend inference on an answer: many samples and a verifier or a vote, a search over steps, revision after revision, or by prompt what suits its difficulty.
 * {@link #evaluate} reports accuracy and FLOPs, so that a small model that tries often and a large one that answers at once can be compared at equal cost.
 *
 * {@snippet :
 * var meter = new MeteredLM(model);
 * var scaling = new TestTimeScaling(new CausalGenerator(meter, tokenizer), verifier, c -> c.text().strip());
 * var report = TestTimeScaling.evaluate(scaling.bestOf(16), prompts, meter, isRight, Rng.of(1));
 * double equal = large.samplesFor(report.flopsPerPrompt(), prompts, meterOfLarge);          // so many samples of another model cost as much
 * double cover = TestTimeScaling.coverage(0.1, 16);                                         // 0.81
 * }
 *
 * @param generator draws answers
 * @param verifier scores them; a probability of being right, where votes are weighted by it
 * @param answer what of a continuation counts in votes, null for none
 * @see <a href="https://arxiv.org/abs/2408.03314">Snell, Lee, Xu and Kumar (2024)</a>
 */
public record TestTimeScaling(TextGenerator generator, ContinuationScorer verifier, Function<Continuation, ?> answer) {

    /** One sample. */
    public AnswerStrategy oneShot() { return (prompts, rng) -> generator.generate(prompts, 1, rng); }

    /** The verifier's best of so many samples. A fraction is a mean: of prompts with 2.5 every other one gets 3. */
    public AnswerStrategy bestOf(double samples) { return chosen(samples, verifier); }

    /** The most frequent answer of so many samples (self-consistency). */
    public AnswerStrategy majority(double samples) { return chosen(samples, BestOfN.votes(answer)); }

    /** The answer with the largest sum of the verifier's scores. */
    public AnswerStrategy weightedVote(double samples) { return chosen(samples, BestOfN.votes(answer, verifier)); }

    private AnswerStrategy chosen(double samples, ContinuationScorer by) {
        if (!(samples >= 1)) throw new IllegalArgumentException("TestTimeScaling: " + samples + " samples; there is one at least");
        return (prompts, rng) -> {
            var counts = new TreeMap<Integer, List<Integer>>(); // prompts by their number of samples
            for (int p = 0; p < prompts.size(); p++)
                counts.computeIfAbsent((int) (Math.floor(samples * (p + 1)) - Math.floor(samples * p)), _ -> new ArrayList<>()).add(p);
            var answers = new Continuation[prompts.size()];
            counts.forEach((n, which) -> {
                var drawn = generator.generate(which.stream().map(prompts::get).toList(), n, rng.split(n));
                var best = new BestOfN(n, by);
                for (int i = 0; i < which.size(); i++)
                    answers[which.get(i)] = best.best(prompts.get(which.get(i)), drawn.subList(i * n, (i + 1) * n)).continuation();
            });
            return Arrays.asList(answers);
        };
    }

    /**
     * A beam over steps: each kept beginning is continued {@code tries} times by a step, and the verifier's best {@code width} go on.
     *
     * @param stepper draws one step; what it ends by length goes on, all else is an answer
     */
    public AnswerStrategy stepSearch(TextGenerator stepper, int width, int tries, int steps) {
        if (width < 1 || tries < 1 || steps < 1) throw new IllegalArgumentException(
                "TestTimeScaling.stepSearch: width " + width + ", tries " + tries + " and steps " + steps + "; all are at least 1");
        return (prompts, rng) -> {
            var answers = new ArrayList<Continuation>();
            for (int p = 0; p < prompts.size(); p++) {
                List<Continuation> kept = List
                        .of(new Continuation(new int[0], new double[0], new double[0], "", Continuation.Ending.LENGTH));
                for (int s = 0; s < steps; s++) {
                    List<Continuation> open = new ArrayList<>(), all = new ArrayList<>();
                    for (var one : kept) (one.ending() == Continuation.Ending.LENGTH ? open : all).add(one);
                    if (open.isEmpty()) break;
                    int[] prompt = prompts.get(p);
                    var more = stepper.generate(open.stream().map(c -> joined(prompt, c.ids())).toList(), s == 0 ? width * tries : tries,
                            rng.split(p).split(s));
                    for (int i = 0; i < more.size(); i++) all.add(joined(open.get(i * open.size() / more.size()), more.get(i)));
                    double[] scores = verifier.scores(prompt, all);
                    kept = IntStream.range(0, scores.length).boxed().sorted((a, b) -> Double.compare(scores[b], scores[a])).limit(width)
                            .map(all::get).toList();
                }
                answers.add(kept.getFirst());
            }
            return answers;
        };
    }

    private static int[] joined(int[] a, int[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    private static double[] joined(double[] a, double[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    private static Continuation joined(Continuation a, Continuation b) {
        return new Continuation(joined(a.ids(), b.ids()), joined(a.logProbabilities(), b.logProbabilities()),
                joined(a.drawnLogProbabilities(), b.drawnLogProbabilities()), a.text() + b.text(), b.ending());
    }

    /**
     * One answer, then revisions of the best so far, one behind another; the verifier's best of all.
     *
     * @param reviser the prompt that asks for a revision of an answer
     */
    public AnswerStrategy revision(int rounds, BiFunction<int[], Continuation, int[]> reviser) {
        if (rounds < 0) throw new IllegalArgumentException("TestTimeScaling.revision: " + rounds + " rounds; 0 is one answer without any");
        return (prompts, rng) -> {
            var best = new ArrayList<>(generator.generate(prompts, 1, rng.split(0)));
            for (int round = 1; round <= rounds; round++) {
                var asked = new ArrayList<int[]>();
                for (int p = 0; p < best.size(); p++) asked.add(reviser.apply(prompts.get(p), best.get(p)));
                var revised = generator.generate(asked, 1, rng.split(round));
                for (int p = 0; p < best.size(); p++) {
                    double[] scores = verifier.scores(prompts.get(p), List.of(best.get(p), revised.get(p)));
                    if (scores[1] > scores[0]) best.set(p, revised.get(p));
                }
            }
            return best;
        };
    }

    /**
     * For each prompt the strategy of its difficulty.
     *
     * @param difficulty of a prompt, such as {@link #difficulty}
     * @param borders rising; strategy i serves difficulties below border i, the last all others
     */
    public static AnswerStrategy byDifficulty(ToDoubleFunction<int[]> difficulty, double[] borders, AnswerStrategy... strategies) {
        if (strategies.length != borders.length + 1) throw new IllegalArgumentException("TestTimeScaling.byDifficulty: " + borders.length
                + " borders and " + strategies.length + " strategies; there is one more of these");
        return (prompts, rng) -> {
            var answers = new Continuation[prompts.size()];
            var groups = new ArrayList<List<Integer>>();
            for (var _ : strategies) groups.add(new ArrayList<>());
            for (int p = 0; p < answers.length; p++) {
                double hard = difficulty.applyAsDouble(prompts.get(p));
                int group = 0;
                while (group < borders.length && hard >= borders[group]) group++;
                groups.get(group).add(p);
            }
            for (int g = 0; g < strategies.length; g++) {
                if (groups.get(g).isEmpty()) continue;
                var own = strategies[g].answers(groups.get(g).stream().map(prompts::get).toList(), rng.split(g));
                for (int i = 0; i < own.size(); i++) answers[groups.get(g).get(i)] = own.get(i);
            }
            return Arrays.asList(answers);
        };
    }

    /** One less the verifier's mean score of a few samples: 0 for a prompt that is always answered rightly, 1 for one that never is. */
    public ToDoubleFunction<int[]> difficulty(int probes, Rng rng) {
        return prompt -> 1
                - Arrays.stream(verifier.scores(prompt, generator.generate(List.of(prompt), probes, rng.split(Arrays.hashCode(prompt)))))
                        .average().orElseThrow();
    }

    /**
     * What a strategy did.
     *
     * @param right by prompt
     * @param flops of the model, as {@link MeteredLM} counts them
     */
    public record Report(boolean[] right, long flops) {
        /** Share of prompts answered rightly. */
        public double accuracy() {
            int n = 0;
            for (boolean r : right) n += r ? 1 : 0;
            return (double) n / right.length;
        }

        public double flopsPerPrompt() { return (double) flops / right.length; }
    }

    /**
     * Answers all prompts and counts.
     *
     * @param meter over which the strategy's generator runs
     * @param isRight the truth about an answer
     */
    public static Report evaluate(AnswerStrategy strategy, List<int[]> prompts, MeteredLM meter, BiPredicate<int[], Continuation> isRight,
            Rng rng) {
        long before = meter.flops();
        var answers = strategy.answers(prompts, rng);
        var right = new boolean[prompts.size()];
        for (int p = 0; p < right.length; p++) right[p] = isRight.test(prompts.get(p), answers.get(p));
        return new Report(right, meter.flops() - before);
    }

    /** How many samples a prompt cost so many FLOPs, as a mean over these prompts, each of which is read once: counted from one and from two samples. May be below 1. */
    public double samplesFor(double flopsPerPrompt, List<int[]> prompts, MeteredLM meter) {
        long start = meter.flops();
        generator.generate(prompts, 1, Rng.of(1));
        long one = meter.flops() - start;
        generator.generate(prompts, 2, Rng.of(1));
        long two = meter.flops() - start - one;
        return 1 + (flopsPerPrompt * prompts.size() - one) / (two - one);
    }

    /** Probability that n samples have a right one, each being right with probability p: {@code 1 - (1 - p)^n}. */
    public static double coverage(double p, int n) { return -Math.expm1(n * Math.log1p(-p)); }

    /**
     * Unbiased estimate of {@link #coverage} at k from n samples of which c are right: {@code 1 - C(n - c, k) / C(n, k)}.
     *
     * @see <a href="https://arxiv.org/abs/2107.03374">Chen et al. (2021), equation 1</a>
     */
    public static double passAtK(int n, int c, int k) {
        if (k < 1 || k > n || c < 0 || c > n) throw new IllegalArgumentException(
                "passAtK: k is " + k + " and " + c + " of " + n + " samples are right; k and c are at most n, k at least 1");
        if (n - c < k) return 1;
        double none = 1;
        for (int i = n - c + 1; i <= n; i++) none *= 1 - (double) k / i;
        return 1 - none;
    }
}
