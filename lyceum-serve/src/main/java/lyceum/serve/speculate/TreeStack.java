package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.List;
import lyceum.nn.Pass;
import lyceum.nn.TransformerDecoder;
import lyceum.tensor.Tensor;

/** A stack of blocks that reads a text and trees of guesses behind it. */
final class TreeStack {
    private final TransformerDecoder blocks;
    private final TreeCache.Plan plan = new TreeCache.Plan();
    private final List<TreeCache> caches = new ArrayList<>();
    private final TransformerDecoder.State state;

    TreeStack(TransformerDecoder blocks) {
        this.blocks = blocks;
        for (var layer : blocks.layers()) {
            var attention = layer.attention().config();
            TreeCache.check(attention.positions(), attention.attention());
            caches.add(new TreeCache(plan));
        }
        state = blocks.start(caches::get, null, null, Pass.inference());
    }

    /** Reads nodes x (1, n, width). @param parents among all nodes since the text, these ones included */
    Tensor read(Tensor x, int... parents) {
        plan.begin(parents);
        return blocks.forward(x, state, Pass.inference()).compute();
    }

    /** Nodes that are read. */
    int nodes() { return plan.parents.length; }

    long length() { return plan.kept; }

    void keep(int... nodes) {
        caches.forEach(c -> c.keep(nodes));
        plan.end(nodes);
    }
}
