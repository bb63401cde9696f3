package lyceum.optim;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.linalg.Linalg;
import lyceum.optim.ConvergenceMonitor.Criterion;
import lyceum.optim.ConvergenceMonitor.Seen;
import lyceum.optim.ConvergenceMonitor.State;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class ConvergenceMonitorTest {

    @Test
    @Acceptance(topic = "convergence", clause = 1) void gradientDescentsRateOnQuadraticsIsTheTheorys() {
        Gap rates = Gap.relative(), complements = Gap.relative(), orders = Gap.absolute();
        for (double k : new double[] {3, 10, 100}) {
            for (boolean optimal : new boolean[] {true, false}) {
                for (int draw = 0; draw < 20; draw++) {
                    var rng = Rng.of(8_000 + draw);
                    int n = 2 + rng.nextInt(9);
                    double mu = Math.exp(rng.nextGaussian()), step = optimal ? 2 / (mu + k * mu) : 1 / (k * mu);
                    double[] curvature = new double[n], center = new double[n], x = new double[n], g = new double[n];
                    for (int i = 0; i < n; i++) {
                        curvature[i] = mu * Math.pow(k, i == 0 ? 0 : i == 1 ? 1 : rng.nextDouble());
                        center[i] = rng.nextGaussian();
                        x[i] = center[i] + 1 + rng.nextDouble();
                    }
                    var f = TestProblems.Quadratic.of(curvature, center, rng);
                    var monitor = new ConvergenceMonitor(new ConvergenceMonitor.Criteria().withGradient(0));
                    var errors = new ArrayList<Double>();
                    for (int t = 0; t < 2_500; t++) {
                        double loss = f.at(x, g);
                        monitor.see(Seen.loss(loss).withGradientNorm(Vectors.norm(g)));
                        var off = x.clone();
                        Vectors.addScaled(off, -1, center);
                        errors.add(Vectors.norm(off));
                        Vectors.addScaled(x, -step, g);
                    }
                    double expected = optimal ? (k - 1) / (k + 1) : 1 - 1 / k;
                    for (var rate : List.of(monitor.rate(),
                            ConvergenceRate.of(errors.stream().mapToDouble(Double::doubleValue).toArray()))) {
                        rates.see("k " + k, rate.rate(), expected);
                        complements.see("k " + k, 1 - rate.rate(), 1 - expected);
                        orders.see("k " + k, rate.order(), 1);
                    }
                }
            }
        }
        Evidence.of("rates", rates.seen(), exactly(3 * 2 * 20 * 2));
        Evidence.of("largest relative gap of the rate", rates, atMost(0.01));
        Evidence.of("largest relative gap of one minus the rate", complements, atMost(0.05));
        Evidence.of("largest gap of the order to 1", orders, atMost(0.05));
    }

    private record Root(DoubleUnaryOperator f, DoubleUnaryOperator slope, double root, double start) {}

    @Test
    @Acceptance(topic = "convergence", clause = 2) void newtonsOrderIsTwo() {
        var orders = Gap.absolute();
        for (var r : List.of(new Root(x -> x * x - 2, x -> 2 * x, Math.sqrt(2), 2.5),
                new Root(x -> Math.exp(x) - 3, Math::exp, Math.log(3), 2), new Root(x -> x * x * x - 2, x -> 3 * x * x, Math.cbrt(2), 2),
                new Root(x -> Math.log(x) - 0.5, x -> 1 / x, Math.exp(0.5), 0.8),
                new Root(x -> Math.cos(x) - x, x -> -Math.sin(x) - 1, 0.7390851332151607, 1.6))) {
            for (int i = 0; i < 10; i++) {
                var errors = new double[9];
                double x = r.start * (1 + 0.02 * i);
                for (int t = 0; t < errors.length; t++) {
                    errors[t] = Math.abs(x - r.root);
                    x -= r.f.applyAsDouble(x) / r.slope.applyAsDouble(x);
                }
                orders.see("root " + r.root, ConvergenceRate.of(errors).order(), 2);
            }
        }
        Evidence.of("runs, ten to each of five roots", orders.seen(), exactly(50));
        Evidence.of("largest gap of the order to 2", orders, atMost(0.1));
    }

    /** From the least-squares solution, so that the way to the neighbourhood does not count. */
    @Test
    @Acceptance(topic = "convergence", clause = 2) void subgradientsReachTheLeastAbsoluteErrorAtOneOverTheRoot() {
        var slopes = Gap.absolute();
        for (var c : Golden.load("golden/least-absolute.json").list("cases")) {
            var r = new Recipe(c.integer("input.seed"));
            var a = r.matrix(30, 10);
            double[] b = r.bells(30), x = Linalg.pinv(Tensor.of(a)).matmul(Tensor.of(b)).toDoubleArray();
            var gaps = new double[30_001];
            for (int t = 1; t < gaps.length; t++) {
                var g = new double[10];
                for (int i = 0; i < 30; i++) {
                    double miss = Vectors.dot(a[i], x) - b[i];
                    gaps[t] += Math.abs(miss);
                    Vectors.addScaled(g, Math.signum(miss), a[i]);
                }
                gaps[t] -= c.number("expected.minimum");
                Vectors.addScaled(x, -0.3 / Math.sqrt(t) / Vectors.norm(g), g);
            }
            slopes.see(c.text("name"), ConvergenceRate.power(gaps, 100), -0.5);
        }
        Evidence.of("problems", slopes.seen(), exactly(5));
        Evidence.of("largest gap of the log-log slope to -0.5", slopes, atMost(0.1));
    }

    /** A run that can be looked at: its step, what is seen, and the true gradient's norm. */
    private interface Run {
        /** One step; what is seen before it. */
        Seen next();

        double gradientNorm();
    }

    private record Labelled(State expected, Run run) {}

    /** Plain descent, or with velocity, on f from x; noise on what is seen of the gradient and, a tenth as large, of the loss. */
    private static Run descent(Objective f, double[] x, double rate, double momentum, double noise, Rng rng) {
        return new Run() {
            private final double[] g = new double[x.length], v = new double[x.length];

            @Override public Seen next() {
                double loss = f.at(x, g) + (noise == 0 ? 0 : 0.1 * noise * rng.nextGaussian());
                if (noise > 0) for (int i = 0; i < g.length; i++) g[i] += noise * rng.nextGaussian();
                for (int i = 0; i < v.length; i++) v[i] = momentum * v[i] + g[i];
                Vectors.addScaled(x, -rate, v);
                return Seen.loss(loss).withGradientNorm(Vectors.norm(g)).withStep(rate).withChange(rate * Vectors.norm(v));
            }

            @Override public double gradientNorm() {
                var at = new double[x.length];
                f.at(x, at);
                return Vectors.norm(at);
            }
        };
    }

    private static TestProblems.Quadratic quadratic(double condition, Rng rng) {
        int n = 2 + rng.nextInt(7);
        double[] curvature = new double[n], center = new double[n];
        for (int i = 0; i < n; i++) {
            curvature[i] = 1 + (condition - 1) * i / (n - 1);
            center[i] = rng.nextGaussian();
        }
        return TestProblems.Quadratic.of(curvature, center, rng);
    }

    private static double[] start(TestProblems.Quadratic f, Rng rng) {
        var x = new double[f.center().length];
        for (int i = 0; i < x.length; i++) x[i] = f.center()[i] + 3 * rng.nextGaussian();
        return x;
    }

    private static Labelled labelled(int kind, int draw) {
        var rng = Rng.of(8_100 + 1_000 * kind + draw);
        double k = 2 * Math.exp(3 * rng.nextDouble()), u = rng.nextDouble();
        var f = quadratic(k, rng);
        return switch (kind) {
            case 0 -> { // converging: plain, and with velocity that overshoots
                double rate = (0.3 + 1.5 * u) / k;
                yield new Labelled(State.CONVERGED, descent(f, start(f, rng), rate, draw % 2 == 0 ? 0 : 0.5 + 0.45 * u, 0, rng));
            }
            case 1 -> // a plateau, then a drop: past a saddle, or down from the flat shoulder of a well
                    draw % 2 == 0 ? new Labelled(State.CONVERGED, descent((x, g) -> {
                        g[0] = k * x[0];
                        g[1] = x[1] * x[1] * x[1] - x[1];
                        return k * x[0] * x[0] / 2 + Math.pow(x[1] * x[1] - 1, 2) / 4;
                    }, new double[] {1 + u, Math.pow(10, -5 + 2 * u)}, 0.02 + 0.08 * u / 2, 0, 0, rng))
                            : new Labelled(State.CONVERGED, descent((x, g) -> {
                                double well = Math.exp(-x[0] * x[0] / 2);
                                g[0] = x[0] * well;
                                return 1 - well;
                            }, new double[] {3.3 + 1.2 * u}, 0.5 + 0.5 * rng.nextDouble(), 0, 0, rng));
            case 2 -> new Labelled(State.OSCILLATING, cycle(draw, u, rng));
            case 3 -> { // divergent: beyond the critical rate by 2% to 50%
                double rate = 2 / k * (1.02 + 0.48 * u);
                yield new Labelled(State.DIVERGING, descent(f, start(f, rng), rate, 0, 0, rng));
            }
            default -> // the noise floor of stochastic gradients at a constant rate
                    new Labelled(State.STALLED,
                            descent(f, start(f, rng), (0.1 + 0.5 * u) / k, 0, Math.pow(10, -2 + 2.5 * rng.nextDouble()), rng));
        };
    }

    /** Four ways to go round: over a double well, over a kink, a game of two players, a spring without friction. */
    private static Run cycle(int draw, double u, Rng rng) {
        return switch (draw % 4) {
            case 0 -> descent((x, g) -> {
                g[0] = x[0] * x[0] * x[0] - x[0];
                return Math.pow(x[0] * x[0] - 1, 2) / 4;
            }, new double[] {0.3 + u}, 1.05 + 0.15 * u, 0, 0, rng);
            case 1 -> descent((x, g) -> {
                g[0] = Math.signum(x[0]);
                return Math.abs(x[0]);
            }, new double[] {3 + u}, 0.3 + 0.3 * u, 0, 0, rng);
            case 2 -> game(0.12 + 0.4 * u);
            default -> { // momentum 1 turns descent into a spring
                double bend = 0.01 + 0.2 * u;
                yield descent((x, g) -> {
                    g[0] = bend * x[0];
                    return bend * x[0] * x[0] / 2;
                }, new double[] {2}, 1, 1, 0, rng);
            }
        };
    }

    /** Players take turns at x y, one down, one up. */
    private static Run game(double rate) {
        return new Run() {
            private double x = 1, y = 0.5;

            @Override public Seen next() {
                var seen = Seen.loss(x * y).withGradientNorm(gradientNorm());
                x -= rate * y;
                y += rate * x;
                return seen;
            }

            @Override public double gradientNorm() { return Math.hypot(x, y); }
        };
    }

    @Test
    @Acceptance(topic = "convergence", clause = 3) void twoHundredRunsAreJudgedRight() {
        int right = 0, falselyConverged = 0, runs = 0;
        var wrong = new ArrayList<String>();
        for (int kind = 0; kind < 5; kind++) {
            for (int draw = 0; draw < 40; draw++) {
                var labelled = labelled(kind, draw);
                var monitor = new ConvergenceMonitor();
                for (int t = 0; t < 20_000 && monitor.verdict().state() == State.RUNNING; t++) {
                    double before = labelled.run.gradientNorm();
                    var seen = labelled.run.next();
                    var verdict = monitor.see(seen);
                    if (verdict.state() == State.CONVERGED && (before > 1e-6 || seen.gradientNorm() > 1e-6)) falselyConverged++;
                }
                runs++;
                if (monitor.verdict().state() == labelled.expected) right++;
                else wrong.add("kind " + kind + " draw " + draw + ": " + monitor.verdict());
            }
        }
        Evidence.of("runs", runs, exactly(200));
        Evidence.of("called converged above the tolerance", falselyConverged, exactly(0));
        Evidence.that("the share of right verdicts, of which at least 95% should be; wrong were " + wrong, wrong.size() <= 10);
        Evidence.of("right verdicts", right, atLeast(190));
    }

    /** Changes below the tolerance at a rate of 0.999: most of the way is still to go. */
    @Test void aSmallChangeAloneIsNotConvergence() {
        var slow = new ConvergenceMonitor();
        double x = 1;
        int claimed = 0;
        for (int t = 0; t < 30_000 && claimed == 0; t++) {
            double change = 1e-3 * x;
            x -= change;
            if (slow.see(new Seen(Double.NaN, Double.NaN, change, Double.NaN, Double.NaN)).state() == State.CONVERGED) claimed = t;
        }
        assertThat(x).isLessThan(1.1e-6).isGreaterThan(5e-7);
        assertThat(slow.verdict().criterion()).isEqualTo(Criterion.REMAINING_CHANGE);
        assertThat(slow.rate().rate()).isBetween(0.9989, 0.9991);
        // The harmonic series: its terms fall below every bound, its sum has none.
        var harmonic = new ConvergenceMonitor(new ConvergenceMonitor.Criteria().withChange(1e-3).withPatience(1_000_000));
        for (int t = 1; t < 20_000; t++)
            assertThat(harmonic.see(new Seen(Double.NaN, Double.NaN, 1.0 / t, Double.NaN, Double.NaN)).state())
                    .isNotEqualTo(State.CONVERGED);
    }

    /** Down a slope without an end by ever shorter steps: changes that die with the step say nothing. */
    @Test void shorterStepsAreNotConvergence() {
        ConvergenceMonitor told = new ConvergenceMonitor(), untold = new ConvergenceMonitor();
        for (int t = 0; t < 1_000; t++) {
            double change = Math.pow(0.95, t);
            assertThat(told.see(new Seen(Double.NaN, Double.NaN, change, change, Double.NaN)).state()).isNotEqualTo(State.CONVERGED);
            untold.see(new Seen(Double.NaN, Double.NaN, change, Double.NaN, Double.NaN));
        }
        assertThat(untold.verdict().criterion()).isEqualTo(Criterion.REMAINING_CHANGE);
    }

    /** A tenth of the noise's size a window: nobody can tell it from none within four windows. */
    @Test void aTrendBelowTheNoiseIsNotProgress() {
        for (int draw = 0; draw < 20; draw++) {
            var rng = Rng.of(9_000 + draw);
            var monitor = new ConvergenceMonitor();
            for (int t = 0; t < 1_000 && monitor.verdict().state() == State.RUNNING; t++)
                monitor.see(Seen.loss(rng.nextGaussian() - 0.002 * t));
            assertThat(monitor.verdict().criterion()).isEqualTo(Criterion.NO_PROGRESS);
        }
    }

    @Test void theCriterionThatFiredIsNamed() {
        var broken = new ConvergenceMonitor();
        broken.see(Seen.loss(1));
        assertThat(broken.see(Seen.loss(Double.NaN)).criterion()).isEqualTo(Criterion.NOT_FINITE);
        assertThat(broken.see(Seen.loss(1)).state()).isEqualTo(State.DIVERGING);
        var optimal = new ConvergenceMonitor();
        for (int t = 0; t < 3; t++) optimal.see(Seen.loss(2).withOptimality(1e-9).withGradientNorm(0));
        assertThat(optimal.verdict().toString()).isEqualTo("CONVERGED after 3 looks: the optimality conditions hold to 1.00e-09");
        var fall = new ConvergenceMonitor();
        for (int t = 0; t < 60; t++) fall.see(Seen.loss(Math.pow(0.5, t)));
        assertThat(fall.verdict().criterion()).isEqualTo(Criterion.REMAINING_FALL);
        assertThatThrownBy(() -> new ConvergenceMonitor().see(Seen.loss(Double.NaN))).hasMessageContaining("a look without a number");
        assertThat(ConvergenceRate.of(1, 1, 1, 1).order()).isNaN();
        assertThat(ConvergenceRate.of(1, 0.1, 0.01, 0.001).stepsPerDigit()).isBetween(0.999, 1.001);
    }
}
