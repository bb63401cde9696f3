package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.models.generative.diffusion.DiffusionTransformerConfig.Conditioning;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
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
import org.junit.jupiter.api.io.TempDir;

class DiffusionTransformerTest {

    @Acceptance(topic = "dit", clause = 1)
    @Test void atFirstEveryBlockIsTheIdentityAndTheOutputIsZero() {
        int blocks = 0;
        double moved = 0, output = 0, input = 0;
        for (int seed = 1; seed <= 3; seed++) for (boolean learned : new boolean[] {false, true}) {
            var config = new DiffusionTransformerConfig(8, 4, 2, 32, 3, 4, 10).withLearnedVariance(learned);
            var network = new DiffusionTransformer(config, Rng.of(seed));
            Tensor vector = Tensor.randn(Rng.of(seed), 5, 32), tokens = Tensor.randn(Rng.of(seed + 9), 5, 16, 32).compute();
            for (var block : network.blocks()) {
                var out = ((DitBlock) block).forward(tokens, vector, null, Pass.inference());
                moved = Math.max(moved, out.sub(tokens).abs().max().item());
                blocks++;
            }
            input = Math.max(input, tokens.abs().max().item());
            var said = network.predict(Tensor.randn(Rng.of(seed), 5, 4, 8, 8), Tensor.of(1f, 10, 100, 500, 999), Tensor.of(0L, 1, 2, 9, 10),
                    Pass.inference());
            output = Math.max(output, said.abs().max().item());
        }
        Evidence.of("blocks", blocks, exactly(18));
        Evidence.of("largest change by a block", moved, exactly(0));
        Evidence.of("of tokens as large as", input, above(1));
        Evidence.of("largest output", output, exactly(0));
    }

    @Acceptance(topic = "dit", clause = 2)
    @Test void patchesArePutBackInPlace() {
        int different = 0, cases = 0;
        for (int patch : new int[] {1, 2, 4, 8}) for (int channels : new int[] {1, 3, 4}) {
            var x = Tensor.randn(Rng.of(patch), 2, channels, 16, 16).compute();
            var patches = DiffusionTransformer.patchify(x, patch);
            assertThat(patches.shape().toArray()).containsExactly(2, 256 / patch / patch, patch * patch * channels);
            // The second patch begins at column `patch` of the first row.
            if (patch < 16) assertThat(patches.item(1, 1, 0)).isEqualTo(x.item(1, 0, 0, patch));
            float[] back = DiffusionTransformer.unpatchify(patches, patch, channels).toFloatArray(), own = x.toFloatArray();
            for (int i = 0; i < own.length; i++) if (own[i] != back[i]) different++;
            cases++;
        }
        Evidence.of("shapes", cases, exactly(12));
        Evidence.of("numbers that differ", different, exactly(0));
    }

    private static DiffusionTransformer golden(Golden c, Recipe r, DType type) {
        var config = new DiffusionTransformerConfig(c.integer("size"), c.integer("channels"), c.integer("patch"), c.integer("width"),
                c.integer("depth"), c.integer("heads"), c.integer("classes")).withLearnedVariance(c.flag("learned"))
                .withConditioning(Conditioning.valueOf(c.text("kind"))).withDtype(type);
        var network = new DiffusionTransformer(config, Rng.of(0));
        var values = new LinkedHashMap<>(network.state());
        assertThat(network.parameters().keySet()).containsExactlyInAnyOrderElementsOf(c.texts("names"));
        for (var name : c.texts("names")) {
            long[] shape = values.get(name).shape().toArray();
            values.put(name, Tensor.of(r.bells((int) values.get(name).count()), shape).mul(0.2).to(type));
        }
        network.load(values);
        return network;
    }

    @Acceptance(topic = "dit", clause = 3)
    @Test void theForwardPassIsPyTorchs() {
        for (var type : List.of(DType.F64, DType.F32)) {
            var gap = Gap.relativeBeyondOne();
            var cases = Golden.load("golden/dit.json").list("cases");
            for (var g : cases) {
                var c = g.at("input");
                var r = new Recipe((long) c.number("seed"));
                var network = golden(c, r, type);
                int channels = c.integer("channels"), size = c.integer("size");
                var x = Tensor.of(r.bells(3 * channels * size * size), 3, channels, size, size).to(type);
                var out = network.predict(x, Tensor.of(0.0, 17, 950).to(type), Tensor.of(0L, c.integer("classes"), 1), Pass.inference());
                gap.see(g, "expected.output", out.flatten().toDoubleArray());
            }
            Evidence.of("cases", cases.size(), exactly(4));
            Evidence.of("largest gap, " + type, gap, below(1e-5));
        }
    }

    @Acceptance(topic = "dit", clause = 4)
    @Test void presetsHaveThePapersCounts() {
        Evidence.of("S/2", count(DiffusionTransformerConfig.small(2)), exactly(32_963_360));
        Evidence.of("B/2", count(DiffusionTransformerConfig.base(2)), exactly(130_512_416));
        Evidence.of("L/2", count(DiffusionTransformerConfig.large(2)), exactly(458_102_816));
        Evidence.of("XL/2", count(DiffusionTransformerConfig.extraLarge(2)), exactly(675_129_632));
    }

    private static long count(DiffusionTransformerConfig config) {
        return Skeleton.of(() -> new DiffusionTransformer(config, Rng.of(1))).state().values().stream().mapToLong(Tensor::count).sum();
    }

    /** Latents (n, 4, 7, 7): four lowest cosine waves of each 4 by 4 tile, scaled to unit deviation; an autoencoder without training. */
    private static Tensor latents(int n) {
        var images = Datasets.fashionMnist().train().head(n).x().reshape(n, 28, 28).to(DType.F64);
        double[][] basis = new double[4][16];
        for (int k = 0; k < 4; k++)
            for (int r = 0; r < 4; r++)
                for (int c = 0; c < 4; c++)
                    basis[k][4 * r + c] = Math.cos(Math.PI / 4 * (k / 2) * (r + 0.5)) * Math.cos(Math.PI / 4 * (k % 2) * (c + 0.5));
        var tiles = images.reshape(n, 7, 4, 7, 4).permute(0, 1, 3, 2, 4).reshape(n, 49, 16);
        var codes = tiles.matmul(Tensor.of(basis).transpose());
        var scaled = codes.sub(codes.mean(new int[] {0, 1}, true)).div(codes.std(new int[] {0, 1}, 1, true));
        return scaled.transpose(1, 2).reshape(n, 4, 7, 7).to(DType.F32).compute();
    }

    @Tag("heavy")
    @Acceptance(topic = "dit", clause = 5)
    @Test void fourBlocksLearnMoreThanOne() {
        org.junit.jupiter.api.Assumptions.assumeTrue(Datasets.hasFashionMnist());
        var data = latents(4_096);
        var labels = Tensor.of(Datasets.fashionMnist().train().head(4_096).labels());
        int better = 0;
        for (int seed = 1; seed <= 3; seed++) {
            double one = trained(1, seed, data, labels), four = trained(4, seed, data, labels);
            Evidence.of("loss of 4 blocks over that of 1, seed " + seed, four / one, below(1));
            if (four < one) better++;
        }
        Evidence.of("seeds", better, exactly(3));
    }

    /** The loss on held-out noise and steps after equal training. */
    private static double trained(int depth, int seed, Tensor data, Tensor labels) {
        var ddpm = new Ddpm(NoiseSchedule.cosine(1000)).withPrediction(Prediction.VELOCITY);
        var network = new DiffusionTransformer(new DiffusionTransformerConfig(7, 4, 1, 64, depth, 4, 10), Rng.of(seed));
        var trainer = new Trainer(new Adam(1e-3), 10).withBatchSize(128).withAveraging(0.98);
        trainer.start(network, 4_096, ddpm.over(network, data, labels, ConditionDropout.ofClass(0.1, 10)), null, Rng.of(seed + 10))
                .finish(Progress.SILENT);
        double sum = 0;
        for (int k = 0; k < 8; k++) {
            int from = 512 * k;
            sum += Autograd.noGrad(() -> ddpm
                    .loss(network, data.narrow(0, from, 512), labels.narrow(0, from, 512), Pass.sampling(Rng.of(500 + from))).item());
        }
        return sum / 8;
    }

    @Test void statesAreSavedAndLoadedAndInputsChecked(@TempDir Path folder) throws Exception {
        var config = new DiffusionTransformerConfig(4, 2, 2, 16, 2, 2, 3).withConditioning(Conditioning.CROSS_ATTENTION)
                .withLearnedVariance(true);
        var network = new DiffusionTransformer(config, Rng.of(1));
        network.parameters().values().forEach(p -> Autograd.noGrad(() -> p.add_(0.05)));
        network.save(folder.resolve("dit.safetensors"));
        var other = new DiffusionTransformer(config, Rng.of(2));
        other.load(folder.resolve("dit.safetensors"));
        var x = Tensor.randn(Rng.of(3), 2, 2, 4, 4);
        assertThat(other.predict(x, 5, null).toFloatArray()).isEqualTo(network.predict(x, 5, null).toFloatArray());
        // Rows do not see each other, and a gradient reaches every parameter.
        assertThat(network.predict(x.narrow(0, 1, 1), 5, null).sub(network.predict(x, 5, null).narrow(0, 1, 1)).abs().max().item())
                .isLessThan(1e-5);
        var ddpm = new Ddpm(NoiseSchedule.linear(50)).withVariance(Ddpm.Variance.LEARNED).withObjective(Ddpm.Objective.HYBRID);
        ddpm.loss(network, x, Tensor.of(0L, 3), Pass.training(Rng.of(4))).backward();
        network.parameters().forEach((name, p) -> assertThat(p.grad()).as(name).isNotNull());
        var flow = new FlowMatching().loss(new DiffusionTransformer(config.withLearnedVariance(false).withTimeScale(1_000), Rng.of(1)), x,
                null, Pass.training(Rng.of(5)));
        assertThat(flow.item()).isFinite().isPositive();
        assertThatThrownBy(() -> network.predict(Tensor.zeros(2, 3, 4, 4), 5, null)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new DiffusionTransformerConfig(5, 2, 2, 16, 2, 2, 3)).hasMessageContaining("do not fill");
        assertThatThrownBy(() -> new DiffusionTransformerConfig(4, 2, 2, 18, 2, 2, 3)).hasMessageContaining("multiple of 4");
        assertThatThrownBy(() -> DiffusionTransformer.patchify(x, 3)).isInstanceOf(ShapeException.class);
    }
}
