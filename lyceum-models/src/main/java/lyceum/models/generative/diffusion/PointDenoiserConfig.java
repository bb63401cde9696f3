package lyceum.models.generative.diffusion;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.withers.Withers;

/**
 * The shape of a {@link PointDenoiser}.
 *
 * @param dimensions of the data
 * @param width of the hidden layers
 * @param depth how many of them
 * @param classes that condition it; 0 for none. Class number {@code classes} means "none"
 * @param outputs numbers for each dimension: 1, or 2 with a learned variance
 * @param timeScale multiplies the time before it becomes waves: 1 for step numbers of about a thousand, 1,000 for times from 0 to 1
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record PointDenoiserConfig(int dimensions, int width, int depth, int classes, int outputs, double timeScale, DType dtype)
        implements PointDenoiserConfigWithers {
    public PointDenoiserConfig {
        if (dimensions < 1 || width < 2 || depth < 1 || classes < 0 || outputs < 1)
            throw new IllegalArgumentException("PointDenoiserConfig: " + dimensions + " dimensions, width " + width + ", depth " + depth
                    + ", " + classes + " classes, " + outputs + " outputs; at least 1, 2, 1, 0 and 1");
        if (!(timeScale > 0)) throw new IllegalArgumentException("PointDenoiserConfig: timeScale is " + timeScale + "; it is above 0");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new DTypeException("PointDenoiserConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** Three layers of 64, no classes, for step numbers, F32. */
    public PointDenoiserConfig(int dimensions) { this(dimensions, 64, 3, 0, 1, 1, DType.F32); }

    /** For times from 0 to 1. */
    public PointDenoiserConfig forUnitTime() { return withTimeScale(1_000); }
}
