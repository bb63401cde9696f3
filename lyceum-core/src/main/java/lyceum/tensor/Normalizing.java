package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.History.Saved;

/**
 * Layer norm and RMS norm along the last axis: one pass over memory, and one for the gradient of x. Besides x the gradient keeps the two numbers
 * of a row; if it is to be differentiated in turn, they are computed again, recorded.
 */
final class Normalizing {
    private static final int[] LAST = {-1};

    private Normalizing() { }

    static Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon) {
        return x.dtype().bytes() < 4 && x.dtype().isFloat() ? layerNorm(x.to(DType.F32), wide(weight), wide(bias), epsilon).to(x.dtype()) : apply("layerNorm", true, x, weight, bias, epsilon);
    }

    static Tensor rmsNorm(Tensor x, Tensor weight, double epsilon) {
        return x.dtype().bytes() < 4 && x.dtype().isFloat() ? rmsNorm(x.to(DType.F32), wide(weight), epsilon).to(x.dtype()) : apply("rmsNorm", false, x, weight, null, epsilon);
    }

    private static Tensor wide(Tensor weight) { return weight == null ? null : weight.to(DType.F32); }

    private static Tensor apply(String name, boolean centred, Tensor given, Tensor weight, Tensor bias, double epsilon) {
        var type = given.dtype().toFloat();
        for (var vector : new Tensor[] {weight, bias}) if (vector != null) type = DType.promote(type, vector.dtype());
        var x = given.to(type);
        check(name, x, weight);
        check(name, x, bias);
        Tensor w = weight == null ? null : weight.to(type), b = bias == null ? null : bias.to(type);
        if (Tracing.on()) return affine(normal(x, Moments.of(x, centred, epsilon)), w, b);
        var moments = GradMode.with(false, () -> Moments.of(x, centred, epsilon));
        boolean wanted = History.wanted(x, w, b);
        var result = GradMode.with(false, () -> affine(normal(x, moments), w, b));
        if (!wanted) return result;
        Saved in = Saved.of(x, name), factor = Saved.of(w, name), m = Saved.of(moments.mean, name), r = Saved.of(moments.root, name);
        return History.record(name, result, (i, g) -> {
            if (i == 2) return g;
            var again = GradMode.isRecording() ? in.get() : null;
            var mean = !centred ? null : again != null ? mean(again, true) : m.get();
            var root = again != null ? rootOfVariance(again, centred, epsilon) : r.get();
            if (centred && again == null) { // stored as a rule; if not, neither slope nor product shall compute them again, nor their chains grow too long
                root.compute();
                mean.compute();
            }
            var normal = normal(in.get(), new Moments(mean, root));
            if (i == 1) return g.mul(normal);
            var slope = factor == null ? g : g.mul(factor.get());
            var radial = normal.mul(slope.mul(normal).mean(LAST, true));
            return (centred ? slope.sub(slope.mean(LAST, true)) : slope).sub(radial).mul(root);
        }, x, w, b);
    }

    private static void check(String name, Tensor x, Tensor vector) {
        if (x.rank() == 0) throw new ShapeException(name + ": a scalar has no rows; reshape it to (1,)");
        if (vector != null && (vector.rank() != 1 || vector.size(0) != x.size(-1)))
            throw new ShapeException(name + ": a weight or bias of shape " + vector.shape() + " for rows of " + x.size(-1) + "; it is a vector of that length");
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

    private static Tensor mean(Tensor x, boolean centred) { return centred ? x.mean(LAST, true) : null; }

    /** {@code 1 / sqrt(var + epsilon)}, or of the mean square. */
    private static Tensor rootOfVariance(Tensor x, boolean centred, double epsilon) {
        return (centred ? x.sub(x.mean(LAST, true)) : x).square().mean(LAST, true).add(epsilon).rsqrt();
    }

    private static Tensor normal(Tensor x, Moments row) { return (row.mean == null ? x : x.sub(row.mean.to(x.dtype()))).mul(row.root); }

    private static Tensor affine(Tensor x, Tensor weight, Tensor bias) {
        var scaled = weight == null ? x : x.mul(weight);
        var result = bias == null ? scaled : scaled.add(bias);
        if (result != scaled) scaled.dismiss();
        return result;
    }
}
