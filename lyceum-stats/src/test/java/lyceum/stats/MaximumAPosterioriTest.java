package lyceum.stats;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class MaximumAPosterioriTest {

    @Test
    @Acceptance(topic = "map-estimation", clause = 1) void priorsArePenalties() {
        var data = Datasets.diabetes();
        Tensor x = data.x(), y = data.y().sub(data.y().mean());
        int p = (int) x.size(1), n = (int) x.size(0);
        Gap ridge = Gap.relative(), lasso = Gap.overLargest();
        int zeros = 0;
        for (var c : Golden.load("golden/map-estimation.json").list("cases")) {
            double s2 = c.number("input.variance");
            var l = LogLikelihood.of(n, p, w -> y.sub(x.matmul(w)).square().mul(-0.5 / s2).sub(0.5 * Math.log(2 * Math.PI * s2)));
            boolean kinked = c.has("input.scale");
            var prior = kinked ? Prior.laplace(c.number("input.scale")) : Prior.normal(0, c.number("input.priorVariance"));
            var fit = new MaximumAPosteriori(Collections.nCopies(p, prior)).fit(l, new double[p]);
            assertThat(fit.converged()).as(c.text("name")).isTrue();
            (kinked ? lasso : ridge).see(c, "expected.coefficients", fit.mode());
            if (kinked) for (int j = 0; j < p; j++) {
                if ((fit.mode()[j] == 0) != (c.doubles("expected.coefficients")[j] == 0)) zeros++;
            }
        }
        Evidence.of("largest relative gap from scikit-learn's Ridge(alpha = s^2 / t^2)", ridge, below(1e-8));
        Evidence.of("largest gap from Lasso(alpha = s^2 / (n b)), over the largest coefficient", lasso, below(1e-6));
        Evidence.of("coefficients whose being zero differs", zeros, exactly(0));
        Evidence.of("coefficients compared", ridge.seen() + lasso.seen(), exactly(60));
    }

    @Test
    @Acceptance(topic = "map-estimation", clause = 2) void conjugateModesAreExact() {
        Gap closed = Gap.absolute(), searched = Gap.relative();
        int cases = 0;
        for (double[] t : new double[][] {{2, 2, 3, 3}, {2, 5, 7, 20}, {1, 1, 4, 10}, {3.5, 1.5, 0, 4}, {30, 10, 100, 400}}) {
            double a = t[0], b = t[1], k = t[2], n = t[3];
            closed.see("beta " + Arrays.toString(t), MaximumAPosteriori.betaBinomial(a, b, k, n), (a + k - 1) / (a + b + n - 2));
            var l = ParametricFamily.binomial((int) n).logLikelihood(k);
            searched.see("beta " + Arrays.toString(t),
                    new MaximumAPosteriori(List.of(Prior.of(ParametricFamily.BETA, a, b)), List.of(Transform.LOGIT), false)
                            .fit(l, new double[] {0.5}).mode()[0],
                    (a + k - 1) / (a + b + n - 2));
            cases++;
        }
        for (double[] t : new double[][] {{2, 1, 3}, {5, 0.5, 40}, {1.5, 3, 7}, {20, 10, 0}}) {
            double shape = t[0], rate = t[1], total = t[2];
            double[] counts = {Math.floor(total / 2), total - Math.floor(total / 2), 0};
            closed.see("gamma " + Arrays.toString(t), MaximumAPosteriori.gammaPoisson(shape, rate, total, 3),
                    (shape + total - 1) / (rate + 3));
            searched.see("gamma " + Arrays.toString(t),
                    new MaximumAPosteriori(List.of(Prior.of(ParametricFamily.GAMMA, shape, rate)), List.of(Transform.LOG), false)
                            .fit(ParametricFamily.POISSON.logLikelihood(counts), new double[] {1}).mode()[0],
                    (shape + total - 1) / (rate + 3));
            cases++;
        }
        Evidence.of("largest gap of the closed forms", closed, exactly(0));
        Evidence.of("largest relative gap of the modes that the search finds", searched, below(1e-8));
        Evidence.of("posteriors", cases, exactly(9));
        assertThat(MaximumAPosteriori.betaBinomial(2, 2, 3, 3)).isEqualTo(0.8); // the article's coin
        assertThatThrownBy(() -> MaximumAPosteriori.betaBinomial(1, 1, 0, 5)).hasMessageContaining("no mode inside");
    }

    @Test
    @Acceptance(topic = "map-estimation", clause = 3) void thePriorsPullFadesLikeOneOverN() {
        double least = 0, most = -9;
        int models = 0;
        int[] sizes = {100, 200, 400, 800, 1_600, 3_200, 6_400};
        for (int model = 0; model < 3; model++) {
            double[] logN = new double[sizes.length], logGap = new double[sizes.length];
            for (int s = 0; s < sizes.length; s++) {
                int n = sizes[s];
                var data = new double[n];
                for (int i = 0; i < n; i++) data[i] = switch (model) { // the same shares and quantiles at every size
                    case 0 -> i % 10 < 3 ? 1 : 0;
                    case 1 -> i % 7;
                    default -> -Math.log((i + 0.5) / n);
                };
                var family = List.of(ParametricFamily.BERNOULLI, ParametricFamily.POISSON, ParametricFamily.GAMMA).get(model);
                List<Prior> priors = switch (model) {
                    case 0 -> List.of(Prior.of(ParametricFamily.BETA, 4, 2));
                    case 1 -> List.of(Prior.of(ParametricFamily.GAMMA, 2, 3));
                    default -> List.of(Prior.of(ParametricFamily.GAMMA, 5, 1), Prior.of(ParametricFamily.EXPONENTIAL, 2));
                };
                var mle = new MaximumLikelihood().fit(family, data).estimate();
                var map = new MaximumAPosteriori(priors, family.transforms(), false).fit(family.logLikelihood(data), mle).mode();
                logN[s] = Math.log(n);
                logGap[s] = Math.log(Math.abs(map[0] - mle[0]));
            }
            double slope = Descriptive.correlation(logN, logGap) * Descriptive.standardDeviation(logGap)
                    / Descriptive.standardDeviation(logN);
            least = Math.min(least, slope);
            most = Math.max(most, slope);
            models++;
        }
        Evidence.of("least slope of log |MAP - MLE| over log n", least, between(-1.1, -0.9));
        Evidence.of("largest slope", most, between(-1.1, -0.9));
        Evidence.of("models", models, exactly(3));
        var flat = new MaximumAPosteriori(List.of(Prior.FLAT, Prior.FLAT), List.of(Transform.LOG, Transform.LOG), false)
                .fit(ParametricFamily.GAMMA.logLikelihood(1, 2, 4, 3), new double[] {1, 1});
        assertThat(flat.mode()).containsExactly(new MaximumLikelihood().fit(ParametricFamily.GAMMA, 1, 2, 4, 3).estimate(), within(1e-8));
    }

    @Test
    @Acceptance(topic = "map-estimation", clause = 4) void theJacobianMovesTheMode() {
        // six tosses, two heads, under a flat Beta(1, 1): the posterior is Beta(3, 5)
        var l = ParametricFamily.binomial(6).logLikelihood(2);
        var prior = List.of(Prior.of(ParametricFamily.BETA, 1, 1));
        double[] start = {0.9};
        double without = new MaximumAPosteriori(prior, List.of(Transform.LOGIT), false).fit(l, start).mode()[0];
        var with = new MaximumAPosteriori(prior, List.of(Transform.LOGIT), true).fit(l, start);
        Evidence.of("mode over logit p without the Jacobian, less 1/3", Math.abs(without - 1.0 / 3), below(1e-6));
        Evidence.of("with it, less 3/8", Math.abs(with.mode()[0] - 3.0 / 8), below(1e-6));
        // Laplace's method, in the logit: variance 1 / (n p (1 - p)) with n = 8
        assertThat(with.covariance()[0][0]).isCloseTo(1 / (8 * 0.375 * 0.625), within(1e-8));
        // p(2 heads in 6) is 1 / 7 under a flat prior
        assertThat(Math.exp(with.logEvidence())).isCloseTo(1.0 / 7, within(0.01));
    }

    @Test void mixedPriorsOnColumnsOfAllSizes() {
        // sum_j (y_j - c_j w_j)^2 / 2 falls apart: soft thresholds for Laplace priors, a shrunk ratio for the normal one
        double[] c = {1, 100, 0.01, 3, 20}, y = {2, -7, 40, 0.5, 6}, b = {2, 0.05, 1, 0.5, 0};
        Tensor cs = Tensor.of(c), ys = Tensor.of(y);
        var l = LogLikelihood.of(5, 5, w -> ys.sub(cs.mul(w)).square().mul(-0.5));
        var priors = List.of(Prior.laplace(b[0]), Prior.laplace(b[1]), Prior.laplace(b[2]), Prior.laplace(b[3]), Prior.normal(0.2, 0.01));
        var fit = new MaximumAPosteriori(priors).fit(l, new double[5]);
        double[] mode = new double[5];
        double log = 0;
        for (int j = 0; j < 4; j++) {
            mode[j] = Math.signum(y[j]) * Math.max(0, Math.abs(c[j] * y[j]) - 1 / b[j]) / (c[j] * c[j]);
            log -= Math.pow(y[j] - c[j] * mode[j], 2) / 2 + Math.abs(mode[j]) / b[j] + Math.log(2 * b[j]);
        }
        mode[4] = (c[4] * y[4] + 0.2 / 0.01) / (c[4] * c[4] + 1 / 0.01);
        log -= Math.pow(y[4] - c[4] * mode[4], 2) / 2 + Math.pow(mode[4] - 0.2, 2) / 0.02 + 0.5 * Math.log(2 * Math.PI * 0.01);
        assertThat(fit.mode()).containsExactly(mode, within(1e-8));
        assertThat(fit.mode()[2]).isZero();
        assertThat(fit.mode()[3]).isZero();
        assertThat(fit.logPosterior()).isCloseTo(log, within(1e-8));
        assertThat(fit.covariance()).isNull();
    }

    @Test void aModeAtInfinityHasNotConverged() {
        var heads = ParametricFamily.BERNOULLI.logLikelihood(1, 1, 1);
        double[] start = {0.5};
        assertThat(new MaximumAPosteriori(List.of(Prior.FLAT), List.of(Transform.LOGIT), false).fit(heads, start).converged()).isFalse();
        var bounded = new MaximumAPosteriori(List.of(Prior.of(ParametricFamily.BETA, 2, 2)), List.of(Transform.LOGIT), false);
        assertThat(bounded.fit(heads, start).converged()).isTrue();
    }

    @Test void laplaceIsExactForNormals() {
        var rng = Rng.of(4);
        var data = new double[20];
        for (int i = 0; i < 20; i++) data[i] = 1 + rng.nextGaussian();
        Tensor x = Tensor.of(data);
        var l = LogLikelihood.of(20, 1, m -> x.sub(m).square().mul(-0.5).sub(0.5 * Math.log(2 * Math.PI)));
        var fit = new MaximumAPosteriori(List.of(Prior.normal(0, 2))).fit(l, new double[1]);
        double sum = Arrays.stream(data).sum(), square = Arrays.stream(data).map(v -> v * v).sum();
        assertThat(fit.mode()[0]).isCloseTo(sum / 20.5, within(1e-12));
        assertThat(fit.covariance()[0][0]).isCloseTo(1 / 20.5, within(1e-12));
        double evidence = -10 * Math.log(2 * Math.PI) - 0.5 * Math.log(41) - 0.5 * (square - sum * sum / 20.5);
        assertThat(fit.logEvidence()).isCloseTo(evidence, within(1e-10));
        assertThatThrownBy(() -> new MaximumAPosteriori(List.of(Prior.laplace(1)), List.of(Transform.LOG), false))
                .hasMessageContaining("Transform.IDENTITY");
        assertThatThrownBy(() -> Prior.normal(0, 0)).hasMessageContaining("variance is 0.0");
    }
}
