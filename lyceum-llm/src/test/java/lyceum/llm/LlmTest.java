package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.llm.checkpoint.ModelFolder;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published sizes by shapes alone, gradients against PyTorch, and the cache against whole passes. */
class LlmTest {

    /** What the published {@code config.json} says, without what does not change a shape. */
    private static String llama(String type, int vocabulary, int width, int hidden, int layers, int heads, int keyHeads, String more) {
        return """
                {"model_type": "%s", "vocab_size": %d, "hidden_size": %d, "intermediate_size": %d, "num_hidden_layers": %d, "num_attention_heads": %d,
                 "num_key_value_heads": %d, "max_position_embeddings": 4096, "hidden_act": "silu", "rms_norm_eps": 1e-5, "torch_dtype": "bfloat16"%s}"""
                .formatted(type, vocabulary, width, hidden, layers, heads, keyHeads, more);
    }

    private static long count(String json) {
        var config = ModelFamily.of(json).config(json);
        long built = DecoderLM.skeleton(config).parameterCount();
        assertThat(config.parameterCount()).as("the formula").isEqualTo(built);
        return built;
    }

    @Acceptance(topic = "llm", clause = 1)
    @Test void gpt2HasItsPublishedCount() {
        var json = "{\"model_type\": \"gpt2\", \"vocab_size\": 50257, \"n_positions\": 1024, \"n_embd\": 768, \"n_layer\": 12, \"n_head\": 12, \"activation_function\": \"gelu_new\"}";
        Evidence.of("GPT-2", count(json), exactly(124_439_808));
    }

    @Acceptance(topic = "llm", clause = 2)
    @Test void llama2HasItsPublishedCount() {
        Evidence.of("Llama-2-7B", count(llama("llama", 32_000, 4096, 11_008, 32, 32, 32, "")), exactly(6_738_415_616L));
    }

    @Acceptance(topic = "llm", clause = 3)
    @Test void mistralHasItsPublishedCount() {
        Evidence.of("Mistral-7B", count(llama("mistral", 32_000, 4096, 14_336, 32, 32, 8, ", \"sliding_window\": 4096")),
                exactly(7_241_732_096L));
    }

    @Acceptance(topic = "llm", clause = 4)
    @Test void llama3HasItsPublishedCount() {
        Evidence.of("Llama-3-8B", count(llama("llama", 128_256, 4096, 14_336, 32, 32, 8, ", \"rope_theta\": 500000")),
                exactly(8_030_261_248L));
    }

    @Acceptance(topic = "decoder-only-transformer", clause = 1)
    @Test void shapesAloneCountLlama7bAndGpt2Small() {
        Evidence.of("Llama-7B", DecoderLM.skeleton(DecoderConfig.llama(32_000, 2048, 32, 4096, 32, 32, 11_008)).parameterCount(),
                exactly(6_738_415_616L));
        Evidence.of("GPT-2 small", DecoderLM.skeleton(DecoderConfig.gpt2()).parameterCount(), exactly(124_439_808));
    }

    /** Counts that their publishers state. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "46702792704 | mixtral | 32000 | 4096 | 14336 | 32 | 32 | 8 | , \"num_local_experts\": 8, \"num_experts_per_tok\": 2",
            "494032768 | qwen2 | 151936 | 896 | 4864 | 24 | 14 | 2 | , \"tie_word_embeddings\": true",
            "596049920 | qwen3 | 151936 | 1024 | 3072 | 28 | 16 | 8 | , \"head_dim\": 128, \"tie_word_embeddings\": true",
            "2506172416 | gemma | 256000 | 2048 | 16384 | 18 | 8 | 1 | , \"head_dim\": 256",
            "2614341888 | gemma2 | 256000 | 2304 | 9216 | 26 | 8 | 4 | , \"head_dim\": 256, \"query_pre_attn_scalar\": 256, \"sliding_window\": 4096",
            "999885952 | gemma3_text | 262144 | 1152 | 6912 | 26 | 4 | 1 | , \"head_dim\": 256, \"query_pre_attn_scalar\": 256, \"sliding_window\": 512",
            "2779683840 | phi | 51200 | 2560 | 10240 | 32 | 32 | 32 | , \"partial_rotary_factor\": 0.4",
            "3821079552 | phi3 | 32064 | 3072 | 8192 | 32 | 32 | 32 | , \"sliding_window\": 2047",
            "1176764416 | olmo | 50304 | 2048 | 8192 | 16 | 16 | 16 | , \"tie_word_embeddings\": true",
            "7298617344 | olmo2 | 100352 | 4096 | 11008 | 32 | 32 | 32 | ",
            "14315784192 | qwen2_moe | 151936 | 2048 | 5632 | 24 | 16 | 16 | "
                    + ", \"num_experts\": 60, \"num_experts_per_tok\": 4, \"moe_intermediate_size\": 1408, \"shared_expert_intermediate_size\": 5632",
            "70426624 | gpt_neox | 50304 | 512 | 2048 | 6 | 8 | 8 | , \"rotary_pct\": 0.25"})
    void otherFamiliesHaveTheirPublishedCounts(
                    long expected, String type, int vocabulary, int width, int hidden, int layers, int heads, int keyHeads, String more) {
        assertThat(count(llama(type, vocabulary, width, hidden, layers, heads, keyHeads, more == null ? "" : more).replace("\"silu\"",
                type.equals("gpt_neox") ? "\"gelu\"" : type.equals("phi") ? "\"gelu_new\"" : "\"silu\""))).isEqualTo(expected);
    }

    @Acceptance(topic = "llm", clause = 5)
    @Test void logitsAndGradientsAreThoseOfPlainPyTorch() throws IOException {
        Gap logits = Gap.absolute(), gradients = Gap.relativeBeyondOne();
        int tensors = 0;
        for (var name : List.of("gpt2", "llama")) {
            var family = new TinyFamilies(name);
            var expected = family.expected();
            var model = family.model();
            logits.see(name, model.logits(expected.get("ids"), Pass.inference()).toDoubleArray(), expected.get("logits").toDoubleArray());
            model.loss(expected.get("ids"), Pass.inference()).backward();
            var theirs = ModelFolder.gradients(model, ModelFolder.open(family.folder()).family());
            for (var entry : expected.entrySet()) {
                if (!entry.getKey().startsWith("grad.")) continue;
                gradients.see(name + " " + entry.getKey(), theirs.get(entry.getKey().substring(5)).toDoubleArray(),
                        entry.getValue().toDoubleArray());
                tensors++;
            }
        }
        Evidence.of("logits of a GPT-2 and a Llama", logits, atMost(1e-4));
        Evidence.of("their gradients", gradients, atMost(1e-3));
        Evidence.of("tensors with a gradient", tensors, exactly(28 + 21));
    }

    @Acceptance(topic = "llm", clause = 6)
    @Test void cachedDecodingEqualsWholePasses() throws IOException {
        var gap = Gap.absolute();
        int steps = 0;
        for (var family : TinyFamilies.all()) {
            var model = family.model();
            var ids = family.expected().get("ids");
            var whole = Autograd.noGrad(() -> model.logits(ids, Pass.inference()));
            var decoding = model.begin();
            gap.see(family + " prefill", decoding.all(ids.narrow(1, 0, 5)).toDoubleArray(), whole.narrow(1, 0, 5).toDoubleArray());
            for (int t = 5; t < 12; t++, steps++)
                gap.see(family + " at " + t, decoding.next(ids.narrow(1, t, 1)).toDoubleArray(), whole.select(1, t).toDoubleArray());
        }
        Evidence.of("cached logits against whole passes", gap, atMost(1e-5));
        Evidence.of("steps over 17 families", steps, exactly(17 * 7));
    }
}
