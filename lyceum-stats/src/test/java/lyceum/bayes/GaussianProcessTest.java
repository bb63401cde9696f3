package lyceum.bayes;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.kernel.ConstantKernel;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.Matern;
import lyceum.kernel.Periodic;
import lyceum.kernel.RationalQuadratic;
import lyceum.kernel.Rbf;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class GaussianProcessTest {
    private static final Golden GOLDEN = Golden.load("golden/gaussian-process.json");

    private static KernelFunction kernel(String name) {
        return switch (name) {
            case "rbf" -> new Rbf(0.8, 1.5).times(1.7);
            case "matern + rq" -> new Matern(1.5, 0.9).plus(new RationalQuadratic(0.7, 1.2).times(0.6));
            case "matern ard" -> new Matern(2.5, 0.7, 1.9).times(2.2);
            case "periodic" -> new Periodic(2.3, 1.1).times(new Rbf(2.0));
            case "linear" -> new LinearKernel().plus(new ConstantKernel(0.36)).plus(new Rbf(1.0));
            default -> new Matern(0.5, 1.4).times(1.3);
        };
    }

    private static Tensor column(double... x) { return Tensor.of(x).reshape(x.length, 1); }

    @Test
    @Acceptance(topic = "gaussian-process", clause = 1) void posteriorsAndLikelihoodsAreScikitLearns() {
        Gap mean = Gap.relativeBeyondOne(), covariance = Gap.relativeBeyondOne(), likelihood = Gap.relativeBeyondOne(),
                gradient = Gap.relativeBeyondOne();
        int kernels = 0;
        for (var c : GOLDEN.cases("fixed")) {
            Tensor x = Tensor.of(c.matrix("input.x")), y = Tensor.of(c.doubles("input.y")), z = Tensor.of(c.matrix("input.z")),
                    extra = Tensor.of(c.doubles("input.extra"));
            var process = new GaussianProcess(kernel(c.text("input.kernel")), c.number("input.noise"));
            var posterior = process.condition(x, y, extra);
            mean.see(c, "expected.mean", posterior.mean(z).toDoubleArray());
            covariance.see(c, "expected.covariance", posterior.covariance(z).reshape(16).toDoubleArray());
            covariance.see("variances", posterior.variance(z).toDoubleArray(), diagonal(c.doubles("expected.covariance")));
            var found = process.likelihood(x, y, extra);
            likelihood.see(c, "expected.likelihood", found.value());
            likelihood.see(c, "expected.likelihood", posterior.logMarginalLikelihood());
            gradient.see(c, "expected.gradient", found.gradient());
            kernels++;
        }
        Evidence.of("kernels", kernels, exactly(6));
        Evidence.of("means", mean.worst(), below(1e-9));
        Evidence.of("covariances", covariance.worst(), below(1e-9));
        Evidence.of("log marginal likelihoods", likelihood.worst(), below(1e-9));
        Evidence.of("their gradients", gradient.worst(), below(1e-6));
    }

    private static double[] diagonal(double[] flat) { return new double[] {flat[0], flat[5], flat[10], flat[15]}; }

    @Test
    @Acceptance(topic = "gaussian-process", clause = 2) void theMeanIsKernelRidge() {
        Gap gap = Gap.absolute();
        int sets = 0;
        for (var c : GOLDEN.cases("ridge")) {
            var process = new GaussianProcess(Rbf.ofGamma(c.number("input.gamma")), c.number("input.noise"));
            Tensor x = Tensor.of(c.matrix("input.x")), y = Tensor.of(c.doubles("input.y")), z = Tensor.of(c.matrix("input.z"));
            gap.see(c, "expected.mean", process.condition(x, y).mean(z).toDoubleArray());
            sets++;
        }
        Evidence.of("data sets", sets, exactly(3));
        Evidence.of("mean against scikit-learn's kernel ridge", gap.worst(), below(1e-10));
    }

    @Test
    @Acceptance(topic = "gaussian-process", clause = 3) void fittedLikelihoodsReachScikitLearns() {
        double least = Double.POSITIVE_INFINITY;
        int sets = 0;
        for (var c : GOLDEN.cases("fit")) {
            KernelFunction kernel = (sets < 2 ? new Rbf(1.0) : new Matern(1.5, 1.0)).times(1);
            Tensor x = Tensor.of(c.matrix("input.x")), y = Tensor.of(c.doubles("input.y"));
            var fitted = new GaussianProcess(kernel, 0.1).withRestarts(8).fit(x, y, Rng.of(7));
            least = Math.min(least, fitted.logMarginalLikelihood() - c.number("expected.likelihood"));
            // what it reports is the likelihood of the parameters that it gives
            assertThat(fitted.process().condition(x, y).logMarginalLikelihood()).isEqualTo(fitted.logMarginalLikelihood());
            sets++;
        }
        Evidence.of("data sets", sets, exactly(3));
        Evidence.of("fitted likelihood less scikit-learn's, the least", least, atLeast(-1e-3));
    }

    @Test void restartsLeaveTheOptimumThatCallsEverythingNoise() {
        var rng = Rng.of(12);
        var x = new double[16];
        var y = new double[16];
        for (int i = 0; i < 16; i++) {
            x[i] = 0.6 * i;
            y[i] = Math.sin(2 * x[i]) + 0.1 * rng.nextGaussian();
        }
        var process = new GaussianProcess(new Rbf(20.0), 1);
        var stuck = process.fit(column(x), Tensor.of(y), Rng.of(1));
        var free = process.withRestarts(30).fit(column(x), Tensor.of(y), Rng.of(1));
        assertThat(stuck.process().noise()).isGreaterThan(0.3);
        assertThat(free.process().noise()).isLessThan(0.05);
        assertThat(free.logMarginalLikelihood()).isGreaterThan(stuck.logMarginalLikelihood() + 2);
    }

    /** {@code root z} of a covariance, by a factorisation written out here. */
    private static double[] curve(KernelFunction kernel, double[] x, Rng rng) {
        int n = x.length;
        var l = new double[n][n];
        var f = new double[n];
        var z = new double[n];
        for (int i = 0; i < n; i++) {
            z[i] = rng.nextGaussian();
            for (int j = 0; j <= i; j++) {
                double sum = kernel.of(new double[] {x[i]}, new double[] {x[j]}) + (i == j ? 1e-9 : 0);
                for (int k = 0; k < j; k++) sum -= l[i][k] * l[j][k];
                l[i][j] = i == j ? Math.sqrt(sum) : sum / l[j][j];
                f[i] += l[i][j] * z[j];
            }
        }
        return f;
    }

    @Test
    @Acceptance(topic = "gaussian-process", clause = 4) void bandsCoverDrawsFromThePrior() {
        KernelFunction[] kernels = {new Matern(1.5, 0.7).times(2), new Matern(0.5, 2), new Matern(2.5, 0.4).times(0.5)};
        var rng = Rng.of(95);
        int inside = 0, measured = 0, all = 0, runs = 0;
        for (; runs < 200; runs++) {
            var kernel = kernels[runs % 3];
            int n = 5 + runs % 4 * 8;
            double noise = 0.05 + 0.1 * (runs % 3);
            double[] x = new double[n + 100];
            for (int i = 0; i < x.length; i++) x[i] = 5 * rng.nextDouble();
            double[] f = curve(kernel, x, rng), y = Arrays.copyOf(f, n);
            for (int i = 0; i < n; i++) y[i] += Math.sqrt(noise) * rng.nextGaussian();
            var posterior = new GaussianProcess(kernel, noise).condition(column(Arrays.copyOf(x, n)), Tensor.of(y));
            Tensor z = column(Arrays.copyOfRange(x, n, n + 100));
            double[] m = posterior.mean(z).toDoubleArray(), v = posterior.variance(z).toDoubleArray();
            for (int i = 0; i < 100; i++, all++) {
                if (Math.abs(f[n + i] - m[i]) <= 1.959964 * Math.sqrt(v[i])) inside++;
                double seen = f[n + i] + Math.sqrt(noise) * rng.nextGaussian();
                if (Math.abs(seen - m[i]) <= 1.959964 * Math.sqrt(v[i] + noise)) measured++;
            }
        }
        Evidence.of("runs", runs, exactly(200));
        Evidence.of("share of the curve's values within 95% bands", (double) inside / all, between(0.93, 0.97));
        Evidence.of("share of new measurements within theirs", (double) measured / all, between(0.93, 0.97));
    }

    @Test
    @Acceptance(topic = "gaussian-process", clause = 5) void theSparseBoundStaysBelowAndTouches() {
        var rng = Rng.of(2_009);
        double most = Double.NEGATIVE_INFINITY, touch = 0, means = 0, variances = 0, gradient = 0;
        int bounds = 0;
        for (int set = 0; set < 8; set++) {
            int n = 20 + 5 * set;
            var x = new double[n];
            var y = new double[n];
            for (int i = 0; i < n; i++) x[i] = 6 * rng.nextDouble();
            for (int i = 0; i < n; i++) y[i] = Math.sin(2 * x[i]) + 0.3 * rng.nextGaussian() + 1;
            KernelFunction kernel = set % 2 == 0 ? new Rbf(0.3 + 0.2 * rng.nextDouble()).times(1 + rng.nextDouble())
                    : new Matern(1.5, 0.8).times(1.5);
            var process = new GaussianProcess(kernel, 0.05 + 0.2 * rng.nextDouble()).withMean(row -> 1 + 0.1 * row[0]);
            Tensor points = column(x), targets = Tensor.of(y), z = column(-1, 0.3, 2.2, 4.4, 7);
            var exact = process.condition(points, targets);
            for (int m = 1; m <= n; m += 3, bounds++) {
                // random inducing points, off the data; then rows of the data
                var some = new double[m];
                for (int i = 0; i < m; i++) some[i] = 6 * rng.nextDouble();
                for (Tensor u : new Tensor[] {column(some), SparseGaussianProcess.inducing(kernel, points, m)}) {
                    var sparse = SparseGaussianProcess.of(process, points, targets, u);
                    most = Math.max(most, sparse.bound() - exact.logMarginalLikelihood());
                }
            }
            var full = SparseGaussianProcess.of(process, points, targets, points);
            touch = Math.max(touch, Math.abs(full.bound() - exact.logMarginalLikelihood()));
            means = Math.max(means, full.mean(z).sub(exact.mean(z)).abs().max().item());
            variances = Math.max(variances, full.variance(z).sub(exact.variance(z)).abs().max().item());
            gradient = Math.max(gradient,
                    slope(SparseGaussianProcess.of(process, points, targets, column(0.5, 1.7, 3.1, 4.6)), process, points, targets));
        }
        Evidence.of("sizes of two choices each", bounds, atLeast(80));
        Evidence.of("largest bound less the exact likelihood", most, atMost(1e-6));
        Evidence.of("gap with the data for inducing points", touch, below(1e-6));
        Evidence.of("means then", means, below(1e-6));
        Evidence.of("variances then", variances, below(1e-6));
        Evidence.of("gradient against differences of the bound", gradient, below(1e-5));
    }

    /** Largest gap of the bound's gradient from central differences. */
    private static double slope(SparseGaussianProcess sparse, GaussianProcess process, Tensor x, Tensor y) {
        double[] found = sparse.likelihood().gradient(), logs = process.kernel().parameters();
        Tensor u = column(0.5, 1.7, 3.1, 4.6);
        double worst = 0, h = 1e-5;
        for (int i = 0; i <= logs.length; i++) {
            double[] values = new double[2];
            for (int side = 0; side < 2; side++) {
                double[] moved = logs.clone();
                double step = side == 0 ? -h : h;
                if (i < logs.length) moved[i] += step;
                var there = process.withKernel(process.kernel().withParameters(moved))
                        .withNoise(process.noise() * (i == logs.length ? Math.exp(step) : 1));
                values[side] = SparseGaussianProcess.of(there, x, y, u).bound();
            }
            double expected = (values[1] - values[0]) / (2 * h);
            worst = Math.max(worst, Math.abs(found[i] - expected) / Math.max(1, Math.abs(expected)));
        }
        return worst;
    }

    @Test
    @Acceptance(topic = "gaussian-process", clause = 6) void conjugateGradientsAgreeWithCholesky() {
        var rng = Rng.of(6);
        double mean = 0, covariance = 0;
        int sets = 0;
        for (; sets < 6; sets++) {
            int n = 40 + 20 * sets, p = 1 + sets % 2;
            Tensor x = Tensor.of(rows(rng, n, p)), z = Tensor.of(rows(rng, 3, p));
            var y = new double[n];
            double[][] at = x.toRows();
            for (int i = 0; i < n; i++) y[i] = Math.sin(at[i][0]) + 0.2 * rng.nextGaussian();
            KernelFunction kernel = sets % 3 == 0 ? new Rbf(1.0).times(2)
                    : sets % 3 == 1 ? new Matern(2.5, 1.5) : new RationalQuadratic(1, 0.8);
            var process = new GaussianProcess(kernel, 0.02).withMean(row -> 0.5 * row[0]);
            var exact = process.condition(x, Tensor.of(y));
            var iterative = process.conditionByConjugateGradients(x, Tensor.of(y), 1e-10);
            mean = Math.max(mean, iterative.mean(z).sub(exact.mean(z)).abs().max().item());
            covariance = Math.max(covariance, iterative.covariance(z).sub(exact.covariance(z)).abs().max().item());
            covariance = Math.max(covariance, iterative.variance(z).sub(exact.variance(z)).abs().max().item());
            assertThatThrownBy(iterative::logMarginalLikelihood).hasMessageContaining("no factor");
        }
        Evidence.of("data sets", sets, exactly(6));
        Evidence.of("means", mean, below(1e-6));
        Evidence.of("covariances", covariance, below(1e-6));
    }

    private static double[][] rows(Rng rng, int n, int p) {
        var x = new double[n][p];
        for (var row : x) for (int j = 0; j < p; j++) row[j] = 2 * rng.nextGaussian();
        return x;
    }

    @Test void theArticlesThreePoints() {
        var posterior = new GaussianProcess(new Rbf(1.0), 0.01).condition(column(-1, 0, 2), Tensor.of(-0.5, 0.4, 0.9));
        Tensor z = column(0, 1, 5);
        assertThat(posterior.mean(z).toDoubleArray()).containsExactly(new double[] {0.39, 0.89, 0.01}, within(0.005));
        assertThat(posterior.deviation(z).toDoubleArray()).containsExactly(new double[] {0.10, 0.55, 1.00}, within(0.005));
    }

    @Test void samplesHaveTheMomentsOfThePosterior() {
        var process = new GaussianProcess(new Rbf(1.0).times(1.5), 0.04).withMean(row -> 2 + row[0]);
        Tensor z = column(-0.5, 0.1, 1.2, 3);
        var posterior = process.condition(column(-1, 0, 2), Tensor.of(0.5, 2.4, 4.9));
        for (boolean prior : new boolean[] {true, false}) {
            double[][] draws = (prior ? process.sample(z, 40_000, Rng.of(1)) : posterior.sample(z, 40_000, Rng.of(2))).toRows();
            double[] mean = prior ? new double[] {1.5, 2.1, 3.2, 5} : posterior.mean(z).toDoubleArray();
            double[][] c = prior ? process.kernel().gram(z).toRows() : posterior.covariance(z).toRows(), seen = new double[4][4];
            var m = new double[4];
            for (var d : draws) for (int i = 0; i < 4; i++) m[i] += d[i] / draws.length;
            for (var d : draws)
                for (int i = 0; i < 4; i++) for (int j = 0; j < 4; j++) seen[i][j] += (d[i] - mean[i]) * (d[j] - mean[j]) / draws.length;
            for (int i = 0; i < 4; i++) {
                assertThat(m[i]).isCloseTo(mean[i], within(0.03));
                for (int j = 0; j < 4; j++) assertThat(seen[i][j]).isCloseTo(c[i][j], within(0.04));
            }
        }
    }

    @Test void sparseFitsClimbAndStayNearTheExactOnes() {
        var rng = Rng.of(77);
        var x = new double[200];
        var y = new double[200];
        for (int i = 0; i < 200; i++) {
            x[i] = 10 * rng.nextDouble();
            y[i] = Math.sin(x[i]) + 0.2 * rng.nextGaussian();
        }
        var process = new GaussianProcess(new Rbf(0.5).times(0.5), 0.3);
        Tensor points = column(x), targets = Tensor.of(y);
        var sparse = SparseGaussianProcess.of(process, points, targets, SparseGaussianProcess.inducing(process.kernel(), points, 20));
        var fitted = sparse.fit();
        assertThat(fitted.bound()).isGreaterThan(sparse.bound() + 10);
        var exact = process.fit(points, targets, Rng.of(1));
        assertThat(fitted.bound()).isBetween(exact.logMarginalLikelihood() - 1.5, exact.logMarginalLikelihood() + 1e-6);
        assertThat(fitted.process().noise()).isCloseTo(exact.process().noise(), within(0.003));
        assertThat(fitted.missing()).isBetween(-1e-6, 1.0);
    }

    @Test void errorsSayWhat() {
        var process = new GaussianProcess(new Rbf(1.0), 0);
        assertThatThrownBy(() -> process.condition(Tensor.of(1, 2), Tensor.of(1, 2))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> process.condition(column(1, 2), Tensor.of(1, 2, 3))).hasMessageContaining("one number a row");
        assertThatThrownBy(() -> process.condition(column(1, 1), Tensor.of(1, 2))).isInstanceOf(NotPositiveDefiniteException.class);
        assertThatThrownBy(() -> process.withNoise(-1)).hasMessageContaining("at least 0");
        assertThatThrownBy(() -> SparseGaussianProcess.of(process, column(1, 2), Tensor.of(1, 2), column(1)))
                .hasMessageContaining("above 0");
        assertThatThrownBy(() -> process.withNoise(1).condition(column(1, 2), Tensor.of(1, 2)).mean(Tensor.of(new double[][] {{1, 2}})))
                .hasMessageContaining("rows of 2");
        // noise of exactly 0 stays there, and the curve goes through the points
        var through = process.fit(column(0, 1, 2.5), Tensor.of(1, -1, 0.5), Rng.of(1));
        assertThat(through.process().noise()).isZero();
        assertThat(through.mean(column(0, 1, 2.5)).toDoubleArray()).containsExactly(new double[] {1, -1, 0.5}, within(1e-8));
    }
}
