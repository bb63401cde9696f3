package lyceum.train.search;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;

/**
 * All networks of a space in one: every candidate of every choice has its weights once, and each architecture is a path through them.
 *
 * {@snippet :
 * var net = new SuperNet(space, Rng.of(1));
 * net.fit(trainer, Loss::crossEntropy, train, Rng.of(2), Progress.SILENT);
 * net.path(architecture).forward(x);                   // ranked without training of its own
 * }
 *
 * <p>{@link #fit} draws a uniform path for each batch (single path, one shot), so that no path is favoured while the weights are made. What a path scores with
 * shared weights ranks architectures; it is not what training of its own reaches. {@link #forward} is the mixture of equal weights.
 *
 * @see <a href="https://arxiv.org/abs/1904.00420">Guo et al. (2020), Single Path One-Shot Neural Architecture Search with Uniform Sampling</a>
 */
public final class SuperNet extends Module {
    private final NetworkSpace space;
    private final Layer stem;
    private final List<Edge> edges;
    private final Layer head;

    /** The candidates of a choice. */
    static final class Edge extends Module {
        private final List<Layer> candidates;

        Edge(List<Layer> candidates) { this.candidates = candidates; }

        /** The sum of some candidates by weight: {@code weights} (how many), in the order of {@code which}. */
        Tensor weighted(Tensor x, int[] which, Tensor weights, Pass pass) {
            Tensor sum = null;
            for (int i = 0; i < which.length; i++) {
                var part = candidates.get(which[i]).forward(x, pass).mul(weights.narrow(0, i, 1));
                if (sum != null && !sum.shape().equals(part.shape())) throw new ShapeException(
                        "SuperNet: candidates of one choice give shapes " + sum.shape() + " and " + part.shape() + "; they must agree");
                sum = sum == null ? part : sum.add(part);
            }
            return sum;
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            int n = candidates.size();
            return weighted(x, IntStream.range(0, n).toArray(), Tensor.full(x.dtype(), 1.0 / n, n), pass);
        }
    }

    public SuperNet(NetworkSpace space, Rng rng) {
        this.space = space;
        stem = space.stem().build(rng.split(0));
        var list = new ArrayList<Edge>();
        for (int c = 0; c < space.choices().size(); c++) {
            int choice = c;
            list.add(new Edge(
                    IntStream.range(0, space.choices().get(c).candidates().size()).mapToObj(k -> space.layer(choice, k, rng)).toList()));
        }
        edges = List.copyOf(list);
        head = space.head().build(rng.split(1));
    }

    public NetworkSpace space() { return space; }

    /** A candidate's layer. */
    public Layer candidate(int choice, int number) { return edges.get(choice).candidates.get(number); }

    Layer stem() { return stem; }

    /** The network of an architecture on these weights: what trains it trains this. */
    public CellNetwork path(Architecture a) {
        space.check(a);
        return new CellNetwork(space, stem, IntStream.range(0, edges.size()).mapToObj(c -> edges.get(c).candidates.get(a.pick(c))).toList(),
                head);
    }

    /**
     * Each edge gives the sum of its candidates by weight.
     *
     * @param weights one vector a choice, as {@link NetworkSpace#probabilities} gives; gradients reach them
     */
    public Tensor mixed(Tensor x, List<Tensor> weights, Pass pass) {
        return gated(x, edges.stream().map(edge -> IntStream.range(0, edge.candidates.size()).toArray()).toList(), weights, pass);
    }

    /** The same of some candidates alone: the others are not computed. */
    Tensor gated(Tensor x, List<int[]> which, List<Tensor> weights, Pass pass) {
        return head.forward(space.flow(stem.forward(x, pass), (c, in) -> edges.get(c).weighted(in, which.get(c), weights.get(c), pass)),
                pass);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        return head.forward(space.flow(stem.forward(x, pass), (c, in) -> edges.get(c).forward(in, pass)), pass);
    }

    /** Trains the shared weights, a uniformly drawn path for each batch. */
    public History fit(Trainer trainer, Loss loss, Dataset data, Rng rng, Progress progress) {
        BatchLoss batch = (rows, pass) -> BatchLoss.of(path(space.random(pass.rng().split(17))), loss, data).of(rows, pass);
        return trainer.start(this, data.size(), batch, null, rng).finish(progress);
    }
}
