package lyceum.tensor;

import java.util.concurrent.atomic.AtomicLong;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.backend.Op;

/**
 * How a tensor was made, as far as gradients need it: the operation, the nodes of its operands, and those values that its pull-backs read, so that an
 * addition keeps no memory alive.
 */
final class GradNode implements Reading {
    private static final GradNode[] NONE = {};
    private static final Tensor[] NO_TENSORS = {};
    private static final AtomicLong NEXT = new AtomicLong();

    /** Later operations have higher numbers: descending order is a topological one. */
    final long number = NEXT.getAndIncrement();
    /** The lowest number among the leaves that lead here. */
    final long oldest;
    final Operation operation;
    final GradNode[] operands;
    final Shape[] shapes;
    final DType[] types;
    final Tensor leaf;
    /** The type of what the result was rounded from, in which its gradient may come as well; else null. */
    final DType wide;
    /** Of the operand as which its gradient is to lie, or null. */
    private final long[] strides;
    /** Operands, result, and what is kept beside, each where it is read; with the numbers of in-place writes that they had. Null if nothing is. */
    private Tensor[] saved;
    private int[] versions;
    /** Where it was called, of an operation that {@link Anomaly} watches; else null. */
    final String line;
    /** True once a sweep has dropped what was saved. */
    private boolean released;

    private GradNode(Operation operation, GradNode[] operands, Shape[] shapes, DType[] types, Tensor leaf, DType wide, long[] strides) {
        this.operation = operation;
        this.operands = operands;
        this.shapes = shapes;
        this.types = types;
        this.leaf = leaf;
        this.wide = wide;
        this.strides = strides;
        line = operation != null && Anomaly.isDetecting() ? Anomaly.line() : null;
        long oldest = leaf != null ? number : Long.MAX_VALUE;
        for (var operand : operands) if (operand != null) oldest = Math.min(oldest, operand.oldest);
        this.oldest = oldest;
    }

    static GradNode leaf(Tensor leaf) { return new GradNode(null, NONE, null, null, leaf, null, null); }

    /** The node that a leaf has from now on; null for a constant. */
    static GradNode required(Tensor x, boolean required) {
        x.checkFloat("requiresGrad_");
        var node = x.node();
        if (node != null && node.leaf == null)
            throw new IllegalStateException("requiresGrad_: this tensor of shape " + x.shape() + " was computed; take detach() of it");
        return !required ? null : node == null ? leaf(x) : node;
    }

    /** An operation on operands whose nodes are at hand, but not they themselves. */
    static GradNode of(Operation operation, GradNode[] operands, Shape[] shapes, DType[] types) {
        return new GradNode(operation, operands, shapes, types, null, null, null);
    }

    /** What is recorded from now on has this number or a higher one. */
    static long next() { return NEXT.get(); }

    /** True if an operation on these operands has to be recorded. */
    static boolean wanted(Tensor... operands) {
        boolean tracked = false;
        for (var operand : operands) tracked |= operand != null && operand.node() != null;
        return tracked && GradMode.isRecording();
    }

    /** Attaches to {@code result} how it was made. Call if {@link #wanted}. */
    static void attach(Operation operation, Tensor result, Tensor[] kept, Tensor... operands) {
        int n = operands.length, reads = 0;
        var nodes = new GradNode[n];
        var shapes = new Shape[n];
        var types = new DType[n];
        for (int i = 0; i < n; i++) {
            nodes[i] = operands[i].node();
            shapes[i] = operands[i].shape();
            types[i] = operands[i].dtype();
            if (nodes[i] != null) reads |= operation.reads(i);
        }
        int like = operation.gradientLiesAs();
        var node = new GradNode(operation, nodes, shapes, types, null, wide(operation, nodes, result.dtype(), types),
                like < 0 ? null : operands[like].view().strides());
        if (reads != 0 || kept != null) node.save(reads, result, kept, operands);
        result.recorded(node);
    }

    private static DType wide(Operation operation, GradNode[] operands, DType result, DType[] types) {
        if (operation instanceof ViewOps.Permute) return operands[0].wide;
        boolean rounds = operation instanceof ElementwiseOp e && e.op() == Op.CAST && result.bytes() == 2 && types[0] == DType.F32;
        return rounds ? DType.F32 : null;
    }

    private void save(int reads, Tensor result, Tensor[] kept, Tensor... operands) {
        int n = operands.length, more = kept == null ? 0 : kept.length;
        saved = new Tensor[n + 1 + more];
        versions = new int[saved.length];
        for (int i = 0; i < n; i++) if (reads == Operation.ALL || i < 31 && (reads >> i & 1) != 0) save(i, operands[i]);
        if ((reads & Operation.RESULT) != 0) save(n, result);
        for (int i = 0; i < more; i++) if (kept[i] != null) save(n + 1 + i, kept[i]);
    }

    private void save(int place, Tensor tensor) {
        var pending = tensor.pending();
        if (pending != null) pending.readers().incrementAndGet(); // so that it is stored when it is first computed
        saved[place] = tensor;
        versions[place] = tensor.version();
    }

    /** The operation, if its result is a part of the operand without gaps; else null. */
    ViewOps.Slice part() { return operation instanceof ViewOps.Slice slice && slice.step() == 1 ? slice : null; }

    /** Drops what was saved: a sweep has read it for the last time. */
    void release() {
        if (operation instanceof Checkpoint.Rerun rerun) rerun.release();
        if (saved == null) return;
        saved = null;
        versions = null;
        released = true;
    }

    /** What is saved, places without anything as null. */
    Tensor[] saved() { return saved == null ? NO_TENSORS : saved; }

    private Tensor get(int place, String what) {
        if (released) throw new LyceumException("backward of " + operation.text()
                + ": an earlier sweep has dropped what it saved; run that one by BackwardPass.of(loss).retained(), or compute the loss anew");
        var tensor = saved == null ? null : saved[place];
        if (tensor == null)
            throw new AssertionError("backward of " + operation.text() + " reads " + what + ", which its record does not say");
        if (tensor.version() != versions[place]) throw new LyceumException("backward of " + operation.text() + ": a value of shape "
                + tensor.shape() + " that it needs was changed in place; write to a copy, or after backward");
        return tensor;
    }

    @Override public Tensor operand(int i) { return get(i, "operand " + i); }

    @Override public Tensor result() { return get(operands.length, "the result"); }

    @Override public Tensor kept(int i) { return get(operands.length + 1 + i, "what was kept"); }

    @Override public int kept() { return saved == null ? 0 : saved.length - operands.length - 1; }

    @Override public Shape shape(int i) { return shapes[i]; }

    @Override public DType type(int i) { return types[i]; }

    @Override public DType gradientType(int i) { return isTracked(i) && operands[i].wide != null ? operands[i].wide : types[i]; }

    @Override public boolean isTracked(int i) { return i < operands.length && operands[i] != null; }

    @Override public long[] strides() { return strides; }

    @Override public int operands() { return operands.length; }
}
