package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Plan.Step;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Nodes that exporters write where we have one operation: layer norm, GELU, attention, and a batch norm that a convolution takes in. */
final class Patterns {
    private final Preparation plan;

    Patterns(Preparation plan) { this.plan = plan; }

    /** The one step that stands for this one and those that only it reads, or null. */
    Step joined(Step step) {
        if (step.operator() == null || !Preparation.is(step, step.operator().name(), 1)) return null;
        switch (step.operator().name()) {
            case "Relu" -> { return activated(step, Op.RELU); }
            case "Sigmoid" -> { return activated(step, Op.SIGMOID); }
            case "Tanh" -> { return activated(step, Op.TANH); }
            default -> { if (step.in().length < 2) return null; }
        }
        return switch (step.operator().name()) {
            case "Add" -> layerNorm(step);
            case "Mul" -> gelu(step);
            case "MatMul" -> attention(step);
            case "BatchNormalization" -> folded(step);
            default -> null;
        };
    }

    private Step only(int place, String operator, int inputs) { return plan.made(place, operator, inputs, 1); }

    /** {@code (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * w + b} over the last axis, as exporters write it before operator set 17. */
    private Step layerNorm(Step add) {
        for (int side = 0; side < 2; side++) {
            var mul = only(add.in()[side], "Mul", 1);
            if (mul == null) continue;
            for (int other = 0; other < 2; other++) {
                var div = only(mul.in()[other], "Div", 1);
                if (div == null) continue;
                var d = plan.made(div.in()[0], "Sub", 2, 2);
                var root = only(div.in()[1], "Sqrt", 1);
                var sum = root == null ? null : only(root.in()[0], "Add", 1);
                if (d == null || sum == null) continue;
                for (int k = 0; k < 2; k++) {
                    var joined = joined(add, side, mul, other, d, sum, k);
                    if (joined != null) return joined;
                }
            }
        }
        return null;
    }

    private Step joined(Step add, int side, Step mul, int other, Step d, Step sum, int k) {
        var variance = only(sum.in()[k], "ReduceMean", 1);
        var square = variance == null ? null : only(variance.in()[0], "Pow", 1);
        var mean = only(d.in()[1], "ReduceMean", 1);
        if (square == null || mean == null || square.in()[0] != d.out()[0] || mean.in()[0] != d.in()[0] || !last(mean) || !last(variance))
            return null;
        if (!(plan.constant(square.in()[1]) instanceof OnnxValue.Array(var t, var two)) || two.count() != 1
                || two.reshape().to(DType.F64).item() != 2)
            return null;
        if (!(plan.constant(sum.in()[1 - k]) instanceof OnnxValue.Array(var u, var small)) || small.count() != 1) return null;
        if (!(plan.constant(mul.in()[1 - other]) instanceof OnnxValue.Array(var v, var w)) || w.rank() != 1) return null;
        if (!(plan.constant(add.in()[1 - side]) instanceof OnnxValue.Array(var z, var b)) || b.rank() != 1 || b.count() != w.count())
            return null;
        double epsilon = small.reshape().to(DType.F64).item();
        return Preparation.with(add, "LayerNormalization", new int[] {d.in()[0], mul.in()[1 - other], add.in()[1 - side]},
                c -> normed(c.x(0), c.x(1), c.x(2), epsilon));
    }

    private static Tensor normed(Tensor x, Tensor w, Tensor b, double epsilon) {
        if (x.size(-1) == w.count()) return x.layerNorm(w, b, epsilon);
        var d = x.sub(x.mean(-1, true));
        return d.div(d.square().mean(-1, true).add(epsilon).sqrt()).mul(w).add(b);
    }

    /** Whether a reduction is of the last axis alone and keeps it. */
    private boolean last(Step reduce) {
        var call = plan.attributes(reduce);
        long[] axes = call.integers("axes");
        if (reduce.in().length > 1 && plan.constant(reduce.in()[1]) instanceof OnnxValue.Array(var type, var x))
            axes = x.to(DType.I64).toLongArray();
        return axes.length == 1 && axes[0] == -1 && call.integer("keepdims", 1) != 0;
    }

    /** {@code x (1 + erf(x / sqrt(2))) / 2}, the half before or behind. */
    private Step gelu(Step mul) {
        for (int side = 0; side < 2; side++) {
            // (x (1 + erf)) 0.5
            if (plan.number(mul.in()[1 - side]) == 0.5 && only(mul.in()[side], "Mul", 2) instanceof Step inner)
                for (int k = 0; k < 2; k++) if (isNormalShare(inner.in()[k], inner.in()[1 - k])) return gelu(mul, inner.in()[1 - k]);
            // (x 0.5) (1 + erf)
            if (only(mul.in()[side], "Mul", 2) instanceof Step half) for (int k = 0; k < 2; k++)
                if (plan.number(half.in()[k]) == 0.5 && isNormalShare(mul.in()[1 - side], half.in()[1 - k]))
                    return gelu(mul, half.in()[1 - k]);
        }
        return null;
    }

    private static Step gelu(Step mul, int x) {
        return Preparation.with(mul, "Gelu", new int[] {x}, c -> c.x(0).gelu().to(c.x(0).dtype()));
    }

    /** Whether a place holds {@code 1 + erf(x / sqrt(2))}. */
    private boolean isNormalShare(int place, int x) {
        if (!(only(place, "Add", 2) instanceof Step add)) return false;
        for (int k = 0; k < 2; k++) {
            if (plan.number(add.in()[1 - k]) != 1 || !(only(add.in()[k], "Erf", 1) instanceof Step erf)) continue;
            if (only(erf.in()[0], "Div", 2) instanceof Step div && div.in()[0] == x && isNear(plan.number(div.in()[1]), Math.sqrt(2)))
                return true;
            if (only(erf.in()[0], "Mul", 2) instanceof Step mul)
                for (int m = 0; m < 2; m++) if (mul.in()[m] == x && isNear(plan.number(mul.in()[1 - m]), Math.sqrt(0.5))) return true;
        }
        return false;
    }

    private static boolean isNear(double a, double b) { return Math.abs(a - b) < 1e-3 * b; }

    /**
     * {@code softmax(Q K' scale + mask) V}. Places of the joined step: queries, keys as the graph has them (turned over), values, mask. Where a run's shapes or types are
     * not those of heads, it computes what the nodes say.
     */
    private Step attention(Step product) {
        if (!(only(product.in()[0], "Softmax", 1) instanceof Step softmax)) return null;
        long axis = plan.attributes(softmax).integer("axis", softmax.version() < 13 ? 1 : -1);
        if (axis != -1 && axis != 3) return null;
        int scores = softmax.in()[0], mask = -1;
        if (only(scores, "Add", 2) instanceof Step add) {
            int side = scale(add.in()[0]) != null ? 0 : 1;
            scores = add.in()[side];
            mask = add.in()[1 - side];
        }
        var scaled = scale(scores);
        if (scaled == null) return null;
        var in = mask < 0 ? new int[] {scaled.product.in()[0], scaled.product.in()[1], product.in()[1]}
                : new int[] {scaled.product.in()[0], scaled.product.in()[1], product.in()[1], mask};
        return Preparation.with(product, "Attention", in, c -> attended(c, scaled.by, softmax));
    }

    private record Scaled(Step product, double by) {}

    /** A product that is multiplied or divided by a number, or neither; null if it is none. */
    private Scaled scale(int place) {
        if (only(place, "MatMul", 2) instanceof Step product) return new Scaled(product, 1);
        for (var operator : new String[] {"Div", "Mul"}) {
            if (!(only(place, operator, 2) instanceof Step step)) continue;
            double by = plan.number(step.in()[1]);
            if (Double.isFinite(by) && by != 0 && only(step.in()[0], "MatMul", 2) instanceof Step product)
                return new Scaled(product, operator.equals("Div") ? 1 / by : by);
        }
        return null;
    }

    private static Tensor attended(Call c, double scale, Step softmax) {
        Tensor q = c.x(0), k = c.x(1), v = c.x(2), mask = c.optional(3);
        boolean isHeads = q.rank() == 4 && k.rank() == 4 && v.rank() == 4 && (q.dtype() == DType.F32 || q.dtype() == DType.BF16)
                && k.dtype() == q.dtype() && v.dtype() == q.dtype() && (mask == null || mask.dtype() == q.dtype() && mask.rank() <= 4);
        for (int axis = 0; isHeads && axis < 2; axis++)
            isHeads = q.size(axis) == k.size(axis) && q.size(axis) == v.size(axis)
                    && (mask == null || mask.rank() < 4 || mask.size(axis) == 1 || mask.size(axis) == q.size(axis));
        if (isHeads && q.size(3) == k.size(2) && k.size(3) == v.size(2) && k.size(3) > 0 && q.size(3) > 0)
            return new Attention().withScale(scale).withBias(mask).of(q, k.transpose(), v);
        var scores = q.matmul(k).mul(scale);
        var shares = (Tensor) softmax.operator().meaning().of(new Call(softmax.node(), softmax.version(),
                new OnnxValue[] {OnnxValue.of(mask == null ? scores : scores.add(mask))}, Map.of(), null, c.limits()));
        return shares.matmul(v);
    }

    /** A convolution by constants whose result is only normalised, by constants too, has the norm's factors in its own. */
    private Step folded(Step norm) {
        if (norm.in().length < 5 || norm.out().length != 1 || plan.attributes(norm).flag("training_mode")) return null;
        if (!(only(norm.in()[0], "Conv", 2) instanceof Step conv) || conv.operator().meaning() instanceof Convolved) return null;
        boolean hasBias = conv.in().length > 2 && conv.in()[2] >= 0;
        Tensor w = floats(conv.in()[1]), bias = hasBias ? floats(conv.in()[2]) : null, scale = floats(norm.in()[1]),
                shift = floats(norm.in()[2]), mean = floats(norm.in()[3]), variance = floats(norm.in()[4]);
        if (w == null || hasBias && bias == null || scale == null || shift == null || mean == null || variance == null) return null;
        long channels = w.size(0);
        if (scale.count() != channels || shift.count() != channels || mean.count() != channels || variance.count() != channels) return null;
        var factor = scale.to(DType.F64).div(variance.to(DType.F64).add(plan.attributes(norm).number("epsilon", 1e-5f)).sqrt());
        var each = new long[w.rank()];
        Arrays.fill(each, 1);
        each[0] = channels;
        var weights = w.to(DType.F64).mul(factor.reshape(each)).to(DType.F32).compute();
        var centred = bias == null ? mean.to(DType.F64).neg() : bias.to(DType.F64).sub(mean.to(DType.F64));
        var offsets = centred.mul(factor).add(shift.to(DType.F64)).to(DType.F32).compute();
        return Preparation.with(norm, "Conv", new int[] {conv.in()[0]}, Convolved.of(conv, weights, offsets, null));
    }

    /** A convolution by itself, its weights arranged once if they are constant. */
    Step packed(Step conv) { return with(conv, convolved(conv, null), conv); }

    private Convolved convolved(Step conv, Op activation) {
        boolean hasBias = conv.in().length > 2 && conv.in()[2] >= 0;
        Tensor w = floats(conv.in()[1]), b = hasBias ? floats(conv.in()[2]) : null;
        return w == null || hasBias && b == null ? Convolved.of(conv, null, null, activation) : Convolved.of(conv, w, b, activation);
    }

    /** @param last the step whose results they are */
    private static Step with(Step conv, Convolved meaning, Step last) {
        return new Step(conv.node(), conv.version(), new Operator("", "Conv", conv.version(), meaning), null, conv.in(), last.out(),
                last.last(), conv.bodies());
    }

    private Step activated(Step step, Op activation) {
        if (!(only(step.in()[0], "Conv", 1) instanceof Step conv)) return null;
        if (conv.operator().meaning() instanceof Convolved c && c.activation() != null) return null;
        var meaning = conv.operator().meaning() instanceof Convolved c ? Convolved.of(c.conv(), c.weight(), c.offset(), activation)
                : convolved(conv, activation);
        return with(conv, meaning, step);
    }

    private Tensor floats(int place) {
        return plan.constant(place) instanceof OnnxValue.Array(var type, var x) && type == OnnxType.FLOAT && x.rank() > 0 ? x : null;
    }
}
