package lyceum.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import lyceum.DType;
import lyceum.backend.Program.Instruction;

/**
 * Writes a {@link Program} instruction by instruction. Each method adds one and returns the register of its result.
 *
 * {@snippet :
 * var p = new ProgramBuilder();
 * int x = p.load(DType.F32, 0), scale = p.constant(DType.F32, 0.5), y = p.load(DType.F32, 1);
 * Program program = p.build(p.of(Op.FMA, DType.F32, x, scale, y));
 * }
 */
public final class ProgramBuilder {
    private final List<Instruction> code = new ArrayList<>();

    /** An element of an operand. */
    public int load(DType type, int operand) { return add(Instruction.load(type, operand)); }

    /** A number, the same for all elements; of an integer type its whole part. */
    public int constant(DType type, double value) {
        return add(Instruction.constant(type, type.isFloat() ? Double.doubleToRawLongBits(value) : (long) value));
    }

    public int of(Op op, DType type, int a) { return add(new Instruction(op, type, a, -1, -1, 0)); }

    public int of(Op op, DType type, int a, int b) { return add(new Instruction(op, type, a, b, -1, 0)); }

    public int of(Op op, DType type, int a, int b, int c) { return add(new Instruction(op, type, a, b, c, 0)); }

    /** As {@link #of(Op, DType, int, int, int)} where the number of operands is not known beforehand: a missing one is -1. */
    public int of(Op op, DType type, int a, int b, int c, long immediate) { return add(new Instruction(op, type, a, b, c, immediate)); }

    /** A uniform draw for each element under this key. */
    public int random(DType type, long key) { return of(Op.RANDOM, type, -1, -1, -1, key); }

    /** The register in another type; itself, and nothing is added, if it has that type. */
    public int cast(DType type, int register) { return code.get(register).type() == type ? register : of(Op.CAST, type, register); }

    public int add(Instruction instruction) {
        code.add(instruction);
        return code.size() - 1;
    }

    /** All instructions of a program, which comes first, so that its registers keep their numbers. */
    public void addAll(Program program) { for (int i = 0; i < program.length(); i++) code.add(program.at(i)); }

    /** Whether an instruction so far has such an operation. */
    public boolean contains(Predicate<Op> operations) {
        for (var instruction : code) if (operations.test(instruction.op())) return true;
        return false;
    }

    /** @param outputs registers whose values are stored, in the order of the output views */
    public Program build(int... outputs) { return new Program(code, outputs); }
}
