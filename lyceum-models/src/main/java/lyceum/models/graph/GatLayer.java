package lyceum.models.graph;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Activation;
import lyceum.nn.Dropout;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Graph attention: {@code h_v' = sum of alpha_uv W h_u + b}, in heads, alpha the softmax over the edges that arrive at v of a score that features give.
 *
 * <p>{@link Scoring#STATIC}: parameters {@code lin.weight} (heads d, inputs), {@code att_src}, {@code att_dst} (heads, d), with features of edges
 * {@code lin_edge.weight}, {@code att_edge}. {@link Scoring#DYNAMIC}: {@code lin_l} for sources, {@code lin_r} for targets, both with a bias, {@code att},
 * {@code lin_edge.weight}. Both: {@code bias}. Names are PyTorch Geometric's.
 *
 * @see <a href="https://arxiv.org/abs/1710.10903">Veličković et al. (2018)</a>
 * @see <a href="https://arxiv.org/abs/2105.14491">Brody, Alon and Yahav (2022), for the dynamic form</a>
 */
public final class GatLayer extends MessagePassing {
    /** LeakyReLU's slope, as in both papers. */
    private static final double SLOPE = 0.2;

    private final Linear lin, lin_l, lin_r, lin_edge;
    private final Tensor att_src, att_dst, att_edge, att, bias;
    private final int heads, width;
    private final boolean concat, loops;
    private final double dropout;

    /** What is scored. */
    public enum Scoring {
        /** {@code LeakyReLU(a_s W h_u + a_t W h_v + a_e W_e e)}: every v ranks its neighbours alike. */
        STATIC,
        /** {@code a LeakyReLU(W_l h_u + W_r h_v + W_e e)}, GATv2: the ranking is v's own. */
        DYNAMIC
    }

    /** The shares of a layer: of each edge of {@code graph}, which may have loops that the layer added, and head, (edges, heads). */
    public record Shares(GraphData graph, Tensor shares) {}

    /** Dynamic, loops added, no features of edges, no dropout, F32. */
    public GatLayer(int inputs, int width, int heads, boolean concat, Rng rng) {
        this(inputs, width, heads, concat, 0, Scoring.DYNAMIC, true, 0, DType.F32, rng);
    }

    /**
     * @param width of a head
     * @param concat whether heads stand one after the other, (nodes, heads width), or are averaged, (nodes, width)
     * @param features of an edge; 0 for none
     * @param loops whether each node hears itself too
     * @param dropout of the shares in training; what is left is scaled up
     */
    public GatLayer(int inputs, int width, int heads, boolean concat, int features, Scoring scoring, boolean loops, double dropout,
            DType dtype, Rng rng) {
        super(Aggregation.ATTENTION);
        if (inputs < 1 || width < 1 || heads < 1 || features < 0) throw new IllegalArgumentException("GatLayer: " + inputs + " inputs, "
                + heads + " heads of " + width + ", " + features + " features of edges; all but the last are at least 1");
        this.heads = heads;
        this.width = width;
        this.concat = concat;
        this.loops = loops;
        this.dropout = new Dropout(dropout).p();
        int all = heads * width;
        boolean isStatic = scoring == Scoring.STATIC;
        lin = isStatic ? linear(inputs, all, false, dtype, rng) : null;
        lin_l = isStatic ? null : linear(inputs, all, true, dtype, rng);
        lin_r = isStatic ? null : linear(inputs, all, true, dtype, rng);
        lin_edge = features == 0 ? null : linear(features, all, false, dtype, rng);
        att_src = isStatic ? vector(heads, width, dtype, rng) : null;
        att_dst = isStatic ? vector(heads, width, dtype, rng) : null;
        att_edge = isStatic && features > 0 ? vector(heads, width, dtype, rng) : null;
        att = isStatic ? null : vector(heads, width, dtype, rng);
        bias = Tensor.zeros(dtype, concat ? all : width).requiresGrad();
    }

    private static Linear linear(int inputs, int outputs, boolean withBias, DType dtype, Rng rng) {
        return new Linear(inputs, outputs, withBias, dtype, Init.glorotUniform(), rng);
    }

    private static Tensor vector(int heads, int width, DType dtype, Rng rng) {
        return Init.glorotUniform().sample(rng, dtype, heads, width).compute().requiresGrad();
    }

    /** Where each node looks, predicting. */
    public Shares attention(GraphData graph, Tensor h) {
        var g = loops ? graph.withLoops() : graph;
        return new Shares(g, g.softmax(scores(g, h, message(h, Pass.inference()), Pass.inference())).detach());
    }

    @Override protected Tensor compute(GraphData graph, Tensor h, Pass pass) {
        if (lin_edge != null && graph.features() == null)
            throw new ShapeException("GatLayer: the graph's edges have no features; this layer wants " + lin_edge.weight().size(1));
        return super.compute(loops ? graph.withLoops() : graph, h, pass);
    }

    @Override protected Tensor message(Tensor h, Pass pass) { return (lin == null ? lin_l : lin).forward(h, pass); }

    @Override protected Tensor scores(GraphData g, Tensor h, Tensor said, Pass pass) {
        if (lin == null) {
            var heard = lin_r.forward(h, pass);
            if (lin_edge == null) return EdgeScores.of(g, said, heard, att, SLOPE);
            var z = said.indexSelect(0, g.source()).add(heard.indexSelect(0, g.target())).add(lin_edge.forward(g.features(), pass));
            return dot(Activation.leakyRelu(z, SLOPE), att);
        }
        var z = dot(said, att_src).indexSelect(0, g.source()).add(dot(said, att_dst).indexSelect(0, g.target()));
        if (lin_edge != null) z = z.add(dot(lin_edge.forward(g.features(), pass), att_edge));
        return Activation.leakyRelu(z, SLOPE);
    }

    /** Head by head the product with a vector: (.., heads width) to (.., heads). */
    private Tensor dot(Tensor x, Tensor vector) { return x.reshape(x.size(0), heads, width).mul(vector).sum(2); }

    @Override protected Tensor shares(GraphData g, Tensor h, Tensor said, Pass pass) {
        return new Dropout(dropout).forward(super.shares(g, h, said, pass), pass);
    }

    @Override protected Tensor update(Tensor h, Tensor heard, Pass pass) {
        return (concat ? heard : heard.reshape(heard.size(0), heads, width).mean(1)).add(bias);
    }
}
