package lyceum.learn.svm;

import static lyceum.learn.svm.KernelMethodsTest.every;
import static lyceum.learn.svm.KernelMethodsTest.standardised;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.PrecomputedKernel;
import lyceum.kernel.Rbf;
import lyceum.optim.InteriorPoint;
import lyceum.optim.QuadraticProgram;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
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

class SvmTest {
    private static final String TOPIC = "svm";
    private static final Golden GOLDEN = Golden.load("golden/svm.json");
    private static final double TOLERANCE = 1e-8;
    private static final Map<String, KernelFunction> KERNELS = new LinkedHashMap<>();

    static {
        KERNELS.put("linear", new LinearKernel());
        KERNELS.put("rbf", Rbf.ofGamma(0.03));
        KERNELS.put("poly", new PolynomialKernel(3, 0.03, 1));
    }

    private static Svm svm(KernelFunction kernel, double c) { return new Svm(kernel, c).withTolerance(TOLERANCE); }

    @TestFactory Stream<DynamicTest> contract() {
        return Stream.of(svm(new Rbf(1.5), 1), svm(new LinearKernel(), 0.3).withNu(0.3), svm(new Rbf(1.0), 2).withProbabilities(true),
                new LinearSvm(0.5).withTolerance(1e-11), new LinearSvm(0.2).withSolver(LinearSvm.Solver.PRIMAL).withTolerance(1e-11),
                new LinearSvm(0.2).withLoss(LinearSvm.Loss.HINGE).withTolerance(1e-11).withMaxIterations(1_000_000),
                new SvmRegressor(new Rbf(1.0), 3, 0.1).withTolerance(TOLERANCE))
                .flatMap(l -> LearnerContract.of(l).withTolerance(1e-5).tests());
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void decisionsAndDualObjectivesEqualScikitLearns() {
        var cancer = Datasets.breastCancer();
        var x = standardised(cancer.x());
        var diabetes = Datasets.diabetes();
        Tensor xd = standardised(diabetes.x()), yd = standardised(diabetes.y().unsqueeze(1)).squeeze(1);
        double worst = 0;
        int values = 0;
        var dual = Gap.relative();
        for (var e : KERNELS.entrySet()) {
            for (String kind : new String[] {"C", "nu", "regression"}) {
                var golden = GOLDEN.named(kind + " " + e.getKey());
                double[] ours;
                double objective;
                if (kind.equals("regression")) {
                    var model = new SvmRegressor(e.getValue(), 0.8, 0.2).withTolerance(TOLERANCE).fit(xd, yd);
                    ours = model.predict(xd).toDoubleArray();
                    objective = model.objective();
                    assertThat(model.converged()).isTrue();
                } else {
                    var model = svm(e.getValue(), 0.7).withNu(kind.equals("nu") ? 0.15 : 0).fit(x, cancer.y());
                    ours = model.decisionFunction(x).toDoubleArray();
                    objective = model.objectives()[0];
                    assertThat(model.converged()).isTrue();
                }
                double[] theirs = golden.doubles("expected.decision");
                double largest = 0, gap = 0;
                for (int i = 0; i < theirs.length; i++) {
                    largest = Math.max(largest, Math.abs(theirs[i]));
                    gap = Math.max(gap, Math.abs(ours[i] - theirs[i]));
                    values++;
                }
                worst = Math.max(worst, gap / largest);
                dual.see(golden, "expected.dual", objective);
            }
        }
        Evidence.of("decision values of nine models", values, exactly(6 * 569 + 3 * 442));
        Evidence.of("largest gap over the largest magnitude", worst, below(1e-5));
        Evidence.of("dual objectives, relative", dual, below(1e-6));
    }

    @Test void weightsClassesAndSparseRowsEqualScikitLearns() {
        var cancer = Datasets.breastCancer();
        var x = standardised(cancer.x());
        var w = Tensor.of(new Recipe(62300).uniforms(569)).add(0.3);
        var weighted = svm(KERNELS.get("rbf"), 2).withClassWeights(Map.of(0L, 3.0, 1L, 0.5)).fit(x, cancer.y(), w);
        Evidence.of("weighted", Gap.absolute().see(GOLDEN.named("weighted"), "expected.decision", every(5, weighted.decisionFunction(x))),
                below(1e-5));
        double[] count = new double[2];
        for (int label : cancer.labels()) count[label]++;
        var rbf = svm(KERNELS.get("rbf"), 2);
        var byHand = rbf.withClassWeights(Map.of(0L, 569 / (2 * count[0]), 1L, 569 / (2 * count[1]))).fit(x, cancer.y());
        Evidence.of("balanced", Gap.absolute().see("decisions",
                rbf.withBalanced(true).fit(x, cancer.y()).decisionFunction(x).toDoubleArray(), byHand.decisionFunction(x).toDoubleArray()),
                below(1e-7));
        var iris = Datasets.iris();
        var xi = standardised(iris.x());
        var model = svm(Rbf.ofGamma(0.4), 1.5).fit(xi, iris.y());
        double[] votes = model.decisionFunction(xi).toDoubleArray(), third = new double[150];
        for (int i = 0; i < 50; i++) System.arraycopy(votes, 9 * i, third, 3 * i, 3);
        Evidence.of("three classes", Gap.absolute().see(GOLDEN.named("iris"), "expected.decision", third), below(1e-5));
        assertThat(model.predict(xi).toLongArray()).isEqualTo(GOLDEN.named("iris").longs("expected.predicted"));
        for (var loss : LinearSvm.Loss.values()) {
            var golden = GOLDEN.named("linear " + loss.name().toLowerCase(Locale.ROOT));
            var linear = new LinearSvm(0.3).withLoss(loss).withTolerance(1e-10).withMaxIterations(1_000_000);
            for (var solver : LinearSvm.Solver.values()) {
                if (solver == LinearSvm.Solver.PRIMAL && loss == LinearSvm.Loss.HINGE) continue;
                var fitted = linear.withSolver(solver).fit(Csr.fromDense(x), cancer.y(), null);
                assertThat(fitted.converged()).isTrue();
                var gap = Gap.absolute().see(golden, "expected.coef", fitted.coefficients().toDoubleArray());
                gap.see(golden, "expected.intercept", fitted.intercept().item());
                gap.see("sparse rows", fitted.decisionFunction(Csr.fromDense(x)).toDoubleArray(),
                        fitted.decisionFunction(x).toDoubleArray());
                Evidence.of(loss + " " + solver, gap, below(1e-7));
            }
        }
    }

    /** KKT conditions and both objectives from the coefficients and the kernel alone. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void optimalityConditionsHoldAndTheGapIsClosed() {
        double kkt = 0, gap = 0;
        int models = 0;
        for (int seed = 0; seed < 8; seed++) {
            var rng = Rng.of(seed);
            int n = 60 + 10 * seed;
            var x = Tensor.randn(rng, DType.F64, n, 3).compute();
            var noise = Tensor.randn(rng, DType.F64, n);
            var y = x.select(1, 0).mul(x.select(1, 1)).add(noise.mul(0.4)).gt(0).to(DType.I64);
            var w = Tensor.rand(rng, DType.F64, n).add(0.2).compute();
            for (var kernel : new KernelFunction[] {new LinearKernel(), new Rbf(0.8), new PolynomialKernel(2, 0.5, 1)}) {
                for (double c : new double[] {0.1, 1, 20}) {
                    for (boolean shrinking : new boolean[] {true, false}) {
                        var model = svm(kernel, c).withShrinking(shrinking).fit(x, y, w);
                        assertThat(model.violations()[0]).isLessThan(TOLERANCE);
                        double[] f = model.decisionFunction(x).toDoubleArray(), sign = y.to(DType.F64).mul(2).sub(1).toDoubleArray(),
                                a = new double[n], coefficients = model.support().coefficients().toDoubleArray(),
                                price = w.mul(c).toDoubleArray();
                        int[] at = model.support().indices();
                        for (int s = 0; s < at.length; s++) a[at[s]] = coefficients[s] * sign[at[s]];
                        double norm = 0, slack = 0, sum = 0, balance = 0, b = model.support().intercepts().item(0);
                        for (int i = 0; i < n; i++) {
                            double margin = sign[i] * f[i];
                            assertThat(a[i]).isBetween(0.0, price[i]);
                            // a = 0: margin at least 1; a = C: at most 1; between: 1
                            if (a[i] < price[i]) kkt = Math.max(kkt, 1 - margin);
                            if (a[i] > 0) kkt = Math.max(kkt, margin - 1);
                            norm += a[i] * sign[i] * (f[i] - b);
                            slack += price[i] * Math.max(0, 1 - margin);
                            sum += a[i];
                            balance += a[i] * sign[i];
                        }
                        kkt = Math.max(kkt, Math.abs(balance));
                        double primal = 0.5 * norm + slack, dual = sum - 0.5 * norm;
                        gap = Math.max(gap, Math.abs(primal - dual));
                        models++;
                    }
                }
            }
        }
        // The tolerance bounds the difference of two rows; the intercept lies between them.
        Evidence.of("models", models, exactly(144));
        Evidence.of("largest violation", kkt, below(TOLERANCE));
        Evidence.of("duality gap", gap, below(1e-4));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void theStreetIsTheWidestThatAQuadraticProgramFinds() {
        double width = 0, points = 0;
        int sets = 0;
        for (int seed = 0; seed < 50; seed++) {
            var rng = Rng.of(900 + seed);
            int n = 12 + rng.nextInt(30), p = 2 + rng.nextInt(4);
            double[] direction = new double[p];
            for (int j = 0; j < p; j++) direction[j] = rng.nextGaussian();
            double[][] x = new double[n][p];
            long[] y = new long[n];
            for (int i = 0; i < n; i++) {
                double side = 0;
                y[i] = i % 3 == 0 ? 1 : 0;
                // Drawn until the row is on its side of a plane, half a unit off it.
                do {
                    side = 0.4;
                    for (int j = 0; j < p; j++) {
                        x[i][j] = 1.5 * rng.nextGaussian();
                        side += direction[j] * x[i][j];
                    }
                } while (y[i] == 1 ? side < 0.5 : side > -0.5);
            }
            var rows = Tensor.of(x);
            var model = svm(new LinearKernel(), 1e6).fit(rows, Tensor.of(y));
            double[] w = model.support().coefficients().matmul(model.support().vectors()).toDoubleArray();
            double square = 0;
            for (double v : w) square += v * v;
            double ours = 2 / Math.sqrt(square), nearest = Double.POSITIVE_INFINITY;
            // min |w|^2 / 2 with y (w . x + b) >= 1, in (w, b)
            double[][] quadratic = new double[p + 1][p + 1], g = new double[n][p + 1];
            for (int j = 0; j < p; j++) quadratic[j][j] = 1;
            double[] h = new double[n], f = model.decisionFunction(rows).toDoubleArray();
            for (int i = 0; i < n; i++) {
                double sign = y[i] == 1 ? 1 : -1;
                for (int j = 0; j < p; j++) g[i][j] = -sign * x[i][j];
                g[i][p] = -sign;
                h[i] = -1;
                nearest = Math.min(nearest, sign * f[i] / Math.sqrt(square));
            }
            double[] best = new InteriorPoint().minimize(QuadraticProgram.of(quadratic, new double[p + 1]).withInequalities(g, h)).x();
            double norm = 0;
            for (int j = 0; j < p; j++) norm += best[j] * best[j];
            width = Math.max(width, Math.abs(ours - 2 / Math.sqrt(norm)));
            points = Math.max(points, Math.abs(2 * nearest - ours));
            sets++;
        }
        Evidence.of("separable sets", sets, exactly(50));
        Evidence.of("2 / |w| against the quadratic program", width, below(1e-5));
        Evidence.of("2 / |w| against twice the distance of the nearest row", points, below(1e-5));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void withoutTheOthersTheSolutionStays() {
        double classes = 0, numbers = 0;
        int deleted = 0, kept = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(40 + seed);
            var x = Tensor.randn(rng, DType.F64, 150, 2).compute();
            var y = x.select(1, 0).square().add(x.select(1, 1)).add(Tensor.randn(rng, DType.F64, 150).mul(0.3)).compute();
            var labels = y.gt(0.7).to(DType.I64);
            var fresh = Tensor.randn(rng, DType.F64, 40, 2);
            for (var kernel : new KernelFunction[] {new LinearKernel(), new Rbf(1.0)}) {
                var svm = svm(kernel, 2);
                var model = svm.fit(x, labels);
                int[] support = model.support().indices();
                var again = svm.fit(x.rows(support), labels.rows(support));
                classes = Math.max(classes, again.decisionFunction(fresh).sub(model.decisionFunction(fresh)).abs().max().item());
                var regressor = new SvmRegressor(kernel, 2, 0.3).withTolerance(TOLERANCE);
                var line = regressor.fit(x, y);
                int[] outside = line.support().indices();
                numbers = Math.max(numbers,
                        regressor.fit(x.rows(outside), y.rows(outside)).predict(fresh).sub(line.predict(fresh)).abs().max().item());
                deleted += 300 - support.length - outside.length;
                kept += support.length + outside.length;
            }
        }
        Evidence.of("rows deleted", deleted, above(1500));
        Evidence.of("rows kept", kept, above(500));
        Evidence.of("change of decisions", classes, below(1e-4));
        Evidence.of("change of predictions", numbers, below(1e-4));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void rbfSeparatesCirclesWhereLinesFail() {
        double worst = 1, best = 0;
        for (int seed = 0; seed < 10; seed++) {
            var train = Datasets.circles(Rng.of(seed), 1000, 0.6, 0.06);
            var test = Datasets.circles(Rng.of(1000 + seed), 1000, 0.6, 0.06);
            worst = Math.min(worst, new Svm(Rbf.ofVariance(train.x()), 1).fit(train.x(), train.y()).score(test.x(), test.y()));
            best = Math.max(best, new Svm(new LinearKernel(), 1).fit(train.x(), train.y()).score(test.x(), test.y()));
        }
        Evidence.of("least accuracy of RBF on new points of ten draws", worst, atLeast(0.99));
        Evidence.of("largest accuracy of a line", best, atMost(0.6));
    }

    /** nu bounds margin errors from above and support vectors from below; half a street is 1 after the division by rho. */
    @Test void nuIsAShare() {
        var data = Datasets.moons(Rng.of(5), 200, 0.25);
        for (double nu : new double[] {0.1, 0.3, 0.6}) {
            var model = svm(Rbf.ofGamma(2), 1).withNu(nu).fit(data.x(), data.y());
            double[] f = model.decisionFunction(data.x()).toDoubleArray();
            int errors = 0;
            for (int i = 0; i < 200; i++) if ((data.labels()[i] == 1 ? f[i] : -f[i]) < 1 - 1e-6) errors++;
            assertThat(errors / 200.0).isLessThanOrEqualTo(nu);
            assertThat(model.support().count() / 200.0).isGreaterThanOrEqualTo(nu);
        }
    }

    @Test void smallCachesAndPrecomputedMatricesGiveTheSame() {
        var rng = Rng.of(3);
        var x = Tensor.randn(rng, DType.F64, 700, 4).compute();
        var y = x.square().sum(1).gt(3.4).to(DType.I64);
        var svm = svm(new Rbf(1.3), 3);
        var model = svm.fit(x, y);
        // 1 MB holds 178 of 700 rows.
        var cached = svm.withCacheMegabytes(1).fit(x, y);
        Evidence.of("small cache", cached.decisionFunction(x).sub(model.decisionFunction(x)).abs().max().item(), below(1e-6));
        var gram = new Rbf(1.3).gram(x);
        var given = svm.withKernel(new PrecomputedKernel()).fit(gram, y);
        Evidence.of("precomputed", given.decisionFunction(gram).sub(model.decisionFunction(x)).abs().max().item(), below(1e-6));
        assertThat(given.support().indices()).isEqualTo(model.support().indices());
        var rows = new GramRows(new Rbf(1.3), x.toRows(), 1_000_000);
        for (int pass = 0; pass < 3; pass++) for (int i = 0; i < 178; i++) rows.row(i);
        assertThat(rows.computed).isEqualTo(178);
        var whole = new GramRows(new Rbf(1.3), x.toRows(), 10_000_000);
        double off = 0;
        for (int i = 0; i < 178; i++) for (int j = 0; j < 700; j++) off = Math.max(off, Math.abs(rows.row(i)[j] - whole.row(i)[j]));
        Evidence.of("rows one by one and the matrix", off, below(1e-12));
    }

    @Test void probabilitiesAreCalibratedAndCouple() {
        var rng = Rng.of(8);
        int n = 900;
        var x = Tensor.randn(rng, DType.F64, n, 2).compute();
        double[] score = x.select(1, 0).mul(1.5).toDoubleArray();
        long[] y = new long[n];
        for (int i = 0; i < n; i++) y[i] = rng.nextDouble() < 1 / (1 + Math.exp(-score[i])) ? 9 : 4;
        var model = new Svm(new LinearKernel(), 0.5).withProbabilities(true).fit(x, Tensor.of(y));
        double[] p = model.predictProba(x).select(1, 1).toDoubleArray();
        double off = 0;
        for (int i = 0; i < n; i++) off += Math.abs(p[i] - 1 / (1 + Math.exp(-score[i]))) / n;
        Evidence.of("mean distance from the true probability", off, below(0.04));
        // Pairs that come from one p give it back.
        double[] truth = {0.5, 0.1, 0.15, 0.25};
        var r = new double[4][4];
        for (int a = 0; a < 4; a++) for (int b = 0; b < 4; b++) r[a][b] = truth[a] / (truth[a] + truth[b]);
        Evidence.of("coupling", Gap.absolute().see("p", SvmModel.couple(r), truth), below(1e-12));
    }

    @Test void badArgumentsAreNamed() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 10, 2);
        var y = Tensor.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
        assertThatThrownBy(() -> new Svm(new Rbf(1.0), 0)).hasMessageContaining("c is 0.0");
        assertThatThrownBy(() -> svm(new Rbf(1.0), 1).withNu(0.5).fit(x, y)).hasMessageContaining("at most 0.2");
        assertThatThrownBy(() -> svm(new Rbf(1.0), 1).withClassWeights(Map.of(4L, 0.0))).hasMessageContaining("class 4 is 0.0");
        assertThatThrownBy(() -> new LinearSvm(1).withLoss(LinearSvm.Loss.HINGE).withSolver(LinearSvm.Solver.PRIMAL))
                .hasMessageContaining("kinks");
        var stopped = svm(new Rbf(1.0), 100).withMaxIterations(2).fit(x, y);
        assertThat(stopped.converged()).isFalse();
    }
}
