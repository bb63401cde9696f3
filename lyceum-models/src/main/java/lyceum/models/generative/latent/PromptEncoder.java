package lyceum.models.generative.latent;

import java.util.List;
import java.util.function.Function;
import lyceum.autograd.Autograd;
import lyceum.models.text.TextTower;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** Says prompts as vectors that a denoiser looks at. */
@FunctionalInterface
public interface PromptEncoder {
    /** (n, T, width), not recorded; T is the same for all calls. An empty prompt is one too: what is said without a condition. */
    Tensor encode(List<String> prompts);

    /** By a text tower's last layer. @param tokens ids of a text, with marks of beginning and end where the tower wants them */
    static PromptEncoder of(TextTower tower, Function<String, int[]> tokens) {
        return prompts -> Autograd.noGrad(() -> tower.encode(tower.ids(prompts, tokens), Pass.inference()).tokens().compute());
    }

    /**
     * How often each word comes, as one vector (n, 1, vocabulary): what was said, not in which order.
     *
     * @param vocabulary ids lie below it
     */
    static PromptEncoder bagOfWords(int vocabulary, Function<String, int[]> tokens) {
        return prompts -> {
            var counts = new float[prompts.size() * vocabulary];
            for (int i = 0; i < prompts.size(); i++) for (int id : tokens.apply(prompts.get(i))) {
                if (id < 0 || id >= vocabulary) throw new IllegalArgumentException(
                        "PromptEncoder.bagOfWords: id " + id + " in \"" + prompts.get(i) + "\"; ids lie below " + vocabulary);
                counts[i * vocabulary + id]++;
            }
            return Tensor.of(counts, prompts.size(), 1, vocabulary);
        };
    }
}
