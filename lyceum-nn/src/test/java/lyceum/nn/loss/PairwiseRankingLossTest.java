package lyceum.nn.loss;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.loss.PairwiseRankingLoss.Form;
import lyceum.nn.loss.PairwiseRankingLoss.Ties;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class PairwiseRankingLossTest {
    private static final Golden GOLDEN = Golden.load("golden/pairwise-ranking.json");

    @Test
    @Acceptance(topic = "pairwise-ranking", clause = 1) void hingeEqualsTorchMarginRankingLoss() {
        var worst = Gap.absolute();
        int seen = 0;
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").startsWith("hinge")) continue;
            var recipe = new Recipe(c.integer("input.seed"));
            Tensor a = Tensor.of(recipe.bells(9)).requiresGrad(), b = Tensor.of(recipe.bells(9)).requiresGrad();
            var loss = new PairwiseRankingLoss(Form.HINGE).withMargin(c.number("input.margin"))
                    .withReduction(Reduction.valueOf(c.text("input.reduction").toUpperCase(Locale.ROOT))).ofPairs(a, b);
            loss.sum().backward();
            worst.see(c, "expected.loss", loss.toDoubleArray());
            worst.see(c, "expected.preferred", a.grad().toDoubleArray());
            worst.see(c, "expected.other", b.grad().toDoubleArray());
            seen++;
        }
        Evidence.of("cases", seen, exactly(9));
        Evidence.of("loss and gradients beside PyTorch", worst, atMost(1e-7));
    }

    @Test
    @Acceptance(topic = "pairwise-ranking", clause = 2) void wrongPairsAreOneMinusTheAreaUnderTheCurve() {
        double worst = 0;
        int tied = 0;
        for (int run = 0; run < 500; run++) {
            var rng = Rng.of(run);
            int n = 5 + rng.nextInt(60);
            double[] score = new double[n], label = new double[n];
            for (int i = 0; i < n; i++) {
                label[i] = i == 0 ? 0 : i == 1 ? 1 : rng.nextInt(2);
                score[i] = run % 2 == 0 ? rng.nextGaussian() + label[i] : rng.nextInt(6) + label[i];
            }
            if (Arrays.stream(score).distinct().count() < n) tied++;
            worst = Math.max(worst,
                    Math.abs(PairwiseRankingLoss.wrongPairs(Tensor.of(score), Tensor.of(label)) - (1 - area(score, label))));
        }
        Evidence.of("sets with equal scores", tied, above(200));
        Evidence.of("wrong pairs less (1 - AUC)", worst, atMost(1e-12));
    }

    /** The trapezoids under the curve whose corners are the thresholds. */
    private static double area(double[] score, double[] label) {
        double positives = Arrays.stream(label).sum(), negatives = label.length - positives, area = 0, x = 0, y = 0;
        double[] thresholds = Arrays.stream(score).distinct().sorted().toArray();
        for (int t = thresholds.length - 1; t >= 0; t--) {
            double hits = 0, alarms = 0;
            for (int i = 0; i < score.length; i++) if (score[i] >= thresholds[t]) {
                hits += label[i];
                alarms += 1 - label[i];
            }
            area += (alarms / negatives - x) * (hits / positives + y) / 2;
            x = alarms / negatives;
            y = hits / positives;
        }
        return area;
    }

    @Test
    @Acceptance(topic = "pairwise-ranking", clause = 3) void linearRankNetIsLogisticRegressionOnDifferences() {
        Gap worst = Gap.absolute();
        double norm = 0;
        for (int seed = 0; seed < 5; seed++) {
            var c = GOLDEN.named("logistic " + seed);
            var x = Tensor.of(new Recipe(c.integer("input.seed")).matrix(40, 3));
            var y = Tensor.of(c.doubles("input.y"));
            var loss = new PairwiseRankingLoss(Form.LOGISTIC);
            var minimum = new Lbfgs().withGradientTolerance(1e-10).minimize(Objective.of(w -> loss.of(x.matmul(w), y)), new double[3]);
            norm = Math.max(norm, Autograd.grad(w -> loss.of(x.matmul(w), y)).apply(Tensor.of(minimum.x())).norm().item());
            norm = Math.max(norm, c.number("expected.gradientNorm"));
            worst.see(c, "expected.beta", minimum.x());
        }
        Evidence.of("gradient norms of both", norm, atMost(1e-9));
        Evidence.of("coefficients", worst, atMost(1e-6));
    }

    /** By the formula of the article, from central differences of a loss whose weights stand still. */
    @Test void lambdaRankWeighsRankNetsGradientByTheChange() {
        Tensor s = Tensor.of(0.3, -0.2, 1.4, 0.9), y = Tensor.of(2.0, 0, 1, 3);
        var change = MetricChange.ndcg(3);
        double[][] weight = change.of(s.toDoubleArray(), y.toDoubleArray());
        // Ranks 3, 4, 1, 2; gains 3, 0, 1, 7; the best order is 7, 3, 1.
        double best = 7 + 3 / log2(3) + 1 / log2(4);
        assertThat(weight[0][3]).isCloseTo(4 * (1 / log2(3) - 1 / log2(4)) / best, within(1e-12));
        assertThat(weight[3][1]).isCloseTo(7 / log2(3) / best, within(1e-12));
        assertThat(weight[0][3]).isEqualTo(weight[3][0]);
        var expected = new double[4];
        for (int i = 0; i < 4; i++) for (int j = 0; j < 4; j++) if (y.item(i) > y.item(j)) {
            double slope = weight[i][j] / (1 + Math.exp(s.item(i) - s.item(j)));
            expected[i] -= slope;
            expected[j] += slope;
        }
        var loss = new PairwiseRankingLoss(Form.LOGISTIC).withChange(change);
        assertThat(Autograd.grad(v -> loss.of(v, y)).apply(s).toDoubleArray()).containsExactly(expected, within(1e-12));
    }

    private static double log2(double x) { return Math.log(x) / Math.log(2); }

    @Test void aQueryIsTheAverageOverItsPairs() {
        Tensor s = Tensor.of(0.5, -1, 2, 0), y = Tensor.of(1.0, 0, 0, 1);
        double[][] d = {{1.5, -1.5}, {1, -2}};
        for (var form : Form.values()) {
            double sum = 0;
            for (var row : d) for (double v : row) sum += switch (form) {
                case HINGE -> Math.max(0, 1 - v);
                case LOGISTIC -> Math.log1p(Math.exp(-v));
                case EXPONENTIAL -> Math.exp(-v);
            };
            var loss = new PairwiseRankingLoss(form);
            assertThat(loss.of(s, y).item()).isCloseTo(sum / 4, within(1e-12));
            // Beside a query of another length, and one without pairs.
            double nan = Double.NaN;
            var both = Tensor.of(new double[][] {{0.5, -1, 2, 0}, {3, 1, nan, 7}, {1, 2, 3, 4}});
            var grades = Tensor.of(new double[][] {{1, 0, 0, 1}, {0, 1, nan, nan}, {2, 2, 2, 2}});
            double other = switch (form) {
                case HINGE -> 3;
                case LOGISTIC -> Math.log1p(Math.exp(2));
                case EXPONENTIAL -> Math.exp(2);
            };
            assertThat(loss.withReduction(Reduction.NONE).of(both, grades).toDoubleArray())
                    .containsExactly(new double[] {sum / 4, other, 0}, within(1e-12));
            assertThat(Autograd.grad(v -> loss.of(v, grades)).apply(both).isFinite().all().item()).isEqualTo(1);
            double tied = loss.withTies(Ties.HALF).of(Tensor.of(0.0, 2), Tensor.of(1.0, 1)).item();
            assertThat(tied).isCloseTo((Math.max(form == Form.HINGE ? 3 : 0, 0) + (form == Form.LOGISTIC
                    ? Math.log1p(Math.exp(2)) + Math.log1p(Math.exp(-2)) : form == Form.EXPONENTIAL ? Math.exp(2) + Math.exp(-2) : 0)) / 2,
                    within(1e-12));
        }
    }

    @Test void drawnPairsAverageToAllOfThem() {
        var rng = Rng.of(4);
        Tensor s = Tensor.randn(rng, DType.F64, 12), y = Tensor.randint(rng, 0, 4, 12).to(DType.F64);
        for (var change : new MetricChange[] {null, MetricChange.ndcg(5)}) {
            var loss = new PairwiseRankingLoss(Form.LOGISTIC).withTies(Ties.HALF).withChange(change);
            double all = loss.of(s, y).item(), mean = 0;
            for (int i = 0; i < 400; i++) mean += loss.withPairs(20).of(s, y, rng).item() / 400;
            assertThat(mean / all).isCloseTo(1, within(0.05));
        }
        assertThatThrownBy(() -> new PairwiseRankingLoss(Form.HINGE).withPairs(3).of(s, y)).hasMessageContaining("give an Rng");
    }

    @Test void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> new PairwiseRankingLoss(Form.HINGE).of(Tensor.ones(3), Tensor.ones(4))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("relevance (4,)");
        assertThatThrownBy(() -> new PairwiseRankingLoss(Form.HINGE).withMargin(-1)).hasMessageContaining("margin is -1.0");
        assertThatThrownBy(() -> MetricChange.ndcg(0)).hasMessageContaining("k is 0");
        assertThat(PairwiseRankingLoss.wrongPairs(Tensor.of(1.0, 2), Tensor.of(1.0, 1))).isNaN();
    }
}
