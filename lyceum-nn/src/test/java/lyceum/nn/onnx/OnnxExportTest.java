package lyceum.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.format.Npy;
import lyceum.nn.Activation;
import lyceum.nn.AdaptiveAvgPool2d;
import lyceum.nn.AttentionConfig;
import lyceum.nn.AvgPool2d;
import lyceum.nn.BasicBlock;
import lyceum.nn.BatchNorm;
import lyceum.nn.Bottleneck;
import lyceum.nn.Conv1d;
import lyceum.nn.Conv2d;
import lyceum.nn.Conv3d;
import lyceum.nn.ConvTranspose2d;
import lyceum.nn.Dropout;
import lyceum.nn.Embedding;
import lyceum.nn.FeedForward;
import lyceum.nn.GatedFeedForward;
import lyceum.nn.GptBlock;
import lyceum.nn.GroupNorm;
import lyceum.nn.Gru;
import lyceum.nn.Highway;
import lyceum.nn.Layer;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.LlamaBlock;
import lyceum.nn.Lstm;
import lyceum.nn.MaxPool2d;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.PRelu;
import lyceum.nn.RMSNorm;
import lyceum.nn.Residual;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.Sequential;
import lyceum.nn.TransformerBlock;
import lyceum.nn.TransformerConfig;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.OnnxRuntime;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class OnnxExportTest {
    @TempDir Path folder;

    private static final Rng RNG = Rng.of(7);
    private static final Tensor ROWS = Tensor.randn(Rng.of(1), 3, 8).compute(), TOKENS = Tensor.randn(Rng.of(2), 3, 6, 8).compute(),
            IMAGES = Tensor.randn(Rng.of(3), 2, 4, 9, 9).compute(), LINES = Tensor.randn(Rng.of(4), 2, 4, 11).compute(),
            VOLUMES = Tensor.randn(Rng.of(5), 2, 3, 5, 5, 5).compute(), IDS = Tensor.of(new int[] {1, 4, 2, 0, 3, 3}, 2, 3);

    private static Map<String, Object[]> layers() {
        var all = new LinkedHashMap<String, Object[]>();
        all.put("linear", new Object[] {new Linear(8, 5, RNG), ROWS});
        all.put("linear of tokens", new Object[] {new Linear(8, 5, RNG), TOKENS});
        for (var activation : Activation.values())
            all.put("activation " + activation, new Object[] {(Layer) (x, pass) -> activation.forward(x, pass), ROWS});
        all.put("prelu", new Object[] {new PRelu(4, DType.F32), IMAGES});
        all.put("dropout", new Object[] {new Sequential(new Linear(8, 8, RNG), new Dropout(0.5)), ROWS});
        all.put("layer norm", new Object[] {new LayerNorm(8), TOKENS});
        all.put("rms norm", new Object[] {new RMSNorm(8), TOKENS});
        all.put("batch norm", new Object[] {new BatchNorm(4), IMAGES});
        all.put("group norm", new Object[] {new GroupNorm(2, 4), IMAGES});
        all.put("conv1d", new Object[] {new Conv1d(4, 6, 3, new Convolution().withStride(2).withPadding(1), RNG), LINES});
        all.put("conv2d", new Object[] {new Conv2d(4, 6, 3, new Convolution().withDilation(2).withGroups(2), RNG), IMAGES});
        all.put("conv3d", new Object[] {new Conv3d(3, 2, 2, RNG), VOLUMES});
        all.put("conv transpose", new Object[] {
                new ConvTranspose2d(4, 3, 3, new Convolution().withStride(2).withPadding(1).withOutputPadding(1), RNG), IMAGES});
        all.put("max pool", new Object[] {new MaxPool2d(2), IMAGES});
        all.put("max pool ceil",
                new Object[] {(Layer) (x, pass) -> x.maxPool(new Pooling(3).withStride(2).withPadding(1).withCeil(true)), IMAGES});
        all.put("average pool", new Object[] {new AvgPool2d(3), IMAGES});
        all.put("adaptive pool", new Object[] {new AdaptiveAvgPool2d(1, 1), IMAGES});
        all.put("basic block", new Object[] {new BasicBlock(4, 6, 2, DType.F32, RNG), IMAGES});
        all.put("bottleneck", new Object[] {new Bottleneck(4, 3, 1, DType.F32, RNG), IMAGES});
        all.put("residual", new Object[] {new Residual(new Linear(8, 8, RNG)), ROWS});
        all.put("highway", new Object[] {new Highway(8, Activation.TANH, RNG), ROWS});
        all.put("feed forward", new Object[] {new FeedForward(8, RNG), TOKENS});
        all.put("gated feed forward", new Object[] {new GatedFeedForward(8, 12, RNG), TOKENS});
        all.put("rnn", new Object[] {new Rnn(new RnnConfig(8, 5), RNG), TOKENS});
        all.put("gru", new Object[] {new Gru(new RnnConfig(8, 5), RNG), TOKENS});
        all.put("lstm", new Object[] {new Lstm(new RnnConfig(8, 5), RNG), TOKENS});
        all.put("attention", new Object[] {new MultiHeadAttention(new AttentionConfig(8, 2), RNG), TOKENS});
        all.put("gpt block", new Object[] {new GptBlock(8, 2, RNG), TOKENS});
        all.put("llama block", new Object[] {new LlamaBlock(new AttentionConfig(8, 2), 16, 1e-6, RNG), TOKENS});
        all.put("transformer block", new Object[] {new TransformerBlock(TransformerConfig.original(8, 2, 16), RNG), TOKENS});
        all.put("embedding", new Object[] {new Embedding(9, 8, RNG), IDS});
        return all;
    }

    /** Exported with an open batch, read back, and run on a batch that the export did not see. */
    @TestFactory Stream<DynamicTest> layersComeBackEqual() {
        return layers().entrySet().stream().map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
            var layer = (Layer) entry.getValue()[0];
            var example = (Tensor) entry.getValue()[1];
            var path = folder.resolve("m.onnx");
            Onnx.export(layer, example, path);
            var x = Tensor.concat(0, example, example.flip(1), example.narrow(0, 0, 2));
            var expected = layer.forward(x).detach();
            var got = OnnxModel.load(path).run(Map.of("input", x)).get("output");
            assertThat(got.shape()).isEqualTo(expected.shape());
            assertThat(got.sub(expected).abs().max().item()).isLessThan(2e-6 * Math.max(1, expected.abs().max().item()));
        }));
    }

    /** The exported files are ONNX to somebody else too. */
    @Tag("heavy")
    @Test void onnxRuntimeGivesTheLayersValues() throws IOException {
        for (var entry : layers().entrySet()) {
            var file = folder.resolve(entry.getKey().replace(' ', '_') + ".onnx");
            var example = (Tensor) entry.getValue()[1];
            Onnx.export((Layer) entry.getValue()[0], example, file);
            Npy.write(folder.resolve("input.npy"), Tensor.concat(0, example, example.flip(1), example.narrow(0, 0, 2)));
            OnnxRuntime.run(file, folder);
            var ours = OnnxModel.load(file).run(Map.of("input", Npy.read(folder.resolve("input.npy")))).get("output");
            assertThat(Npy.read(folder.resolve("output.npy")).sub(ours).abs().max().item()).as(entry.getKey())
                    .isLessThan(1e-5 * Math.max(1, ours.abs().max().item()));
        }
        OnnxRuntime.check(folder);
    }

    @Test void parametersKeepTheirNamesAndRowsAreGathered() {
        var file = new OnnxExport().of(new Sequential(new Embedding(9, 8, RNG), new Linear(8, 4, RNG)), IDS);
        assertThat(file.graph().initializers().keySet()).contains("0.weight", "1.weight", "1.bias");
        assertThat(file.graph().nodes()).extracting(n -> n.operator()).contains("Gather").doesNotContain("GatherElements");
        assertThat(file.graph().inputs()).hasToString("[Port[name=input, type=OfTensor[element=INT32, shape=[batch, 3]]]]");
    }

    /** What a colleague exported is trained further and leaves again. */
    @Test void importedModelsAreTrainedAndWrittenAgain() {
        var original = new Sequential(new Linear(8, 16, RNG), Activation.TANH, new BatchNorm(16), new Linear(16, 1, RNG));
        var module = OnnxModel.load(new OnnxExport().of(original, ROWS).toBytes()).asModule();
        assertThat(module.parameters().keySet()).containsExactlyInAnyOrderElementsOf(original.parameters().keySet());
        var x = Tensor.randn(Rng.of(9), 64, 8).compute();
        var y = x.narrow(1, 0, 1).mul(x.narrow(1, 1, 1)).compute();
        double before = module.forward(x).sub(y).square().mean().item(), after = before;
        for (int step = 0; step < 60; step++) {
            module.zeroGrad();
            var loss = module.forward(x).sub(y).square().mean();
            loss.backward();
            Autograd.noGrad(() -> module.parameters().values().forEach(p -> p.sub_(p.grad().mul(0.1))));
            after = loss.item();
        }
        assertThat(after).isLessThan(0.8 * before);
        var again = OnnxModel.load(module.file().toBytes()).run(Map.of("input", x)).get("output");
        assertThat(again.sub(module.forward(x)).abs().max().item()).isLessThan(1e-6);
        assertThat(again.sub(original.forward(x)).abs().max().item()).isGreaterThan(1e-2);
    }

    @Test void functionsOfSeveralTensorsAndFixedBatches() throws IOException {
        var options = new OnnxExport().withInputs(List.of("a", "b")).withOutputs(List.of("sum", "order")).withBatch("");
        var file = options.of(in -> new Tensor[] {in[0].add(in[1]).clamp(-1.0, 1.0), in[0].argsort(1)}, ROWS, ROWS.exp().compute());
        var back = OnnxModel.load(file.toBytes()).run(Map.of("a", ROWS, "b", ROWS));
        assertThat(back.get("sum").toFloatArray()).containsExactly(ROWS.add(ROWS).clamp(-1.0, 1.0).toFloatArray());
        assertThat(back.get("order").toLongArray()).containsExactly(ROWS.argsort(1).toLongArray());
    }

    @Test void whatCannotLeaveIsNamed() {
        assertThatThrownBy(() -> new OnnxExport().of((Layer) (x, pass) -> x.lgamma(), ROWS)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("lgamma");
        assertThatThrownBy(() -> new OnnxExport().of((Layer) (x, pass) -> x.mul(Tensor.randn(Rng.of(1), x.size(0), 8).compute()), ROWS))
                .isInstanceOf(LyceumException.class).hasMessageContaining("depends on the batch");
        int[] calls = {0};
        assertThatThrownBy(() -> new OnnxExport().of((Layer) (x, pass) -> x.mul(++calls[0]), ROWS)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("differs by");
    }
}
