package lyceum.train.peft;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.format.Safetensors;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class PeftTest {
    private static final int D = 16, HEADS = 2, HIDDEN = 24, LAYERS = 2, TOKENS = 11, CLASSES = 3, P = 4, R = 3, M = 5;

    private static TinyText model() {
        return new TinyText(TinyText.config(D, HEADS, HIDDEN), LAYERS, TOKENS, 20, CLASSES, true, Rng.of(1));
    }

    private static Dataset data(long seed) {
        var x = Tensor.randint(Rng.of(seed), 0, TOKENS, 64, 9).compute();
        var y = Tensor.randint(Rng.of(seed + 1), 0, CLASSES, 64).compute();
        return new Dataset(x, y, List.of(), List.of("a", "b", "c"), "random");
    }

    private record Method(String name, PeftMethod method, long count, boolean identity) {}

    private static List<Method> methods() {
        long lora = LAYERS * 2L * R * (D + D), bottleneck = LAYERS * 2L * (2 * D * M + D + M), ia3 = LAYERS * (2L * D + HIDDEN);
        long bias = LAYERS * (4L * D + HIDDEN + D + 2 * D) + D + CLASSES; // four projections, two layers of the MLP, two norms; the last norm, the head
        return List.of(new Method("LoRA", new Lora(R, 6).withTargets(List.of("q_proj", "v_proj")), lora, true),
                new Method("bottleneck", new BottleneckAdapter(M), bottleneck, true),
                new Method("prefix", new PrefixTuning(P), 2L * LAYERS * P * D, false),
                new Method("prompt", new PromptTuning(P), (long) P * D, false), new Method("IA3", new Ia3(), ia3, true),
                new Method("BitFit", new BitFit(), bias, true));
    }

    @Acceptance(topic = "peft", clause = 1)
    @Test void eachOfSixMethodsTrainsItsCountLeavesTheBaseAndReloads(@TempDir Path folder) throws IOException {
        long counts = 0, stray = 0, unequal = 0, moved = 0, biases = 0;
        var data = data(5);
        for (var m : methods()) {
            var model = model();
            var base = model.forward(data.x());
            byte[] before = TinyText.bits(base);
            var state = TinyText.bits(model);
            var tuning = Peft.of(model, m.method, "mine", Rng.of(2));
            counts += tuning.parameterCount() == m.count && model.parameterCount() == m.count && tuning.report().trained() == m.count ? 1
                    : 0;
            if (m.identity) moved += Arrays.equals(before, TinyText.bits(model.forward(data.x()))) ? 0 : 1;
            new Trainer(new Adam(0.05), 3).fit(model, Loss::crossEntropy, data, Rng.of(3));
            if (m.method instanceof BitFit) {
                biases += TinyText.changed(state, model);
                state.keySet().removeIf(name -> name.endsWith("bias"));
            }
            stray += TinyText.changed(state, model);
            var after = model.forward(data.x());
            assertThat(after.sub(base).abs().max().item()).as(m.name + " learns something").isGreaterThan(1e-3);
            tuning.save(folder.resolve(m.name));
            var fresh = model();
            Peft.load(fresh, folder.resolve(m.name), "other");
            unequal += Arrays.equals(TinyText.bits(after), TinyText.bits(fresh.forward(data.x()))) ? 0 : 1;
            tuning.detach();
            assertThat(TinyText.bits(model.forward(data.x()))).as(m.name + " is taken off").isEqualTo(before);
            tuning.attach();
            assertThat(TinyText.bits(model.forward(data.x()))).as(m.name + " is put on").isEqualTo(TinyText.bits(after));
        }
        Evidence.of("methods whose trained numbers equal the formula", counts, exactly(6));
        Evidence.of("frozen tensors that changed, of six methods", stray, exactly(0));
        Evidence.of("biases that BitFit changed", biases, above(0));
        Evidence.of("methods whose reloaded logits differ in a bit", unequal, exactly(0));
        Evidence.of("methods from the identity whose wrapped model differs in a bit", moved, exactly(0));
    }

    private static Dataset pictures(Dataset from, int start, int count, boolean shifted, long seed) {
        var x = from.range(start, start + count).flat().to(DType.F32).x().div(255);
        if (shifted) x = x.mul(0.5).add(0.3).add(Tensor.randn(Rng.of(seed), DType.F32, count, 784).mul(0.1));
        return new Dataset(x.compute(), from.range(start, start + count).y(), List.of(), from.classNames(), "Fashion-MNIST");
    }

    private static double accuracy(Module model, Dataset data) {
        return Autograd.noGrad(() -> model.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item());
    }

    @Tag("slow")
    @Acceptance(topic = "peft", clause = 2)
    @Test void loraAndAdaptersRecoverMostOfFullTuningsGainOnShiftedPictures() {
        var fashion = Datasets.fashionMnist();
        Dataset source = pictures(fashion.train(), 0, 10_000, false, 0), train = pictures(fashion.train(), 10_000, 5_000, true, 1);
        var test = pictures(fashion.test(), 0, 5_000, true, 2);
        var rng = Rng.of(7);
        var base = new Sequential(new Linear(784, 256, rng), Activation.RELU, new Linear(256, 256, rng), Activation.RELU,
                new Linear(256, 10, rng));
        new Trainer(new Adam(1e-3), 5).withBatchSize(64).fit(base, Loss::crossEntropy, source, Rng.of(8));
        double start = accuracy(base, test);
        var full = Module.copy(base);
        new Trainer(new Adam(1e-3), 4).withBatchSize(64).fit(full, Loss::crossEntropy, train, Rng.of(9));
        double gain = accuracy(full, test) - start;
        Evidence.of("full fine-tuning's gain on pale, noisy pictures", gain, above(0.1));
        var methods = Map.of("LoRA of rank 4", new Lora(4, 8), "bottlenecks of 8", new BottleneckAdapter(8).withTargets(List.of("0", "2")));
        methods.forEach((name, method) -> {
            var model = Module.copy(base);
            var tuning = Peft.of(model, method, "shift", Rng.of(10));
            new Trainer(new Adam(3e-3), 4).withBatchSize(64).fit(model, Loss::crossEntropy, train, Rng.of(9));
            Evidence.of(name + ": share of the parameters", tuning.report().share(), below(0.05));
            Evidence.of(name + ": share of full tuning's gain", (accuracy(model, test) - start) / gain, atLeast(0.85));
        });
    }

    @Test void methodsComposeAndStack() {
        var model = model();
        var x = data(5).x();
        byte[] before = TinyText.bits(model.forward(x));
        var both = Peft.of(model, "both", Rng.of(2), new Lora(2, 4).withTargets(List.of("q_proj")), new Ia3());
        assertThat(both.parameterCount()).isEqualTo(LAYERS * (2L * 2 * D + 2 * D + HIDDEN));
        assertThat(TinyText.bits(model.forward(x))).isEqualTo(before);
        var top = Peft.of(model, new BottleneckAdapter(2), "top", Rng.of(3));
        assertThat(model.parameterCount()).as("the first is frozen").isEqualTo(top.parameterCount());
        assertThatThrownBy(() -> Peft.of(model, new Ia3(), "top", Rng.of(3))).hasMessageContaining("a tuning named top already");
        assertThat(top.report().toString()).startsWith("328 of ").contains("%)");
        top.detach();
        both.detach();
        assertThat(TinyText.bits(model.forward(x))).isEqualTo(before);
    }

    @Test void aCopyOfATunedModelIsItsOwn() {
        var model = model();
        var tuning = Peft.of(model, new Ia3(), "a", Rng.of(2));
        var x = data(5).x();
        var copy = Module.copy(model);
        var before = copy.forward(x).toDoubleArray();
        Autograd.noGrad(() -> tuning.parameters().values().forEach(t -> t.copy_(t.mul(2))));
        assertThat(copy.forward(x).toDoubleArray()).isEqualTo(before);
        assertThat(model.forward(x).toDoubleArray()).isNotEqualTo(before);
    }

    @Test void ia3ScalesKeysValuesAndHiddenUnits() {
        var rng = Rng.of(3);
        var layer = new Linear(4, 3, rng);
        var x = Tensor.randn(rng, 5, 4).compute();
        var out = Peft.of(layer, new Ia3(List.of("*"), List.of()), "out", rng);
        Autograd.noGrad(() -> out.parameters().get("ia3_l").copy_(Tensor.of(2f, 3f, 4f).reshape(3, 1)));
        assertThat(layer.forward(x).toDoubleArray())
                .isEqualTo(x.affine(layer.weight(), layer.bias()).mul(Tensor.of(2f, 3f, 4f)).toDoubleArray());
        out.detach();
        var in = Peft.of(layer, new Ia3(List.of(), List.of("*")), "in", rng);
        Autograd.noGrad(() -> in.parameters().get("ia3_l").copy_(Tensor.of(2f, 3f, 4f, 5f).reshape(1, 4)));
        assertThat(layer.forward(x).toDoubleArray())
                .isEqualTo(x.mul(Tensor.of(2f, 3f, 4f, 5f)).affine(layer.weight(), layer.bias()).toDoubleArray());
    }

    /** Configuration and shapes as peft 0.14 asks for them: tuners/ia3/config.py and layer.py. */
    @Test void ia3FilesAreLaidOutAsHuggingFaceReadsThem(@TempDir Path folder) throws IOException {
        Peft.of(model(), new Ia3(), "a", Rng.of(1)).save(folder);
        var config = new JsonMapper().readTree(Files.readString(folder.resolve("adapter_config.json")));
        var targets = new ArrayList<String>();
        config.path("target_modules").forEach(node -> targets.add(node.asString()));
        assertThat(targets).containsExactly("k_proj", "v_proj", "fc2");
        assertThat(config.path("feedforward_modules").size()).isEqualTo(1);
        assertThat(targets).contains(config.path("feedforward_modules").get(0).asString());
        var tensors = Safetensors.read(folder.resolve("adapter_model.safetensors")).tensors();
        int inputs = 0;
        for (var entry : tensors.entrySet()) {
            assertThat(entry.getKey()).startsWith("base_model.model.").endsWith(".ia3_l");
            boolean input = entry.getKey().contains("fc2");
            inputs += input ? 1 : 0;
            assertThat(entry.getValue().shape().toArray()).isEqualTo(input ? new long[] {1, HIDDEN} : new long[] {D, 1});
        }
        assertThat(inputs).isEqualTo(LAYERS);
        assertThat(tensors).hasSize(3 * LAYERS);
    }

    /** Reads rows of several lengths. */
    private static final class Padded extends Module {
        final Embedding embedding = new Embedding(TOKENS, D, Rng.of(1));
        final TransformerEncoder encoder = new TransformerEncoder(TinyText.config(D, HEADS, HIDDEN), LAYERS, Rng.of(2));
        int[] lengths;

        @Override protected Tensor compute(Tensor tokens, Pass pass) {
            return encoder.forward(embedding.forward(tokens, pass),
                    new Attention().withKeyLengths(lengths == null ? null : Tensor.of(lengths)), pass);
        }
    }

    @Test void aPromptGoesWithKeyLengths() {
        var model = new Padded();
        Peft.of(model, new PromptTuning(3), "a", Rng.of(3));
        var tokens = Tensor.randint(Rng.of(4), 0, TOKENS, 1, 6).compute();
        model.lengths = new int[] {4};
        var padded = model.forward(tokens).narrow(1, 0, 4).compute();
        model.lengths = null;
        var whole = model.forward(tokens.narrow(1, 0, 4)).compute();
        model.lengths = new int[] {4};
        assertThat(padded.sub(whole).abs().max().item()).isLessThan(1e-5);
        var other = tokens.copy();
        other.set_(Tensor.full(tokens.dtype(), 0, 1, 2), Index.all(), Index.range(4, 6));
        assertThat(model.forward(other).narrow(1, 0, 4).toFloatArray()).isEqualTo(padded.toFloatArray());
    }

    @Test void badRequestsSayWhatIsThere(@TempDir Path folder) throws IOException {
        var model = model();
        assertThatThrownBy(() -> Peft.of(model, new Lora(2, 4).withTargets(List.of("nothing")), "a", Rng.of(1)))
                .hasMessageContaining("no module that it can tune matches [nothing]");
        assertThatThrownBy(() -> Peft.of(model, new Ia3(), "a.b", Rng.of(1))).hasMessageContaining("the name is \"a.b\"");
        assertThatThrownBy(() -> new Lora(0, 1)).hasMessageContaining("rank is 0");
        assertThatThrownBy(() -> new Lora(2, Double.NaN)).hasMessageContaining("alpha is NaN");
        assertThatThrownBy(() -> new BottleneckAdapter(0)).hasMessageContaining("width is 0");
        assertThatThrownBy(() -> new PrefixTuning(-1)).hasMessageContaining("length is -1");
        var tuning = Peft.of(model, new Ia3(), "a", Rng.of(1));
        assertThatThrownBy(tuning::merge).isInstanceOf(LyceumException.class).hasMessageContaining("only low-rank updates merge");
        tuning.save(folder);
        var other = new TinyText(TinyText.config(8, HEADS, HIDDEN), LAYERS, TOKENS, 20, CLASSES, true, Rng.of(1));
        assertThatThrownBy(() -> Peft.load(other, folder, "a")).hasMessageContaining("has shape");
        var deeper = new TinyText(TinyText.config(D, HEADS, HIDDEN), 3, TOKENS, 20, CLASSES, true, Rng.of(1));
        assertThatThrownBy(() -> Peft.load(deeper, folder, "a")).isInstanceOf(FormatException.class)
                .hasMessageContaining("this model needs");
        for (var config : Map.of("{", "adapter_config.json", "{\"peft_type\": \"X\"}", "peft_type is \"X\"",
                "{\"peft_type\": \"LORA\", \"r\": 0, \"target_modules\": [\"q\"]}", "rank is 0", "[]", "peft_type",
                "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 2}", "target_modules is missing").entrySet()) {
            Files.writeString(folder.resolve("adapter_config.json"), config.getKey());
            assertThatThrownBy(() -> Peft.load(model(), folder, "a")).as(config.getKey()).isInstanceOf(FormatException.class)
                    .hasMessageContaining(config.getValue());
        }
    }

    @Test void everySettingComesBackFromTheFile(@TempDir Path folder) throws IOException {
        var methods = List.of(new Lora(2, 3, 0.1, true, List.of("q_proj")),
                new BottleneckAdapter(3, Activation.RELU, 0.1, 2, true, true, List.of("mlp")),
                new PrefixTuning(2, 7, 0.5, List.of("layers.0.attention")), new PromptTuning(3, List.of(1, 2), "embedding"),
                new Ia3(List.of("v_proj"), List.of("fc2")), new BitFit(List.of("fc1")));
        var seen = new LinkedHashMap<PeftMethod, PeftMethod>();
        for (var method : methods) {
            Peft.of(model(), method, "a", Rng.of(1)).save(folder);
            seen.put(method, Peft.load(model(), folder, "b").methods().getFirst());
        }
        seen.forEach((saved, read) -> assertThat(read).isEqualTo(saved));
        assertThat(seen).hasSize(6);
        Peft.of(model(), "c", Rng.of(1), methods.get(0), methods.get(4)).save(folder);
        assertThat(Peft.load(model(), folder, "b").methods()).containsExactly(methods.get(0), methods.get(4));
    }
}
