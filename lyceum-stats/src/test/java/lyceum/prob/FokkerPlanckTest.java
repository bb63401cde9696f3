package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.OdeSolver;
import lyceum.prob.Sde.Method;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class FokkerPlanckTest {
    private static final double[] TIMES = {0.1, 0.3, 0.6, 1, 2};

    @Test
    @Acceptance(topic = "fokker-planck", clause = 1) void ornsteinUhlenbecksDensityIsTheExactGaussian() {
        double pull = 1.2, noise = 0.9;
        var equation = FokkerPlanck.line(x -> -pull * x, x -> noise, -4, 5, 900);
        var start = equation.density(x -> new Normal(2, 0.4).density(x[0]));
        double worst = 0, mass = 0, least = Double.POSITIVE_INFINITY;
        for (double t : TIMES) {
            var p = equation.solve(start, 0, t);
            var variance = 0.16 * Math.exp(-2 * pull * t) + noise * noise / (2 * pull) * (1 - Math.exp(-2 * pull * t));
            var exact = new Normal(2 * Math.exp(-pull * t), Math.sqrt(variance));
            worst = Math.max(worst, p.distance(x -> exact.density(x[0])));
            mass = Math.max(mass, Math.abs(p.total() - start.total()));
            least = Math.min(least, Arrays.stream(p.masses()).min().orElseThrow());
        }
        Evidence.of("largest L1 error at 5 times", worst, atMost(1e-3));
        Evidence.of("largest change of the mass", mass, atMost(1e-12));
        Evidence.of("least mass of a cell", least, atLeast(0));
    }

    @Test
    @Acceptance(topic = "fokker-planck", clause = 2) void aDoubleWellRestsInBoltzmannsDensity() {
        double noise = 0.9;
        // U = (x^2 - 1)^2, U' = 4 x (x^2 - 1).
        var equation = FokkerPlanck.line(x -> -4 * x * (x * x - 1), x -> noise, -2.2, 2.2, 220);
        var rest = equation.stationary(equation.density(x -> new Normal(1, 0.2).density(x[0])));
        double sum = Quadrature.integrate(x -> boltzmann(x, noise), -2.2, 2.2, 1e-12), worst = 0;
        for (int cell = 0; cell < 220; cell++)
            worst = Math.max(worst, Math.abs(rest.masses()[cell] / (4.4 / 220) - boltzmann(equation.centre(cell)[0], noise) / sum));
        Evidence.of("largest error of the density", worst, atMost(1e-3));
        Evidence.of("L1 error", rest.distance(x -> boltzmann(x[0], noise) / sum), atMost(1e-3));
        Evidence.of("mass left of the barrier, from a start on the right", Arrays.stream(rest.masses(), 0, 110).sum(), above(0.499));
    }

    /** Time itself leads there, for a barrier that is crossed often; one that is not is no hindrance. */
    @Test void restIsWhereTimeLeads() {
        var low = FokkerPlanck.line(x -> -4 * x * (x * x - 1), x -> 1.5, -2.5, 2.5, 80);
        var start = low.density(x -> new Normal(1, 0.2).density(x[0]));
        double[] rest = low.stationary(start).masses(), later = low.solve(start, 0, 40).masses();
        for (int i = 0; i < 80; i++) assertThat(later[i]).isCloseTo(rest[i], within(1e-9));
        // The same well along the first of two axes, where steps in time are the only way.
        var plane = new FokkerPlanck((t, x, axis) -> axis == 0 ? -4 * x[0] * (x[0] * x[0] - 1) : -x[1], (t, x, axis) -> 1.5, true,
                new double[] {-2.5, -2}, new double[] {2.5, 2}, new int[] {40, 8});
        var rows = plane.stationary(plane.density(x -> 1)).masses();
        var line = FokkerPlanck.line(x -> -4 * x * (x * x - 1), x -> 1.5, -2.5, 2.5, 40).stationary(null).masses();
        for (int i = 0; i < 40; i++) assertThat(Arrays.stream(rows, 8 * i, 8 * i + 8).sum()).isCloseTo(line[i], within(1e-7));
        var high = FokkerPlanck.line(x -> -8 * x * (x * x - 1), x -> 0.4, -2.5, 2.5, 200);
        assertThat(Arrays.stream(high.stationary(high.density(x -> new Normal(1, 0.1).density(x[0]))).masses(), 0, 100).sum())
                .isCloseTo(0.5, within(1e-9));
        var changing = new FokkerPlanck((t, x, axis) -> 0, (t, x, axis) -> 1 + t, false, new double[] {0}, new double[] {1}, new int[] {5});
        assertThatThrownBy(() -> changing.stationary(null)).hasMessageContaining("no density at rest");
    }

    private static double boltzmann(double x, double noise) { return Math.exp(-2 * Math.pow(x * x - 1, 2) / (noise * noise)); }

    /** Two bumps under {@code dX = -X dt + sqrt(2) dW}, whose density stays two bumps, by hand. */
    private record Bumps(double t) {
        static final double[] SHARE = {0.3, 0.7}, MEAN = {-2, 1.5}, SD = {0.3, 0.5};

        double mean(int k) { return MEAN[k] * Math.exp(-t); }

        double variance(int k) { return SD[k] * SD[k] * Math.exp(-2 * t) - Math.expm1(-2 * t); }

        double density(double x) {
            double sum = 0;
            for (int k = 0; k < 2; k++) sum += SHARE[k] * new Normal(mean(k), Math.sqrt(variance(k))).density(x);
            return sum;
        }

        /** {@code sum_k share_k p_k (mean_k - x) / variance_k / p}. */
        Tensor score(Tensor x) {
            Tensor above = x.mul(0), below = x.mul(0);
            for (int k = 0; k < 2; k++) {
                var z = x.sub(mean(k));
                var p = z.square().div(-2 * variance(k)).exp().mul(SHARE[k] / Math.sqrt(variance(k)));
                below = below.add(p);
                above = above.sub(p.mul(z).div(variance(k)));
            }
            return above.div(below);
        }

        static double draw(Rng rng) {
            int k = rng.nextDouble() < SHARE[0] ? 0 : 1;
            return MEAN[k] + SD[k] * rng.nextGaussian();
        }
    }

    private static final ProbabilityFlow FLOW = new ProbabilityFlow((t, x) -> x.neg(), t -> Math.sqrt(2), (t, x) -> new Bumps(t).score(x),
            new OdeSolver(1e-8, 1e-8, 10_000));

    private static Tensor draws(int n, long seed) {
        var rng = Rng.of(seed);
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = Bumps.draw(rng);
        return Tensor.of(x, n, 1);
    }

    @Test
    @Acceptance(topic = "fokker-planck", clause = 3) void particlesWithoutNoiseHaveTheSameDensity() {
        int n = 5_000;
        var sde = Sde.ornsteinUhlenbeck(1, 0, Math.sqrt(2));
        var equation = FokkerPlanck.line(x -> -x, x -> Math.sqrt(2), -6, 6, 400);
        var start = equation.density(x -> new Bumps(0).density(x[0]));
        var w = Brownian.paths(Rng.of(12), n, 1_000, 2);
        var noisy = sde.solve(draws(n, 10).flatten(), w, Method.EULER_MARUYAMA);
        double worstSde = 1, worstGrid = 1, worstExact = 0;
        for (double t : TIMES) {
            double[] smooth = FLOW.move(draws(n, 11), 0, t).flatten().toDoubleArray();
            worstSde = Math.min(worstSde, HypothesisTest
                    .kolmogorovSmirnov(smooth, noisy.get((int) Math.round(t * 500)).toDoubleArray(), Alternative.TWO_SIDED).pValue());
            var p = equation.solve(start, 0, t);
            worstExact = Math.max(worstExact, p.distance(x -> new Bumps(t).density(x[0])));
            worstGrid = Math.min(worstGrid, HypothesisTest.kolmogorovSmirnov(smooth, x -> {
                double cells = (x + 6) / 0.03;
                int whole = (int) cells;
                double below = 0;
                for (int i = 0; i < whole; i++) below += p.masses()[i];
                return below + (cells - whole) * p.masses()[whole];
            }, Alternative.TWO_SIDED).pValue());
        }
        Evidence.of("least p of 5 two-sample Kolmogorov-Smirnov tests, flow against SDE", worstSde, above(0.01));
        Evidence.of("least p of 5 tests of the flow against the solver's histogram", worstGrid, above(0.01));
        Evidence.of("L1 distance of the histogram from the exact density", worstExact, below(0.01));
    }

    @Test
    @Acceptance(topic = "fokker-planck", clause = 4) void theFlowsLikelihoodIsTheMixtures() {
        var x = Tensor.linspace(-4, 4, 81).reshape(81, 1);
        var known = new Normal(0, 1);
        // At t = 14 the density is standard normal to 2e-6.
        double[] found = FLOW.logDensity(x, 0, 14, at -> known.logDensity(at)).toDoubleArray();
        double worst = 0;
        for (int i = 0; i < 81; i++) worst = Math.max(worst, Math.abs(found[i] - Math.log(new Bumps(0).density(x.item(i, 0)))));
        Evidence.of("largest error of the log-likelihood at 81 places", worst, atMost(1e-3));
        // In two dimensions with unequal scales: the divergence is a sum over both.
        double[] sd = {0.5, 2};
        var flow = new ProbabilityFlow((t, y) -> y.neg(), t -> Math.sqrt(2), (t, y) -> y.neg().div(
                Tensor.of(sd[0] * sd[0] * Math.exp(-2 * t) - Math.expm1(-2 * t), sd[1] * sd[1] * Math.exp(-2 * t) - Math.expm1(-2 * t))),
                new OdeSolver());
        var points = Tensor.of(new double[][] {{0.3, -1}, {-1, 3}, {0, 0}});
        double[] both = flow.logDensity(points, 0, 9, at -> known.logDensity(at).sum(1)).toDoubleArray();
        for (int i = 0; i < 3; i++)
            assertThat(both[i]).isCloseTo(new Normal(0, 0.5).logDensity(points.item(i, 0)) + new Normal(0, 2).logDensity(points.item(i, 1)),
                    within(1e-5));
    }

    @Test
    @Acceptance(topic = "fokker-planck", clause = 5) void theFlowRunsBack() {
        var x = draws(500, 13);
        var there = FLOW.move(x, 0, 2);
        Evidence.of("largest distance from where a point began", FLOW.move(there, 2, 0).sub(x).abs().max().item(), atMost(1e-5));
        Evidence.of("largest way that a point went", there.sub(x).abs().max().item(), above(1));
    }

    /** Two axes that do not know of each other: the density is the product, and time-dependent noise is read as it changes. */
    @Test void twoAxesAndChangingCoefficients() {
        var equation = new FokkerPlanck((t, x, axis) -> axis == 0 ? -x[0] : 0, (t, x, axis) -> axis == 0 ? 1 : Math.sqrt(2 * t), false,
                new double[] {-4, -5}, new double[] {4, 5}, new int[] {80, 100});
        var start = equation.density(x -> new Normal(1, 0.5).density(x[0]) * new Normal(0, 0.7).density(x[1]));
        var p = equation.solve(start, 0, 0.8);
        double v0 = 0.25 * Math.exp(-1.6) + 0.5 * (1 - Math.exp(-1.6)), v1 = 0.49 + 0.64;
        Normal first = new Normal(Math.exp(-0.8), Math.sqrt(v0)), second = new Normal(0, Math.sqrt(v1));
        assertThat(p.distance(x -> first.density(x[0]) * second.density(x[1]))).isLessThan(0.01);
        assertThat(p.at(0.45, 0.05)).isCloseTo(first.density(0.45) * second.density(0.05), within(2e-3));
        assertThat(p.at(9, 0)).isZero();
        // Two cells that exchange mass at the rate 1/2: steps are of second order.
        var pair = FokkerPlanck.line(x -> 0, x -> 1, 0, 2, 2);
        assertThat(pair.solve(pair.density(x -> x[0] < 1 ? 1 : 0), 0, 0.2).masses()[0]).isCloseTo(0.5 + 0.5 * Math.exp(-0.2), within(1e-3));
        // Noise that grows with x: dX = X dW from 1 has E X = 1 and stays there only with its own correction.
        var geometric = FokkerPlanck.line(x -> 0, x -> 0.5 * x, 0, 12, 1_200);
        var q = geometric.solve(geometric.density(x -> new Normal(1, 0.05).density(x[0])), 0, 1);
        double mean = 0;
        for (int cell = 0; cell < 1_200; cell++) mean += q.masses()[cell] * geometric.centre(cell)[0];
        assertThat(mean).isCloseTo(1, within(1e-3));
    }

    @Test void whatCannotFlowIsRefused() {
        assertThatThrownBy(() -> FokkerPlanck.line(x -> 0, x -> 1, 2, 1, 10)).hasMessageContaining("goes from 2.0 to 1.0 in 10 cells");
        var equation = FokkerPlanck.line(x -> 0, x -> 1, 0, 1, 10);
        assertThatThrownBy(() -> equation.density(x -> -1)).hasMessageContaining("is -1.0");
        assertThatThrownBy(() -> equation.solve(equation.density(x -> 1), 1, 0)).hasMessageContaining("does not run backwards");
        assertThatThrownBy(() -> FLOW.move(Tensor.zeros(DType.F64, 3), 0, 1)).hasMessage("ProbabilityFlow: points (3,); they are (n, d)");
    }
}
