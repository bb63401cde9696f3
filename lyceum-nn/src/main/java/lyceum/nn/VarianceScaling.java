package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Weights of mean zero and variance {@code scale / fan}: the schemes of LeCun (1, IN), Glorot ({@code gain^2}, AVERAGE) and He ({@code gain^2}, IN).
 *
 * {@snippet :
 * Init backward = Init.heNormal().withMode(VarianceScaling.Mode.OUT);
 * double a = Init.glorotUniform().bound(Fans.of(256, 128));
 * }
 *
 * @param scale of the variance, above 0: a gain squared
 * @param mode which fan
 * @param distribution of the weights; all have the same variance
 */
@Withers
public record VarianceScaling(double scale, Mode mode, Distribution distribution) implements Init, VarianceScalingWithers {
    /** The deviation of a standard normal cut at two deviations. */
    private static final double CUT_DEVIATION = 0.87962566103423978;

    /** What the variance is divided by. */
    public enum Mode {
        /** The fan-in: keeps the signal's size. */
        IN,
        /** The fan-out: keeps the gradient's. */
        OUT,
        /** The mean of both. */
        AVERAGE
    }

    /** How weights are spread. */
    public enum Distribution {
        UNIFORM, NORMAL,
        /** A normal cut at two deviations, and widened so that its deviation is what was asked for. */
        TRUNCATED
    }

    public VarianceScaling {
        if (!(scale > 0)) throw new IllegalArgumentException("VarianceScaling: scale is " + scale + "; it is above 0");
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(distribution, "distribution");
    }

    /** The standard deviation for these fans. */
    public double deviation(Fans fans) {
        return Math.sqrt(scale / switch (mode) {
            case IN -> fans.in();
            case OUT -> fans.out();
            case AVERAGE -> (fans.in() + fans.out()) / 2;
        });
    }

    /** Where the uniform distribution of that deviation ends. */
    public double bound(Fans fans) { return Math.sqrt(3) * deviation(fans); }

    @Override public Tensor sample(Rng rng, DType dtype, long... shape) { return sample(rng, dtype, Fans.of(shape), shape); }

    @Override public Tensor sample(Rng rng, DType dtype, Fans fans, long... shape) {
        double sd = deviation(fans), cut = sd / CUT_DEVIATION;
        return (switch (distribution) {
            case UNIFORM -> Init.uniform(-bound(fans), bound(fans));
            case NORMAL -> Init.normal(sd);
            case TRUNCATED -> Init.truncatedNormal(cut, -2 * cut, 2 * cut);
        }).sample(rng, dtype, shape);
    }
}
