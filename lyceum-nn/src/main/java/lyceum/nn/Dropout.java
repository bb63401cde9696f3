package lyceum.nn;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * In training, each element is dropped with probability {@code p} and the others are scaled by {@code 1 / (1 - p)}; in inference
 * nothing happens, except in a {@linkplain Pass#sampling sampling} pass.
 *
 * {@snippet :
 * var network = new Sequential(new Linear(64, 512, rng), Activation.RELU, new Dropout(0.5), new Linear(512, 10, rng));
 * var images = new Dropout(0.2, Dropout.Mode.CHANNEL);
 * Tensor draws = Dropout.sample(network, x, 100, rng);   // (100, n, 10): Monte-Carlo predictions
 * }
 *
 * <p>Masks come from the pass's counter-based {@link Rng}: one seed, one mask, in any number of threads. Under
 * {@link Autograd#checkpoint(java.util.function.BiFunction, Tensor, Rng)} the second run draws the first one's masks.
 *
 * @param p the probability of being dropped, in [0, 1)
 * @param mode what is dropped together, and what stands in its place
 * @see <a href="https://jmlr.org/papers/v15/srivastava14a.html">Srivastava et al. (2014)</a>
 */
public record Dropout(double p, Mode mode) implements Layer {
    /** The output of SELU far to the left: -1.0507 times 1.6733. */
    private static final double SELU_FLOOR = -1.7580993408473766;

    /** What is dropped. */
    public enum Mode {
        /** Each element independently. */
        ELEMENT,
        /** Whole channels of (batch, channels, ..): neighbouring pixels tell the same (Tompson et al. 2015). */
        CHANNEL,
        /** Each element, which then has SELU's value at minus infinity; scaled and shifted so that mean 0 and variance 1 remain (Klambauer et al. 2017). */
        ALPHA,
        /** Whole examples, on axis 0, in a residual branch: DropPath, stochastic depth (Huang et al. 2016). */
        PATH
    }

    public Dropout {
        if (!(p >= 0 && p < 1)) throw new IllegalArgumentException("Dropout: p is " + p + "; it lies in [0, 1)");
        if (mode == null) throw new IllegalArgumentException("Dropout: mode is null");
    }

    /** Element by element. */
    public Dropout(double p) { this(p, Mode.ELEMENT); }

    @Override public Tensor forward(Tensor x, Pass pass) {
        if (p == 0 || pass.rng() == null) return x;
        // Numbers of 8 bits would drop 26 of 256 for a tenth.
        return masked(x, Tensor.rand(pass.rng(), x.dtype().accumulator(), shape(x)).ge(p));
    }

    /** The value where {@code keep}, which is broadcast against x, says what stays: what a learning pass does with a mask that it drew. */
    public Tensor masked(Tensor x, Tensor keep) {
        if (mode != Mode.ALPHA) return keep.where(x.mul(1 / (1 - p)), x.zerosLike());
        double scale = 1 / Math.sqrt((1 - p) * (1 + p * SELU_FLOOR * SELU_FLOOR));
        return keep.where(x.mul(scale), x.zerosLike().add(scale * SELU_FLOOR)).sub(scale * p * SELU_FLOOR);
    }

    private long[] shape(Tensor x) {
        long[] shape = x.shape().toArray();
        int own = switch (mode) {
            case ELEMENT, ALPHA -> shape.length;
            case CHANNEL -> 2;
            case PATH -> 1;
        };
        if (shape.length < own) throw new ShapeException("Dropout: input " + x.shape() + "; " + mode + " needs "
                + (mode == Mode.PATH ? "a batch on axis 0" : "(batch, channels, ..)"));
        Arrays.fill(shape, own, shape.length, 1);
        return shape;
    }

    /** {@code samples} predictions with dropout left on, along a new first axis; their spread is the network's uncertainty (Gal and Ghahramani 2016). Not recorded. */
    public static Tensor sample(Layer network, Tensor x, int samples, Rng rng) {
        if (samples < 1) throw new IllegalArgumentException("Dropout.sample: " + samples + " samples; at least one is needed");
        return Autograd.noGrad(() -> {
            var draws = new Tensor[samples];
            for (int i = 0; i < samples; i++) draws[i] = network.forward(x, Pass.sampling(rng)).compute();
            return Tensor.stack(0, draws);
        });
    }
}
