package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.nn.onnx.Plan.Step;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.Tensor;

/** What is done to a plan once, so that each run has less to do: constants worked out, weights packed, nodes of a layer norm joined. */
final class Preparation {
    private static final Set<String> DRAWS = Set.of("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli",
            "Multinomial", "Dropout");
    private static final long MOST_FOLDED = 1 << 20;

    private final Map<Integer, OnnxValue> constants;
    private final Set<Integer> open;
    private final OnnxLimits limits;
    private final List<Step> steps = new ArrayList<>();
    private final Map<Integer, Step> makers = new HashMap<>();
    private final Map<Integer, Integer> readers = new HashMap<>();

    /** @param open places of constants that a run may replace, and of values that others read */
    Preparation(Map<Integer, OnnxValue> constants, Set<Integer> open, OnnxLimits limits) {
        this.constants = constants;
        this.open = open;
        this.limits = limits.withElements(Math.min(limits.elements(), MOST_FOLDED));
    }

    List<Step> of(List<Step> given) {
        for (var step : given) if (!folded(step)) steps.add(step);
        for (var step : steps) {
            for (int place : step.out()) makers.put(place, step);
            for (int place : step.in()) readers.merge(place, 1, Integer::sum);
            for (var body : step.bodies().values()) for (int place : body.origin()) readers.merge(place, 2, Integer::sum);
        }
        for (int i = 0; i < steps.size(); i++) {
            var joined = layerNorm(steps.get(i));
            steps.set(i, joined != null ? joined : packed(steps.get(i)));
        }
        return needed();
    }

    private OnnxValue constant(int place) { return place < 0 || open.contains(place) ? null : constants.get(place); }

    private boolean folded(Step step) {
        if (step.operator() == null || !step.bodies().isEmpty() || DRAWS.contains(step.operator().name())) return false;
        for (int place : step.in()) if (place >= 0 && constant(place) == null) return false;
        for (int place : step.out()) if (open.contains(place)) return false;
        try {
            var frame = new OnnxValue[Math.max(Arrays.stream(step.in()).max().orElse(0), Arrays.stream(step.out()).max().orElse(0)) + 1];
            for (int place : step.in()) if (place >= 0) frame[place] = constants.get(place);
            Plan.run(step, frame, limits);
            for (int place : step.out()) if (place >= 0) constants.put(place, computed(frame[place]));
            return true;
        } catch (IllegalArgumentException | LyceumException e) {
            return false; // the run will tell, if it comes to that
        }
    }

    private static OnnxValue computed(OnnxValue value) {
        return value instanceof OnnxValue.Array(var type, var x) ? new OnnxValue.Array(type, x.compute()) : value;
    }

    private static Step with(Step step, String operator, int[] in, Operator.Meaning meaning) {
        return new Step(step.node(), step.version(), new Operator("", operator, step.version(), meaning), null, in, step.out(), step.last(),
                step.bodies());
    }

    private static boolean is(Step step, String operator, int inputs) {
        return step != null && step.operator() != null && step.operator().domain().isEmpty() && step.operator().name().equals(operator)
                && step.in().length >= inputs;
    }

    /** A product with a constant matrix. */
    private Step packed(Step step) {
        boolean gemm = is(step, "Gemm", 2);
        if (!gemm && !is(step, "MatMul", 2) || constant(step.in()[0]) != null) return step;
        if (!(constant(step.in()[1]) instanceof OnnxValue.Array(var type, var w)) || w.rank() != 2 || !w.dtype().isFloat()) return step;
        if (!gemm) {
            var matrix = PackedMatrix.of(w);
            return with(step, "MatMul", step.in(), c -> c.x(0).dtype() == w.dtype() ? c.x(0).matmul(matrix) : c.x(0).matmul(c.x(1)));
        }
        var call = new Call(step.node(), step.version(), new OnnxValue[0], Map.of(), null, limits);
        if (call.number("alpha", 1) != 1 || call.number("beta", 1) != 1 || call.flag("transA")) return step;
        var matrix = PackedMatrix.of(call.flag("transB") ? w.transpose() : w);
        return with(step, "Gemm", step.in(), c -> {
            if (c.x(0).dtype() != w.dtype()) return step.operator().meaning().of(c);
            var y = c.x(0).matmul(matrix);
            return c.has(2) ? y.add(c.x(2)) : y;
        });
    }

    /** The step that makes a place which is read nowhere else, if its operator is the one. */
    private Step only(int place, String operator, int reads) {
        var step = makers.get(place);
        return is(step, operator, operator.equals("ReduceMean") || operator.equals("Sqrt") ? 1 : 2)
                && readers.getOrDefault(place, 0) == reads && !open.contains(place) ? step : null;
    }

    /** {@code (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * w + b} over the last axis, as exporters write it before operator set 17. */
    private Step layerNorm(Step add) {
        if (!is(add, "Add", 2)) return null;
        for (int side = 0; side < 2; side++) {
            var mul = only(add.in()[side], "Mul", 1);
            if (mul == null) continue;
            for (int other = 0; other < 2; other++) {
                var div = only(mul.in()[other], "Div", 1);
                if (div == null) continue;
                var d = only(div.in()[0], "Sub", 2);
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
        if (!(constant(square.in()[1]) instanceof OnnxValue.Array(var t, var two)) || two.count() != 1
                || two.reshape().to(DType.F64).item() != 2)
            return null;
        if (!(constant(sum.in()[1 - k]) instanceof OnnxValue.Array(var u, var small)) || small.count() != 1) return null;
        if (!(constant(mul.in()[1 - other]) instanceof OnnxValue.Array(var v, var w)) || w.rank() != 1) return null;
        if (!(constant(add.in()[1 - side]) instanceof OnnxValue.Array(var z, var b)) || b.rank() != 1 || b.count() != w.count())
            return null;
        double epsilon = small.reshape().to(DType.F64).item();
        return with(add, "LayerNormalization", new int[] {d.in()[0], mul.in()[1 - other], add.in()[1 - side]},
                c -> normed(c.x(0), c.x(1), c.x(2), epsilon));
    }

    private static Tensor normed(Tensor x, Tensor w, Tensor b, double epsilon) {
        if (x.size(-1) == w.count()) return x.layerNorm(w, b, epsilon);
        var d = x.sub(x.mean(-1, true));
        return d.div(d.square().mean(-1, true).add(epsilon).sqrt()).mul(w).add(b);
    }

    /** Whether a reduction is of the last axis alone and keeps it. */
    private boolean last(Step reduce) {
        var call = new Call(reduce.node(), reduce.version(), new OnnxValue[0], Map.of(), null, limits);
        long[] axes = call.integers("axes");
        if (reduce.in().length > 1 && constant(reduce.in()[1]) instanceof OnnxValue.Array(var type, var x))
            axes = x.to(DType.I64).toLongArray();
        return axes.length == 1 && axes[0] == -1 && call.integer("keepdims", 1) != 0;
    }

    /** Steps whose results are read, going back from the end. */
    private List<Step> needed() {
        var read = new HashSet<>(open);
        var kept = new ArrayList<Step>();
        for (var step : steps.reversed()) {
            if (Arrays.stream(step.out()).noneMatch(read::contains)) continue;
            for (int place : step.in()) read.add(place);
            for (var body : step.bodies().values()) for (int place : body.origin()) read.add(place);
            kept.add(step);
        }
        return kept.reversed();
    }
}
