package lyceum.prob;

import lyceum.math.Special;
import lyceum.tensor.Tensor;

/**
 * Where a variable or a parameter can lie, with a smooth one-to-one map from the whole line: itself, {@code low + exp(y)}, {@code high - exp(y)} or
 * {@code low + (high - low) sigmoid(y)}. Optimisers and samplers walk on the line.
 *
 * {@snippet :
 * var unit = new Beta(2, 5).support();
 * unit.constrain(0.0);              // 0.5
 * unit.unconstrain(0.9);            // 2.197
 * unit.logSlope(Tensor.of(0.0));    // log 1/4, what a log density gains when it is written in y
 * }
 *
 * @param low may be {@code -Infinity}
 * @param high may be {@code Infinity}
 * @param isDiscrete if it takes steps, whole numbers for a family of integers; then there is no map
 */
public record Support(double low, double high, boolean isDiscrete) {
    public static final Support REAL = new Support(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, false),
            POSITIVE = new Support(0, Double.POSITIVE_INFINITY, false), UNIT = new Support(0, 1, false);

    public Support {
        if (!(low <= high)) throw new IllegalArgumentException("Support: from " + low + " to " + high + "; low is not above high");
    }

    /** Whether x lies between the ends, both among them unless infinite. */
    public boolean contains(double x) { return x >= low && x <= high && !Double.isInfinite(x); }

    private boolean hasLow() { return low > Double.NEGATIVE_INFINITY; }

    private boolean hasHigh() { return high < Double.POSITIVE_INFINITY; }

    private void requireSmooth() {
        if (isDiscrete || !(low < high))
            throw new UnsupportedOperationException("Support: no smooth map leads to the steps between " + low + " and " + high);
    }

    /** The y of x. @throws IllegalArgumentException unless x lies inside */
    public double unconstrain(double x) {
        requireSmooth();
        if (!(x > low && x < high))
            throw new IllegalArgumentException("unconstrain: " + x + " does not lie between " + low + " and " + high);
        if (!hasLow()) return hasHigh() ? Math.log(high - x) : x;
        return hasHigh() ? Math.log(x - low) - Math.log(high - x) : Math.log(x - low);
    }

    /** The x of y. */
    public double constrain(double y) {
        requireSmooth();
        if (!hasLow()) return hasHigh() ? high - Math.exp(y) : y;
        return hasHigh() ? low + (high - low) * Special.sigmoid(y) : low + Math.exp(y);
    }

    /** The x of y, element by element; differentiable. */
    public Tensor constrain(Tensor y) {
        requireSmooth();
        if (!hasLow()) return hasHigh() ? y.exp().rsub(high) : y;
        return hasHigh() ? y.sigmoid().mul(high - low).add(low) : y.exp().add(low);
    }

    /** {@code log |dx/dy|}, element by element; differentiable. */
    public Tensor logSlope(Tensor y) {
        requireSmooth();
        if (!hasLow()) return hasHigh() ? y : y.zerosLike();
        return hasHigh() ? y.softplus().add(y.neg().softplus()).neg().add(Math.log(high - low)) : y;
    }
}
