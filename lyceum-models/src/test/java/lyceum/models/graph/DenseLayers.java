package lyceum.models.graph;

import static lyceum.models.graph.RandomGraphs.edgeAt;

import java.util.function.IntFunction;
import java.util.stream.IntStream;
import lyceum.tensor.Tensor;

/** Layers of graphs by their formulas, over all pairs of nodes. */
final class DenseLayers {
    private DenseLayers() {}

    private static double[] times(Tensor w, double[] x, Tensor b) {
        var rows = w.toRows();
        var y = new double[rows.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = b == null ? 0 : b.item(i);
            for (int k = 0; k < x.length; k++) y[i] += rows[i][k] * x[k];
        }
        return y;
    }

    private static double[] relu(double[] x) { return IntStream.range(0, x.length).mapToDouble(i -> Math.max(0, x[i])).toArray(); }

    /** Every node's pooled messages from a matrix of edge numbers: the definition. */
    private static double[][] pooled(Aggregation how, int[][] edge, double[] weight, IntFunction<double[]>[][] said, int width) {
        int n = edge.length;
        var out = new double[n][width];
        for (int v = 0; v < n; v++) {
            double total = 0;
            boolean first = true;
            for (int u = 0; u < n; u++) {
                if (edge[v][u] < 0) continue;
                var m = said[v][u].apply(edge[v][u]);
                double w = weight[edge[v][u]];
                for (int k = 0; k < width; k++)
                    out[v][k] = how != Aggregation.MAX ? out[v][k] + w * m[k] : first ? w * m[k] : Math.max(out[v][k], w * m[k]);
                total += w;
                first = false;
            }
            if (how == Aggregation.MEAN && !first) for (int k = 0; k < width; k++) out[v][k] /= total;
        }
        return out;
    }

    static double[][] applied(GraphLayer layer, GraphData g, double[][] h) {
        var p = layer.parameters();
        int n = h.length, width = h[0].length;
        int[][] at = edgeAt(g);
        double[] weight = g.weights().toDoubleArray();
        double[][] feature = g.features().toRows(), out = new double[n][];
        @SuppressWarnings("unchecked")
        IntFunction<double[]>[][] said = new IntFunction[n][n];
        for (int v = 0; v < n; v++) for (int u = 0; u < n; u++) {
            double[] hu = h[u], hv = h[v];
            said[v][u] = switch (layer) {
                case SageLayer s -> e -> s.aggregation() == Aggregation.MAX ? relu(times(p.get("lin.weight"), hu, p.get("lin.bias"))) : hu;
                case GinLayer s -> e -> relu(IntStream.range(0, width).mapToDouble(k -> hu[k] + feature[e][k]).toArray());
                case MpnnLayer s -> e -> {
                    var a = times(p.get("edge.layers.1.weight"),
                            relu(times(p.get("edge.layers.0.weight"), feature[e], p.get("edge.layers.0.bias"))),
                            p.get("edge.layers.1.bias"));
                    return IntStream.range(0, width)
                            .mapToDouble(i -> IntStream.range(0, width).mapToDouble(k -> a[i * width + k] * hu[k]).sum()).toArray();
                };
                default -> e -> hu;
            };
        }
        var how = ((MessagePassing) layer).aggregation();
        if (layer instanceof MessagePassingTest.Asking) {
            for (int v = 0; v < n; v++) {
                var q = times(p.get("query").transpose().contiguous(), h[v], null);
                double total = 0;
                var sum = new double[width];
                for (int u = 0; u < n; u++) {
                    if (at[v][u] < 0) continue;
                    double score = 0;
                    for (int k = 0; k < width; k++) score += q[k] * h[u][k];
                    total += Math.exp(score);
                    for (int k = 0; k < width; k++) sum[k] += Math.exp(score) * h[u][k];
                }
                out[v] = times(p.get("self").transpose().contiguous(), h[v], null);
                for (int k = 0; k < width && total > 0; k++) out[v][k] += sum[k] / total;
            }
            return out;
        }
        var heard = pooled(how, at, weight, said, width);
        for (int v = 0; v < n; v++) {
            double[] hv = h[v], m = heard[v];
            out[v] = switch (layer) {
                case SageLayer s -> {
                    double[] a = times(p.get("lin_l.weight"), m, p.get("lin_l.bias")), b = times(p.get("lin_r.weight"), hv, null);
                    double norm = 0;
                    for (int k = 0; k < width; k++) norm += (a[k] + b[k]) * (a[k] + b[k]);
                    double scale = s.aggregation() == Aggregation.MEAN ? 1 / Math.sqrt(norm) : 1;
                    yield IntStream.range(0, width).mapToDouble(k -> (a[k] + b[k]) * scale).toArray();
                }
                case GinLayer s -> {
                    double eps = p.get("eps").item();
                    var x = IntStream.range(0, width).mapToDouble(k -> (1 + eps) * hv[k] + m[k]).toArray();
                    yield times(p.get("nn.layers.1.weight"), relu(times(p.get("nn.layers.0.weight"), x, p.get("nn.layers.0.bias"))),
                            p.get("nn.layers.1.bias"));
                }
                default -> {
                    double[] a = times(p.get("cell.weight_ih"), m, p.get("cell.bias_ih")),
                            b = times(p.get("cell.weight_hh"), hv, p.get("cell.bias_hh"));
                    yield IntStream.range(0, width).mapToDouble(k -> {
                        double r = 1 / (1 + Math.exp(-a[k] - b[k])), z = 1 / (1 + Math.exp(-a[width + k] - b[width + k]));
                        return (1 - z) * Math.tanh(a[2 * width + k] + r * b[2 * width + k]) + z * hv[k];
                    }).toArray();
                }
            };
        }
        return out;
    }
}
