package lyceum.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Precision;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
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

    enum Mode { ON, OFF, ALWAYS }

    private static final ScopedValue<Mode> SCOPED = ScopedValue.newInstance();
    /** Asking an unbound scoped value costs a microsecond where others are bound, and every small operation asks. */
    private static volatile boolean everScoped;
    private static final Mode DEFAULT = mode(System.getProperty("lyceum.fuse", System.getenv("LYCEUM_FUSE")));

    /** Programs of one operation, the ones that small tensors need again and again. */
    private record Single(Op op, DType type, DType a, DType b, DType c) { }

    private static final Map<Single, Program> SINGLES = new ConcurrentHashMap<>();
    private static final int TYPES = DType.values().length;
    /** Those whose operands have one type, by operation, type and that type; filled as they are needed, in any order by any thread. */
    private static final Program[] UNIFORM = new Program[Op.values().length * TYPES * TYPES];

    private Fusion() { }

    /** Thrown where the value of a placeholder is read: what reads it is no element-wise formula. */
    static final class NoValue extends RuntimeException {
        private static final long serialVersionUID = 1;

        NoValue() { super("a placeholder has no value", null, false, false); }
    }

    /** A tensor without a value, which stands for operand {@code number} of a program that is run later, on tensors of any shape. */
    static Tensor placeholder(int number, DType type, Shape shape) { return new Tensor(type, shape, Deferred.placeholder(number)); }

    private static Mode mode(String set) {
        if (set == null || set.isBlank()) return Mode.ON;
        return switch (set.strip()) {
            case "on" -> Mode.ON;
            case "off" -> Mode.OFF;
            case "always" -> Mode.ALWAYS;
            default -> throw new IllegalArgumentException("LYCEUM_FUSE is \"" + set + "\"; it is on, off or always");
        };
    }

    static Mode mode() { return everScoped && SCOPED.isBound() ? SCOPED.get() : DEFAULT; }

    static void with(Mode mode, Runnable body) {
        everScoped = true;
        ScopedValue.where(SCOPED, mode).run(body);
    }

    /** The tensor {@code op(a, b, c)}, its operands already of the right types and broadcastable to {@code shape}. */
    static Tensor apply(Op op, DType type, Shape shape, Tensor a, Tensor b, Tensor c) {
        var mode = mode();
        if (mode == Mode.OFF || mode == Mode.ON && shape.count() <= SMALL && !reducesRows(a) && !reducesRows(b) && !reducesRows(c)) return now(op, type, shape, a, b, c);
        bound(a);
        bound(b);
        bound(c);
        var result = new Tensor(type, shape, Deferred.of(op, shape, constant(a), constant(b), constant(c)));
        awaits(a, result);
        awaits(b, result);
        awaits(c, result);
        return result;
    }

    /**
     * The product of {@code a} and {@code b}, put off until what follows it is known; null if it is better computed at the call: where it is small, or
     * would hold far more memory than it takes.
     */
    static Tensor product(Tensor a, Tensor b, Shape shape) {
        var mode = mode();
        if (mode == Mode.OFF || !a.dtype().isFloat() || a.dtype().bytes() < 4 || Tracing.on() || a.size(-1) == 0 || shape.count() == 0) return null;
        if (mode == Mode.ON && (shape.count() <= SMALL || (double) shape.count() * a.size(-1) < LEAST_PRODUCT)) return null;
        if (a.count() + b.count() > 16 * shape.count() || Memory.exceedsBudget(8 * shape.count())) return null; // what does not fit says so at the call
        a.view();
        b.view();
        var result = new Tensor(a.dtype(), shape, Deferred.product(a, b, Scope.current()));
        awaits(a, result);
        awaits(b, result);
        return result;
    }

    /** True for a small value that waits for the rows of a large one, or for operands that are named when its program runs. */
    static boolean reducesRows(Tensor operand) {
        var pending = operand == null ? null : operand.deferred();
        return pending != null && pending.reducesRows();
    }

    private static void bound(Tensor operand) {
        var pending = operand == null ? null : operand.deferred();
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
        var result = new Tensor(x.dtype(), shape, Deferred.of(op, shape, constant(x), null, null));
        awaits(x, result);
        return result;
    }

    /** True if a reduction of the last axis can be pending. */
    static boolean takesRows(Tensor x) {
        var mode = mode();
        if (mode == Mode.OFF || mode == Mode.ON && x.count() <= SMALL || !x.dtype().isFloat() || Tracing.on()) return false;
        long columns = x.size(-1), rows = columns == 0 ? 0 : x.count() / columns;
        return columns >= 2 && columns <= LONGEST_ROW && (rows >= FEW || columns <= SHORT_ROW);
    }

    /** A pending constant under another name, which nobody can write to. */
    private static Tensor constant(Tensor operand) {
        var pending = operand == null ? null : operand.deferred();
        return pending != null && pending.op() == Op.CONST ? new Tensor(operand.dtype(), operand.shape(), pending) : operand;
    }

    /** Sees to it that an in-place write to {@code operand} first has {@code result} computed, be the operand pending still or stored already. */
    private static void awaits(Tensor operand, Tensor result) {
        if (operand == null) return;
        var pending = operand.deferred();
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
        var deferred = x.deferred();
        if (deferred != null && deferred.op() != Op.CONST && deferred.readers().get() == 0 && !deferred.reducesRows() && x.count() > SMALL) {
            var chain = new Chain(x.shape(), x);
            var program = chain.absorbed(x);
            if (program != null) {
                Backend.current().reduce(reduction, program, chain.inputs(), mask, out);
                return;
            }
        }
        Backend.current().reduce(reduction, Viewing.copyProgram(x), new View[] {x.view()}, mask, out);
    }

    static View allocate(DType type, Shape shape) { return allocate(type, shape, Scope.current()); }

    private static View allocate(DType type, Shape shape, Scope scope) {
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

    /** Has pending work that reads {@code storage} done before it is written. Work of a scope that has closed can be read by nobody and is left. */
    static void produceReaders(Storage storage) {
        for (var reader : storage.takeReaders()) {
            var pending = ((Tensor) reader).deferred();
            if (pending != null && (pending.scope() == null || !pending.scope().isClosed()) && !pending.readers().areDone()) ((Tensor) reader).view();
        }
    }

    /** Produces the value of {@code root}, and of those pending values on its way that have another reader. */
    static void produce(Tensor root) {
        var constant = root.deferred();
        if (constant != null && constant.op() == Op.CONST && root.count() == 1) {
            synchronized (root) {
                if (root.deferred() != null) root.publish(number(root, constant));
            }
            return;
        }
        if (constant != null && constant.isProduct()) {
            synchronized (root) {
                if (root.deferred() != null) root.publish(multiplied(root, constant));
            }
            return;
        }
        var chain = new Chain(constant != null && constant.rows() != null ? constant.rows() : root.shape(), root);
        chain.takesProduct = true;
        chain.emit(root);
        chain.keepProduct();
        chain.chooseStored();
        if (chain.stored.size() == 1) {
            synchronized (root) {
                if (root.deferred() != null) chain.run();
            }
        } else {
            chain.lockInOrderOfAge();
        }
    }

    private static View multiplied(Tensor root, Deferred product) {
        var out = allocate(root.dtype(), root.shape(), product.scope());
        Multiplying.into(product.a(), product.b(), Precision.F32, out);
        return out;
    }

    /** A single number needs no program. */
    private static View number(Tensor root, Deferred constant) {
        var view = allocate(root.dtype(), root.shape(), constant.scope());
        if (root.dtype().isFloat()) Elements.set(root.dtype(), view.storage().segment(), view.byteOffset(), Double.longBitsToDouble(constant.immediate()));
        else Elements.set(root.dtype(), view.storage().segment(), view.byteOffset(), constant.immediate());
        return view;
    }

    /** A program under construction: the pending operations that lead to one shape, and the stored operands they read. */
    static final class Chain {
        final Shape shape;
        private final Set<Tensor> roots = Collections.newSetFromMap(new IdentityHashMap<>());
        private final List<Instruction> code = new ArrayList<>();
        private final List<View> inputs = new ArrayList<>();
        private final List<Tensor> stored = new ArrayList<>();
        private final List<Integer> outputs = new ArrayList<>();
        private final List<Tensor> pending = new ArrayList<>();
        private final Map<Tensor, Integer> registers = new IdentityHashMap<>(), reads = new IdentityHashMap<>();
        private boolean placeholders;
        /** The product on whose sums the program runs, and the number of the operand that stands for it. */
        private boolean takesProduct;
        private Tensor product;
        private Deferred factors;
        private int sums;

        Chain(Shape shape, Tensor... roots) {
            this.shape = shape;
            this.roots.addAll(List.of(roots));
        }

        int emit(Tensor tensor) {
            var known = registers.get(tensor);
            if (known != null) return known;
            var deferred = tensor.deferred();
            int register;
            if (deferred != null && deferred.op() == Op.CONST) {
                register = add(Instruction.constant(tensor.dtype(), deferred.immediate()));
                if (roots.contains(tensor)) pending.add(tensor);
            } else if (deferred != null && deferred.op() == Op.LOAD) {
                register = add(Instruction.load(tensor.dtype(), (int) deferred.immediate()));
                placeholders = true;
            } else if (takesProduct && product == null && deferred != null && deferred.isProduct() && tensor.shape().equals(shape)) {
                product = tensor;
                factors = deferred;
                sums = inputs.size();
                inputs.add(null);
                register = add(Instruction.load(tensor.dtype(), sums));
                pending.add(tensor);
            } else if (deferred == null || deferred.isProduct() || !belongs(tensor, deferred)) {
                inputs.add(broadcast(tensor, shape));
                register = add(Instruction.load(tensor.dtype(), inputs.size() - 1));
            } else {
                int a = operand(deferred.a()), b = operand(deferred.b()), c = operand(deferred.c());
                boolean stretched = deferred.op() == Op.CAST && deferred.a().dtype() == tensor.dtype();
                register = stretched ? a : add(new Instruction(deferred.op(), tensor.dtype(), a, b, c, deferred.immediate()));
                pending.add(tensor);
            }
            registers.put(tensor, register);
            return register;
        }

        /** True if the program computes the tensor: it has the program's shape, or one value for each of its rows. */
        private boolean belongs(Tensor tensor, Deferred deferred) { return deferred.rows() != null ? deferred.rows().equals(shape) : tensor.shape().equals(shape); }

        private int operand(Tensor tensor) {
            if (tensor == null) return -1;
            reads.merge(tensor, 1, Integer::sum);
            return emit(tensor);
        }

        private int add(Instruction instruction) {
            code.add(instruction);
            return code.size() - 1;
        }

        /** Has the product computed by itself after all where the program cannot run on a part of it. */
        void keepProduct() {
            boolean parts = true;
            for (var instruction : code) parts &= instruction.op() != Op.RANDOM && !instruction.op().isRowReduction();
            if (product == null || parts) return;
            inputs.set(sums, product.view());
            pending.remove(product);
            product = null;
        }

        /**
         * The roots, and what others than this program will read as well. Nobody computes a product twice: if it is not stored, what comes directly of
         * it is, so that it is not needed when its factors change.
         */
        void chooseStored() {
            Set<Tensor> passing = Collections.newSetFromMap(new IdentityHashMap<>());
            for (var tensor : pending) {
                var deferred = tensor.deferred();
                boolean read = roots.contains(tensor) || deferred != null && deferred.op() != Op.CONST && deferred.readers().get() > reads.getOrDefault(tensor, 0);
                boolean follows = tensor == product || deferred != null && (passing.contains(deferred.a()) || passing.contains(deferred.b()) || passing.contains(deferred.c()));
                if (!read && follows && deferred != null && deferred.readers().isDismissed()) passing.add(tensor);
                else if (!read && !follows) continue;
                else {
                    stored.add(tensor);
                    outputs.add(registers.get(tensor));
                }
            }
        }

        /** All threads lock in the order in which the work was asked for, so that no two wait for one another. */
        void lockInOrderOfAge() {
            var order = new ArrayList<Tensor>(stored);
            var numbers = new IdentityHashMap<Tensor, Long>();
            for (var tensor : order) {
                var deferred = tensor.deferred();
                if (deferred != null) numbers.put(tensor, deferred.number());
            }
            order.sort(java.util.Comparator.comparingLong(t -> numbers.getOrDefault(t, -1L)));
            lockAndRun(order, 0);
        }

        private void lockAndRun(List<Tensor> order, int i) {
            if (i < order.size()) {
                synchronized (order.get(i)) {
                    lockAndRun(order, i + 1);
                }
            } else if (roots.iterator().next().deferred() != null) {
                run();
            }
        }

        /** True if writing {@code targets} while reading the inputs is safe: where memory is shared, element stands on element. */
        boolean reads(View[] targets) {
            for (var input : inputs) {
                for (var target : targets) {
                    if (input.storage() != target.storage()) continue;
                    if (input.offset() != target.offset() || !java.util.Arrays.equals(input.strides(), target.strides())) return false;
                }
            }
            return true;
        }

        /** Writes the values of the roots into {@code targets}; nothing is published. */
        void runInto(List<Tensor> sources, View[] targets) {
            var registersOfRoots = new int[targets.length];
            for (int i = 0; i < targets.length; i++) registersOfRoots[i] = registers.get(sources.get(i));
            Backend.current().run(new Program(code, registersOfRoots), inputs.toArray(View[]::new), targets);
        }

        /** The values of the roots as a program of placeholders alone, or null if they read anything else or draw numbers, which differ from run to run. */
        Program ofPlaceholders(Tensor[] sources) {
            var registersOfRoots = new int[sources.length];
            for (int i = 0; i < sources.length; i++) registersOfRoots[i] = emit(sources[i]);
            for (var instruction : code) if (instruction.op() == Op.RANDOM) return null;
            return inputs.isEmpty() && placeholders ? new Program(code, registersOfRoots) : null;
        }

        /** A view of one value a row that has the shape of the whole. */
        private View acrossRows(View view) {
            var strides = view.strides().clone();
            strides[strides.length - 1] = 0;
            return view.with(shape.sizes(), strides);
        }

        /**
         * The value of the root as a program for a reduction, or null if it is better stored first: where something else on the way has to be
         * stored, where the place of an element matters, or where nothing is read from memory.
         */
        Program absorbed(Tensor root) {
            int register = emit(root);
            chooseStored();
            if (stored.size() != 1 || inputs.isEmpty()) return null;
            for (var instruction : code) if (instruction.op() == Op.RANDOM || instruction.op().isRowReduction()) return null;
            return new Program(code, register);
        }

        /** Runs the program on the sums of the product as they come; false, with the product computed, if its operands do not allow that. */
        private boolean multiply(View[] targets) {
            var others = new ArrayList<>(inputs);
            others.remove(sums);
            var then = new ArrayList<>(code);
            then.replaceAll(i -> i.op() != Op.LOAD ? i : Instruction.load(i.type(), i.immediate() == sums ? 0 : (int) (i.immediate() < sums ? i.immediate() + 1 : i.immediate())));
            if (Multiplying.then(factors.a(), factors.b(), program(then), others.toArray(new View[0]), targets)) return true;
            inputs.set(sums, multiplied(product, factors));
            return false;
        }

        private Program program(List<Instruction> code) {
            var results = new int[outputs.size()];
            for (int i = 0; i < results.length; i++) results[i] = outputs.get(i);
            return new Program(code, results);
        }

        View[] inputs() { return inputs.toArray(new View[0]); }

        private void run() {
            if (placeholders) throw new NoValue();
            var views = new View[stored.size()];
            for (int i = 0; i < views.length; i++) {
                var deferred = stored.get(i).deferred();
                views[i] = allocate(stored.get(i).dtype(), stored.get(i).shape(), deferred == null ? Scope.current() : deferred.scope());
            }
            var targets = views.clone();
            for (int i = 0; i < targets.length; i++) if (!stored.get(i).shape().equals(shape)) targets[i] = acrossRows(views[i]);
            if (product == null || !multiply(targets)) Backend.current().run(program(code), inputs(), targets);
            for (int i = 0; i < views.length; i++) stored.get(i).publish(views[i]);
        }
    }
}
