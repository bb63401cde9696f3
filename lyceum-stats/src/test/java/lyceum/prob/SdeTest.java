package lyceum.prob;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.linalg.LeastSquares;
import lyceum.prob.Brownian.Reading;
import lyceum.prob.Sde.Method;
import lyceum.random.Rng;
import lyceum.stats.CentralLimit;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class SdeTest {
    private static final double RATE = 0.5, VOLATILITY = 0.8;

    /** Of log y on log x. */
    private static double slope(double[] x, double[] y) {
        return LeastSquares.slope(Arrays.stream(x).map(Math::log).toArray(), Arrays.stream(y).map(Math::log).toArray());
    }

    /** The solution by hand from the paths' ends. */
    private static Tensor exactEnd(Brownian w) {
        return w.at(w.steps()).mul(VOLATILITY).add((RATE - VOLATILITY * VOLATILITY / 2) * w.horizon()).exp();
    }

    /** Errors at steps of 1/8 to 1/128 along the same paths, and the slope of their mean size or of the size of their mean. */
    private static double order(Method method, boolean weak, int paths, long seed) { return order(method, weak, 1, paths, seed); }

    private static double order(Method method, boolean weak, int power, int paths, long seed) {
        var fine = Brownian.paths(Rng.of(seed), paths, 128, 1);
        var sde = Sde.geometricBrownian(RATE, VOLATILITY);
        if (method == Method.STOCHASTIC_HEUN) sde = sde.toStratonovich();
        double[] h = new double[5], errors = new double[5];
        for (int i = 0; i < 5; i++) {
            var w = fine.coarsened(1 << i);
            h[i] = w.step();
            var error = sde.solve(Tensor.ones(DType.F64, paths), w, method).get(w.steps()).pow(power).sub(exactEnd(w).pow(power));
            errors[i] = weak ? Math.abs(error.mean().item()) : error.abs().mean().item();
        }
        return slope(h, errors);
    }

    @Test
    @Acceptance(topic = "ito-sde", clause = 1) void eulerHasStrongOrderHalfMilsteinOneAndBothWeakOrderOne() {
        Evidence.of("strong order of Euler-Maruyama", order(Method.EULER_MARUYAMA, false, 4_000, 1), between(0.4, 0.6));
        Evidence.of("strong order of Milstein", order(Method.MILSTEIN, false, 4_000, 1), between(0.9, 1.1));
        Evidence.of("weak order of Euler-Maruyama", order(Method.EULER_MARUYAMA, true, 60_000, 2), between(0.8, 1.2));
        // The mean does not see the noise; the second moment does.
        Evidence.of("weak order of Euler-Maruyama, second moment", order(Method.EULER_MARUYAMA, true, 2, 60_000, 2), between(0.8, 1.2));
        Evidence.of("weak order of Milstein", order(Method.MILSTEIN, true, 60_000, 2), between(0.8, 1.2));
        assertThat(order(Method.STOCHASTIC_HEUN, false, 4_000, 1)).isBetween(0.9, 1.1);
        var w = Brownian.paths(Rng.of(3), 5, 7, 2);
        assertThat(Sde.exactGeometricBrownian(RATE, VOLATILITY, Tensor.ones(DType.F64, 5), w).get(7).sub(exactEnd(w)).abs().max().item())
                .isLessThan(1e-14);
    }

    @Test
    @Acceptance(topic = "ito-sde", clause = 2) void theSumsDependOnWhereTheIntegrandIsRead() {
        double horizon = 2;
        double[] steps = {16, 64, 256, 1_024}, ito = new double[4], midpoint = new double[4];
        double trapezoid = 0;
        for (int i = 0; i < 4; i++) {
            var w = Brownian.paths(Rng.of(10 + i), 2_000, (int) steps[i], horizon);
            var half = w.at(w.steps()).square().div(2);
            ito[i] = Math.sqrt(w.integral(w.values(), Reading.LEFT).sub(half.sub(horizon / 2)).square().mean().item());
            midpoint[i] = Math.sqrt(w.integral(w.values(), Reading.MIDPOINT).sub(half).square().mean().item());
            trapezoid = Math.max(trapezoid, w.integral(w.values(), Reading.TRAPEZOID).sub(half).abs().max().item());
        }
        Evidence.of("slope of the RMS distance of the left sums from (W^2 - T) / 2", slope(steps, ito), between(-0.6, -0.4));
        Evidence.of("slope of the RMS distance of the midpoint sums from W^2 / 2", slope(steps, midpoint), between(-0.6, -0.4));
        Evidence.of("largest distance of a trapezoid sum from W^2 / 2", trapezoid, below(1e-12));
        Evidence.of("RMS distances with 1,024 steps over horizon", Math.max(ito[3], midpoint[3]) / horizon, below(0.05));
    }

    @Test
    @Acceptance(topic = "ito-sde", clause = 3) void quadraticVariationIsTime() {
        double horizon = 3;
        int paths = 1_000, steps = 10_000;
        var variation = new double[paths];
        for (int block = 0; block < 10; block++)
            System.arraycopy(Brownian.paths(Rng.of(30).split(block), 100, steps, horizon).quadraticVariation().toDoubleArray(), 0,
                    variation, 100 * block, 100);
        double mean = Arrays.stream(variation).average().orElseThrow(),
                sd = Math.sqrt(Arrays.stream(variation).map(v -> (v - mean) * (v - mean)).sum() / (paths - 1));
        Evidence.of("mean less T, in standard errors", Math.abs(mean - horizon) / (sd / Math.sqrt(paths)), below(3));
        Evidence.of("relative standard deviation over sqrt(2 / 10,000)", sd / mean / Math.sqrt(2.0 / steps), between(0.9, 1.1));
    }

    @Test
    @Acceptance(topic = "ito-sde", clause = 4) void ornsteinUhlenbeckSettlesAtItsVariance() {
        double pull = 1.5, noise = 0.6;
        int paths = 4_000;
        double sum = 0, squares = 0;
        var w = Brownian.paths(Rng.of(40), paths, 2_000, 12);
        var x = Sde.ornsteinUhlenbeck(pull, 2, noise).solve(Tensor.full(DType.F64, 5, paths), w, Method.EULER_MARUYAMA);
        int looks = 0;
        for (int k = 1_000; k <= 2_000; k += 50, looks++) {
            sum += x.get(k).mean().item();
            squares += x.get(k).sub(2).square().mean().item();
        }
        Evidence.of("stationary variance over s^2 / (2 k)", squares / looks / (noise * noise / (2 * pull)), between(0.97, 1.03));
        assertThat(sum / looks).isCloseTo(2, within(0.01));
        var exact = Sde.exactOrnsteinUhlenbeck(pull, 2, noise, 5, 0.3);
        assertThat(x.get(50).mean().item()).isCloseTo(exact.mean(), within(0.02));
        assertThat(Sde.exactOrnsteinUhlenbeck(pull, 2, noise, 5, 100).variance()).isCloseTo(noise * noise / (2 * pull), within(1e-14));
    }

    private record Function(String name, UnaryOperator<Tensor> f, DoubleUnaryOperator plain, DoubleUnaryOperator slope) {}

    @Test
    @Acceptance(topic = "ito-sde", clause = 5) void itosLemmaPredictsTheDriftAndTheChainRuleDoesNot() {
        double rate = 0.1, volatility = 0.5, x = 1.3, h = 1e-3;
        int draws = 1_000_000, predicted = 0, refuted = 0;
        var rng = Rng.of(50);
        double[] z = new double[draws];
        for (int i = 0; i < draws; i++) z[i] = rng.nextGaussian();
        var sde = Sde.geometricBrownian(rate, volatility);
        for (var f : List.of(new Function("log", Tensor::log, Math::log, v -> 1 / v),
                new Function("square", Tensor::square, v -> v * v, v -> 2 * v), new Function("exp", Tensor::exp, Math::exp, Math::exp))) {
            double sum = 0, squares = 0, from = f.plain.applyAsDouble(x);
            for (double u : z) {
                double next = x * Math.exp((rate - volatility * volatility / 2) * h + volatility * Math.sqrt(h) * u);
                double change = (f.plain.applyAsDouble(next) - from) / h;
                sum += change;
                squares += change * change;
            }
            double mean = sum / draws, error = Math.sqrt((squares / draws - mean * mean) / draws);
            double lemma = sde.generator(f.f).at(0, Tensor.of(x)).item(), chain = rate * x * f.slope.applyAsDouble(x);
            if (Math.abs(mean - lemma) < 3 * error) predicted++;
            if (Math.abs(mean - chain) > 3 * error) refuted++;
        }
        Evidence.of("functions whose simulated drift is Ito's, within 3 standard errors", predicted, exactly(3));
        Evidence.of("functions at which the chain rule is off by more", refuted, exactly(3));
    }

    @Test void pathsAreRefinedByBridgesAndCoarsenedBack() {
        var w = Brownian.paths(Rng.of(60), 20_000, 4, 2);
        var fine = w.refined(Rng.of(61));
        assertThat(fine.coarsened(2).values().toDoubleArray()).isEqualTo(w.values().toDoubleArray());
        var increments = fine.increments();
        for (int k = 0; k < 8; k++) assertThat(increments.get(k).square().mean().item()).isCloseTo(0.25, within(0.01));
        for (int k = 1; k < 8; k++) assertThat(increments.get(k).mul(increments.get(k - 1)).mean().item()).isCloseTo(0, within(0.01));
        assertThat(CentralLimit.distance(increments.get(3).mul(2).toDoubleArray())).isLessThan(1.95 / Math.sqrt(20_000));
        assertThatThrownBy(() -> w.coarsened(3)).hasMessage("Brownian: 4 steps coarsened by 3; it must divide them");
        assertThatThrownBy(() -> w.integral(Tensor.zeros(3, 2), Reading.LEFT)).hasMessageContaining("(3, 2)");
        assertThatThrownBy(() -> Brownian.paths(Rng.of(1), 1, 0, 1)).hasMessageContaining("1 paths of 0 steps");
    }

    /** CIR's mean and variance by hand; the exact draws and Euler's agree with them. */
    @Test void coxIngersollRossHasItsMoments() {
        double pull = 2, mean = 0.5, noise = 0.7, x = 1.2, t = 0.8, decay = Math.exp(-pull * t);
        double expected = mean + (x - mean) * decay;
        double variance = x * noise * noise / pull * (decay - decay * decay) + mean * noise * noise / (2 * pull) * Math.pow(1 - decay, 2);
        var rng = Rng.of(70);
        double[] exact = new double[40_000];
        for (int i = 0; i < exact.length; i++) exact[i] = Sde.exactCoxIngersollRoss(pull, mean, noise, x, t, rng);
        double[] euler = Sde.coxIngersollRoss(pull, mean, noise)
                .solve(Tensor.full(DType.F64, x, 40_000), Brownian.paths(Rng.of(71), 40_000, 100, t), Method.EULER_MARUYAMA).get(100)
                .toDoubleArray();
        for (double[] draws : new double[][] {exact, euler}) {
            double m = Arrays.stream(draws).average().orElseThrow();
            assertThat(m).isCloseTo(expected, within(4 * Math.sqrt(variance / 40_000) + 0.004));
            assertThat(Arrays.stream(draws).map(v -> (v - m) * (v - m)).average().orElseThrow() / variance).isCloseTo(1, within(0.05));
        }
        assertThat(Arrays.stream(exact).min().orElseThrow()).isNotNegative();
    }
}
