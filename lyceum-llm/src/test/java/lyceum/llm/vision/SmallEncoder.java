package lyceum.llm.vision;

import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.random.Rng;
import lyceum.DType;
import lyceum.tensor.Tensor;

/** Patches, learned positions and blocks. */
final class SmallEncoder extends Module implements PatchEncoder {
    private final PatchProjection patches;
    private final Tensor positions;
    private final TransformerEncoder blocks;
    private final int width;

    SmallEncoder(int size, int patch, int width, int layers, Rng rng) {
        this.width = width;
        patches = new PatchProjection(3, patch, width, rng);
        positions = Init.begin(Init.normal(0.1), rng, DType.F32, (long) (size / patch) * (size / patch), width).requiresGrad();
        blocks = new TransformerEncoder(TransformerConfig.original(width, 4, 2 * width), layers, rng);
    }

    @Override protected Tensor compute(Tensor pictures, Pass pass) {
        return blocks.forward(patches.forward(pictures, pass).add(positions), pass);
    }

    @Override public Tensor patches(Tensor pictures, Pass pass) { return forward(pictures, pass); }

    @Override public int width() { return width; }

    @Override public int stride() { return patches.stride(); }

    @Override public Module module() { return this; }
}
