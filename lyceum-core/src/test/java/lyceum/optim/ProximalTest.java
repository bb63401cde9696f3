package lyceum.optim;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ProximalTest {
    private static final int N = 12;

    /** An operator and what brings any point into its domain, in the test's own way. */
    private record Operator(Proximal h, UnaryOperator<double[]> inside) {
        Operator(Proximal h) { this(h, UnaryOperator.identity()); }
    }

    private static double[] scaled(double[] x, double by) {
        var y = new double[x.length];
        for (int i = 0; i < y.length; i++) y[i] = by * x[i];
        return y;
    }

    private static final List<Operator> OPERATORS = List.of(new Operator(new Proximal.L1(0.7)), new Operator(new Proximal.L2(1.3)),
            new Operator(new Proximal.SquaredL2(0.8)), new Operator(new Proximal.Group(0.9, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 1, 3)),
            new Operator(new Proximal.ElasticNet(0.5, 0.6)), new Operator(new Proximal.Nuclear(0.8, 3, 4)),
            new Operator(new Proximal.TotalVariation(0.9)), new Operator(new ProximalSet.Box(-0.4, 1.1), x -> {
                var y = x.clone();
                for (int i = 0; i < N; i++) y[i] = Math.min(1.1, Math.max(-0.4, x[i]));
                return y;
            }), new Operator(new ProximalSet.Simplex(2), x -> {
                var y = x.clone();
                double sum = 0;
                for (int i = 0; i < N; i++) sum += y[i] = Math.abs(x[i]);
                return scaled(y, 2 / sum);
            }), new Operator(new ProximalSet.L1Ball(1.5), x -> {
                double sum = 0;
                for (double v : x) sum += Math.abs(v);
                return scaled(x, Math.min(1, 1.5 / sum));
            }), new Operator(new ProximalSet.L2Ball(1.2), x -> {
                double sum = 0;
                for (double v : x) sum += v * v;
                return scaled(x, Math.min(1, 1.2 / Math.sqrt(sum)));
            }), new Operator(new ProximalSet.SecondOrderCone(), x -> {
                var y = x.clone();
                double sum = 0;
                for (int i = 1; i < N; i++) sum += x[i] * x[i];
                y[0] = Math.max(x[0], Math.sqrt(sum));
                return y;
            }));

    /** The first coordinate is long, so that cones meet points within, outside and behind them. */
    private static double[] draw(Rng rng, double scale) {
        return IntStream.range(0, N).mapToDouble(i -> (i == 0 ? 4 : 1) * scale * rng.nextGaussian()).toArray();
    }

    @Test
    @Acceptance(topic = "proximal-gradient", clause = 3) void operatorsKeepMoreausIdentity() {
        var rng = Rng.of(911);
        double worst = 0;
        int compared = 0;
        for (var operator : OPERATORS) {
            var conjugate = operator.h.conjugate();
            assertThat(conjugate.isEmpty())
                    .isEqualTo(operator.h instanceof Proximal.TotalVariation || operator.h instanceof ProximalSet.SecondOrderCone);
            if (conjugate.isEmpty()) continue;
            for (int draw = 0; draw < 100; draw++) {
                double t = Math.exp(rng.nextGaussian());
                double[] z = draw(rng, Math.exp(rng.nextGaussian())), near = operator.h.prox(z, t),
                        dual = conjugate.get().prox(scaled(z, 1 / t), 1 / t);
                for (int i = 0; i < N; i++) worst = Math.max(worst, Math.abs(z[i] - near[i] - t * dual[i]));
                compared++;
                // Fenchel and Young with equality: the dual point is a subgradient at the near one.
                double young = operator.h.value(near) + conjugate.get().value(dual) - Vectors.dot(near, dual);
                assertThat(young).as(operator.h + " " + draw).isBetween(-1e-8, 1e-8);
            }
        }
        Evidence.of("pairs of operators and points", compared, exactly(1_000));
        Evidence.of("largest gap of Moreau's identity", worst, below(1e-10));
    }

    @Test
    @Acceptance(topic = "proximal-gradient", clause = 3) void operatorsAreFirmlyNonexpansive() {
        var rng = Rng.of(912);
        double worst = Double.NEGATIVE_INFINITY;
        int pairs = 0;
        for (var operator : OPERATORS) {
            for (int draw = 0; draw < 1_000; draw++) {
                double t = Math.exp(rng.nextGaussian());
                double[] a = draw(rng, 2), b = draw(rng, 2), p = operator.h.prox(a, t), q = operator.h.prox(b, t);
                double square = 0, product = 0;
                for (int i = 0; i < N; i++) {
                    square += (p[i] - q[i]) * (p[i] - q[i]);
                    product += (p[i] - q[i]) * (a[i] - b[i]);
                }
                worst = Math.max(worst, square - product);
                pairs++;
            }
        }
        Evidence.of("pairs", pairs, exactly(12_000));
        Evidence.of("|p - q|^2 less (p - q)'(a - b), at most", worst, atMost(1e-12));
    }

    @Test
    @Acceptance(topic = "proximal-gradient", clause = 3) void operatorsBeatRandomCandidates() {
        var rng = Rng.of(913);
        double best = Double.POSITIVE_INFINITY;
        int beaten = 0;
        for (var operator : OPERATORS) {
            for (int draw = 0; draw < 1_000; draw++) {
                double t = 0.3 + (draw / 50) * 0.1;
                double[] z = draw(Rng.of(draw / 50), 1.5), p = operator.h.prox(z, t), candidate = draw(rng, Math.pow(10, -draw % 7));
                if (draw % 7 > 0) for (int i = 0; i < N; i++) candidate[i] += p[i]; // from all over space to very near
                candidate = operator.inside.apply(candidate);
                double margin = cost(operator.h, candidate, z, t) - cost(operator.h, p, z, t);
                assertThat(margin).as(operator.h.toString()).isFinite();
                best = Math.min(best, margin);
                beaten++;
            }
        }
        Evidence.of("candidates", beaten, exactly(12_000));
        Evidence.of("least cost of a candidate over that of prox", -best, atMost(1e-12));
    }

    private static double cost(Proximal h, double[] u, double[] z, double t) {
        double square = 0;
        for (int i = 0; i < N; i++) square += (u[i] - z[i]) * (u[i] - z[i]);
        return h.value(u) + square / (2 * t);
    }

    /** A lasso whose minimum is known by construction: {@code A'(A x* - y) = -lambda s} with s a subgradient of |x*|_1. */
    record Known(double[][] a, double[] y, double[] minimum, double lambda) {
        static Known draw(Rng rng) {
            int m = 8;
            var a = new double[m][N];
            double[] r = IntStream.range(0, m).mapToDouble(i -> rng.nextGaussian()).toArray(), correlations = new double[N],
                    x = new double[N], y = r.clone();
            for (var row : a) for (int j = 0; j < N; j++) row[j] = rng.nextGaussian();
            // Columns are scaled so that the residual r has correlation lambda with the first four and less with the others.
            for (int j = 0; j < N; j++) for (int i = 0; i < m; i++) correlations[j] += a[i][j] * r[i];
            for (int j = 0; j < N; j++) {
                double wanted = j < 4 ? 1 : 0.9 * rng.nextDouble();
                for (int i = 0; i < m; i++) a[i][j] *= wanted / Math.abs(correlations[j]);
                if (j < 4) x[j] = Math.signum(correlations[j]) * (0.5 + rng.nextDouble());
            }
            for (int i = 0; i < m; i++) y[i] += Vectors.dot(a[i], x);
            return new Known(a, y, x, 1);
        }

        Objective loss() {
            return (x, g) -> {
                double sum = 0;
                Arrays.fill(g, 0);
                for (int i = 0; i < a.length; i++) {
                    double e = Vectors.dot(a[i], x) - y[i];
                    sum += e * e / 2;
                    Vectors.addScaled(g, e, a[i]);
                }
                return sum;
            };
        }

        /** The largest eigenvalue of A'A, by powers. */
        double lipschitz() {
            double[] v = new double[N];
            for (int i = 0; i < N; i++) v[i] = 1 + 0.01 * i;
            double length = 1;
            for (int k = 0; k < 3_000; k++) {
                var next = new double[N];
                for (var row : a) Vectors.addScaled(next, Vectors.dot(row, v) / length, row);
                v = next;
                length = Vectors.norm(v);
            }
            return length;
        }
    }

    @Test
    @Acceptance(topic = "proximal-gradient", clause = 2) void gapsStayUnderTheirBoundsOnLassosWithKnownMinima() {
        var rng = Rng.of(914);
        double ista = 0, fista = 0, risen = 0;
        for (int problem = 0; problem < 20; problem++) {
            var lasso = Known.draw(rng);
            var h = new Proximal.L1(lasso.lambda);
            double l = lasso.lipschitz() * (1 + 1e-12), least = lasso.loss().at(lasso.minimum, new double[N]) + h.value(lasso.minimum);
            double[] start = draw(rng, 3);
            double square = 0;
            for (int i = 0; i < N; i++) square += Math.pow(start[i] - lasso.minimum[i], 2);
            var slow = ProximalGradient.ista(1 / l).withMaxIterations(500).withTolerance(0).trace(lasso.loss(), h, start);
            var fast = ProximalGradient.fista(1 / l).withMaxIterations(500).withTolerance(0).trace(lasso.loss(), h, start);
            var monotone = ProximalGradient.fista(1 / l).withMonotone(true).withMaxIterations(500).withTolerance(0).trace(lasso.loss(), h,
                    start);
            for (int k = 1; k <= 500; k++) {
                ista = Math.max(ista, (at(slow, k) - least) / (l * square / (2 * k)));
                fista = Math.max(fista, (at(fast, k) - least) / (2 * l * square / (k + 1.0) / (k + 1)));
                fista = Math.max(fista, (at(monotone, k) - least) / (2 * l * square / (k + 1.0) / (k + 1)));
                risen = Math.max(risen, at(monotone, k) - at(monotone, k - 1));
            }
        }
        Evidence.of("gap of ISTA over L R^2 / 2k, largest of 20 times 500 steps", ista, atMost(1));
        Evidence.of("gap of FISTA over 2 L R^2 / (k+1)^2, largest of 40 times 500 steps", fista, atMost(1));
        Evidence.of("largest rise of the monotone one", risen, atMost(0));
    }

    /** Straight until step 500: Drori and Teboulle (2014) prove that no function is slower, and that its gap there is {@code L R^2 / (4k + 2)}. */
    @Test
    @Acceptance(topic = "proximal-gradient", clause = 2) void onTheSlowestFunctionIstasGapIsKnown() {
        double[] start = draw(Rng.of(917), 3);
        double r = Vectors.norm(start), bend = r / 1001, worst = 0;
        Objective f = (x, g) -> {
            double length = Vectors.norm(x);
            Arrays.fill(g, 0);
            Vectors.addScaled(g, length < bend ? 1 : bend / length, x);
            return length < bend ? length * length / 2 : bend * length - bend * bend / 2;
        };
        var path = ProximalGradient.ista(1).withMaxIterations(500).withTolerance(0).trace(f, Proximal.zero(), start);
        var fast = ProximalGradient.fista(1).withMaxIterations(500).withTolerance(0).trace(f, Proximal.zero(), start);
        for (int k = 1; k <= 500; k++) worst = Math.max(worst, at(fast, k) / (2 * r * r / (k + 1.0) / (k + 1)));
        Evidence.of("gap of ISTA after 500 steps over L R^2 / 2002", at(path, 500) / (r * r / 2002), equalTo(1, 1e-9));
        Evidence.of("gap of FISTA there over its bound, largest of 500 steps", worst, atMost(1));
    }

    /** The value after k steps; a run that has arrived to the last bit stays there. */
    private static double at(Descent path, int k) { return path.values()[Math.min(k, path.values().length - 1)]; }

    @Test void backtrackingAndRestartsArriveAtTheKnownMinimum() {
        var rng = Rng.of(915);
        for (int problem = 0; problem < 5; problem++) {
            var lasso = Known.draw(rng);
            for (var restart : ProximalGradient.Restart.values()) {
                for (boolean monotone : new boolean[] {false, true}) {
                    var found = ProximalGradient.fista(1e3).withBacktracking(0.5).withRestart(restart).withMonotone(monotone)
                            .withTolerance(1e-10).minimize(lasso.loss(), new Proximal.L1(1), new double[N]);
                    assertThat(found.converged()).as(restart + " " + monotone + ": " + found).isTrue();
                    double least = lasso.loss().at(lasso.minimum, new double[N]) + new Proximal.L1(1).value(lasso.minimum);
                    assertThat(found.value() - least).as(restart + " " + monotone).isBetween(-1e-12, 1e-9);
                }
            }
        }
    }

    @Test void restartsSaveSteps() {
        var lasso = Known.draw(Rng.of(916));
        var fista = ProximalGradient.fista(1 / lasso.lipschitz()).withTolerance(1e-10);
        int never = fista.minimize(lasso.loss(), new Proximal.L1(1), new double[N]).iterations();
        for (var restart : List.of(ProximalGradient.Restart.VALUE, ProximalGradient.Restart.GRADIENT))
            assertThat(fista.withRestart(restart).minimize(lasso.loss(), new Proximal.L1(1), new double[N]).iterations()).isLessThan(never);
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> new Proximal.L1(-1)).hasMessageContaining("lambda is -1.0");
        assertThatThrownBy(() -> new ProximalSet.Box(2, 1)).hasMessageContaining("low is 2.0 and high 1.0");
        assertThatThrownBy(() -> new Proximal.Group(1, 0, 1).value(new double[3]))
                .hasMessageContaining("3 coordinates for 2 group numbers");
        assertThatThrownBy(() -> ProximalGradient.ista(0)).hasMessageContaining("step is 0.0");
        assertThatThrownBy(() -> ProximalGradient.ista(1).withShrink(1.5)).hasMessageContaining("shrink is 1.5");
    }
}
