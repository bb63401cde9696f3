package lyceum.models.generative.latent;

import java.util.List;
import lyceum.tensor.Tensor;

/** Says prompts as vectors that a denoiser looks at. */
@FunctionalInterface
public interface PromptEncoder {
    /** (n, T, width), not recorded; T is the same for all calls. An empty prompt is one too: what is said without a condition. */
    Tensor encode(List<String> prompts);
}
