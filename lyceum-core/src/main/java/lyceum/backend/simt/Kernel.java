package lyceum.backend.simt;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * A function that every thread of a grid runs.
 *
 * {@snippet :
 * var add = Kernel.of("add", k -> {
 *     var a = k.global("a", Type.F32);
 *     var b = k.global("b", Type.F32);
 *     var i = k.globalX();
 *     k.when(i.lt(k.scalar("n", Type.I32)), () -> b.store(i, a.load(i).add(b.load(i))));
 * });
 * var report = new Simt().launch(add, Dim.covering(n, 256), new Dim(256), a, b, n); // under the interpreter, or add.cuda() for a compiler
 * }
 *
 * Source of the model: Nickolls, Buck, Garland and Skadron (2008), Scalable Parallel Programming with CUDA.
 */
public final class Kernel {
    /** What each thread knows of itself, by its name in CUDA. */
    enum Special {
        THREAD_X("threadIdx.x"), THREAD_Y("threadIdx.y"), BLOCK_X("blockIdx.x"), BLOCK_Y("blockIdx.y"), BLOCK_SIZE_X("blockDim.x"),
        BLOCK_SIZE_Y("blockDim.y"), GRID_SIZE_X("gridDim.x");

        final String cuda;

        Special(String name) { cuda = "(int)" + name; }
    }

    enum Origin {
        CONSTANT, SPECIAL, ARGUMENT, COMPUTED
    }

    /** @param text in CUDA C; {@code which} the constant's bits, the special's or argument's number */
    record Register(Type type, String text, Origin origin, int which) {}

    /** @param pointer of an array, null of a number, whose register is {@code register} */
    record Parameter(String name, Type type, Pointer pointer, int register) {}

    private final String name;
    private final List<Parameter> parameters;
    private final List<Pointer> shared;
    private final int sharedWords;
    private final List<Register> registers;
    private final List<Instruction> code;

    Kernel(String name, List<Parameter> parameters, List<Pointer> shared, int sharedWords, List<Register> registers,
            List<Instruction> code) {
        this.name = name;
        this.parameters = List.copyOf(parameters);
        this.shared = List.copyOf(shared);
        this.sharedWords = sharedWords;
        this.registers = List.copyOf(registers);
        this.code = List.copyOf(code);
    }

    /** The kernel that {@code body} writes down. @param name an identifier of C */
    public static Kernel of(String name, Consumer<KernelBuilder> body) {
        if (!name.matches("[A-Za-z_][A-Za-z_0-9]*"))
            throw new IllegalArgumentException("kernel \"" + name + "\": a name is an identifier of C");
        var builder = new KernelBuilder(name);
        body.accept(builder);
        return builder.build();
    }

    public String name() { return name; }

    /** Bytes of shared memory that a block has. */
    public int sharedBytes() { return 4 * sharedWords; }

    /** How many barriers stand in the code. */
    public int barriers() { return (int) code.stream().filter(Instruction.Barrier.class::isInstance).count(); }

    /** The kernel without its barrier number {@code i}, counted from 0 as written: to see whether it is missed. */
    public Kernel withoutBarrier(int i) {
        var places = new ArrayList<Integer>();
        for (int at = 0; at < code.size(); at++) if (code.get(at) instanceof Instruction.Barrier) places.add(at);
        if (i < 0 || i >= places.size()) throw new IllegalArgumentException(
                "kernel " + name + " without barrier " + i + "; it has " + places.size() + ", counted from 0");
        var rest = new ArrayList<>(code);
        rest.set(places.get(i), new Instruction.Nothing());
        return new Kernel(name, parameters, shared, sharedWords, registers, rest);
    }

    /** The kernel in CUDA C, as NVRTC compiles it: {@code extern "C" __global__ void name(..)}. */
    public String cuda() { return new CudaText(this).source(); }

    /** The argument for each parameter is of its kind. @throws IllegalArgumentException naming the one that is not */
    public void check(Object... arguments) {
        if (arguments.length != parameters.size()) throw new IllegalArgumentException("launch of " + name + ": " + arguments.length
                + " arguments for the " + parameters.size() + " parameters " + parameters.stream().map(Parameter::name).toList());
        for (int i = 0; i < arguments.length; i++) {
            var p = parameters.get(i);
            boolean fits = p.pointer != null ? arguments[i] instanceof Buffer b && b.type() == p.type
                    : p.type == Type.I32 ? arguments[i] instanceof Integer : arguments[i] instanceof Float;
            if (!fits) throw new IllegalArgumentException("launch of " + name + ": " + p.name + " is "
                    + (arguments[i] instanceof Buffer b ? "a Buffer of " + b.type() : arguments[i]) + "; it takes "
                    + (p.pointer != null ? "a Buffer of " + p.type : p.type == Type.I32 ? "an Integer" : "a Float"));
        }
    }

    List<Parameter> parameters() { return parameters; }

    List<Pointer> shared() { return shared; }

    int sharedWords() { return sharedWords; }

    List<Register> registers() { return registers; }

    List<Instruction> code() { return Collections.unmodifiableList(code); }

    /** A constant in C. */
    static String text(Type type, int bits) {
        if (type == Type.I32) return bits == Integer.MIN_VALUE ? "(-2147483647 - 1)" : bits < 0 ? "(" + bits + ")" : Integer.toString(bits);
        float value = Float.intBitsToFloat(bits);
        if (!Float.isFinite(value)) return "__int_as_float(0x" + Integer.toHexString(bits) + ")";
        return value < 0 || bits < 0 ? "(" + value + "f)" : value + "f";
    }
}
