package lyceum.tensor;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;

/**
 * Layer norm and RMS norm along the last axis: one pass over memory, and one for the gradient of x. Besides x the gradient keeps the two numbers
 * of a row; where it is watched, they are computed again. Operands are x, the weight if there is one, and the bias if there is one.
 *
 * @param centred takes the mean off: layer norm
 */
public record NormOp(boolean centred, double epsilon, boolean weighted, boolean shifted) implements Operation {
    private static final int[] LAST = {-1};

    static Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon) {
        return x.dtype().bytes() < 4 && x.dtype().isFloat() ? layerNorm(x.to(DType.F32), wide(weight), wide(bias), epsilon).to(x.dtype())
                : of("layerNorm", true, x, weight, bias, epsilon);
    }

    static Tensor rmsNorm(Tensor x, Tensor weight, double epsilon) {
        return x.dtype().bytes() < 4 && x.dtype().isFloat() ? rmsNorm(x.to(DType.F32), wide(weight), epsilon).to(x.dtype())
                : of("rmsNorm", false, x, weight, null, epsilon);
    }

    private static Tensor wide(Tensor weight) { return weight == null ? null : weight.to(DType.F32); }

    private static Tensor of(String name, boolean centred, Tensor given, Tensor weight, Tensor bias, double epsilon) {
        var type = given.dtype().toFloat();
        for (var vector : new Tensor[] {weight, bias}) if (vector != null) type = DType.promote(type, vector.dtype());
        var x = given.to(type);
        check(name, x, weight);
        check(name, x, bias);
        var operands = new ArrayList<>(List.of(x));
        if (weight != null) operands.add(weight.to(type));
        if (bias != null) operands.add(bias.to(type));
        return new NormOp(centred, epsilon, weight != null, bias != null).apply(operands.toArray(Tensor[]::new));
    }

    @Override public Tensor value(Tensor... in) { return Tracing.inside(() -> composed(in)); }

    @Override public boolean keeps() { return true; }

    @Override public Outcome outcome(Tensor... in) {
        return Tracing.inside(() -> {
            var moments = Moments.of(in[0], centred, epsilon);
            return new Outcome(affine(normal(in[0], moments), in), moments.root, moments.mean);
        });
    }

    @Override public int reads(int i) { return i == 0 ? weighted ? 3 : 1 : i == 1 && weighted ? 1 : 0; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        if (reads(i) == 0) return g;
        var x = reading.operand(0);
        var row = Reading.isWatched() ? again(x) : stored(reading);
        var normal = normal(x, row);
        return i == 1 ? g.mul(normal) : slope(weighted ? g.mul(reading.operand(1)) : g, normal, row.root);
    }

    private Moments again(Tensor x) { return new Moments(centred ? x.mean(LAST, true) : null, rootOfVariance(x, centred, epsilon)); }

    /** Stored as a rule; if not, neither slope nor product shall compute them again, nor their chains grow too long. */
    private Moments stored(Reading reading) {
        if (!centred) return new Moments(null, reading.kept(0));
        var root = reading.kept(0).compute();
        return new Moments(reading.kept(1).compute(), root);
    }

    /** The Jacobian of a row's normal form, which is symmetric: what is left without the part along the row and, if it is centred, the mean. */
    private Tensor slope(Tensor g, Tensor normal, Tensor root) {
        var radial = normal.mul(g.mul(normal).mean(LAST, true));
        return (centred ? g.sub(g.mean(LAST, true)) : g).sub(radial).mul(root);
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        var row = again(in[0]);
        var normal = normal(in[0], row);
        Tensor sum = null;
        if (tangents[0] != null) sum = slope(tangents[0], normal, row.root);
        if (sum != null && weighted) sum = sum.mul(in[1]);
        if (weighted && tangents[1] != null) sum = plus(sum, normal.mul(tangents[1]));
        if (shifted && tangents[in.length - 1] != null) sum = plus(sum, tangents[in.length - 1]);
        return sum;
    }

    private static Tensor plus(Tensor a, Tensor b) { return a == null ? b : a.add(b); }

    /** A weight of each entry's own is multiplied afterwards. */
    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        boolean own = false;
        for (int i = 1; i < in.length; i++) own |= isBatched[i];
        if (!own) return apply(in);
        int rank = in[0].rank() - (isBatched[0] ? 1 : 0);
        var vectors = in.clone();
        for (int i = 1; i < in.length; i++) if (isBatched[i]) vectors[i] = Batch.aligned(in[i], rank);
        return affine(new NormOp(centred, epsilon, false, false).apply(in[0]), vectors);
    }

    @Override public Tensor composed(Tensor... in) { return affine(normal(in[0], Moments.of(in[0], centred, epsilon)), in); }

    @Override public boolean isComposed() { return true; }

    @Override public long operations(Form out, Form... in) { return 6 * out.shape().count(); }

    @Override public String text() { return centred ? "layer norm" : "rms norm"; }

    private static void check(String name, Tensor x, Tensor vector) {
        if (x.rank() == 0) throw new ShapeException(name + ": a scalar has no rows; reshape it to (1,)");
        if (vector != null && (vector.rank() != 1 || vector.size(0) != x.size(-1))) throw new ShapeException(
                name + ": a weight or bias of shape " + vector.shape() + " for rows of " + x.size(-1) + "; it is a vector of that length");
    }

    /**
     * Of a row.
     *
     * @param mean or null if it is not taken off
     * @param root {@code 1 / sqrt(var + epsilon)}, or of the mean square
     */
    private record Moments(Tensor mean, Tensor root) {
        /**
         * In one pass over floats: squares are exact as doubles, so that {@code mean(x^2) - mean(x)^2} loses no more than the mean itself does when it is
         * rounded to a float.
         */
        static Moments of(Tensor x, boolean centred, double epsilon) {
            if (!centred) return new Moments(null, rootOfVariance(x, false, epsilon));
            if (x.dtype() != DType.F32) {
                var mean = x.mean(LAST, true);
                return new Moments(mean, x.sub(mean).square().mean(LAST, true).add(epsilon).rsqrt());
            }
            Tensor wide = x.to(DType.F64), mean = wide.mean(LAST, true);
            var variance = wide.square().mean(LAST, true).sub(mean.square()).relu();
            return new Moments(mean, variance.add(epsilon).rsqrt().to(DType.F32));
        }
    }

    /** {@code 1 / sqrt(var + epsilon)}, or of the mean square. */
    private static Tensor rootOfVariance(Tensor x, boolean centred, double epsilon) {
        return (centred ? x.sub(x.mean(LAST, true)) : x).square().mean(LAST, true).add(epsilon).rsqrt();
    }

    private static Tensor normal(Tensor x, Moments row) { return (row.mean == null ? x : x.sub(row.mean.to(x.dtype()))).mul(row.root); }

    private Tensor affine(Tensor x, Tensor... in) {
        var scaled = weighted ? x.mul(in[1]) : x;
        var result = shifted ? scaled.add(in[in.length - 1]) : scaled;
        if (result != scaled) scaled.dismiss();
        return result;
    }
}
