package lyceum.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.info.LinearAssignment;
import lyceum.nn.Mlp;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * An order of the hidden units of a perceptron. Units may be renumbered without changing what the network computes; two networks can be compared, averaged
 * or joined weight by weight only when theirs are in like order.
 *
 * {@snippet :
 * var like = HiddenUnits.matchWeights(first, second, Rng.of(1)).apply(second);     // computes what second computes
 * double wall = ModeConnectivity.barrier(ModeConnectivity.linear(first, like).values(21, m -> errorOf(m)));
 * }
 *
 * @param orders for each hidden layer, which old unit stands at each new place
 * @see <a href="https://arxiv.org/abs/2209.04836">Ainsworth, Hayase and Srinivasa (2023)</a>
 */
public record HiddenUnits(int[][] orders) {
    public HiddenUnits {
        orders = Arrays.stream(orders).map(int[]::clone).toArray(int[][]::new);
        for (var order : orders) {
            var seen = new boolean[order.length];
            for (int unit : order) {
                if (unit < 0 || unit >= seen.length || seen[unit]) throw new IllegalArgumentException(
                        "HiddenUnits: " + Arrays.toString(order) + " is not an order of " + order.length + " units");
                seen[unit] = true;
            }
        }
    }

    /** A random order. */
    public static HiddenUnits random(Mlp network, Rng rng) {
        return new HiddenUnits(network.config().hidden().stream().map(rng::permutation).toArray(int[][]::new));
    }

    /** A network that computes the same with its hidden units (and their biases and norms) in this order. */
    public Mlp apply(Mlp network) {
        var config = network.config();
        requirePlain(network);
        if (orders.length != config.hidden().size())
            throw new ShapeException("HiddenUnits: " + orders.length + " orders for " + config.hidden().size() + " hidden layers");
        for (int i = 0; i < orders.length; i++)
            if (orders[i].length != config.hidden().get(i)) throw new ShapeException(
                    "HiddenUnits: an order of " + orders[i].length + " for layer " + i + " of " + config.hidden().get(i));
        var state = new LinkedHashMap<String, Tensor>();
        network.state().forEach((name, tensor) -> {
            var value = tensor.detach();
            int layer = Integer.parseInt(name.split("\\.")[1]);
            if (value.rank() > 0 && layer < orders.length) value = value.rows(orders[layer]);
            if (value.rank() == 2 && layer > 0) value = value.indexSelect(1, index(orders[layer - 1]));
            state.put(name, value.compute());
        });
        return Mlp.of(config, state);
    }

    private static Tensor index(int[] order) { return Tensor.of(Arrays.stream(order).asLongStream().toArray()); }

    private static void requirePlain(Mlp network) {
        if (network.config().residual())
            throw new IllegalArgumentException("HiddenUnits: a residual network ties the orders of its layers; use one without");
    }

    private static void requireAlike(Mlp reference, Mlp network) {
        requirePlain(network);
        if (!reference.config().hidden().equals(network.config().hidden()) || reference.config().inputs() != network.config().inputs()
                || reference.config().outputs() != network.config().outputs())
            throw new ShapeException("HiddenUnits: networks of " + reference.config() + " and " + network.config());
    }

    /**
     * The order of a network's units that brings its weights nearest to a reference's: layer after layer, each by an assignment given its neighbours, until
     * no layer gains by another. A local optimum where there are several hidden layers.
     *
     * @param rng the order in which layers are visited
     */
    public static HiddenUnits matchWeights(Mlp reference, Mlp network, Rng rng) {
        requireAlike(reference, network);
        int hidden = network.config().hidden().size();
        var orders = network.config().hidden().stream().map(HiddenUnits::counted).toArray(int[][]::new);
        for (boolean changed = true; changed;) {
            changed = false;
            for (int layer : rng.permutation(hidden)) {
                var gains = gains(reference, network, orders, layer);
                var better = assignment(gains);
                double before = total(gains, orders[layer]), after = total(gains, better);
                // Units that are alike may change places for ever in rounding alone.
                if (!(after - before > 1e-12 * Math.max(Math.abs(before), Math.abs(after)))) continue;
                changed = true;
                orders[layer] = better;
            }
        }
        return new HiddenUnits(orders);
    }

    private static double total(Tensor gains, int[] order) {
        double sum = 0;
        for (int i = 0; i < order.length; i++) sum += gains.item(i, order[i]);
        return sum;
    }

    private static int[] counted(int n) {
        var order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        return order;
    }

    /** Inner products of what each unit of the reference and each of the network is connected by, its neighbours in their present order. */
    private static Tensor gains(Mlp reference, Mlp network, int[][] orders, int layer) {
        return Autograd.noGrad(() -> {
            Tensor in = network.layers().get(layer).weight().to(DType.F64), out = network.layers().get(layer + 1).weight().to(DType.F64);
            if (layer > 0) in = in.indexSelect(1, index(orders[layer - 1]));
            if (layer + 1 < orders.length) out = out.rows(orders[layer + 1]);
            Tensor bias = reference.layers().get(layer).bias().to(DType.F64), other = network.layers().get(layer).bias().to(DType.F64);
            return reference.layers().get(layer).weight().to(DType.F64).matmul(in.transpose()).add(bias.outer(other))
                    .add(reference.layers().get(layer + 1).weight().to(DType.F64).transpose().matmul(out)).compute();
        });
    }

    /** The order of a network's units whose activations on rows correlate most with a reference's. */
    public static HiddenUnits matchActivations(Mlp reference, Mlp network, Tensor x) {
        requireAlike(reference, network);
        int hidden = network.config().hidden().size();
        Tensor[] ours = activations(reference, x), theirs = activations(network, x);
        var orders = new int[hidden][];
        for (int layer = 0; layer < hidden; layer++) orders[layer] = assignment(ours[layer].transpose().matmul(theirs[layer]).compute());
        return new HiddenUnits(orders);
    }

    /** Standardised activations of each hidden layer; silent units are zero. */
    private static Tensor[] activations(Mlp network, Tensor x) {
        return Autograd.noGrad(() -> {
            var seen = new ArrayList<Tensor>();
            network.forward(x, Pass.watched((activation, before, after) -> {
                var h = after.to(DType.F64).reshape(-1, after.size(-1));
                var centred = h.sub(h.mean(0, true));
                var size = centred.square().sum(0, true).sqrt();
                seen.add(centred.div(size.eq(0).where(size.onesLike(), size)).compute());
            }));
            return seen.toArray(Tensor[]::new);
        });
    }

    private static int[] assignment(Tensor gains) { return LinearAssignment.of(gains.neg().toRows()).column(); }
}
