package lyceum.optim;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class QuasiNewtonTest {
    private static final Golden GOLDEN = Golden.load("golden/second-order.json");

    private static Objective problem(String name) {
        UnaryOperator<Tensor> f = switch (name) {
            case "valley" -> x -> {
                Tensor head = x.narrow(0, 0, 7), tail = x.narrow(0, 1, 7);
                return tail.sub(head.square()).square().mul(100).add(head.rsub(1).square()).sum().add(x.square().sum().mul(0.05));
            };
            case "soft_maximum" -> {
                var r = new Recipe(51_020);
                Tensor a = Tensor.of(r.matrix(12, 5)), b = Tensor.of(r.bells(12));
                yield x -> a.matmul(x).add(b).exp().sum().log().add(x.square().sum().mul(0.05));
            }
            case "poisson" -> {
                var r = new Recipe(51_021);
                var z = Tensor.of(r.matrix(40, 4)).mul(0.5).compute();
                var counts = Tensor.of(Arrays.stream(r.belows(6, 40)).asDoubleStream().toArray());
                yield x -> z.matmul(x).exp().sub(counts.mul(z.matmul(x))).sum();
            }
            default -> TestProblems.named(name);
        };
        return Objective.of(f);
    }

    @Test
    @Acceptance(topic = "newton-lbfgs", clause = 2) void withExactSearchesBfgsEndsInNStepsAndKnowsTheInverseHessian() {
        double worst = 0, gradient = 0;
        int late = 0, quadratics = 0;
        for (int n = 2; n <= 10; n++) for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(51_000 + 100 * n + seed);
            var curvature = IntStream.range(0, n).mapToDouble(i -> Math.pow(20, rng.nextDouble())).toArray();
            var f = TestProblems.Quadratic.of(curvature, IntStream.range(0, n).mapToDouble(i -> rng.nextGaussian()).toArray(), rng);
            var start = IntStream.range(0, n).mapToDouble(i -> 3 * rng.nextGaussian()).toArray();
            var found = new Bfgs().withGradientTolerance(1e-7).withLineSearch(new LineSearch.Exact(1e-13, 60)).minimize(f, start,
                    Progress.SILENT);
            if (found.minimum().iterations() > n || found.minimum().stop() != StopReason.GRADIENT) late++;
            gradient = Math.max(gradient, Vectors.largest(f.error(found.minimum().x())));
            worst = Math.max(worst, found.inverseHessian().sub(Linalg.inverse(Tensor.of(f.hessian()))).abs().max().item());
            quadratics++;
        }
        Evidence.of("quadratics", quadratics, exactly(27));
        Evidence.of("runs that took more than n steps", late, exactly(0));
        Evidence.of("largest distance from the minimum", gradient, below(1e-6));
        Evidence.of("largest gap of an entry to the inverse Hessian", worst, atMost(1e-6));
    }

    /** Begun above the inverse Hessian steps are at most 1, and rounding does not grow: more dimensions and worse conditions go as well. */
    @Test
    @Acceptance(topic = "newton-lbfgs", clause = 2) void begunWithTheLeastCurvatureItManagesLargerAndWorseQuadratics() {
        double worst = 0, gradient = 0;
        int late = 0, quadratics = 0;
        for (int n = 2; n <= 20; n++) for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(51_100 + 100 * n + seed);
            var curvature = IntStream.range(0, n).mapToDouble(i -> Math.pow(1_000, rng.nextDouble())).toArray();
            var f = TestProblems.Quadratic.of(curvature, IntStream.range(0, n).mapToDouble(i -> rng.nextGaussian()).toArray(), rng);
            var start = IntStream.range(0, n).mapToDouble(i -> 3 * rng.nextGaussian()).toArray();
            var found = new Bfgs().withGradientTolerance(1e-7).withLineSearch(new LineSearch.Exact(1e-13, 60)).minimize(f, start,
                    Tensor.eye(DType.F64, n), Progress.SILENT);
            if (found.minimum().iterations() > n || found.minimum().stop() != StopReason.GRADIENT) late++;
            gradient = Math.max(gradient, Vectors.largest(f.error(found.minimum().x())));
            worst = Math.max(worst, found.inverseHessian().sub(Linalg.inverse(Tensor.of(f.hessian()))).abs().max().item());
            quadratics++;
        }
        Evidence.of("quadratics of 2 to 20 dimensions", quadratics, exactly(57));
        Evidence.of("runs that took more than n steps", late, exactly(0));
        Evidence.of("largest distance from the minimum", gradient, below(1e-6));
        Evidence.of("largest gap of an entry to the inverse Hessian", worst, atMost(1e-6));
    }

    @Test
    @Acceptance(topic = "newton-lbfgs", clause = 3) void sixMinimaEqualScipys() {
        Gap free = Gap.relative(), dense = Gap.relative(), boxed = Gap.relative();
        for (var c : GOLDEN.list("cases")) {
            String name = c.text("name");
            var f = problem(name);
            double[] start = c.doubles("input.x0");
            free.see(name, new Lbfgs().withGradientTolerance(1e-9).minimize(f, start).value(), c.number("expected.value"));
            dense.see(name, new Bfgs().withGradientTolerance(1e-9).minimize(f, start).value(), c.number("expected.value"));
            var box = Box.of(start.length, c.number("input.lower"), c.number("input.upper"));
            boxed.see(name, new Lbfgs().withGradientTolerance(1e-9).minimize(f, start, box).value(), c.number("expected.boxed"));
        }
        Evidence.of("functions", free.seen(), exactly(6));
        Evidence.of("L-BFGS, largest relative gap to SciPy's minimum", free, atMost(1e-8));
        Evidence.of("BFGS", dense, atMost(1e-8));
        Evidence.of("L-BFGS in a box", boxed, atMost(1e-8));
    }

    private interface Run {
        Minimum to(int steps);
    }

    /** Both conditions at each step, from the points that runs of k and k + 1 steps end at. Returns the steps checked. */
    private static int see(Run run, double[] excess) { return see(run, 1e-4, excess); }

    private static int see(Run run, double c1, double[] excess) {
        int steps = run.to(10_000).iterations();
        var from = run.to(0);
        for (int k = 1; k <= steps; k++) {
            var to = run.to(k);
            double slope = 0, nextSlope = 0, slack = 1e-12 * Math.max(1, Math.abs(from.value()));
            for (int i = 0; i < to.x().length; i++) {
                double s = to.x()[i] - from.x()[i];
                slope += from.gradient()[i] * s;
                nextSlope += to.gradient()[i] * s;
            }
            excess[0] = Math.max(excess[0], to.value() - from.value() - c1 * slope - slack);
            excess[1] = Math.max(excess[1], Math.abs(nextSlope) - 0.9 * Math.abs(slope) - slack);
            from = to;
        }
        return steps;
    }

    @Test
    @Acceptance(topic = "newton-lbfgs", clause = 4) void eachStepMeetsTheStrongWolfeConditions() {
        double[] excess = {-1, -1}, cut = {-1, -1};
        int seen = 0, bounded = 0;
        for (var c : GOLDEN.list("cases")) {
            var f = problem(c.text("name"));
            double[] start = c.doubles("input.x0");
            var box = Box.of(start.length, c.number("input.lower"), c.number("input.upper"));
            seen += see(k -> new Bfgs().withMaxIterations(k).minimize(f, start), excess);
            seen += see(k -> new Lbfgs().withMaxIterations(k).minimize(f, start), excess);
            bounded += see(k -> new Lbfgs().withMaxIterations(k).minimize(f, start, box), cut);
        }
        for (int seed = 0; seed < 40; seed++) {
            var rng = Rng.of(51_040 + seed);
            int n = 2 + seed % 4;
            double[] start = IntStream.range(0, n).mapToDouble(i -> 2 * rng.nextGaussian()).toArray();
            var box = Box.of(n, -0.3 - rng.nextDouble(), 0.2 + 1.5 * rng.nextDouble());
            bounded += see(k -> new Lbfgs().withMaxIterations(k).minimize(LbfgsTest::rosenbrock, start, box), cut);
        }
        double[] far = {-1.2, 1};
        seen += see(k -> new Bfgs().withMaxIterations(k).minimize(LbfgsTest::rosenbrock, far), excess);
        seen += see(k -> new Lbfgs().withMaxIterations(k).minimize(LbfgsTest::rosenbrock, far), excess);
        for (int seed = 0; seed < 60; seed++) {
            var rng = Rng.of(51_080 + seed);
            double[] start = IntStream.range(0, 2 + seed % 5).mapToDouble(i -> 3 * rng.nextGaussian()).toArray();
            seen += see(k -> new Bfgs().withMaxIterations(k).minimize(LbfgsTest::rosenbrock, start), excess);
            seen += see(k -> new Lbfgs().withMaxIterations(k).minimize(LbfgsTest::rosenbrock, start), excess);
        }
        // 1e-4 is nearly always met by itself, 0.3 is not.
        var strict = new LineSearch.StrongWolfe(0.3, 0.9, 1e20, 40);
        double[] demanding = {-1, -1}, cutDemanding = {-1, -1};
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(51_080 + seed);
            int n = 2 + seed % 5;
            double[] start = IntStream.range(0, n).mapToDouble(i -> 3 * rng.nextGaussian()).toArray();
            var box = Box.of(n, -0.3 - rng.nextDouble(), 0.2 + 1.5 * rng.nextDouble());
            see(k -> new Bfgs().withLineSearch(strict).withMaxIterations(k).minimize(LbfgsTest::rosenbrock, start), 0.3, demanding);
            see(k -> new Lbfgs().withLineSearch(strict).withMaxIterations(k).minimize(LbfgsTest::rosenbrock, start), 0.3, demanding);
            see(k -> new Lbfgs().withLineSearch(strict).withMaxIterations(k).minimize(LbfgsTest::rosenbrock, start, box), 0.3,
                    cutDemanding);
        }
        Evidence.of("value over the line of decrease with c1 = 0.3, less the slack", demanding[0], atMost(0));
        Evidence.of("slope then over 0.9 of the first, less the slack", demanding[1], atMost(0));
        Evidence.of("bounded: value over that line", cutDemanding[0], atMost(0));
        Evidence.of("steps", seen, atLeast(3_000));
        Evidence.of("value over the line of sufficient decrease, less the slack", excess[0], atMost(0));
        Evidence.of("slope over 0.9 of the first, less the slack", excess[1], atMost(0));
        Evidence.of("bounded steps", bounded, atLeast(300));
        Evidence.of("bounded: value over the line of sufficient decrease, less the slack", cut[0], atMost(0));
        Evidence.of("some bounded steps end at a bound before the slope is flat", cut[1], atLeast(1e-6));
    }

    @Test
    @Acceptance(topic = "newton-lbfgs", clause = 5) void boundsAreNeverViolated() {
        int outside = 0, evaluations = 0, active = 0;
        var worst = Gap.absolute();
        for (int seed = 0; seed < 60; seed++) {
            var rng = Rng.of(51_050 + seed);
            int n = 2 + seed % 9;
            double[] lower = new double[n], upper = new double[n], start = new double[n], zero = new double[n];
            for (int i = 0; i < n; i++) {
                lower[i] = rng.nextDouble() < 0.2 ? Double.NEGATIVE_INFINITY : -rng.nextDouble();
                upper[i] = rng.nextDouble() < 0.2 ? Double.POSITIVE_INFINITY
                        : rng.nextDouble() < 0.1 ? Math.max(lower[i], -2) : rng.nextDouble();
                start[i] = 3 * rng.nextGaussian();
                zero[i] = 2 * rng.nextGaussian();
            }
            Objective f = seed % 3 == 0 ? LbfgsTest::rosenbrock : TestProblems.Quadratic
                    .of(IntStream.range(0, n).mapToDouble(i -> Math.pow(10, 3 * rng.nextDouble())).toArray(), zero, rng);
            int[] count = {0, 0};
            var found = new Lbfgs().withHistory(5).minimize((x, g) -> {
                count[0]++;
                for (int i = 0; i < x.length; i++) if (!(x[i] >= lower[i] && x[i] <= upper[i])) count[1]++;
                return f.at(x, g);
            }, start, new Box(lower, upper));
            evaluations += count[0];
            outside += count[1];
            for (int i = 0; i < n; i++) {
                double x = found.x()[i], g = found.gradient()[i];
                if (x < lower[i] || x > upper[i]) outside++;
                // Karush, Kuhn and Tucker: the gradient vanishes or pushes against the bound.
                boolean atLower = x == lower[i], atUpper = x == upper[i];
                if (atLower || atUpper) active++;
                worst.see("seed " + seed, atLower && g > 0 || atUpper && g < 0 ? 0 : g, 0);
            }
        }
        Evidence.of("evaluations", evaluations, atLeast(500));
        Evidence.of("coordinates outside their bounds", outside, exactly(0));
        Evidence.of("coordinates at a bound in the end", active, atLeast(50));
        Evidence.of("largest gradient entry that no bound holds", worst, atMost(1e-6));
    }

    @Test void bfgsMinimisesAModelsLossInItsParameters() {
        var rng = Rng.of(5);
        Tensor x = Tensor.randn(rng, DType.F64, 50, 3), y = x.matmul(Tensor.of(1.0, 2, 3)).add(4.0),
                w = Tensor.zeros(DType.F64, 3).requiresGrad(), b = Tensor.zeros(DType.F64).requiresGrad();
        var minimum = new Bfgs().minimize(List.of(w, b), () -> x.matmul(w).add(b).sub(y).square().mean(), Progress.SILENT);
        assertThat(minimum.converged()).as("%s", minimum).isTrue();
        assertThat(w.toDoubleArray()).containsExactly(new double[] {1, 2, 3}, within(1e-7));
        assertThat(b.item()).isCloseTo(4, within(1e-7));
        assertThatThrownBy(() -> new Bfgs().minimize(List.of(), () -> b, Progress.SILENT)).hasMessage("Bfgs: there are no parameters");
    }

    @Test void aKnownInverseHessianSavesStepsAndIsChecked() {
        double[] start = {-1.2, 1};
        var first = new Bfgs().minimize(LbfgsTest::rosenbrock, start, Progress.SILENT);
        double[] near = {first.minimum().x()[0] + 1e-3, first.minimum().x()[1] - 1e-3};
        int cold = new Bfgs().minimize(LbfgsTest::rosenbrock, near).iterations(),
                warm = new Bfgs().minimize(LbfgsTest::rosenbrock, near, first.inverseHessian(), Progress.SILENT).minimum().iterations();
        assertThat(warm).isLessThan(cold);
        assertThatThrownBy(() -> new Bfgs().minimize(LbfgsTest::rosenbrock, start, Tensor.eye(DType.F64, 3), Progress.SILENT))
                .isInstanceOf(ShapeException.class).hasMessageContaining("for 2 variables; it is (2, 2)");
        assertThatThrownBy(
                () -> new Bfgs().minimize(LbfgsTest::rosenbrock, start, Tensor.of(new double[][] {{1, 2}, {2, 1}}), Progress.SILENT))
                .isInstanceOf(NotPositiveDefiniteException.class);
    }

    @Test void aBoxRefusesWhatMakesNoSense() {
        assertThatThrownBy(() -> Box.of(2, 1, 0))
                .hasMessage("Box: coordinate 0 lies between 1.0 and 0.0; the lower bound is at most the upper");
        assertThatThrownBy(() -> Box.of(2, 0, 1).project(new double[3])).isInstanceOf(ShapeException.class);
        assertThat(Box.of(2, 0, 1).contains(new double[] {0, 1})).isTrue();
        assertThat(Box.of(2, 0, 1).contains(new double[] {0, 1.5})).isFalse();
    }
}
