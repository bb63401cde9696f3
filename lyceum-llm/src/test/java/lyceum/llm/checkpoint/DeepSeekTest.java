package lyceum.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderConfig;
import lyceum.llm.TinyFamilies;
import lyceum.nn.LatentAttentionConfig;
import lyceum.nn.MoeConfig;
import lyceum.nn.MoeRouterConfig;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DeepSeek-V2 and V3: latent attention, shared experts, experts chosen by a softmax or by sigmoids among those of the best groups. */
class DeepSeekTest {
    /** DeepSeek-V2-Lite as published. */
    private static final String LITE = """
            {"model_type": "deepseek_v2", "vocab_size": 102400, "hidden_size": 2048, "intermediate_size": 10944, "moe_intermediate_size": 1408,
             "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16, "n_shared_experts": 2, "n_routed_experts": 64,
             "routed_scaling_factor": 1.0, "kv_lora_rank": 512, "q_lora_rank": null, "qk_rope_head_dim": 64, "v_head_dim": 128,
             "qk_nope_head_dim": 128, "topk_method": "greedy", "n_group": 1, "topk_group": 1, "num_experts_per_tok": 6,
             "first_k_dense_replace": 1, "moe_layer_freq": 1, "norm_topk_prob": false, "hidden_act": "silu", "max_position_embeddings": 163840,
             "rms_norm_eps": 1e-6, "rope_theta": 10000, "attention_bias": false, "tie_word_embeddings": false, "rope_scaling": {"type": "yarn",
             "factor": 40, "original_max_position_embeddings": 4096, "beta_fast": 32, "beta_slow": 1, "mscale": 0.707, "mscale_all_dim": 0.707}}""";
    /** The stretch of {@link #LITE} as newer files have it, beside the base. */
    private static final String NEWER = LITE.replaceFirst("(?s)\"rope_theta\": 10000, ", "").replaceFirst("(?s)\"rope_scaling\".*", """
            "rope_parameters": {"rope_type": "yarn", "rope_theta": 10000, "factor": 40, "original_max_position_embeddings": 4096,
             "mscale": 0.707, "mscale_all_dim": 0.707}}""");
    /** DeepSeek-V3; what it leaves out is as its authors have it by default. */
    private static final String LARGE = """
            {"model_type": "deepseek_v3", "vocab_size": 129280, "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
             "num_hidden_layers": 61, "num_attention_heads": 128, "n_shared_experts": 1, "n_routed_experts": 256, "kv_lora_rank": 512,
             "q_lora_rank": 1536, "qk_rope_head_dim": 64, "v_head_dim": 128, "qk_nope_head_dim": 128, "num_experts_per_tok": 8,
             "hidden_act": "silu", "max_position_embeddings": 163840, "rope_theta": 10000}""";

    @TempDir Path folder;

    @Test void logitsLossAndGradientsAreThoseOfTheTranscription() throws IOException {
        Gap logits = Gap.absolute(), gradients = Gap.relativeBeyondOne();
        int tensors = 0;
        for (var family : TinyFamilies.latent()) {
            var expected = family.expected();
            var model = family.model();
            logits.see(family.name(), model.logits(expected.get("ids"), Pass.inference()).toDoubleArray(),
                    expected.get("logits").toDoubleArray());
            var loss = model.loss(expected.get("ids"), Pass.inference());
            assertThat(Math.abs(loss.item() - expected.get("loss").item())).as(family.name()).isLessThan(1e-5);
            loss.backward();
            var theirs = ModelFolder.gradients(model, ModelFolder.open(family.folder()).family());
            for (var entry : expected.entrySet()) {
                if (!entry.getKey().startsWith("grad.")) continue;
                gradients.see(family + " " + entry.getKey(), theirs.remove(entry.getKey().substring(5)).toDoubleArray(),
                        entry.getValue().toDoubleArray());
                tensors++;
            }
            assertThat(theirs.keySet()).as("gradients that PyTorch does not have").isEmpty();
        }
        assertThat(logits.worst()).as(logits.toString()).isLessThan(1e-4);
        assertThat(gradients.worst()).as(gradients.toString()).isLessThan(1e-3);
        assertThat(tensors).isGreaterThan(60);
    }

    @Test void theyLearnAsTheirTranscriptionsDo() throws IOException { ModelFolderTest.learnAsTranscribed(TinyFamilies.latent()); }

    @Test void cachedDecodingAndPackedWeightsGiveTheRecordedPass() throws IOException {
        var gap = Gap.absolute();
        for (var family : TinyFamilies.latent()) {
            var model = family.model();
            var ids = family.expected().get("ids");
            var recorded = model.logits(ids, Pass.training(Rng.of(1))).compute();
            var decoding = model.begin();
            gap.see(family + " prefill", decoding.all(ids.narrow(1, 0, 5)).toDoubleArray(), recorded.narrow(1, 0, 5).toDoubleArray());
            for (int t = 5; t < 12; t++)
                gap.see(family + " at " + t, decoding.next(ids.narrow(1, t, 1)).toDoubleArray(), recorded.select(1, t).toDoubleArray());
            model.pack();
            gap.see(family + " packed", Autograd.noGrad(() -> model.logits(ids, Pass.inference())).toDoubleArray(),
                    recorded.toDoubleArray());
        }
        assertThat(gap.worst()).as(gap.toString()).isLessThan(1e-5);
    }

    @Test void whatIsWrittenIsReadAgainBitByBit() throws IOException {
        for (var family : TinyFamilies.latent()) {
            var source = ModelFolder.open(family.folder());
            var model = source.model();
            ModelFolder.write(folder.resolve(family.name()), model, source.family(), 12_000);
            var back = ModelFolder.open(folder.resolve(family.name()));
            assertThat(back.family().write(back.config())).isEqualTo(source.family().write(source.config()));
            var first = source.tensors();
            var again = back.tensors();
            assertThat(again.keySet()).isEqualTo(first.keySet());
            first.forEach((name, tensor) -> {
                assertThat(again.get(name).shape()).as(name).isEqualTo(tensor.shape());
                assertThat(again.get(name).toFloatArray()).as(name).isEqualTo(tensor.toFloatArray());
            });
        }
    }

    /** The bias by which V3 chooses is no parameter: nothing but a balancing rule moves it. */
    @Test void theBiasOfTheRouterIsABuffer() throws IOException {
        var model = new TinyFamilies("deepseek-v3").model();
        assertThat(model.state()).containsKey("decoder.layers.1.mlp.router.bias");
        assertThat(model.parameters()).doesNotContainKey("decoder.layers.1.mlp.router.bias");
    }

    @Test void publishedConfigurationsHaveTheirPublishedCounts() {
        var lite = ModelFamily.of(LITE).config(LITE);
        assertThat(lite.parameterCount()).isEqualTo(15_706_484_224L);
        var mixer = (LatentAttentionConfig) lite.blocks().getFirst().mixer();
        double m = 0.1 * 0.707 * Math.log(40) + 1; // scores of stretched positions are larger
        assertThat(mixer.attention().scale()).isEqualTo(m * m / Math.sqrt(192));
        assertThat(config(NEWER)).as("one object of base and stretch").isEqualTo(config(LITE));
        var large = ModelFamily.of(LARGE).config(LARGE);
        assertThat(large.parameterCount() + 58 * 256).as("with the biases of routers").isEqualTo(671_026_419_200L);
        var router = large.blocks().getLast().moe().router();
        assertThat(new int[] {router.groups(), router.keptGroups()}).containsExactly(8, 4);
        assertThat(large.blocks().get(2).moe()).isNull();
    }

    @Test void theScaleOfStretchedScoresIsWritten() {
        var lite = config(LITE);
        String written = ModelFamily.DEEPSEEK_V2.write(lite);
        assertThat(config(written)).isEqualTo(lite);
        assertThat(written).contains("\"mscale_all_dim\" : 0.707,", "\"mscale\" : 0.707");
        var rng = Rng.of(7);
        for (int n = 0; n < 300; n++) { // other numbers too, of all their digits
            String all = "\"mscale_all_dim\": " + 1.5 * rng.nextDouble(), factor = "\"factor\": " + (1.05 + 60 * rng.nextDouble());
            String text = LITE.replace("\"mscale_all_dim\": 0.707", all).replace("\"factor\": 40", factor);
            var source = config(text);
            String again = ModelFamily.DEEPSEEK_V2.write(source);
            assertThat(config(again)).as(all + ", " + factor).isEqualTo(source);
        }
        String usual = LITE.replace(", \"mscale\": 0.707, \"mscale_all_dim\": 0.707", "");
        assertThat(ModelFamily.DEEPSEEK_V2.write(config(usual))).doesNotContain("mscale");
    }

    /** V2's authors either divide the gates of a token by their sum or multiply them by the factor, V3's do both. */
    @Test void gatesOfV2AreDividedOrMultiplied() {
        assertThat(gates(LITE, false, 6)).containsExactly(0, 16);
        assertThat(gates(LITE, true, 6)).containsExactly(1, 1);
        assertThat(gates(LITE, true, 1)).as("a single gate is never divided by itself").containsExactly(0, 16);
        var router = config(LARGE).blocks().getLast().moe().router();
        assertThat(router.renormalised()).isTrue();
        assertThat(router.scale()).isEqualTo(2.5);
        // What V2 cannot say is not written as something else.
        var both = routed(config(LITE), r -> r.withRenormalised(true).withScale(16));
        assertThatThrownBy(() -> ModelFamily.DEEPSEEK_V2.write(both)).hasMessageContaining("scale is 16.0, and would be read as 1.0");
    }

    private static double[] gates(String source, boolean renormalised, int each) {
        var text = source.replace("\"norm_topk_prob\": false", "\"norm_topk_prob\": " + renormalised)
                .replace("\"routed_scaling_factor\": 1.0", "\"routed_scaling_factor\": 16.0")
                .replace("\"num_experts_per_tok\": 6", "\"num_experts_per_tok\": " + each);
        var read = config(text);
        String written = ModelFamily.DEEPSEEK_V2.write(read);
        assertThat(config(written)).isEqualTo(read);
        var router = read.blocks().getLast().moe().router();
        return new double[] {router.renormalised() ? 1 : 0, router.scale()};
    }

    /** Read, with one rule of no balancing, so that equal ones are equal. */
    private static DecoderConfig config(String text) { return ModelFamily.of(text).config(text); }

    private static DecoderConfig routed(DecoderConfig config, UnaryOperator<MoeRouterConfig> change) {
        return config.eachBlock(block -> {
            var moe = block.moe();
            return moe == null ? block
                    : block.withMoe(new MoeConfig(change.apply(moe.router()), moe.hidden(), moe.shared(), moe.sharedGate()));
        });
    }

    @Test void whatIsNotKnownIsRefused() throws IOException {
        refused(LITE, "\"greedy\"", "\"noaux_tc\"", "topk_method is \"noaux_tc\"");
        refused(LITE, "\"attention_bias\": false", "\"attention_bias\": true", "attention_bias");
        refused(LITE, "\"moe_layer_freq\": 1", "\"moe_layer_freq\": 2", "moe_layer_freq");
        refused(LITE, "\"kv_lora_rank\": 512", "\"kv_lora_rank\": 0", "kv_lora_rank is 0");
        refused(LITE, "\"qk_rope_head_dim\": 64", "\"qk_rope_head_dim\": 63", "63");
        refused(LITE, "\"num_experts_per_tok\": 6", "\"num_experts_per_tok\": 65", "num_experts_per_tok is 65");
        refused(LITE, "\"n_shared_experts\": 2", "\"n_shared_experts\": -1", "n_shared_experts is -1");
        refused(LARGE, "\"hidden_act\"", "\"scoring_func\": \"softmax\", \"hidden_act\"", "scoring_func is \"softmax\"");
        refused(LARGE, "\"hidden_act\"", "\"n_group\": 7, \"hidden_act\"", "4 of 7 groups of 256 experts");
        var lite = ModelFamily.of(LITE).config(LITE);
        assertThatThrownBy(() -> ModelFamily.LLAMA.write(lite)).isInstanceOf(IllegalArgumentException.class);
        var llama = new TinyFamilies("llama").model().config();
        assertThatThrownBy(() -> ModelFamily.DEEPSEEK_V2.write(llama)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("latent attention");
    }

    private static void refused(String config, String from, String to, String message) {
        assertThat(config).contains(from);
        var bad = config.replace(from, to);
        assertThatThrownBy(() -> ModelFamily.of(bad).config(bad)).isInstanceOf(FormatException.class).hasMessageContaining(message);
    }
}
