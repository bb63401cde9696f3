package lyceum.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.quant.GroupedWeight;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders in the layouts of AutoGPTQ and AutoAWQ, packed here number by number as those describe them. */
class PackedFolderTest {
    private static final int WIDTH = 32, HIDDEN = 64;

    @TempDir Path folder;

    private final Map<String, Tensor> meant = new LinkedHashMap<>(); // of each packed layer, by own name

    private static DecoderLM base() {
        return new DecoderLM(DecoderConfig.llama(40, 32, 2, WIDTH, 4, 2, HIDDEN).withTied(false).withDeviation(0.2), Rng.of(1));
    }

    /** What stands where among eight outputs of AWQ's integer, the lowest four bits first. */
    private static final int[] AWQ_ORDER = {0, 2, 4, 6, 1, 3, 5, 7};

    private void pack(Map<String, Tensor> files, String stem, String own, int outputs, int inputs, String method, int bits, int group,
            boolean ordered, String more) {
        var rng = Rng.of(stem.hashCode());
        int per = 32 / bits, length = group == -1 ? inputs : group, groups = inputs / length, most = 1 << bits;
        int[][] q = new int[inputs][outputs], z = new int[groups][outputs];
        int[] of = new int[inputs];
        float[] s = new float[groups * outputs], w = new float[outputs * inputs];
        for (int i = 0; i < inputs; i++) of[i] = ordered ? (inputs - 1 - i) / length : i / length;
        for (int i = 0; i < inputs; i++) for (int o = 0; o < outputs; o++) q[i][o] = rng.nextInt(most);
        for (int g = 0; g < groups; g++) for (int o = 0; o < outputs; o++) {
            boolean alone = method.equals("gptq") && more.isEmpty() && o % per < per - 1; // older programs lose what is above a 0
            z[g][o] = alone ? 1 + rng.nextInt(most - 1) : rng.nextInt(most);
            s[g * outputs + o] = Float.float16ToFloat(Float.floatToFloat16(0.2f / most * (1 + rng.nextInt(4))));
        }
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < inputs; i++) w[o * inputs + i] = s[of[i] * outputs + o] * (q[i][o] - z[of[i]][o]);
        boolean awq = method.equals("awq");
        int[] qweight = new int[inputs * outputs / per], qzeros = new int[groups * outputs / per];
        for (int i = 0; i < inputs; i++) for (int o = 0; o < outputs; o++) {
            if (!awq) qweight[i / per * outputs + o] |= q[i][o] << bits * (i % per);
        }
        for (int i = 0; awq && i < inputs; i++)
            for (int word = 0; word < outputs / 8; word++)
                for (int k = 0; k < 8; k++) qweight[i * (outputs / 8) + word] |= q[i][8 * word + AWQ_ORDER[k]] << 4 * k;
        for (int g = 0; g < groups; g++) for (int word = 0; word < outputs / per; word++) {
            int at = g * (outputs / per) + word;
            boolean whole = !awq && more.contains("gptqmodel"), each = !awq && !whole && !more.contains("gptq_v2");
            for (int k = 0; k < per; k++) qzeros[at] |= (z[g][per * word + (awq ? AWQ_ORDER[k] : k)] - (each ? 1 : 0)) << bits * k;
            for (int k = 0; whole && k < per; k++) qzeros[at] -= 1 << bits * k;
        }
        files.remove(stem + ".weight");
        files.put(stem + ".qweight", awq ? Tensor.of(qweight, inputs, outputs / per) : Tensor.of(qweight, inputs / per, outputs));
        files.put(stem + ".qzeros", Tensor.of(qzeros, groups, outputs / per));
        files.put(stem + ".scales", Tensor.of(s, groups, outputs).to(DType.F16).compute());
        if (!awq) files.put(stem + ".g_idx", Tensor.of(of, inputs));
        meant.put(own, Tensor.of(w, outputs, inputs));
    }

    private DecoderLM read(String method, int bits, int group, boolean ordered, String more) throws IOException {
        var base = base();
        ModelFolder.write(folder, base, ModelFamily.LLAMA);
        var files = new LinkedHashMap<String, Tensor>(ModelFolder.tensors(folder));
        files.replaceAll((name, tensor) -> tensor.to(DType.F16).compute());
        for (int n = 0; n < 2; n++)
            for (var part : new String[] {"self_attn.q_proj", "self_attn.k_proj", "mlp.gate_proj", "mlp.down_proj"}) {
                var theirs = "model.layers." + n + "." + part;
                var own = "decoder.layers." + n + "." + part.replace("self_attn", "attention");
                var shape = files.get(theirs + ".weight").shape();
                pack(files, theirs, own, (int) shape.size(0), (int) shape.size(1), method, bits, group, ordered, more);
            }
        var path = folder.resolve("model.safetensors");
        var copy = folder.resolve("packed.safetensors");
        Safetensors.write(copy, files, Map.of());
        Files.move(copy, path, StandardCopyOption.REPLACE_EXISTING);
        var config = Files.readString(folder.resolve("config.json")).strip();
        Files.writeString(folder.resolve("config.json"),
                config.substring(0, config.length() - 1) + ",\"quantization_config\":{\"quant_method\":\"" + method + "\",\"bits\":" + bits
                        + ",\"group_size\":" + group + more + "}}");
        return ModelFolder.open(folder).model();
    }

    @ParameterizedTest
    @CsvSource({"gptq, 4, 16, false", "gptq, 4, 16, true", "gptq, 8, 32, false", "gptq, 2, -1, false", "awq, 4, 16, false",
            "awq, 4, -1, false"})
    void layersAreWhatTheirPackedNumbersSay(String method, int bits, int group, boolean ordered)
                    throws IOException {
        var model = read(method, bits, group, ordered, "");
        check(model, ordered);
    }

    @Test void theSecondFormOfZerosIsRead() throws IOException {
        check(read("gptq", 4, 16, false, ",\"checkpoint_format\":\"gptq_v2\""), false);
    }

    /** What a 0 borrows from the zero point behind it comes back. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8}) void onesThatWereTakenOffWholeIntegersComeBack(int bits) throws IOException {
        check(read("gptq", bits, 16, false, ",\"checkpoint_format\":\"gptq\",\"meta\":{\"quantizer\":[\"gptqmodel:2.0\"]}"), false);
    }

    /** A name is no promise: this one writes the old way. */
    @Test void zerosOfAProgramThatNamesItselfAreLookedAt() {
        assertThatThrownBy(() -> read("gptq", 4, 16, false, ",\"meta\":{\"quantizer\":[\"optimum:1.24.0\",\"auto_gptq:0.7.1\"]}"))
                .hasMessageContaining("was written over those behind it");
    }

    @Test void zeroPointsThatAnOlderProgramOverwroteAreRefused() throws IOException {
        read("gptq", 4, 16, false, "");
        var path = folder.resolve("model.safetensors");
        var files = new LinkedHashMap<String, Tensor>();
        ModelFolder.tensors(folder).forEach((name, tensor) -> files.put(name, tensor.copy().compute()));
        var zeros = files.get("model.layers.0.mlp.gate_proj.qzeros").toIntArray();
        zeros[0] = 0x3 | -1 << 4; // 4, then a zero point of 0 less one, as it is written over what is above it
        files.put("model.layers.0.mlp.gate_proj.qzeros", Tensor.of(zeros, 2, zeros.length / 2));
        Safetensors.write(folder.resolve("packed.safetensors"), files, Map.of());
        Files.move(folder.resolve("packed.safetensors"), path, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> ModelFolder.open(folder).model()).isInstanceOf(FormatException.class)
                .hasMessageContaining("model.layers.0.mlp.gate_proj.qzeros\" has the integer fffffff3: a zero point of 0 in place 1 of 8");
    }

    private void check(DecoderLM model, boolean ordered) {
        assertThat(meant).hasSize(8);
        meant.forEach((name, expected) -> {
            var linear = (Linear) model.modules().get(name);
            assertThat(linear.stored() instanceof GroupedWeight).as(name).isEqualTo(!ordered);
            assertThat(linear.weight().sub(expected).abs().max().item()).as(name).isLessThan(1e-7);
        });
        var values = new LinkedHashMap<String, Tensor>();
        var base = Module.to(base(), DType.F16);
        base.state().forEach((name, tensor) -> values.put(name, tensor.detach().to(DType.F32).compute().requiresGrad()));
        meant.forEach((name, expected) -> values.put(name + ".weight", expected.copy().requiresGrad()));
        var plain = Module.with(DecoderLM.skeleton(base().config()), values);
        var ids = Tensor.of(new int[] {3, 1, 4, 15, 9, 2}, 1, 6);
        double gap = Autograd.noGrad(() -> model.logits(ids, Pass.inference()).sub(plain.logits(ids, Pass.inference())).abs().max().item());
        assertThat(gap).isLessThan(1e-4);
    }

    @Test void whatDoesNotFitIsNamed() throws IOException {
        read("gptq", 4, 16, false, "");
        var config = folder.resolve("config.json");
        var text = Files.readString(config);
        for (var bits : new String[] {"1", "3"}) refused(text.replace("\"bits\":4", "\"bits\":" + bits), bits + " bits");
        refused(text.replace("\"bits\":4", "\"bits\":8"), "qzeros");
        refused(text.replace("\"group_size\":16", "\"group_size\":0"), "group_size");
        refused(text.replace("\"group_size\":16", "\"group_size\":8"), "qzeros");
        refused(text.replace("\"group_size\":16", "\"group_size\":2147483647"), "qzeros");
        refused(text.replaceFirst("\"num_hidden_layers\"\\s*:\\s*2", "\"num_hidden_layers\": 4000"), "do not fit the file");
        refused(text.replace("\"gptq\"", "\"awq\"").replace("\"bits\":4", "\"bits\":4,\"version\":\"gemv\""), "gemv");
        refused(text.replace("\"gptq\"", "\"bitsandbytes\""), "bitsandbytes");
    }

    private void refused(String config, String message) throws IOException {
        Files.writeString(folder.resolve("config.json"), config);
        assertThatThrownBy(() -> ModelFolder.open(folder).model()).isInstanceOf(FormatException.class).hasMessageContaining(message);
    }
}
