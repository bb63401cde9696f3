package lyceum.learn.svm;

import static lyceum.learn.svm.KernelMethodsTest.standardised;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.Laplacian;
import lyceum.kernel.Nystroem;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.PrecomputedKernel;
import lyceum.kernel.RandomFourierFeatures;
import lyceum.kernel.Rbf;
import lyceum.optim.InteriorPoint;
import lyceum.optim.QuadraticProgram;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class OneClassSvmTest {
    private static final String TOPIC = "one-class-svm";
    private static final Golden GOLDEN = Golden.load("golden/one-class-svm.json");

    private static OneClassSvm machine(KernelFunction kernel, double nu) { return new OneClassSvm(kernel, nu).withTolerance(1e-8); }

    @TestFactory Stream<DynamicTest> contract() {
        return Stream
                .of(machine(new Rbf(1.5), 0.2).withTolerance(1e-10), new OneClassSgd(new RandomFourierFeatures(new Rbf(1.5), 20, 1), 0.2))
                .flatMap(l -> LearnerContract.of(l).withTolerance(1e-6).tests());
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void decisionsEqualScikitLearns() {
        Gap decisions = Gap.absolute(), dual = Gap.relative(), others = Gap.absolute();
        double largest = 0;
        for (String name : new String[] {"iris", "wine"}) {
            var data = name.equals("iris") ? Datasets.iris() : Datasets.wine();
            var x = standardised(data.x());
            var fresh = Tensor.of(new Recipe(62400).matrix(30, (int) x.size(1)));
            var model = machine(Rbf.ofGamma(0.1), 0.1).fit(x);
            var golden = GOLDEN.named(name);
            decisions.see(golden, "expected.decision", model.decisionFunction(x).toDoubleArray());
            decisions.see(golden, "expected.fresh", model.decisionFunction(fresh).toDoubleArray());
            decisions.see(golden, "expected.rho", model.rho());
            dual.see(golden, "expected.dual", model.objective());
            largest = Math.max(largest, model.decisionFunction(fresh).abs().max().item());
            others.see(GOLDEN.named(name + " poly"), "expected.fresh",
                    machine(new PolynomialKernel(2, 0.2, 1), 0.25).fit(x).decisionFunction(fresh).toDoubleArray());
        }
        Evidence.of("values", decisions.seen(), exactly(150 + 178 + 62));
        Evidence.of("largest value", largest, above(1));
        Evidence.of("decision values", decisions, below(1e-5));
        Evidence.of("dual objectives, relative", dual, below(1e-6));
        Evidence.of("polynomial kernel", others, below(1e-3));
    }

    /** From the weights and the kernel alone. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void optimalityConditionsHold() {
        double worst = 0, sums = 0;
        int models = 0;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            int n = 30 + 8 * seed;
            var x = Tensor.randn(rng, DType.F64, n, 1 + seed % 4).compute();
            double[] w = Tensor.rand(rng, DType.F64, n).add(0.2).toDoubleArray();
            for (var kernel : new KernelFunction[] {new Rbf(0.9), new PolynomialKernel(2), new Laplacian(0.5)}) {
                for (double nu : new double[] {0.03, 0.3, 0.8}) {
                    var model = machine(kernel, nu).withShrinking(seed % 2 == 0).fit(x, Tensor.of(w));
                    double[] a = new double[n], coefficients = model.support().coefficients().toDoubleArray();
                    int[] at = model.support().indices();
                    for (int s = 0; s < at.length; s++) a[at[s]] = coefficients[s];
                    double[][] k = kernel.gram(x).toRows();
                    double rho = model.rho(), sum = 0, bound = nu * Arrays.stream(w).sum();
                    for (int i = 0; i < n; i++) {
                        double f = -rho;
                        for (int j = 0; j < n; j++) f += a[j] * k[i][j];
                        if (a[i] < w[i]) worst = Math.max(worst, -f);
                        if (a[i] > 0) worst = Math.max(worst, f);
                        assertThat(a[i]).isBetween(0.0, w[i]);
                        sum += a[i];
                    }
                    sums = Math.max(sums, Math.abs(sum - bound));
                    models++;
                }
            }
        }
        Evidence.of("models", models, exactly(180));
        Evidence.of("largest violation", worst, below(1e-8));
        Evidence.of("sum of the weights less nu n", sums, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void nuLiesBetweenTheSharesOfOutliersAndOfSupportVectors() {
        double above = Double.NEGATIVE_INFINITY, below = Double.NEGATIVE_INFINITY;
        int rejecting = 0;
        for (int seed = 0; seed < 100; seed++) {
            var rng = Rng.of(300 + seed);
            int n = 20 + rng.nextInt(150), p = 1 + rng.nextInt(5);
            double nu = 0.02 + 0.9 * rng.nextDouble(), tolerance = 1e-6;
            var x = Tensor.randn(rng, DType.F64, n, p);
            var model = new OneClassSvm(new Rbf(0.3 + 2 * rng.nextDouble()), nu).withTolerance(tolerance).fit(x);
            int outliers = 0;
            for (double f : model.decisionFunction(x).toDoubleArray()) if (f < -tolerance) outliers++;
            if (outliers > 0) rejecting++;
            above = Math.max(above, outliers / (double) n - (nu + 1.0 / n));
            below = Math.max(below, nu + 1.0 / n - (model.support().count() + 2.0) / n);
        }
        Evidence.of("of 100 sets, those with outliers", rejecting, above(60));
        Evidence.of("outliers' share less nu + 1 / n", above, below(1e-12));
        Evidence.of("nu + 1 / n less support vectors' share + 2 / n", below, below(1e-12));
    }

    /**
     * SVDD as Tax and Duin (2004) write it: min a'Ka - sum a_i k(x_i, x_i), 0 <= a_i <= 1 / (nu n), sum a = 1, by an interior-point method.
     */
    private static double[] ball(double[][] k, double nu) {
        int n = k.length;
        double[][] twice = new double[n][n], g = new double[2 * n][n], ones = new double[1][n];
        double[] q = new double[n], h = new double[2 * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) twice[i][j] = 2 * k[i][j];
            q[i] = -k[i][i];
            g[i][i] = -1;
            g[n + i][i] = 1;
            h[n + i] = 1 / (nu * n);
            ones[0][i] = 1;
        }
        var program = QuadraticProgram.of(twice, q).withEqualities(ones, new double[] {1}).withInequalities(g, h);
        return new InteriorPoint().minimize(program).x();
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void rbfIsTheSmallestBall() {
        double weights = 0, radii = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(70 + seed);
            int n = 25 + 2 * seed;
            double nu = 0.1 + 0.06 * seed;
            var x = Tensor.randn(rng, DType.F64, n, 2).compute();
            var kernel = new Rbf(0.8);
            double[][] k = kernel.gram(x).toRows();
            double[] a = ball(k, nu);
            var model = machine(kernel, nu).fit(x);
            double[] ours = new double[n], coefficients = model.support().coefficients().toDoubleArray();
            int[] at = model.support().indices();
            for (int s = 0; s < at.length; s++) ours[at[s]] = coefficients[s] / (nu * n);
            double[] f = model.decisionFunction(x).toDoubleArray(), distance = model.squaredDistances(x).toDoubleArray();
            for (int i = 0; i < n; i++) {
                weights = Math.max(weights, Math.abs(ours[i] - a[i]));
                // |phi(x_i) - centre|^2 from the program's own weights; where 0 < a < bound it is the radius.
                double d = k[i][i];
                for (int j = 0; j < n; j++) {
                    d -= 2 * a[j] * k[i][j];
                    for (int l = 0; l < n; l++) d += a[j] * a[l] * k[j][l];
                }
                radii = Math.max(radii, Math.abs(d - distance[i]));
                if (a[i] > 1e-3 && a[i] < 1 / (nu * n) - 1e-3) radii = Math.max(radii, Math.abs(d - model.squaredRadius(1)));
                if (Math.abs(f[i]) > 1e-6) assertThat(f[i] > 0).isEqualTo(distance[i] < model.squaredRadius(1));
            }
        }
        Evidence.of("support weights", weights, below(1e-4));
        Evidence.of("distances and radius", radii, below(1e-4));
    }

    /** AUC alone hardly depends on the weights, so the scores are compared with those of an interior-point method's weights. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void zeroAloneTellsZeroFromOne() {
        var digits = Datasets.digits();
        var x = digits.x().div(16).compute();
        int[] labels = digits.labels(), zeros = IntStream.range(0, labels.length).filter(i -> labels[i] == 0).toArray(),
                ones = IntStream.range(0, labels.length).filter(i -> labels[i] == 1).toArray();
        double least = 1, nu = 0.1;
        var gap = Gap.absolute();
        for (int draw = 0; draw < 3; draw++) {
            int[] order = Rng.of(draw).permutation(zeros.length), taken = Arrays.stream(order).limit(100).map(i -> zeros[i]).toArray(),
                    unseen = Arrays.stream(order).skip(100).map(i -> zeros[i]).toArray();
            var train = x.rows(taken);
            var model = machine(Rbf.ofVariance(train), nu).fit(train);
            double[] normal = model.decisionFunction(x.rows(unseen)).toDoubleArray(),
                    novel = model.decisionFunction(x.rows(ones)).toDoubleArray();
            assertThat(normal).hasSizeGreaterThan(50);
            double wins = 0;
            for (double a : normal) for (double b : novel) wins += a > b ? 1 : a == b ? 0.5 : 0;
            least = Math.min(least, wins / normal.length / novel.length);

            double[][] rows = train.toRows(), k = gaussian(rows, rows, variance(rows));
            double[] ball = ball(k, nu), own = times(k, ball), ours = model.scores(train).toDoubleArray(),
                    first = times(gaussian(x.rows(ones).toRows(), rows, variance(rows)), ball);
            for (int i = 0; i < own.length; i++) gap.see("zero " + i, ours[i], nu * own.length * own[i]);
            for (int i = 0; i < first.length; i++) gap.see("one " + i, novel[i] + model.rho(), nu * own.length * first[i]);
        }
        Evidence.of("least AUC of three draws", least, atLeast(0.95));
        Evidence.of("scores against the quadratic program's", gap, below(1e-4));
    }

    private static double variance(double[][] rows) {
        double[] all = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
        double mean = Arrays.stream(all).average().orElse(0);
        return Arrays.stream(all).map(v -> (v - mean) * (v - mean)).average().orElse(0);
    }

    /** {@code exp(-|a - b|^2 / (p variance))}. */
    private static double[][] gaussian(double[][] a, double[][] b, double variance) {
        var k = new double[a.length][b.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b.length; j++) {
                double square = 0;
                for (int c = 0; c < a[i].length; c++) square += (a[i][c] - b[j][c]) * (a[i][c] - b[j][c]);
                k[i][j] = Math.exp(-square / (a[i].length * variance));
            }
        }
        return k;
    }

    private static double[] times(double[][] k, double[] a) {
        return Arrays.stream(k).mapToDouble(row -> IntStream.range(0, a.length).mapToDouble(j -> row[j] * a[j]).sum()).toArray();
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void randomFeaturesScoreAlike() {
        double least = 1;
        for (int seed = 0; seed < 5; seed++) {
            var x = standardised(seed % 2 == 0 ? Datasets.moons(Rng.of(seed), 600, 0.1).x() : Datasets.wine().x());
            var fresh = Tensor.randn(Rng.of(50 + seed), DType.F64, 200, x.size(1));
            double length = seed % 2 == 0 ? 0.6 : 3, nu = 0.1 + 0.05 * seed;
            double[] exact = machine(new Rbf(length), nu).fit(x).decisionFunction(fresh).toDoubleArray();
            for (var map : new Transformer[] {new RandomFourierFeatures(new Rbf(length), 500, seed),
                    new Nystroem(new Rbf(length), 60, seed)}) {
                var model = new OneClassSgd(map, nu).withSeed(seed).fit(x);
                least = Math.min(least, correlation(exact, model.decisionFunction(fresh).toDoubleArray()));
                int rejected = 0;
                for (double f : model.decisionFunction(x).toDoubleArray()) if (f < 0) rejected++;
                assertThat(rejected / (double) x.size(0)).isBetween(nu - 0.02, nu + 1.5 / x.size(0)); // rounding may move the row on the edge
            }
        }
        Evidence.of("least correlation of ten", least, atLeast(0.95));
    }

    private static double correlation(double[] a, double[] b) {
        double ma = Arrays.stream(a).average().orElse(0), mb = Arrays.stream(b).average().orElse(0), ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (a[i] - ma) * (b[i] - mb);
            aa += (a[i] - ma) * (a[i] - ma);
            bb += (b[i] - mb) * (b[i] - mb);
        }
        return ab / Math.sqrt(aa * bb);
    }

    @Test void precomputedMatricesAndErrors() {
        var x = Tensor.randn(Rng.of(2), DType.F64, 40, 3);
        var kernel = new Rbf(1.0);
        var given = machine(new PrecomputedKernel(), 0.3).fit(kernel.gram(x));
        var plain = machine(kernel, 0.3).fit(x);
        var fresh = Tensor.randn(Rng.of(3), DType.F64, 5, 3);
        Evidence.of("precomputed", given.decisionFunction(kernel.gram(fresh, x)).sub(plain.decisionFunction(fresh)).abs().max().item(),
                below(1e-7));
        assertThatThrownBy(() -> given.squaredDistances(kernel.gram(fresh, x))).hasMessageContaining("precomputed");
        assertThatThrownBy(() -> new OneClassSvm(kernel, 0)).hasMessageContaining("nu is 0.0");
        assertThat(plain.isNormal(Tensor.full(DType.F64, 9.0, 1, 3)).toBooleanArray()[0]).isFalse();
    }
}
