package lyceum.llm.checkpoint;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.llm.DecoderConfig;
import lyceum.llm.TinyFamilies;
import lyceum.llm.weights.OpenWeights;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of all families against PyTorch transcriptions of them. */
class ModelFolderTest {
    @TempDir Path folder;

    /** In one file over shards and in shards over one file: nothing of before is left, which {@link OpenWeights} would read too. */
    @Test void weightsOfBeforeGiveWay() throws IOException {
        var source = ModelFolder.open(TinyFamilies.all().getFirst().folder());
        var model = source.model();
        for (long most : new long[] {12_000, Long.MAX_VALUE, 12_000, 24_000}) {
            ModelFolder.write(folder, model, source.family(), most);
            var open = OpenWeights.open(folder);
            assertThat(open.entries().keySet()).containsExactlyInAnyOrderElementsOf(ModelFolder.open(folder).tensors().keySet());
            try (var files = Files.list(folder)) {
                assertThat(files.filter(f -> f.toString().endsWith(".safetensors"))).hasSameSizeAs(open.files());
            }
        }
    }

    @Acceptance(topic = "decoder-only-transformer", clause = 2)
    @Test void everyFamilyGivesTheLogitsOfItsTranscriptionAndComesBackByteForByte() throws IOException {
        var gap = Gap.absolute();
        int tensors = 0;
        for (var family : TinyFamilies.all()) {
            var expected = family.expected();
            var source = ModelFolder.open(family.folder());
            var model = source.model();
            gap.see(family.name(), model.logits(expected.get("ids"), Pass.inference()).toDoubleArray(),
                    expected.get("logits").toDoubleArray());
            ModelFolder.write(folder.resolve(family.name()), model, source.family(), 12_000);
            var back = ModelFolder.open(folder.resolve(family.name())).tensors();
            var first = source.tensors();
            assertThat(back.keySet()).isEqualTo(first.keySet());
            for (var entry : first.entrySet()) {
                assertThat(bytes(back.get(entry.getKey()))).as(family + " " + entry.getKey()).isEqualTo(bytes(entry.getValue()));
                assertThat(back.get(entry.getKey()).shape()).isEqualTo(entry.getValue().shape());
                tensors++;
            }
        }
        Evidence.of("logits against PyTorch, 17 families", gap, atMost(1e-4));
        Evidence.of("families", TinyFamilies.NAMES.size(), exactly(17));
        Evidence.of("tensors that came back byte for byte", tensors, exactly(490));
    }

    private static byte[] bytes(Tensor t) {
        var c = t.detach().contiguous();
        var v = c.view();
        return v.storage().segment().asSlice(v.byteOffset(), c.count() * c.dtype().bytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test void everyFamilyLearnsAsItsTranscriptionDoes() throws IOException { learnAsTranscribed(TinyFamilies.all()); }

    static void learnAsTranscribed(List<TinyFamilies> families) throws IOException {
        var gap = Gap.relative();
        for (var family : families) {
            var expected = family.expected();
            var model = Module.copy(family.model());
            var adam = new AdamW(1e-2).over(model.parameters());
            for (double loss : expected.get("losses").toDoubleArray()) {
                model.zeroGrad();
                var own = model.loss(expected.get("ids"), Pass.training(Rng.of(1)));
                gap.see(family.name(), own.item(), loss);
                own.backward();
                adam.step();
            }
        }
        assertThat(gap.worst()).as(gap.toString()).isLessThan(1e-4);
    }

    @Test void tensorsStayInTheMappedFile() throws IOException {
        for (var family : TinyFamilies.all()) {
            var folder = ModelFolder.open(family.folder());
            folder.model().state().forEach((name, tensor) -> {
                boolean interleaved = folder.family() == ModelFamily.GPT_NEOX && name.matches(".*[qkv]_proj.*");
                assertThat(tensor.view().storage().segment().isMapped()).as(family + " " + name).isEqualTo(!interleaved);
            });
        }
    }

    private static String json(String family) throws IOException {
        return Files.readString(new TinyFamilies(family).folder().resolve("config.json"));
    }

    private void refused(String config, String from, String to, String message) {
        assertThatThrownBy(() -> {
            Files.writeString(folder.resolve("config.json"), config.replace(from, to));
            ModelFolder.open(folder).model();
        }).isInstanceOf(FormatException.class).hasMessageContaining(message);
    }

    @Test void whatDoesNotFitIsRefusedBeforeAnythingIsBuilt() throws IOException {
        var config = json("qwen2");
        Files.copy(new TinyFamilies("qwen2").folder().resolve("model.safetensors"), folder.resolve("model.safetensors"));
        refused(config, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 4000", "do not fit the file");
        refused(config, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2000000000", "from 1 to 4096");
        refused(config, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "missing tensors [model.layers.2.");
        refused(config, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "unknown [model.layers.1.");
        refused(config, "\"vocab_size\": 23", "\"vocab_size\": 24", "(23, 16)");
        refused(config, "\"intermediate_size\": 24", "\"intermediate_size\": 25",
                "mlp.gate_proj.weight\" is (24, 16); the configuration says 25");
        refused(config, "\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "do not divide");
        refused(config, "\"model_type\": \"qwen2\"", "\"model_type\": \"mamba\"", "model_type is \"mamba\"");
        refused(config, "\"hidden_act\": \"silu\"", "\"hidden_act\": \"wavelet\"", "wavelet");
        refused(config, "\"eos_token_id\": 2", "\"eos_token_id\": 23", "eos_token_id is 23");
        refused(config, "{", "[", "config.json");
        Files.writeString(folder.resolve("config.json"), config);
        Files.delete(folder.resolve("model.safetensors"));
        Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\": {\"a\": \"../secret.safetensors\"}}");
        assertThatThrownBy(() -> ModelFolder.open(folder).model()).isInstanceOf(FormatException.class)
                .hasMessageContaining("beside the index");
    }

    /** In every family the error names the tensor's shape and the one that was asked for. */
    @Test void hiddenSizesAreThoseOfTheTensors() throws IOException {
        int families = 0;
        for (var family : TinyFamilies.NAMES) {
            var config = json(family);
            var size = Pattern.compile("\"(n_inner|intermediate_size)\": (\\d+)").matcher(config);
            if (!size.find() || config.contains("\"moe_intermediate_size\"")) continue;
            families++;
            int hidden = Integer.parseInt(size.group(2));
            var place = Files.createDirectory(folder.resolve(family));
            try (var files = Files.list(new TinyFamilies(family).folder())) {
                for (var file : files.filter(
                        f -> f.getFileName().toString().startsWith("model.safetensors") || f.getFileName().toString().startsWith("model-"))
                        .toList())
                    Files.copy(file, place.resolve(file.getFileName()));
            }
            Files.writeString(place.resolve("config.json"), size.replaceFirst("\"$1\": " + (hidden + 8)));
            assertThatThrownBy(() -> ModelFolder.open(place).model()).as(family).isInstanceOf(FormatException.class)
                    .hasMessageMatching("tensor \".*\" is \\(\\d+, \\d+\\); the configuration says \\d+ by \\d+.*");
        }
        assertThat(families).isGreaterThanOrEqualTo(12);
    }

    @Test void olderFilesAndNarrowerOnesAreRead() throws IOException {
        var source = ModelFolder.open(new TinyFamilies("gpt2").folder());
        var expected = new TinyFamilies("gpt2").expected();
        var bare = new LinkedHashMap<String, Tensor>();
        source.tensors().forEach((name, tensor) -> bare.put(name.replace("transformer.", ""), tensor.to(DType.BF16).compute()));
        bare.put("h.0.attn.bias", Tensor.zeros(1, 1, 16, 16)); // a mask, as old files hold it
        bare.put("lm_head.weight", bare.get("wte.weight").copy().compute()); // tied, and written all the same
        Safetensors.write(folder.resolve("model.safetensors"), bare, Map.of());
        Files.writeString(folder.resolve("config.json"), json("gpt2"));
        var model = ModelFolder.open(folder).model();
        assertThat(model.config().dtype()).isEqualTo(DType.BF16);
        var z = Autograd.noGrad(() -> model.logits(expected.get("ids"), Pass.inference()).to(DType.F32));
        assertThat(z.sub(expected.get("logits")).abs().max().item()).isLessThan(0.15);
    }

    @Test void aFamilyWritesOnlyWhatItCanSay() {
        var llama = DecoderConfig.llama(50, 16, 2, 16, 4, 2, 24);
        assertThat(ModelFamily.LLAMA.config(ModelFamily.LLAMA.write(llama.withRotaryBase(500_000))).parameterCount())
                .isEqualTo(llama.parameterCount());
        assertThatThrownBy(() -> ModelFamily.GPT2.write(llama)).hasMessageContaining("GPT2: its config.json cannot say this");
        assertThatThrownBy(() -> ModelFamily.LLAMA.write(DecoderConfig.gpt2(50, 16, 2, 16, 4)))
                .hasMessageContaining("positions are rotations");
        assertThatThrownBy(() -> ModelFamily.QWEN3.write(llama)).hasMessageContaining("qkNorm");
        assertThat(
                ModelFamily.MISTRAL.config(ModelFamily.MISTRAL.write(llama.withWindow(7))).blocks().get(1).attention().attention().window())
                .isEqualTo(7);
    }
}
