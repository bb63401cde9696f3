package lyceum.optim;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.linalg.LeastSquares;
import lyceum.linalg.Lu;
import lyceum.linalg.Qr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class AugmentedLagrangianTest {

    /** {@code M'M / n + I}. */
    private static double[][] definite(Recipe r, int n) {
        double[][] m = r.matrix(n, n), p = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < n; k++) p[i][j] += m[k][i] * m[k][j] / n;
                if (i == j) p[i][j]++;
            }
        }
        return p;
    }

    private static Objective quadratic(double[][] p, double[] q) {
        return (x, g) -> {
            double value = 0;
            for (int i = 0; i < x.length; i++) {
                double row = 0;
                for (int j = 0; j < x.length; j++) row += p[i][j] * x[j];
                g[i] = row + q[i];
                value += x[i] * (row / 2 + q[i]);
            }
            return value;
        };
    }

    private static Objective affine(double[] a, double b) {
        return (x, g) -> {
            double value = -b;
            for (int i = 0; i < x.length; i++) {
                g[i] = a[i];
                value += a[i] * x[i];
            }
            return value;
        };
    }

    @Test
    @Acceptance(topic = "lagrange-multipliers", clause = 1) void quadraticsEqualTheirNullSpaceSolution() {
        Gap direct = Gap.absolute(), iterated = Gap.absolute();
        for (int problem = 0; problem < 100; problem++) {
            var r = new Recipe(9300 + problem);
            int n = 5 + problem % 16, k = 1 + problem % (n / 2);
            double[][] p = definite(r, n), a = r.matrix(k, n);
            double[] q = r.bells(n), b = r.bells(k);
            // x = Q1 y + Q2 z: y from the constraints, z from what they leave free, multipliers from the part of the gradient along the
            // rows of A.
            var qr = Qr.of(Tensor.of(a).transpose());
            Tensor full = qr.fullQ(), q1 = full.narrow(1, 0, k), q2 = full.narrow(1, k, n - k), P = Tensor.of(p);
            var particular = q1.matmul(Lu.of(qr.r().transpose()).solve(Tensor.of(b)));
            var force = P.matmul(particular).add(Tensor.of(q)).neg();
            var x = particular.add(q2.matmul(Lu.of(q2.transpose().matmul(P).matmul(q2)).solve(q2.transpose().matmul(force))));
            var nu = Lu.of(qr.r()).solve(q1.transpose().matmul(P.matmul(x).add(Tensor.of(q))).neg());
            var solved = QuadraticProgram.of(p, q).withEqualities(a, b).direct();
            direct.see("x of " + problem, solved.x(), x.toDoubleArray()).see("nu of " + problem, solved.nu(), nu.toDoubleArray());
            var constraints = IntStream.range(0, k).mapToObj(j -> affine(a[j], b[j])).toArray(Objective[]::new);
            var found = new AugmentedLagrangian().withTolerance(1e-11)
                    .minimize(NonlinearProgram.of(quadratic(p, q)).withEqualities(constraints), new double[n]);
            iterated.see("x of " + problem, found.x(), x.toDoubleArray()).see("nu of " + problem, found.nu(), nu.toDoubleArray());
        }
        Evidence.of("numbers compared", direct.seen(), atLeast(1_500));
        Evidence.of("largest gap of the direct solution", direct, below(1e-8));
        Evidence.of("largest gap of the iteration from zero", iterated, below(1e-8));
    }

    @Test
    @Acceptance(topic = "lagrange-multipliers", clause = 2) void maximumEntropyHasGibbsForm() {
        var gap = Gap.absolute();
        double[][] cases = {{6, 4.5}, {6, 2}, {6, 3.5}, {10, 7}, {10, 2.5}, {4, 3.2}};
        for (var c : cases) {
            int n = (int) c[0];
            double mean = c[1];
            Objective negativeEntropy = Objective.of(p -> p.mul(p.log()).sum());
            var faces = Tensor.arange(1, n + 1, 1).to(DType.F64).toDoubleArray();
            var ones = new double[n];
            Arrays.fill(ones, 1);
            var start = new double[n];
            Arrays.fill(start, 1.0 / n);
            var found = new AugmentedLagrangian()
                    .minimize(NonlinearProgram.of(negativeEntropy).withEqualities(affine(ones, 1), affine(faces, mean)), start);
            gap.see(n + " faces with mean " + mean, found.x(), gibbs(n, mean));
        }
        Evidence.of("probabilities compared", gap.seen(), exactly(42));
        Evidence.of("largest gap to exp(-beta i) / Z", gap, below(1e-6));
    }

    /** {@code exp(-beta i) / Z}, beta by bisection on the mean. */
    private static double[] gibbs(int n, double mean) {
        double low = -20, high = 20;
        var p = new double[n];
        for (int step = 0; step < 200; step++) {
            double beta = (low + high) / 2, z = 0, first = 0;
            for (int i = 1; i <= n; i++) {
                z += p[i - 1] = Math.exp(-beta * i);
                first += i * p[i - 1];
            }
            for (int i = 0; i < n; i++) p[i] /= z;
            if (first / z > mean) low = beta;
            else high = beta;
        }
        return p;
    }

    /** A strictly convex objective on a sphere cut by a plane: curved constraints, unlike those of quadratics. */
    private record Curved(double[][] p, double[] q, double[] a, double radius, double offset) {
        static Curved draw(int seed) {
            var r = new Recipe(9500 + seed);
            int n = 3 + seed % 6;
            return new Curved(definite(r, n), r.bells(n), r.bells(n), 1 + r.uniform(), 0.3 * r.bell());
        }

        NonlinearProgram program(double squared, double offset) {
            Objective f = Objective
                    .of(x -> Tensor.of(p).matmul(x).mul(x).sum().div(2).add(Tensor.of(q).mul(x).sum()).add(x.exp().sum().mul(0.1)));
            return NonlinearProgram.of(f).withEqualities(Objective.of(x -> x.square().sum().sub(squared)), affine(a, offset));
        }

        /** Within the ball and below the plane. */
        NonlinearProgram within(double squared, double offset) {
            var on = program(squared, offset);
            return NonlinearProgram.of(on.f()).withInequalities(on.equalities().toArray(Objective[]::new));
        }
    }

    @Test
    @Acceptance(topic = "lagrange-multipliers", clause = 3) void multipliersAreSensitivities() {
        var gap = Gap.absolute();
        int problems = 0;
        double c = 1e-4;
        for (int seed = 0; seed < 50; seed++) {
            var curved = Curved.draw(seed);
            double r2 = curved.radius * curved.radius, o = curved.offset * Vectors.norm(curved.a) / 4;
            var method = new AugmentedLagrangian().withTolerance(1e-9);
            var found = method.minimize(curved.program(r2, o), curved.q);
            assertThat(found.residuals().largest()).as(seed + ": " + found).isLessThan(1e-7);
            double up = method.minimize(curved.program(r2 + c, o), found.x()).value(),
                    down = method.minimize(curved.program(r2 - c, o), found.x()).value();
            double right = method.minimize(curved.program(r2, o + c), found.x()).value(),
                    left = method.minimize(curved.program(r2, o - c), found.x()).value();
            gap.see("radius of " + seed, -found.nu()[0], (up - down) / (2 * c)).see("offset of " + seed, -found.nu()[1],
                    (right - left) / (2 * c));
            problems++;
        }
        Evidence.of("random problems", problems, exactly(50));
        Evidence.of("largest gap of -nu to df*/dc", gap, below(1e-4));
    }

    @Test
    @Acceptance(topic = "lagrange-multipliers", clause = 3) void multipliersOfInequalitiesAreSensitivities() {
        var gap = Gap.absolute();
        int active = 0, idle = 0;
        double c = 1e-4;
        for (int seed = 0; seed < 50; seed++) {
            var curved = Curved.draw(seed);
            double r2 = curved.radius * curved.radius / 4, o = curved.offset * Vectors.norm(curved.a) / 4;
            var method = new AugmentedLagrangian().withTolerance(1e-9);
            var found = method.minimize(curved.within(r2, o), curved.q);
            assertThat(found.residuals().largest()).as(seed + ": " + found).isLessThan(1e-7);
            double up = method.minimize(curved.within(r2 + c, o), found.x()).value(),
                    down = method.minimize(curved.within(r2 - c, o), found.x()).value();
            double right = method.minimize(curved.within(r2, o + c), found.x()).value(),
                    left = method.minimize(curved.within(r2, o - c), found.x()).value();
            gap.see("radius of " + seed, -found.lambda()[0], (up - down) / (2 * c)).see("offset of " + seed, -found.lambda()[1],
                    (right - left) / (2 * c));
            for (double lambda : found.lambda()) {
                if (lambda > 1e-3) active++;
                else if (lambda == 0) idle++;
            }
        }
        Evidence.of("multipliers above 0", active, atLeast(30));
        Evidence.of("multipliers of 0", idle, atLeast(10));
        Evidence.of("largest gap of -lambda to df*/dc", gap, below(1e-4));
    }

    private static Tensor x(Tensor all, int i) { return all.narrow(0, i - 1, 1); }

    private static Objective of(UnaryOperator<Tensor> f) { return Objective.of(p -> f.apply(p).sum()); }

    private static Objective[] bounds(int n, double low) {
        return IntStream.rangeClosed(1, n).mapToObj(i -> of(p -> x(p, i).neg().add(low))).toArray(Objective[]::new);
    }

    private static Objective[] and(Objective[] first, Objective... second) {
        var all = new ArrayList<>(List.of(second));
        all.addAll(List.of(first));
        return all.toArray(Objective[]::new);
    }

    private static Map<String, NonlinearProgram> hockSchittkowski() {
        var all = new LinkedHashMap<String, NonlinearProgram>();
        all.put("6", NonlinearProgram.of(of(p -> x(p, 1).sub(1).square())).withEqualities(of(p -> x(p, 2).sub(x(p, 1).square()).mul(10))));
        all.put("28", NonlinearProgram.of(of(p -> x(p, 1).add(x(p, 2)).square().add(x(p, 2).add(x(p, 3)).square())))
                .withEqualities(affine(new double[] {1, 2, 3}, 1)));
        all.put("35",
                NonlinearProgram
                        .of((p, g) -> 9 + quadratic(new double[][] {{4, 2, 2}, {2, 4, 0}, {2, 0, 2}}, new double[] {-8, -6, -4}).at(p, g))
                        .withInequalities(and(bounds(3, 0), affine(new double[] {1, 1, 2}, 3))));
        all.put("39", NonlinearProgram.of(of(p -> x(p, 1).neg())).withEqualities(of(p -> x(p, 2).sub(x(p, 1).pow(3)).sub(x(p, 3).square())),
                of(p -> x(p, 1).square().sub(x(p, 2)).sub(x(p, 4).square()))));
        all.put("40",
                NonlinearProgram.of(of(p -> x(p, 1).mul(x(p, 2)).mul(x(p, 3)).mul(x(p, 4)).neg())).withEqualities(
                        of(p -> x(p, 1).pow(3).add(x(p, 2).square()).sub(1)), of(p -> x(p, 1).square().mul(x(p, 4)).sub(x(p, 3))),
                        of(p -> x(p, 4).square().sub(x(p, 2)))));
        double[] none = new double[4];
        all.put("43",
                NonlinearProgram.of(quadratic(diagonal(2, 2, 4, 2), new double[] {-5, -5, -21, 7})).withInequalities(
                        less(quadratic(diagonal(2, 2, 2, 2), new double[] {1, -1, 1, -1}), 8),
                        less(quadratic(diagonal(2, 4, 2, 4), new double[] {-1, 0, 0, -1}), 10),
                        less(quadratic(diagonal(4, 2, 2, 0), new double[] {2, -1, 0, -1}), 5)));
        all.put("48",
                NonlinearProgram.of(of(p -> x(p, 1).sub(1).square().add(x(p, 2).sub(x(p, 3)).square()).add(x(p, 4).sub(x(p, 5)).square())))
                        .withEqualities(affine(new double[] {1, 1, 1, 1, 1}, 5), affine(new double[] {0, 0, 1, -2, -2}, -3)));
        all.put("51",
                NonlinearProgram.of(of(p -> x(p, 1).sub(x(p, 2)).square().add(x(p, 2).add(x(p, 3)).sub(2).square())
                        .add(x(p, 4).sub(1).square()).add(x(p, 5).sub(1).square()))).withEqualities(affine(new double[] {1, 3, 0, 0, 0}, 4),
                                affine(new double[] {0, 0, 1, 1, -2}, 0), affine(new double[] {0, 1, 0, 0, -1}, 0)));
        var tops = IntStream.rangeClosed(1, 4).mapToObj(i -> of(p -> x(p, i).sub(5))).toArray(Objective[]::new);
        all.put("71",
                NonlinearProgram.of(of(p -> x(p, 1).mul(x(p, 4)).mul(x(p, 1).add(x(p, 2)).add(x(p, 3))).add(x(p, 3))))
                        .withEqualities(less(quadratic(diagonal(2, 2, 2, 2), none), 40)).withInequalities(
                                and(and(bounds(4, 1), tops), of(p -> x(p, 1).mul(x(p, 2)).mul(x(p, 3)).mul(x(p, 4)).neg().add(25)))));
        all.put("76", NonlinearProgram
                .of(quadratic(new double[][] {{2, 0, -1, 0}, {0, 1, 0, 0}, {-1, 0, 2, 1}, {0, 0, 1, 1}}, new double[] {-1, -3, 1, -1}))
                .withInequalities(and(bounds(4, 0), affine(new double[] {1, 2, 1, 1}, 5), affine(new double[] {3, 1, 2, -1}, 4),
                        affine(new double[] {0, -1, -4, 0}, -1.5))));
        all.put("77",
                NonlinearProgram
                        .of(of(p -> x(p, 1).sub(1).square().add(x(p, 1).sub(x(p, 2)).square()).add(x(p, 3).sub(1).square())
                                .add(x(p, 4).sub(1).pow(4)).add(x(p, 5).sub(1).pow(6))))
                        .withEqualities(of(p -> x(p, 1).square().mul(x(p, 4)).add(x(p, 4).sub(x(p, 5)).sin()).sub(2 * Math.sqrt(2))),
                                of(p -> x(p, 2).add(x(p, 3).pow(4).mul(x(p, 4).square())).sub(8 + Math.sqrt(2)))));
        return all;
    }

    private static double[][] diagonal(double... d) {
        var p = new double[d.length][d.length];
        for (int i = 0; i < d.length; i++) p[i][i] = d[i];
        return p;
    }

    private static Objective less(Objective f, double c) { return (x, g) -> f.at(x, g) - c; }

    @Test
    @Acceptance(topic = "lagrange-multipliers", clause = 4)
    @Acceptance(topic = "lagrange-multipliers", clause = 5) void valuesEqualSlsqpsAndGradientsBalance() {
        var gap = Gap.absolute();
        double outside = 0;
        int solved = 0;
        for (var problem : hockSchittkowski().entrySet()) {
            var c = Golden.load("golden/convex.json").named("hs " + problem.getKey());
            var program = problem.getValue();
            var found = new AugmentedLagrangian().minimize(program, c.doubles("input.start"));
            gap.see(c, "expected.value", found.value());
            // Grad f against the gradients of equalities and of the inequalities that hold with equality: what least squares cannot reach.
            var gradient = new double[found.x().length];
            program.f().at(found.x(), gradient);
            var rows = new ArrayList<double[]>(List.of(NonlinearProgram.gradients(program.equalities(), found.x())));
            double[] g = NonlinearProgram.values(program.inequalities(), found.x());
            for (int i = 0; i < g.length; i++) if (g[i] > -1e-5) rows.add(NonlinearProgram.gradients(program.inequalities(), found.x())[i]);
            var span = Tensor.of(rows.toArray(double[][]::new)).transpose();
            outside = Math.max(outside, LeastSquares.solve(span, Tensor.of(gradient)).residuals().abs().max().item());
            solved++;
        }
        Evidence.of("problems", solved, atLeast(10));
        Evidence.of("largest gap to SLSQP's values", gap, below(1e-5));
        Evidence.of("largest part of grad f outside the span of constraint gradients", outside, below(1e-6));
    }

    @Test void directRefusesInequalitiesAndMultipliersAreCounted() {
        assertThatThrownBy(() -> QuadraticProgram.linear(1).withInequalities(new double[][] {{1}}, new double[] {1}).direct())
                .hasMessageContaining("1 inequalities; use InteriorPoint");
        assertThatThrownBy(() -> NonlinearProgram.of((x, g) -> 0).lagrangian(new double[1], new double[0]))
                .hasMessageContaining("1 multipliers for 0 constraints");
        assertThatThrownBy(() -> new AugmentedLagrangian().withGrowth(0.5)).hasMessageContaining("growth is 0.5");
    }
}
