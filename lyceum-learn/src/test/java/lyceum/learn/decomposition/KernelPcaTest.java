package lyceum.learn.decomposition;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.Laplacian;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.PrecomputedKernel;
import lyceum.kernel.Rbf;
import lyceum.kernel.SigmoidKernel;
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

class KernelPcaTest {
    private static final String TOPIC = "kernel-pca";
    private static final Golden GOLDEN = Golden.load("golden/kernel-pca.json");

    @TestFactory Stream<DynamicTest> contract() {
        return Stream.of(new KernelPca(new Rbf(3.0), 3), new KernelPca(new PolynomialKernel(2, 0.1, 1), 2))
                .flatMap(l -> LearnerContract.of(l).tests());
    }

    private static Tensor iris() {
        var x = Datasets.iris().x();
        var centred = x.sub(x.mean(0));
        return centred.div(centred.square().mean(0).sqrt()).compute();
    }

    /** Signs turned so that each column agrees with the reference where that is largest. */
    private static double[] signed(double[] ours, double[] theirs, int k) {
        var out = ours.clone();
        for (int c = 0; c < k; c++) {
            int at = c;
            for (int i = c; i < theirs.length; i += k) if (Math.abs(theirs[i]) > Math.abs(theirs[at])) at = i;
            double sign = Math.signum(ours[at]) * Math.signum(theirs[at]);
            for (int i = c; i < out.length; i += k) out[i] *= sign;
        }
        return out;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void scoresEqualScikitLearns() {
        Tensor x = iris(), fresh = Tensor.of(new Recipe(62500).matrix(12, 4));
        Gap scores = Gap.absolute(), values = Gap.relative();
        for (String name : new String[] {"rbf", "poly"}) {
            KernelFunction kernel = name.equals("rbf") ? Rbf.ofGamma(0.2) : new PolynomialKernel(3, 0.25, 1);
            var golden = GOLDEN.named(name);
            var model = new KernelPca(kernel, 5).fit(x);
            double[] all = model.transform(x).toDoubleArray(), third = new double[250], theirs = golden.doubles("expected.train");
            for (int i = 0; i < 50; i++) System.arraycopy(all, 15 * i, third, 5 * i, 5);
            scores.see(name, signed(third, theirs, 5), theirs);
            theirs = golden.doubles("expected.test");
            scores.see(name + " new", signed(model.transform(fresh).toDoubleArray(), theirs, 5), theirs);
            values.see(golden, "expected.eigenvalues", model.eigenvalues().toDoubleArray());
        }
        Evidence.of("scores compared", scores.seen(), exactly(2 * (250 + 60)));
        Evidence.of("scores", scores, below(1e-8));
        Evidence.of("eigenvalues, relative", values, below(1e-10));
    }

    @Test void preImagesEqualScikitLearns() {
        Tensor x = iris(), fresh = Tensor.of(new Recipe(62500).matrix(12, 4));
        var model = new KernelPca(Rbf.ofGamma(0.2), 3).withPreImages(0.3).fit(x);
        Evidence.of("pre-images",
                Gap.absolute().see(GOLDEN.named("inverse"), "expected.test", model.inverse(model.transform(fresh)).toDoubleArray()),
                below(1e-8));
        assertThat(model.isInvertible()).isTrue();
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theLinearKernelIsPca() {
        var gap = Gap.absolute();
        for (int seed = 0; seed < 4; seed++) {
            var rng = Rng.of(seed);
            // Off the origin and of unequal spreads; once more rows than the dense solver takes.
            int n = seed == 3 ? 500 : 30 + 20 * seed, p = 4 + seed;
            var spread = new double[p];
            for (int j = 0; j < p; j++) spread[j] = 0.5 + j;
            Tensor x = Tensor.randn(rng, DType.F64, n, p).mul(Tensor.of(spread)).add(2), fresh = Tensor.randn(rng, DType.F64, 11, p);
            var linear = new Pca(3).fit(x);
            var kernel = new KernelPca(new LinearKernel(), 3).fit(x);
            for (var rows : new Tensor[] {x, fresh}) {
                double[] theirs = linear.transform(rows).toDoubleArray();
                gap.see("seed " + seed, signed(kernel.transform(rows).toDoubleArray(), theirs, 3), theirs);
            }
        }
        Evidence.of("scores", gap, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void oneComponentPartsTheRings() {
        double worst = 1, best = 0, mean = 0;
        for (int seed = 0; seed < 20; seed++) {
            var rings = Datasets.circles(Rng.of(seed), 400, 0.3, 0.03);
            worst = Math.min(worst, threshold(new KernelPca(Rbf.ofGamma(2), 1).fit(rings.x()).transform(rings.x()), rings.labels()));
            double linear = threshold(new Pca(1).fit(rings.x()).transform(rings.x()), rings.labels());
            best = Math.max(best, linear);
            mean += linear / 20;
        }
        Evidence.of("least accuracy of 20 draws", worst, exactly(1));
        Evidence.of("largest accuracy of linear PCA", best, atMost(0.72));
        // Rings without noise, cut at the inner one's edge: a half plus acos(0.3) / (2 pi), 0.7015.
        double theory = 0.5 + Math.acos(0.3) / (2 * Math.PI);
        Evidence.of("mean accuracy of linear PCA less that of a cut at 0.3", mean - theory, between(-0.02, 0.02));
    }

    /** Accuracy of the best rule "above t is class c" on one column. */
    private static double threshold(Tensor scores, int[] labels) {
        double[] s = scores.toDoubleArray(), sorted = s.clone();
        Arrays.sort(sorted);
        int n = s.length, best = 0;
        for (double t : sorted) {
            int right = 0;
            for (int i = 0; i < n; i++) if (s[i] > t == (labels[i] == 1)) right++;
            best = Math.max(best, Math.max(right, n - right));
        }
        return best / (double) n;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void rowsOfTheCentredGramMatrixSumToZero() {
        double rows = 0, columns = 0, gap = 0, before = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(seed);
            Tensor x = Tensor.randn(rng, DType.F64, 20 + 15 * seed, 1 + seed % 4).add(1);
            for (var kernel : new KernelFunction[] {new Rbf(0.7), new PolynomialKernel(3), new Laplacian(1), new SigmoidKernel(0.5, 0.2)}) {
                Tensor gram = kernel.gram(x), centred = KernelPca.centred(gram);
                before = Math.max(before, gram.sum(1).abs().max().item());
                double scale = Math.max(1, gram.abs().max().item());
                rows = Math.max(rows, centred.sum(1).abs().max().item() / scale);
                columns = Math.max(columns, centred.sum(0).abs().max().item() / scale);
                // H K H, H = I - 1 / n, written out
                long n = x.size(0);
                var h = Tensor.eye(DType.F64, n).sub(1.0 / n);
                gap = Math.max(gap, h.matmul(gram).matmul(h).sub(centred).abs().max().item() / scale);
            }
        }
        Evidence.of("largest sum before", before, above(100));
        Evidence.of("rows", rows, below(1e-10));
        Evidence.of("columns", columns, below(1e-10));
        Evidence.of("against H K H", gap, below(1e-13));
        // And so training scores have mean 0 and are uncorrelated, with the eigenvalue as sum of squares.
        var x = iris();
        var model = new KernelPca(new Rbf(1.2), 4).fit(x);
        var scores = model.transform(x);
        Evidence.of("means of scores", scores.mean(0).abs().max().item(), below(1e-12));
        var products = scores.transpose().matmul(scores).sub(Tensor.eye(DType.F64, 4).mul(model.eigenvalues()));
        Evidence.of("products of scores", products.abs().max().item(), below(1e-11));
    }

    @Test void denoisingComesNearerToTheRing() {
        var clean = Datasets.circles(Rng.of(3), 300, 0.3, 0.02);
        var noisy = clean.x().add(Tensor.randn(Rng.of(4), DType.F64, 300, 2).mul(0.1)).compute();
        var model = new KernelPca(Rbf.ofGamma(2), 5).withPreImages(0.1).fit(noisy);
        var back = model.inverse(model.transform(noisy));
        double before = noisy.sub(clean.x()).square().mean().item(), after = back.sub(clean.x()).square().mean().item();
        Evidence.of("squared error after over before", after / before, below(0.9));
    }

    @Test void precomputedMatricesAndErrors() {
        Tensor x = Tensor.randn(Rng.of(5), DType.F64, 30, 3), fresh = Tensor.randn(Rng.of(6), DType.F64, 4, 3);
        var kernel = new Rbf(1.0);
        double[] given = new KernelPca(new PrecomputedKernel(), 2).fit(kernel.gram(x)).transform(kernel.gram(fresh, x)).toDoubleArray(),
                plain = new KernelPca(kernel, 2).fit(x).transform(fresh).toDoubleArray();
        Evidence.of("precomputed", Gap.absolute().see("scores", given, plain), below(1e-12));
        assertThatThrownBy(() -> new KernelPca(new LinearKernel(), 4).fit(x)).hasMessageContaining("only 3 eigenvalues");
        assertThatThrownBy(() -> new KernelPca(kernel, 31).fit(x)).hasMessageContaining("components is 31");
        assertThatThrownBy(() -> new KernelPca(kernel, 2).fit(x).inverse(fresh)).hasMessageContaining("withPreImages");
        assertThatThrownBy(() -> new KernelPca(new PrecomputedKernel(), 2, 1)).hasMessageContaining("no rows to go back to");
    }
}
