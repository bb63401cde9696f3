package lyceum.llm.checkpoint;

import java.util.Arrays;
import java.util.List;
import lyceum.FormatException;
import lyceum.llm.DecoderConfig;

/**
 * Decoders as they are published: how a family says its choices in {@code config.json} and how it names and lays out its tensors.
 *
 * {@snippet :
 * DecoderConfig config = ModelFamily.of(json).config(json);
 * String again = ModelFamily.LLAMA.write(config);
 * }
 */
public enum ModelFamily {
    GPT1("openai-gpt", "OpenAIGPTLMHeadModel"), GPT2("gpt2", "GPT2LMHeadModel"), GPT_NEOX("gpt_neox", "GPTNeoXForCausalLM"),
    LLAMA("llama", "LlamaForCausalLM"), MISTRAL("mistral", "MistralForCausalLM"), MIXTRAL("mixtral", "MixtralForCausalLM"),
    QWEN2("qwen2", "Qwen2ForCausalLM"), QWEN2_MOE("qwen2_moe", "Qwen2MoeForCausalLM"), QWEN3("qwen3", "Qwen3ForCausalLM"),
    QWEN3_MOE("qwen3_moe", "Qwen3MoeForCausalLM"), GEMMA("gemma", "GemmaForCausalLM"), GEMMA2("gemma2", "Gemma2ForCausalLM"),
    GEMMA3("gemma3_text", "Gemma3ForCausalLM"), PHI("phi", "PhiForCausalLM"), PHI3("phi3", "Phi3ForCausalLM"),
    OLMO("olmo", "OlmoForCausalLM"), OLMO2("olmo2", "Olmo2ForCausalLM"), DEEPSEEK_V2("deepseek_v2", "DeepseekV2ForCausalLM"),
    DEEPSEEK_V3("deepseek_v3", "DeepseekV3ForCausalLM");

    private final String modelType, architecture;

    ModelFamily(String modelType, String architecture) {
        this.modelType = modelType;
        this.architecture = architecture;
    }

    /** {@code model_type} of its configurations. */
    public String modelType() { return modelType; }

    /** The class that Hugging Face names in {@code architectures}. */
    public String architecture() { return architecture; }

    /** The family of a {@code config.json}. @throws FormatException if it is none of these */
    public static ModelFamily of(String json) {
        var type = ConfigFields.of(json).text("model_type", "");
        for (var family : values()) if (family.modelType.equals(type)) return family;
        throw new FormatException(
                "config.json: model_type is \"" + type + "\"; known are " + Arrays.stream(values()).map(ModelFamily::modelType).toList());
    }

    /** What a {@code config.json} of this family says. @throws FormatException naming the field that is missing or cannot be */
    public DecoderConfig config(String json) {
        try {
            return FamilyConfigs.read(this, ConfigFields.of(json));
        } catch (FormatException e) {
            throw e;
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new FormatException("config.json: " + e.getMessage());
        }
    }

    /** The {@code config.json} of a decoder. What only training asks for, dropout and a router's balancing, is left out. @throws IllegalArgumentException if this family cannot say all of it */
    public String write(DecoderConfig config) { return FamilyConfigs.write(this, config); }

    /** Which tensor of a file is which of the model's. */
    List<TensorName> names(DecoderConfig config) { return FamilyNames.of(this, config); }

    boolean is(ModelFamily... any) { return List.of(any).contains(this); }

    boolean isGemma() { return is(GEMMA, GEMMA2, GEMMA3); }

    boolean isDeepSeek() { return is(DEEPSEEK_V2, DEEPSEEK_V3); }
}
