package lyceum.models.generative.latent;

import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** What stands behind a block of convolutions and looks farther. */
interface Looking {
    /** @param x (n, channels, height, width) @param context (n, T, width), or null */
    Tensor look(Tensor x, Tensor context, Pass pass);
}
