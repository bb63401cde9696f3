package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * What depth buys a ReLU network, counted: its straight pieces along a line, the regions of the plane on each of which it is one affine map, and a function that
 * k layers of two units draw and no single layer does.
 *
 * {@snippet :
 * var deep = DepthSeparation.sawtooth(7);                               // 14 units, 128 teeth
 * int pieces = DepthSeparation.pieces(deep, new double[] {0}, new double[] {1});
 * int regions = DepthSeparation.box(network, -1, 1, -1, 1).count();
 * }
 *
 * <p>Networks are {@link Sequential}s of {@link Linear} layers and {@link Activation#RELU}, or an {@link Mlp} of them. Kinks are found where sums change
 * sign, never from samples, in double precision.
 *
 * @see <a href="https://arxiv.org/abs/1602.04485">Telgarsky (2016)</a>
 * @see <a href="https://arxiv.org/abs/1402.1869">Montufar, Pascanu, Cho and Bengio (2014)</a>
 */
public final class DepthSeparation {
    /** Slopes nearer than this, relative to the steepest, are one. */
    private static final double SAME = 1e-9;

    private DepthSeparation() {}

    /** A layer: {@code W h + b}, then perhaps ReLU. */
    record Affine(double[][] weight, double[] bias, boolean relu) {}

    static List<Affine> layers(Layer network) {
        List<Layer> parts = switch (network) {
            case Sequential s -> s.layers();
            case Mlp m when m.config().activation() == Activation.RELU && m.config().norm() == MlpConfig.Norm.NONE
                    && !m.config().residual() -> {
                var list = new ArrayList<Layer>();
                for (var linear : m.layers()) {
                    if (!list.isEmpty()) list.add(Activation.RELU);
                    list.add(linear);
                }
                yield list;
            }
            default -> throw new IllegalArgumentException("DepthSeparation: a " + network.getClass().getSimpleName()
                    + "; it is a Sequential or a plain Mlp of Linear layers and ReLU");
        };
        var layers = new ArrayList<Affine>();
        for (var part : parts) {
            if (part instanceof Linear linear) {
                double[][] w = linear.weight().detach().to(DType.F64).toRows();
                layers.add(new Affine(w,
                        linear.bias() == null ? new double[w.length] : linear.bias().detach().to(DType.F64).toDoubleArray(), false));
            } else if (part == Activation.RELU && !layers.isEmpty() && !layers.getLast().relu) {
                var last = layers.removeLast();
                layers.add(new Affine(last.weight, last.bias, true));
            } else if (part != Activation.IDENTITY) {
                throw new IllegalArgumentException("DepthSeparation: a layer is " + part + "; layers are Linear, with ReLU between them");
            }
        }
        return layers;
    }

    /**
     * A network of k layers of two units that folds [0, 1] in half k times: {@code g(x) = 2 relu(x) - 4 relu(x - 1/2)} applied to itself, 2^k straight pieces
     * between 0 and 1. F64.
     */
    public static Sequential sawtooth(int k) {
        if (k < 1 || k > 50) throw new IllegalArgumentException("sawtooth: k is " + k + "; it is from 1 to 50");
        var layers = new ArrayList<Layer>();
        for (int i = 0; i < k; i++) {
            var weight = i == 0 ? Tensor.of(new double[][] {{1}, {1}}) : Tensor.of(new double[][] {{2, -4}, {2, -4}});
            layers.add(new Linear(weight, Tensor.of(0, -0.5)));
            layers.add(Activation.RELU);
        }
        layers.add(new Linear(Tensor.of(new double[][] {{2, -4}}), Tensor.of(0.0)));
        return new Sequential(layers);
    }

    /** Layers of one width with ReLU between them, F64, He's beginning; biases spread the kinks over inputs of size 1. */
    public static Sequential network(int inputs, int depth, int width, int outputs, Rng rng) {
        if (inputs < 1 || depth < 1 || width < 1 || outputs < 1) throw new IllegalArgumentException(
                "network: " + inputs + " inputs, " + depth + " layers of " + width + ", " + outputs + " outputs; all are positive");
        var layers = new ArrayList<Layer>();
        for (int i = 0; i < depth; i++) {
            layers.add(new Linear(i == 0 ? inputs : width, width, true, DType.F64, Init.heUniform(), rng));
            layers.add(Activation.RELU);
        }
        layers.add(new Linear(width, outputs, true, DType.F64, Init.heUniform(), rng));
        return new Sequential(layers);
    }

    /** One hidden layer with as many parameters as another network has, or up to {@code inputs + outputs} fewer. */
    public static Sequential shallowLike(Module network, int inputs, int outputs, Rng rng) {
        long units = (network.parameterCount() - outputs) / (inputs + 1 + outputs);
        return network(inputs, 1, (int) Math.max(1, units), outputs, rng);
    }

    /**
     * The ends of the straight pieces of a network along a segment, as shares of the way from 0 to 1, both included. Neighbours whose slopes agree to 1e-9 of the
     * steepest are one piece.
     */
    public static double[] breaks(Layer network, double[] from, double[] to) {
        var layers = layers(network);
        if (from.length != to.length || from.length != layers.getFirst().weight[0].length) throw new ShapeException("breaks: points of "
                + from.length + " and " + to.length + " numbers for a network of " + layers.getFirst().weight[0].length + " inputs");
        double[] t = {0, 1};
        double[][] h = {from.clone(), to.clone()};
        for (var layer : layers) {
            for (int i = 0; i < h.length; i++) h[i] = affine(layer, h[i]);
            if (!layer.relu) continue;
            var at = new ArrayList<Double>();
            var values = new ArrayList<double[]>();
            for (int i = 0; i < t.length; i++) {
                at.add(t[i]);
                values.add(h[i]);
                if (i + 1 == t.length) break;
                double[] low = h[i], high = h[i + 1];
                var shares = new double[low.length];
                int found = 0;
                for (int u = 0; u < low.length; u++)
                    if (low[u] < 0 && high[u] > 0 || low[u] > 0 && high[u] < 0) shares[found++] = low[u] / (low[u] - high[u]);
                Arrays.sort(shares, 0, found);
                for (int s = 0; s < found; s++) {
                    double share = shares[s];
                    if (s > 0 && share == shares[s - 1]) continue;
                    at.add(t[i] + share * (t[i + 1] - t[i]));
                    var between = new double[low.length];
                    for (int u = 0; u < low.length; u++) between[u] = low[u] + share * (high[u] - low[u]);
                    values.add(between);
                }
            }
            t = at.stream().mapToDouble(v -> v).toArray();
            h = values.toArray(double[][]::new);
            for (var row : h) for (int u = 0; u < row.length; u++) row[u] = Math.max(0, row[u]);
        }
        return merged(t, h);
    }

    private static double[] affine(Affine layer, double[] x) {
        var y = layer.bias.clone();
        for (int i = 0; i < y.length; i++) for (int j = 0; j < x.length; j++) y[i] += layer.weight[i][j] * x[j];
        return y;
    }

    private static double[] merged(double[] t, double[][] h) {
        int outputs = h[0].length;
        var slopes = new double[t.length - 1][outputs];
        double steepest = 0;
        for (int i = 0; i + 1 < t.length; i++) for (int u = 0; u < outputs; u++) {
            slopes[i][u] = t[i + 1] > t[i] ? (h[i + 1][u] - h[i][u]) / (t[i + 1] - t[i]) : Double.NaN;
            if (t[i + 1] - t[i] > 1e-12) steepest = Math.max(steepest, Math.abs(slopes[i][u]));
        }
        var ends = new ArrayList<Double>();
        ends.add(0.0);
        double[] last = null;
        for (int i = 0; i < slopes.length; i++) {
            if (!(t[i + 1] - t[i] > 1e-12)) continue; // two kinks in one place
            boolean same = last != null;
            for (int u = 0; u < outputs && same; u++) same = Math.abs(slopes[i][u] - last[u]) <= SAME * steepest;
            if (!same && last != null) ends.add(t[i]);
            last = slopes[i];
        }
        ends.add(1.0);
        return ends.stream().mapToDouble(v -> v).toArray();
    }

    /** How many straight pieces a network has along a segment. */
    public static int pieces(Layer network, double[] from, double[] to) { return breaks(network, from, to).length - 1; }

    /** Where a plane network is one affine map each, within a box. */
    public static LinearRegions box(Layer network, double fromX, double toX, double fromY, double toY) {
        if (!(fromX < toX && fromY < toY)) throw new IllegalArgumentException(
                "box: x from " + fromX + " to " + toX + ", y from " + fromY + " to " + toY + "; low comes first");
        return LinearRegions.of(layers(network), new double[][][] {{{fromX, fromY, 1}, {toX, fromY, 1}, {toX, toY, 1}, {fromX, toY, 1}}});
    }

    /** Where a plane network is one affine map each, over the whole plane. */
    public static LinearRegions plane(Layer network) {
        double[] right = {1, 0, 0}, up = {0, 1, 0}, left = {-1, 0, 0}, down = {0, -1, 0}, middle = {0, 0, 1};
        return LinearRegions.of(layers(network),
                new double[][][] {{right, up, middle}, {up, left, middle}, {left, down, middle}, {down, right, middle}});
    }

    /** Of the points {@code i / 2^k} below 1, whose classes alternate, how many a network tells wrongly by "above 1/2". */
    public static int wrongAlternations(Layer network, int k) {
        int n = 1 << k, wrong = 0;
        double[] y = Autograd.noGrad(() -> network.forward(Tensor.arange(0.0, n, 1).div(n).unsqueeze(1)).toDoubleArray());
        for (int i = 0; i < n; i++) if (y[i] > 0.5 != (i % 2 == 1)) wrong++;
        return wrong;
    }

    /** Fits a network of one input to numbers by Adam on all points at once; returns the last mean squared error. */
    public static double fit(Sequential network, Tensor x, Tensor y, int steps, double rate) {
        var optimizer = new Adam(rate).over(network.parameters());
        double last = 0;
        for (int step = 0; step < steps; step++) {
            optimizer.zeroGrad();
            var loss = Loss.mse(network.forward(x), y);
            last = loss.item();
            loss.backward();
            optimizer.step();
        }
        return last;
    }
}
