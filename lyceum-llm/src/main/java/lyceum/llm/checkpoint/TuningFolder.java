package lyceum.llm.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.nn.RotaryEmbedding;
import lyceum.tensor.Tensor;
import lyceum.train.peft.Peft;

/**
 * A tuning of a decoder from a folder with {@code adapter_config.json} and {@code adapter_model.safetensors}, as {@link Peft#save} and Hugging Face's PEFT write them.
 *
 * {@snippet :
 * var registry = new AdapterRegistry(model);
 * registry.add(TuningFolder.load(model, folder, "polite"));
 * }
 *
 * <p>Tensors have this library's names, or those of Llama's files and of families named after them. A model from a GGUF file turns queries and keys by
 * neighbours; rows of a low-rank update and gains are then moved as the rows of its matrices were: it is one of the folder from which the
 * file was made. What else stands at queries and keys, prefixes among it, is refused there.
 */
public final class TuningFolder {
    private TuningFolder() {}

    /** Reads it and attaches it. @throws FormatException if the files are malformed or belong to another model, naming what does not fit */
    public static Peft load(DecoderLM model, Path folder, String name) throws IOException {
        var rotary = model.config().blocks().getFirst().attention().rotary();
        int width = model.config().blocks().getFirst().attention().headWidth();
        boolean turned = rotary != null && rotary.isInterleaved();
        try {
            return Peft.load(model, folder, name, values -> {
                var known = own(model);
                var ours = new LinkedHashMap<String, Tensor>();
                values.forEach((theirs, value) -> {
                    int end = Math.max(theirs.lastIndexOf(".lora_"), theirs.lastIndexOf(".ia3_"));
                    var layer = end < 0 ? theirs : theirs.substring(0, end);
                    var key = known.getOrDefault(layer, layer) + theirs.substring(layer.length());
                    if (turned && key.matches(".*\\.([qk]_proj\\.(?!lora_|ia3_l)|prefix_).*")) throw new FormatException(
                            folder + ": " + theirs + " fits the model's folder, not its GGUF file, where queries and keys lie otherwise");
                    boolean moved = turned && value.rank() == 2 && value.size(0) > 1 && key.matches(".*\\.[qk]_proj\\.(lora_B|ia3_l).*");
                    ours.put(key, moved ? Autograd.noGrad(() -> RotaryEmbedding.toNeighbours(value, width).compute()) : value);
                });
                return ours;
            });
        } catch (FormatException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new FormatException(folder + ": " + e.getMessage(), e);
        }
    }

    /** Layers by the names that Llama's files have, and those that were made after them. */
    private static Map<String, String> own(DecoderLM model) {
        var all = new HashMap<String, String>();
        for (var name : ModelFamily.LLAMA.names(model.config()))
            all.put(name.theirs().replaceFirst("\\.weight$", ""), name.ours().getFirst().replaceFirst("\\.weight$", ""));
        return all;
    }
}
