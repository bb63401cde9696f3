package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Scales the last axis to unit root mean square: {@code x / sqrt(mean(x^2) + epsilon) * weight}. Statistics of F16 and BF16 are taken in F32.
 *
 * @see <a href="https://arxiv.org/abs/1910.07467">Zhang and Sennrich (2019)</a>
 */
public final class RMSNorm extends Module {
    private final double epsilon;
    private final boolean unitOffset;
    private final Tensor weight;

    /** Over a last axis of {@code width}, epsilon 1e-6. */
    public RMSNorm(long width) { this(width, 1e-6, false, DType.F32); }

    /** @param unitOffset multiplies by {@code 1 + weight}, which begins at zero (Gemma); else by a weight that begins at one */
    public RMSNorm(long width, double epsilon, boolean unitOffset, DType dtype) {
        this.epsilon = epsilon;
        this.unitOffset = unitOffset;
        weight = Tensor.full(dtype, unitOffset ? 0 : 1, width).compute().requiresGrad();
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() == 0 || x.size(-1) != weight.size(0))
            throw new ShapeException("RMSNorm: input " + x.shape() + " for a width of " + weight.size(0));
        var factor = unitOffset ? weight.add(1) : weight;
        if (x.dtype().bytes() >= 4) return x.rmsNorm(factor, epsilon);
        return x.to(DType.F32).rmsNorm(null, epsilon).to(x.dtype()).mul(factor);
    }
}
