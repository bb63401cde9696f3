package lyceum.llm;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;
import lyceum.format.Safetensors;
import lyceum.llm.checkpoint.ModelFolder;
import lyceum.tensor.Tensor;

/** A random tiny checkpoint of each family with what PyTorch makes of it; tools/golden/llm_families.py wrote them. */
public record TinyFamilies(String name) {
    public static final List<String> NAMES = List.of("gpt1", "gpt2", "gpt-neox", "llama", "mistral", "mixtral", "qwen2", "qwen2-moe",
            "qwen3", "qwen3-moe", "gemma", "gemma2", "gemma3", "phi", "phi3", "olmo", "olmo2");

    /** Those with latent attention, which llama.cpp and AWQ have no part in here. */
    public static final List<String> LATENT = List.of("deepseek-v2", "deepseek-v3");

    public static List<TinyFamilies> latent() { return LATENT.stream().map(TinyFamilies::new).toList(); }

    public static List<TinyFamilies> all() { return NAMES.stream().map(TinyFamilies::new).toList(); }

    public Path folder() {
        try {
            return Path.of(TinyFamilies.class.getResource("/checkpoints/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    public DecoderLM model() throws IOException { return ModelFolder.open(folder()).model(); }

    /** {@code ids}, {@code logits}, {@code loss}, {@code losses} of six AdamW steps, and {@code grad.*} of some. */
    public SequencedMap<String, Tensor> expected() throws IOException {
        return Safetensors.read(folder().resolve("expected.safetensors")).tensors();
    }

    @Override public String toString() { return name; }
}
