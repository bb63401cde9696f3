package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.VisionTransformerConfig.Pool;
import lyceum.nn.Hooks;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaskedAutoencoderTest {
    private static final VisionTransformerConfig VIT = new VisionTransformerConfig(8, 2, 1, 8, 2, 2).withDtype(DType.F64);

    private static MaskedAutoencoder small(boolean normalised) {
        return new MaskedAutoencoder(new MaskedAutoencoderConfig(VIT).withNormalised(normalised).withWidth(12), Rng.of(1));
    }

    @Acceptance(topic = "mae", clause = 1)
    @Test void theEncoderSeesAQuarterOfThePatches() {
        int[][] grids = {{7, 7}, {14, 14}, {5, 10}};
        for (int[] grid : grids) for (boolean classToken : new boolean[] {true, false}) {
            var vit = VIT.withImageHeight(2 * grid[0]).withImageWidth(2 * grid[1]).withPool(Pool.MEAN).withClassToken(classToken);
            var mae = new MaskedAutoencoder(new MaskedAutoencoderConfig(vit).withHidden(0.75), Rng.of(1));
            var hooks = Hooks.of(mae);
            var seen = hooks.capture("encoder.encoder.layers.*");
            mae.reconstruct(Tensor.zeros(DType.F64, 3, 1, 2 * grid[0], 2 * grid[1]), Pass.sampling(Rng.of(2)).with(hooks));
            int n = grid[0] * grid[1], blocks = 0;
            for (int block = 0; block < 2; block++, blocks++)
                Evidence.of("tokens of block " + block + " less the class token, of " + n + " patches" + (classToken ? "" : " without one"),
                        seen.get("encoder.encoder.layers." + block).size(1) - (classToken ? 1 : 0), exactly(n / 4));
            assertThat(blocks).isEqualTo(2);
        }
    }

    @Acceptance(topic = "mae", clause = 2)
    @Test void restoringUndoesShuffling() {
        int moved = 0, masks = 0;
        double wrong = 0;
        var rng = Rng.of(3);
        for (; masks < 1000; masks++) {
            int patches = 2 + masks % 60;
            var shuffle = PatchShuffle.random(2, patches, 0.4, rng);
            var tokens = Tensor.randn(rng, 2, patches, 3).compute();
            var there = shuffle.shuffled(tokens);
            double[] x = tokens.toDoubleArray(), y = shuffle.restored(there).toDoubleArray();
            if (!Arrays.equals(there.toDoubleArray(), x)) moved++;
            for (int i = 0; i < x.length; i++) if (x[i] != y[i]) wrong++;
        }
        Evidence.of("masks", masks, exactly(1000));
        Evidence.of("numbers that are not where they were", wrong, exactly(0));
        Evidence.of("masks that moved something", moved, above(900));
    }

    @Test void hiddenTokensStandWhereTheirPatchesWere() {
        var shuffle = PatchShuffle.random(4, 10, 0.75, Rng.of(5));
        var tokens = Tensor.randn(Rng.of(6), DType.F64, 4, 10, 2).compute();
        var back = shuffle.restored(shuffle.visible(tokens), Tensor.full(DType.F64, 7.0, 1, 1, 2));
        boolean[] hidden = shuffle.hidden().toBooleanArray();
        double[] x = tokens.toDoubleArray(), y = back.toDoubleArray();
        int seen = 0;
        for (int i = 0; i < 40; i++) {
            if (!hidden[i]) seen++;
            for (int j = 0; j < 2; j++) assertThat(y[2 * i + j]).isEqualTo(hidden[i] ? 7 : x[2 * i + j]);
        }
        assertThat(seen).isEqualTo(4 * 2);
        assertThat(Arrays.equals(shuffle.order().select(0, 0).toLongArray(), shuffle.order().select(0, 1).toLongArray())).isFalse();
    }

    @Acceptance(topic = "mae", clause = 3)
    @Test void visiblePatchesHaveNoGradient() {
        double visible = 0, least = Double.MAX_VALUE;
        int hiddenOnes = 0;
        for (boolean normalised : new boolean[] {false, true}) for (int seed = 1; seed <= 5; seed++) {
            var mae = small(normalised);
            var images = Tensor.randn(Rng.of(seed), DType.F64, 3, 1, 8, 8).compute();
            var told = mae.reconstruct(images, Pass.sampling(Rng.of(seed)));
            var predicted = told.predicted().detach().copy().compute().requiresGrad();
            mae.error(new MaskedAutoencoder.Reconstruction(predicted, told.shuffle()), images).backward();
            double[] g = predicted.grad().toDoubleArray();
            long[] order = told.shuffle().order().toLongArray();
            for (int i = 0; i < 3; i++) for (int place = 0; place < 16; place++) for (int k = 0; k < 4; k++) {
                double slope = Math.abs(g[(i * 16 + (int) order[i * 16 + place]) * 4 + k]);
                if (place < 4) visible = Math.max(visible, slope);
                else {
                    least = Math.min(least, slope);
                    hiddenOnes++;
                }
            }
        }
        Evidence.of("largest gradient at predictions of visible patches", visible, exactly(0));
        Evidence.of("least gradient at a hidden one", least, above(0));
        Evidence.of("hidden numbers looked at", hiddenOnes, exactly(10 * 3 * 12 * 4));
    }

    @Test void theErrorIsTheMeanOverHiddenPixels() {
        for (boolean normalised : new boolean[] {false, true}) {
            var mae = small(normalised);
            var images = Tensor.randn(Rng.of(2), DType.F64, 2, 1, 8, 8).compute();
            var told = mae.reconstruct(images, Pass.sampling(Rng.of(4)));
            double[] p = told.predicted().toDoubleArray(), x = images.toDoubleArray();
            boolean[] hidden = told.shuffle().hidden().toBooleanArray();
            double sum = 0;
            for (int i = 0; i < 32; i++) {
                if (!hidden[i]) continue;
                var patch = new double[4];
                for (int k = 0; k < 4; k++) patch[k] = x[i / 16 * 64 + (i % 16 / 4 * 2 + k / 2) * 8 + i % 4 * 2 + k % 2];
                double mean = Arrays.stream(patch).average().orElseThrow(), variance = 0;
                for (double v : patch) variance += (v - mean) * (v - mean) / 3;
                for (int k = 0; k < 4; k++)
                    sum += Math.pow(p[i * 4 + k] - (normalised ? (patch[k] - mean) / Math.sqrt(variance + 1e-6) : patch[k]), 2);
            }
            assertThat(mae.error(told, images).item()).isCloseTo(sum / (24 * 4), within(1e-12));
        }
    }

    @Test void whatIsHiddenDoesNotReachThePredictions() {
        var mae = small(false);
        var shuffle = PatchShuffle.random(1, 16, 0.75, Rng.of(9));
        var images = Tensor.randn(Rng.of(2), DType.F64, 1, 1, 8, 8).compute();
        var blind = mae.masked(shuffle, images, 5);
        assertThat(mae.reconstruct(blind, shuffle, Pass.inference()).predicted().toDoubleArray())
                .isEqualTo(mae.reconstruct(images, shuffle, Pass.inference()).predicted().toDoubleArray());
        var shown = mae.pictures(mae.reconstruct(images, shuffle, Pass.inference()), images);
        assertThat(mae.masked(shuffle, shown, 5).toDoubleArray()).isEqualTo(blind.toDoubleArray());
    }

    @Test void everyWeightLearnsAndTheEncoderIsExported(@TempDir Path folder) throws Exception {
        var mae = small(true);
        var images = Tensor.randn(Rng.of(2), DType.F64, 3, 1, 8, 8).compute();
        mae.objective(images).of(new int[] {0, 2}, Pass.training(Rng.of(3))).backward();
        mae.parameters().forEach((name, p) -> assertThat(p.grad()).as(name).isNotNull());

        var tuned = mae.classifier(5, Rng.of(8));
        assertThat(tuned.forward(images).shape().toArray()).containsExactly(3, 5);
        assertThat(tuned.encode(images, Pass.inference()).pooled().toDoubleArray()).isEqualTo(mae.forward(images).toDoubleArray());
        Autograd.noGrad(() -> tuned.state().get("class_token").mul_(2));
        assertThat(tuned.encode(images, Pass.inference()).pooled().toDoubleArray()).isNotEqualTo(mae.forward(images).toDoubleArray());

        mae.save(folder.resolve("mae.safetensors"));
        var other = new MaskedAutoencoder(mae.config(), Rng.of(99));
        other.load(folder.resolve("mae.safetensors"));
        assertThat(other.forward(images).toDoubleArray()).isEqualTo(mae.forward(images).toDoubleArray());
    }

    @Test void thePapersSize() {
        Module base = Skeleton.of(() -> new MaskedAutoencoder(MaskedAutoencoderConfig.base(), Rng.of(1)));
        // 85,798,656 of ViT-B without head, less its learned positions, and a decoder of 512 x 8
        long block = 4L * 512 * 513 + 512 * 2048 * 2 + 2048 + 512 + 4 * 512;
        assertThat(base.parameterCount()).isEqualTo(85_798_656 - 197 * 768 + 768 * 512 + 512 + 512 + 8 * block + 1024 + 513 * 768);
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> PatchShuffle.random(2, 4, 1, Rng.of(1))).hasMessageContaining("hidden share is 1.0");
        assertThatThrownBy(() -> PatchShuffle.random(2, 4, 0.9, Rng.of(1))).hasMessageContaining("none of 4");
        assertThatThrownBy(() -> new MaskedAutoencoderConfig(VIT).withHidden(0)).hasMessageContaining("hidden is 0.0");
        assertThatThrownBy(() -> new MaskedAutoencoderConfig(VIT.withClasses(3))).hasMessageContaining("classifier");
        assertThatThrownBy(() -> new MaskedAutoencoderConfig(VIT).withWidth(6)).hasMessageContaining("multiple of 4");
        var mae = small(false);
        var images = Tensor.zeros(DType.F64, 2, 1, 8, 8);
        assertThatThrownBy(() -> mae.reconstruct(images, Pass.inference())).hasMessageContaining("random");
        assertThatThrownBy(() -> mae.reconstruct(images, PatchShuffle.random(2, 9, 0.5, Rng.of(1)), Pass.inference()))
                .isInstanceOf(ShapeException.class);
        assertThat(PatchShuffle.random(1, 10, 0.9, Rng.of(1)).visible()).isEqualTo(1);
    }
}
