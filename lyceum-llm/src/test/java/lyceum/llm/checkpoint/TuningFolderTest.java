package lyceum.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Safetensors;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.peft.Ia3;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import lyceum.train.peft.PeftMethod;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningFolderTest {
    private static final Tensor IDS = Tensor.randint(Rng.of(1), 0, 50, 2, 9);

    @TempDir private Path folder;

    private static DecoderLM model() { return new DecoderLM(DecoderConfig.llama(50, 32, 2, 32, 4, 2, 64).withDeviation(0.3), Rng.of(1)); }

    private static float[] logits(DecoderLM model) { return Autograd.noGrad(() -> model.logits(IDS, Pass.inference()).toFloatArray()); }

    /** A tuning that changes something; what the model says with it. */
    private float[] tuned(DecoderLM model) throws IOException {
        return tuned(model, new Lora(4, 8).withTargets(List.of("q_proj", "k_proj", "down_proj")));
    }

    private float[] tuned(DecoderLM model, PeftMethod method) throws IOException {
        var tuning = Peft.of(model, method, "own", Rng.of(2));
        Autograd.noGrad(() -> tuning.parameters()
                .forEach((name, w) -> w.copy_(Tensor.randn(Rng.of(name.hashCode()), w.shape().toArray()).mul(0.3))));
        tuning.save(folder);
        var said = logits(model);
        tuning.detach();
        return said;
    }

    @Test void aTuningComesUnderOurNamesAndUnderTheirs() throws IOException {
        var said = tuned(model());
        var other = model();
        var plain = logits(other);
        assertThat(said).isNotEqualTo(plain);
        TuningFolder.load(other, folder, "ours");
        assertThat(logits(other)).isEqualTo(said);
        var file = folder.resolve("adapter_model.safetensors");
        var theirs = new LinkedHashMap<String, Tensor>();
        Safetensors.read(file).tensors()
                .forEach((name, tensor) -> theirs.put(
                        name.replace("model.decoder.layers", "model.model.layers").replace(".attention.", ".self_attn."),
                        tensor.copy().compute()));
        assertThat(theirs).containsKey("base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight");
        Safetensors.write(file, theirs, Map.of());
        var third = model();
        TuningFolder.load(third, folder, "theirs").detach();
        assertThat(logits(third)).isEqualTo(plain);
        TuningFolder.load(third, folder, "again");
        assertThat(logits(third)).isEqualTo(said);
    }

    @Test void onAModelFromGgufItsRowsAreTurnedAsTheMatrices() throws IOException {
        turned(new Lora(4, 8).withTargets(List.of("q_proj", "k_proj", "down_proj")));
    }

    @Test void onAModelFromGgufGainsOfKeysAreTurnedToo() throws IOException {
        turned(new Ia3(List.of("k_proj", "v_proj"), List.of("down_proj")));
    }

    private void turned(PeftMethod method) throws IOException {
        var model = model();
        GgufModel.write(folder.resolve("m.gguf"), model,
                BlockFormat.named().stream().filter(f -> f.name().equals("F32")).findAny().orElseThrow(), Map.of());
        var said = tuned(model, method);
        var read = GgufModel.read(folder.resolve("m.gguf"));
        TuningFolder.load(read, folder, "t");
        var turned = logits(read);
        for (int i = 0; i < said.length; i++) assertThat(turned[i]).isCloseTo(said[i], Offset.offset(1e-4f));
    }

    @Test void whatDoesNotFitIsNamed() throws IOException {
        tuned(model());
        var wide = new DecoderLM(DecoderConfig.llama(50, 32, 2, 64, 4, 2, 64), Rng.of(1));
        assertThatThrownBy(() -> TuningFolder.load(wide, folder, "t")).isInstanceOf(FormatException.class)
                .hasMessageContaining("has shape");
        var deep = new DecoderLM(DecoderConfig.llama(50, 32, 3, 32, 4, 2, 64), Rng.of(1));
        assertThatThrownBy(() -> TuningFolder.load(deep, folder, "t")).isInstanceOf(FormatException.class).hasMessageContaining("layers.2");
        assertThatThrownBy(() -> TuningFolder.load(model(), folder, "a b")).hasMessageContaining("the name is");
        Files.delete(folder.resolve("adapter_config.json"));
        assertThatThrownBy(() -> TuningFolder.load(model(), folder, "t")).isInstanceOf(IOException.class);
    }
}
