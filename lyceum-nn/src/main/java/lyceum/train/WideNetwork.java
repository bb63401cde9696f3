package lyceum.train;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A fully connected network as theory likes it, in the parametrisation of the tangent kernel: all weights standard normal at the start, and the scales
 * outside,
 * {@code h = sqrt(c / n) W a + sqrt(b) beta} for each layer of n inputs, {@code sqrt(inputVariance) W x + sqrt(b) beta} for the first. It has a limit of
 * infinite width, whose kernels are computed exactly, and {@link #sample samples} of finite width.
 *
 * {@snippet :
 * var limit = new WideNetwork(1, WideNetwork.Nonlinearity.RELU);    // f(x) = sum a_j relu(w_j . x) / sqrt(m)
 * Tensor theta = limit.tangentKernel(x, x), sigma = limit.outputKernel(x, x);
 * Module finite = limit.sample(5, 4096, DType.F64, rng);
 * }
 *
 * @param hidden layers, at least 1
 * @param nonlinearity after each of them
 * @param weightVariance c, of every layer but the first
 * @param biasVariance b, of every layer; 0 for none
 * @param inputVariance of the first layer's weights; 1 / inputs to treat it as the others
 * @see <a href="https://arxiv.org/abs/1806.07572">Jacot, Gabriel and Hongler (2018)</a>
 * @see <a href="https://papers.nips.cc/paper/3628-kernel-methods-for-deep-learning">Cho and Saul (2009), for ReLU</a>
 * @see <a href="https://doi.org/10.1162/089976698300017412">Williams (1998), for erf</a>
 */
public record WideNetwork(int hidden, Nonlinearity nonlinearity, double weightVariance, double biasVariance, double inputVariance) {

    /** Nonlinearities whose Gaussian averages have a closed form. */
    public enum Nonlinearity {
        RELU, ERF;

        Tensor apply(Tensor x) { return this == RELU ? x.relu() : x.erf(); }

        /** {@code E[f(u) f(v)]} for centred Gaussians of variances a and b and covariance c. */
        double average(double a, double b, double c) {
            if (this == ERF) return 2 / Math.PI * Math.asin(unit(2 * c / Math.sqrt((1 + 2 * a) * (1 + 2 * b))));
            double size = Math.sqrt(a * b);
            if (size == 0) return 0;
            double cos = unit(c / size), angle = Math.acos(cos);
            return size * (Math.sin(angle) + (Math.PI - angle) * cos) / (2 * Math.PI);
        }

        /** {@code E[f'(u) f'(v)]}. */
        double slopes(double a, double b, double c) {
            if (this == ERF) return 4 / Math.PI / Math.sqrt((1 + 2 * a) * (1 + 2 * b) - 4 * c * c);
            double size = Math.sqrt(a * b);
            return size == 0 ? 0 : (Math.PI - Math.acos(unit(c / size))) / (2 * Math.PI);
        }

        private static double unit(double cos) { return Math.max(-1, Math.min(1, cos)); }
    }

    public WideNetwork {
        if (hidden < 1) throw new IllegalArgumentException("WideNetwork: " + hidden + " hidden layers; at least 1 is needed");
        if (!(weightVariance > 0) || !(biasVariance >= 0) || !(inputVariance > 0))
            throw new IllegalArgumentException("WideNetwork: variances of weights " + weightVariance + ", biases " + biasVariance
                    + ", inputs " + inputVariance + "; positive, at least 0, positive");
    }

    /** Variances 1, no biases. */
    public WideNetwork(int hidden, Nonlinearity nonlinearity) { this(hidden, nonlinearity, 1, 0, 1); }

    /** The covariance of the outputs at the start (NNGP): (n, m) for rows x (n, d) and z (m, d). */
    public Tensor outputKernel(Tensor x, Tensor z) { return kernels(x, z)[0]; }

    /** The tangent kernel: (n, m). */
    public Tensor tangentKernel(Tensor x, Tensor z) { return kernels(x, z)[1]; }

    private Tensor[] kernels(Tensor x, Tensor z) {
        if (x.rank() != 2 || z.rank() != 2 || x.size(1) != z.size(1))
            throw new ShapeException("WideNetwork: rows of shapes " + x.shape() + " and " + z.shape());
        double[][] xs = x.toRows(), zs = z.toRows();
        double[][] sigma = new double[xs.length][zs.length], theta = new double[xs.length][zs.length];
        for (int i = 0; i < xs.length; i++) for (int j = 0; j < zs.length; j++) {
            double a = first(xs[i], xs[i]), b = first(zs[j], zs[j]), c = first(xs[i], zs[j]), t = c;
            for (int layer = 0; layer < hidden; layer++) {
                double slopes = nonlinearity.slopes(a, b, c);
                c = weightVariance * nonlinearity.average(a, b, c) + biasVariance;
                a = weightVariance * nonlinearity.average(a, a, a) + biasVariance;
                b = weightVariance * nonlinearity.average(b, b, b) + biasVariance;
                t = c + weightVariance * t * slopes;
            }
            sigma[i][j] = c;
            theta[i][j] = t;
        }
        return new Tensor[] {Tensor.of(sigma), Tensor.of(theta)};
    }

    private double first(double[] x, double[] z) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += x[i] * z[i];
        return inputVariance * sum + biasVariance;
    }

    /** A network of finite width with one output: rows (n, inputs) to (n, 1). */
    public Module sample(int inputs, int width, DType dtype, Rng rng) {
        if (inputs < 1 || width < 1) throw new IllegalArgumentException("WideNetwork.sample: " + inputs + " inputs, width " + width);
        return new Sample(this, inputs, width, dtype, rng);
    }

    /** One layer: parameters {@code weight} (out, in) and {@code bias} (out) of unit scale. */
    private static final class Affine extends Module {
        private final Tensor weight, bias;
        private final double weightScale, biasScale;

        Affine(int inputs, int outputs, double weightVariance, double biasVariance, DType dtype, Rng rng) {
            weight = Tensor.randn(rng, dtype, outputs, inputs).compute().requiresGrad();
            bias = biasVariance == 0 ? null : Tensor.randn(rng, dtype, outputs).compute().requiresGrad();
            weightScale = Math.sqrt(weightVariance);
            biasScale = Math.sqrt(biasVariance);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            var y = x.matmul(weight.transpose()).mul(weightScale);
            return bias == null ? y : y.add(bias.mul(biasScale));
        }
    }

    /** Parameters {@code layers.0.weight}, {@code layers.0.bias}, ... */
    private static final class Sample extends Module {
        private final List<Affine> layers;
        private final Nonlinearity nonlinearity;

        Sample(WideNetwork shape, int inputs, int width, DType dtype, Rng rng) {
            var list = new ArrayList<Affine>();
            list.add(new Affine(inputs, width, shape.inputVariance, shape.biasVariance, dtype, rng));
            for (int layer = 1; layer <= shape.hidden; layer++)
                list.add(
                        new Affine(width, layer == shape.hidden ? 1 : width, shape.weightVariance / width, shape.biasVariance, dtype, rng));
            layers = List.copyOf(list);
            nonlinearity = shape.nonlinearity;
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            for (var layer : layers.subList(0, layers.size() - 1)) x = nonlinearity.apply(layer.forward(x, pass));
            return layers.getLast().forward(x, pass);
        }
    }
}
