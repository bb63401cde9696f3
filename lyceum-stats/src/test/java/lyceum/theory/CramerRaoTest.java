package lyceum.theory;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.math.Special;
import lyceum.prob.Normal;
import lyceum.prob.Uniform;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;
import lyceum.stats.ParametricFamily;
import lyceum.stats.Transform;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class CramerRaoTest {
    /** Mean and variance, as the clause has it. */
    private static final ParametricFamily BY_VARIANCE = new ParametricFamily("normal by variance", List.of("mean", "variance"),
            List.of(Transform.IDENTITY, Transform.LOG),
            (t, x) -> x.sub(t[0]).square().div(t[1]).mul(-0.5).sub(t[1].log().mul(0.5)).sub(0.5 * Math.log(2 * Math.PI)),
            t -> new Normal(t[0], Math.sqrt(t[1])));

    @Test
    @Acceptance(topic = "cramer-rao", clause = 1) void informationEqualsClosedForms() {
        Gap closed = Gap.relativeBeyondOne(), curvature = Gap.relativeBeyondOne();
        ParametricFamily[] families = {ParametricFamily.BERNOULLI, BY_VARIANCE, ParametricFamily.POISSON, ParametricFamily.EXPONENTIAL};
        double[][][] thetas = {{{0.05}, {0.4}, {0.9}}, {{0, 1}, {-2, 3.5}, {10, 0.3}}, {{0.3}, {4}, {37}}, {{0.2}, {1}, {8}}};
        for (int k = 0; k < families.length; k++) for (double[] t : thetas[k]) {
            var cr = new CramerRao(families[k], t);
            double[][] expected = switch (k) {
                case 0 -> new double[][] {{1 / (t[0] * (1 - t[0]))}};
                case 1 -> new double[][] {{1 / t[1], 0}, {0, 1 / (2 * t[1] * t[1])}};
                case 2 -> new double[][] {{1 / t[0]}};
                default -> new double[][] {{1 / (t[0] * t[0])}};
            };
            double[][] score = cr.information().matrix(), bent = cr.curvature().matrix();
            for (int i = 0; i < t.length; i++) {
                closed.see(families[k].name() + Arrays.toString(t), score[i], expected[i]);
                curvature.see(families[k].name() + Arrays.toString(t), score[i], bent[i]);
            }
        }
        Evidence.of("largest gap from closed forms, relative beyond 1", closed, below(1e-8));
        Evidence.of("largest gap between score variance and minus the mean Hessian", curvature, below(1e-6));
        Evidence.of("entries compared", closed.seen(), exactly(21));
        var simulated = new CramerRao(ParametricFamily.POISSON, 4).simulated(50_000, Rng.of(1)).matrix()[0][0];
        assertThat(simulated).isCloseTo(0.25, within(0.01));
    }

    private record Unbiased(String name, ParametricFamily family, int j, int n, ToDoubleFunction<double[]> estimator, double... theta) {}

    private static List<Unbiased> unbiased() {
        var all = new ArrayList<Unbiased>();
        all.add(new Unbiased("mean", BY_VARIANCE, 0, 20, Descriptive::mean, 1, 4));
        all.add(new Unbiased("median", BY_VARIANCE, 0, 21, Descriptive::median, 1, 4));
        all.add(new Unbiased("midrange", BY_VARIANCE, 0, 10,
                x -> (Arrays.stream(x).min().orElseThrow() + Arrays.stream(x).max().orElseThrow()) / 2, 1, 4));
        all.add(new Unbiased("first value", BY_VARIANCE, 0, 5, x -> x[0], 1, 4));
        all.add(new Unbiased("sample variance", BY_VARIANCE, 1, 10, Descriptive::variance, 1, 4));
        all.add(new Unbiased("Poisson mean", ParametricFamily.POISSON, 0, 15, Descriptive::mean, 3));
        all.add(new Unbiased("Poisson variance", ParametricFamily.POISSON, 0, 15, Descriptive::variance, 3));
        all.add(new Unbiased("share", ParametricFamily.BERNOULLI, 0, 25, Descriptive::mean, 0.3));
        all.add(new Unbiased("(n - 1) / sum", ParametricFamily.EXPONENTIAL, 0, 12, x -> (x.length - 1) / Descriptive.sum(x), 0.7));
        all.add(new Unbiased("(n - 1) / sum of the first half", ParametricFamily.EXPONENTIAL, 0, 12,
                x -> 5 / Descriptive.sum(Arrays.copyOf(x, 6)), 0.7));
        return all;
    }

    @Test
    @Acceptance(topic = "cramer-rao", clause = 2) void noUnbiasedEstimatorFallsBelow() {
        double below = Double.NEGATIVE_INFINITY, bias = 0;
        int estimators = 0;
        for (var u : unbiased()) {
            var report = new CramerRao(u.family, u.theta).efficiency(u.name, u.n, u.j, u.estimator, 20_000, Rng.of(1945 + estimators++));
            below = Math.max(below, report.below());
            bias = Math.max(bias, Math.abs(report.bias()) / report.biasError());
        }
        Evidence.of("estimators, 20,000 simulations each", estimators, exactly(10));
        Evidence.of("most standard errors that a variance lies below the bound", below, below(3));
        Evidence.of("largest bias, in standard errors", bias, below(4));
        // a biased estimator may; the biased form of the bound holds for it: variance over n has expectation (n - 1) / n sigma^2
        var cr = new CramerRao(BY_VARIANCE, 1, 4);
        var shrunk = cr.efficiency("divisor n + 1", 10, 1, x -> Descriptive.variance(x) * 9 / 11, 20_000, Rng.of(3));
        Evidence.of("standard errors by which a biased one does lie below", shrunk.below(), atLeast(3));
        double biased = cr.bound(10, new double[][] {{0, 9.0 / 11}})[0][0];
        assertThat(biased).isCloseTo(81.0 / 121 * 2 * 16 / 10, within(1e-9)).isLessThan(shrunk.variance());
    }

    @Test
    @Acceptance(topic = "cramer-rao", clause = 3) void theMeanIsEfficientTheMedianIsNot() {
        var cr = new CramerRao(ParametricFamily.NORMAL, 0, 1);
        Evidence.of("efficiency of the mean, n = 201", cr.efficiency("mean", 201, 0, Descriptive::mean, 20_000, Rng.of(5)).efficiency(),
                between(0.97, 1.03));
        Evidence.of("efficiency of the median, n = 201",
                cr.efficiency("median", 201, 0, CramerRaoTest::middle, 20_000, Rng.of(6)).efficiency(), between(0.607, 0.667));
        // a shape costs more where the rate is not known: the inverse of {{trigamma(a), -1/b}, {-1/b, a/b^2}}, not one over its diagonal
        double a = 2.5, b = 1.4, h = 1e-3, trigamma = (Special.digamma(a - 2 * h) - 8 * Special.digamma(a - h) + 8 * Special.digamma(a + h)
                - Special.digamma(a + 2 * h)) / (12 * h), determinant = (a * trigamma - 1) / (b * b);
        var gamma = new CramerRao(ParametricFamily.GAMMA, a, b).bound(10);
        assertThat(gamma[0]).containsExactly(new double[] {a / (b * b) / determinant / 10, 1 / b / determinant / 10}, within(1e-7));
        assertThat(gamma[1]).containsExactly(new double[] {1 / b / determinant / 10, trigamma / determinant / 10}, within(1e-7));
        // 2 sigma^4 / n by the delta method
        assertThat(cr.bound(10, t -> t.select(0, 1).square())[0][0]).isCloseTo(0.2, within(1e-9));
        assertThat(cr.bound(10, t -> Tensor.stack(0, t.select(0, 0), t.select(0, 1).log()))).hasDimensions(2, 2);
    }

    private static double middle(double[] x) {
        var sorted = x.clone();
        Arrays.sort(sorted);
        return sorted[x.length / 2];
    }

    @Test
    @Acceptance(topic = "cramer-rao", clause = 4) void theUniformsMaximumIsNonRegular() {
        var uniform = CramerRao.scaling(new Uniform(0, 3), x -> Arrays.stream(x).max().orElseThrow(), 20_000, Rng.of(7), 10, 20, 40, 80,
                160, 320);
        var regular = CramerRao.scaling(new Normal(0, 3), Descriptive::mean, 20_000, Rng.of(8), 10, 20, 40, 80);
        Evidence.of("slope of log variance over log n, uniform maximum", uniform.slope(), between(-2.1, -1.9));
        Evidence.that("it is flagged as non-regular", uniform.isNonRegular());
        Evidence.that("the normal mean is not", !regular.isNonRegular());
        assertThat(regular.slope()).isCloseTo(-1, within(0.05));
    }
}
