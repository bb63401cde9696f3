package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Layers of curves, one after the other: a Kolmogorov-Arnold network. What changes a grid changes it in every layer, by the inputs that this layer sees.
 *
 * {@snippet :
 * var kan = new Kan(new KanConfig().withDtype(DType.F64), rng, 2, 5, 1);
 * new Lbfgs().minimize(List.copyOf(kan.parameters().values()), () -> Loss.mse(kan.forward(x), y), Progress.SILENT);
 * var finer = kan.adapted(x).refined(10);                  // and train on
 * }
 *
 * <p>Small and smooth networks are best fitted by {@link lyceum.optim.Lbfgs}.
 *
 * @see <a href="https://arxiv.org/abs/2404.19756">Liu et al. (2025)</a>
 */
public final class Kan extends Module {
    private final List<KanLayer> layers;

    /** @param widths of the inputs and of each layer's outputs, at least two */
    public Kan(KanConfig config, Rng rng, int... widths) {
        if (widths.length < 2) throw new IllegalArgumentException("Kan: " + widths.length + " widths; at least those of input and output");
        var list = new ArrayList<KanLayer>();
        for (int i = 1; i < widths.length; i++) list.add(new KanLayer(widths[i - 1], widths[i], config, rng));
        layers = List.copyOf(list);
    }

    private Kan(List<KanLayer> layers) { this.layers = List.copyOf(layers); }

    /** From the input on. */
    public List<KanLayer> layers() { return layers; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        for (var layer : layers) x = layer.forward(x, pass);
        return x;
    }

    private interface Change {
        KanLayer of(KanLayer layer, Tensor x);
    }

    private Kan changed(Tensor x, Change change) {
        return Autograd.noGrad(() -> {
            var list = new ArrayList<KanLayer>();
            Tensor at = x;
            for (var layer : layers) {
                list.add(change.of(layer, at));
                if (at != null) at = layer.forward(at).compute();
            }
            return new Kan(list);
        });
    }

    /** The grids where the inputs are; see {@link KanLayer#adapted(Tensor)}. */
    public Kan adapted(Tensor x) { return changed(x, KanLayer::adapted); }

    /** The same with a share of the knots even. */
    public Kan adapted(Tensor x, double even) { return changed(x, (layer, at) -> layer.adapted(at, even)); }

    /** Finer grids; see {@link KanLayer#refined}. */
    public Kan refined(int grid) { return changed(null, (layer, at) -> layer.refined(grid)); }

    /** Without the edges that do little for these inputs; see {@link KanLayer#pruned}. */
    public Kan pruned(Tensor x, double threshold) { return changed(x, (layer, at) -> layer.pruned(at, threshold)); }

    /** What each layer sees: the input, and the outputs of all layers but the last. */
    public List<Tensor> inputs(Tensor x) {
        var seen = new ArrayList<Tensor>();
        changed(x, (layer, at) -> {
            seen.add(at);
            return layer;
        });
        return seen;
    }
}
