package lyceum.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.linalg.Norms;
import lyceum.linalg.Svd;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.RecurrentState;
import lyceum.tensor.Tensor;

/**
 * How a gradient fares on its way back: its Euclidean norm at each layer or time step, first to last.
 *
 * {@snippet :
 * var flow = GradientFlow.through(layers, x, y -> Loss.mse(y, target));   // at the output of every layer
 * flow.rate();                                                            // -1.4: a step back multiplies it by exp(-1.4)
 * flow.firstOverLast();                                                   // 1e-12: it has vanished
 * GradientFlow.ofWeights(network, loss);                                  // of every weight matrix
 * }
 *
 * @param norms by layer or step, in the order of the forward pass
 * @see <a href="https://doi.org/10.1109/72.279181">Bengio, Simard and Frasconi (1994)</a>
 * @see <a href="https://arxiv.org/abs/1211.5063">Pascanu, Mikolov and Bengio (2013)</a>
 */
public record GradientFlow(double[] norms) {
    public GradientFlow {
        if (norms.length < 2) throw new IllegalArgumentException("GradientFlow: " + norms.length + " norms; at least 2");
        norms = norms.clone();
    }

    /** Of the gradient at the output of each layer. @param loss a scalar of the last layer's output */
    public static GradientFlow through(List<? extends Layer> layers, Tensor x, UnaryOperator<Tensor> loss) {
        var outputs = new ArrayList<Tensor>();
        var y = x.detach().copy().requiresGrad();
        for (var layer : layers) {
            y = layer.forward(y);
            outputs.add(y);
        }
        return of(loss.apply(y), outputs);
    }

    /** Of the gradient of a scalar by values on the way to it; zero for one that is not. */
    public static GradientFlow of(Tensor loss, List<Tensor> values) {
        var gradients = Autograd.gradients(loss, values.toArray(Tensor[]::new), false);
        var norms = new double[gradients.length];
        for (int i = 0; i < norms.length; i++) norms[i] = gradients[i] == null ? 0 : gradients[i].norm().item();
        return new GradientFlow(norms);
    }

    /** Of the gradients of a module's weight matrices, in the order of declaration; biases and scales are left out. */
    public static GradientFlow ofWeights(Module module, Tensor loss) {
        return of(loss, module.parameters().values().stream().filter(p -> p.rank() > 1).toList());
    }

    /**
     * Of a recurrence: of the loss at the end by the state after each step, the initial one first.
     *
     * @param name of the state's tensor that is looked at
     * @param loss a scalar of the last state
     */
    public static GradientFlow throughTime(int steps, RecurrentState initial, Bptt.Step step, String name, UnaryOperator<Tensor> loss) {
        var state = initial.map(h -> h.detach().copy().requiresGrad());
        var seen = new ArrayList<>(List.of(state.get(name)));
        for (int t = 0; t < steps; t++) {
            state = step.after(t, state);
            seen.add(state.get(name));
        }
        return of(loss.apply(state.get(name)), seen);
    }

    /** The first norm over the last: below 1 it vanishes, above 1 it explodes. */
    public double firstOverLast() { return norms[0] / norms[norms.length - 1]; }

    /** What each step back multiplies the norm by: {@code norms[i] / norms[i + 1]}. */
    public double[] factors() {
        var factors = new double[norms.length - 1];
        for (int i = 0; i < factors.length; i++) factors[i] = norms[i] / norms[i + 1];
        return factors;
    }

    /** The logarithm of the factor of one step back, fitted by least squares to the logarithms of all norms that are not zero. */
    public double rate() {
        double n = 0, x = 0, y = 0, xx = 0, xy = 0;
        for (int i = 0; i < norms.length; i++) {
            if (!(norms[i] > 0)) continue;
            double back = norms.length - 1 - i, log = Math.log(norms[i]);
            n++;
            x += back;
            y += log;
            xx += back * back;
            xy += back * log;
        }
        return (n * xy - x * y) / (n * xx - x * x);
    }

    /** The most that a step back through {@code z' = W phi(z)} can multiply a gradient by: the largest slope of phi times the largest singular value of W. */
    public static double bound(Tensor weight, double largestSlope) { return largestSlope * Norms.spectral(weight.detach()); }

    /**
     * The logarithm of what such a step does to a gradient in a random direction: {@code log(sqrt(mean(slope^2)) |W|_F / sqrt(rows))}, exact on average for
     * independent weights of mean zero.
     *
     * @param slopes of the activation at the values seen
     * @see <a href="https://arxiv.org/abs/1611.01232">Schoenholz et al. (2017)</a>
     */
    public static double predictedRate(Tensor weight, Tensor slopes) {
        return Math.log(Math.sqrt(slopes.detach().square().mean().item() / weight.size(0)) * weight.detach().norm().item());
    }

    /** Singular values of the Jacobian of a map of vectors, the largest first. */
    public static double[] singularValues(UnaryOperator<Tensor> map, Tensor x) {
        return Svd.values(Autograd.jacobian(map, x)).toDoubleArray();
    }

    /** How far each tensor has gone from where it was, over the norm it had there, in the order of the names. */
    public static double[] moved(Map<String, Tensor> before, Map<String, Tensor> after) {
        return before.entrySet().stream()
                .mapToDouble(
                        e -> after.get(e.getKey()).detach().sub(e.getValue().detach()).norm().item() / e.getValue().detach().norm().item())
                .toArray();
    }
}
