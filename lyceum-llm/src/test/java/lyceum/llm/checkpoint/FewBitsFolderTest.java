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
import lyceum.format.Safetensors;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.quant.FewBits;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.RopeScaling;
import lyceum.nn.RotaryEmbedding;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FewBitsFolderTest {
    private static final Tensor IDS = Tensor.randint(Rng.of(1), 0, 50, 2, 9);

    @TempDir private Path folder;

    private static DecoderLM model(boolean tied) {
        var config = DecoderConfig.llama(50, 32, 2, 32, 4, 2, 64).withDeviation(0.3);
        return new DecoderLM(tied ? config.withTied(true) : config, Rng.of(1));
    }

    private static float[] logits(DecoderLM model) { return Autograd.noGrad(() -> model.logits(IDS, Pass.inference()).toFloatArray()); }

    @Test void whatIsWrittenIsReadBitForBit() throws IOException {
        for (boolean tied : new boolean[] {false, true}) for (var way : FewBits.values()) {
            var model = model(tied);
            var small = way.of(model, List.of(IDS), Progress.SILENT);
            var path = folder.resolve(way + "-" + tied);
            ModelFolder.write(path, small, ModelFamily.LLAMA);
            var read = ModelFolder.open(path).model();
            assertThat(logits(read)).isEqualTo(logits(small)).isNotEqualTo(logits(model));
            assertThat(((Linear) read.modules().get("decoder.layers.1.mlp.up_proj")).stored()).isNotNull();
            var errors = FewBits.errors(model, read, List.of(IDS));
            assertThat(errors.keySet()).containsExactly("decoder.layers.0", "decoder.layers.1");
            assertThat(errors.values()).allMatch(e -> e > 1e-3 && e < 0.6);
            assertThat(FewBits.errors(model, model, List.of(IDS)).values()).allMatch(e -> e == 0);
        }
        assertThatThrownBy(() -> FewBits.GPTQ4.of(model(false), List.of(), Progress.SILENT)).hasMessageContaining("calibrated on texts");
    }

    @Test void aModelThatTurnsByNeighboursIsTheSameByHalves() {
        var config = model(false).config();
        var neighbours = new DecoderLM(config.eachBlock(b -> b.positioned(new RotaryEmbedding(8, 10_000, new RopeScaling.None(), true))),
                Rng.of(3));
        var halves = GgufModel.byHalves(neighbours);
        assertThat(halves.config().blocks().getFirst().attention().rotary().isInterleaved()).isFalse();
        float[] a = logits(neighbours), b = logits(halves);
        for (int i = 0; i < a.length; i++) assertThat(b[i]).isCloseTo(a[i], Offset.offset(1e-4f));
        assertThat(GgufModel.byHalves(halves)).isSameAs(halves);
    }

    @Test void whatDoesNotFitIsNamed() throws IOException {
        ModelFolder.write(folder, FewBits.NF4.of(model(false), List.of(), Progress.SILENT), ModelFamily.LLAMA);
        var config = folder.resolve("config.json");
        var text = Files.readString(config);
        for (var wrong : Map.of("\"quant_method\" : \"lyceum\"", "\"quant_method\" : \"eetq\"|stored in few bits by \"eetq\"",
                "\"formatVersion\" : 1", "\"formatVersion\" : 2|this version reads 1", "\"type\" : \"nf4\"",
                "\"type\" : \"x\"|grouped and nf4 are known", "\"block\" : 64", "\"block\" : 32|Nf4Weight: scales are",
                "\"scale_block\" : 256", "\"scale_block\" : 8|scaleScales are", "\"decoder.layers.0.mlp.up_proj\"",
                "\"decoder.norm\"|no such linear layer", "\"intermediate_size\" : 64", "\"intermediate_size\" : 80|mlp").entrySet()) {
            var change = wrong.getValue().split("\\|");
            assertThat(text).contains(wrong.getKey());
            Files.writeString(config, text.replace(wrong.getKey(), change[0]));
            assertThatThrownBy(() -> ModelFolder.open(folder).model()).as(change[0]).isInstanceOf(FormatException.class)
                    .hasMessageContaining(change[1]);
        }
        Files.writeString(config, text);
        var file = folder.resolve("model.safetensors");
        var tensors = new LinkedHashMap<String, Tensor>();
        Safetensors.read(file).tensors().forEach((name, tensor) -> tensors.put(name, tensor.copy().compute()));
        var codes = tensors.remove("decoder.layers.0.mlp.up_proj.stored.codes");
        Safetensors.write(file, tensors, Map.of());
        assertThatThrownBy(() -> ModelFolder.open(folder).model()).hasMessageContaining("codes\" is missing");
        tensors.put("decoder.layers.0.mlp.up_proj.stored.codes", codes);
        tensors.put("extra", codes);
        Safetensors.write(file, tensors, Map.of());
        assertThatThrownBy(() -> ModelFolder.open(folder).model()).hasMessageContaining("unknown [extra]");
    }

    @Test void mutantsOfTheConfigurationAreRefusedOrRead() throws IOException {
        ModelFolder.write(folder, FewBits.NF4.of(model(false), List.of(), Progress.SILENT), ModelFamily.LLAMA);
        var config = folder.resolve("config.json");
        var text = Files.readString(config);
        var rng = Rng.of(7);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            var bytes = text.getBytes();
            for (int k = 0; k <= rng.nextInt(3); k++) bytes[rng.nextInt(bytes.length)] = (byte) (32 + rng.nextInt(95));
            Files.write(config, bytes);
            try {
                ModelFolder.open(folder).model();
            } catch (FormatException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(90, 299);
    }
}
