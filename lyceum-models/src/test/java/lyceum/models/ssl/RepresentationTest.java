package lyceum.models.ssl;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.ImageAugment;
import lyceum.linalg.Qr;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RepresentationTest {
    private static final Representation PLAIN = Representation::flat;

    private static Tensor normal(int seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    @Acceptance(topic = "representation-learning", clause = 1)
    @Test void ckaIgnoresRotationsAndScale() {
        var gap = Gap.absolute();
        var cases = Golden.load("golden/linear-cka.json").list("cases");
        for (var c : cases) {
            var recipe = new Recipe(c.integer("input.seed"));
            int n = c.integer("input.n"), p = c.integer("input.p"), q = c.integer("input.q");
            Tensor x = Tensor.of(recipe.matrix(n, p)).add(0.5), noise = Tensor.of(recipe.matrix(n, q)),
                    mix = Tensor.of(recipe.matrix(p, q));
            Representation other = z -> z.matmul(mix).add(noise.mul(c.number("input.share")));
            gap.see(c, "expected.cka", PLAIN.cka(other, x));
        }
        Evidence.of("matrices", cases.size(), exactly(8));
        Evidence.of("CKA beside NumPy", gap, below(1e-6));
        double worst = 0;
        for (int seed = 0; seed < 20; seed++) {
            int d = 2 + seed % 7;
            var rotation = Qr.of(normal(seed, d, d)).q().mul(Math.pow(10, seed % 5 - 2));
            var shift = normal(100 + seed, 1, d);
            worst = Math.max(worst, Math.abs(PLAIN.cka(z -> z.matmul(rotation).add(shift), normal(200 + seed, 30, d)) - 1));
        }
        Evidence.of("CKA with a rotated, scaled and moved copy, off 1", worst, below(1e-6));
    }

    /** Digits of 8 x 8 pixels anywhere on 16 x 16. */
    private static Dataset canvas(Rng rng) {
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(rng);
        return ImageAugment.placed(digits.withX(digits.x().reshape(-1, 8, 8)), 16, 16, rng);
    }

    /** Ends in a norm, so that vectors lie around zero. */
    private static Module encoder(Rng rng) {
        Convolution same = new Convolution().withPadding(1), half = same.withStride(2);
        Layer mean = (x, pass) -> x.mean(new int[] {2, 3}, false);
        return new Sequential(new Conv2d(1, 16, 3, same, rng), new BatchNorm(16), Activation.RELU, new Conv2d(16, 32, 3, half, rng),
                new BatchNorm(32), Activation.RELU, new Conv2d(32, 64, 3, half, rng), new BatchNorm(64), Activation.RELU, mean,
                new Linear(64, 32, rng), new BatchNorm(32));
    }

    private static final Views SHIFTS = Views.of(ImageAugment.shift(4));
    private static final Map<Integer, double[]> RUNS = new LinkedHashMap<>();

    /** Probe of 100 labels from pixels, PCA and the encoder, and the margin of cosines. */
    private static synchronized double[] run(int seed) {
        return RUNS.computeIfAbsent(seed, s -> {
            var all = canvas(Rng.of(s));
            Dataset train = all.head(1297), test = all.range(1297, 1797), few = Representation.few(train, 10, Rng.of(10 + s));
            var trainer = new Trainer(new Adam(3e-3), 20).withBatchSize(128);
            var learned = new RepresentationLearner.TwoViews(RepresentationTest::encoder, 32, new SimClr(0.2), ViewHeads.of(32), SHIFTS,
                    trainer).fit(train.x(), Rng.of(20 + s), Progress.SILENT);
            var pca = new RepresentationLearner.Pca(32).fit(train.x(), Rng.of(30), Progress.SILENT);
            return new double[] {100 * PLAIN.probe(few, test), 100 * pca.probe(few, test), 100 * learned.probe(few, test),
                    learned.invariance(test.x(), SHIFTS, Rng.of(40 + s)).margin()};
        });
    }

    private static double mean(int what) { return (run(0)[what] + run(1)[what] + run(2)[what]) / 3; }

    @Tag("heavy")
    @Acceptance(topic = "representation-learning", clause = 2)
    @Test void twoViewsReadDigitsThatMayBeAnywhere() {
        Evidence.of("points over raw pixels, mean of 3 seeds", mean(2) - mean(0), atLeast(15));
        Evidence.of("points over PCA", mean(2) - mean(1), atLeast(10));
    }

    @Tag("heavy")
    @Acceptance(topic = "representation-learning", clause = 3)
    @Test void shiftsOfOnePictureAreNearerThanTwoPictures() {
        for (int seed = 0; seed < 3; seed++)
            Evidence.of("cosine of two shifts less that of two pictures, seed " + seed, run(seed)[3], atLeast(0.3));
    }

    @Test void componentsAreThoseOfLargestVariance() {
        var x = normal(1, 60, 5).mul(Tensor.of(5.0, 0.1, 3.0, 1.0, 0.01)).add(7).compute();
        var z = new RepresentationLearner.Pca(3).fit(x, Rng.of(1), Progress.SILENT).of(x);
        double[][] covariance = z.transpose().matmul(z).div(59).toRows();
        for (int i = 0; i < 3; i++) for (int j = 0; j < i; j++) assertThat(covariance[i][j]).isCloseTo(0, within(1e-9));
        assertThat(covariance[0][0]).isGreaterThan(covariance[1][1]);
        double kept = covariance[0][0] + covariance[1][1] + covariance[2][2];
        assertThat(kept).isBetween(x.var(0, false).sum().item() - 0.2, x.var(0, false).sum().item());
    }

    @Test void autoencodersKeepWhatVaries() {
        // two factors behind eight numbers
        var factors = normal(1, 300, 2);
        var x = factors.matmul(normal(2, 2, 8)).compute();
        var trainer = new Trainer(new Adam(0.01), 30).withBatchSize(50);
        var plain = RepresentationLearner.Autoencoder.of(2, trainer);
        for (var learner : List.of(plain, plain.denoising(0.3))) {
            var z = learner.fit(x, Rng.of(3), Progress.SILENT).of(x);
            assertThat(z.shape().toArray()).containsExactly(300, 2);
            assertThat(PLAIN.cka(v -> z, factors)).isGreaterThan(0.6);
            assertThat(learner.fit(x, Rng.of(3), Progress.SILENT).of(x).toDoubleArray()).isEqualTo(z.toDoubleArray());
        }
        assertThat(plain.denoising(0.3).fit(x, Rng.of(3), Progress.SILENT).of(x).toDoubleArray())
                .isNotEqualTo(plain.fit(x, Rng.of(3), Progress.SILENT).of(x).toDoubleArray());
    }

    @Test void yardsticksByTheirDefinition() {
        var x = Tensor.of(new double[][] {{1, 0}, {1, 0.1}, {0, 1}, {0.1, 1}, {-1, 0.1}, {-1, 0}});
        var data = Dataset.of(x, Tensor.of(0, 0, 1, 1, 2, 2));
        var test = Dataset.of(Tensor.of(new double[][] {{5, 0.2}, {0.1, 3}, {-2, 0}, {-1, 0.9}}), Tensor.of(0, 1, 2, 1));
        assertThat(PLAIN.neighbours(1, data, test)).isEqualTo(0.75);
        assertThat(PLAIN.probe(data, test)).isGreaterThanOrEqualTo(0.75);
        assertThat(Representation.few(data, 1, Rng.of(1)).classCounts()).containsExactly(1, 1, 1);
        assertThat(PLAIN.probes(new int[] {1, 2}, data, test, Rng.of(1))).hasSize(2);
        assertThat(PLAIN.effectiveRank(Tensor.eye(DType.F64, 4))).isCloseTo(4, within(1e-12));
        // views of (1, 0) and (0, 1) that stay: own cosines 1, others 0
        var seen = PLAIN.invariance(Tensor.eye(DType.F64, 2), (items, rng) -> items, Rng.of(1));
        assertThat(seen.views()).isCloseTo(1, within(1e-12));
        assertThat(seen.others()).isCloseTo(0, within(1e-12));
        assertThat(Representation.flat(Tensor.ones(3, 2, 2)).shape().toArray()).containsExactly(3, 4);
    }

    @Test void aPolicyOfViewsKeepsShapeAndRange() {
        var pictures = Tensor.rand(Rng.of(1), 4, 3, 9, 12).compute();
        var views = Views.simclr(0.3, 1);
        var seen = views.of(pictures, Rng.of(2));
        assertThat(seen.shape()).isEqualTo(pictures.shape());
        assertThat(seen.min().item()).isGreaterThanOrEqualTo(-1e-6);
        assertThat(seen.max().item()).isLessThanOrEqualTo(1 + 1e-6);
        assertThat(views.of(pictures, Rng.of(2)).toFloatArray()).isEqualTo(seen.toFloatArray());
        assertThat(views.of(pictures, Rng.of(3)).toFloatArray()).isNotEqualTo(seen.toFloatArray());
        // the whole picture and no colours: mirrored at most
        var mirrored = Views.simclr(1, 0).of(pictures.narrow(1, 0, 1).narrow(3, 0, 9), Rng.of(2));
        assertThat(mirrored.sum().item()).isCloseTo(pictures.narrow(1, 0, 1).narrow(3, 0, 9).sum().item(), within(1e-2));
        assertThatThrownBy(() -> Views.simclr(0, 1)).hasMessageContaining("at least 0.0");
    }

    @Test void refusesWhatDoesNotFit() {
        var x = normal(1, 4, 3);
        assertThatThrownBy(() -> new RepresentationLearner.Pca(4).fit(x, Rng.of(1), Progress.SILENT)).hasMessageContaining("4 components");
        assertThatThrownBy(() -> new RepresentationLearner.Pca(0)).hasMessageContaining("width of 0");
        assertThatThrownBy(() -> RepresentationLearner.Autoencoder.of(2, null).denoising(-1)).hasMessageContaining("-1.0");
        var data = Dataset.of(x, Tensor.of(0, 1, 1, 1));
        assertThatThrownBy(() -> Representation.few(data, 2, Rng.of(1))).hasMessageContaining("class 0 has 1 rows");
        assertThatThrownBy(() -> PLAIN.neighbours(5, data, data)).hasMessageContaining("k is 5");
        assertThatThrownBy(() -> PLAIN.invariance(x.narrow(0, 0, 1), (v, r) -> v, Rng.of(1))).hasMessageContaining("at least two");
    }
}
