package lyceum.nn;

import java.util.List;
import lyceum.tensor.Tensor;

/**
 * Layers side by side on one input, joined: an Inception block is {@code new Branches(Join.concat(1), a, b, c, d)}. Parameters are named by the branch's number.
 *
 * @see <a href="https://arxiv.org/abs/1409.4842">Szegedy et al. (2015)</a>
 */
public final class Branches extends Module {
    private final Join join;
    private final List<Layer> layers;

    public Branches(Join join, Layer... layers) {
        if (layers.length == 0) throw new IllegalArgumentException("Branches: there are none; give one at least");
        this.join = join;
        this.layers = List.of(layers);
    }

    public List<Layer> layers() { return layers; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        return join.of(layers.stream().map(layer -> layer.forward(x, pass)).toList());
    }

    @Override protected String nameOf(String field) { return ""; }
}
