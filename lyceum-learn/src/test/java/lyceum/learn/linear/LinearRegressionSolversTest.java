package lyceum.learn.linear;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.linear.LinearRegression.Solver;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Lsqr;
import lyceum.linalg.NonNegativeLeastSquares;
import lyceum.linalg.PseudoInverse;
import lyceum.linalg.Qr;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Pipeline;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class LinearRegressionSolversTest {
    private static final String TOPIC = "linear-regression";
    private static final Golden GOLDEN = Golden.load("golden/linear-regression.json");

    @TestFactory Stream<DynamicTest> contract() {
        return Stream.of(new LinearRegression().withPositive(true), new LinearRegression().withSolver(Solver.LSQR),
                new LinearRegression().withSolver(Solver.GRADIENT)).flatMap(learner -> LearnerContract.of(learner).tests());
    }

    /** Who asks for Cholesky by name has columns that do not depend on each other, and hears of it if they do. */
    @TestFactory Stream<DynamicTest> contractOfCholesky() {
        return LearnerContract.of(new LinearRegression().withSolver(Solver.CHOLESKY))
                .knownFailure("a column that stands twice does no harm", "Cholesky refuses a singular matrix and names the pivot").tests();
    }

    @TestFactory Stream<DynamicTest> contractOfFeatures() { return LearnerContract.of(new PolynomialFeatures(2)).tests(); }

    private record Problem(Tensor x, Tensor one, Tensor several, Tensor weights) {
        static Problem diabetes() {
            var data = Datasets.diabetes();
            var recipe = new Recipe(16800);
            Tensor u = Tensor.of(recipe.uniforms(10)), noise = Tensor.of(recipe.bells(442)), x = data.x(), y = data.y();
            double[] w = recipe.uniforms(442);
            for (int i = 0; i < 442; i++) w[i] = i % 7 == 0 ? 0 : w[i] + 0.5;
            Tensor second = y.square().div(1000).sub(x.matmul(u).mul(300)),
                    third = x.select(1, 0).mul(5).sub(x.select(1, 3).mul(3)).add(noise);
            return new Problem(x, y, Tensor.concat(1, y.unsqueeze(1), second.unsqueeze(1), third.unsqueeze(1)).compute(), Tensor.of(w));
        }
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 1) void coefficientsEqualScikitLearn() {
        var p = Problem.diabetes();
        var worst = Gap.absolute();
        int cases = 0, zeros = 0;
        for (boolean positive : new boolean[] {false, true}) for (boolean intercept : new boolean[] {true, false}) {
            var learner = new LinearRegression().withPositive(positive).withIntercept(intercept);
            String options = " positive=" + (positive ? "True" : "False") + " intercept=" + (intercept ? "True" : "False");
            for (String name : List.of("one", "several", "weighted")) {
                var model = name.equals("one") ? learner.fit(p.x, p.one)
                        : learner.fit(p.x, p.several, name.equals("weighted") ? p.weights : null);
                var e = GOLDEN.named(name + options).at("expected");
                worst.see(e, "coef", model.coefficients().toDoubleArray());
                if (intercept) worst.see(e, "intercept", model.intercept().toDoubleArray());
                else assertThat(model.intercept().abs().max().item()).isZero();
                cases++;
                if (positive) zeros += (int) model.coefficients().eq(0).to(DType.F64).sum().item();
            }
        }
        Evidence.of("largest distance of coefficients of up to 800 and intercepts, %d fits".formatted(cases), worst, atMost(1e-8));
        assertThat(zeros).isGreaterThan(20); // so many slopes that would be below 0
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 2) void streamedPartitionsMergeInAnyOrder() {
        var p = Problem.diabetes();
        var rng = Rng.of(3);
        double worst = 0, errors = 0;
        for (var keeping : StreamedLinearRegression.Keeping.values()) for (boolean weighted : new boolean[] {false, true}) {
            var whole = new LinearRegression().fit(p.x, p.several, weighted ? p.weights : null);
            for (int order = 0; order < 40; order++) {
                int[] turn = order == 0 ? new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9} : rng.permutation(10);
                var all = new StreamedLinearRegression(keeping, true);
                var pending = new StreamedLinearRegression(keeping, true);
                for (int k : turn) {
                    int from = 44 * k, n = k == 9 ? 46 : 44;
                    Tensor x = p.x.narrow(0, from, n), y = p.several.narrow(0, from, n), w = weighted ? p.weights.narrow(0, from, n) : null;
                    if (k % 3 == 0) pending = pending.add(x, y, w); // some meet elsewhere first
                    else all = all.add(x, y, w);
                }
                var model = order % 2 == 0 ? all.merge(pending).model() : pending.merge(all).model();
                // GRAM's rounding grows with the square of the condition number, 227 here.
                worst = Math.max(worst,
                        model.coefficients().sub(whole.coefficients()).abs().max().item() / whole.coefficients().abs().max().item());
                worst = Math.max(worst, model.intercept().sub(whole.intercept()).abs().max().item() / whole.intercept().abs().max().item());
                for (int t = 0; t < 3; t++) {
                    var table = whole.summary(t, 0.95).coefficients().standardErrors();
                    for (int j = 0; j < 11; j++) errors = Math.max(errors, Math.abs(model.standardErrors().item(t, j) / table[j] - 1));
                }
                assertThat(model.rows()).isEqualTo(weighted ? 442 - 64 : 442); // those of weight 0 are not rows
            }
        }
        Evidence.of("ten partitions in forty orders: largest relative distance from one fit", worst, atMost(1e-9));
        assertThat(errors).isLessThan(1e-8);
    }

    /** Columns whose singular values fall from 1 to 1e-7, and a y that is exactly their sum: the truth is a vector of ones. */
    @Test
    @Acceptance(topic = TOPIC, clause = 2) void theTriangleKeepsFourDigitsMoreThanTheGramMatrix() {
        double fewest = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(40 + seed);
            int n = 400, q = 6;
            Tensor u = Qr.of(Tensor.randn(rng, DType.F64, n, q)).q(), v = Qr.of(Tensor.randn(rng, DType.F64, q, q)).q();
            var s = new double[q];
            for (int j = 0; j < q; j++) s[j] = Math.pow(1e-7, j / (q - 1.0));
            // Rounded to 2^-40, so that sums of six are exact.
            var x = u.mul(Tensor.of(s)).matmul(v.transpose()).mul(0x1p40).round().mul(0x1p-40).compute();
            var y = x.sum(1).compute();
            double[] digits = new double[2];
            for (var keeping : StreamedLinearRegression.Keeping.values()) {
                var stream = new StreamedLinearRegression(keeping, false);
                for (int k = 0; k < 10; k++) stream = stream.add(x.narrow(0, 40 * k, 40), y.narrow(0, 40 * k, 40));
                digits[keeping.ordinal()] = -Math.log10(Math.max(1e-16, stream.model().coefficients().sub(1).abs().max().item()));
            }
            fewest = Math.min(fewest, digits[0] - digits[1]);
        }
        Evidence.of("condition 1e7, ten problems: fewest digits that the triangle keeps more", fewest, atLeast(4));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void iterationsReachTheSameSolution() {
        double worst = 0;
        var diabetes = Problem.diabetes();
        for (int seed = 0; seed < 14; seed++) {
            var rng = Rng.of(seed);
            Tensor x = seed > 11 ? diabetes.x
                    : Tensor.randn(rng, DType.F64, 80, 6).add(seed % 3 * 5).mul(Tensor.of(1.0, 10, 0.1, 3, 1, 100)).compute(),
                    y = seed > 11 ? diabetes.several
                            : x.matmul(Tensor.randn(rng, DType.F64, 6, 2)).add(Tensor.randn(rng, DType.F64, 80, 2)).add(7).compute();
            var w = Tensor.rand(rng, DType.F64, x.size(0)).add(0.1).compute();
            var learner = new LinearRegression().withIntercept(seed % 2 == 0);
            var direct = learner.fit(x, y, w);
            var sparse = Csr.fromDense(x);
            for (var model : List.of(learner.withSolver(Solver.LSQR).fit(x, y, w), learner.withSolver(Solver.GRADIENT).fit(x, y, w),
                    learner.fit(sparse, y, w), learner.withSolver(Solver.SVD).fit(x, y, w),
                    learner.withSolver(Solver.CHOLESKY).fit(x, y, w))) {
                worst = Math.max(worst, model.coefficients().sub(direct.coefficients()).abs().max().item());
                worst = Math.max(worst, model.intercept().sub(direct.intercept()).abs().max().item());
                worst = Math.max(worst, model.residuals().sub(direct.residuals()).abs().max().item());
            }
        }
        Evidence.of("LSQR, gradient, sparse LSQR, SVD, Cholesky: largest distance of a coefficient, intercept or residual from QR's", worst,
                atMost(1e-6));
        assertThatThrownBy(
                () -> new LinearRegression().withSolver(Solver.LSQR).fit(Tensor.of(new double[][] {{1}, {2}}), Tensor.of(1.0, 2)).summary())
                .hasMessageContaining("QR, SVD and CHOLESKY");
        var sparse = Csr.fromDense(Tensor.of(new double[][] {{1, 0}, {0, 2}}));
        var plain = new LinearRegression();
        assertThatThrownBy(() -> plain.fit(sparse, Tensor.of(1, Double.NaN), null)).hasMessageContaining("y is NaN at row 1");
        assertThatThrownBy(() -> plain.fit(sparse, Tensor.of(1.0, 2, 3), null)).hasMessageContaining("2 rows").hasMessageContaining("(3,)");
        var gap = Csr.fromDense(Tensor.of(new double[][] {{1, 0}, {Double.NaN, 2}}));
        assertThatThrownBy(() -> plain.fit(gap, Tensor.of(1.0, 2), null)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> plain.withPositive(true).fit(sparse, Tensor.of(1.0, 2), null)).hasMessageContaining("toDense");
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 4) void theFitIsEquivariant() {
        var p = Problem.diabetes();
        double worst = 0;
        var learners = new ArrayList<>(Arrays.stream(Solver.values()).map(new LinearRegression()::withSolver).toList());
        learners.add(new LinearRegression().withPositive(true));
        Tensor shift = Tensor.of(1e3, -20, 5);
        for (var learner : learners) {
            var before = learner.fit(p.x, p.several, p.weights);
            for (int j = 0; j < 10; j++) {
                double factor = Math.pow(10, j % 5 - 2) * 1.7;
                var scale = new double[10];
                Arrays.fill(scale, 1);
                scale[j] = factor;
                var scaled = learner.fit(p.x.mul(Tensor.of(scale)), p.several, p.weights);
                worst = Math.max(worst, departure(scaled.coefficients().mul(Tensor.of(scale)), before.coefficients()));
                worst = Math.max(worst, departure(scaled.intercept().unsqueeze(1), before.intercept().unsqueeze(1)));
            }
            var shifted = learner.fit(p.x, p.several.add(shift), p.weights);
            worst = Math.max(worst, departure(shifted.intercept().unsqueeze(1), before.intercept().add(shift).unsqueeze(1)));
            worst = Math.max(worst, departure(shifted.coefficients(), before.coefficients()));
        }
        Evidence.of("largest departure relative to each target's own, ten columns scaled and y shifted, seven ways to solve", worst,
                atMost(1e-9));
    }

    /** Of each row, beside the largest number in it. */
    private static double departure(Tensor found, Tensor expected) {
        return found.sub(expected).abs().max(1).div(expected.abs().max(1)).max().item();
    }

    @Test void nonNegativeSolutionsMeetTheirConditions() {
        for (int seed = 0; seed < 200; seed++) {
            var rng = Rng.of(seed);
            int m = 3 + rng.nextInt(20), n = 1 + rng.nextInt(8);
            Tensor a = Tensor.randn(rng, DType.F64, m, n).compute(), b = Tensor.randn(rng, DType.F64, m).compute(),
                    x = NonNegativeLeastSquares.solve(a, b), gradient = a.transpose().matmul(b.sub(a.matmul(x))).compute();
            assertThat(x.min().item()).isNotNegative();
            assertThat(gradient.max().item()).isLessThan(1e-10);
            assertThat(gradient.mul(x).abs().max().item()).isLessThan(1e-10);
        }
        assertThat(NonNegativeLeastSquares.solve(Tensor.of(new double[][] {{1, 0.2}, {0.5, 1}, {0, 0.4}}), Tensor.of(1.0, 0.1, -0.3))
                .toDoubleArray()).containsExactly(new double[] {0.84, 0}, within(1e-12));
    }

    @Test void lsqrFindsTheShortestSolutionAndTakesDamping() {
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            int m = 4 + rng.nextInt(10), n = 2 + rng.nextInt(12);
            Tensor a = Tensor.randn(rng, DType.F64, m, n).compute(), b = Tensor.randn(rng, DType.F64, m).compute();
            var found = new Lsqr().solve(LinearMap.of(a), b);
            assertThat(found.converged()).isTrue();
            assertThat(found.x().sub(PseudoInverse.of(a).solve(b)).abs().max().item()).isLessThan(1e-8);
            assertThat(found.residual()).isCloseTo(b.sub(a.matmul(found.x())).norm().item(), within(1e-8));
            var damped = new Lsqr().withDamping(0.7).solve(LinearMap.of(a), b);
            Tensor longer = Tensor.concat(0, a, Tensor.eye(DType.F64, n).mul(0.7)), sides = Tensor.concat(0, b, Tensor.zeros(DType.F64, n)),
                    told = PseudoInverse.of(longer).solve(sides);
            assertThat(damped.x().sub(told).abs().max().item()).isLessThan(1e-8);
            assertThat(damped.residual()).isCloseTo(sides.sub(longer.matmul(told)).norm().item(), within(1e-8));
        }
        assertThat(new Lsqr().solve(LinearMap.of(Tensor.ones(DType.F64, 3, 2)), Tensor.zeros(DType.F64, 3)).x().abs().max().item())
                .isZero();
    }

    @Test void polynomialsAreColumnsOfTheirOwn() {
        var x = Tensor.of(new double[][] {{2, 3}, {-1, 0.5}, {0, 1}, {1, 1}, {3, -2}, {0.5, 4}});
        var features = new PolynomialFeatures(3).fit(x);
        assertThat(features.names(List.of("a", "b"))).containsExactly("a", "b", "a^2", "a b", "b^2", "a^3", "a^2 b", "a b^2", "b^3");
        assertThat(features.transform(x).select(0, 0).toDoubleArray()).containsExactly(2, 3, 4, 6, 9, 8, 12, 18, 27);
        assertThat(new PolynomialFeatures(2).withInteractionsOnly(true).fit(x).names(List.of("a", "b"))).containsExactly("a", "b", "a b");
        var y = x.select(1, 0).square().mul(2).sub(x.select(1, 1)).add(1);
        var model = Pipeline.of(new PolynomialFeatures(2), new LinearRegression()).fit(x, y);
        assertThat(model.predict(Tensor.of(new double[][] {{-3, 10}})).item()).isCloseTo(18 - 10 + 1, within(1e-10));
        assertThatThrownBy(() -> new PolynomialFeatures(0)).hasMessageContaining("degree is 0");
    }
}
