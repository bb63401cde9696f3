package lyceum.models.generative.diffusion;

import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Patches to tokens: a convolution whose stride is its kernel, as a product. */
final class DitPatches extends Module {
    private final Projection proj;

    DitPatches(DiffusionTransformerConfig config, Rng rng) { proj = new Projection(config, rng); }

    @Override protected Tensor compute(Tensor patches, Pass pass) { return proj.forward(patches, pass); }

    private static final class Projection extends Module {
        private final Tensor weight, bias;

        Projection(DiffusionTransformerConfig config, Rng rng) {
            long inputs = (long) config.channels() * config.patch() * config.patch();
            // Drawn as a matrix, so that the fan-in is that of a linear layer.
            weight = Init.begin(Init.glorotUniform(), rng, config.dtype(), config.width(), inputs)
                    .reshape(config.width(), config.channels(), config.patch(), config.patch()).compute().requiresGrad();
            bias = Tensor.zeros(config.dtype(), config.width()).compute().requiresGrad();
        }

        @Override protected Tensor compute(Tensor patches, Pass pass) {
            return patches.affine(weight.permute(0, 2, 3, 1).reshape(weight.size(0), -1), bias);
        }
    }
}
