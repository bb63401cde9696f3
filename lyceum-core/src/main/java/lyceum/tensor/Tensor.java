package lyceum.tensor;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Op;
import lyceum.backend.View;
import lyceum.memory.Scope;
import lyceum.memory.Storage;
import lyceum.random.Rng;

/**
 * An n-dimensional array of one element type, with gradients.
 *
 * {@snippet :
 * var x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
 * var y = x.matmul(w).add(b).relu();
 * var mean = y.mean(0);
 * }
 *
 * <p><b>Value.</b> A tensor does not change under its reader: operations return new tensors, views share memory with their origin, and the
 * few writes in place end in an underscore. Shapes broadcast by NumPy's rule; element types follow {@link DType#promote}; a Java number takes
 * the tensor's type if that can hold it.
 *
 * <p><b>When it computes.</b> Errors of shape and type come at the call. Element-wise results are computed when they are read, a whole chain
 * in one pass over memory; products, too, together with what follows them.
 *
 * <p><b>Memory</b> is off-heap and returns by itself when a tensor is unreachable; see {@link lyceum.memory.Scope} for hot loops.
 *
 * <p><b>Gradients.</b> Operations on a tensor with {@link #requiresGrad()} are recorded; {@link #backward()} fills {@link #grad()} of the leaves.
 *
 * <p>Safe for concurrent readers.
 */
public final class Tensor implements ElementwiseOps, ReductionOps, ShapeOps, IndexOps, ContractionOps, WindowOps, InPlaceOps, ArrayOps {
    private final DType dtype;
    private final Shape shape;
    private volatile View view;
    private volatile PendingValue pending;
    private GradNode node;
    private Tangents tangents;
    private volatile Tensor grad;

    /** A pending tensor. */
    Tensor(DType dtype, Shape shape, PendingValue pending) {
        this.dtype = dtype;
        this.shape = shape;
        this.pending = pending;
    }

    /** A stored tensor. */
    Tensor(View view, Shape shape) {
        this.dtype = view.dtype();
        this.shape = shape;
        this.view = view;
    }

    // Creation. Numbers of Java give F64 from double, F32 from float, I32 from int, I64 from long.

    /** A vector. */
    public static Tensor of(double... values) { return of(values, values.length); }

    public static Tensor of(float... values) { return of(values, values.length); }

    public static Tensor of(int... values) { return of(values, values.length); }

    public static Tensor of(long... values) { return of(values, values.length); }

    public static Tensor of(boolean... values) { return of(values, values.length); }

    /** Row-major {@code values} in the given shape; the array is copied. @throws ShapeException if their numbers differ */
    public static Tensor of(double[] values, long... shape) { return Creation.of(DType.F64, values, values.length, shape); }

    public static Tensor of(float[] values, long... shape) { return Creation.of(DType.F32, values, values.length, shape); }

    public static Tensor of(int[] values, long... shape) { return Creation.of(DType.I32, values, values.length, shape); }

    public static Tensor of(long[] values, long... shape) { return Creation.of(DType.I64, values, values.length, shape); }

    public static Tensor of(boolean[] values, long... shape) { return Creation.of(values, shape); }

    /** A matrix from its rows. @throws ShapeException if the rows' lengths differ */
    public static Tensor of(double[][] rows) { return Creation.of(rows); }

    /** A scalar (shape {@code ()}) of type F64. */
    public static Tensor scalar(double value) { return full(DType.F64, value); }

    /** Zeros of type F32. */
    public static Tensor zeros(long... shape) { return full(DType.F32, 0, shape); }

    public static Tensor zeros(DType dtype, long... shape) { return full(dtype, 0, shape); }

    /** Ones of type F32. */
    public static Tensor ones(long... shape) { return full(DType.F32, 1, shape); }

    public static Tensor ones(DType dtype, long... shape) { return full(dtype, 1, shape); }

    /** {@code value} everywhere; for an integer type it is truncated towards zero and saturated to the type's range. */
    public static Tensor full(DType dtype, double value, long... shape) { return Creation.full(dtype, value, Shape.of(shape)); }

    /** {@code value} everywhere; exact in I64. */
    public static Tensor full(DType dtype, long value, long... shape) { return Creation.full(dtype, value, Shape.of(shape)); }

    public Tensor zerosLike() { return Creation.full(dtype, 0, shape); }

    public Tensor onesLike() { return Creation.full(dtype, 1, shape); }

    /** {@code 0, 1, ..., n - 1} of type I64. */
    public static Tensor arange(long n) { return arange(0, n, 1); }

    /** {@code start, start + step, ...} below {@code stop} (above it for a negative step), of type I64, as the arguments are whole numbers. */
    public static Tensor arange(long start, long stop, long step) { return Creation.arange(start, stop, step); }

    /** {@code start, start + step, ...} below {@code stop} (above it for a negative step), of type F64: {@code arange(0.0, 5, 1)}. */
    public static Tensor arange(double start, double stop, double step) { return Creation.arange(start, stop, step); }

    /** {@code n} evenly spaced values from {@code start} to {@code stop}, both included, of type F64. */
    public static Tensor linspace(double start, double stop, int n) { return Creation.linspace(start, stop, n); }

    /** {@code n} values from {@code 10^start} to {@code 10^stop} whose logarithms are evenly spaced, of type F64. */
    public static Tensor logspace(double start, double stop, int n) { return Creation.logspace(start, stop, n); }

    /** The identity matrix of type F32. */
    public static Tensor eye(long n) { return eye(DType.F32, n); }

    public static Tensor eye(DType dtype, long n) { return Creation.eye(dtype, n); }

    /** Uniform on [0, 1), F32. Element i depends on the stream and i alone. */
    public static Tensor rand(Rng rng, long... shape) { return rand(rng, DType.F32, shape); }

    public static Tensor rand(Rng rng, DType dtype, long... shape) { return Creation.rand(rng, dtype, shape); }

    /** Standard normal, F32. */
    public static Tensor randn(Rng rng, long... shape) { return randn(rng, DType.F32, shape); }

    public static Tensor randn(Rng rng, DType dtype, long... shape) { return Creation.randn(rng, dtype, shape); }

    /** Uniform integers of {@code low .. high - 1}, I64. */
    public static Tensor randint(Rng rng, long low, long high, long... shape) { return Creation.randint(rng, low, high, shape); }

    /** A tensor over existing memory, row-major from the storage's first byte: for file formats. @throws ShapeException if it is too small */
    public static Tensor on(Storage storage, long byteOffset, DType dtype, long... shape) {
        return Creation.on(storage, byteOffset, dtype, shape);
    }

    /** Joins tensors along an existing axis; all other sizes must agree. */
    public static Tensor concat(int axis, Tensor... parts) { return ConcatOp.concat(axis, parts); }

    /** Joins tensors of the same shape along a new axis. */
    public static Tensor stack(int axis, Tensor... parts) { return ConcatOp.stack(axis, parts); }

    /** The coordinates of a grid over vectors, first axis first ({@code indexing="ij"}): {@code meshgrid(x, y)[0]} is x along the rows. Views. */
    public static Tensor[] meshgrid(Tensor... vectors) { return ArrayOps.grid(vectors); }

    /** Sum over the indices that the output lacks: {@code einsum("bhqd,bhkd->bhqk", q, k)}. See {@link Einsum}. */
    public static Tensor einsum(String equation, Tensor... operands) { return Einsum.einsum(equation, operands); }

    /** {@code condition ? a : b}, broadcast. */
    public static Tensor where(Tensor condition, Tensor a, Tensor b) { return condition.where(a, b); }

    /**
     * Updates several tensors of the same shape in place, in one pass over memory where their new values are element-wise: how optimisers update a
     * parameter together with its moments.
     *
     * {@snippet :
     * Tensor.update_(new Tensor[] {m, w}, old -> {
     *     var moment = old[0].mul(0.9).add(gradient);
     *     return new Tensor[] {moment, old[1].sub(moment.mul(rate))};
     * });
     * }
     *
     * @param f gives the new values from the old ones; it must not keep the tensors that it makes
     * @throws lyceum.LyceumException if one of them is part of a recorded computation and recording is on, lies in a mapped file, or is a view
     *         whose elements share memory
     */
    public static void update_(Tensor[] tensors, UnaryOperator<Tensor[]> f) {
        for (var tensor : tensors) Updating.checkWritable("update_", tensor);
        Updating.update(tensors, f);
    }

    /**
     * {@link #update_(Tensor[], java.util.function.UnaryOperator)} for many groups of tensors by one element-wise formula, which is turned into a
     * program once: how an optimiser moves all parameters of a network.
     *
     * @param groups the tensors to write, as many in each group, of one shape and in each place of one type; shapes may differ between groups
     * @param others what each group's new values depend on besides the old ones, in the group's shape
     * @param f gives a group's new values from the old ones, followed by the others; it must treat all shapes alike and must not keep the tensors it creates
     * @throws IllegalArgumentException if the numbers of groups and others differ, or groups have different numbers of tensors
     * @throws lyceum.LyceumException as there
     */
    public static void updateEach_(Tensor[][] groups, Tensor[][] others, UnaryOperator<Tensor[]> f) {
        if (groups.length != others.length) throw new IllegalArgumentException(
                "updateEach_: " + others.length + " others for " + groups.length + " groups; each group has its own, if empty");
        for (int i = 1; i < groups.length; i++)
            if (groups[i].length != groups[0].length || others[i].length != others[0].length)
                throw new IllegalArgumentException("updateEach_: group " + i + " has " + groups[i].length + " tensors and "
                        + others[i].length + " others, the first " + groups[0].length + " and " + others[0].length);
        for (var group : groups) for (var tensor : group) Updating.checkWritable("updateEach_", tensor);
        Updating.updateEach(groups, others, f);
    }

    // What it is.

    public DType dtype() { return dtype; }

    public Shape shape() { return shape; }

    public int rank() { return shape.rank(); }

    /** Number of elements. */
    public long count() { return shape.count(); }

    /** Size of an axis; negative axes count from the last. */
    public long size(int axis) { return shape.size(axis); }

    public boolean isContiguous() { return view().isContiguous(); }

    // What it holds.

    /** The only element. @throws ShapeException unless there is exactly one */
    public double item() { return Items.item(this); }

    /** The element at an index; negative indices count from the end. */
    public double item(long... index) { return Items.item(this, index); }

    /** The element at an index as a long; floats are truncated. */
    public long itemLong(long... index) { return Items.itemLong(this, index); }

    /** All elements in row-major order. */
    public double[] toDoubleArray() { return Items.doubles(this); }

    public float[] toFloatArray() { return Items.floats(this); }

    /** The same into the first places of an array, which may be longer. @throws ShapeException if it is shorter */
    public void toFloatArray(float[] into) { Items.floats(this, into); }

    public int[] toIntArray() { return Items.ints(this); }

    public long[] toLongArray() { return Items.longs(this); }

    public boolean[] toBooleanArray() { return Items.booleans(this); }

    /** The rows of a matrix. @throws ShapeException if the rank is not 2 */
    public double[][] toRows() { return Items.rows(this); }

    /** The elements in memory, row-major and in {@code type}, to be read: it may be this tensor's own memory. No gradient passes. */
    public View values(DType type) { return Items.values(this, type); }

    /** Formatted as in NumPy: rows in brackets, the middle of long axes left out, columns aligned. */
    @Override public String toString() { return Tracing.untold(() -> Printer.print(this)); }

    // Memory.

    /** What a kernel needs to know; produces the value if it is pending. */
    public View view() {
        var v = view;
        if (v != null) return v;
        if (Fusion.isShapesOnly()) return ShapesOnly.hollow(dtype, shape); // and stays pending, for whoever computes it
        Fusion.produce(this);
        return view;
    }

    View viewIfStored() { return view; }

    PendingValue pending() { return view != null ? null : pending; }

    void publish(View produced) {
        if (view != null) return;
        var done = pending;
        view = produced;
        pending = null;
        if (done != null) done.readers().handOver(produced.storage());
    }

    /** Declares that nothing new will be computed from this tensor, so its value need not be kept. Returns this. */
    Tensor dismiss() {
        var work = pending();
        if (work != null) work.readers().dismiss();
        return this;
    }

    /** Moves a pending value to another scope, or out of all scopes if null. */
    void moveTo(Scope scope) {
        var work = pending();
        if (work != null) pending = work.in(scope);
    }

    /** Makes a pending value read copies of what {@code storage} holds now. */
    synchronized void readCopies(Storage storage) {
        var work = pending();
        if (work != null) pending = work.withCopies(storage);
    }

    /** Computes a pending value now. Returns this. */
    public Tensor compute() {
        view();
        return this;
    }

    /** Number of in-place writes so far to the memory behind this tensor. */
    int version() {
        var v = view;
        return v == null ? 0 : v.storage().version();
    }

    /** Keeps this tensor beyond the scope's end: it then belongs to the enclosing scope or to the collector. Returns this. */
    public Tensor keptBy(Scope scope) {
        scope.keep(view().storage());
        return this;
    }

    // Gradients.

    /** A leaf with this value whose gradient {@link #backward()} will collect. @throws lyceum.DTypeException unless the type is a float */
    public Tensor requiresGrad() {
        checkFloat("requiresGrad");
        return detach().asLeaf();
    }

    void checkFloat(String operation) {
        if (!dtype.isFloat()) throw new lyceum.DTypeException(operation + ": a derivative needs a float type, not " + dtype);
    }

    Tensor asLeaf() {
        node = GradNode.leaf(this);
        return this;
    }

    /** Makes this leaf trainable, or freezes it. In place; returns this. @throws IllegalStateException if it was computed from recorded tensors */
    public Tensor requiresGrad_(boolean required) {
        node = GradNode.required(this, required);
        return this;
    }

    /** True if operations on this tensor are recorded. */
    public boolean isTracked() { return node != null; }

    /** The gradient that {@link #backward()} has collected in this leaf so far, or null if it has none yet. */
    public Tensor grad() { return grad; }

    /** Forgets the collected gradient. */
    public void zeroGrad() { grad = null; }

    /** Adds to the collected gradient of a leaf. Several threads may do so at once. */
    void collect(Tensor gradient) {
        synchronized (node) {
            grad = grad == null ? gradient : grad.add(gradient).compute();
        }
    }

    /**
     * Gradients of this scalar with respect to all leaves it was computed from, added to what they hold. What operations saved for it is dropped on the
     * way, so that a second call fails where it would need that; {@link BackwardPass} can retain it.
     *
     * @throws ShapeException unless scalar
     */
    public void backward() {
        if (count() != 1) throw new ShapeException("backward: shape " + shape + " is not a scalar; pass the gradient to start from");
        backward(onesLike());
    }

    /** Like {@link #backward()}, from a gradient of this tensor's shape. */
    public void backward(Tensor gradient) { BackwardPass.of(this).from(gradient).run(); }

    /** The same value, not recorded. Shares memory. */
    public Tensor detach() {
        var result = shared();
        return Tracing.on() ? Tracing.made(ViewOps.STOP, result, null, this) : result;
    }

    /** The same value under another name, without history and tangents. */
    Tensor shared() {
        var work = pending();
        if (work != null) work.readers().addAndGet(2); // it will be read through here as well: store it when it is first computed
        return new Tensor(view(), shape);
    }

    /** The tangent of a level of forward mode; null for zero. */
    Tensor tangent(Object level) { return tangents == null ? null : Tangents.of(level, tangents); }

    /** Gives this tensor a tangent for a level. Returns this. */
    Tensor carry(Object level, Tensor tangent) {
        tangents = new Tangents(level, tangent, tangents);
        return this;
    }

    GradNode node() { return node; }

    Tensor recorded(GradNode node) {
        this.node = node;
        return this;
    }

    /** This tensor in another type; itself if it has that type. See {@link DType} for what each holds; floats to integers truncate and saturate. */
    public Tensor to(DType type) { return type == dtype ? this : ElementwiseOps.unary(Op.CAST, type, this); }
}
