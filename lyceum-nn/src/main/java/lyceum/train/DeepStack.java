package lyceum.train;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.Highway;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Residual;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Deep networks of equal layers that differ in one thing: what keeps their gradients alive. For {@link GradientFlow}'s comparisons. */
public enum DeepStack {
    /** Sigmoid layers in a row, Glorot's start: a gradient shrinks about fourfold a layer. */
    SIGMOID,
    /** Tanh with Glorot's start, which keeps variances near zero input. */
    TANH,
    /** ReLU with He's start. */
    RELU,
    /** {@code sigmoid(4 norm(W x + b))}: normalised where the sigmoid is steep, and scaled so that its slope there is 1. */
    NORMALISED,
    /** {@code x + sigmoid(W x + b)}. */
    RESIDUAL,
    /** {@code g sigmoid(W x + b) + (1 - g) x} with a gate {@code g} that begins nearly shut: a highway network (Srivastava et al. 2015). */
    GATED;

    /** Layers of this kind, F64. */
    public Sequential network(int depth, int width, Rng rng) {
        return new Sequential(IntStream.range(0, depth).mapToObj(l -> layer(width, rng)).toList());
    }

    private Layer layer(int width, Rng rng) {
        return switch (this) {
            case SIGMOID -> new Sequential(linear(width, Init.glorotNormal(), rng), Activation.SIGMOID);
            case TANH -> new Sequential(linear(width, Init.glorotNormal(), rng), Activation.TANH);
            case RELU -> new Sequential(linear(width, Init.heNormal(), rng), Activation.RELU);
            case NORMALISED -> new Sequential(linear(width, Init.glorotNormal(), rng), new LayerNorm(1e-5, DType.F64, width),
                    (Layer) (x, pass) -> x.mul(4.0), Activation.SIGMOID);
            case RESIDUAL -> new Residual(new Sequential(linear(width, Init.glorotNormal(), rng), Activation.SIGMOID));
            case GATED -> new Highway(linear(width, Init.glorotNormal(), rng).activated(Activation.SIGMOID),
                    linear(width, Init.glorotNormal(), -3, rng));
        };
    }

    /** Biases zero, as the initialisations assume. */
    private static Linear linear(int width, Init init, Rng rng) { return linear(width, init, 0, rng); }

    private static Linear linear(int width, Init init, double bias, Rng rng) {
        return new Linear(init.sample(rng, DType.F64, width, width), Tensor.full(DType.F64, bias, width));
    }
}
