package lyceum.llm.vision;

import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Patches as they are, by one linear layer: early fusion, where the language model itself does all seeing.
 *
 * @see <a href="https://www.adept.ai/blog/fuyu-8b">Bavishi et al. (2023): Fuyu</a>
 */
public final class PatchProjection extends Module implements PatchEncoder {
    private final int patch;
    private final Linear projection;

    public PatchProjection(int channels, int patch, int width, Rng rng) {
        this.patch = patch;
        projection = new Linear((long) channels * patch * patch, width, rng);
    }

    @Override protected Tensor compute(Tensor pictures, Pass pass) {
        long n = pictures.size(0), c = pictures.size(1), h = pictures.size(2), w = pictures.size(3);
        count(h, w);
        var cut = pictures.reshape(n, c, h / patch, patch, w / patch, patch).permute(0, 2, 4, 1, 3, 5).reshape(n, h / patch * (w / patch),
                c * patch * patch);
        return projection.forward(cut, pass);
    }

    @Override public Tensor patches(Tensor pictures, Pass pass) { return forward(pictures, pass); }

    @Override public int width() { return (int) projection.weight().size(0); }

    @Override public int stride() { return patch; }

    @Override public Module module() { return this; }
}
