package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Normalisations, and dropout. */
final class NormOperators {
    static final String ROWS = "BatchNormalization 1, InstanceNormalization 6, LayerNormalization 17, RMSNormalization 23, GroupNormalization 18, "
            + "GroupNormalization 21, LpNormalization 1, MeanVarianceNormalization 9, LRN 1, Dropout 1, Dropout 12, "
            + "com.microsoft:LayerNormalization 1, com.microsoft:SkipLayerNormalization 1, "
            + "com.microsoft:SimplifiedLayerNormalization 1, SimplifiedLayerNormalization 1";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "BatchNormalization 1" -> NormOperators::batch;
            case "InstanceNormalization 6" -> c -> {
                var x = c.x(0);
                int[] axes = IntStream.range(2, x.rank()).toArray();
                return standard(x, axes, c.number("epsilon", 1e-5f)).mul(channels(c.x(1), x)).add(channels(c.x(2), x));
            };
            case "LayerNormalization 17" -> NormOperators::layer;
            case "RMSNormalization 23" -> c -> {
                var x = c.x(0);
                int[] axes = IntStream.range(c.axis("axis", -1, x.rank()), x.rank()).toArray();
                return x.mul(x.square().mean(axes, true).add(c.number("epsilon", 1e-5f)).rsqrt()).mul(c.x(1));
            };
            case "GroupNormalization 18" -> c -> group(c, false);
            case "GroupNormalization 21" -> c -> group(c, true);
            case "LpNormalization 1" -> c -> {
                int axis = c.axis("axis", -1, c.x(0).rank());
                var x = c.x(0);
                var norm = c.integer("p", 2) == 1 ? x.abs().sum(axis, true) : x.square().sum(axis, true).sqrt();
                return norm.eq(0).where(norm, x.div(norm)).expand(x.shape().toArray());
            };
            case "MeanVarianceNormalization 9" -> c -> {
                int[] axes = Call.axes(c.integers("axes", 0, 2, 3), c.x(0).rank());
                var d = c.x(0).sub(c.x(0).mean(axes, true));
                return d.div(d.square().mean(axes, true).sqrt().add(1e-9));
            };
            case "LRN 1" -> NormOperators::localResponse;
            case "Dropout 1" -> c -> dropped(c, 0, false);
            case "Dropout 12" -> c -> dropped(c, c.has(1) ? c.number(1) : 0.5, c.has(2) && c.number(2) != 0);
            case "com.microsoft:LayerNormalization 1" -> NormOperators::layer;
            case "com.microsoft:SkipLayerNormalization 1" -> c -> {
                var sum = c.x(0).add(c.x(1));
                if (c.has(4)) sum = sum.add(c.x(4));
                var y = sum.layerNorm(c.x(2), c.optional(3), c.number("epsilon", 1e-12f));
                return new Object[] {y, null, null, sum};
            };
            case "com.microsoft:SimplifiedLayerNormalization 1" -> c -> c.x(0).rmsNorm(c.x(1), c.number("epsilon", 1e-5f));
            case "SimplifiedLayerNormalization 1" -> c -> c.x(0).rmsNorm(c.x(1), c.number("epsilon", 1e-5f));
            default -> throw Operators.unknown(row);
        };
    }

    private NormOperators() {}

    /** A vector over the channels, axis 1 of x. */
    static Tensor channels(Tensor vector, Tensor x) {
        var shape = new long[Math.max(1, x.rank() - 1)];
        Arrays.fill(shape, 1);
        shape[0] = vector.count();
        return vector.reshape(shape);
    }

    private static Tensor standard(Tensor x, int[] axes, double epsilon) {
        var d = x.sub(x.mean(axes, true));
        return d.mul(d.square().mean(axes, true).add(epsilon).rsqrt());
    }

    private static Object batch(Call c) {
        var x = c.x(0);
        double epsilon = c.number("epsilon", 1e-5f), momentum = c.number("momentum", 0.9f);
        boolean trains = c.flag("training_mode");
        var mean = c.x(3);
        var variance = c.x(4);
        Object[] out = new Object[3];
        if (trains) {
            int[] axes = IntStream.range(0, x.rank()).filter(i -> i != 1).toArray();
            var own = x.mean(axes, false);
            var spread = x.var(axes, 0, false);
            out[1] = mean.mul(momentum).add(own.mul(1 - momentum)).to(mean.dtype());
            out[2] = variance.mul(momentum).add(spread.mul(1 - momentum)).to(variance.dtype());
            mean = own;
            variance = spread;
        }
        var scale = c.x(1).to(mean.dtype()).mul(variance.add(epsilon).rsqrt());
        var shift = c.x(2).to(mean.dtype()).sub(mean.mul(scale));
        out[0] = x.mul(channels(scale, x)).add(channels(shift, x)).to(x.dtype());
        return out;
    }

    private static Object layer(Call c) {
        var x = c.x(0);
        int axis = c.axis("axis", -1, x.rank());
        double epsilon = c.number("epsilon", 1e-5f);
        if (axis == x.rank() - 1 && c.outputs() == 1 && c.x(1).rank() == 1 && (!c.has(2) || c.x(2).rank() == 1))
            return x.layerNorm(c.x(1), c.optional(2), epsilon);
        int[] axes = IntStream.range(axis, x.rank()).toArray();
        var wide = x.to(x.dtype().accumulator());
        var mean = wide.mean(axes, true);
        var d = wide.sub(mean);
        var scale = d.square().mean(axes, true).add(epsilon).rsqrt();
        var y = d.mul(scale).to(x.dtype()).mul(c.x(1));
        return new Object[] {c.has(2) ? y.add(c.x(2)) : y, mean, scale};
    }

    private static Object group(Call c, boolean perChannel) {
        var x = c.x(0);
        long groups = c.integer("num_groups", 1), n = x.size(0), channels = x.size(1);
        var grouped = x.reshape(n, groups, -1);
        var y = standard(grouped, new int[] {2}, c.number("epsilon", 1e-5f));
        if (perChannel) return y.reshape(x.shape().toArray()).mul(channels(c.x(1), x)).add(channels(c.x(2), x));
        if (c.x(1).count() == channels) return y.reshape(x.shape().toArray()).mul(channels(c.x(1), x)).add(channels(c.x(2), x));
        return y.mul(c.x(1).reshape(groups, 1)).add(c.x(2).reshape(groups, 1)).reshape(x.shape().toArray());
    }

    /** Krizhevsky and others (2012), section 3.3. */
    private static Object localResponse(Call c) {
        var x = c.x(0);
        int size = (int) c.integer("size", 1);
        var squares = x.square().pad(1, (size - 1) / 2, size / 2, 0);
        var sum = squares.narrow(1, 0, x.size(1));
        for (int i = 1; i < size; i++) sum = sum.add(squares.narrow(1, i, x.size(1)));
        return x.div(sum.mul(c.number("alpha", 1e-4f) / size).add(c.number("bias", 1)).pow(c.number("beta", 0.75)));
    }

    private static Object dropped(Call c, double ratio, boolean trains) {
        var x = c.x(0);
        if (!trains || ratio == 0) return new Object[] {x, c.version < 10 ? x.onesLike() : Tensor.ones(DType.BOOL, x.shape().toArray())};
        var kept = Tensor.rand(rng(c), x.shape().toArray()).ge(ratio);
        return new Object[] {x.mul(kept.to(x.dtype())).mul(1 / (1 - ratio)).to(x.dtype()), kept};
    }

    /** Draws of a node: those of its seed, or of its name where it has none. */
    static Rng rng(Call c) {
        return Rng.of(c.sets("seed") ? c.node.attributes().get("seed").value().hashCode() : c.node.outputs().hashCode());
    }
}
