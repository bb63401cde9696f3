package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Qr;
import lyceum.math.Special;
import lyceum.nn.VarianceScaling.Distribution;
import lyceum.nn.VarianceScaling.Mode;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How a parameter begins. The fan-in of a shape is the product of all axes but the first, the fan-out that of all but the second; convolution layers
 * give their own {@link Fans}, which know about groups and transposition.
 *
 * {@snippet :
 * var layer = new Linear(256, 128, true, DType.F32, Init.heNormal(), rng);
 * Init.orthogonal(Init.gain(Activation.TANH)).fill(network, rng);      // every linear and convolution layer anew
 * var report = SignalReport.of(network, x, rng);                       // what becomes of signal and gradient
 * }
 *
 * @see Lsuv weights scaled by what they do to data
 */
@FunctionalInterface
public interface Init {
    /** A tensor of that shape. */
    Tensor sample(Rng rng, DType dtype, long... shape);

    /** A tensor of that shape in a layer of those fans. */
    default Tensor sample(Rng rng, DType dtype, Fans fans, long... shape) { return sample(rng, dtype, shape); }

    static Init zeros() { return constant(0); }

    static Init ones() { return constant(1); }

    /** One value everywhere. Units that begin as twins stay twins. */
    static Init constant(double value) { return (rng, dtype, shape) -> Tensor.full(dtype, value, shape); }

    static Init uniform(double low, double high) { return (rng, dtype, shape) -> Tensor.rand(rng, dtype, shape).mul(high - low).add(low); }

    static Init normal(double deviation) { return (rng, dtype, shape) -> Tensor.randn(rng, dtype, shape).mul(deviation); }

    /** Normal with that deviation before it is cut to [low, high], drawn by the inverse of its distribution function. */
    static Init truncatedNormal(double deviation, double low, double high) {
        if (!(deviation > 0 && low < high))
            throw new IllegalArgumentException("truncatedNormal: deviation " + deviation + " within " + low + " and " + high);
        double root = Math.sqrt(2) * deviation, from = Special.erf(low / root), to = Special.erf(high / root);
        return (rng, dtype, shape) -> Tensor.rand(rng, DType.F64, shape).mul(to - from).add(from).erfinv().mul(root).clamp(low, high)
                .to(dtype);
    }

    /** Uniform within {@code sqrt(6 / (fanIn + fanOut))}: keeps the variance of tanh networks (Glorot and Bengio 2010). */
    static VarianceScaling glorotUniform() { return glorotUniform(1); }

    /** Within {@code gain} times that. */
    static VarianceScaling glorotUniform(double gain) { return new VarianceScaling(gain * gain, Mode.AVERAGE, Distribution.UNIFORM); }

    /** Normal with variance {@code 2 / (fanIn + fanOut)}. */
    static VarianceScaling glorotNormal() { return glorotNormal(1); }

    /** Normal with {@code gain^2} times that variance. */
    static VarianceScaling glorotNormal(double gain) { return glorotUniform(gain).withDistribution(Distribution.NORMAL); }

    /** Uniform within {@code sqrt(6 / fanIn)}: keeps the variance of ReLU networks (He et al. 2015). */
    static VarianceScaling heUniform() { return heUniform(0); }

    /** For leaky ReLU of that slope: variance {@code 2 / ((1 + slope^2) fanIn)}. */
    static VarianceScaling heUniform(double slope) { return new VarianceScaling(2 / (1 + slope * slope), Mode.IN, Distribution.UNIFORM); }

    /** Normal with variance {@code 2 / fanIn}. */
    static VarianceScaling heNormal() { return heNormal(0); }

    /** For leaky ReLU of that slope: variance {@code 2 / ((1 + slope^2) fanIn)}. */
    static VarianceScaling heNormal(double slope) { return heUniform(slope).withDistribution(Distribution.NORMAL); }

    /** Normal with variance {@code 1 / fanIn} (LeCun et al. 1998). */
    static VarianceScaling lecunNormal() { return new VarianceScaling(1, Mode.IN, Distribution.NORMAL); }

    /** Uniform with variance {@code 1 / fanIn}. */
    static VarianceScaling lecunUniform() { return lecunNormal().withDistribution(Distribution.UNIFORM); }

    /** Uniform within {@code 1 / sqrt(fanIn)}: what PyTorch gives its linear layers, weights and biases alike. */
    static Init torchLinear(long fanIn) { return uniform(-1 / Math.sqrt(Math.max(1, fanIn)), 1 / Math.sqrt(Math.max(1, fanIn))); }

    /**
     * A random matrix of orthonormal rows or columns, whichever are fewer, times {@code gain}; uniform among them. Axes from the second on count as one.
     *
     * @see <a href="https://arxiv.org/abs/1312.6120">Saxe, McClelland and Ganguli (2014)</a>
     */
    static Init orthogonal(double gain) {
        return (rng, dtype, shape) -> {
            long columns = columns("orthogonal", shape), rows = shape[0];
            var normal = Tensor.randn(rng, DType.F64, Math.max(rows, columns), Math.min(rows, columns));
            var q = Qr.of(normal).signNormalised().q();
            return (rows < columns ? q.transpose() : q).mul(gain).reshape(shape).to(dtype);
        };
    }

    /**
     * Normal, but of each unit's incoming weights {@code ceil(sparsity * columns)} are zero, at random places (Martens 2010). Axes from the second on count
     * as one. PyTorch's {@code sparse_} does so by column.
     */
    static Init sparse(double sparsity, double deviation) {
        if (!(sparsity >= 0 && sparsity < 1)) throw new IllegalArgumentException("sparse: sparsity is " + sparsity + "; it lies in [0, 1)");
        return (rng, dtype, shape) -> {
            int columns = Math.toIntExact(columns("sparse", shape)), rows = Math.toIntExact(shape[0]),
                    none = (int) Math.ceil(sparsity * columns);
            double[] values = normal(deviation).sample(rng, DType.F64, rows, columns).toDoubleArray();
            for (int r = 0; r < rows; r++) for (int c : rng.sample(columns, none)) values[r * columns + c] = 0;
            return Tensor.of(values, shape).to(dtype);
        };
    }

    /** {@code init} over the root of the number of residual branches, so that their sum keeps its size at any depth (Radford et al. 2019: two a block). */
    static Init depthScaled(Init init, int branches) {
        if (branches < 1) throw new IllegalArgumentException("depthScaled: " + branches + " branches; at least one is needed");
        double factor = 1 / Math.sqrt(branches);
        return new Init() {
            @Override public Tensor sample(Rng rng, DType dtype, long... shape) { return init.sample(rng, dtype, shape).mul(factor); }

            @Override public Tensor sample(Rng rng, DType dtype, Fans fans, long... shape) {
                return init.sample(rng, dtype, fans, shape).mul(factor);
            }
        };
    }

    /**
     * The value at which a parameter begins, ready to be one. While a {@link Skeleton} is built, only its shape: one zero seen everywhere.
     */
    static Tensor begin(Init init, Rng rng, DType dtype, long... shape) {
        return Skeleton.isBuilding() ? Skeleton.blank(dtype, shape) : init.sample(rng, dtype, shape).compute();
    }

    private static long columns(String name, long[] shape) {
        if (shape.length < 2) throw new ShapeException(name + ": a weight of " + shape.length + " axes; it has at least two");
        return Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
    }

    /**
     * What keeps the size of a signal through that activation: PyTorch's numbers where it has one (1, tanh 5/3, ReLU sqrt 2, SELU 3/4), else
     * {@code 1 / sqrt(E f(z)^2)} for standard normal z, by the same argument as ReLU's.
     */
    static double gain(Activation activation) {
        return switch (activation) {
            case IDENTITY, SIGMOID -> 1;
            case TANH -> 5.0 / 3;
            case RELU -> Math.sqrt(2);
            case LEAKY_RELU -> gain(0.01);
            case SELU -> 3.0 / 4;
            default -> {
                // The trapezium rule is exact to rounding for smooth functions that vanish at both ends.
                var z = Tensor.linspace(-12, 12, 4801);
                yield 1 / Math
                        .sqrt(activation.apply(z).square().mul(z.square().mul(-0.5).exp()).sum().item() * 0.005 / Math.sqrt(2 * Math.PI));
            }
        };
    }

    /** {@code sqrt(2 / (1 + slope^2))}: of leaky ReLU. */
    static double gain(double slope) { return Math.sqrt(2 / (1 + slope * slope)); }

    /** Draws the weight of every linear and convolution layer in it anew and sets its bias to zero. Other modules keep theirs. Returns the network. */
    default <M extends Module> M fill(M network, Rng rng) {
        Autograd.noGrad(() -> network.modules().values().forEach(module -> {
            switch (module) {
                case Linear layer -> begin(layer.weight(), layer.bias(), Fans.of(layer.weight().shape().toArray()), rng);
                case ConvLayer layer -> begin(layer.weight(), layer.bias(), Fans.of(layer), rng);
                default -> {}
            }
        }));
        return network;
    }

    private void begin(Tensor weight, Tensor bias, Fans fans, Rng rng) {
        weight.copy_(sample(rng, weight.dtype(), fans, weight.shape().toArray()));
        if (bias != null) bias.zero_();
    }
}
