package lyceum.llm.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.FormatException;
import lyceum.backend.quant.BlockFormat;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.checkpoint.GgufModel;
import lyceum.llm.checkpoint.GgufTokenizer;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.llm.checkpoint.ModelFolder;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.llm.weights.OpenWeights;
import lyceum.nn.Linear;
import lyceum.random.Rng;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.SpecialTokens;
import lyceum.text.TokenizerPipeline;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedModelTest {
    private static final String TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    @TempDir Path folder;

    private static TokenizerPipeline tokenizer() {
        var trained = BpeTrainer.byteLevel(300, PreTokenizer.GPT4).withSpecials(List.of("<|im_start|>", "<|im_end|>"))
                .train(List.of("to be or not to be"));
        return new TokenizerPipeline(trained.spec().withSpecials(trained.specials().with(SpecialTokens.Role.EOS, "<|im_end|>")));
    }

    private static DecoderLM model() { return new DecoderLM(DecoderConfig.llama(300, 64, 2, 32, 4, 2, 64), Rng.of(1)); }

    private static String continued(LoadedModel local) {
        return new CausalGenerator(local.model(), local.tokenizer(), SamplingOptions.greedy(), new StopCriteria(12))
                .write("to be", Rng.of(1), _ -> {}).text();
    }

    @Test void aFolderAndAFileSayTheSame() throws IOException {
        var local = new LoadedModel(model(), tokenizer(), JinjaChatTemplate.of(TEMPLATE, "", "<|im_end|>"));
        local.write(folder.resolve("m"), ModelFamily.LLAMA);
        var settings = new LinkedHashMap<>(GgufTokenizer.settings(local.tokenizer()));
        settings.put("tokenizer.chat_template", TEMPLATE);
        GgufModel.write(folder.resolve("m.gguf"), local.model(), null, settings);
        var opened = List.of(LoadedModel.open(folder.resolve("m")), LoadedModel.open(folder.resolve("m.gguf")));
        for (var other : opened) {
            assertThat(continued(other)).isEqualTo(continued(local));
            assertThat(other.ends()).isEqualTo(local.ends()).hasSize(1);
            var chat = other.chat();
            var messages = List.of(ChatMessage.user("to be?"));
            assertThat(chat.template().encode(chat.tokenizer(), messages, true).ids())
                    .containsExactly(local.template().encode(local.tokenizer(), messages, true).ids());
        }
    }

    @Test void aFolderOfShardsHasTheNewWeightsAlone() throws IOException {
        ModelFolder.write(folder, model(), ModelFamily.LLAMA, 2_000);
        assertThat(OpenWeights.open(folder).files()).hasSizeGreaterThan(2);
        new LoadedModel(model(), tokenizer(), null).write(folder, ModelFamily.LLAMA);
        assertThat(OpenWeights.open(folder).files()).containsExactly(folder.resolve("model.safetensors"));
    }

    @Test void whatIsReadiedSaysTheSameFromFewerBytes() throws IOException {
        var local = new LoadedModel(model(), tokenizer(), null);
        local.write(folder.resolve("m"), ModelFamily.LLAMA);
        GgufModel.write(folder.resolve("m.gguf"), local.model(), BlockFormat.Q8_0, GgufTokenizer.settings(local.tokenizer()));
        for (var name : List.of("m", "m.gguf")) {
            var path = folder.resolve(name);
            assertThat(continued(LoadedModel.ready(path))).as(name).isEqualTo(continued(LoadedModel.open(path)));
        }
        assertThat(bytes(LoadedModel.ready(folder.resolve("m")))).isEqualTo(bytes(local));
        assertThat(bytes(LoadedModel.ready(folder.resolve("m.gguf")))).isEqualTo(bytes(local) / Float.BYTES * 34 / 32);
    }

    private static long bytes(LoadedModel local) {
        return local.model().modules().values().stream().mapToLong(m -> m instanceof Linear linear ? linear.weightBytes() : 0).sum();
    }

    @Test void allEndsThatAreListedCount() throws IOException {
        new LoadedModel(model(), tokenizer(), null).write(folder, ModelFamily.LLAMA);
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [7, 9]}");
        var local = LoadedModel.open(folder);
        assertThat(local.ends()).contains(7, 9).hasSize(3);
        assertThat(local.generator(SamplingOptions.greedy(), 3).stop().ends()).contains(7, 9);
    }

    @Test void whatIsMissingOrDoesNotFitIsSaid() throws IOException {
        var local = new LoadedModel(model(), tokenizer(), null);
        local.write(folder, ModelFamily.LLAMA);
        assertThat(LoadedModel.open(folder).template()).isNull();
        assertThatThrownBy(() -> LoadedModel.open(folder).chat()).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no chat template");
        var larger = BpeTrainer.byteLevel(310, PreTokenizer.GPT2)
                .train(List.of("a longer text to learn more merges of pairs from than there were before it"));
        larger.write(folder.resolve("tokenizer.json"));
        assertThatThrownBy(() -> LoadedModel.open(folder)).isInstanceOf(FormatException.class).hasMessageContaining("the model 300");
        Files.delete(folder.resolve("tokenizer.json"));
        assertThatThrownBy(() -> LoadedModel.open(folder)).hasMessageContaining("neither tokenizer.json nor tokenizer.model");
    }

    /** Writes another model into a folder, with too little room for its weights. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws IOException {
            var other = new DecoderLM(DecoderConfig.llama(300, 128, 2, 64, 4, 2, 64), Rng.of(2));
            new LoadedModel(other, tokenizer(), null).write(Path.of(arguments[0]), ModelFamily.LLAMA);
        }
    }

    @Test void aFullDiskLeavesTheModelThatWasThere() throws Exception {
        assumeTrue(Files.exists(Path.of("/bin/bash")), "no shell that limits the size of files");
        var local = new LoadedModel(model(), tokenizer(), JinjaChatTemplate.of(TEMPLATE, "", "<|im_end|>"));
        local.write(folder.resolve("m"), ModelFamily.LLAMA);
        var before = contents(folder.resolve("m"));
        var writer = new ProcessBuilder("/bin/bash", "-c", "ulimit -f 40; exec \"$@\"", "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:-UsePerfData", "--add-modules",
                "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), Writer.class.getName(),
                folder.resolve("m").toString()).redirectErrorStream(true).start();
        var said = new String(writer.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(writer.waitFor()).as(said).isEqualTo(1);
        assertThat(said).contains("File too large");
        assertThat(contents(folder.resolve("m"))).isEqualTo(before);
        assertThat(continued(LoadedModel.open(folder.resolve("m")))).isEqualTo(continued(local));
        Writer.main(new String[] {folder.resolve("m").toString()});
        assertThat(LoadedModel.open(folder.resolve("m")).model().config().width()).isEqualTo(64);
        assertThat(contents(folder.resolve("m"))).hasSameSizeAs(before);
    }

    /** Of each file by its name. */
    private static Map<String, String> contents(Path folder) throws IOException {
        var contents = new TreeMap<String, String>();
        try (var files = Files.list(folder)) {
            for (var file : files.toList())
                contents.put(file.getFileName().toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
        }
        return contents;
    }
}
