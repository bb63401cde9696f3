package lyceum.nn;

import java.util.Arrays;
import java.util.Optional;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.optim.InteriorPoint;
import lyceum.optim.QuadraticProgram;
import lyceum.tensor.Tensor;

/**
 * One unit: {@code y = activation(w'x + b)}, from (.., inputs) to (..). It is a row of a dense {@link Linear} layer, looked at by itself: it has no numbers of
 * its own, and gradients go to the layer's weight and bias.
 *
 * {@snippet :
 * var unit = new Neuron(layer, 3, Activation.TANH);                              // the fourth output of a layer
 * double far = Neuron.of(new double[] {1, 1}, -1.5, Activation.STEP).distance(1, 1);    // AND: 0.354 from the border
 * Optional<Neuron> or = Neuron.realising(false, true, true, true);               // empty for XOR: no unit can
 * }
 *
 * <p>The border {@code w'x + b = 0} is a hyperplane at right angles to w, {@code |b| / |w|} from the origin; a unit knows of a point only how far beyond it
 * the point lies.
 *
 * @param layer a dense layer, whose own activation is not used
 * @param row which of its outputs
 * @param activation of the sum
 * @see <a href="https://doi.org/10.1007/BF02478259">McCulloch and Pitts (1943)</a>
 */
public record Neuron(Linear layer, int row, Activation activation) implements Layer {
    /** Margins below this, in data scaled to size 1, are the rounding of the linear program. */
    private static final double SEPARATED = 1e-7;

    public Neuron {
        if (layer.weight() == null) throw new IllegalStateException("Neuron: the layer is lazy and has had no input yet");
        if (row < 0 || row >= layer.weight().size(0))
            throw new IllegalArgumentException("Neuron: row " + row + " of a layer of " + layer.weight().size(0) + " outputs");
    }

    /** A unit of its own, F64. */
    public static Neuron of(double[] weights, double bias, Activation activation) {
        return new Neuron(new Linear(Tensor.of(weights, 1, weights.length), Tensor.of(bias)), 0, activation);
    }

    /** w. */
    public double[] weights() { return layer.weight().select(0, row).toDoubleArray(); }

    /** b; 0 for a layer without. */
    public double bias() { return layer.bias() == null ? 0 : layer.bias().item(row); }

    /** {@code w'x + b} for x (.., inputs): (..). */
    public Tensor net(Tensor x) {
        var w = layer.weight().select(0, row);
        if (x.rank() < 1 || x.size(-1) != w.size(0))
            throw new ShapeException("Neuron: input " + x.shape() + " for a unit of " + w.size(0) + " inputs");
        var sum = x.mul(w).sum(-1);
        return layer.bias() == null ? sum : sum.add(layer.bias().select(0, row));
    }

    @Override public Tensor forward(Tensor x, Pass pass) { return activation.forward(net(x), pass); }

    /** {@code w'x + b} at a point. */
    public double net(double... x) {
        var w = weights();
        if (x.length != w.length) throw new ShapeException("Neuron: " + x.length + " numbers for a unit of " + w.length + " inputs");
        double sum = bias();
        for (int i = 0; i < w.length; i++) sum += w[i] * x[i];
        return sum;
    }

    /** Whether a point lies on the side to which w points. */
    public boolean fires(double... x) { return net(x) > 0; }

    /** How far a point lies beyond the border, negative on the other side: {@code (w'x + b) / |w|}. */
    public double distance(double... x) { return net(x) / Math.sqrt(Arrays.stream(weights()).map(w -> w * w).sum()); }

    /** For two inputs, the height at which the border crosses the vertical line through x: {@code -(w1 x + b) / w2}, infinite or NaN where w2 is 0. */
    public double border(double x) {
        var w = weights();
        if (w.length != 2) throw new ShapeException("Neuron.border: the unit has " + w.length + " inputs; a line needs 2");
        return -(w[0] * x + bias()) / w[1];
    }

    /** The outputs at n points from one to another, both included: a cut through the response. */
    public double[] response(double[] from, double[] to, int n) {
        if (n < 2) throw new IllegalArgumentException("Neuron.response: " + n + " points; at least 2");
        var t = Tensor.linspace(0, 1, n).unsqueeze(1);
        var points = Tensor.of(from).add(t.mul(Tensor.of(to).sub(Tensor.of(from))));
        return Autograd.noGrad(() -> forward(points.to(layer.weight().dtype())).toDoubleArray());
    }

    /**
     * The threshold unit that realises a boolean function, if one can. Entry i of the table is the value where input j is bit j of i, the first input being the
     * highest bit: {@code realising(f(0,0), f(0,1), f(1,0), f(1,1))}. Of 4, 16, 256 and 65,536 functions of 1 to 4 inputs, 4, 14, 104 and 1,882 are.
     *
     * @param table of 2, 4, 8, .. values
     */
    public static Optional<Neuron> realising(boolean... table) {
        int inputs = Integer.numberOfTrailingZeros(table.length);
        if (table.length < 2 || table.length != 1 << inputs)
            throw new IllegalArgumentException("Neuron.realising: a table of " + table.length + " values; it has 2, 4, 8, ..");
        var points = new double[table.length][inputs];
        for (int i = 0; i < table.length; i++) for (int j = 0; j < inputs; j++) points[i][j] = i >> inputs - 1 - j & 1;
        return separating(points, table);
    }

    /**
     * The threshold unit that fires for exactly the points of one class, if one can: a linear program asks for the hyperplane with the largest smallest
     * {@code s_i (w'x_i + b)}, {@code |w_j| <= 1} in scaled inputs. The weights are scaled so that this smallest is 1. Classes nearer than about 1e-7 of the
     * data's size count as touching.
     *
     * @param points (n, inputs)
     * @param fires the class of each
     * @throws IllegalArgumentException if a number is not finite
     */
    public static Optional<Neuron> separating(double[][] points, boolean[] fires) {
        int n = points.length;
        if (n == 0 || n != fires.length) throw new ShapeException("Neuron.separating: " + n + " points and " + fires.length + " classes");
        int inputs = points[0].length;
        double[] middle = new double[inputs], size = new double[inputs];
        for (int j = 0; j < inputs; j++) {
            double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < n; i++) {
                if (points[i].length != inputs || !Double.isFinite(points[i][j])) throw new IllegalArgumentException(
                        "Neuron.separating: point " + i + " is " + Arrays.toString(points[i]) + "; it is " + inputs + " finite numbers");
                low = Math.min(low, points[i][j]);
                high = Math.max(high, points[i][j]);
            }
            middle[j] = low / 2 + high / 2;
            size[j] = high > low ? high / 2 - low / 2 : 1;
        }
        // Variables w, b and the margin t; -s (w'x + b) + t <= 0, and a box in which the best point surely lies.
        double[][] g = new double[n + 2 * (inputs + 1) + 1][inputs + 2];
        var h = new double[g.length];
        for (int i = 0; i < n; i++) {
            double sign = fires[i] ? -1 : 1;
            for (int j = 0; j < inputs; j++) g[i][j] = sign * (points[i][j] - middle[j]) / size[j];
            g[i][inputs] = sign;
            g[i][inputs + 1] = 1;
        }
        for (int j = 0; j <= inputs; j++) {
            g[n + 2 * j][j] = 1;
            g[n + 2 * j + 1][j] = -1;
            h[n + 2 * j] = h[n + 2 * j + 1] = j < inputs ? 1 : inputs + 1;
        }
        g[g.length - 1][inputs + 1] = h[g.length - 1] = 1;
        var cost = new double[inputs + 2];
        cost[inputs + 1] = -1;
        double[] found = new InteriorPoint().minimize(QuadraticProgram.linear(cost).withInequalities(g, h)).x();
        if (!(found[inputs + 1] > SEPARATED)) return Optional.empty();
        var w = new double[inputs];
        double b = found[inputs] / found[inputs + 1];
        for (int j = 0; j < inputs; j++) {
            w[j] = found[j] / size[j] / found[inputs + 1];
            b -= w[j] * middle[j];
        }
        var unit = of(w, b, Activation.STEP);
        for (int i = 0; i < n; i++) if (unit.fires(points[i]) != fires[i]) return Optional.empty();
        return Optional.of(unit);
    }

    /**
     * The delta rule: {@code steps} times, {@code w <- w + rate sum_i (t_i - y_i) activation'(z_i) x_i}, and the same for b with inputs of 1. It follows the
     * gradient of half the squared error over all rows, changing the layer's numbers; returns that error before each step.
     *
     * @param x (n, inputs)
     * @param targets (n)
     * @see "Widrow and Hoff (1960), Adaptive Switching Circuits"
     */
    public double[] learn(Tensor x, Tensor targets, double rate, int steps) {
        if (x.rank() != 2 || targets.rank() != 1 || targets.size(0) != x.size(0))
            throw new ShapeException("Neuron.learn: x " + x.shape() + " and targets " + targets.shape() + "; they are (n, inputs) and (n)");
        if (!(rate > 0) || steps < 1)
            throw new IllegalArgumentException("Neuron.learn: rate " + rate + ", steps " + steps + "; both are positive");
        var errors = new double[steps];
        Autograd.noGrad(() -> {
            Tensor w = layer.weight().select(0, row), b = layer.bias() == null ? null : layer.bias().select(0, row);
            for (int step = 0; step < steps; step++) {
                var z = net(x);
                var miss = targets.sub(activation.apply(z));
                errors[step] = miss.square().sum().item() / 2;
                var delta = miss.mul(activation.derivative(z)).mul(rate);
                var change = delta.unsqueeze(0).matmul(x).squeeze(0).compute();
                w.add_(change);
                if (b != null) b.add_(delta.sum());
            }
        });
        return errors;
    }

    /** The weights, the bias and the activation. */
    @Override public String toString() { return activation + "(" + Arrays.toString(weights()) + " x + " + bias() + ")"; }
}
