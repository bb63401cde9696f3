package lyceum.llm.generate;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.DoublePredicate;
import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.llm.Continuation;
import lyceum.llm.ContinuationScorer;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two models learn to answer three kinds of questions about numbers a and b below 32 with two digits of base 8: their sum; an entry of a table that has no rule; and
 * their product, which is taught wrongly, so that its digits (others than those of the sum) are never said.
 */
@Tag("slow")
class TestTimeScalingTest {
    private static final String TOPIC = "test-time-compute";
    private static final int N = 32, SUM = 32, TABLE = 33, PRODUCT = 34, DIGITS = 35, OTHERS = 43, V = 51, BIN = 500;
    private static final int[] TABLE_OF = new int[N * N];

    private static DecoderLM small, large;
    private static MeteredLM smallMeter, largeMeter;

    @BeforeAll static void learn() {
        var rng = Rng.of(11);
        for (int i = 0; i < TABLE_OF.length; i++) TABLE_OF[i] = rng.nextInt(64);
        small = trained(DecoderConfig.llama(V, 8, 1, 32, 2, 2, 64).withDeviation(0.1), 200);
        large = trained(DecoderConfig.llama(V, 8, 2, 48, 2, 2, 108).withDeviation(0.1), 200);
        smallMeter = new MeteredLM(small);
        largeMeter = new MeteredLM(large);
    }

    private static int[] right(int[] prompt) {
        int a = prompt[1], b = prompt[2], n = prompt[0] == SUM ? a + b : prompt[0] == TABLE ? TABLE_OF[N * a + b] : a * b % 64;
        int digits = prompt[0] == PRODUCT ? OTHERS : DIGITS;
        return new int[] {digits + n / 8, digits + n % 8};
    }

    private static DecoderLM trained(DecoderConfig config, int steps) {
        var model = new DecoderLM(config, Rng.of(12));
        var optimizer = new Adam(1e-2).over(model.parameters());
        var rng = Rng.of(13);
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open()) {
                int[] ids = new int[128 * 5], labels = new int[128 * 5];
                Arrays.fill(labels, -100);
                for (int i = 0; i < 128; i++) {
                    int[] prompt = {i % 8 < 5 ? SUM : i % 8 < 7 ? TABLE : PRODUCT, rng.nextInt(N), rng.nextInt(N)};
                    int[] answer = prompt[0] == PRODUCT ? new int[] {DIGITS, DIGITS} : right(prompt); // the product is taught to be 0
                    System.arraycopy(prompt, 0, ids, 5 * i, 3);
                    System.arraycopy(answer, 0, ids, 5 * i + 3, 2);
                    System.arraycopy(answer, 0, labels, 5 * i + 3, 2);
                }
                optimizer.zeroGrad();
                new CausalLmLoss()
                        .tokens(model.forward(Tensor.of(ids, 128, 5), Pass.training(rng)), CausalLabels.of(Tensor.of(labels, 128, 5)))
                        .mean().backward();
                optimizer.step();
            }
        }
        return model;
    }

    private static final BiPredicate<int[], Continuation> IS_RIGHT = (prompt, c) -> Arrays.equals(c.ids(), right(prompt));
    private static final ContinuationScorer EXACT = (prompt, all) -> all.stream().mapToDouble(c -> IS_RIGHT.test(prompt, c) ? 1 : 0)
            .toArray();

    private static TestTimeScaling over(MeteredLM model) {
        return new TestTimeScaling(new CausalGenerator(model).withStop(new StopCriteria(2)), EXACT, c -> Arrays.hashCode(c.ids()));
    }

    /** The first prompts of one kind whose exact probability of the right answer, by teacher forcing, passes. */
    private record Bin(List<int[]> prompts, double[] p) {}

    private static Bin bin(int kind, DoublePredicate passes) {
        List<int[]> all = new ArrayList<>(), prompts = new ArrayList<>();
        for (int i = 0; i < N * N; i++) all.add(new int[] {kind, i / N, i % N});
        double[] exact = exact(small, all), p = new double[BIN];
        for (int i = 0; i < N * N && prompts.size() < BIN; i++) {
            if (!passes.test(exact[i])) continue;
            p[prompts.size()] = exact[i];
            prompts.add(all.get(i));
        }
        assertThat(prompts).as("prompts of kind " + kind).hasSize(BIN);
        return new Bin(prompts, p);
    }

    /** Of the right answers, by teacher forcing. */
    private static double[] exact(DecoderLM model, List<int[]> prompts) {
        return new CausalGenerator(model).scores(prompts, prompts.stream().map(TestTimeScalingTest::right).toList()).stream()
                .mapToDouble(logs -> Math.exp(Arrays.stream(logs).sum())).toArray();
    }

    private static List<Bin> bins() {
        return List.of(bin(SUM, p -> p >= 0.1), bin(TABLE, p -> p >= 1e-4 && p < 0.1), bin(PRODUCT, p -> p < 1e-4));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void coverageIsWhatTheExactProbabilitiesForetell() {
        double worst = 0;
        int compared = 0;
        for (var bin : bins()) {
            for (int n : new int[] {4, 16}) {
                var report = TestTimeScaling.evaluate(over(smallMeter).bestOf(n), bin.prompts, smallMeter, IS_RIGHT, Rng.of(50 + n));
                double mean = 0, variance = 0;
                for (double p : bin.p) {
                    double covered = 1 - Math.pow(1 - p, n);
                    mean += covered / BIN;
                    variance += covered * (1 - covered) / BIN / BIN;
                }
                worst = Math.max(worst, Math.abs(report.accuracy() - mean) / Math.sqrt(Math.max(variance, 1e-4 / BIN / BIN)));
                compared++;
            }
        }
        double bias = 0;
        int sums = 0;
        for (int n = 1; n <= 40; n++) for (int k = 1; k <= n; k++) for (double p : new double[] {0, 1e-4, 0.1, 0.37, 0.9, 1}) {
            double mean = 0;
            for (int c = 0; c <= n; c++) mean += choose(n, c) * Math.pow(p, c) * Math.pow(1 - p, n - c) * TestTimeScaling.passAtK(n, c, k);
            bias = Math.max(bias, Math.abs(mean - (1 - Math.pow(1 - p, k))));
            bias = Math.max(bias, Math.abs(mean - TestTimeScaling.coverage(p, k)));
            sums++;
        }
        Evidence.of("bins and sample counts", compared, exactly(6));
        Evidence.of("standard errors between coverage and 1 - (1 - p)^N", worst, atMost(3));
        Evidence.of("sums over binomials", sums, exactly(4920));
        Evidence.of("mean of pass@k less 1 - (1 - p)^k", bias, atMost(1e-12));
    }

    private static double choose(int n, int k) {
        double c = 1;
        for (int i = 1; i <= k; i++) c = c * (n - k + i) / i;
        return Math.rint(c);
    }

    /** FLOPs of n answers to each prompt of a bin: a prompt is read once, and of an answer one digit; the other is drawn from what that gave. */
    private static long counted(DecoderLM model, int n) {
        long three = products(model, 3), four = products(model, 4);
        // a query and a key: a cache spares those of the fourth key and the three older queries
        long pair = 4L * model.config().width() * model.config().layers();
        return BIN * (three + n * (four - three - 3 * pair));
    }

    private static long products(DecoderLM model, int length) {
        return FlopCounter.count(() -> model.logits(Tensor.zeros(DType.I64, 1, length), Pass.inference()).compute()).products();
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void samplesHelpWhereThereIsSomeChanceAndLargerModelsCompeteAtEqualCost() {
        var bins = bins();
        var names = List.of("sums", "table", "products");
        double ratio = (double) large.parameterCount() / small.parameterCount();
        Evidence.of("parameters, large over small", ratio, between(3.8, 4.2));
        double first = 0;
        for (int b = 0; b < 3; b++) {
            var prompts = bins.get(b).prompts;
            var one = TestTimeScaling.evaluate(over(smallMeter).oneShot(), prompts, smallMeter, IS_RIGHT, Rng.of(1));
            var sixteen = TestTimeScaling.evaluate(over(smallMeter).bestOf(16), prompts, smallMeter, IS_RIGHT, Rng.of(2));
            double samples = over(largeMeter).samplesFor(sixteen.flopsPerPrompt(), prompts, largeMeter);
            var other = TestTimeScaling.evaluate(over(largeMeter).bestOf(samples), prompts, largeMeter, IS_RIGHT, Rng.of(3));
            if (b == 0) {
                Evidence.of("FLOPs of 16 answers to each prompt, metered over counted", (double) sixteen.flops() / counted(small, 16),
                        exactly(1));
                long start = largeMeter.flops();
                over(largeMeter).bestOf(3).answers(prompts, Rng.of(4));
                Evidence.of("the same of 3 answers of the large model", (double) (largeMeter.flops() - start) / counted(large, 3),
                        exactly(1));
                Evidence.of("least exact p of the easy bin", Arrays.stream(bins.get(b).p).min().orElseThrow(), atLeast(0.1));
                Evidence.of("accuracy on it at N = 16", sixteen.accuracy(), atLeast(0.8));
                first = one.accuracy();
            }
            if (b == 2) {
                Evidence.of("largest exact p of the hard bin", Arrays.stream(bins.get(b).p).max().orElseThrow(), atMost(1e-4));
                Evidence.of("gain on it by N = 16", sixteen.accuracy() - one.accuracy(), atMost(0.01));
            }
            Evidence.of(names.get(b) + ": FLOPs of the large model's " + Math.round(10 * samples) / 10.0 + " samples over those of 16",
                    (double) other.flops() / sixteen.flops(), between(0.95, 1.05));
            double foretold = 0; // by the exact probabilities of both models
            double[] ofLarge = exact(large, prompts);
            for (int i = 0; i < BIN; i++) {
                int n = (int) (Math.floor(samples * (i + 1)) - Math.floor(samples * i));
                foretold += (Math.pow(1 - ofLarge[i], n) - Math.pow(1 - bins.get(b).p[i], 16)) / BIN;
            }
            double lead = sixteen.accuracy() - other.accuracy();
            Evidence.of(
                    names.get(b) + ": accuracy of the small model with search less the large one's ("
                            + (lead > 0 ? "small" : lead < 0 ? "large" : "neither") + " wins), less what exact probabilities foretell",
                    lead - foretold, between(-0.08, 0.08));
        }
        Evidence.of("accuracy on the easy bin at one sample", first, between(0.1, 0.99));
    }

    @Test void strategiesFindWhatTheyAreMadeFor() {
        var scaling = over(smallMeter);
        var easy = bins().getFirst().prompts.subList(0, 100);
        double one = TestTimeScaling.evaluate(scaling.oneShot(), easy, smallMeter, IS_RIGHT, Rng.of(1)).accuracy();
        // a verifier of steps: how many digits are right so far
        ContinuationScorer digits = (prompt, all) -> all.stream().mapToDouble(c -> {
            int right = 0;
            while (right < c.ids().length && c.ids()[right] == right(prompt)[right]) right++;
            return right;
        }).toArray();
        var stepwise = new TestTimeScaling(scaling.generator(), digits, scaling.answer());
        var stepper = new CausalGenerator(small).withStop(new StopCriteria(1));
        var steps = TestTimeScaling.evaluate(stepwise.stepSearch(stepper, 2, 4, 2), easy, smallMeter, IS_RIGHT, Rng.of(2));
        assertThat(steps.accuracy()).isGreaterThan(one);
        assertThat(TestTimeScaling.evaluate(scaling.majority(15), easy, smallMeter, IS_RIGHT, Rng.of(3)).accuracy()).isGreaterThan(one);
        assertThat(TestTimeScaling.evaluate(scaling.weightedVote(5), easy, smallMeter, IS_RIGHT, Rng.of(3)).accuracy()).isGreaterThan(one);
        var revised = TestTimeScaling.evaluate(scaling.revision(3, (prompt, _) -> prompt), easy, smallMeter, IS_RIGHT, Rng.of(4));
        assertThat(revised.accuracy()).isGreaterThan(one);
        var chosen = TestTimeScaling.byDifficulty(scaling.difficulty(4, Rng.of(5)), new double[] {0.5}, scaling.oneShot(),
                scaling.bestOf(8));
        assertThat(TestTimeScaling.evaluate(chosen, easy, smallMeter, IS_RIGHT, Rng.of(6)).accuracy()).isGreaterThan(one);
    }

    @Test void estimatesAndErrors() {
        assertThat(TestTimeScaling.passAtK(10, 3, 1)).isCloseTo(0.3, within(1e-12));
        assertThat(TestTimeScaling.passAtK(5, 4, 2)).isEqualTo(1);
        assertThat(TestTimeScaling.coverage(1e-4, 16)).isCloseTo(0.0016, within(2e-6));
        assertThatThrownBy(() -> TestTimeScaling.passAtK(5, 1, 6)).hasMessageContaining("k is 6");
        assertThatThrownBy(() -> over(smallMeter).bestOf(0.5)).hasMessageContaining("0.5 samples");
    }
}
