package lyceum.learn.svm;

import static lyceum.learn.svm.KernelMethodsTest.standardised;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.Laplacian;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.Matern;
import lyceum.kernel.Mmd;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.PrecomputedKernel;
import lyceum.kernel.Rbf;
import lyceum.kernel.RkhsFunction;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Ridge;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class KernelMachineTest {
    private static final String TOPIC = "rkhs";
    private static final KernelFunction BROWNIAN = (s, t) -> Math.min(s[0], t[0]);
    private static final MachineLoss[] LOSSES = {new MachineLoss.Squared(), new MachineLoss.Logistic(), new MachineLoss.Hinge(),
            new MachineLoss.Quantile(0.3), new MachineLoss.EpsilonInsensitive(0.2)};

    @TestFactory Stream<DynamicTest> contract() {
        return Stream
                .of(new KernelMachine(new Rbf(1.5), new MachineLoss.Squared(), 0.5),
                        new KernelMachine(new Matern(1.5, 20.0), new MachineLoss.Quantile(0.4), 0.01),
                        new KernelMachine(new LinearKernel(), new MachineLoss.EpsilonInsensitive(0.1), 0.5))
                .flatMap(l -> LearnerContract.of(l).withTolerance(1e-5).tests());
    }

    /** Golden predictions of scikit-learn's KernelRidge, made for the topic of kernel methods; half a square has lambda = alpha. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void squaredLossEqualsScikitLearnsKernelRidge() {
        var data = Datasets.diabetes();
        Tensor x = standardised(data.x()), y = data.y().sub(data.y().mean()).compute(),
                w = Tensor.of(new Recipe(62201).uniforms(442)).add(0.2);
        var fresh = Tensor.of(new Recipe(62200).matrix(20, 10));
        var gap = Gap.relativeBeyondOne();
        for (var c : Golden.load("golden/kernel-methods.json").cases("ridge")) {
            var machine = new KernelMachine(Rbf.ofGamma(c.number("input.gamma")), new MachineLoss.Squared(), c.number("input.alpha"));
            gap.see(c, "expected.one", machine.fit(x, y).predict(fresh).toDoubleArray());
            gap.see(c, "expected.weighted", machine.fit(x, y, w).predict(fresh).toDoubleArray());
            gap.see(c, "expected.polynomial",
                    machine.withKernel(new PolynomialKernel(2, c.number("input.gamma"), 1)).fit(x, y).predict(fresh).toDoubleArray());
        }
        Evidence.of("predictions", gap.seen(), exactly(120));
        Evidence.of("gap", gap, below(1e-8));
    }

    private static RkhsFunction random(KernelFunction kernel, Rng rng, int n, int p, boolean unit) {
        var centres = unit ? Tensor.rand(rng, DType.F64, n, p) : Tensor.randn(rng, DType.F64, n, p);
        return new RkhsFunction(kernel, centres, Tensor.randn(rng, DType.F64, n));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theKernelReproducesAndInnerProductsAreThoseOfTheSpace() {
        Gap values = Gap.relativeBeyondOne(), integral = Gap.relativeBeyondOne(), features = Gap.relativeBeyondOne();
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            for (var kernel : new KernelFunction[] {new Rbf(0.8), new Laplacian(0.7), new PolynomialKernel(3, 0.5, 1)}) {
                var f = random(kernel, rng, 3 + seed, 2, false);
                double[] x = {rng.nextGaussian(), rng.nextGaussian()}, a = f.coefficients().toDoubleArray();
                double[][] centres = f.centres().toRows();
                double sum = 0;
                for (int i = 0; i < a.length; i++) sum += a[i] * kernel.of(centres[i], x);
                values.see("inner product", f.inner(RkhsFunction.evaluation(kernel, x)), sum);
                values.see("value", f.at(x), sum);
            }
            RkhsFunction f = random(BROWNIAN, rng, 2 + seed, 1, true), g = random(BROWNIAN, rng, 9, 1, true);
            // f' is constant between centres: sum of the coefficients of the centres beyond.
            double[] cuts = Stream.of(f.centres().toDoubleArray(), g.centres().toDoubleArray(), new double[] {0, 1})
                    .flatMapToDouble(Arrays::stream).sorted().toArray();
            double exact = 0;
            for (int c = 1; c < cuts.length; c++) {
                double t = 0.5 * (cuts[c - 1] + cuts[c]);
                exact += (cuts[c] - cuts[c - 1]) * slope(f, t) * slope(g, t);
            }
            integral.see("seed " + seed, f.inner(g), exact);
            var polynomial = new PolynomialKernel(2, 0.7, 0.5);
            RkhsFunction u = random(polynomial, rng, 3 + seed, 3, false), v = random(polynomial, rng, 12, 3, false);
            features.see("seed " + seed, u.inner(v), explicit(u).mul(explicit(v)).sum().item());
        }
        Evidence.of("<f, k(x, .)> and f(x)", values, below(1e-10));
        Evidence.of("min(s, t): the integral of f' g'", integral, below(1e-10));
        Evidence.of("degree 2: the dot product of explicit features", features, below(1e-10));
    }

    private static double slope(RkhsFunction f, double t) {
        double[] x = f.centres().toDoubleArray(), a = f.coefficients().toDoubleArray();
        double sum = 0;
        for (int i = 0; i < x.length; i++) if (t < x[i]) sum += a[i];
        return sum;
    }

    /** {@code sum_i a_i phi(x_i)} with (0.5, sqrt(0.7) x_j, 0.7 sqrt(2) x_j x_l, 0.7 x_j^2), as (0.7 x.z + 0.5)^2 multiplies out. */
    private static Tensor explicit(RkhsFunction f) {
        double[][] x = f.centres().toRows();
        double[] a = f.coefficients().toDoubleArray(), out = new double[10];
        for (int i = 0; i < a.length; i++) {
            int at = 0;
            out[at++] += a[i] * 0.5;
            for (int j = 0; j < 3; j++) {
                out[at++] += a[i] * Math.sqrt(0.7) * x[i][j];
                out[at++] += a[i] * 0.7 * x[i][j] * x[i][j];
                for (int l = 0; l < j; l++) out[at++] += a[i] * 0.7 * Math.sqrt(2) * x[i][j] * x[i][l];
            }
        }
        return Tensor.of(out);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void valuesAreBoundedByTheNorm() {
        double worst = Double.NEGATIVE_INFINITY, tightest = 0, equality = 0;
        int points = 0;
        var rng = Rng.of(5);
        for (var kernel : new KernelFunction[] {new Rbf(0.7), new PolynomialKernel(2), new Matern(1.5, 1.2), new LinearKernel(),
                new Laplacian(1)}) {
            for (int r = 0; r < 4; r++) {
                var f = random(kernel, rng, 2 + 4 * r, 2, false);
                var x = Tensor.randn(rng, DType.F64, 500, 2).mul(1.5);
                double[] value = f.at(x).toDoubleArray();
                double[][] rows = x.toRows(), centres = f.centres().toRows();
                double[] a = f.coefficients().toDoubleArray();
                double square = 0;
                for (int i = 0; i < a.length; i++)
                    for (int j = 0; j < a.length; j++) square += a[i] * a[j] * kernel.of(centres[i], centres[j]);
                equality = Math.max(equality, Math.abs(f.norm() / Math.sqrt(square) - 1));
                for (int i = 0; i < 500; i++) {
                    double bound = f.norm() * Math.sqrt(kernel.of(rows[i], rows[i]));
                    worst = Math.max(worst, Math.abs(value[i]) - bound * (1 + 1e-12));
                    tightest = Math.max(tightest, Math.abs(value[i]) / bound);
                    points++;
                }
                // At its own centre k(x, .) meets the bound.
                var unit = RkhsFunction.evaluation(kernel, rows[0]);
                equality = Math.max(equality, Math.abs(unit.at(rows[0]) / (unit.norm() * Math.sqrt(kernel.of(rows[0], rows[0]))) - 1));
            }
        }
        Evidence.of("points", points, exactly(10_000));
        Evidence.of("largest excess", worst, atMost(0));
        Evidence.of("nearest to the bound", tightest, above(0.95));
        Evidence.of("norms by hand, and equality at a centre", equality, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void extraCentresAreOfNoUse() {
        double fall = 0, rise = 0, smooth = 0, kinked = 0, check = 0;
        int problems = 0;
        for (int seed = 0; seed < 2; seed++) {
            for (var kernel : new KernelFunction[] {new Laplacian(0.8), new Matern(1.5, 0.6)}) {
                for (var loss : LOSSES) {
                    var rng = Rng.of(20 + seed);
                    int n = 30;
                    Tensor x = Tensor.randn(rng, DType.F64, n, 2).mul(2).compute(),
                            extra = Tensor.randn(rng, DType.F64, 100, 2).mul(2).compute();
                    var y = x.select(1, 0).sin().add(Tensor.randn(rng, DType.F64, n).mul(0.3)).compute();
                    if (loss.isForSigns()) y = Tensor.where(y.gt(0), Tensor.ones(DType.F64, n), Tensor.ones(DType.F64, n).neg()).compute();
                    var machine = new KernelMachine(kernel, loss, 1);
                    KernelMachineModel plain = machine.fit(x, y), wide = machine.fit(x, y, null, extra);
                    assertThat(wide.function().centres().size(0)).isEqualTo(130);
                    fall = Math.max(fall, plain.objective() - wide.objective());
                    rise = Math.max(rise, wide.objective() - plain.objective());
                    // The objective from the function itself.
                    double[] f = wide.function().at(x).toDoubleArray(), target = y.toDoubleArray();
                    double objective = 0.5 * wide.function().squaredNorm();
                    for (int i = 0; i < n; i++) objective += loss.of(target[i], f[i]);
                    check = Math.max(check, Math.abs(objective - wide.objective()));
                    // The function of the training span with the same values there is the projection.
                    var projection = new RkhsFunction(kernel, x, Cholesky.of(kernel.gram(x)).solve(wide.function().at(x)));
                    double off = wide.function().distance(projection);
                    if (loss instanceof MachineLoss.Squared || loss instanceof MachineLoss.Logistic) smooth = Math.max(smooth, off);
                    else kinked = Math.max(kinked, off);
                    problems++;
                }
            }
        }
        Evidence.of("problems", problems, exactly(20));
        Evidence.of("largest fall of an objective", fall, atMost(1e-8));
        Evidence.of("largest rise", rise, below(1e-8));
        Evidence.of("objectives against the functions'", check, below(1e-8));
        Evidence.of("off the span, squared and logistic", smooth, atMost(1e-6));
        Evidence.of("off the span, hinge, quantile and epsilon-insensitive", kinked, atMost(1.5e-4));
    }

    /** The kinked losses against solvers of other kinds: the minimum cannot be improved by moving along any coefficient. */
    @Test void noCoefficientImprovesTheObjective() {
        for (var loss : LOSSES) {
            var rng = Rng.of(9);
            int n = 15;
            var x = Tensor.randn(rng, DType.F64, n, 2).compute();
            double[] y = new double[n], w = new double[n];
            for (int i = 0; i < n; i++) {
                y[i] = loss.isForSigns() ? rng.nextDouble() < 0.5 ? 1 : -1 : rng.nextGaussian();
                w[i] = 0.5 + rng.nextDouble();
            }
            var kernel = new Rbf(0.6);
            var model = new KernelMachine(kernel, loss, 0.3).fit(x, Tensor.of(y), Tensor.of(w));
            double[][] k = kernel.gram(x).toRows();
            double[] a = model.function().coefficients().toDoubleArray();
            double best = objective(k, a, y, w, loss, 0.3);
            assertThat(best).isCloseTo(model.objective(), within(1e-9));
            for (int trial = 0; trial < 2000; trial++) {
                double[] moved = a.clone();
                double size = Math.pow(10, -1 - 4 * rng.nextDouble());
                if (trial % 2 == 0) moved[rng.nextInt(n)] += size * rng.nextGaussian();
                else for (int i = 0; i < n; i++) moved[i] += size * rng.nextGaussian();
                assertThat(objective(k, moved, y, w, loss, 0.3)).as(loss.toString()).isGreaterThan(best - 1e-9);
            }
        }
    }

    private static double objective(double[][] k, double[] a, double[] y, double[] w, MachineLoss loss, double lambda) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double f = 0;
            for (int j = 0; j < a.length; j++) f += k[i][j] * a[j];
            sum += 0.5 * lambda * a[i] * f + w[i] * loss.of(y[i], f);
        }
        return sum;
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theLinearKernelGivesPrimalRidgeAndLogisticRegression() {
        Gap ridge = Gap.absolute(), logistic = Gap.absolute();
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(60 + seed);
            int n = 40 + 10 * seed, p = 2 + seed;
            Tensor x = Tensor.randn(rng, DType.F64, n, p).compute(), fresh = Tensor.randn(rng, DType.F64, 20, p);
            var y = x.matmul(Tensor.randn(rng, DType.F64, p)).add(Tensor.randn(rng, DType.F64, n)).compute();
            double lambda = 0.2 + seed;
            var labels = y.gt(0).to(DType.I64);
            var signs = labels.to(DType.F64).mul(2).sub(1);
            KernelMachine square = new KernelMachine(new LinearKernel(), new MachineLoss.Squared(), lambda),
                    log = square.withLoss(new MachineLoss.Logistic());
            for (var weights : new Tensor[] {null, Tensor.rand(rng, DType.F64, n).add(0.2).compute()}) {
                ridge.see("ridge", square.fit(x, y, weights).predict(fresh).toDoubleArray(),
                        new Ridge(lambda).withIntercept(false).fit(x, y, weights).predict(fresh).toDoubleArray());
                var primal = new LogisticRegression().withC(1 / lambda).withIntercept(false).withTolerance(1e-12).fit(x, labels, weights);
                logistic.see("logistic", log.fit(x, signs, weights).predict(fresh).toDoubleArray(),
                        primal.decisionFunction(fresh).toDoubleArray());
            }
        }
        Evidence.of("ridge", ridge, below(1e-10));
        Evidence.of("logistic", logistic, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void theTwoSampleTestKeepsItsLevel() {
        int rejected = 0, powerful = 0;
        for (int run = 0; run < 1000; run++) {
            var rng = Rng.of(7000 + run);
            // Skewed, of unequal sizes.
            Tensor x = Tensor.randn(rng, DType.F64, 18, 2).exp().compute(), y = Tensor.randn(rng, DType.F64, 24, 2).exp().compute();
            var mmd = new Mmd(Rbf.ofMedianDistance(Tensor.concat(0, x, y)));
            if (mmd.test(x, y, 99, rng).rejects(0.05)) rejected++;
            if (run < 100 && mmd.test(x, y.add(1), 99, rng).rejects(0.05)) powerful++;
        }
        Evidence.of("share of 1,000 runs in which equal laws are told apart", rejected / 1000.0, between(0.03, 0.07));
        Evidence.of("of 100 runs with laws one apart", powerful, atLeast(80));
    }

    @Test void meanEmbeddingsAndErrors() {
        var rng = Rng.of(3);
        Tensor x = Tensor.randn(rng, DType.F64, 12, 2), y = Tensor.randn(rng, DType.F64, 9, 2);
        var kernel = new Rbf(1.0);
        RkhsFunction f = random(kernel, rng, 6, 2, false), mean = RkhsFunction.mean(kernel, x);
        Evidence.of("mean of f", Math.abs(f.inner(mean) - f.at(x).mean().item()), below(1e-13));
        double distance = mean.distance(RkhsFunction.mean(kernel, y));
        Evidence.of("MMD", Math.abs(distance * distance - new Mmd(kernel).biasedSquared(x, y)), below(1e-13));
        var given = new KernelMachine(new PrecomputedKernel(), new MachineLoss.Squared(), 0.5);
        assertThat(given.tags()).containsExactly(Tag.PAIRWISE);
        double off = given.fit(kernel.gram(x), x.select(1, 0)).predict(kernel.gram(y, x))
                .sub(given.withKernel(kernel).fit(x, x.select(1, 0)).predict(y)).abs().max().item();
        Evidence.of("a precomputed matrix", off, below(1e-12));
        assertThatThrownBy(() -> f.inner(random(new Rbf(2.0), rng, 3, 2, false))).hasMessageContaining("differ");
        assertThatThrownBy(() -> new RkhsFunction(kernel, x, Tensor.of(1.0))).hasMessageContaining("one coefficient for each row");
        assertThatThrownBy(() -> new KernelMachine(kernel, new MachineLoss.Hinge(), 1).fit(x, x.select(1, 0)))
                .hasMessageContaining("1 and -1");
        assertThatThrownBy(() -> new MachineLoss.Quantile(1)).hasMessageContaining("tau is 1.0");
    }
}
