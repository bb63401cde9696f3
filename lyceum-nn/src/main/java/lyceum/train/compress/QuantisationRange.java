package lyceum.train.compress;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.Primitive;
import lyceum.tensor.Tensor;

/**
 * How floats stand for integers of {@code least .. most}: {@code q = clip(round(x (1 / scale)) + zero)}, read back as {@code scale (q - zero)}. F32 arithmetic,
 * ties to even, as in PyTorch.
 *
 * @param scale above 0
 * @param zero the integer that stands for 0, within {@code least .. most}
 * @see <a href="https://arxiv.org/abs/1712.05877">Jacob and others (2018)</a>
 */
public record QuantisationRange(float scale, int zero, int least, int most) {
    public QuantisationRange {
        if (!(scale > 0 && scale < Float.POSITIVE_INFINITY))
            throw new IllegalArgumentException("QuantisationRange: scale is " + scale + "; it is positive and finite");
        if (least >= most || zero < least || zero > most) throw new IllegalArgumentException(
                "QuantisationRange: zero " + zero + " and integers " + least + " to " + most + "; zero lies between them");
    }

    /**
     * From the least and largest value, 0 between them: symmetric has zero point at the middle and {@code scale = 2 max(-low, high) / (most - least)}, affine
     * {@code scale = (high - low) / (most - least)}. A scale is at least 2^-23.
     *
     * @throws IllegalArgumentException if a bound is not finite
     */
    public static QuantisationRange of(float low, float high, int least, int most, boolean symmetric) {
        if (!Float.isFinite(low) || !Float.isFinite(high) || low > high)
            throw new IllegalArgumentException("QuantisationRange: values from " + low + " to " + high + "; both are finite, in order");
        low = Math.min(low, 0);
        high = Math.max(high, 0);
        float eps = Math.ulp(1f);
        if (symmetric)
            return new QuantisationRange(Math.max(Math.max(-low, high) / ((most - least) / 2f), eps), (least + most + 1) / 2, least, most);
        float scale = Math.max((high - low) / (most - least), eps);
        return new QuantisationRange(scale, Math.clamp(least - (long) Math.rint(low / scale), least, most), least, most);
    }

    /** The least value that is not clipped. */
    public float low() { return scale * (least - zero); }

    /** The largest value that is not clipped. */
    public float high() { return scale * (most - zero); }

    /** The value after the way through integers; backward the gradient passes where x is not clipped (straight-through). */
    public Tensor fake(Tensor x) {
        return Primitive.of("fake quantise", in -> clipped(in[0]).sub((double) zero).mul((double) scale), (i, g, out, in) -> {
            var q = raw(in[0]);
            return q.ge((double) least).and(q.le((double) most)).where(g, g.zerosLike());
        }).apply(x);
    }

    /** The integers, in floats. */
    Tensor clipped(Tensor x) { return raw(x).clamp((double) least, most); }

    private Tensor raw(Tensor x) { return x.mul((double) (1 / scale)).round().add((double) zero); }

    /** The integers of x, I32. */
    public Tensor integers(Tensor x) { return Autograd.noGrad(() -> clipped(x.detach()).to(DType.I32).compute()); }

    /**
     * The way through {@code -below .. above} with a learnt step, {@code step clip(round(x / step))}. Backward x is as in {@link #fake}; the step gets
     * {@code round(x / s) - x / s} where x is not clipped, else {@code -below} or {@code above}, summed over what shares a step, times {@code 1 / sqrt(n above)} with n their number
     * ({@code below} where nothing lies above).
     *
     * @param step positive, broadcasts to x
     * @see <a href="https://arxiv.org/abs/1902.08153">Esser and others (2020), equations 1 to 3</a>
     */
    public static Tensor learned(Tensor x, Tensor step, int below, int above) {
        double gain = 1 / Math.sqrt((double) x.count() / step.count() * (above > 0 ? above : below));
        return Primitive.of("learned step", in -> in[0].div(in[1]).round().clamp((double) -below, above).mul(in[1]), (i, g, out, in) -> {
            var v = in[0].div(in[1]);
            Tensor under = v.lt((double) -below), over = v.gt((double) above);
            if (i == 0) return under.or(over).where(g.zerosLike(), g);
            var slope = under.where(v.zerosLike().sub((double) below), over.where(v.zerosLike().add((double) above), v.round().sub(v)));
            return sumTo(g.mul(slope), in[1]).mul(gain);
        }).apply(x, step);
    }

    private static Tensor sumTo(Tensor g, Tensor like) {
        if (like.rank() == 0) return g.sum();
        for (int axis = 0; axis < like.rank(); axis++) if (like.size(axis) == 1 && g.size(axis) > 1) g = g.sum(axis, true);
        return g;
    }
}
