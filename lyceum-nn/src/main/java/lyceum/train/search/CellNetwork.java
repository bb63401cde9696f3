package lyceum.train.search;

import java.util.List;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** A network of a {@link NetworkSpace}: one layer an edge. Made by {@link NetworkSpace#build}, or by {@link SuperNet#path} on shared weights. */
public final class CellNetwork extends Module {
    private final NetworkSpace space;
    private final Layer stem;
    private final List<Layer> edges;
    private final Layer head;

    CellNetwork(NetworkSpace space, Layer stem, List<Layer> edges, Layer head) {
        this.space = space;
        this.stem = stem;
        this.edges = edges;
        this.head = head;
    }

    /** The layers of the choices, in their order. */
    public List<Layer> edges() { return edges; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        return head.forward(space.flow(stem.forward(x, pass), (choice, in) -> edges.get(choice).forward(in, pass)), pass);
    }
}
