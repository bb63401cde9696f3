package lyceum.optim;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.linalg.Qr;
import lyceum.optim.Kkt.Kind;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class KktTest {

    /** A strictly convex program, feasible by its making, with a point strictly inside its inequalities. */
    record Random(QuadraticProgram program, double[] inside) {
        static Random draw(int seed) {
            var r = new Recipe(9700 + seed);
            int n = 3 + seed % 8, m = n + seed % 5, k = seed % 3;
            double[][] root = r.matrix(n, n), p = new double[n][n], g = r.matrix(m, n), a = r.matrix(k, n);
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) p[i][j] = dot(column(root, i), column(root, j)) / n + (i == j ? 0.1 : 0);
            double[] q = r.bells(n), x = r.bells(n), h = new double[m], b = new double[k];
            for (int i = 0; i < m; i++) h[i] = dot(g[i], x) + 0.05 + r.uniform();
            for (int i = 0; i < k; i++) b[i] = dot(a[i], x);
            return new Random(QuadraticProgram.of(p, q).withEqualities(a, b).withInequalities(g, h), x);
        }
    }

    static double dot(double[] a, double[] b) { return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum(); }

    static double[] column(double[][] a, int j) { return Arrays.stream(a).mapToDouble(row -> row[j]).toArray(); }

    static double value(QuadraticProgram p, double[] x) {
        double sum = dot(p.q(), x);
        for (int i = 0; i < x.length; i++) sum += x[i] * dot(p.p()[i], x) / 2;
        return sum;
    }

    /** The conditions, written out once more. */
    private static double residual(QuadraticProgram p, Optimum o) {
        double worst = 0;
        for (int i = 0; i < p.q().length; i++)
            worst = Math.max(worst,
                    Math.abs(dot(p.p()[i], o.x()) + p.q()[i] + dot(column(p.a(), i), o.nu()) + dot(column(p.g(), i), o.lambda())));
        for (int i = 0; i < p.b().length; i++) worst = Math.max(worst, Math.abs(dot(p.a()[i], o.x()) - p.b()[i]));
        for (int i = 0; i < p.h().length; i++) {
            double slack = p.h()[i] - dot(p.g()[i], o.x());
            worst = Math.max(worst, Math.max(Math.max(-slack, -o.lambda()[i]), Math.abs(slack * o.lambda()[i])));
        }
        return worst;
    }

    @Test
    @Acceptance(topic = "kkt-duality", clause = 1) void quadraticProgramsBalanceAndTheirPricesAreSensitivities() {
        double residual = 0, gap = 0, reported = 0, fit = 0;
        var prices = Gap.absolute();
        var method = new InteriorPoint().withTolerance(1e-11);
        int active = 0;
        for (int seed = 0; seed < 100; seed++) {
            var program = Random.draw(seed).program;
            var found = method.minimize(program);
            assertThat(found.converged()).as(seed + ": " + found).isTrue();
            residual = Math.max(residual, residual(program, found));
            reported = Math.max(reported, found.residuals().largest());
            gap = Math.max(gap, Math.abs(value(program, found.x()) - program.dualValue(found.nu(), found.lambda())));
            gap = Math.max(gap, Math.abs(value(program, found.x()) + method.minimize(program.dual()).value()));
            // Multipliers from the point alone.
            var general = program(program);
            var fitted = Kkt.multipliers(general, found.x(), 1e-6);
            for (int i = 0; i < fitted.lambda().length; i++) fit = Math.max(fit, Math.abs(fitted.lambda()[i] - found.lambda()[i]));
            for (int i = 0; i < program.h().length; i++) {
                if (found.lambda()[i] > 1e-3) active++;
                double c = 1e-5;
                double up = method.minimize(program.withInequalities(program.g(), moved(program.h(), i, c))).value();
                double down = method.minimize(program.withInequalities(program.g(), moved(program.h(), i, -c))).value();
                prices.see("lambda " + i + " of " + seed, -found.lambda()[i], (up - down) / (2 * c));
            }
            for (int i = 0; i < program.b().length; i++) {
                double c = 1e-5;
                double up = method.minimize(program.withEqualities(program.a(), moved(program.b(), i, c))).value();
                double down = method.minimize(program.withEqualities(program.a(), moved(program.b(), i, -c))).value();
                prices.see("nu " + i + " of " + seed, -found.nu()[i], (up - down) / (2 * c));
            }
        }
        assertThat(active).isGreaterThan(100);
        Evidence.of("largest residual of 100 programs", residual, atMost(1e-8));
        Evidence.of("largest residual as reported", reported, atMost(1e-8));
        Evidence.of("largest gap, by the dual function and by the dual program", gap, atMost(1e-8));
        Evidence.of("prices compared, " + active + " of them active", prices.seen(), exactly(941));
        Evidence.of("largest gap of a price to its finite difference", prices, below(1e-4));
        assertThat(fit).isLessThan(1e-5);
    }

    private static double[] moved(double[] h, int i, double by) {
        var moved = h.clone();
        moved[i] += by;
        return moved;
    }

    private static Objective affine(double[] a, double b) {
        return (x, g) -> {
            System.arraycopy(a, 0, g, 0, a.length);
            return dot(a, x) - b;
        };
    }

    static NonlinearProgram program(QuadraticProgram p) {
        Objective f = (x, g) -> {
            for (int i = 0; i < x.length; i++) g[i] = dot(p.p()[i], x) + p.q()[i];
            return value(p, x);
        };
        return NonlinearProgram.of(f)
                .withEqualities(IntStream.range(0, p.b().length).mapToObj(i -> affine(p.a()[i], p.b()[i])).toArray(Objective[]::new))
                .withInequalities(IntStream.range(0, p.h().length).mapToObj(i -> affine(p.g()[i], p.h()[i])).toArray(Objective[]::new));
    }

    @Test
    @Acceptance(topic = "kkt-duality", clause = 2) void noDualValueLiesAboveAFeasiblePoint() {
        double over = Double.NEGATIVE_INFINITY;
        var numeric = Gap.relativeBeyondOne();
        int pairs = 0;
        for (int seed = 0; seed < 100; seed++) {
            var random = Random.draw(seed);
            var p = random.program;
            var r = new Recipe(seed);
            int n = p.q().length;
            var free = p.b().length == 0 ? Tensor.of(identity(n))
                    : Qr.of(Tensor.of(p.a()).transpose()).fullQ().narrow(1, p.b().length, n - p.b().length);
            var best = new InteriorPoint().minimize(p);
            for (int pair = 0; pair < 100; pair++) {
                // From the point inside along a direction that keeps A x, up to the nearest wall.
                var d = free.matmul(Tensor.of(r.bells((int) free.size(1)))).toDoubleArray();
                double reach = 10;
                for (int i = 0; i < p.h().length; i++) {
                    double slope = dot(p.g()[i], d);
                    if (slope > 0) reach = Math.min(reach, (p.h()[i] - dot(p.g()[i], random.inside)) / slope);
                }
                double t = reach * r.uniform();
                var x = IntStream.range(0, n).mapToDouble(i -> random.inside[i] + t * d[i]).toArray();
                if (pair % 4 == 0) x = best.x(); // the tightest of all feasible points
                double spread = Math.pow(10, -(pair % 5));
                double[] lambda = new double[p.h().length], nu = new double[p.b().length];
                for (int i = 0; i < lambda.length; i++) lambda[i] = Math.max(0, best.lambda()[i] + spread * r.bell());
                for (int i = 0; i < nu.length; i++) nu[i] = best.nu()[i] + spread * r.bell();
                double dual = p.dualValue(nu, lambda);
                over = Math.max(over, dual - value(p, x));
                if (pair == 0) numeric.see("q of " + seed, dual, Kkt.dualValue(program(p), nu, lambda, new double[n]));
                pairs++;
            }
        }
        Evidence.of("pairs of strictly convex programs", pairs, exactly(10_000));
        Evidence.of("dual value less the feasible point's, at most", over, atMost(1e-9));
        Evidence.of("the dual function's formula beside a numerical infimum", numeric, below(1e-7));
    }

    static double[][] identity(int n) {
        var a = new double[n][n];
        for (int i = 0; i < n; i++) a[i][i] = 1;
        return a;
    }

    /** {@code exp(-x)} with {@code x^2 / y <= 0} on y > 0. */
    private static final NonlinearProgram WITHOUT_SLATER = NonlinearProgram.of((x, g) -> {
        g[0] = -Math.exp(-x[0]);
        g[1] = 0;
        return x[1] > 0 ? Math.exp(-x[0]) : Double.NaN;
    }).withInequalities((x, g) -> {
        g[0] = 2 * x[0] / x[1];
        g[1] = -x[0] * x[0] / (x[1] * x[1]);
        return x[1] > 0 ? x[0] * x[0] / x[1] : Double.NaN;
    });

    @Test
    @Acceptance(topic = "kkt-duality", clause = 3) void withoutSlaterAGapOfOneStays() {
        double[] point = {0, 1};
        // Feasible points all have x = 0, so that their value is the optimum: any other x violates by x^2 / y.
        for (double x : new double[] {-1e-3, 1e-3, 1})
            assertThatThrownBy(() -> Kkt.gap(WITHOUT_SLATER, new double[] {x, 1}, point)).hasMessageContaining("violates a constraint by");
        Gap primal = Gap.absolute(), dual = Gap.absolute(), between = Gap.absolute(), function = Gap.absolute();
        for (double y : new double[] {1e-2, 1, 1e2}) for (double[] start : new double[][] {{1, 1}, {0.5, 2}, {-1, 3}}) {
            var gap = Kkt.gap(WITHOUT_SLATER, new double[] {0, y}, start);
            String where = "(0, " + y + ") from " + Arrays.toString(start);
            primal.see(where, gap.primal(), 1);
            dual.see(where, gap.dual(), 0);
            between.see(where, gap.gap(), 1);
        }
        Evidence.of("points and starts", primal.seen(), exactly(9));
        Evidence.of("primal beside 1", primal, atMost(0));
        Evidence.of("dual beside 0", dual, atMost(1e-6));
        Evidence.of("gap beside 1", between, atMost(1e-6));
        // No price does better: along (t, t^3) the Lagrangian exp(-t) + lambda / t, never below 0, falls to 0.
        for (double lambda : new double[] {0, 1e-3, 0.1, 1, 10, 100}) {
            assertThat(WITHOUT_SLATER.lagrangian(new double[0], new double[] {lambda}).at(new double[] {1e9, 1e27}, new double[2]))
                    .isBetween(0.0, 1e-6);
            function.see("lambda " + lambda, Kkt.dualValue(WITHOUT_SLATER, new double[0], new double[] {lambda}, new double[] {1, 1}), 0);
        }
        Evidence.of("dual function beside 0 at six prices", function, atMost(1e-6));
        Evidence.that("no strictly feasible point is found", Kkt.slater(WITHOUT_SLATER, new double[] {1, 1}, 1e-6).isEmpty());
        Evidence.that("the conditions fail at the optimum", Kkt.classify(WITHOUT_SLATER, point, 1e-6) == Kind.NOT_STATIONARY);
        Evidence.that("its constraint has no gradient there", !Kkt.licq(WITHOUT_SLATER, point, 1e-6));
        // With one strictly feasible point the same question has no gap.
        var eased = WITHOUT_SLATER.withInequalities((x, g) -> {
            g[0] = 2 * x[0];
            g[1] = 0;
            return x[0] * x[0] - 1;
        });
        assertThat(Kkt.slater(eased, new double[] {2, 1}, 1e-3)).isPresent();
        assertThat(Kkt.gap(eased, new double[] {1, 1}, new double[] {0, 1}).gap()).isBetween(-1e-9, 1e-6);
    }

    /** Two overlapping clouds. */
    private record Clouds(double[][] x, double[] y) {
        static Clouds draw(int seed, int n) {
            var r = new Recipe(9900 + seed);
            double[] y = IntStream.range(0, n).mapToDouble(i -> i % 2 == 0 ? 1 : -1).toArray();
            double[][] x = r.matrix(n, 2);
            for (int i = 0; i < n; i++) for (int j = 0; j < 2; j++) x[i][j] += 0.9 * y[i];
            return new Clouds(x, y);
        }

        /** {@code |w|^2 / 2 + C sum xi} over (w, bias, xi). */
        QuadraticProgram primal(double c) {
            int n = y.length, size = 3 + n;
            double[][] p = new double[size][size], g = new double[2 * n][size];
            double[] q = new double[size], h = new double[2 * n];
            p[0][0] = p[1][1] = 1;
            for (int i = 0; i < n; i++) {
                q[3 + i] = c;
                for (int j = 0; j < 2; j++) g[i][j] = -y[i] * x[i][j];
                g[i][2] = -y[i];
                g[i][3 + i] = g[n + i][3 + i] = -1;
                h[i] = -1;
            }
            return QuadraticProgram.of(p, q).withInequalities(g, h);
        }

        /** {@code alpha'K alpha / 2 - sum alpha} with {@code 0 <= alpha <= C, y'alpha = 0}: from the textbook, not from dual(). */
        QuadraticProgram dual(double c) {
            int n = y.length;
            double[][] p = new double[n][n], g = new double[2 * n][n];
            double[] q = new double[n], h = new double[2 * n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) p[i][j] = y[i] * y[j] * dot(x[i], x[j]);
                q[i] = -1;
                g[i][i] = 1;
                h[i] = c;
                g[n + i][i] = -1;
            }
            return QuadraticProgram.of(p, q).withEqualities(new double[][] {y}, new double[1]).withInequalities(g, h);
        }
    }

    @Test
    @Acceptance(topic = "kkt-duality", clause = 4) void supportVectorMachinesHaveEqualPrimalAndDual() {
        double gap = 0, slackness = 0;
        int[] kinds = new int[3];
        int points = 0;
        for (double c : new double[] {0.1, 1, 10}) {
            var clouds = Clouds.draw((int) (10 * c), 40);
            var primal = new InteriorPoint().minimize(clouds.primal(c));
            var dual = new InteriorPoint().minimize(clouds.dual(c));
            var dorn = new InteriorPoint().minimize(clouds.primal(c).dual());
            assertThat(primal.converged() && dual.converged() && dorn.converged()).as(primal + "; " + dual + "; " + dorn).isTrue();
            gap = Math.max(gap, Math.max(Math.abs(primal.value() + dual.value()), Math.abs(primal.value() + dorn.value())));
            for (int i = 0; i < 40; i++) {
                double[] w = Arrays.copyOf(primal.x(), 2);
                double margin = clouds.y[i] * (dot(w, clouds.x[i]) + primal.x()[2]), xi = primal.x()[3 + i], alpha = dual.x()[i];
                slackness = Math.max(slackness, Math.max(Math.abs(alpha * (1 - xi - margin)), Math.abs((c - alpha) * xi)));
                slackness = Math.max(slackness, Math.max(-xi, 1 - xi - margin));
                kinds[alpha < 1e-6 ? 0 : alpha > c - 1e-6 ? 2 : 1]++;
                points++;
            }
        }
        Evidence.of("points", points, exactly(120));
        Evidence.that("outside the margin " + kinds[0] + ", on it " + kinds[1] + ", within " + kinds[2],
                kinds[0] > 9 && kinds[1] > 3 && kinds[2] > 9);
        Evidence.of("primal and dual differ by", gap, below(1e-6));
        Evidence.of("largest violation of complementary slackness at a point", slackness, below(1e-6));
    }

    @Test
    @Acceptance(topic = "kkt-duality", clause = 5) void aMaximumThatSatisfiesTheConditionsIsNecessaryOnly() {
        var downwards = NonlinearProgram.of((x, g) -> {
            g[0] = -2 * x[0];
            return -x[0] * x[0];
        }).withInequalities(affine(new double[] {-1}, 1), affine(new double[] {1}, 2));
        Evidence.that("-x^2 on [-1, 2] at its maximum 0 is necessary only",
                Kkt.classify(downwards, new double[] {0}, 1e-6) == Kind.NECESSARY_ONLY);
        Evidence.that("the conditions hold there", Kkt.residuals(downwards, new double[1], new double[0], new double[2]).largest() == 0);
        Evidence.that("both ends are local minima", Kkt.classify(downwards, new double[] {-1}, 1e-6) == Kind.LOCAL_MINIMUM
                && Kkt.classify(downwards, new double[] {2}, 1e-6) == Kind.LOCAL_MINIMUM);
        assertThat(Kkt.classify(downwards, new double[] {1}, 1e-6)).isEqualTo(Kind.NOT_STATIONARY);
        // On the sphere x'Dx is stationary at each axis: its least value, two saddles and its largest.
        double[] d = {1, 2, 3, 5};
        Objective f = (x, g) -> {
            double sum = 0;
            for (int i = 0; i < 4; i++) {
                g[i] = 2 * d[i] * x[i];
                sum += d[i] * x[i] * x[i];
            }
            return sum;
        };
        var sphere = NonlinearProgram.of(f).withEqualities(Objective.of(x -> x.square().sum().sub(1)));
        for (int axis = 0; axis < 4; axis++) {
            var x = new double[4];
            x[axis] = 1;
            Evidence.that("axis " + axis + " of the sphere",
                    Kkt.classify(sphere, x, 1e-6) == (axis == 0 ? Kind.LOCAL_MINIMUM : Kind.NECESSARY_ONLY));
        }
        var flat = NonlinearProgram.of((x, g) -> {
            g[0] = 4 * Math.pow(x[0], 3);
            return Math.pow(x[0], 4);
        });
        assertThat(Kkt.classify(flat, new double[1], 1e-6)).isEqualTo(Kind.UNDECIDED);
    }

    /** Three walls meet in the corner: least squares alone would give the second a negative price, though (1, 0.05, 0) will do. */
    @Test void dependentGradientsStillHaveMultipliersThatAreNotNegative() {
        double[][] walls = {{1, 0}, {0, 1}, {1, 1}};
        var corner = NonlinearProgram.of(affine(new double[] {-1, -0.05}, 0))
                .withInequalities(Arrays.stream(walls).map(w -> affine(w, 0)).toArray(Objective[]::new));
        var multipliers = Kkt.multipliers(corner, new double[2], 1e-6);
        assertThat(Kkt.residuals(corner, new double[2], multipliers.nu(), multipliers.lambda()).largest()).isLessThan(1e-8);
        assertThat(Kkt.classify(corner, new double[2], 1e-6)).isEqualTo(Kind.LOCAL_MINIMUM);
        // Pulled away from the corner there are none.
        var away = NonlinearProgram.of(affine(new double[] {1, -0.05}, 0))
                .withInequalities(corner.inequalities().toArray(Objective[]::new));
        assertThat(Kkt.classify(away, new double[2], 1e-6)).isEqualTo(Kind.NOT_STATIONARY);
    }

    @Test void constraintQualificationsAreChecked() {
        var tangent = NonlinearProgram.of(affine(new double[] {1}, 0)).withEqualities((x, g) -> {
            g[0] = 2 * x[0];
            return x[0] * x[0];
        });
        assertThat(Kkt.licq(tangent, new double[1], 1e-6)).isFalse();
        assertThat(Kkt.mfcq(tangent, new double[1], 1e-6)).isFalse();
        // Three walls meet in a corner of the plane: too many for independence, but all fall along one direction. Opposite walls do not.
        double[][] walls = {{1, 0}, {0, 1}, {1, 1}};
        var corner = NonlinearProgram.of(affine(new double[] {1, 1}, 0))
                .withInequalities(Arrays.stream(walls).map(w -> affine(w, 0)).toArray(Objective[]::new));
        assertThat(Kkt.licq(corner, new double[2], 1e-6)).isFalse();
        assertThat(Kkt.mfcq(corner, new double[2], 1e-6)).isTrue();
        var pinched = corner.withInequalities(affine(new double[] {1, 0}, 0), affine(new double[] {-1, 0}, 0));
        assertThat(Kkt.mfcq(pinched, new double[2], 1e-6)).isFalse();
        assertThat(Kkt.licq(program(Random.draw(4).program), Random.draw(4).inside, 1e-6)).isTrue();
        assertThat(Kkt.slater(program(Random.draw(4).program), new double[7], 1e-3)).isPresent();
    }
}
