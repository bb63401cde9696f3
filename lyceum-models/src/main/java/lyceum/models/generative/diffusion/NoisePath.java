package lyceum.models.generative.diffusion;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How data turn into noise: {@code x_t = signal(t) x_0 + noise(t) epsilon} with a standard normal epsilon, from t = 0 (data) to {@link #end}. All that a
 * sampler without randomness needs to know.
 */
public interface NoisePath {
    /** The factor of the data, 1 at time 0. */
    double signal(double t);

    /** The deviation of the noise, 0 at time 0. */
    double noise(double t);

    /** The time of pure noise. */
    double end();

    /** The least time at which a model is asked: samplers end there, or go on to 0 by its word for the clean data. */
    default double least() { return 0; }

    /** The deviation at {@link #end} of data that had deviation 1: what sampling starts with. */
    default double endDeviation() { return Math.hypot(signal(end()), noise(end())); }

    /** Half the logarithm of the signal-to-noise ratio, {@code log(signal / noise)}: falls with t. */
    default double logSnr(double t) { return Math.log(signal(t)) - Math.log(noise(t)); }

    /** Signals of times (n), shaped to multiply rows of {@code like} (n, ..). */
    default Tensor signals(Tensor t, Tensor like) { return each(this::signal, t, like); }

    /** Deviations of the noise, likewise. */
    default Tensor noises(Tensor t, Tensor like) { return each(this::noise, t, like); }

    /** Data at their times: {@code signal x + noise epsilon}. @param t (n) */
    default Tensor noised(Tensor x, Tensor t, Tensor epsilon) { return x.mul(signals(t, x)).add(epsilon.mul(noises(t, x))); }

    /** A function of each row's time, shaped to multiply rows of {@code like}. */
    static Tensor each(DoubleUnaryOperator f, Tensor t, Tensor like) {
        if (t.rank() != 1 || like.rank() < 1 || t.size(0) != like.size(0))
            throw new ShapeException("NoisePath: times " + t.shape() + " for data " + like.shape() + "; a row has one time, (n)");
        var shape = new long[like.rank()];
        Arrays.fill(shape, 1);
        shape[0] = t.size(0);
        double[] values = t.toDoubleArray();
        for (int i = 0; i < values.length; i++) values[i] = f.applyAsDouble(values[i]);
        return Tensor.of(values, shape).to(like.dtype());
    }
}
