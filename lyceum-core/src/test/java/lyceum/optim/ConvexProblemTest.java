package lyceum.optim;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.linalg.Qr;
import lyceum.optim.ConvexProblem.Family;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class ConvexProblemTest {
    private static final Expression X = Expression.variable(0), Y = Expression.variable(1), Z = Expression.variable(2);

    private static double dot(double[] a, double[] b) { return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum(); }

    private static double[] column(double[][] a, int j) { return Arrays.stream(a).mapToDouble(row -> row[j]).toArray(); }

    private static Expression[] rows(double[][] a, double[] b) {
        return IntStream.range(0, b.length).mapToObj(i -> Expression.affine(a[i], -b[i])).toArray(Expression[]::new);
    }

    private static double[] less(double[] q, double[][] g, double[] z) {
        return IntStream.range(0, q.length).mapToDouble(i -> q[i] - dot(column(g, i), z)).toArray();
    }

    @Test
    @Acceptance(topic = "convex-optimization", clause = 1) void linearProgramsEqualHighs() {
        double[] expected = Golden.load("golden/convex.json").named("linear").doubles("expected.values");
        var gap = Gap.absolute();
        for (int i = 0; i < 100; i++) {
            var r = new Recipe(9100 + i);
            int n = 3 + i % 10, m = 6 + i % 10 + i % 7, k = i % 3;
            double[][] g = r.matrix(m, n), a = r.matrix(k, n);
            double[] x = r.bells(n), slack = r.uniforms(m), h = new double[m], b = new double[k];
            for (int j = 0; j < m; j++) h[j] = dot(g[j], x) + slack[j];
            for (int j = 0; j < k; j++) b[j] = dot(a[j], x);
            double[] q = less(less(new double[n], g, r.uniforms(m)), a, r.bells(k));
            var problem = ConvexProblem.minimize(Expression.affine(q, 0)).subjectTo(rows(g, h)).withEqualities(rows(a, b));
            assertThat(problem.family()).isEqualTo(Family.LINEAR);
            var found = problem.solve();
            assertThat(found.converged()).as(i + ": " + found).isTrue();
            gap.see("program " + i, found.value(), expected[i]);
        }
        Evidence.of("linear programs", gap.seen(), exactly(100));
        Evidence.of("largest gap to HiGHS", gap, below(1e-6));
    }

    @Test
    @Acceptance(topic = "convex-optimization", clause = 1) void quadraticProgramsSatisfyTheirConditions() {
        double worst = 0;
        int programs = 0;
        for (int i = 0; i < 100; i++) {
            var r = new Recipe(9200 + i);
            int n = 3 + i % 10, m = n + i % 7, k = i % 3, rank = 1 + i % n;
            double[][] root = r.matrix(rank, n), g = Arrays.copyOf(r.matrix(m, n), m + 2 * n), a = r.matrix(k, n);
            double[] x = r.bells(n), slack = r.uniforms(m), h = new double[m + 2 * n], b = new double[k], q = r.bells(n);
            for (int j = 0; j < m; j++) h[j] = dot(g[j], x) + slack[j];
            for (int j = 0; j < n; j++) { // a box around the point, since P is singular
                (g[m + j] = new double[n])[j] = 1;
                (g[m + n + j] = new double[n])[j] = -1;
                h[m + j] = x[j] + 2;
                h[m + n + j] = 2 - x[j];
            }
            for (int j = 0; j < k; j++) b[j] = dot(a[j], x);
            var objective = Expression.affine(q, 1.5);
            for (var row : root) objective = objective.plus(Expression.affine(row, 0).square().times(0.5));
            var problem = ConvexProblem.minimize(objective).subjectTo(rows(g, h)).withEqualities(rows(a, b));
            assertThat(problem.family()).isEqualTo(Family.QUADRATIC);
            var found = problem.solve();
            for (int j = 0; j < n; j++) {
                double force = q[j] + dot(column(a, j), found.nu()) + dot(column(g, j), found.lambda());
                for (var row : root) force += row[j] * dot(row, found.x());
                worst = Math.max(worst, Math.abs(force));
            }
            for (int j = 0; j < k; j++) worst = Math.max(worst, Math.abs(dot(a[j], found.x()) - b[j]));
            for (int j = 0; j < h.length; j++) {
                double room = h[j] - dot(g[j], found.x());
                worst = Math.max(worst, Math.max(Math.max(-room, -found.lambda()[j]), Math.abs(room * found.lambda()[j])));
            }
            assertThat(found.value()).isCloseTo(objective.at(found.x()), within(1e-9));
            programs++;
        }
        Evidence.of("quadratic programs", programs, exactly(100));
        Evidence.of("largest residual of the conditions", worst, atMost(1e-8));
    }

    @Test
    @Acceptance(topic = "convex-optimization", clause = 2) void infeasibleOnesReturnAContradiction() {
        int proved = 0, equal = 0;
        double worst = 0, least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 50; i++) {
            var r = new Recipe(9400 + i);
            int n = 3 + i % 6, m = n + 2 + i % 4, k = i % 3;
            double[][] g = r.matrix(m + 1, n), a = r.matrix(k, n);
            double[] h = Arrays.copyOf(r.bells(m), m + 1), b = r.bells(k), w = r.uniforms(m), u = r.bells(k);
            g[m] = new double[n]; // minus a mixture of all others, with less room than they leave
            for (int j = 0; j < m; j++) {
                Vectors.addScaled(g[m], -w[j], g[j]);
                h[m] -= w[j] * h[j];
            }
            for (int j = 0; j < k; j++) {
                Vectors.addScaled(g[m], -u[j], a[j]);
                h[m] -= u[j] * b[j];
            }
            h[m] -= 0.1 + r.uniform();
            if (i % 6 == 5) { // twice the first equality, but not twice its right-hand side; and no wall contradicts
                h[m] += 10;
                a[1] = Arrays.stream(a[0]).map(v -> 2 * v).toArray();
                b[1] = 2 * b[0] + 1;
            }
            var objective = Expression.affine(r.bells(n), 0);
            if (i % 3 == 0) objective = objective.plus(X.square());
            var found = ConvexProblem.minimize(objective).subjectTo(rows(g, h)).withEqualities(rows(a, b)).solve();
            assertThat(found.stop()).as(i + ": " + found).isEqualTo(StopReason.INFEASIBLE);
            double strength = -dot(h, found.lambda()) - dot(b, found.nu());
            for (int j = 0; j < n; j++)
                worst = Math.max(worst, Math.abs(dot(column(g, j), found.lambda()) + dot(column(a, j), found.nu())) / strength);
            worst = Math.max(worst, -Arrays.stream(found.lambda()).min().orElseThrow());
            least = Math.min(least, strength);
            if (Vectors.largest(found.nu()) > 1e-3) equal++;
            proved++;
        }
        Evidence.of("infeasible programs", proved, exactly(50));
        Evidence.of("of them with an equality in the contradiction", equal, above(25));
        Evidence.of("what is left of A'nu + G'lambda = 0, over the contradiction", worst, below(1e-6));
        Evidence.of("least contradiction", least, above(0));
    }

    @Test
    @Acceptance(topic = "convex-optimization", clause = 2) void unboundedOnesReturnARay() {
        int proved = 0;
        double worst = 0, least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 50; i++) {
            var r = new Recipe(9450 + i);
            int n = 3 + i % 6, m = n + i % 4, k = i % 3;
            double[][] g = r.matrix(m, n), a = r.matrix(k, n);
            double[] ray = r.bells(n), x = r.bells(n), h = new double[m], q = r.bells(n);
            for (int j = 0; j < m; j++) { // no wall across the ray
                if (dot(g[j], ray) > 0) for (int l = 0; l < n; l++) g[j][l] = -g[j][l];
                h[j] = dot(g[j], x) + r.uniform();
            }
            if (dot(q, ray) > 0) for (int l = 0; l < n; l++) q[l] = -q[l];
            var b = new double[k];
            for (int j = 0; j < k; j++) {
                Vectors.addScaled(a[j], -dot(a[j], ray) / dot(ray, ray), ray);
                b[j] = dot(a[j], x);
            }
            // Every third curves, but not along the ray.
            double[] across = r.bells(n);
            Vectors.addScaled(across, -dot(across, ray) / dot(ray, ray), ray);
            var objective = Expression.affine(q, 0);
            if (i % 3 == 0) objective = objective.plus(Expression.affine(across, 0).square());
            var found = ConvexProblem.minimize(objective).subjectTo(rows(g, h)).withEqualities(rows(a, b)).solve();
            assertThat(found.stop()).as(i + ": " + found).isEqualTo(StopReason.UNBOUNDED);
            double strength = -dot(q, found.x());
            for (var row : a) worst = Math.max(worst, Math.abs(dot(row, found.x())) / strength);
            for (var row : g) worst = Math.max(worst, dot(row, found.x()) / strength);
            if (i % 3 == 0) worst = Math.max(worst, Math.abs(dot(across, found.x())) / strength);
            least = Math.min(least, strength);
            proved++;
        }
        Evidence.of("unbounded programs", proved, exactly(50));
        Evidence.of("how far a ray leaves equalities, walls or the flat, over its fall", worst, below(1e-6));
        Evidence.of("least fall", least, above(0));
        int refused = 0;
        for (int i = 0; i < 50; i++) { // straight down, but through a wall; and programs that were given up too early
            var p = KktTest.Random.draw(i).program();
            var down = Arrays.stream(p.q()).map(v -> -v).toArray();
            var walled = QuadraticProgram.linear(p.q()).withInequalities(new double[][] {down}, new double[] {1});
            if (!walled.provesUnbounded(down, 1e-6)) refused++;
            var early = new InteriorPoint().withMaxIterations(2).minimize(QuadraticProgram.linear(p.q()).withInequalities(p.g(), p.h()));
            assertThat(early.stop()).isNotEqualTo(StopReason.INFEASIBLE);
            if (early.stop() == StopReason.UNBOUNDED)
                for (var row : p.g()) assertThat(dot(row, early.x())).isLessThan(1e-6 * -dot(p.q(), early.x()));
        }
        Evidence.of("wrong rays refused", refused, exactly(50));
        // Both at once: a contradiction, not a ray.
        assertThat(ConvexProblem.minimize(X).subjectTo(Y, Y.times(-1).plus(1)).solve().stop()).isEqualTo(StopReason.INFEASIBLE);
    }

    @Test
    @Acceptance(topic = "convex-optimization", clause = 3) void stronglyConvexProblemsHaveOneEnd() {
        double spread = 0, residual = 0, least = Double.POSITIVE_INFINITY;
        int starts = 0;
        var rng = Rng.of(77);
        for (int i = 0; i < 10; i++) {
            var r = new Recipe(9480 + i);
            int n = 2 + i % 4;
            // |x|^2 / 20 alone has modulus 0.1; the other terms are convex.
            double[] q = r.bells(n), offsets = new double[4], wall = new double[n];
            var slopes = new double[4][];
            var objective = Expression.affine(q, 0);
            for (int j = 0; j < n; j++) objective = objective.plus(Expression.variable(j).square().times(0.05));
            for (int j = 0; j < 4; j++) {
                slopes[j] = r.bells(n);
                offsets[j] = r.bell();
                objective = objective.plus(Expression.affine(slopes[j], offsets[j]).softplus());
            }
            var problem = ConvexProblem.minimize(objective).within(-4, 4);
            if (i % 2 == 1) {
                wall = r.bells(n);
                problem = problem.subjectTo(Expression.affine(wall, -1).exp().minus(1));
            }
            assertThat(problem.family()).isEqualTo(i % 2 == 1 ? Family.SMOOTH : Family.BOX);
            double[] first = null;
            double apart = 0;
            for (int start = 0; start < 100; start++) {
                var found = problem.solve(IntStream.range(0, n).mapToDouble(j -> 8 * rng.nextDouble() - 4).toArray());
                if (first == null) first = found.x();
                var gap = found.x().clone();
                Vectors.addScaled(gap, -1, first);
                apart = Math.max(apart, Vectors.norm(gap));
                // The conditions, written out: grad f + lambda exp(w'x - 1) w is zero or pushes against a side of the box.
                double[] x = found.x(), force = q.clone();
                Vectors.addScaled(force, 0.1, x);
                for (int j = 0; j < 4; j++) Vectors.addScaled(force, 1 / (1 + Math.exp(-dot(slopes[j], x) - offsets[j])), slopes[j]);
                double grown = Math.exp(dot(wall, x) - 1), lambda = i % 2 == 1 ? found.lambda()[0] : 0;
                Vectors.addScaled(force, lambda * grown, wall);
                for (int j = 0; j < n; j++) residual = Math.max(residual, Math.abs(Math.clamp(x[j] - force[j], -4, 4) - x[j]));
                if (i % 2 == 1) residual = Math.max(residual, Math.max(grown - 1, Math.max(-lambda, Math.abs(lambda * (grown - 1)))));
                starts++;
            }
            spread = Math.max(spread, apart);
            least = Math.min(least, apart);
        }
        Evidence.of("starts, 100 for each of 10 problems", starts, exactly(1_000));
        Evidence.of("largest distance between ends of one problem", spread, below(1e-6));
        Evidence.of("the starts count: in each problem the last bits of some ends differ", least, above(0));
        Evidence.of("largest residual of the conditions at an end", residual, below(1e-6));
        var well = X.square().minus(1).square();
        assertThatThrownBy(() -> ConvexProblem.minimize(well)).hasMessageContaining("whose curvature is UNKNOWN");
        var ends = Convexity.minima(well, IntStream.range(0, 100).mapToObj(j -> new double[] {4 * rng.nextDouble() - 2}).toList(), 1e-4);
        Evidence.of("ends of the double well", ends.size(), exactly(2));
    }

    private static List<ConvexityTest.Convex> convex() {
        var all = new ArrayList<>(ConvexityTest.CONVEX.stream()
                .filter(c -> !List.of("x^2 + xy + y^2", "sqrt(1 + x^2)", "x log x").contains(c.name())).toList());
        record More(String name, int n, Expression f, double low, double high) {}
        for (var m : List.of(new More("3x - y + 2", 2, X.times(3).minus(Y).plus(2), -2, 2), new More("|x - y|", 2, X.minus(Y).abs(), -2, 2),
                new More("norm(x, y)", 2, Expression.norm(X, Y), -2, 2),
                new More("norm(1, x)", 1, Expression.norm(Expression.constant(1), X), -2, 2),
                new More("norm(x - y, 2y) + x", 2, Expression.norm(X.minus(Y), Y.times(2)).plus(X), -2, 2),
                new More("norm(exp x, |y|)", 2, Expression.norm(X.exp(), Y.abs()), -1, 1),
                new More("norm(x, y)^2", 2, Expression.norm(X, Y).square(), -2, 2),
                new More("exp of norm", 2, Expression.norm(X, Y).exp(), -1, 1), new More("x^3 above 0", 1, X.cube(), 0, 2),
                new More("1/sqrt x", 1, X.sqrt().reciprocal(), 0.1, 2), new More("-log of log", 1, X.log().log().times(-1), 1.5, 4),
                new More("max(|x|, y^2)", 2, X.abs().max(Y.square()), -2, 2),
                new More("softplus(x^2 - y)", 2, X.square().minus(Y).softplus(), -2, 2)))
            all.add(new ConvexityTest.Convex(m.name, m.n, m.f, m.low, m.high, Double.NaN));
        return all;
    }

    private static List<ConvexityTest.Bent> bent() {
        var all = new ArrayList<>(ConvexityTest.BENT);
        record More(String name, int n, Expression f, double low, double high) {}
        for (var m : List.of(new More("-norm", 2, Expression.norm(X, Y).times(-1), -2, 2),
                new More("norm(log x, y)", 2, Expression.norm(X.log(), Y), 0.1, 3), new More("sqrt(x + y)", 2, X.plus(Y).sqrt(), 0.1, 2),
                new More("log of x^2 + 1", 1, X.square().plus(1).log(), -3, 3),
                new More("1/(1 + x^2)", 1, X.square().plus(1).reciprocal(), -2, 2), new More("exp of sqrt", 1, X.sqrt().exp(), 0.01, 0.9),
                new More("(x^2 - y)^2", 2, X.square().minus(Y).square(), -2, 2), new More("-max(x, y)", 2, X.max(Y).times(-1), -2, 2),
                new More("|x^2 - 1|", 1, X.square().minus(1).abs(), -2, 2), new More("xyz", 3, X.times(Y).times(Z), -1, 1)))
            all.add(new ConvexityTest.Bent(m.name, m.n, m.f, m.low, m.high, null));
        return all;
    }

    /** The largest dip of 20,000 random chords below the graph: what the labels are checked by. */
    private static double dip(Expression f, int n, double low, double high) {
        var rng = Rng.of(5);
        double most = 0;
        for (int draw = 0; draw < 20_000; draw++) {
            double[] x = new double[n], y = new double[n], m = new double[n];
            for (int i = 0; i < n; i++) {
                x[i] = low + (high - low) * rng.nextDouble();
                y[i] = low + (high - low) * rng.nextDouble();
                m[i] = (x[i] + y[i]) / 2;
            }
            most = Math.max(most, f.at(m) - (f.at(x) + f.at(y)) / 2);
        }
        return most;
    }

    @Test
    @Acceptance(topic = "convex-optimization", clause = 4) void rulesAcceptConvexAndRejectOtherExpressions() {
        int accepted = 0, rejected = 0;
        for (var c : convex()) {
            assertThat(dip(c.f(), c.n(), c.low(), c.high())).as(c.name() + " is convex").isLessThan(1e-12);
            if (accepts(c.f(), c.low(), c.high())) accepted++;
            else throw new AssertionError(c.name() + " is refused");
        }
        for (var b : bent()) {
            assertThat(dip(b.f(), b.n(), b.low(), b.high())).as(b.name() + " is not convex").isGreaterThan(1e-4);
            if (!accepts(b.f(), b.low(), b.high())) rejected++;
        }
        Evidence.of("convex expressions accepted, of 30", accepted, exactly(30));
        Evidence.of("others rejected, of 30", rejected, exactly(30));
        assertThat(convex().size()).isEqualTo(30);
        assertThat(bent().size()).isEqualTo(30);
        assertThatThrownBy(() -> ConvexProblem.minimize(X).subjectTo(X.times(Y).plus(1)))
                .hasMessageContaining("an inequality is (x0 * x1 + 1.0)");
        assertThatThrownBy(() -> ConvexProblem.minimize(X).withEqualities(X.square())).hasMessageContaining("equalities are affine");
    }

    private static boolean accepts(Expression f, double low, double high) {
        var box = new double[] {low, low, low};
        var top = new double[] {high, high, high};
        try {
            new ConvexProblem(f, List.of(), List.of(), box, top);
            return true;
        } catch (IllegalArgumentException refused) {
            return false;
        }
    }

    @Test
    @Acceptance(topic = "convex-optimization", clause = 5) void gradientDescentStaysUnderItsBound() {
        double worst = 0, sharp = 0;
        int steps = 0;
        for (int i = 0; i < 30; i++) {
            var r = new Recipe(9600 + i);
            int n = 2 + i % 5, kind = i % 4;
            double[] minimum = r.bells(n), start = r.bells(n), scale = r.uniforms(n);
            for (int j = 0; j < n; j++) scale[j] = j == 0 ? 1 : Math.pow(10, -2 * scale[j]);
            double square = 0;
            for (int j = 0; j < n; j++) square += Math.pow((start[j] *= 5) - minimum[j], 2);
            // Sums of scale_j h(u_j), u the distance from the minimum in a turned basis and h'' at most 1: squares, lengths, softplus, whose
            // curvature ends at 1/4; and a function of Drori and Teboulle's (2014), straight until step 300, than which none is slower.
            double bend = Math.sqrt(square) / 601;
            var turned = Qr.of(Tensor.of(r.matrix(n, n))).q().toRows();
            double l = kind == 2 ? 0.5 : 1;
            Objective f = (x, g) -> {
                var e = x.clone();
                Vectors.addScaled(e, -1, minimum);
                double length = Math.sqrt(dot(e, e)), sum = 0;
                Arrays.fill(g, 0);
                if (kind == 3) {
                    Vectors.addScaled(g, length < bend ? 1 : bend / length, e);
                    return length < bend ? length * length / 2 : bend * length - bend * bend / 2;
                }
                for (int j = 0; j < n; j++) {
                    double u = dot(turned[j], e);
                    sum += scale[j] * (kind == 0 ? u * u / 2
                            : kind == 1 ? Math.sqrt(1 + u * u) : Math.log1p(Math.exp(u)) + Math.log1p(Math.exp(-u)));
                    Vectors.addScaled(g, scale[j] * (kind == 0 ? u : kind == 1 ? u / Math.sqrt(1 + u * u) : Math.tanh(u / 2)), turned[j]);
                }
                return sum;
            };
            double least = f.at(minimum, new double[n]);
            var path = GradientDescent.constant(1 / l).withGradientTolerance(0).withMaxIterations(300).trace(f, start);
            for (int k = 1; k < path.values().length; k++) {
                worst = Math.max(worst, (path.values()[k] - least) / (l * square / (2 * k)));
                sharp = Math.max(sharp, (path.values()[k] - least) / (l * square / (4 * k + 2)));
                steps++;
            }
        }
        Evidence.of("steps of 30 functions", steps, above(8_000));
        Evidence.of("gap over L R^2 / 2k, largest", worst, atMost(1));
        // Drori and Teboulle's own bound, which their function meets: a step shorter than 1 / L would break it.
        Evidence.of("gap over L R^2 / (4k + 2), largest", sharp, equalTo(1, 1e-9));
    }

    @Test void conesAreSolvedByAlternatingDirections() {
        // min c'x within a ball: -r |c| + c'centre.
        var problem = ConvexProblem.minimize(X.times(3).minus(Y.times(4)).plus(1))
                .subjectTo(Expression.norm(X.minus(1), Y.plus(2)).minus(2));
        assertThat(problem.family()).isEqualTo(Family.CONIC);
        var found = problem.solve();
        assertThat(found.converged()).as(found.toString()).isTrue();
        assertThat(found.value()).isCloseTo(1 + 3 + 8 - 10, within(1e-6));
        // The nearest point to (3, 4) in a unit ball cut by a line.
        var near = ConvexProblem.minimize(X.minus(3).square().plus(Y.minus(4).square())).subjectTo(Expression.norm(X, Y).minus(1))
                .withEqualities(X.minus(Y)).solve();
        assertThat(near.x()[0]).isCloseTo(Math.sqrt(0.5), within(1e-6));
        assertThat(near.x()[1]).isCloseTo(Math.sqrt(0.5), within(1e-6));
    }
}
