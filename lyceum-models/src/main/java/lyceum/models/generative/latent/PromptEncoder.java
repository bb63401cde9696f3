package lyceum.models.generative.latent;

import java.util.List;
import java.util.function.Function;
import lyceum.autograd.Autograd;
import lyceum.models.multimodal.TextTower;
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
}
