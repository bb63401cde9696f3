package lyceum.learn.manifold;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.autograd.Autograd;
import lyceum.learn.neural.ColumnScale;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * UMAP whose map is a network's output: edges of the graph of {@link Umap}, drawn by their weights, lower {@code -log q}, and ends paired at random
 * {@code -log(1 - q)}. New rows are placed by a forward pass, as training rows are.
 *
 * {@snippet :
 * ParametricUmapModel model = new ParametricUmap(new Umap(15), 100, 100).fit(x);
 * Tensor placed = model.transform(z);
 * }
 *
 * <p>The network computes in the type of x; columns are centred and divided by one
 * scale for it. Of the settings of {@code umap} the graph's, the curve's, negatives, repulsion and
 * seed count.
 *
 * @param umap graph and curve
 * @param hidden widths of the layers, with ReLU
 * @param epochs of as many edges as the graph has, 30 by default
 * @param batchSize edges of a step, 256 by default
 * @param rate of Adam, 0.003 by default
 * @see <a href="https://arxiv.org/abs/2009.12981">Sainburg, McInnes and Gentner (2021)</a>
 */
@Withers
public record ParametricUmap(Umap umap, List<Integer> hidden, int epochs, int batchSize, double rate)
        implements ParametricUmapWithers, Transformer {
    public ParametricUmap {
        Objects.requireNonNull(umap, "umap");
        hidden = List.copyOf(hidden);
        if (epochs < 1 || batchSize < 2)
            throw new IllegalArgumentException("ParametricUmap: " + epochs + " epochs of batches of " + batchSize + "; at least 1 and 2");
        if (!(rate > 0)) throw new IllegalArgumentException("ParametricUmap: rate is " + rate + "; it is positive");
    }

    public ParametricUmap(Umap umap, int... hidden) { this(umap, Arrays.stream(hidden).boxed().toList(), 30, 256, 3e-3); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.NO_WEIGHTS, Tag.RANDOMISED, Tag.ORDER_DEPENDENT);
        if (umap.targetWeight() > 0) tags.add(Tag.SUPERVISED);
        return tags;
    }

    @Override public ParametricUmapModel fit(Tensor x) { return fit(x, null, null); }

    @Override public ParametricUmapModel fit(Tensor x, Tensor y, Tensor weights) { return fit(x, y, weights, Progress.SILENT); }

    /** Like {@link #fit(Tensor, Tensor, Tensor)}, heard and stopped by {@code progress}, which hears the mean loss of each epoch. */
    public ParametricUmapModel fit(Tensor x, Tensor y, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var graph = umap.graph(input, NeighborLists.of(input, umap.metric(), umap.neighbors()), y);
        var columns = ColumnScale.common(input.x());
        var rows = columns.apply(input.x()).compute();
        var rng = Rng.of(umap.seed());
        var config = new MlpConfig(input.columns(), hidden, umap.components(), Activation.RELU, MlpConfig.Norm.NONE, 0, false,
                MlpConfig.Head.VALUES, input.x().dtype());
        var network = new Mlp(config, rng.split(1));
        var optimizer = new Adam(rate).over(network.parameters());
        var edges = Edges.of(graph);
        var curve = umap.curve();
        int steps = Math.max(1, edges.head.length / batchSize);
        var draws = rng.split(2);
        for (int epoch = 0; epoch < epochs; epoch++) {
            double sum = 0;
            for (int s = 0; s < steps; s++) {
                int[] ends = edges.draw(batchSize, draws);
                network.zeroGrad();
                var loss = loss(network.forward(rows.rows(ends), Pass.training(draws)), curve, draws);
                loss.backward();
                optimizer.step();
                sum += loss.item();
            }
            progress.step("parametric UMAP", epoch + 1, epochs, "loss", sum / steps);
        }
        var parameters = new LinkedHashMap<String, Tensor>();
        network.state().forEach((name, tensor) -> parameters.put(name, tensor.detach().copy().compute()));
        var placed = Autograd.noGrad(() -> network.predict(rows)).to(input.x().dtype()).compute();
        return new ParametricUmapModel(config, parameters, columns, placed);
    }

    /** @param places of heads, then of tails (2 m x components) */
    private Tensor loss(Tensor places, UmapCurve curve, Rng rng) {
        int m = (int) places.size(0) / 2;
        Tensor heads = places.narrow(0, 0, m), tails = places.narrow(0, m, m);
        var loss = power(heads, tails, curve).log1p().mean();
        for (int s = 0; s < umap.negatives(); s++) {
            var power = power(heads, tails.rows(rng.permutation(m)), curve);
            loss = loss.add(power.log1p().sub(power.log()).mean().mul(umap.repulsion()));
        }
        return loss;
    }

    /** {@code a d^(2b)}, so that {@code -log q = log(1 + a d^(2b))}. A little distance keeps the logarithm finite. */
    private static Tensor power(Tensor y, Tensor z, UmapCurve curve) {
        return y.sub(z).square().sum(1).add(1e-4).log().mul(curve.b()).exp().mul(curve.a());
    }

    /** Edges, to be drawn by their weights. */
    private record Edges(int[] head, int[] tail, double[] upTo) {
        static Edges of(Csr graph) {
            var heads = new int[graph.entries()];
            var tails = new int[heads.length];
            double[] upTo = graph.values().toDoubleArray();
            for (int i = 0; i < graph.rows(); i++) {
                for (int e = graph.rowStart(i); e < graph.rowStart(i + 1); e++) {
                    heads[e] = i;
                    tails[e] = graph.column(e);
                    if (e > 0) upTo[e] += upTo[e - 1];
                }
            }
            return new Edges(heads, tails, upTo);
        }

        /** Heads, then tails. */
        int[] draw(int count, Rng rng) {
            var ends = new int[2 * count];
            for (int c = 0; c < count; c++) {
                int e = Arrays.binarySearch(upTo, rng.nextDouble() * upTo[upTo.length - 1]);
                if (e < 0) e = Math.min(-e - 1, upTo.length - 1);
                ends[c] = head[e];
                ends[count + c] = tail[e];
            }
            return ends;
        }
    }
}
