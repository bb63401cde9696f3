package lyceum.models.generative;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.nio.file.Path;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.Clothes;
import lyceum.models.generative.PixelCnnConfig.Architecture;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PixelCnnTest {
    private static PixelCnnConfig small(Architecture architecture, int channels, int side, int levels) {
        return new PixelCnnConfig(channels, side, side, levels).withArchitecture(architecture).withFilters(12).withLayers(3)
                .withFirstKernel(3).withDtype(DType.F64);
    }

    /** |d logits of pixel p / d pixel q|, summed over all that is said of p's channel and over nothing of q: [p][channel][q][channel]. */
    private static double[][][][] influence(PixelCnn model, Tensor picture) {
        int c = (int) picture.size(1), n = (int) (picture.size(2) * picture.size(3));
        double[][] jacobian = Autograd.jacobian(model::forward, picture).toRows();
        var found = new double[n][c][n][c];
        int each = jacobian.length / c / n;
        for (int o = 0; o < jacobian.length; o++)
            for (int i = 0; i < c * n; i++) found[o % n][o / n / each][i % n][i / n] += Math.abs(jacobian[o][i]);
        return found;
    }

    @Acceptance(topic = "pixelcnn", clause = 1)
    @Test void twoStacksSeeTheWholePastAndOneStackHasItsBlindSpot() {
        int side = 7, reach = 3;
        var picture = Tensor.randint(Rng.of(1), 0, 2, 1, 1, side, side).to(DType.F64).compute();
        double[][][][] two = influence(new PixelCnn(small(Architecture.GATED, 1, side, 2), Rng.of(2)), picture);
        double[][][][] one = influence(new PixelCnn(small(Architecture.SINGLE, 1, side, 2), Rng.of(3)), picture);
        double later = 0, laterSingle = 0, outside = 0, least = Double.POSITIVE_INFINITY, leastSingle = least, blind = 0, blindPixels = 0,
                past = 0;
        for (int p = 0; p < side * side; p++) for (int q = 0; q < side * side; q++) {
            int up = p / side - q / side, right = q % side - p % side;
            double seen = two[p][0][q][0], single = one[p][0][q][0];
            if (q >= p) {
                later = Math.max(later, seen);
                laterSingle = Math.max(laterSingle, single);
            } else if (up > reach || Math.abs(right) > reach) outside = Math.max(outside, Math.max(seen, single));
            else {
                past++;
                least = Math.min(least, seen);
                if (right > up) { // a row up moves the view at most a column to the right
                    blind = Math.max(blind, single);
                    blindPixels++;
                } else leastSingle = Math.min(leastSingle, single);
            }
        }
        Evidence.of("pairs of a pixel and an earlier one in range", past, atLeast(500));
        Evidence.of("two stacks: largest derivative by the pixel itself or a later one", later, exactly(0));
        Evidence.of("two stacks: least derivative by an earlier one in range", least, above(0));
        Evidence.of("one stack: largest derivative by the pixel itself or a later one", laterSingle, exactly(0));
        Evidence.of("one stack: pairs in the blind spot", blindPixels, atLeast(50));
        Evidence.of("one stack: largest derivative in the blind spot", blind, exactly(0));
        Evidence.of("one stack: least derivative in range and outside of it", leastSingle, above(0));
        Evidence.of("largest derivative out of range", outside, exactly(0));
        // The pixel in the middle has its whole range: N (N - 1) / 2 of 2 N (N + 1) are blind.
        long hidden = 0, all = 0;
        for (int q = 0; q < 24; q++) {
            if (two[24][0][q][0] != 0) all++;
            if (two[24][0][q][0] != 0 && one[24][0][q][0] == 0) hidden++;
        }
        Evidence.of("blind of the 24 before the middle pixel", hidden, exactly(reach * (reach - 1) / 2));
        assertThat(all).isEqualTo(2 * reach * (reach + 1));
    }

    @Acceptance(topic = "pixelcnn", clause = 1)
    @Test void channelsHaveAnOrderAndPyramidsDoNotLookAhead() {
        var colour = Tensor.randint(Rng.of(1), 0, 3, 1, 3, 4, 4).to(DType.F64).compute();
        double later = 0, least = Double.POSITIVE_INFINITY;
        for (var architecture : new Architecture[] {Architecture.SINGLE, Architecture.GATED}) {
            double[][][][] seen = influence(new PixelCnn(small(architecture, 3, 4, 3).withFilters(36), Rng.of(2)), colour);
            for (int p = 0; p < 16; p++) for (int c = 0; c < 3; c++) for (int q = 0; q < 16; q++) for (int k = 0; k < 3; k++) {
                if (q > p || q == p && k >= c) later = Math.max(later, seen[p][c][q][k]);
                else if (q == p) least = Math.min(least, seen[p][c][q][k]);
            }
        }
        Evidence.of("largest derivative by a later channel, the channel itself or a later pixel", later, exactly(0));
        Evidence.of("least derivative by an earlier channel of the pixel", least, above(0));
        var config = small(Architecture.PLUS_PLUS, 1, 8, 4).withLayers(1).withScales(3).withFilters(6).withComponents(2);
        double[][][][] seen = influence(new PixelCnn(config, Rng.of(3)),
                Tensor.randint(Rng.of(4), 0, 4, 1, 1, 8, 8).to(DType.F64).compute());
        double ahead = 0, pairs = 0;
        for (int p = 0; p < 64; p++) for (int q = 0; q < 64; q++) {
            if (q >= p) ahead = Math.max(ahead, seen[p][0][q][0]);
            else if (seen[p][0][q][0] > 0) pairs++;
        }
        Evidence.of("PixelCNN++, three scales: largest derivative by the pixel itself or a later one", ahead, exactly(0));
        Evidence.of("PixelCNN++: share of earlier pixels that are seen", pairs / (64 * 63 / 2), above(0.99));
    }

    @Acceptance(topic = "pixelcnn", clause = 2)
    @Test void probabilitiesOfAllSmallPicturesSumToOne() {
        var bits = new double[512 * 9];
        for (int i = 0; i < bits.length; i++) bits[i] = i / 9 >> i % 9 & 1;
        var all = Tensor.of(bits, 512, 1, 3, 3);
        for (var architecture : Architecture.values()) for (int components : new int[] {0, 2}) {
            var model = new PixelCnn(small(architecture, 1, 3, 2).withComponents(components), Rng.of(5));
            Autograd.noGrad(() -> model.parameters().forEach((name, t) -> t.mul_(3))); // far from uniform
            var p = model.logProbability(all).exp();
            Evidence.of(architecture + (components > 0 ? ", mixture" : ", softmax") + ": sum over 512 pictures", p.sum().item(),
                    equalTo(1, 1e-6));
            Evidence.of("largest over smallest", p.max().item() / p.min().item(), above(2));
        }
    }

    @Acceptance(topic = "pixelcnn", clause = 3)
    @Test void mixtureMassesSumToOneOverAllLevels() {
        double worst = 0, off = 0, cases = 0;
        var levels = Tensor.arange(256).reshape(256, 1, 1, 1);
        var mixture = new LogisticMixture(1, 256, 5);
        for (var dtype : new DType[] {DType.F64, DType.F32}) for (int seed = 0; seed < 40; seed++) {
            // From needles of a hundredth of a level, cut at -7, to scales that cover all, centres far out too.
            var spread = Tensor.of(new double[] {1, 1, 1 + seed % 4}).repeatInterleave(0, 5).reshape(1, 15, 1, 1);
            var said = Tensor.randn(Rng.of(seed), DType.F64, 1, 15, 1, 1).mul(spread).sub(spread.sub(1).mul(2)).to(dtype).compute();
            var mass = mixture.logMass(said.expand(256, 15, 1, 1), levels.to(dtype)).to(DType.F64).exp().flatten();
            worst = Math.max(worst, Math.abs(mass.sum().item() - 1));
            cases++;
            if (dtype == DType.F32) continue;
            double[] p = said.flatten().toDoubleArray(), weight = said.narrow(1, 0, 5).softmax(1).flatten().toDoubleArray();
            for (int level : new int[] {0, 1, 100, 254, 255}) {
                double sum = 0;
                for (int k = 0; k < 5; k++) {
                    double s = Math.exp(Math.max(p[10 + k], -7)), x = level / 127.5 - 1;
                    double upper = level == 255 ? 1 : sigmoid((x + 1 / 255.0 - p[5 + k]) / s),
                            lower = level == 0 ? 0 : sigmoid((x - 1 / 255.0 - p[5 + k]) / s);
                    sum += weight[k] * (upper - lower);
                }
                off = Math.max(off, Math.abs(mass.item(level) - sum));
            }
        }
        Evidence.of("mixtures", cases, exactly(80));
        Evidence.of("largest distance of a sum over 256 levels from 1", worst, atMost(1e-6));
        Evidence.of("largest gap to the difference of sigmoids", off, atMost(1e-6));
        // Three channels that lean on each other, all 64 pixels of 4 levels.
        var colours = new LogisticMixture(3, 4, 3);
        var pixels = new double[64 * 3];
        for (int i = 0; i < 64; i++) for (int c = 0; c < 3; c++) pixels[3 * i + c] = i >> 2 * c & 3;
        var said = Tensor.randn(Rng.of(7), DType.F64, 1, colours.parameters(), 1, 1);
        double sum = colours.logMass(said.expand(64, colours.parameters(), 1, 1), Tensor.of(pixels, 64, 3, 1, 1)).exp().sum().item();
        Evidence.of("sum over all colours of 4 levels", sum, equalTo(1, 1e-6));
    }

    private static double sigmoid(double x) { return 1 / (1 + Math.exp(-x)); }

    /** Black and white: 1 where a pixel is brighter than half. */
    private static Tensor binary(Tensor clothes) { return clothes.gt((0.5 - 0.286) / 0.353).to(DType.F32).compute(); }

    @Tag("slow")
    @Acceptance(topic = "pixelcnn", clause = 4)
    @Test void clothesTakeAQuarterFewerBitsThanIndependentPixels() {
        Tensor train = binary(Clothes.small(1_500).x()), test = binary(Clothes.smallTest(1_000).x());
        var rates = train.mean(0).to(DType.F64).mul(1_500).add(1).div(1_502.0);
        var plain = test.to(DType.F64).mul(rates.log()).add(test.to(DType.F64).rsub(1).mul(rates.rsub(1).log()));
        double independent = -plain.mean().item() / Math.log(2);
        var model = new PixelCnn(new PixelCnnConfig(1, 14, 14, 2).withFilters(8).withLayers(3).withFirstKernel(5), Rng.of(1));
        new Trainer(new Adam(1e-2), 2).withBatchSize(32).start(model, 1_500, model.over(train), null, Rng.of(2)).finish(Progress.SILENT);
        double saved = 1 - model.bitsPerDimension(test) / independent;
        Evidence.of("share of the independent pixels' bits that is saved", saved, atLeast(0.25));
        assertThat(saved).as("a model that sees the pixel itself saves nearly all").isLessThan(0.8);
    }

    @Test void drawsFollowTheProbabilities() {
        for (int components : new int[] {0, 2}) {
            var model = new PixelCnn(small(Architecture.GATED, 1, 2, 2).withComponents(components), Rng.of(5));
            Autograd.noGrad(() -> model.parameters().forEach((name, t) -> t.mul_(3)));
            var bits = new double[16 * 4];
            for (int i = 0; i < bits.length; i++) bits[i] = i / 4 >> i % 4 & 1;
            double[] p = model.logProbability(Tensor.of(bits, 16, 1, 2, 2)).exp().toDoubleArray();
            var counts = new double[16];
            int n = 4_000;
            double[] drawn = model.sample(n, Rng.of(6)).flatten().toDoubleArray();
            for (int i = 0; i < n; i++) counts[(int) (drawn[4 * i] + 2 * drawn[4 * i + 1] + 4 * drawn[4 * i + 2] + 8 * drawn[4 * i + 3])]++;
            double chi = 0;
            for (int k = 0; k < 16; k++) chi += (counts[k] - n * p[k]) * (counts[k] - n * p[k]) / n / p[k];
            assertThat(chi).isLessThan(37.7); // 0.1% of chi-square with 15 degrees of freedom
        }
    }

    @Test void completionsKeepWhatIsGivenAndColoursAreLevels() {
        var config = small(Architecture.SINGLE, 3, 4, 8).withComponents(3).withArchitecture(Architecture.PLUS_PLUS).withLayers(1)
                .withScales(2).withFilters(8).withDtype(DType.F32);
        var model = new PixelCnn(config, Rng.of(1));
        var x = Tensor.randint(Rng.of(2), 0, 8, 5, 3, 4, 4);
        var whole = model.complete(x, 2, Rng.of(3), Progress.SILENT);
        assertThat(whole.narrow(2, 0, 2).flatten().toDoubleArray()).isEqualTo(x.to(DType.F64).narrow(2, 0, 2).flatten().toDoubleArray());
        assertThat(whole.narrow(2, 2, 2).eq(x.to(DType.F32).narrow(2, 2, 2)).all().item()).isZero();
        assertThat(model.complete(x, 2, Rng.of(3), Progress.SILENT).toDoubleArray()).isEqualTo(whole.toDoubleArray());
        assertThat(model.logProbability(whole).isFinite().all().item()).isEqualTo(1);
        assertThat(new PixelCnnConfig(3, 8, 8, 256).plusPlus().components()).isEqualTo(5);
        assertThat(model.forward(x, Pass.training(Rng.of(1))).shape().toArray()).containsExactly(5, 30, 4, 4);
    }

    @Test void theFieldOfAPixelIsAMap() {
        var model = new PixelCnn(small(Architecture.SINGLE, 1, 7, 2), Rng.of(1));
        var field = model.receptiveField(Tensor.zeros(1, 7, 7), 3, 3);
        assertThat(field.shape().toArray()).containsExactly(7, 7);
        assertThat(field.item(3, 3)).isZero();
        assertThat(field.item(2, 6)).isZero(); // the blind spot
        assertThat(field.item(2, 4)).isPositive();
    }

    @Test void weightsAreSaved(@TempDir Path folder) throws Exception {
        var config = small(Architecture.GATED, 1, 4, 2);
        PixelCnn one = new PixelCnn(config, Rng.of(1)), other = new PixelCnn(config, Rng.of(2));
        one.save(folder.resolve("pixels"));
        other.load(folder.resolve("pixels"));
        var x = Tensor.randint(Rng.of(3), 0, 2, 3, 1, 4, 4);
        assertThat(other.logProbability(x).toDoubleArray()).isEqualTo(one.logProbability(x).toDoubleArray());
        assertThat(one.bitsPerDimension(x)).isCloseTo(-one.logProbability(x).mean().item() / 16 / Math.log(2), offset(1e-12));
    }

    @Test void badInputIsRefused() {
        var model = new PixelCnn(small(Architecture.GATED, 1, 4, 2), Rng.of(1));
        assertThatThrownBy(() -> model.logProbability(Tensor.full(DType.F32, 2.0, 1, 1, 4, 4))).hasMessageContaining("from 2.0 to 2.0");
        assertThatThrownBy(() -> model.logProbability(Tensor.full(DType.F32, 0.5, 1, 1, 4, 4))).hasMessageContaining("whole");
        assertThatThrownBy(() -> model.logProbability(Tensor.full(DType.F32, Double.NaN, 1, 1, 4, 4))).hasMessageContaining("NaN");
        assertThatThrownBy(() -> model.logProbability(Tensor.zeros(1, 2, 4, 4))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> model.complete(Tensor.zeros(1, 1, 4, 4), 5, Rng.of(1), Progress.SILENT)).hasMessageContaining("5 rows");
        assertThatThrownBy(() -> new PixelCnnConfig(3, 4, 4, 2).withArchitecture(Architecture.PLUS_PLUS))
                .hasMessageContaining("components");
        assertThatThrownBy(() -> new PixelCnnConfig(1, 4, 4, 2).withKernel(2)).hasMessageContaining("odd");
        assertThatThrownBy(() -> new PixelCnnConfig(1, 4, 4, 2).withScales(2)).hasMessageContaining("2 scales of GATED");
        assertThatThrownBy(() -> new LogisticMixture(1, 1, 1)).hasMessageContaining("1 levels");
    }
}
