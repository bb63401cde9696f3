package lyceum.nn;

import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * The nonlinearities between layers. Each is a {@link Layer} without parameters that works element by element, in any shape.
 *
 * {@snippet :
 * var network = new Sequential(new Linear(4, 8, rng), Activation.RELU, new Linear(8, 3, rng));
 * Tensor slopes = Activation.TANH.derivative(x);
 * double p = Activation.sigmoid(2.5);                  // scalars: sigmoid, logSigmoid, logit, tanh, ...
 * }
 *
 * <p>On tensors the results are as exact as the backend's functions (F64: within 4 units in the last place, tanh within 2). Where a function
 * has a kink, the slope there is that of PyTorch: 0 for ReLU and its bounded relatives, the left one for leaky ReLU, the inner one for hard swish.
 *
 * @see ActivationReport what they do in a network: saturated, dead and off-centre units
 */
public enum Activation implements Layer {
    /** {@code x}. */
    IDENTITY,
    /** {@code 1 / (1 + exp(-x))}: into (0, 1), slope at most 1/4 (Verhulst 1845). */
    SIGMOID,
    /** {@code clip(x / 6 + 1/2, 0, 1)}. */
    HARD_SIGMOID,
    /** Into (-1, 1), slope 1 at the centre. */
    TANH,
    /** {@code clip(x, -1, 1)}. */
    HARD_TANH,
    /** {@code 1.7159 tanh(2x / 3)}: maps -1 and 1 to themselves (LeCun, Bottou, Orr and Müller 1998). */
    LECUN_TANH,
    /** {@code x - tanh(x)}. */
    TANH_SHRINK,
    /** {@code x / (1 + |x|)}. */
    SOFTSIGN,
    /** {@code max(0, x)} (Nair and Hinton 2010). */
    RELU,
    /** {@code clip(x, 0, 6)}. */
    RELU6,
    /** {@code x} above zero, {@code 0.01 x} below; see {@link #leakyRelu(double)} for another slope. */
    LEAKY_RELU,
    /** {@code x} above zero, {@code exp(x) - 1} below (Clevert, Unterthiner and Hochreiter 2016). */
    ELU,
    /** A scaled ELU whose fixed point is mean 0, variance 1 (Klambauer et al. 2017). */
    SELU,
    /** {@code x} times the standard normal distribution function (Hendrycks and Gimpel 2016). */
    GELU,
    /** GELU by its tanh formula, as GPT-2 was trained. */
    GELU_TANH,
    /** {@code x sigmoid(1.702 x)}, GELU's cheapest likeness, as CLIP was trained. */
    QUICK_GELU,
    /** {@code x sigmoid(x)}, also called swish. */
    SILU,
    /** {@code x hardSigmoid(x)}. */
    HARD_SWISH,
    /** {@code x tanh(softplus(x))} (Misra 2019). */
    MISH,
    /** {@code log(1 + exp(x))}, the smooth ReLU. */
    SOFTPLUS,
    /** {@code sin(x)}; the frequency is the weights' (Sitzmann et al. 2020). */
    SINE,
    /** 1 above zero, else 0: the threshold unit of McCulloch and Pitts (1943). Its slope is 0 everywhere. */
    STEP;

    private static final double SELU_SCALE = 1.0507009873554804934, SELU_ALPHA = 1.6732632423543772848;
    private static final double LECUN_SCALE = 1.7159;

    @Override public Tensor forward(Tensor x, Pass pass) { return pass.show(this, x, apply(x)); }

    /** The function of every element. */
    public Tensor apply(Tensor x) {
        return switch (this) {
            case IDENTITY -> x;
            case SIGMOID -> x.sigmoid();
            case HARD_SIGMOID -> between(x, -3, 3, x.mul(1.0 / 6).add(0.5), x.detach().mul(1.0 / 6).add(0.5).clamp(0, 1));
            case TANH -> x.tanh();
            case HARD_TANH -> between(x, -1, 1, x, x.detach().clamp(-1, 1));
            case LECUN_TANH -> x.mul(2.0 / 3).tanh().mul(LECUN_SCALE);
            case TANH_SHRINK -> x.sub(x.tanh());
            case SOFTSIGN -> x.div(x.abs().add(1));
            case RELU -> x.relu();
            case RELU6 -> between(x, 0, 6, x, x.detach().clamp(0, 6));
            case LEAKY_RELU -> leakyRelu(x, 0.01);
            case ELU -> elu(x, 1);
            case SELU -> elu(x, SELU_ALPHA).mul(SELU_SCALE);
            case GELU -> x.gelu();
            case GELU_TANH -> x.geluTanh();
            case QUICK_GELU -> x.mul(x.mul(1.702).sigmoid());
            case SILU -> x.mul(x.sigmoid());
            // Clamped before it is scaled, so that the slope at the limits is that of the product inside: -1/2 and 3/2, as in PyTorch.
            case HARD_SWISH -> x.mul(x.clamp(-3, 3).mul(1.0 / 6).add(0.5));
            case MISH -> x.mul(x.softplus().tanh());
            case SOFTPLUS -> x.softplus();
            case SINE -> x.sin();
            case STEP -> x.sign().relu();
        };
    }

    /** The slope at every element. */
    public Tensor derivative(Tensor x) { return derivative(this, x); }

    static Tensor derivative(Layer activation, Tensor x) { return Autograd.grad(t -> activation.forward(t).sum()).apply(x.detach()); }

    /** {@code x} above zero, {@code slope * x} below; the slope may be a parameter (PReLU, He et al. 2015), broadcast against x. */
    public static Tensor leakyRelu(Tensor x, Tensor slope) { return x.gt(0).where(x, x.mul(slope)); }

    /** {@code x} above zero, {@code slope * x} below (Maas, Hannun and Ng 2013). */
    public static Tensor leakyRelu(Tensor x, double slope) { return x.gt(0).where(x, x.mul(slope)); }

    /** Leaky ReLU of that slope as a layer. */
    public static Layer leakyRelu(double slope) { return new LeakyRelu(slope); }

    /** {@code x} above zero, {@code alpha (exp(x) - 1)} below, as a layer: {@link #ELU} has alpha 1. */
    public static Layer elu(double alpha) { return new NamedLayer("elu(" + alpha + ")", x -> elu(x, alpha)); }

    /**
     * {@code x} above zero, {@code alpha (exp(x / alpha) - 1)} below, as a layer: its slope has no jump, whatever alpha.
     *
     * @throws IllegalArgumentException if alpha is not positive
     * @see <a href="https://arxiv.org/abs/1704.07483">Barron (2017)</a>
     */
    public static Layer celu(double alpha) {
        if (!(alpha > 0)) throw new IllegalArgumentException("celu: alpha is " + alpha + "; it is positive");
        return new NamedLayer("celu(" + alpha + ")", x -> x.gt(0).where(x, x.gt(0).where(x.zerosLike(), x).div(alpha).expm1().mul(alpha)));
    }

    /** The largest of every {@code pieces} neighbours of the last axis; see {@link Maxout}. */
    public static Layer maxout(int pieces) { return new Maxout(pieces); }

    /** Leaky ReLU whose slope is drawn from [1/8, 1/3] while learning; see {@link RandomizedLeakyRelu}. */
    public static Layer randomizedLeakyRelu() { return new RandomizedLeakyRelu(); }

    /**
     * An activation by the name that PyTorch, Keras or a Hugging Face configuration has for it; case, dashes and underscores do not count:
     * {@code "relu"}, {@code "gelu_new"}, {@code "swish"}, {@code "LeakyReLU"}. Besides these constants there are {@code prelu}, {@code rrelu}, {@code celu},
     * with PyTorch's defaults.
     *
     * @throws IllegalArgumentException if the name is unknown: it lists those that are known
     */
    public static Layer named(String name) { return ActivationNames.of(name); }

    /** The log-odds {@code log(p / (1 - p))} of every element: the inverse of the sigmoid. Infinite at 0 and 1, NaN outside. */
    public static Tensor logit(Tensor p) { return p.log().sub(p.neg().log1p()); }

    private static Tensor elu(Tensor x, double alpha) {
        // Above zero the exponential is skipped: it could overflow and make the gradient NaN.
        var below = x.gt(0).where(x.zerosLike(), x).expm1();
        return x.gt(0).where(x, alpha == 1 ? below : below.mul(alpha));
    }

    /** {@code inside} strictly between the bounds, else {@code outside}, which carries no gradient. */
    private static Tensor between(Tensor x, double low, double high, Tensor inside, Tensor outside) {
        return x.gt(low).and(x.lt(high)).where(inside, outside);
    }

    // The same for single numbers.

    /** {@code 1 / (1 + exp(-x))} within 4 units in the last place, without overflow. */
    public static double sigmoid(double x) {
        double e = Math.exp(-Math.abs(x));
        return x < 0 ? e / (1 + e) : 1 / (1 + e);
    }

    /** {@code sigmoid(x) (1 - sigmoid(x))}, with full relative precision in both tails. */
    public static double sigmoidDerivative(double x) {
        double e = Math.exp(-Math.abs(x));
        return e / ((1 + e) * (1 + e));
    }

    /** {@code log(sigmoid(x))}: {@code x} far to the left, never minus infinity for finite x (Mächler 2012). */
    public static double logSigmoid(double x) { return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))); }

    /** {@code log(p / (1 - p))}, the inverse of the sigmoid. @throws IllegalArgumentException if p lies outside [0, 1] */
    public static double logit(double p) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("logit: p is " + p + "; it lies in [0, 1]");
        // Near 1/2 both logarithms are about -0.7 and their difference would lose its digits; 2p - 1 is exact there.
        return p >= 0.25 && p <= 0.75 ? Math.log1p((2 * p - 1) / (1 - p)) : Math.log(p) - Math.log1p(-p);
    }

    /** {@code clip(x / 6 + 1/2, 0, 1)}. */
    public static double hardSigmoid(double x) { return Math.min(1, Math.max(0, x / 6 + 0.5)); }

    /** Hyperbolic tangent within 2 units in the last place. */
    public static double tanh(double x) { return Math.tanh(x); }

    /** {@code 1 - tanh(x)^2} without its cancellation for large |x|. */
    public static double tanhDerivative(double x) { return 4 * sigmoidDerivative(2 * x); }

    /** {@code 1.7159 tanh(2x / 3)}. */
    public static double lecunTanh(double x) { return LECUN_SCALE * Math.tanh(2 * x / 3); }

    /** {@code clip(x, -1, 1)}. */
    public static double hardTanh(double x) { return Math.min(1, Math.max(-1, x)); }

    /** {@code max(0, x)}; NaN stays NaN. */
    public static double relu(double x) { return x < 0 ? 0 : x; }

    /** {@code x} above zero, {@code slope * x} below. */
    public static double leakyRelu(double x, double slope) { return x > 0 ? x : slope * x; }
}
