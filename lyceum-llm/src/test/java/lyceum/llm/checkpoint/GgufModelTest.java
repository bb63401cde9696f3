package lyceum.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.TinyFamilies;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufModelTest {
    @TempDir Path folder;

    /** Files in the layout of llama.cpp's converter, with the logits of PyTorch: of the families that both compute alike. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3", "gpt2", "gpt-neox", "mixtral", "qwen2-moe", "qwen3-moe", "gemma", "phi", "phi3",
            "olmo", "olmo2"})
    void logitsAreThoseOfTheTranscription(String name) throws IOException {
        var family = new TinyFamilies(name);
        var model = GgufModel.read(family.folder().resolve("model.gguf"));
        var expected = family.expected();
        Tensor z = Autograd.noGrad(() -> model.logits(expected.get("ids"), Pass.inference()));
        assertThat(z.sub(expected.get("logits")).abs().max().item()).isLessThan(1e-4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3"}) void whatIsWrittenIsReadAgain(String name) throws IOException {
        var family = new TinyFamilies(name);
        var model = ModelFolder.open(family.folder()).model();
        GgufModel.write(folder.resolve("f.gguf"), model, null, Map.of("general.name", "tiny"));
        var ids = family.expected().get("ids");
        Tensor z = logits(model, ids), again = logits(GgufModel.read(folder.resolve("f.gguf")), ids);
        assertThat(again.sub(z).abs().max().item()).isLessThan(1e-5);
        assertThat(Gguf.read(folder.resolve("f.gguf")).metadata()).containsEntry("general.name", "tiny");
        GgufModel.write(folder.resolve("q.gguf"), model, BlockFormat.Q8_0, Map.of());
        var entries = Gguf.read(folder.resolve("q.gguf")).entries(); // rows of 24 are no blocks of 32
        assertThat(entries.get("token_embd.weight").type()).isEqualTo(model.config().width() % 32 == 0 ? "Q8_0" : "F16");
        assertThat(entries.get("blk.0.ffn_down.weight").type())
                .isEqualTo(model.config().blocks().getFirst().hidden() % 32 == 0 ? "Q8_0" : "F16");
        assertThat(entries.get("blk.0.attn_norm.weight").type()).isEqualTo("F32");
        assertThat(logits(GgufModel.read(folder.resolve("q.gguf")), ids).sub(z).abs().max().item()).isBetween(1e-6,
                0.1 * z.abs().max().item());
    }

    @Test void otherArchitecturesAreNotWritten() {
        var gpt2 = DecoderLM.skeleton(DecoderConfig.gpt2(16, 8, 1, 8, 2));
        assertThatThrownBy(() -> GgufModel.write(folder.resolve("g.gguf"), gpt2, null, Map.of()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("Llama, Qwen2 and Qwen3");
    }

    private static Tensor logits(DecoderLM model, Tensor ids) { return Autograd.noGrad(() -> model.logits(ids, Pass.inference())); }

    @Test void metadataThatDoNotFitAreRefused() throws IOException {
        byte[] file = Files.readAllBytes(new TinyFamilies("llama").folder().resolve("model.gguf"));
        refused(file, "llama", "mamba", "mamba");
        int at = new String(file, StandardCharsets.ISO_8859_1).indexOf("llama.block_count") + 17 + 4;
        byte[] more = file.clone();
        more[at + 3] = 0x7F; // two thousand million blocks
        Files.write(folder.resolve("m.gguf"), more);
        assertThatThrownBy(() -> GgufModel.read(folder.resolve("m.gguf"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("block_count");
        more[at + 3] = 0;
        more[at] = 3;
        Files.write(folder.resolve("m.gguf"), more);
        assertThatThrownBy(() -> GgufModel.read(folder.resolve("m.gguf"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("blk.2.");
        var hidden = "llama.feed_forward_length";
        byte[] wide = file.clone();
        wide[new String(file, StandardCharsets.ISO_8859_1).indexOf(hidden) + hidden.length() + 4 + 2] = 0x40; // four million units
        Files.write(folder.resolve("m.gguf"), wide);
        assertThatThrownBy(() -> GgufModel.read(folder.resolve("m.gguf"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("the tensors have");
    }

    @Test void tensorsThatTheMetadataSayNothingOfAreRefused() throws IOException {
        var file = Gguf.read(new TinyFamilies("llama").folder().resolve("model.gguf"));
        var tensors = new LinkedHashMap<String, Object>(file.entries());
        tensors.put("blk.0.attn_q.bias", Tensor.zeros(DType.F32, 16));
        Gguf.write(folder.resolve("m.gguf"), file.metadata(), tensors);
        var more = Gguf.read(folder.resolve("m.gguf"));
        assertThatThrownBy(() -> GgufModel.read(more)).isInstanceOf(FormatException.class).hasMessageContaining("blk.0.attn_q.bias");
        assertThatThrownBy(() -> GgufModel.ready(more)).isInstanceOf(FormatException.class).hasMessageContaining("blk.0.attn_q.bias");
    }

    private void refused(byte[] file, String from, String to, String message) throws IOException {
        var text = new String(file, StandardCharsets.ISO_8859_1).replace(from, to);
        Files.write(folder.resolve("m.gguf"), text.getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> GgufModel.read(folder.resolve("m.gguf"))).isInstanceOf(FormatException.class)
                .hasMessageContaining(message);
    }
}
