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

/** What is done to a plan once, so that each run has less to do: constants worked out, weights packed, {@link Patterns} of nodes joined. */
final class Preparation {
    private static final Set<String> DRAWS = Set.of("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli",
            "Multinomial", "Dropout");
    private static final long MOST_FOLDED = 1 << 20;

    private final Map<Integer, OnnxValue> constants;
    private final Set<Integer> open;
    private final OnnxLimits limits;
    private final List<Step> steps = new ArrayList<>();
    private final Map<Integer, Step> makers = new HashMap<>();
    private final Map<String, Step> seen = new HashMap<>();
    private final Map<Integer, Integer> twins = new HashMap<>();
    private final Map<Integer, Integer> readers = new HashMap<>();

    /** @param open places of constants that a run may replace, and of values that others read */
    Preparation(Map<Integer, OnnxValue> constants, Set<Integer> open, OnnxLimits limits) {
        this.constants = constants;
        this.open = open;
        this.limits = limits.withElements(Math.min(limits.elements(), MOST_FOLDED));
    }

    List<Step> of(List<Step> given) {
        var captured = new HashSet<>(open);
        for (var step : given) for (var body : step.bodies().values()) for (int place : body.origin()) captured.add(place);
        for (var step : given) {
            var mapped = mapped(step);
            if (!folded(mapped) && !repeated(mapped, captured)) steps.add(mapped);
        }
        for (var step : steps) {
            for (int place : step.out()) makers.put(place, step);
            for (int place : step.in()) readers.merge(place, 1, Integer::sum);
            for (var body : step.bodies().values()) for (int place : body.origin()) readers.merge(place, 2, Integer::sum);
        }
        var patterns = new Patterns(this);
        for (int i = 0; i < steps.size(); i++) {
            var joined = patterns.joined(steps.get(i));
            if (joined != null) for (int place : joined.out()) makers.put(place, joined);
            steps.set(i, joined != null ? joined : is(steps.get(i), "Conv", 2) ? patterns.packed(steps.get(i)) : packed(steps.get(i)));
        }
        return needed();
    }

    /** Whether a step draws numbers, and so gives others each time. */
    static boolean draws(Step step) { return DRAWS.contains(step.operator().name()); }

    /** The step on the places of steps that it repeats. */
    private Step mapped(Step step) {
        if (twins.isEmpty()) return step;
        var in = step.in().clone();
        for (int i = 0; i < in.length; i++) in[i] = twins.getOrDefault(in[i], in[i]);
        return new Step(step.node(), step.version(), step.operator(), step.function(), in, step.out(), step.last(), step.bodies());
    }

    /** Whether an earlier step gives the same: its results then stand for this one's. @param captured places that keep their step */
    private boolean repeated(Step step, Set<Integer> captured) {
        if (step.operator() == null || !step.bodies().isEmpty() || draws(step)) return false;
        var key = new StringBuilder(step.operator().domain()).append(':').append(step.operator().name()).append(Arrays.toString(step.in()))
                .append(step.out().length);
        for (var attribute : step.node().attributes().values()) {
            key.append('\n').append(attribute.name()).append('=');
            var value = attribute.value();
            if (value instanceof Long || value instanceof Float) key.append(value);
            else if (value instanceof long[] numbers) key.append(Arrays.toString(numbers));
            else if (value instanceof float[] numbers) key.append(Arrays.toString(numbers));
            else if (value instanceof byte[] text) key.append(Arrays.toString(text));
            else return false;
        }
        for (int place : step.out()) if (captured.contains(place)) return false;
        var first = seen.putIfAbsent(key.toString(), step);
        if (first == null) return false;
        for (int i = 0; i < step.out().length; i++) if (step.out()[i] >= 0) {
            if (first.out()[i] < 0) return false;
            twins.put(step.out()[i], first.out()[i]);
        }
        return true;
    }

    OnnxValue constant(int place) { return place < 0 || open.contains(place) ? null : constants.get(place); }

    private boolean folded(Step step) {
        if (step.operator() == null || !step.bodies().isEmpty() || draws(step)) return false;
        for (int place : step.in()) if (place >= 0 && constant(place) == null) return false;
        for (int place : step.out()) if (open.contains(place)) return false;
        try {
            int last = 0;
            for (int place : step.in()) last = Math.max(last, place);
            for (int place : step.out()) last = Math.max(last, place);
            var frame = new OnnxValue[last + 1];
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

    static Step with(Step step, String operator, int[] in, Operator.Meaning meaning) {
        return new Step(step.node(), step.version(), new Operator("", operator, step.version(), meaning), null, in, step.out(), step.last(),
                step.bodies());
    }

    static boolean is(Step step, String operator, int inputs) {
        return step != null && step.operator() != null && step.operator().domain().isEmpty() && step.operator().name().equals(operator)
                && step.in().length >= inputs;
    }

    /** A product with a constant matrix, or a layer of such products. */
    private Step packed(Step step) {
        boolean isGru = is(step, "GRU", 3); // whose recurrent weights are multiplied in parts
        if (isGru || is(step, "LSTM", 3) || is(step, "RNN", 3)) {
            PackedMatrix[] w = directions(step.in()[1]), r = isGru ? null : directions(step.in()[2]);
            return w == null || !isGru && r == null ? step
                    : with(step, step.operator().name(), step.in(), c -> RecurrentOperators.run(c, w, r));
        }
        boolean gemm = is(step, "Gemm", 2);
        if (!gemm && !is(step, "MatMul", 2) || constant(step.in()[0]) != null) return step;
        if (!(constant(step.in()[1]) instanceof OnnxValue.Array(var type, var w)) || w.rank() != 2 || !w.dtype().isFloat()) return step;
        if (!gemm) {
            var matrix = PackedMatrix.of(w);
            return with(step, "MatMul", step.in(), c -> c.x(0).dtype() == w.dtype() ? c.x(0).matmul(matrix) : c.x(0).matmul(c.x(1)));
        }
        var call = attributes(step);
        if (call.number("alpha", 1) != 1 || call.number("beta", 1) != 1 || call.flag("transA")) return step;
        var matrix = PackedMatrix.of(call.flag("transB") ? w.transpose() : w);
        return with(step, "Gemm", step.in(), c -> {
            if (c.x(0).dtype() != w.dtype()) return step.operator().meaning().of(c);
            var y = c.x(0).matmul(matrix);
            return c.has(2) ? y.add(c.x(2)) : y;
        });
    }

    /** The matrices of each direction, turned over, if they are constant. */
    private PackedMatrix[] directions(int place) {
        if (!(constant(place) instanceof OnnxValue.Array(var type, var w)) || w.rank() != 3 || !w.dtype().isFloat()) return null;
        var all = new PackedMatrix[(int) w.size(0)];
        for (int d = 0; d < all.length; d++) all[d] = PackedMatrix.of(w.select(0, d).transpose());
        return all;
    }

    /** The step that makes a place which is read so often and no output, if its operator is the one. */
    Step made(int place, String operator, int inputs, int reads) {
        var step = place < 0 ? null : makers.get(place);
        return is(step, operator, inputs) && readers.getOrDefault(place, 0) == reads && !open.contains(place) ? step : null;
    }

    /** The one number that a constant holds, or NaN. */
    double number(int place) {
        return constant(place) instanceof OnnxValue.Array(var type, var x) && x.count() == 1 && type.isNative()
                ? x.reshape().to(DType.F64).item() : Double.NaN;
    }

    /** A step's attributes, and no inputs. */
    Call attributes(Step step) { return new Call(step.node(), step.version(), new OnnxValue[0], Map.of(), null, limits); }

    /** Steps whose results are read, going back from the end. */
    private List<Step> needed() {
        var read = new HashSet<>(open);
        var kept = new ArrayList<Step>();
        for (var step : steps.reversed()) {
            boolean isRead = false;
            for (int place : step.out()) isRead |= read.contains(place);
            if (!isRead) continue;
            for (int place : step.in()) read.add(place);
            for (var body : step.bodies().values()) for (int place : body.origin()) read.add(place);
            kept.add(step);
        }
        return kept.reversed();
    }
}
