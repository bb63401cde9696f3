package lyceum.learn.svm;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.ChiSquareKernel;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.Laplacian;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.Matern;
import lyceum.kernel.Nystroem;
import lyceum.kernel.Periodic;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.PrecomputedKernel;
import lyceum.kernel.RandomFourierFeatures;
import lyceum.kernel.RationalQuadratic;
import lyceum.kernel.Rbf;
import lyceum.kernel.SigmoidKernel;
import lyceum.kernel.StringKernel;
import lyceum.learn.linear.Ridge;
import lyceum.linalg.Eigen;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class KernelMethodsTest {
    private static final String TOPIC = "kernel-methods";
    private static final Golden GOLDEN = Golden.load("golden/kernel-methods.json");

    @TestFactory Stream<DynamicTest> contract() {
        return Stream.of(new KernelRidge(new Rbf(1.0), 0.5), new KernelRidge(new PolynomialKernel(2).plus(new Laplacian(0.2)), 2),
                new KernelKMeans(new Rbf(1.5), 3)).flatMap(l -> LearnerContract.of(l).tests());
    }

    static Tensor standardised(Tensor x) {
        var centred = x.sub(x.mean(0));
        return centred.div(centred.square().mean(0).sqrt()).compute();
    }

    static double[] every(int step, Tensor m) {
        double[] all = m.toDoubleArray(), out = new double[(all.length + step - 1) / step];
        for (int i = 0; i < out.length; i++) out[i] = all[step * i];
        return out;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void gramMatricesEqualScikitLearns() {
        var gap = Gap.relativeBeyondOne();
        int matrices = 0;
        for (var c : GOLDEN.cases("gram")) {
            int set = c.integer("input.set"), n = c.integer("input.n"), m = c.integer("input.m"), p = c.integer("input.p");
            Tensor x = Tensor.of(new Recipe(62000 + set).matrix(n, p)), z = Tensor.of(new Recipe(62100 + set).matrix(m, p)).sub(0.25);
            var kernels = new LinkedHashMap<String, KernelFunction>(Map.of("linear", new LinearKernel(), "polynomial",
                    new PolynomialKernel(4, 0.3, 0.8), "rbf", Rbf.ofGamma(0.35), "laplacian", new Laplacian(0.15), "sigmoid",
                    new SigmoidKernel(0.4, -1), "chi2", new ChiSquareKernel(0.25), "matern", new Matern(2.5, 1.4)));
            for (var e : kernels.entrySet()) {
                boolean counts = e.getKey().equals("chi2");
                var gram = counts ? e.getValue().gram(x.abs(), z.abs()) : e.getValue().gram(x, z);
                gap.see(c, "expected." + e.getKey(), every(3, gram));
                matrices++;
            }
        }
        Evidence.of("matrices", matrices, exactly(14));
        Evidence.of("gap", gap, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void validKernelsHaveNoNegativeEigenvalueAndSigmoidIsFlagged() {
        KernelFunction[] valid = {new LinearKernel(), new PolynomialKernel(3, 0.5, 1), new Rbf(0.8), new Laplacian(0.5),
                new Matern(0.5, 1.0), new Matern(1.5, 0.7), new Matern(2.5, 2.0), new RationalQuadratic(0.5, 1.0), new Periodic(1.3, 0.8),
                new ChiSquareKernel(0.6), new Rbf(1.0).times(3).plus(new LinearKernel().times(new Matern(1.5, 2.0)))};
        double least = Double.POSITIVE_INFINITY, sigmoid = Double.POSITIVE_INFINITY;
        int checked = 0, flagged = 0, products = 0;
        for (int seed = 0; seed < 100; seed++) {
            var r = new Recipe(62600 + seed);
            int n = 5 + r.below(30), p = 1 + r.below(12);
            // Non-negative for chi-square; every other set has rows twice, whose Gram matrix is singular.
            Tensor x = Tensor.of(r.matrix(n, p)).abs(), rows = seed % 2 == 0 ? x : Tensor.concat(0, x, x.narrow(0, 0, n / 2));
            if (p >= 8 && rows.size(0) >= 16) products++;
            for (var kernel : valid) {
                double value = Eigen.symmetricValues(kernel.gram(rows)).min().item();
                least = Math.min(least, value);
                if (kernel.isValidOn(rows)) checked++;
            }
            var tanh = new SigmoidKernel(1, -1);
            sigmoid = Math.min(sigmoid, tanh.leastEigenvalue(rows));
            if (!tanh.isValidOn(rows)) flagged++;
        }
        Evidence.of("sets with distances by a matrix product", products, above(20));
        Evidence.of("least eigenvalue of 1,100 matrices", least, above(-1e-9));
        Evidence.of("found valid", checked, exactly(1100));
        Evidence.of("of 100 sets, those where sigmoid is flagged", flagged, above(95));
        Evidence.of("sigmoid's least eigenvalue", sigmoid, below(-0.1));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void degreeTwoEqualsItsExplicitMap() {
        var gap = Gap.relativeBeyondOne();
        for (int p = 1; p <= 8; p++) {
            double[][] x = new Recipe(p).matrix(12, p);
            for (double[] c : new double[][] {{1, 1}, {0.3, 2}}) {
                var kernel = new PolynomialKernel(2, c[0], c[1]);
                double[][] gram = kernel.gram(Tensor.of(x)).toRows(), phi = kernel.features(Tensor.of(x)).toRows();
                for (int i = 0; i < 12; i++) {
                    for (int k = 0; k < 12; k++) {
                        // (c, sqrt(2 g c) x_j, sqrt(2) g x_j x_l, g x_j^2), written out
                        double sum = c[1] * c[1], unit = 0;
                        for (int j = 0; j < p; j++) {
                            sum += 2 * c[0] * c[1] * x[i][j] * x[k][j] + c[0] * c[0] * x[i][j] * x[i][j] * x[k][j] * x[k][j];
                            for (int l = 0; l < j; l++) sum += 2 * c[0] * c[0] * x[i][j] * x[i][l] * x[k][j] * x[k][l];
                        }
                        for (int f = 0; f < phi[i].length; f++) unit += phi[i][f] * phi[k][f];
                        gap.see("kernel", gram[i][k], sum);
                        gap.see("features", unit, sum);
                    }
                }
            }
        }
        Evidence.of("gap", gap, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void kernelRidgeEqualsRidgeAndScikitLearn() {
        var data = Datasets.diabetes();
        Tensor x = standardised(data.x()), y = data.y().sub(data.y().mean()).compute(),
                w = Tensor.of(new Recipe(62201).uniforms(442)).add(0.2);
        Tensor fresh = Tensor.of(new Recipe(62200).matrix(20, 10)), two = Tensor.stack(1, y, x.select(1, 2).mul(y));
        Gap linear = Gap.relativeBeyondOne(), golden = Gap.relativeBeyondOne();
        for (double alpha : new double[] {0.1, 1, 30}) {
            for (var weights : new Tensor[] {null, w}) {
                var primal = new Ridge(alpha).withIntercept(false).fit(x, two, weights);
                var dual = new KernelRidge(new LinearKernel(), alpha).fit(x, two, weights);
                linear.see("alpha " + alpha, dual.predict(fresh).toDoubleArray(), primal.predict(fresh).toDoubleArray());
            }
        }
        for (var c : GOLDEN.cases("ridge")) {
            double alpha = c.number("input.alpha"), gamma = c.number("input.gamma");
            var ridge = new KernelRidge(Rbf.ofGamma(gamma), alpha);
            golden.see(c, "expected.one", ridge.fit(x, y).predict(fresh).toDoubleArray());
            golden.see(c, "expected.weighted", ridge.fit(x, y, w).predict(fresh).toDoubleArray());
            golden.see(c, "expected.two", ridge.fit(x, two).predict(fresh).toDoubleArray());
            golden.see(c, "expected.polynomial",
                    ridge.withKernel(new PolynomialKernel(2, gamma, 1)).fit(x, y).predict(fresh).toDoubleArray());
        }
        Evidence.of("against ridge", linear, below(1e-8));
        Evidence.of("predictions compared with scikit-learn", golden.seen(), exactly(200));
        Evidence.of("against scikit-learn", golden, below(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void randomFeatureErrorsFallWithTheRootOfTheirNumber() {
        var data = Datasets.diabetes();
        Tensor x = standardised(data.x()).narrow(0, 0, 150), y = data.y().narrow(0, 0, 150);
        y = y.sub(y.mean()).compute();
        int[] sizes = {64, 256, 1024, 4096};
        double[] slopes = new double[2];
        double[][] logs = new double[2][sizes.length];
        var kernel = new Rbf(3.0);
        Tensor exact = kernel.gram(x), predicted = new KernelRidge(kernel, 5).fit(x, y).predict(x);
        double spread = predicted.square().mean().item();
        for (int s = 0; s < sizes.length; s++) {
            double square = 0, learner = 0;
            for (int seed = 0; seed < 10; seed++) {
                var phi = new RandomFourierFeatures(kernel, sizes[s], 50 * s + seed).fit(x).transform(x);
                square += phi.matmul(phi.transpose()).sub(exact).square().mean().item() / 10;
                var ridge = new Ridge(5).withIntercept(false).fit(phi, y);
                learner += ridge.predict(phi).sub(predicted).square().mean().item() / 10 / spread;
            }
            logs[0][s] = 0.5 * Math.log(square);
            logs[1][s] = 0.5 * Math.log(learner);
        }
        for (int q = 0; q < 2; q++) {
            double mean = (Math.log(64) + Math.log(4096)) / 2, sxx = 0;
            for (int s = 0; s < sizes.length; s++) {
                double d = Math.log(sizes[s]) - mean;
                sxx += d * d;
                slopes[q] += d * logs[q][s];
            }
            slopes[q] /= sxx;
        }
        Evidence.of("slope of the kernel's error", slopes[0], between(-0.6, -0.4));
        Evidence.of("slope of the error of ridge on the features, against kernel ridge", slopes[1], between(-0.6, -0.4));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void nystroemWithAllPointsIsExact() {
        Gap gap = Gap.absolute(), learner = Gap.absolute();
        var rng = Rng.of(3);
        for (var kernel : new KernelFunction[] {new Rbf(1.2), new Laplacian(0.3), new PolynomialKernel(2), new Matern(1.5, 1.0)}) {
            Tensor x = Tensor.randn(rng, DType.F64, 70, 3), y = Tensor.randn(rng, DType.F64, 70),
                    fresh = Tensor.randn(rng, DType.F64, 9, 3);
            x = Tensor.concat(0, x, x.narrow(0, 5, 4)); // rows that come twice
            y = Tensor.concat(0, y, y.narrow(0, 5, 4));
            var model = new Nystroem(kernel, 200, 1).fit(x);
            var phi = model.transform(x);
            gap.see("gram", phi.matmul(phi.transpose()).toDoubleArray(), kernel.gram(x).toDoubleArray());
            // And so a linear learner on the features is the kernel learner, at new points too.
            var ridge = new Ridge(1).withIntercept(false).fit(phi, y);
            learner.see("prediction", ridge.predict(model.transform(fresh)).toDoubleArray(),
                    new KernelRidge(kernel, 1).fit(x, y).predict(fresh).toDoubleArray());
        }
        Evidence.of("Gram matrix", gap, below(1e-8));
        Evidence.of("ridge on the features against kernel ridge", learner, below(1e-8));
    }

    @Test void kernelKMeansFindsRings() {
        var rings = Datasets.circles(Rng.of(1), 200, 0.3, 0.03);
        KernelFunction radius = (a, b) -> (a[0] * a[0] + a[1] * a[1]) * (b[0] * b[0] + b[1] * b[1]);
        var model = new KernelKMeans(radius, 2).fit(rings.x());
        double[] found = model.labels().toDoubleArray(), truth = rings.y().to(DType.F64).toDoubleArray();
        int same = 0;
        for (int i = 0; i < found.length; i++) if (found[i] == truth[i]) same++;
        assertThat(Math.max(same, 200 - same)).isEqualTo(200);
        assertThat(model.predict(rings.x()).toLongArray()).isEqualTo(model.labels().toLongArray());
        // The linear kernel is k-means: its inertia from the labels alone.
        var x = Tensor.randn(Rng.of(4), DType.F64, 60, 3);
        var plain = new KernelKMeans(new LinearKernel(), 4).fit(x);
        double[][] rows = x.toRows(), centre = new double[4][3];
        long[] label = plain.labels().toLongArray();
        double[] count = new double[4];
        for (int i = 0; i < 60; i++) {
            count[(int) label[i]]++;
            for (int j = 0; j < 3; j++) centre[(int) label[i]][j] += rows[i][j];
        }
        double inertia = 0;
        for (int i = 0; i < 60; i++)
            for (int j = 0; j < 3; j++) inertia += Math.pow(rows[i][j] - centre[(int) label[i]][j] / count[(int) label[i]], 2);
        assertThat(plain.converged()).isTrue();
        Evidence.of("inertia", Math.abs(plain.inertia() - inertia), below(1e-9));
    }

    @Test void textsAreLearnedByAPrecomputedKernel() {
        var words = List.of("kernel", "kernels", "colonel", "banana", "bananas", "ananas", "kern", "bandana");
        var y = Tensor.of(1.0, 1, 1, -1, -1, -1, 1, -1);
        var kernel = new StringKernel(2, 0.6);
        var model = new KernelRidge(new PrecomputedKernel(), 0.1).fit(kernel.gram(words, words), y);
        double[] fresh = model.predict(kernel.gram(List.of("kernal", "banane"), words)).toDoubleArray();
        assertThat(fresh[0]).isGreaterThan(0.3);
        assertThat(fresh[1]).isLessThan(-0.3);
    }

    @Test void badArgumentsAreNamed() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 12, 2);
        assertThatThrownBy(() -> new KernelRidge(new Rbf(1.0), 0)).hasMessageContaining("alpha is 0.0");
        assertThatThrownBy(() -> new KernelRidge(new SigmoidKernel(1, -3), 1e-3).fit(x, x.select(1, 0)))
                .hasMessageContaining("not positive definite");
        // Rows of features where the square matrix belongs.
        assertThatThrownBy(() -> new KernelRidge(new PrecomputedKernel(), 1).fit(x, x.select(1, 0)))
                .hasMessageContaining("rows have 2 kernel values for 12 training rows");
        assertThatThrownBy(() -> new Svm(new PrecomputedKernel(), 1).fit(x, x.select(1, 0).gt(0).to(DType.I64)))
                .hasMessageContaining("rows have 2 kernel values for 12 training rows");
        assertThatThrownBy(() -> new KernelKMeans(new Rbf(1.0), 13).fit(x)).hasMessageContaining("k is 13");
    }
}
