package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Formula;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/**
 * Scales the last axes to unit root mean square: {@code x / sqrt(mean(x^2) + epsilon) * weight}. Statistics of F16 and BF16 are taken in F32.
 *
 * <p>In the partial form the mean is that of the first share of each row alone (pRMSNorm, section 4 of the paper), and scales all of it.
 *
 * {@snippet :
 * var norm = new RMSNorm(4096, 1e-5, false, DType.BF16);                         // Llama
 * var gemma = new RMSNorm(2048, 1e-6, true, DType.F32);                          // times 1 + weight
 * var partial = new RMSNorm(1e-6, RMSNorm.Gain.WEIGHT, 0.0625, DType.F32, 512);  // the statistics of 32 of 512 numbers
 * }
 *
 * @see <a href="https://arxiv.org/abs/1910.07467">Zhang and Sennrich (2019)</a>
 */
public final class RMSNorm extends Module {
    private final double epsilon;
    private final Gain gain;
    private final long[] shape;
    private final long seen;
    private final Tensor weight;
    private final Formula normal, weighted; // of x, and of x and the weight

    /** What the scaled row is multiplied by. */
    public enum Gain {
        /** Nothing; there is no parameter. */
        NONE,
        /** A weight that begins at one. */
        WEIGHT,
        /** {@code 1 + weight}, which begins at zero (Gemma). */
        ONE_PLUS_WEIGHT
    }

    /** Over a last axis of {@code width}, epsilon 1e-6. */
    public RMSNorm(long width) { this(width, 1e-6, false, DType.F32); }

    /** @param unitOffset multiplies by {@code 1 + weight}, which begins at zero (Gemma); else by a weight that begins at one */
    public RMSNorm(long width, double epsilon, boolean unitOffset, DType dtype) {
        this(epsilon, unitOffset ? Gain.ONE_PLUS_WEIGHT : Gain.WEIGHT, 1, dtype, width);
    }

    /**
     * @param share of each row, from its beginning, that the mean square is taken over, in (0, 1]: at least one number
     * @param shape of the last axes that are normalised together
     */
    public RMSNorm(double epsilon, Gain gain, double share, DType dtype, long... shape) {
        if (!(epsilon >= 0)) throw new IllegalArgumentException("RMSNorm: epsilon is " + epsilon + "; it is at least 0");
        if (!(share > 0 && share <= 1)) throw new IllegalArgumentException("RMSNorm: share is " + share + "; it lies in (0, 1]");
        if (shape.length == 0) throw new ShapeException("RMSNorm: no axis to normalise; give the sizes of the last axes");
        this.epsilon = epsilon;
        this.gain = gain;
        this.shape = shape.clone();
        seen = (long) Math.ceil(share * Shape.of(shape).count());
        weight = gain == Gain.NONE ? null : Tensor.full(dtype, gain == Gain.WEIGHT ? 1 : 0, shape).compute().requiresGrad();
        normal = Formula.of(in -> in[0].rmsNorm(null, epsilon));
        weighted = Formula.of(in -> in[0].rmsNorm(in[1], epsilon));
    }

    /** What the scaled row is multiplied by. */
    public Gain gain() { return gain; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (!LayerNorm.ends(x.shape().toArray(), shape))
            throw new ShapeException("RMSNorm: input " + x.shape() + " for a width of " + (shape.length == 1 ? shape[0] : Shape.of(shape)));
        if (shape.length == 1) return rows(x);
        return rows(x.reshape(LayerNorm.together(x.shape().toArray(), x.rank() - shape.length))).reshape(x.shape().toArray());
    }

    private Tensor rows(Tensor x) {
        var w = weight == null || shape.length == 1 ? weight : weight.flatten();
        if (x.dtype().isFloat() && x.dtype().bytes() < 4) return narrow(x, w);
        return scaled(x, gain == Gain.ONE_PLUS_WEIGHT ? w.add(1) : w);
    }

    /** As the published models: Llama rounds before it multiplies, Gemma afterwards, as 1 + weight has no digits to lose. */
    private Tensor narrow(Tensor x, Tensor w) {
        var wide = x.to(DType.F32);
        return switch (gain) {
            case NONE -> scaled(wide, null).to(x.dtype());
            case WEIGHT -> scaled(wide, null).to(x.dtype()).mul(w);
            case ONE_PLUS_WEIGHT -> scaled(wide, w.to(DType.F32).add(1)).to(DType.promote(x.dtype(), w.dtype()));
        };
    }

    private Tensor scaled(Tensor x, Tensor factor) {
        if (seen == x.size(-1)) return factor == null ? normal.at(x) : weighted.at(x, factor);
        var y = x.mul(x.narrow(-1, 0, seen).square().mean(-1, true).add(epsilon).rsqrt());
        return factor == null ? y : y.mul(factor);
    }
}
