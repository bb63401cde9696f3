package lyceum.llm.generate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.prob.Exponential;
import lyceum.prob.Normal;
import lyceum.prob.Uniform;
import lyceum.prob.UnivariateDistribution;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class BestOfNTest {
    private static final String TOPIC = "best-of-n";

    /** Mean and standard error of columns. */
    private static double[][] moments(double[][] rows) {
        int n = rows.length, k = rows[0].length;
        double[] mean = new double[k], error = new double[k];
        for (var row : rows) for (int j = 0; j < k; j++) mean[j] += row[j] / n;
        for (var row : rows) for (int j = 0; j < k; j++) error[j] += (row[j] - mean[j]) * (row[j] - mean[j]) / (n - 1.0) / n;
        for (int j = 0; j < k; j++) error[j] = Math.sqrt(error[j]);
        return new double[][] {mean, error};
    }

    private static double[] draws(ToDoubleFunction<Rng> law, int n, Rng rng) {
        var draws = new double[n];
        for (int i = 0; i < n; i++) draws[i] = law.applyAsDouble(rng);
        return draws;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void expectedMaximaAreTheIntegralsOfOrderStatistics() {
        var laws = new LinkedHashMap<UnivariateDistribution, ToDoubleFunction<Rng>>();
        laws.put(new Uniform(0, 1), Rng::nextDouble);
        laws.put(new Exponential(1), r -> -Math.log(r.nextDoublePositive()));
        laws.put(new Normal(0, 1), Rng::nextGaussian);
        double worst = 0, closed = 0;
        int compared = 0, seed = 0;
        for (var law : laws.entrySet()) {
            var rng = Rng.of(490 + seed++);
            var pools = new double[3000][];
            for (int i = 0; i < pools.length; i++) pools[i] = BestOfN.curve(draws(law.getValue(), 64, rng));
            double[][] moments = moments(pools);
            double harmonic = 0;
            for (int n = 1; n <= 64; n++, compared++) {
                double integral = BestOfN.expectedMaximum(law.getKey(), n);
                harmonic += 1.0 / n;
                if (law.getKey() instanceof Uniform) closed = Math.max(closed, Math.abs(integral - n / (n + 1.0)));
                if (law.getKey() instanceof Exponential) closed = Math.max(closed, Math.abs(integral - harmonic));
                worst = Math.max(worst, Math.abs(moments[0][n - 1] - integral) / moments[1][n - 1]);
            }
        }
        double[] normal = {0, 1 / Math.sqrt(Math.PI), 1.5 / Math.sqrt(Math.PI)};
        for (int n = 1; n <= 3; n++) closed = Math.max(closed, Math.abs(BestOfN.expectedMaximum(new Normal(0, 1), n) - normal[n - 1]));
        Evidence.of("expected maxima", compared, exactly(192));
        Evidence.of("integrals less closed forms", closed, atMost(1e-8));
        Evidence.of("standard errors between simulation and integral", worst, atMost(3));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void divergencesStayBelowTheirBoundAndMeetItWithoutTies() {
        double most = Double.NEGATIVE_INFINITY, brute = 0, gap = 0;
        int policies = 0;
        for (int seed = 0; seed < 500; seed++, policies++) {
            var rng = Rng.of(seed);
            int k = 2 + rng.nextInt(30);
            boolean ties = seed % 2 == 0;
            double[] p = draws(r -> Math.exp(2 * r.nextGaussian()), k, rng),
                    scores = draws(r -> ties ? r.nextInt(4) : r.nextGaussian(), k, rng);
            for (int n : new int[] {1, 2, 3, 8, 64}) most = Math.max(most, BestOfN.divergence(p, scores, n) - BestOfN.divergence(n));
            if (k <= 5) brute = Math.max(brute, Math.abs(BestOfN.divergence(p, scores, 3) - ofAllTriples(p, scores)));
        }
        var many = new double[5000];
        Arrays.fill(many, 1);
        double[] distinct = draws(Rng::nextDouble, many.length, Rng.of(1));
        for (int n = 1; n <= 64; n++) gap = Math.max(gap, Math.abs(BestOfN.divergence(many, distinct, n) - (Math.log(n) - (n - 1.0) / n)));
        Evidence.of("policies", policies, exactly(500));
        Evidence.of("exact divergence less log N - (N - 1) / N, at most", most, atMost(1e-12));
        Evidence.of("divergence less that of all triples of draws", brute, atMost(1e-12));
        Evidence.of("distance from the bound for rewards without ties", gap, atMost(1e-3));
    }

    /** KL of the first of the best of three, by adding up every triple of draws. */
    private static double ofAllTriples(double[] weights, double[] scores) {
        int k = weights.length;
        double total = Arrays.stream(weights).sum(), kl = 0;
        var law = new double[k];
        for (int a = 0; a < k; a++) for (int b = 0; b < k; b++) for (int c = 0; c < k; c++) {
            int best = a;
            if (scores[b] > scores[best]) best = b;
            if (scores[c] > scores[best]) best = c;
            law[best] += weights[a] * weights[b] * weights[c] / (total * total * total);
        }
        for (int i = 0; i < k; i++) kl += law[i] * Math.log(law[i] * total / weights[i]);
        return kl;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void thePoolsEstimateIsUnbiased() {
        double worst = 0;
        int compared = 0;
        for (int kind = 0; kind < 3; kind++) { // log-normal; with ties; a second judge grades the winner
            var rng = Rng.of(4900 + kind);
            boolean graded = kind == 2;
            ToDoubleFunction<Rng> law = kind == 1 ? r -> r.nextInt(5) : r -> Math.exp(r.nextGaussian());
            var pools = new double[4000][];
            for (int i = 0; i < pools.length; i++) {
                double[] scores = draws(law, 32, rng), grades = graded ? new double[32] : scores;
                if (graded) for (int j = 0; j < 32; j++) grades[j] = Math.sin(scores[j]) + rng.nextGaussian();
                pools[i] = BestOfN.curve(scores, grades);
            }
            double[][] estimate = moments(pools);
            for (int n : new int[] {1, 2, 4, 8, 16, 32}) {
                var fresh = new double[10_000][1];
                for (var one : fresh) {
                    double best = Double.NEGATIVE_INFINITY;
                    for (int i = 0; i < n; i++) best = Math.max(best, law.applyAsDouble(rng));
                    one[0] = graded ? Math.sin(best) + rng.nextGaussian() : best;
                }
                double[][] truth = moments(fresh);
                worst = Math.max(worst, Math.abs(truth[0][0] - estimate[0][n - 1]) / Math.hypot(truth[1][0], estimate[1][n - 1]));
                compared++;
            }
        }
        Evidence.of("sizes and laws", compared, exactly(18));
        Evidence.of("standard errors between pools and 10,000 fresh draws", worst, atMost(3));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void withHeavyTailedErrorTheGoldScorePeaks() {
        int m = 1024;
        double[][] heavy = new double[150][], light = new double[150][];
        var rng = Rng.of(7);
        for (int i = 0; i < 150; i++) {
            double[] gold = draws(Rng::nextGaussian, m, rng), cauchy = new double[m], normal = new double[m];
            for (int j = 0; j < m; j++) {
                cauchy[j] = gold[j] + 0.1 * Math.tan(Math.PI * (rng.nextDouble() - 0.5));
                normal[j] = gold[j] + rng.nextGaussian();
            }
            heavy[i] = BestOfN.curve(cauchy, gold);
            light[i] = BestOfN.curve(normal, gold);
        }
        double[][] curve = moments(heavy);
        double[] other = moments(light)[0];
        int peak = 0;
        for (int n = 1; n < m; n++) if (curve[0][n] > curve[0][peak]) peak = n;
        Evidence.of("N of the peak", peak + 1, between(2, 512));
        Evidence.of("peak over one draw, standard errors", (curve[0][peak] - curve[0][0]) / curve[1][peak], above(5));
        Evidence.of("peak over N = 1024, standard errors", (curve[0][peak] - curve[0][m - 1]) / curve[1][m - 1], above(5));
        int fallsLight = 0;
        for (int n = 2; n <= m; n *= 2) if (other[n - 1] < other[n / 2 - 1]) fallsLight++;
        Evidence.of("doublings at which the gold score falls with light-tailed error", fallsLight, exactly(0));
        var fit = BestOfN.fit(curve[0]);
        assertThat(fit.peak()).isBetween(0.2, Math.sqrt(BestOfN.divergence(m)));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void aPolicyTrainedOnWinnersKeepsTheirGain() {
        int v = 8, n = 8;
        var model = new DecoderLM(DecoderConfig.llama(v, 8, 1, 32, 2, 2, 64).withDeviation(0.15), Rng.of(1));
        var reward = Tensor.randn(Rng.of(2), 4, v, v);
        List<int[]> prompts = List.of(new int[] {0}, new int[] {1}, new int[] {2}, new int[] {3});
        var generator = new CausalGenerator(model).withStop(new StopCriteria(2));
        var best = new BestOfN(n, (prompt, all) -> all.stream().mapToDouble(c -> reward.item(prompt[0], c.ids()[0], c.ids()[1])).toArray());
        double base = 0, bestOf8 = 0, distilled = 0;
        for (int[] prompt : prompts) {
            double[] p = exact(generator, prompt), r = reward.get(prompt[0]).flatten().toDoubleArray(), q = BestOfN.policy(p, r, n);
            for (int i = 0; i < r.length; i++) {
                base += p[i] * r[i] / 4;
                bestOf8 += q[i] * r[i] / 4;
            }
        }
        var winners = best.best(generator, Collections.nCopies(250, prompts).stream().flatMap(List::stream).toList(), Rng.of(3),
                Progress.SILENT);
        var optimizer = new Adam(1e-2).over(model.parameters());
        var rng = Rng.of(4);
        for (int step = 0; step < 80; step++) {
            try (var scope = Scope.open()) {
                var ids = new int[256 * 3];
                for (int i = 0; i < 256; i++) {
                    int w = rng.nextInt(winners.size());
                    ids[3 * i] = w % 4;
                    System.arraycopy(winners.get(w).continuation().ids(), 0, ids, 3 * i + 1, 2);
                }
                var batch = Tensor.of(ids, 256, 3);
                optimizer.zeroGrad();
                new CausalLmLoss().of(model.forward(batch, Pass.training(rng)), batch).backward();
                optimizer.step();
            }
        }
        for (int[] prompt : prompts) {
            double[] p = exact(generator, prompt), r = reward.get(prompt[0]).flatten().toDoubleArray();
            for (int i = 0; i < r.length; i++) distilled += p[i] * r[i] / 4;
        }
        Evidence.of("gain of best-of-8, exact", bestOf8 - base, above(0.5));
        Evidence.of("share of it that one draw of the distilled policy keeps", (distilled - base) / (bestOf8 - base), atLeast(0.8));
    }

    /** Probabilities of all answers of two tokens. */
    private static double[] exact(CausalGenerator generator, int[] prompt) {
        var all = new ArrayList<int[]>();
        for (int x = 0; x < 8; x++) for (int y = 0; y < 8; y++) all.add(new int[] {x, y});
        return generator.scores(Collections.nCopies(64, prompt), all).stream().mapToDouble(l -> Math.exp(l[0] + l[1])).toArray();
    }

    @Test void votesLikelihoodsAndSizes() {
        var model = Toys.model(3, 2, -1, _ -> Toys.logs(0.6, 0.4, 0));
        var generator = new CausalGenerator(model).withStop(new StopCriteria(1));
        var best = new BestOfN(15, BestOfN.votes(c -> c.ids()[0])).best(generator, new int[0], Rng.of(1));
        long zeros = best.all().stream().filter(c -> c.ids()[0] == 0).count();
        assertThat(best.continuation().ids()[0]).isEqualTo(zeros > 7 ? 0 : 1);
        assertThat(best.score()).isCloseTo(Math.max(zeros, 15 - zeros) / 15.0, within(1e-12));
        var weighted = new BestOfN(15,
                BestOfN.votes(c -> c.ids()[0], (_, all) -> all.stream().mapToDouble(c -> c.ids()[0] == 1 ? 10 : 1).toArray()));
        assertThat(weighted.best(new int[0], best.all()).continuation().ids()[0]).isEqualTo(1);
        assertThat(new BestOfN(15, CausalGenerator.likelihood(1)).best(new int[0], best.all()).continuation().ids()[0]).isEqualTo(0);
        assertThat(BestOfN.equivalentSize(new double[] {1, 4, 16}, new double[] {0, 0.5, 0.6}, 0.25)).isCloseTo(2, within(1e-12));
        assertThat(BestOfN.equivalentSize(new double[] {1, 4}, new double[] {0, 0.5}, 0.7)).isNaN();
        var gold = new double[100];
        for (int i = 1; i <= 100; i++) gold[i - 1] = 3 + Math.sqrt(BestOfN.divergence(i)) * (2 - 0.7 * Math.sqrt(BestOfN.divergence(i)));
        assertThat(BestOfN.fit(gold).alpha()).isCloseTo(2, within(1e-9));
        assertThat(BestOfN.fit(gold).beta()).isCloseTo(0.7, within(1e-9));
        assertThatThrownBy(() -> new BestOfN(0, null)).hasMessageContaining("n is 0");
        var none = new BestOfN(15, BestOfN.votes(c -> c.ids()[0], (_, all) -> new double[all.size()]));
        assertThat(none.best(new int[0], best.all()).scores()).containsOnly(0);
    }

    @Test void whatHasNoRankIsRefusedByName() {
        double[] scores = {1, Double.NaN, 2}, even = {1, 1, 1};
        assertThatThrownBy(() -> BestOfN.curve(scores)).hasMessageContaining("curve: score 1 is NaN");
        assertThatThrownBy(() -> BestOfN.policy(even, scores, 2)).hasMessageContaining("policy: score 1 is NaN");
        var model = Toys.model(3, 2, -1, _ -> Toys.logs(0.6, 0.4, 0));
        var generator = new CausalGenerator(model).withStop(new StopCriteria(1));
        assertThatThrownBy(() -> new BestOfN(3, (_, _) -> new double[] {Double.NaN, 1, 2}).best(generator, new int[0], Rng.of(1)))
                .hasMessageContaining("best: score 0 is NaN");
    }
}
