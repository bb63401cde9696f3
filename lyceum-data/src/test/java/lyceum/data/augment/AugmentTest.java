package lyceum.data.augment;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.data.DataLoader;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class AugmentTest {
    private static final String TOPIC = "data-augmentation";

    private static final Augment<Raster> EVERYTHING = Augment.all(ImageAugment.flip(), ImageAugment.flipVertically(),
            ImageAugment.quarterTurns(), ImageAugment.shift(2), ImageAugment.crop(8, 8, 2), ImageAugment.affine(20, 0.1, 0.1, 5),
            ImageAugment.colour(0.2, 0.2, 0.2, 0.1), ImageAugment.erase(0.05, 0.2),
            Augment.oneOf(new RandAugment(), ImageAugment.noise(0.1)));

    /** The digits as colour pictures of shape (3, 8, 8) from 0 to 1. */
    private static Dataset pictures(int n) {
        var grey = Datasets.digits().range(0, n).x().div(16).reshape(n, 1, 8, 8);
        return Dataset.of(Tensor.concat(1, grey, grey.square(), grey.neg().add(1)).to(DType.F32).compute(),
                Datasets.digits().range(0, n).y());
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theSameSeedGivesTheSameSamplesForOneAndFourWorkers() {
        var data = pictures(300);
        var loader = DataLoader.of(300, 16, Rng.of(1));
        int samples = 0, differing = 0, unchanged = 0, repeated = 0;
        for (int pass = 0; pass < 3; pass++) {
            int number = pass;
            var made = new ArrayList<List<float[]>>();
            for (int workers : new int[] {1, 4}) {
                var all = new ArrayList<float[]>();
                try (var batches = loader.prefetch(pass, 0, workers,
                        rows -> ImageAugment.batch(data, rows, number, EVERYTHING, Rng.of(7)))) {
                    while (batches.hasNext()) all.add(batches.next().toFloatArray());
                }
                made.add(all);
            }
            for (int b = 0; b < made.get(0).size(); b++) if (!Arrays.equals(made.get(0).get(b), made.get(1).get(b))) differing++;
            int[] rows = loader.pass(pass).getFirst();
            samples += 300;
            var other = ImageAugment.batch(data, rows, pass + 1, EVERYTHING, Rng.of(7)).toFloatArray();
            if (Arrays.equals(other, made.get(0).getFirst())) repeated++;
            if (Arrays.equals(ImageAugment.batch(data, rows, pass, Augment.none(), Rng.of(7)).toFloatArray(), made.get(0).getFirst()))
                unchanged++;
        }
        Evidence.of("samples through nine changes in a row", samples, exactly(900));
        Evidence.of("batches that differ between 1 and 4 workers", differing, exactly(0));
        Evidence.of("first batches that the next pass repeats, or that stay as they were", repeated + unchanged, exactly(0));
        var alone = ImageAugment.batch(data, new int[] {17}, 2, EVERYTHING, Rng.of(7)).toFloatArray();
        var together = ImageAugment.batch(data, new int[] {3, 17}, 2, EVERYTHING, Rng.of(7)).get(1).toFloatArray();
        assertThat(alone).isEqualTo(together);
    }

    private static Raster random(Rng rng, int channels, int height, int width) {
        return Raster.make(channels, height, width, (c, y, x) -> (float) rng.nextDouble());
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void flipsTwiceAndFourTurnsAreTheIdentity() {
        var rng = Rng.of(2);
        int changed = 0, moved = 0, pictures = 0;
        for (; pictures < 200; pictures++) {
            var p = random(rng, 1 + rng.nextInt(3), 1 + rng.nextInt(12), 2 + rng.nextInt(12));
            var turned = p;
            for (int i = 0; i < 4; i++) turned = turned.turned(1);
            if (!same(p, p.flippedHorizontally().flippedHorizontally()) || !same(p, p.flippedVertically().flippedVertically())
                    || !same(p, turned))
                changed++;
            if (!same(p, p.turned(1).turned(3)) || !same(p.turned(2), p.turned(1).turned(1))
                    || !same(p.turned(2), p.flippedHorizontally().flippedVertically()))
                changed++;
            if (!same(p, p.flippedHorizontally()) && !same(p, p.turned(1)) && !same(p, p.turned(2))) moved++;
        }
        Evidence.of("pictures of all sizes", pictures, exactly(200));
        Evidence.of("that two flips or four quarter turns changed", changed, exactly(0));
        Evidence.of("that one flip, one turn and two turns changed", moved, exactly(200));
        var p = new Raster(new float[] {1, 2, 3, 4, 5, 6}, 1, 2, 3);
        assertThat(p.turned(1).values()).containsExactly(3, 6, 2, 5, 1, 4); // to the left
        assertThat(p.flippedHorizontally().values()).containsExactly(3, 2, 1, 6, 5, 4);
    }

    private static boolean same(Raster a, Raster b) {
        return a.height() == b.height() && a.width() == b.width() && Arrays.equals(a.values(), b.values());
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void mixedTargetsAreWeightedLabelsAndCutMixCountsThePastedArea() {
        var rng = Rng.of(3);
        int wrong = 0, rows = 0, area = 0, cut = 0;
        for (int batch = 0; batch < 60; batch++) {
            int n = 2 + rng.nextInt(20), h = 5 + rng.nextInt(20), w = 5 + rng.nextInt(20), classes = 2 + rng.nextInt(9);
            var labels = Tensor.randint(rng, 0, classes, n);
            int[] label = labels.toIntArray();
            // every picture has a value of its own everywhere, so what was pasted can be counted
            var x = Tensor.arange(0, n, 1).to(DType.F64).reshape(n, 1, 1, 1).add(Tensor.zeros(DType.F64, n, 2, h, w)).compute();
            for (var mix : List.of(Mix.mixup(0.4), Mix.cutMix(1))) {
                var mixed = mix.apply(x, labels, classes, rng);
                double[] targets = mixed.targets().toDoubleArray(), values = mixed.x().toDoubleArray();
                for (int i = 0; i < n; i++) {
                    rows++;
                    double lambda = mixed.lambda()[i];
                    int other = mixed.partners()[i];
                    for (int c = 0; c < classes; c++) {
                        double expected = lambda * (label[i] == c ? 1 : 0) + (1 - lambda) * (label[other] == c ? 1 : 0);
                        if (targets[i * classes + c] != expected) wrong++;
                    }
                    for (int plane = 0; plane < 2; plane++) {
                        int pasted = 0;
                        for (int k = 0; k < h * w; k++) {
                            double v = values[(i * 2 + plane) * h * w + k];
                            if (mix.kind() == Mix.Kind.MIXUP && v != lambda * i + (1 - lambda) * other) wrong++;
                            if (mix.kind() == Mix.Kind.CUTMIX && v != i) pasted++;
                        }
                        if (mix.kind() == Mix.Kind.MIXUP || other == i) continue;
                        if (lambda != 1 - pasted / (double) (h * w)) area++;
                        if (pasted > 0) cut++;
                    }
                }
            }
        }
        Evidence.of("rows mixed", rows, atLeast(1_000));
        Evidence.of("targets or pixels that are not the weighted ones, exactly", wrong, exactly(0));
        Evidence.of("planes into which something was pasted", cut, atLeast(500));
        Evidence.of("CutMix shares that are not the area kept", area, exactly(0));
    }

    @Test void lambdaIsDrawnFromItsBeta() {
        var rng = Rng.of(4);
        int n = 20_000;
        for (double alpha : new double[] {0.2, 1, 4}) {
            double[] lambda = Mix.mixup(alpha).apply(Tensor.zeros(DType.F32, n, 1), Tensor.zeros(DType.I64, n), 1, rng).lambda();
            double mean = 0, square = 0;
            for (double v : lambda) mean += v / n;
            for (double v : lambda) square += (v - mean) * (v - mean) / n;
            assertThat(mean).isCloseTo(0.5, offset(0.02));
            assertThat(square).isCloseTo(1 / (4 * (2 * alpha + 1)), offset(0.01));
        }
    }

    @Test void picturesMoveScaleAndTurnAsAsked() {
        var p = random(Rng.of(5), 3, 9, 9);
        assertThat(p.transformed(0, 1, 0, 0, 0, 0, 0).values()).containsExactly(p.values(), offset(1e-6f));
        assertThat(p.transformed(90, 1, 0, 0, 0, 0, 0).values()).containsExactly(p.turned(1).values(), offset(1e-5f));
        assertThat(p.transformed(0, 1, 0, 0, 2, 1, 0).values()).containsExactly(p.shifted(1, 2, 0).values(), offset(1e-6f));
        assertThat(p.resized(9, 9).values()).containsExactly(p.values(), offset(1e-6f));
        var even = Raster.make(1, 4, 6, (c, y, x) -> 0.25f);
        assertThat(even.resized(7, 3).values()).containsOnly(0.25f);
        assertThat(new Raster(new float[] {0, 1}, 1, 1, 2).resized(1, 1).values()).containsExactly(0.5f);
        for (int strength : new int[] {0, 9, 30}) for (int i = 0; i < 100; i++) {
            var changed = new RandAugment(3, strength).apply(p, Rng.of(i));
            for (float v : changed.values()) assertThat(v).isBetween(0f, 1f);
        }
        var erased = ImageAugment.erase(0.2, 0.3).apply(Raster.make(1, 40, 40, (c, y, x) -> 2), Rng.of(1));
        int hole = 0;
        for (float v : erased.values()) if (v != 2) hole++;
        assertThat(hole).isBetween(280, 520);
        assertThat(ImageAugment.hue(p, 0.25).grey().values()).satisfies(v -> assertThat(v).hasSize(243));
        assertThatThrownBy(() -> ImageAugment.crop(20, 20, 1).apply(p, Rng.of(1))).hasMessageContaining("20 x 20 from a picture of 9 x 9");
        assertThatThrownBy(() -> ImageAugment.stacked(p, even)).hasMessageContaining("crop or resize");
        assertThatThrownBy(() -> new RandAugment(2, 31)).hasMessageContaining("strength is 31");
        assertThatThrownBy(() -> Mix.mixup(0)).hasMessageContaining("alpha is 0.0");
        assertThatThrownBy(() -> Mix.cutMix(1).apply(Tensor.zeros(DType.F32, 2, 3), Tensor.of(new long[] {0, 1}), 2, Rng.of(1)))
                .hasMessageContaining("CutMix takes pictures");
    }

    private static int crossings(float[] sound) {
        int n = 0;
        for (int i = 1; i < sound.length; i++) if (sound[i] > 0 != sound[i - 1] > 0) n++;
        return n;
    }

    @Test void textSoundAndRowsChange() {
        var words = List.of("the", "big", "dog", "barks");
        assertThat(TextAugment.synonyms(Map.of("big", List.of("large")), 1).apply(words, Rng.of(1))).containsExactly("the", "large", "dog",
                "barks");
        assertThat(TextAugment.swap(3).apply(words, Rng.of(1))).containsExactlyInAnyOrderElementsOf(words);
        assertThat(TextAugment.drop(1).apply(words, Rng.of(1))).hasSize(1);
        assertThat(TextAugment.drop(0).apply(words, Rng.of(1))).isEqualTo(words);
        var sound = new float[8000];
        for (int i = 0; i < sound.length; i++) sound[i] = (float) Math.sin(i / 10.0);
        var noisy = SoundAugment.noise(20).apply(sound, Rng.of(1));
        double power = 0, noise = 0;
        for (int i = 0; i < sound.length; i++) {
            power += sound[i] * sound[i];
            noise += (noisy[i] - sound[i]) * (noisy[i] - sound[i]);
        }
        assertThat(10 * Math.log10(power / noise)).isCloseTo(20, offset(0.5));
        for (int seed = 0; seed < 20; seed++) {
            var sung = SoundAugment.speed(0.1).apply(sound, Rng.of(seed));
            assertThat(sung.length).isBetween(7_272, 8_889);
            assertThat(crossings(sung)).as("seed " + seed).isBetween(crossings(sound) - 1, crossings(sound) + 1); // as many waves in another time
        }
        assertThat(SoundAugment.speed(0).apply(sound, Rng.of(1))).isSameAs(sound);
        assertThatThrownBy(() -> SoundAugment.speed(0.6)).hasMessageContaining("share is 0.6");
        assertThatThrownBy(() -> SoundAugment.speed(0.004)).hasMessageContaining("at least a hundredth");
        assertThatThrownBy(() -> SoundAugment.noise(Double.NaN)).hasMessageContaining("decibels is NaN");
        var moved = SoundAugment.shift(100).apply(sound, Rng.of(3));
        assertThat(moved).hasSize(8000).isNotEqualTo(sound);
        var spectrogram = Tensor.ones(DType.F32, 50, 20);
        var masked = SoundAugment.frequencyMask(8).apply(SoundAugment.timeMask(10).apply(spectrogram, Rng.of(2)), Rng.of(5));
        assertThat(masked.sum().item()).isBetween(40.0 * 12, 1000.0);
        double[] row = {1, 2, 3};
        assertThat(RowAugment.jitter(new double[] {0, 0, 0}, 1).apply(row, Rng.of(1))).containsExactly(row);
        assertThat(RowAugment.swap(Tensor.of(new double[][] {{7, 8, 9}}), 1).apply(row, Rng.of(1))).containsExactly(7, 8, 9);
        assertThat(RowAugment.mask(1).apply(row, Rng.of(1))).containsOnly(Double.NaN);
        assertThat(row).containsExactly(1, 2, 3);
        assertThatThrownBy(() -> TextAugment.drop(2)).hasMessageContaining("p is 2.0");
        assertThatThrownBy(() -> Augment.oneOf()).hasMessageContaining("nothing to choose");
    }

    @Test void placedPicturesAreWholeAndAnywhere() {
        var data = pictures(60);
        var placed = ImageAugment.placed(data, 10, 9, Rng.of(3));
        assertThat(placed.x().shape().toArray()).containsExactly(60, 3, 10, 9);
        assertThat(placed.labels()).containsExactly(data.labels());
        assertThat(placed.x().sum().item()).isCloseTo(data.x().sum().item(), offset(1e-2));
        var corners = new ArrayList<Integer>();
        for (int i = 0; i < 60; i++) for (int top = 0; top <= 2; top++) for (int left = 0; left <= 1; left++) {
            var part = placed.x().get(i).narrow(1, top, 8).narrow(2, left, 8).contiguous();
            if (Arrays.equals(part.toFloatArray(), data.x().get(i).contiguous().toFloatArray())) corners.add(2 * top + left);
        }
        assertThat(corners).hasSize(60).contains(0, 1, 2, 3, 4, 5);
        assertThatThrownBy(() -> ImageAugment.placed(data, 10, 7, Rng.of(1))).hasMessageContaining("8 x 8 on one of 10 x 7");
    }
}
