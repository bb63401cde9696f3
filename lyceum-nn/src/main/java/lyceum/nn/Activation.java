package lyceum.nn;

import lyceum.tensor.Tensor;

/** The nonlinearities between layers. Each is a {@link Layer} without parameters; the static functions give scalars and relatives. */
public enum Activation implements Layer {
    IDENTITY, SIGMOID, HARD_SIGMOID, TANH, HARD_TANH, LECUN_TANH, RELU, LEAKY_RELU, ELU, GELU, SILU, SOFTPLUS;

    private static final double SQRT_HALF = 0.70710678118654752440;

    @Override public Tensor forward(Tensor x, Pass pass) { return apply(x); }

    public Tensor apply(Tensor x) {
        return switch (this) {
            case IDENTITY -> x;
            case SIGMOID -> x.sigmoid();
            case HARD_SIGMOID -> x.mul(1.0 / 6).add(0.5).clamp(0, 1);
            case TANH -> x.tanh();
            case HARD_TANH -> x.clamp(-1, 1);
            case LECUN_TANH -> x.mul(2.0 / 3).tanh().mul(1.7159);
            case RELU -> x.relu();
            case LEAKY_RELU -> leakyRelu(x, 0.01);
            case ELU -> x.gt(0).where(x, x.minimum(0).expm1());
            case GELU -> x.mul(x.mul(SQRT_HALF).erf().add(1)).mul(0.5);
            case SILU -> x.mul(x.sigmoid());
            case SOFTPLUS -> x.softplus();
        };
    }

    /** {@code x} above zero, {@code slope * x} below; the slope may be a parameter (PReLU), broadcast against x. */
    public static Tensor leakyRelu(Tensor x, Tensor slope) { return x.gt(0).where(x, x.mul(slope)); }

    public static Tensor leakyRelu(Tensor x, double slope) { return x.gt(0).where(x, x.mul(slope)); }
}
