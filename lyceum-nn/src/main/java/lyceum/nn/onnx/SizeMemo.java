package lyceum.nn.onnx;

import java.util.List;
import java.util.Set;
import lyceum.memory.Scope;
import lyceum.nn.onnx.Plan.Step;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/**
 * What a step gave that computes with sizes alone. Exporters ask for shapes, pick numbers out of them and put them together again, hundreds of steps of a few numbers, which give
 * the same in each run on inputs of the same sizes: there a step is known by its inputs, which are then the very objects of before.
 *
 * <p>Safe for threads: runs on other sizes replace what is kept, and none sees half of it.
 */
final class SizeMemo {
    private static final Set<String> SIZES = Set.of("Shape", "Size");
    /** Bytes of a result that is kept: what is larger has a block of memory to itself, which a run would hand to its caller as it is. */
    private static final long MOST = 1 << 15;

    private record Entry(Shape shape, OnnxValue[] in, OnnxValue[] out) {}

    private final boolean asksForShape;
    private volatile Entry last;

    private SizeMemo(boolean asksForShape) { this.asksForShape = asksForShape; }

    /**
     * One for each step whose results follow from shapes and constants, null for the others.
     *
     * @param initial the frame with the constants in it
     * @param inputs places whose constants a run may replace
     * @param outputs places whose values leave the plan, to whoever may write to them
     */
    static SizeMemo[] of(List<Step> steps, OnnxValue[] initial, int[] inputs, int[] outputs) {
        var known = new boolean[initial.length];
        var isSize = new boolean[initial.length];
        var leaves = new boolean[initial.length];
        for (int place = 0; place < known.length; place++) known[place] = initial[place] != null;
        for (int place : inputs) known[place] = false;
        for (int place : outputs) leaves[place] = true;
        var memos = new SizeMemo[steps.size()];
        for (int s = 0; s < memos.length; s++) {
            var step = steps.get(s);
            if (step.operator() == null || !step.bodies().isEmpty() || Preparation.draws(step)) continue;
            boolean asks = step.operator().domain().isEmpty() && SIZES.contains(step.operator().name()), fits = asks;
            if (!asks) {
                boolean all = true;
                for (int place : step.in()) {
                    if (place < 0) continue;
                    fits |= isSize[place];
                    all &= isSize[place] || known[place];
                }
                fits &= all;
            }
            for (int place : step.out()) fits &= place < 0 || !leaves[place];
            if (!fits) continue;
            memos[s] = new SizeMemo(asks);
            for (int place : step.out()) if (place >= 0) isSize[place] = true;
        }
        return memos;
    }

    /** Whether the step's results are known for what the frame holds; they are in it then. */
    boolean recalls(Step step, OnnxValue[] frame) {
        var entry = last;
        if (entry == null) return false;
        int[] in = step.in(), out = step.out();
        if (asksForShape) {
            if (!(frame[in[0]] instanceof OnnxValue.Array(var type, var x)) || !x.shape().equals(entry.shape)) return false;
        } else for (int i = 0; i < in.length; i++) if (in[i] >= 0 && frame[in[i]] != entry.in[i]) return false;
        for (int i = 0; i < out.length; i++) if (out[i] >= 0) frame[out[i]] = entry.out[i];
        return true;
    }

    /** Keeps what the step has given, if it is little; the frame then holds what is kept. */
    void keep(Step step, OnnxValue[] frame) {
        int[] in = step.in(), out = step.out();
        var results = new OnnxValue[out.length];
        for (int i = 0; i < out.length; i++) {
            if (out[i] < 0) continue;
            if (!(frame[out[i]] instanceof OnnxValue.Array(var type, var x)) || x.count() * x.dtype().bytes() > MOST) return;
            results[i] = new OnnxValue.Array(type, kept(x));
        }
        var inputs = new OnnxValue[in.length];
        for (int i = 0; i < in.length; i++) inputs[i] = in[i] < 0 ? null : frame[in[i]];
        if (asksForShape && !(inputs[0] instanceof OnnxValue.Array)) return;
        last = new Entry(asksForShape ? ((OnnxValue.Array) inputs[0]).tensor().shape() : null, asksForShape ? null : inputs, results);
        for (int i = 0; i < out.length; i++) if (out[i] >= 0) frame[out[i]] = results[i];
    }

    /** A copy that belongs to no run. */
    private static Tensor kept(Tensor x) {
        var copy = new Tensor[1];
        Scope.within(null, () -> copy[0] = x.copy().compute());
        return copy[0];
    }
}
