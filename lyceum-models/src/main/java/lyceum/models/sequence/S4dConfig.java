package lyceum.models.sequence;

import java.util.Objects;
import lyceum.DType;
import lyceum.nn.MixerConfig;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of an {@link S4d} layer.
 *
 * @param width of the input and the output
 * @param state complex numbers that each channel keeps, each with its conjugate
 * @param spectrum the first values of A
 * @param leastStep to which the steps are initialised at least, and {@code mostStep} at most
 * @param gated whether the output's projection is a gated linear unit
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record S4dConfig(int width, int state, Spectrum spectrum, double leastStep, double mostStep, boolean gated, DType dtype)
        implements MixerConfig, S4dConfigWithers {

    /** Of the diagonal A_0, A_1, .. of a channel. */
    public enum Spectrum {
        /** {@code -1/2 + i pi n}: Fourier-like (S4D-Lin). */
        LINEAR,
        /** {@code -1/2 + i N/pi (N/(2n+1) - 1)}, N with the conjugates twice {@code state} (S4D-Inv). */
        INVERSE,
        /** {@code -(n + 1)} (S4D-Real). */
        REAL;

        double real(int n) { return this == REAL ? -(n + 1.0) : -0.5; }

        /** @param size numbers with their conjugates */
        double imaginary(int n, int size) {
            return switch (this) {
                case LINEAR -> Math.PI * n;
                case INVERSE -> size / Math.PI * (size / (2.0 * n + 1) - 1);
                case REAL -> 0;
            };
        }
    }

    public S4dConfig {
        if (width < 1 || state < 1)
            throw new IllegalArgumentException("S4dConfig: width " + width + " and state " + state + "; both are at least 1");
        if (!(leastStep > 0 && mostStep >= leastStep)) throw new IllegalArgumentException(
                "S4dConfig: steps from " + leastStep + " to " + mostStep + "; they are positive, and the first is no larger");
        Objects.requireNonNull(spectrum, "spectrum");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new IllegalArgumentException("S4dConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** 32 numbers a channel (64 with their conjugates), S4D-Lin, steps from 0.001 to 0.1, not gated, F32. */
    public S4dConfig(int width) { this(width, 32, Spectrum.LINEAR, 0.001, 0.1, false, DType.F32); }

    @Override public S4d build(Rng rng) { return new S4d(this, rng); }
}
