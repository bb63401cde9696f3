package lyceum.models.ready;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.data.sounds.Sound;
import lyceum.format.Safetensors;
import lyceum.models.audio.MelSpectrogram;
import lyceum.models.audio.Transcriber;
import lyceum.models.audio.TranscriberConfig;
import lyceum.models.audio.Whisper;
import lyceum.models.audio.WhisperConfig;
import lyceum.models.audio.WhisperTokens;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder of a published layout, with a Whisper of 1 s windows in it. */
class WhisperModelTest {
    private static final WhisperTokens TOKENS = new WhisperTokens(20, 2, 51);
    private static final WhisperConfig TINY = new WhisperConfig(8, 16, 2, 24, 1, 2, 50, 24, TOKENS, DType.F32);
    private static final String CONFIG = "{\"model_type\": \"whisper\", \"encoder_attention_heads\": 2}";
    private static final String ADDED = """
            {"added_tokens": [{"id": 20, "content": "<|endoftext|>"}, {"id": 21, "content": "<|startoftranscript|>"}, {"id": 22, "content": "<|en|>"},
            {"id": 23, "content": "<|de|>"}, {"id": 24, "content": "<|translate|>"}, {"id": 25, "content": "<|transcribe|>"},
            {"id": 28, "content": "<|nospeech|>"}, {"id": 29, "content": "<|notimestamps|>"}]}
            """;

    @TempDir Path folder;

    private Whisper written() throws IOException {
        var whisper = new Whisper(TINY, Rng.of(3));
        var values = new LinkedHashMap<String, Tensor>();
        whisper.state().forEach((name, value) -> values.put("model." + name, value));
        values.put("proj_out.weight", whisper.state().get("decoder.embed_tokens.weight").mul(1).compute());
        Safetensors.write(folder.resolve("model.safetensors"), values, Map.of("format", "pt"));
        Files.writeString(folder.resolve("config.json"), CONFIG);
        Files.writeString(folder.resolve("tokenizer.json"), ADDED);
        return whisper;
    }

    private static Sound sound(int samples, int rate) {
        var x = new float[samples];
        for (int i = 0; i < samples; i++) x[i] = (float) Math.sin(0.02 * i * (1 + i % 4_000 / 2_000));
        return new Sound(x, rate);
    }

    @Test void aPublishedFolderHearsWhatTheModelHears() throws IOException {
        var whisper = written();
        assertThat(WhisperModel.isIn(folder)).isTrue();
        var model = WhisperModel.load(folder);
        assertThat(model.languages()).containsExactly("en", "de");
        assertThat(model.language("de")).isEqualTo(1);
        assertThatThrownBy(() -> model.language("fr")).hasMessageContaining("there are en, de");
        assertThat(model.model().config()).isEqualTo(TINY);
        whisper.state().forEach(
                (name, value) -> assertThat(model.model().state().get(name).toFloatArray()).as(name).isEqualTo(value.toFloatArray()));

        var how = new TranscriberConfig().withLongest(12).withSpelling(Arrays::toString);
        var heard = model.transcribe(sound(40_000, 16_000), how, Progress.SILENT);
        var same = new Transcriber(whisper, new MelSpectrogram(16_000, 400, 160, 8), how).transcribe(sound(40_000, 16_000), Rng.of(1),
                Progress.SILENT);
        var texts = new ArrayList<String>();
        for (var segment : same) texts.add(Arrays.toString(segment.tokens()));
        assertThat(heard.lines().lines()).extracting(line -> line.text()).isEqualTo(texts).isNotEmpty();
        assertThat(heard.language()).isEqualTo(model.languages().get(same.getFirst().window().language()));
        assertThat(heard.lines().lines()).allSatisfy(line -> assertThat(line.end()).isLessThanOrEqualTo(2.5 + 1e-9));
        assertThat(model.transcribe(sound(5_000, 44_100), how.withLanguage(1), Progress.SILENT).language()).isIn("de", null);
        assertThatThrownBy(() -> model.transcribe(sound(40_000, 16_000), how, Progress.SILENT.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
        assertThatThrownBy(() -> model.transcribe(sound(400, 100), how, Progress.SILENT)).hasMessageContaining("100 samples a second");
    }

    private void refused(String file, String content, String told) throws IOException {
        written();
        Files.writeString(folder.resolve(file), content);
        assertThatThrownBy(() -> WhisperModel.load(folder)).isInstanceOf(FormatException.class).hasMessageContaining(told);
    }

    @Test void whatIsNoWhisperIsRefusedByFile() throws IOException {
        refused("config.json", "{\"model_type\": \"bert\"}", "model_type is \"bert\"");
        assertThat(WhisperModel.isIn(folder)).isFalse();
        refused("config.json", CONFIG.substring(0, 20), "not JSON");
        refused("config.json", CONFIG.replace("2}", "3}"), "width 16 in 3 heads");
        refused("tokenizer.json", "{}", "there is no added token <|startoftranscript|>");
        refused("tokenizer.json", ADDED.replace("\"id\": 29", "\"id\": 28"), "<|notimestamps|> is 28 and not 29");
        refused("tokenizer.json", ADDED.replace("\"id\": 21", "\"id\": 50257"), "of English alone");
        var whisper = written();
        var values = new LinkedHashMap<>(whisper.state());
        values.remove("decoder.layers.1.fc2.weight");
        Safetensors.write(folder.resolve("model.safetensors"), values, Map.of());
        assertThatThrownBy(() -> WhisperModel.load(folder)).isInstanceOf(FormatException.class)
                .hasMessageContaining("decoder.layers.1.fc2.weight");
        Files.delete(folder.resolve("model.safetensors"));
        assertThatThrownBy(() -> WhisperModel.load(folder)).isInstanceOf(NoSuchFileException.class);
    }
}
