package lyceum.backend.simt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Writes a kernel down, step by step, as its Java is run once. Java's own loops and branches are for what is known then (a tree of given height is
 * unrolled); {@link #when}, {@link #loop} and {@link #repeat} are the threads'.
 */
public final class KernelBuilder {
    private final String name;
    private final List<Instruction> code = new ArrayList<>();
    private final List<Kernel.Register> registers = new ArrayList<>();
    private final Map<String, Integer> known = new HashMap<>();
    private final List<Kernel.Parameter> parameters = new ArrayList<>();
    private final List<Pointer> shared = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private int sharedWords, barriers, temporaries;

    KernelBuilder(String name) { this.name = name; }

    Kernel build() { return new Kernel(name, parameters, shared, sharedWords, registers, code); }

    // What a launch gives.

    /** An array of global memory, an argument of the launch: a {@link Buffer} of that type. */
    public Pointer global(String name, Type type) {
        unused(name);
        var pointer = new Pointer(this, name, type, -1, parameters.size());
        parameters.add(new Kernel.Parameter(name, type, pointer, -1));
        return pointer;
    }

    /** A number, an argument of the launch: an Integer or Float. */
    public Value scalar(String name, Type type) {
        unused(name);
        int register = register(type, name, Kernel.Origin.ARGUMENT, parameters.size());
        parameters.add(new Kernel.Parameter(name, type, null, register));
        return new Value(this, register, type);
    }

    /** An array that each block has for itself; its words are undefined at first, here NaN (and as I32 the same bits). */
    public Pointer shared(String name, Type type, int length) {
        if (length < 1) throw new IllegalArgumentException("shared memory " + name + " of " + length + " elements; at least 1");
        unused(name);
        var pointer = new Pointer(this, name, type, length, sharedWords);
        sharedWords += length;
        shared.add(pointer);
        return pointer;
    }

    private void unused(String name) {
        if (!name.matches("[A-Za-z_]\\w*") || name.matches("t\\d+") || !names.add(name)) throw new IllegalArgumentException(
                "kernel " + this.name + ": \"" + name + "\" is taken or no identifier of C; t0, t1, .. are the kernel's own");
    }

    public Value threadX() { return special(Kernel.Special.THREAD_X); }

    public Value threadY() { return special(Kernel.Special.THREAD_Y); }

    public Value blockX() { return special(Kernel.Special.BLOCK_X); }

    public Value blockY() { return special(Kernel.Special.BLOCK_Y); }

    /** Threads of a block along x. */
    public Value blockSizeX() { return special(Kernel.Special.BLOCK_SIZE_X); }

    public Value blockSizeY() { return special(Kernel.Special.BLOCK_SIZE_Y); }

    /** Blocks of the grid along x. */
    public Value gridSizeX() { return special(Kernel.Special.GRID_SIZE_X); }

    /** {@code blockX() * blockSizeX() + threadX()}: which of all threads along x. */
    public Value globalX() { return blockX().mul(blockSizeX()).add(threadX()); }

    public Value globalY() { return blockY().mul(blockSizeY()).add(threadY()); }

    /** A constant. @throws IllegalArgumentException if it is an I32 and not whole */
    public Value constant(Type type, double value) {
        if (type == Type.I32 && value != (int) value)
            throw new IllegalArgumentException("constant " + value + " beside an I32; toFloat() first");
        int bits = type == Type.I32 ? (int) value : Float.floatToRawIntBits((float) value);
        return new Value(this,
                known.computeIfAbsent(type + ":" + bits, key -> register(type, Kernel.text(type, bits), Kernel.Origin.CONSTANT, bits)),
                type);
    }

    // Control.

    /** A variable that starts with {@code value}. */
    public Variable variable(Value value) {
        var variable = new Variable(this, temporary(value.type()), value.type());
        move(variable, value);
        return variable;
    }

    /** Threads with the condition run {@code then}; the others wait for them. */
    public void when(Value condition, Runnable then) { when(condition, then, () -> {}); }

    /** Threads with the condition run {@code then}, then those without it {@code otherwise}; all go on together. */
    public void when(Value condition, Runnable then, Runnable otherwise) {
        int branch = add(null);
        then.run();
        int other = add(null);
        code.set(branch, new Instruction.If(truth(condition), other));
        otherwise.run();
        code.set(other, new Instruction.Else(add(new Instruction.EndIf())));
    }

    /** While {@code condition} holds: a thread without it waits until the last has left. The condition's steps are run each time. */
    public void repeat(Supplier<Value> condition, Runnable body) {
        int loop = add(new Instruction.Loop());
        int condition0 = truth(condition.get());
        int exit = add(null);
        body.run();
        int end = add(new Instruction.Again(loop + 1));
        code.set(exit, new Instruction.While(condition0, end + 1));
    }

    /** {@code for (i = from; i < to; i += step)}, step above 0. */
    public void loop(Value from, Value to, Value step, Consumer<Value> body) {
        var i = variable(from);
        repeat(() -> i.lt(to), () -> {
            body.accept(i);
            i.set(i.add(step));
        });
    }

    /** {@code for (i = 0; i < times; i++)}. */
    public void loop(int times, Consumer<Value> body) {
        loop(constant(Type.I32, 0), constant(Type.I32, times), constant(Type.I32, 1), body);
    }

    /** Waits until every thread of the block is here, and what they wrote can be read. All of them must come. */
    public void barrier() { add(new Instruction.Barrier(barriers++)); }

    // Steps.

    Value unary(UnaryOp op, Value a) { return step(op.result(a.type()), to -> new Instruction.Unary(op, op.of(a.type()), to, mine(a))); }

    Value binary(BinaryOp op, Value a, Value b) {
        sameType(op.name(), a.type(), b.type());
        return step(op.result(a.type()), to -> new Instruction.Binary(op, op.of(a.type()), op.cuda(a.type()), to, mine(a), mine(b)));
    }

    Value multiplyAdd(Value a, Value b, Value c) {
        sameType("mulAdd", a.type(), Type.F32);
        sameType("mulAdd", a.type(), b.type());
        sameType("mulAdd", a.type(), c.type());
        return step(Type.F32, to -> new Instruction.MultiplyAdd(to, mine(a), mine(b), mine(c)));
    }

    Value select(Value condition, Value yes, Value no) {
        sameType("select", yes.type(), no.type());
        return step(yes.type(), to -> new Instruction.Select(to, truth(condition), mine(yes), mine(no)));
    }

    void move(Variable to, Value value) {
        sameType("set", to.type(), value.type());
        add(new Instruction.Move(mine(to), mine(value)));
    }

    Value load(Pointer from, Value index) { return step(from.type(), to -> new Instruction.Load(to, mine(from), truth(index))); }

    void store(Pointer to, Value index, Value value) {
        sameType("store into " + to.name(), to.type(), value.type());
        add(new Instruction.Store(mine(to), truth(index), mine(value)));
    }

    Value atomicAdd(Pointer to, Value index, Value value) {
        sameType("atomicAdd to " + to.name(), to.type(), value.type());
        return step(to.type(), old -> new Instruction.AtomicAdd(old, mine(to), truth(index), mine(value)));
    }

    Value shuffle(Instruction.Shuffle how, Value a, int by) {
        if (by < 0 || by >= Warp.LANES) throw new IllegalArgumentException("shuffle by " + by + "; a warp has lanes 0 to 31");
        return step(a.type(), to -> new Instruction.Exchange(how, to, mine(a), by));
    }

    private Value step(Type type, IntFunction<Instruction> instruction) {
        int to = temporary(type);
        add(instruction.apply(to));
        return new Value(this, to, type);
    }

    private Value special(Kernel.Special special) {
        return new Value(this,
                known.computeIfAbsent(special.cuda, key -> register(Type.I32, key, Kernel.Origin.SPECIAL, special.ordinal())), Type.I32);
    }

    private int temporary(Type type) { return register(type, "t" + temporaries++, Kernel.Origin.COMPUTED, 0); }

    private int register(Type type, String text, Kernel.Origin origin, int which) {
        registers.add(new Kernel.Register(type, text, origin, which));
        return registers.size() - 1;
    }

    private int add(Instruction instruction) {
        code.add(instruction);
        return code.size() - 1;
    }

    private int mine(Value value) {
        if (value.kernel != this) throw new IllegalArgumentException("kernel " + name + " uses a value of kernel " + value.kernel.name);
        return value.register;
    }

    private Pointer mine(Pointer pointer) {
        if (pointer.kernel != this) throw new IllegalArgumentException("kernel " + name + " uses memory of kernel " + pointer.kernel.name);
        return pointer;
    }

    /** An I32: an index or a truth value. */
    private int truth(Value value) {
        sameType("a condition or an index", Type.I32, value.type());
        return mine(value);
    }

    private void sameType(String where, Type expected, Type type) {
        if (expected != type) throw new IllegalArgumentException(
                "kernel " + name + ": " + where + " has " + expected + " and " + type + "; toFloat() or toInt() converts");
    }
}
