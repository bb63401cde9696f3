package lyceum.optim;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Eigen;
import lyceum.optim.LearningRateFinder.Trace;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class LearningRateFinderTest {

    @Test
    @Acceptance(topic = "learning-rate", clause = 1) void theCriticalRateSplitsConvergenceFromDivergence() {
        var gap = Gap.relative();
        int converged = 0, diverged = 0;
        for (int draw = 0; draw < 100; draw++) {
            var rng = Rng.of(9_500 + draw);
            int n = 2 + rng.nextInt(19);
            var curvature = new double[n];
            double largest = 0, scale = Math.exp(2 * rng.nextGaussian());
            for (int i = 0; i < n; i++) {
                curvature[i] = scale * (0.02 + 0.98 * rng.nextDouble());
                largest = Math.max(largest, curvature[i]);
            }
            var quadratic = TestProblems.Quadratic.of(curvature, new double[n], rng);
            var h = Tensor.of(quadratic.hessian());
            double critical = LearningRateFinder.criticalRate(x -> x.matmul(h.matmul(x)).div(2), Tensor.randn(rng, DType.F64, n), rng);
            gap.see("draw " + draw, critical, 2 / largest);
            var start = Tensor.randn(rng, DType.F64, n).toDoubleArray();
            if (lastOverFirst(quadratic, start, 0.98 * critical) < 1e-6) converged++;
            if (lastOverFirst(quadratic, start, 1.02 * critical) > 1e6) diverged++;
        }
        Evidence.of("largest relative gap to 2 / lambda", gap, below(0.01));
        Evidence.of("runs at 0.98 of the rate that converge", converged, exactly(100));
        Evidence.of("runs at 1.02 of the rate that diverge", diverged, exactly(100));
    }

    private static double lastOverFirst(Objective f, double[] start, double rate) {
        double[] x = start.clone(), g = new double[x.length];
        double first = f.at(x, g), value = first;
        for (int t = 0; t < 2_000 && value < 1e9 * first; t++) {
            Vectors.addScaled(x, -rate, g);
            value = f.at(x, g);
        }
        return value / first;
    }

    @Test
    @Acceptance(topic = "learning-rate", clause = 3) void powerIterationFindsTheDenseHessiansTopEigenvalue() {
        var gap = Gap.relative();
        int indefinite = 0;
        for (int draw = 0; draw < 20; draw++) {
            var rng = Rng.of(9_600 + draw);
            var rows = Tensor.randn(rng, DType.F64, 40, 6).compute();
            // Logistic regression: the Hessian is X' diag(p (1 - p)) X / n.
            var w = Tensor.randn(rng, DType.F64, 6).compute();
            var p = rows.matmul(w).sigmoid();
            var dense = rows.transpose().matmul(rows.mul(p.mul(p.rsub(1)).unsqueeze(1))).div(40);
            gap.see("logistic " + draw, LearningRateFinder.topCurvature(x -> rows.matmul(x).softplus().mean(), w, rng), top(dense));
            // A small network, its Hessian by central differences of gradients.
            var y = Tensor.randn(rng, DType.F64, 40).compute();
            UnaryOperator<Tensor> net = v -> rows.matmul(v.narrow(0, 0, 18).reshape(6, 3)).tanh().matmul(v.narrow(0, 18, 3)).sub(y).square()
                    .mean();
            var at = Tensor.randn(rng, DType.F64, 21).mul(0.7).compute();
            var differences = byDifferences(net, at.toDoubleArray());
            var values = Eigen.symmetric(differences).values();
            if (values.min().item() < 0) indefinite++;
            gap.see("network " + draw, LearningRateFinder.topCurvature(net, at, rng), values.max().item());
            // Upside down the smallest eigenvalue is the largest in size.
            gap.see("climbed " + draw, LearningRateFinder.topCurvature(v -> net.apply(v).neg(), at, rng), -values.min().item());
        }
        // Two eigenvalues of one size: +-1, and +-3 beside others. Power iteration by itself stays between them, above 0 or below.
        var both = Tensor.of(-3.0, 1, 3, -2, 0.5);
        UnaryOperator<Tensor> saddles = x -> x.square().mul(both).sum().div(2);
        for (int seed = 0; seed < 10; seed++) {
            gap.see("x y", LearningRateFinder.topCurvature(x -> x.get(0).mul(x.get(1)), Tensor.of(0.3, -2), Rng.of(seed)), 1);
            gap.see("+-3", LearningRateFinder.topCurvature(saddles, Tensor.ones(DType.F64, 5), Rng.of(seed)), 3);
        }
        var saddle = Tensor.of(-9.0, 1, 4, -2);
        gap.see("saddle", LearningRateFinder.topCurvature(x -> x.square().mul(saddle).sum().div(2), Tensor.ones(DType.F64, 4), Rng.of(1)),
                4);
        Evidence.of("Hessians", gap.seen(), exactly(81));
        Evidence.of("largest relative gap to the dense Hessian's top eigenvalue", gap, below(1e-4));
        Evidence.of("networks whose Hessian is indefinite", indefinite, atLeast(5));
        assertThat(LearningRateFinder.criticalRate(x -> x.square().sum().neg(), Tensor.ones(DType.F64, 3), Rng.of(1))).isInfinite();
    }

    private static double top(Tensor symmetric) { return Eigen.symmetric(symmetric).values().max().item(); }

    private static Tensor byDifferences(UnaryOperator<Tensor> f, double[] at) {
        int n = at.length;
        double h = 1e-5;
        var hessian = new double[n][n];
        for (int i = 0; i < n; i++) {
            double[] up = at.clone(), down = at.clone();
            up[i] += h;
            down[i] -= h;
            double[] gUp = Autograd.grad(f).apply(Tensor.of(up)).toDoubleArray(),
                    gDown = Autograd.grad(f).apply(Tensor.of(down)).toDoubleArray();
            for (int j = 0; j < n; j++) hessian[i][j] = (gUp[j] - gDown[j]) / (2 * h);
        }
        var m = Tensor.of(hessian);
        return m.add(m.transpose()).div(2);
    }

    @Test void tracesAreRead() {
        var f = TestProblems.Quadratic.of(new double[] {1, 10}, new double[2], Rng.of(3));
        double[] rates = {0.002, 0.1, 0.25};
        var probes = LearningRateFinder.probe(rates, rate -> losses(f, rate));
        assertThat(probes.stream().map(LearningRateFinder.Probe::trace)).containsExactly(Trace.TOO_LOW, Trace.GOOD, Trace.DIVERGENT);
        assertThat(LearningRateFinder.best(probes)).isEqualTo(0.1);
        assertThat(LearningRateFinder.best(probes.subList(0, 1))).isNaN();
        var spiky = losses(f, 0.1);
        spiky[30] = 3 * spiky[0];
        assertThat(LearningRateFinder.classify(spiky)).isEqualTo(Trace.UNSTABLE);
        spiky[30] = Double.NaN;
        assertThat(LearningRateFinder.classify(spiky)).isEqualTo(Trace.DIVERGENT);
        assertThatThrownBy(() -> LearningRateFinder.classify(1, 2)).hasMessageContaining("at least 8");
    }

    private static double[] losses(Objective f, double rate) {
        double[] x = {3, 1}, g = new double[2], losses = new double[60];
        for (int t = 0; t < losses.length; t++) {
            losses[t] = f.at(x, g);
            Vectors.addScaled(x, -rate, g);
        }
        return losses;
    }

    /** On a bowl of curvature 1 the loss rises beyond rate 2: the test stops a little later, and puts the parameters back. */
    @Test void theRangeTestEndsBeyondTheEdgeAndPutsParametersBack() {
        var x = Tensor.of(3.0, -2).requiresGrad();
        var test = new LearningRateFinder(1e-3, 100, 300, 0.9, 4).run(new Sgd(1), Arrays.asList(x), () -> x.square().sum().div(2).add(1));
        assertThat(x.toDoubleArray()).containsExactly(3, -2);
        assertThat(test.rates()[0]).isEqualTo(1e-3);
        assertThat(test.suggestion()).isBetween(0.02, 2.0);
        assertThat(test.rates()[test.rates().length - 1]).isBetween(2.0, 20.0);
        double[] counted = {0};
        var given = new LearningRateFinder(1, 16, 10, 0, 1e9).run(rate -> counted[0] += rate);
        assertThat(given.rates()).hasSize(10);
        assertThat(given.losses()[1]).isCloseTo(1 + Math.pow(16, 1.0 / 9), within(1e-12));
    }

    /** A group's rate halves while the other's stays, and a saved state remembers it. */
    @Test void ratesOfSomeParametersChangeOnTheFly() {
        for (UpdateRule rule : new UpdateRule[] {new Sgd(0.1), new AdaGrad(0.1).withFull(true), new Adam(0.1)}) {
            Tensor a = Tensor.of(0.0).requiresGrad(), b = Tensor.of(0.0).requiresGrad();
            var optimizer = rule.over(a, b);
            optimizer.scaleRates(0.5, (name, x) -> name.equals("1"));
            optimizer.step(Tensor.of(1.0), Tensor.of(1.0));
            assertThat(b.item() / a.item()).as(rule.toString()).isCloseTo(0.5, within(1e-12));
            assertThat(optimizer.learningRate(b)).isEqualTo(0.05);
            Tensor c = Tensor.of(0.0).requiresGrad(), d = Tensor.of(0.0).requiresGrad();
            var resumed = rule.over(c, d);
            resumed.restore(optimizer.state());
            assertThat(resumed.learningRate(d)).isEqualTo(0.05);
            assertThat(resumed.learningRate(c)).isEqualTo(0.1);
        }
    }
}
