package lyceum.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.llm.TinyFamilies;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GgufModelTest {
    @TempDir Path folder;

    /** Files in the layout of llama.cpp's converter, with the logits of PyTorch; qwen3 has some tensors in F16. */
    @ParameterizedTest
    @CsvSource({"llama, 1e-4", "qwen2, 1e-4", "qwen3, 1e-2"})
    void logitsAreThoseOfTheTranscription(String name, double bound)
            throws IOException {
        var family = new TinyFamilies(name);
        var model = GgufModel.read(family.folder().resolve("model.gguf"));
        var expected = family.expected();
        Tensor z = Autograd.noGrad(() -> model.logits(expected.get("ids"), Pass.inference()));
        assertThat(z.sub(expected.get("logits")).abs().max().item()).isLessThan(bound);
    }

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
    }

    private void refused(byte[] file, String from, String to, String message) throws IOException {
        var text = new String(file, StandardCharsets.ISO_8859_1).replace(from, to);
        Files.write(folder.resolve("m.gguf"), text.getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> GgufModel.read(folder.resolve("m.gguf"))).isInstanceOf(FormatException.class)
                .hasMessageContaining(message);
    }
}
