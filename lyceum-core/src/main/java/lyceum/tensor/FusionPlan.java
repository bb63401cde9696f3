package lyceum.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.memory.Scope;

/** A program under construction: the pending operations that lead to one shape, and the stored operands they read. */
final class FusionPlan {
    final Shape shape;
    private final Tensor[] roots;
    private final ProgramBuilder program = new ProgramBuilder();
    private final List<View> inputs = new ArrayList<>();
    private final List<Tensor> stored = new ArrayList<>();
    private final List<Integer> outputs = new ArrayList<>();
    private final List<Tensor> pending = new ArrayList<>();
    private final RegisterMap registers = new RegisterMap();
    private boolean placeholders;
    /** What was to be done for the only root. */
    private PendingValue work;
    /** The product on whose sums the program runs, and the number of the operand that stands for it. */
    private boolean takesProduct;
    private Tensor product;
    private PendingValue factors;
    private int sums;

    FusionPlan(Shape shape, Tensor... roots) {
        this.shape = shape;
        this.roots = roots;
    }

    /** Computes {@code root}, whose chain has the given shape, and what has to be stored on its way. */
    static void produce(Tensor root, Shape shape) {
        var chain = new FusionPlan(shape, root);
        chain.work = root.pending();
        chain.takesProduct = true;
        chain.emit(root);
        chain.keepProduct();
        chain.chooseStored();
        if (chain.stored.size() == 1) {
            synchronized (root) {
                if (chain.isWanted(root)) chain.run();
            }
        } else {
            chain.lockInOrderOfAge();
        }
        if (root.pending() != null) produce(root, shape);
    }

    /** False if another thread has computed the root meanwhile, or has it read copies of what it writes. */
    private boolean isWanted(Tensor root) { return work != null && root.pending() == work; }

    private boolean isRoot(Tensor tensor) {
        for (var root : roots) if (root == tensor) return true;
        return false;
    }

    int emit(Tensor tensor) {
        int known = registers.of(tensor);
        if (known >= 0) return known;
        var deferred = tensor.pending();
        int register;
        if (deferred != null && deferred.op() == Op.CONST) {
            register = program.add(Instruction.constant(tensor.dtype(), deferred.immediate()));
            if (isRoot(tensor)) pending.add(tensor);
        } else if (deferred != null && deferred.op() == Op.LOAD) {
            register = program.load(tensor.dtype(), (int) deferred.immediate());
            placeholders = true;
        } else if (takesProduct && product == null && deferred != null && deferred.isProduct() && tensor.shape().equals(shape)) {
            product = tensor;
            factors = deferred;
            sums = inputs.size();
            inputs.add(null);
            register = program.load(tensor.dtype(), sums);
            pending.add(tensor);
        } else if (deferred == null || deferred.isProduct() || !belongs(tensor, deferred)) {
            inputs.add(Fusion.broadcast(tensor, shape));
            register = program.load(tensor.dtype(), inputs.size() - 1);
        } else {
            int a = operand(deferred.a()), b = operand(deferred.b()), c = operand(deferred.c());
            boolean stretched = deferred.op() == Op.CAST && deferred.a().dtype() == tensor.dtype();
            register = stretched ? a : program.of(deferred.op(), tensor.dtype(), a, b, c, deferred.immediate());
            pending.add(tensor);
        }
        registers.put(tensor, register);
        return register;
    }

    /** True if the program computes the tensor: it has the program's shape, or one value for each of its rows. */
    private boolean belongs(Tensor tensor, PendingValue deferred) {
        return deferred.rows() != null ? deferred.rows().equals(shape) : tensor.shape().equals(shape);
    }

    private int operand(Tensor tensor) {
        if (tensor == null) return -1;
        registers.countRead(tensor);
        return emit(tensor);
    }

    /** Has the product computed by itself after all where the program cannot run on a part of it. */
    private void keepProduct() {
        if (product == null) return;
        if (!program.contains(op -> op == Op.RANDOM || op.isRowReduction())) return;
        inputs.set(sums, product.view());
        pending.remove(product);
        product = null;
    }

    /**
     * The roots, and what others than this program will read as well. Nobody computes a product twice: if it is not stored, what comes directly of
     * it is, so that it is not needed when its factors change.
     */
    private void chooseStored() {
        Set<Tensor> passing = product == null ? Collections.emptySet() : Collections.newSetFromMap(new IdentityHashMap<>());
        for (var tensor : pending) {
            var deferred = tensor.pending();
            boolean read = isRoot(tensor)
                    || deferred != null && deferred.op() != Op.CONST && deferred.readers().get() > registers.reads(tensor);
            boolean follows = tensor == product || deferred != null
                    && (passing.contains(deferred.a()) || passing.contains(deferred.b()) || passing.contains(deferred.c()));
            if (!read && follows && deferred != null && deferred.readers().isDismissed()) passing.add(tensor);
            else if (!read && !follows) continue;
            else {
                stored.add(tensor);
                outputs.add(registers.of(tensor));
            }
        }
    }

    /** All threads lock in the order in which the work was asked for, so that no two wait for one another. */
    private void lockInOrderOfAge() {
        int n = stored.size();
        var order = new Tensor[n];
        var numbers = new long[n];
        for (int i = 0; i < n; i++) {
            var deferred = stored.get(i).pending();
            long number = deferred == null ? -1 : deferred.number();
            int at = i;
            for (; at > 0 && numbers[at - 1] > number; at--) {
                order[at] = order[at - 1];
                numbers[at] = numbers[at - 1];
            }
            order[at] = stored.get(i);
            numbers[at] = number;
        }
        lockAndRun(order, 0);
    }

    private void lockAndRun(Tensor[] order, int i) {
        if (i < order.length) {
            synchronized (order[i]) {
                lockAndRun(order, i + 1);
            }
        } else if (isWanted(roots[0])) {
            run();
        }
    }

    /** True if writing {@code targets} while reading the inputs is safe: where memory is shared, element stands on element. */
    boolean reads(View[] targets) {
        for (var input : inputs) {
            for (var target : targets) {
                if (input.storage() != target.storage()) continue;
                if (input.offset() != target.offset() || !Arrays.equals(input.strides(), target.strides())) return false;
            }
        }
        return true;
    }

    /** Writes the values of the roots into {@code targets}; nothing is published. */
    void runInto(List<Tensor> sources, View[] targets) {
        var registersOfRoots = new int[targets.length];
        for (int i = 0; i < targets.length; i++) registersOfRoots[i] = registers.of(sources.get(i));
        Backend.current().run(program.build(registersOfRoots), inputs.toArray(View[]::new), targets);
    }

    /** The values of the roots as a program of placeholders alone, or null if they read anything else or draw numbers, which differ from run to run. */
    Program ofPlaceholders(Tensor[] sources) {
        var registersOfRoots = new int[sources.length];
        for (int i = 0; i < sources.length; i++) registersOfRoots[i] = emit(sources[i]);
        boolean repeats = !program.contains(op -> op == Op.RANDOM);
        return repeats && inputs.isEmpty() && placeholders ? program.build(registersOfRoots) : null;
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
        var absorbed = program.build(register);
        return absorbed.isPlain() ? absorbed : null;
    }

    /** Runs the program on the sums of the product as they come; false, with the product computed, if its operands do not allow that. */
    private boolean multiply(View[] targets) {
        var others = new ArrayList<>(inputs);
        others.remove(sums);
        var then = build().reading(operand -> operand == sums ? 0 : operand < sums ? operand + 1 : operand);
        if (MatmulOp.then(factors.a(), factors.b(), then, others.toArray(new View[0]), targets)) return true;
        inputs.set(sums, Fusion.multiplied(product, factors));
        return false;
    }

    private Program build() {
        var results = new int[outputs.size()];
        for (int i = 0; i < results.length; i++) results[i] = outputs.get(i);
        return program.build(results);
    }

    View[] inputs() { return inputs.toArray(new View[0]); }

    private void run() {
        if (placeholders) throw new Fusion.NoValue();
        var views = new View[stored.size()];
        for (int i = 0; i < views.length; i++) {
            var deferred = stored.get(i).pending();
            views[i] = Fusion.allocate(stored.get(i).dtype(), stored.get(i).shape(), deferred == null ? Scope.current() : deferred.scope());
        }
        var targets = views.clone();
        for (int i = 0; i < targets.length; i++) if (!stored.get(i).shape().equals(shape)) targets[i] = acrossRows(views[i]);
        if (product == null || !multiply(targets)) Backend.current().run(build(), inputs(), targets);
        for (int i = 0; i < views.length; i++) stored.get(i).publish(views[i]);
    }
}
