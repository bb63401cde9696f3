package lyceum.models.graph;

import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A graph convolution, {@code H' = S H W' + b} with an operator S of the graph. Parameters as PyTorch Geometric's: {@code lin.weight} (outputs, inputs), Glorot's
 * uniform, and {@code bias}, 0.
 *
 * @see <a href="https://arxiv.org/abs/1609.02907">Kipf and Welling (2017), section 2</a>
 */
public final class GcnLayer extends MessagePassing {
    private final Linear lin;
    private final Tensor bias;
    private final Propagation propagation;

    /** How S comes from the adjacency A (row v, column u: the weight of u -> v) and its row sums D. */
    public enum Propagation {
        /** {@code (D + I)^-1/2 (A + I) (D + I)^-1/2}: eigenvalues above -1 and at most 1 on an undirected graph. */
        RENORMALISED,
        /** {@code I + D^-1/2 A D^-1/2}, the first-order filter from which the other came: up to 2, so that stacks explode. */
        FIRST_ORDER
    }

    public GcnLayer(int inputs, int outputs, Rng rng) { this(inputs, outputs, Propagation.RENORMALISED, true, DType.F32, rng); }

    public GcnLayer(int inputs, int outputs, Propagation propagation, boolean withBias, DType dtype, Rng rng) {
        super(Aggregation.SUM);
        this.propagation = propagation;
        lin = new Linear(inputs, outputs, false, dtype, Init.glorotUniform(), rng);
        bias = withBias ? Tensor.zeros(dtype, outputs).requiresGrad() : null;
    }

    @Override protected Tensor compute(GraphData graph, Tensor h, Pass pass) {
        boolean loops = propagation == Propagation.RENORMALISED;
        // As few features as possible travel along the edges.
        boolean first = lin.weight().size(0) <= lin.weight().size(1);
        var x = first ? lin.forward(h, pass) : h;
        var s = graph.normalised(loops).gather(Aggregation.SUM, x);
        if (!loops) s = s.add(x);
        return update(h, first ? s : lin.forward(s, pass), pass);
    }

    @Override protected Tensor update(Tensor h, Tensor heard, Pass pass) { return bias == null ? heard : heard.add(bias); }
}
