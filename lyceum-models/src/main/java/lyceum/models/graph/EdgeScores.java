package lyceum.models.graph;

import java.lang.foreign.MemorySegment;
import lyceum.DType;
import lyceum.autograd.Primitive;
import lyceum.backend.EdgeRows;
import lyceum.backend.View;
import lyceum.nn.Activation;
import lyceum.tensor.GradMode;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * The scores of dynamic attention, {@code <a_h, leaky(l_u + r_v)>} for edges u to v and heads h: (edges, heads). In F32 no row of features is stored for an edge,
 * forward or backward.
 *
 * <p>A gradient's rows are {@code p_u = sum over edges that leave u of g leaky'} and {@code q_v} likewise of those that arrive; with {@code leaky(z) = z leaky'(z)} they give
 * that of the vector too, {@code sum of l p + r q}: its error is that of l and r, not of {@code l + r}, and a row that is not finite is seen in it whether or not an edge reads it.
 */
final class EdgeScores {
    private final GraphData graph;
    private final int heads;
    private final double slope;
    /** The last operand that asks for a gradient. */
    private final int last;
    /** The rows of one gradient, which all that ask share. */
    private Rows rows;

    private record Rows(Tensor gradient, Tensor leaving, Tensor arriving) {}

    private EdgeScores(GraphData graph, int heads, double slope, int last) {
        this.graph = graph;
        this.heads = heads;
        this.slope = slope;
        this.last = last;
    }

    /** @param said l and {@code heard} r, (nodes, heads d) @param vector (heads, d) @param slope below 0, above 0 and up to 1 */
    static Tensor of(GraphData graph, Tensor said, Tensor heard, Tensor vector, double slope) {
        if (said.dtype() != DType.F32 || heard.dtype() != DType.F32 || vector.dtype() != DType.F32)
            return apart(graph, said, heard, vector, slope);
        var scores = new EdgeScores(graph, (int) vector.size(0), slope, vector.isTracked() ? 2 : heard.isTracked() ? 1 : 0);
        return Primitive.of("edge scores", scores::value, scores::gradient).withParts(in -> apart(graph, in[0], in[1], in[2], slope))
                .apply(said, heard, vector);
    }

    /** With a row of features for each edge. */
    private static Tensor apart(GraphData graph, Tensor said, Tensor heard, Tensor vector, double slope) {
        return headed(Activation.leakyRelu(sums(graph, said, heard), slope), vector).mul(vector).sum(2);
    }

    private static Tensor sums(GraphData graph, Tensor said, Tensor heard) {
        return said.indexSelect(0, graph.source()).add(heard.indexSelect(0, graph.target()));
    }

    private static Tensor headed(Tensor x, Tensor vector) { return x.reshape(x.size(0), vector.size(0), vector.size(1)); }

    private EdgeRows.Edges edges(boolean back, Tensor x) { return graph.side(back).edges(heads, (int) x.size(1) / heads); }

    private Tensor value(Tensor... in) {
        if (ShapesOnly.isRunning()) return ShapesOnly.tensor(DType.F32, graph.edges(), heads);
        View said = in[0].values(DType.F32), heard = in[1].values(DType.F32), vector = in[2].values(DType.F32),
                out = Neighbours.floats(graph.edges(), heads);
        MemorySegment a = Neighbours.memory(heard), b = Neighbours.memory(said), v = Neighbours.memory(vector), to = Neighbours.memory(out);
        var edges = edges(false, in[0]);
        Neighbours.each(edges, (rows, first, end) -> rows.scores(edges, first, end, (float) slope, a, b, v, to), said, heard, vector, out);
        return Neighbours.tensor(out);
    }

    private synchronized Tensor gradient(int i, Tensor g, Tensor scores, Tensor... in) {
        if (GradMode.isRecording() || Tracing.on()) return recorded(i, g, in);
        var own = rows(g, in);
        if (i == last) rows = null;
        if (i < 2) return (i == 0 ? own.leaving : own.arriving).mul(in[2].flatten());
        return in[0].mul(own.leaving).add(in[1].mul(own.arriving)).sum(0).reshape(in[2].shape().toArray());
    }

    private Rows rows(Tensor g, Tensor... in) {
        if (rows == null || rows.gradient != g) rows = new Rows(g, slopes(true, g, in[1], in[0]), slopes(false, g, in[0], in[1]));
        return rows;
    }

    /** @param read the other ends' rows @param own rows of the nodes whose edges are summed */
    private Tensor slopes(boolean back, Tensor g, Tensor read, Tensor own) {
        if (ShapesOnly.isRunning()) return ShapesOnly.tensor(DType.F32, own.shape().toArray());
        View weights = g.values(DType.F32), here = own.values(DType.F32), there = read.values(DType.F32),
                out = Neighbours.floats(own.size(0), own.size(1));
        MemorySegment w = Neighbours.memory(weights), a = Neighbours.memory(here), b = Neighbours.memory(there),
                to = Neighbours.memory(out);
        var edges = edges(back, own);
        Neighbours.each(edges, (rows, first, end) -> rows.slopes(edges, first, end, (float) slope, w, a, b, to), weights, here, there, out);
        return Neighbours.tensor(out);
    }

    /** In tensor operations, to be differentiated in turn. */
    private Tensor recorded(int i, Tensor g, Tensor... in) {
        var z = sums(graph, in[0], in[1]);
        var w = g.unsqueeze(2);
        if (i == 2) return headed(Activation.leakyRelu(z, slope), in[2]).mul(w).sum(0);
        var steep = z.gt(0).where(z.onesLike(), z.onesLike().mul(slope));
        var rows = headed(steep, in[2]).mul(w).mul(in[2]).reshape(z.shape().toArray());
        return rows.segmentSum(i == 0 ? graph.source() : graph.target(), graph.nodes());
    }
}
