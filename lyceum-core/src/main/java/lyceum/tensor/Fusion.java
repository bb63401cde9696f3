package lyceum.tensor;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Precision;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.memory.Allocator;
import lyceum.memory.Memory;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/**
 * Turns pending element-wise work into programs and runs them.
 *
 * <p>A chain of operations on one shape becomes one program; it runs on the sums of a matrix product of that shape, if one leads to it, while they
 * are in the cache. Operands of another shape (a bias, a row's mean) are produced first and read by broadcasting. A value with a second reader is
 * stored by the program that first computes it. Chains are bounded in length and in the bytes they keep alive; tensors of at most SMALL elements are computed at the call, where a program of their own costs less than the
 * bookkeeping. {@code LYCEUM_FUSE=off} computes everything at the call, {@code always} defers small ones too (for tests).
 */
final class Fusion {
    static final int SMALL = 256;
    private static final int LONGEST = 48;
    /** Multiply-adds from which a product is put off. */
    private static final double LEAST_PRODUCT = 1 << 18;
    private static final long LONGEST_ROW = 1 << 18, SHORT_ROW = 1 << 16, FEW = 16;
    /** Pending work may hold one part in so many of the budget. */
    private static final long HELD = 8;
    /** How much larger than an operand a result must be to stay pending, with a copy of it, when the operand is written. */
    private static final long CHEAP_COPY = 16;

    enum Mode {
        ON, OFF, ALWAYS,
        /** Nothing is computed: every result is {@linkplain ShapesOnly hollow}. */
        SHAPES
    }

    private static final ScopedValue<Mode> SCOPED = ScopedValue.newInstance();
    /** Asking an unbound scoped value costs a microsecond where others are bound, and every small operation asks: so ask only while one is bound. */
    private static final AtomicInteger SCOPES = new AtomicInteger();
    /** Null where the setting is wrong. */
    private static final Mode DEFAULT;
    private static final IllegalArgumentException WRONG;

    static {
        Mode mode = null;
        IllegalArgumentException wrong = null;
        try {
            mode = mode(System.getProperty("lyceum.fuse", System.getenv("LYCEUM_FUSE")));
        } catch (IllegalArgumentException e) {
            wrong = e;
        }
        DEFAULT = mode;
        WRONG = wrong;
    }

    /** Programs of one operation, the ones that small tensors need again and again. What a record is given to be a key costs a program's start ten milliseconds. */
    private record Single(Op op, DType type, DType a, DType b, DType c) {
        @Override public boolean equals(Object other) {
            return other instanceof Single s && op == s.op && type == s.type && a == s.a && b == s.b && c == s.c;
        }

        @Override public int hashCode() {
            return (((op.ordinal() * TYPES + type.ordinal()) * TYPES + a.ordinal()) * TYPES + number(b)) * TYPES + number(c);
        }

        private static int number(DType type) { return type == null ? 0 : type.ordinal(); }
    }

    private static final Map<Single, Program> SINGLES = new ConcurrentHashMap<>();
    private static final int TYPES = DType.values().length;
    /** Those whose operands have one type, by operation, type and that type; filled as they are needed, in any order by any thread. */
    private static final Program[] UNIFORM = new Program[Op.values().length * TYPES * TYPES];

    private Fusion() {}

    /** Thrown where the value of a placeholder is read: what reads it is no element-wise formula. */
    static final class NoValue extends RuntimeException {
        private static final long serialVersionUID = 1;

        NoValue() { super("a placeholder has no value", null, false, false); }
    }

    /** A tensor without a value, which stands for operand {@code number} of a program that is run later, on tensors of any shape. */
    static Tensor placeholder(int number, DType type, Shape shape) { return new Tensor(type, shape, PendingValue.placeholder(number)); }

    private static Mode mode(String set) {
        if (set == null || set.isBlank()) return Mode.ON;
        return switch (set.strip()) {
            case "on" -> Mode.ON;
            case "off" -> Mode.OFF;
            case "always" -> Mode.ALWAYS;
            default -> throw new IllegalArgumentException("LYCEUM_FUSE is \"" + set + "\"; it is on, off or always");
        };
    }

    static Mode mode() {
        if (SCOPES.get() != 0 && SCOPED.isBound()) return SCOPED.get();
        if (DEFAULT == null) throw WRONG;
        return DEFAULT;
    }

    static boolean isShapesOnly() { return SCOPES.get() != 0 && mode() == Mode.SHAPES; }

    static void with(Mode mode, Runnable body) {
        SCOPES.incrementAndGet();
        try {
            ScopedValue.where(SCOPED, mode).run(body);
        } finally {
            SCOPES.decrementAndGet();
        }
    }

    /** The tensor {@code op(a, b, c)}, its operands already of the right types and broadcastable to {@code shape}. */
    static Tensor apply(Op op, DType type, Shape shape, Tensor a, Tensor b, Tensor c) {
        var mode = mode();
        if (mode == Mode.SHAPES) return new Tensor(ShapesOnly.hollow(type, shape), shape);
        if (mode == Mode.OFF || mode == Mode.ON && shape.count() <= SMALL && !reducesRows(a) && !reducesRows(b) && !reducesRows(c))
            return now(op, type, shape, a, b, c);
        bound(a);
        bound(b);
        bound(c);
        var result = new Tensor(type, shape, PendingValue.of(op, shape, constant(a), constant(b), constant(c)));
        var waiting = new PendingValue.Waiting(result);
        awaits(a, waiting);
        awaits(b, waiting);
        awaits(c, waiting);
        return result;
    }

    /**
     * The product of {@code a} and {@code b}, put off until what follows it is known; null if it is better computed at the call: where it is small, or
     * would hold far more memory than it takes.
     */
    static Tensor product(Tensor a, Tensor b, Shape shape) {
        var mode = mode();
        if (mode == Mode.OFF || mode == Mode.SHAPES || !a.dtype().isFloat() || a.dtype().bytes() < 4 || a.size(-1) == 0
                || shape.count() == 0)
            return null;
        if (mode == Mode.ON && (shape.count() <= SMALL || (double) shape.count() * a.size(-1) < LEAST_PRODUCT)) return null;
        if (a.count() + b.count() > 16 * shape.count() || Memory.exceedsBudget(8 * shape.count())) return null; // what does not fit says so at the call
        a.view();
        b.view();
        var result = new Tensor(a.dtype(), shape, PendingValue.product(a, b, Scope.current()));
        var waiting = new PendingValue.Waiting(result);
        awaits(a, waiting);
        awaits(b, waiting);
        return result;
    }

    /** True for a small value that waits for the rows of a large one, or for operands that are named when its program runs. */
    static boolean reducesRows(Tensor operand) {
        var pending = operand == null ? null : operand.pending();
        return pending != null && pending.reducesRows();
    }

    private static void bound(Tensor operand) {
        var pending = operand == null ? null : operand.pending();
        if (pending == null) return;
        boolean holdsLess = pending.held() > operand.count() * operand.dtype().bytes() && Memory.exceedsBudget(HELD * pending.held()); // once stored
        if (pending.size() > LONGEST / 2 || holdsLess) operand.view();
    }

    /**
     * A pending reduction of the last axis, which is kept with size 1, or null if it has to be computed at the call: rows that are short, and
     * few long ones, which several threads shall share.
     */
    static Tensor rows(Op op, Tensor x) {
        if (!takesRows(x)) return null;
        bound(x);
        var sizes = x.shape().toArray();
        sizes[sizes.length - 1] = 1;
        var shape = Shape.adopt(sizes);
        var result = new Tensor(x.dtype(), shape, PendingValue.of(op, shape, constant(x), null, null));
        awaits(x, new PendingValue.Waiting(result));
        return result;
    }

    /** True if a reduction of the last axis can be pending. */
    static boolean takesRows(Tensor x) {
        var mode = mode();
        if (mode == Mode.OFF || mode == Mode.ON && x.count() <= SMALL || !x.dtype().isFloat()) return false;
        long columns = x.size(-1), rows = columns == 0 ? 0 : x.count() / columns;
        return columns >= 2 && columns <= LONGEST_ROW && (rows >= FEW || columns <= SHORT_ROW);
    }

    /** A pending constant under another name, which nobody can write to. */
    private static Tensor constant(Tensor operand) {
        var pending = operand == null ? null : operand.pending();
        return pending != null && pending.op() == Op.CONST ? new Tensor(operand.dtype(), operand.shape(), pending) : operand;
    }

    /** Sees to it that an in-place write to {@code operand} first has {@code result} computed, be the operand pending still or stored already. */
    private static void awaits(Tensor operand, PendingValue.Waiting result) {
        if (operand == null) return;
        var pending = operand.pending();
        if (pending != null && (pending.op() == Op.CONST || pending.op() == Op.LOAD)) return;
        if (pending != null) pending.readers().await(result);
        var view = operand.viewIfStored(); // asked for after the line above: another thread may have stored it meanwhile
        if (view != null) view.storage().addReader(result);
    }

    private static Tensor now(Op op, DType type, Shape shape, Tensor a, Tensor b, Tensor c) {
        var program = single(op, type, a.dtype(), b == null ? null : b.dtype(), c == null ? null : c.dtype());
        int arity = op.arity();
        var inputs = new View[arity];
        inputs[0] = broadcast(a, shape);
        if (arity > 1) inputs[1] = broadcast(b, shape);
        if (arity > 2) inputs[2] = broadcast(c, shape);
        var out = allocate(type, shape);
        Backend.current().run(program, inputs, new View[] {out});
        return new Tensor(out, shape);
    }

    private static Program single(Op op, DType type, DType a, DType b, DType c) {
        if (b != null && b != a || c != null && c != a) return SINGLES.computeIfAbsent(new Single(op, type, a, b, c), Fusion::single);
        int place = (op.ordinal() * TYPES + type.ordinal()) * TYPES + a.ordinal();
        var known = UNIFORM[place];
        return known != null ? known : (UNIFORM[place] = single(new Single(op, type, a, b, c)));
    }

    private static Program single(Single key) {
        return key.c != null ? Program.of(key.op, key.type, key.a, key.b, key.c)
                : key.b != null ? Program.of(key.op, key.type, key.a, key.b) : Program.of(key.op, key.type, key.a);
    }

    /**
     * Reduces {@code x}. A pending value that nothing reads so far goes straight into the reduction and is not stored.
     */
    static void reduce(Backend.Reduction reduction, Tensor x, boolean[] mask, View out) {
        var pending = x.pending();
        if (pending != null && pending.op() != Op.CONST && pending.readers().get() == 0 && !pending.reducesRows() && x.count() > SMALL) {
            var plan = new FusionPlan(x.shape(), x);
            var program = plan.absorbed(x);
            if (program != null) {
                Backend.current().reduce(reduction, program, plan.inputs(), mask, out);
                return;
            }
        }
        Backend.current().reduce(reduction, ViewOps.copyProgram(x), new View[] {x.view()}, mask, out);
    }

    static View allocate(DType type, Shape shape) { return allocate(type, shape, Scope.current()); }

    static View allocate(DType type, Shape shape, Scope scope) {
        if (isShapesOnly()) return ShapesOnly.hollow(type, shape);
        Storage storage = Allocator.allocate(Math.multiplyExact(shape.count(), type.bytes()), scope);
        return new View(type, storage, 0, shape.sizes(), View.contiguousStrides(shape.sizes()));
    }

    static View broadcast(Tensor tensor, Shape shape) {
        var view = tensor.view();
        if (tensor.shape().equals(shape)) return view;
        var strides = new long[shape.rank()];
        int shift = shape.rank() - tensor.rank();
        for (int i = 0; i < tensor.rank(); i++) strides[shift + i] = view.shape()[i] == 1 ? 0 : view.strides()[i];
        return view.with(shape.sizes(), strides);
    }

    /**
     * Before {@code storage} is written, has pending work that reads it done, or where that is far larger than what it reads there (an activation, and
     * a bias) lets it read a copy. Work of a scope that has closed can be read by nobody and is left.
     */
    static void produceReaders(Storage storage) {
        for (var object : storage.takeReaders()) {
            var reader = (Tensor) object;
            var pending = reader.pending();
            if (pending == null || pending.scope() != null && pending.scope().isClosed() || pending.readers().areDone()) continue;
            long copied = pending.isProduct() ? 0 : pending.bytesIn(storage);
            if (copied == 0 || copied * CHEAP_COPY > reader.count() * reader.dtype().bytes()) reader.view();
            else reader.readCopies(storage);
        }
    }

    /** Produces the value of {@code root}, and of those pending values on its way that have another reader. */
    static void produce(Tensor root) {
        var pending = root.pending();
        if (pending != null && pending.op() == Op.CONST && root.count() == 1) {
            synchronized (root) {
                if (root.pending() != null) root.publish(number(root, pending));
            }
            return;
        }
        if (pending != null && pending.isProduct()) {
            synchronized (root) {
                if (root.pending() != null) root.publish(multiplied(root, pending));
            }
            return;
        }
        FusionPlan.produce(root, pending != null && pending.rows() != null ? pending.rows() : root.shape());
    }

    static View multiplied(Tensor root, PendingValue product) {
        var out = allocate(root.dtype(), root.shape(), product.scope());
        MatmulOp.into(product.a(), product.b(), Precision.F32, out);
        return out;
    }

    /** A single number needs no program. */
    private static View number(Tensor root, PendingValue constant) {
        var view = allocate(root.dtype(), root.shape(), constant.scope());
        if (root.dtype().isFloat())
            Elements.set(root.dtype(), view.storage().segment(), view.byteOffset(), Double.longBitsToDouble(constant.immediate()));
        else Elements.set(root.dtype(), view.storage().segment(), view.byteOffset(), constant.immediate());
        return view;
    }
}
