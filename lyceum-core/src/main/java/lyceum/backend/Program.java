package lyceum.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntUnaryOperator;
import lyceum.DType;

/**
 * Element-wise work as plain data: instructions in static single assignment, run once for every element of a shape. {@link ProgramBuilder} writes them.
 *
 * <p>Register {@code i} is the result of instruction {@code i}. Operands are read by {@link Op#LOAD}, whose immediate is the operand's number;
 * constants are the bits of a double (floats) or a long. A backend may interpret the list over blocks that stay in the first-level cache, or
 * compile it; {@link #slot} says which of {@link #slots} buffers each register may live in.
 *
 * <p>A <em>row program</em> contains reductions of rows ({@link Op#isRowReduction}), whose results every element of the row can read: softmax is
 * {@code e = exp(x - ROW_MAX x); e / ROW_SUM e}. It runs row by row in phases: {@link #level} is the number of row reductions that must be
 * complete, one after another, before a register can be computed. An output view may have stride 0 along the rows; it then takes one value a row.
 */
public final class Program {

    /**
     * One instruction: {@code register = op(a, b, c)} in {@code type}.
     *
     * @param a register of the first operand, or -1; likewise {@code b}, {@code c}
     * @param immediate operand number of LOAD, bits of CONST, key of RANDOM
     */
    public record Instruction(Op op, DType type, int a, int b, int c, long immediate) {
        public static Instruction load(DType type, int operand) { return new Instruction(Op.LOAD, type, -1, -1, -1, operand); }

        public static Instruction constant(DType type, long bits) { return new Instruction(Op.CONST, type, -1, -1, -1, bits); }

        /** The same instruction reading other registers. */
        public Instruction renamed(IntUnaryOperator register) {
            return new Instruction(op, type, a < 0 ? a : register.applyAsInt(a), b < 0 ? b : register.applyAsInt(b),
                    c < 0 ? c : register.applyAsInt(c), immediate);
        }

        /** The registers that it reads, in order. */
        public int[] operands() { return c >= 0 ? new int[] {a, b, c} : b >= 0 ? new int[] {a, b} : a >= 0 ? new int[] {a} : new int[0]; }
    }

    private final Instruction[] code;
    private final int[] outputs;
    /** Made when an interpreter asks: machine code does without. */
    private volatile Slots slots;
    private final int[] uses;
    private final int[] level;
    private final int levels;
    private volatile Object attachment;

    /** @param of the buffer of each register */
    private record Slots(int[] of, int count) {}

    /** @param outputs registers whose values are stored, in the order of the output views */
    public Program(List<Instruction> code, int... outputs) {
        this.code = code.toArray(new Instruction[0]);
        this.outputs = outputs.clone();
        this.uses = countUses();
        this.level = new int[this.code.length];
        this.levels = assignLevels();
    }

    /** The program of a single operation on operands 0, 1, ... of the given types. */
    public static Program of(Op op, DType type, DType... operands) {
        var p = new ProgramBuilder();
        for (int i = 0; i < operands.length; i++) p.load(operands[i], i);
        int n = operands.length;
        return p.build(p.of(op, type, n > 0 ? 0 : -1, n > 1 ? 1 : -1, n > 2 ? 2 : -1, 0));
    }

    /** The program that copies operand 0. */
    public static Program copy(DType type) { return new Program(List.of(Instruction.load(type, 0)), 0); }

    /** The same program whose operands have other numbers. */
    public Program reading(IntUnaryOperator operand) {
        var renumbered = new ArrayList<Instruction>(code.length);
        for (var in : code) renumbered.add(in.op == Op.LOAD ? Instruction.load(in.type, operand.applyAsInt((int) in.immediate)) : in);
        return new Program(renumbered, outputs);
    }

    public int length() { return code.length; }

    public Instruction at(int register) { return code[register]; }

    public int outputs() { return outputs.length; }

    public int output(int i) { return outputs[i]; }

    /** The buffer in which register {@code register} lives: a register dies at its last use and leaves its buffer to later ones. */
    public int slot(int register) { return placed().of[register]; }

    public int slots() { return placed().count; }

    private Slots placed() {
        var known = slots;
        return known != null ? known : (slots = assignSlots());
    }

    /** How many instructions and outputs read the register. */
    public int uses(int register) { return uses[register]; }

    /** The longest chain of row reductions on the way to the register, itself included. */
    public int level(int register) { return level[register]; }

    /** The highest level of a register; 0 if nothing reduces rows. */
    public int levels() { return levels; }

    public boolean isRowProgram() { return levels > 0; }

    /** True if an element depends on the operands at its place alone: nothing is drawn, and no row is reduced. Then a part of the shape can be computed by itself. */
    public boolean isPlain() {
        for (var in : code) if (in.op == Op.RANDOM) return false;
        return !isRowProgram();
    }

    private int assignLevels() {
        int most = 0;
        for (int i = 0; i < code.length; i++) {
            var in = code[i];
            if (in.a >= 0) level[i] = level[in.a];
            if (in.b >= 0) level[i] = Math.max(level[i], level[in.b]);
            if (in.c >= 0) level[i] = Math.max(level[i], level[in.c]);
            if (in.op.isRowReduction()) level[i]++;
            most = Math.max(most, level[i]);
        }
        return most;
    }

    private int[] countUses() {
        var counts = new int[code.length];
        for (var in : code) {
            if (in.a >= 0) counts[in.a]++;
            if (in.b >= 0) counts[in.b]++;
            if (in.c >= 0) counts[in.c]++;
        }
        for (int output : outputs) counts[output]++;
        return counts;
    }

    private Slots assignSlots() {
        int[] lastUse = new int[code.length], slot = new int[code.length], owner = new int[code.length];
        for (int i = 0; i < code.length; i++) {
            var in = code[i];
            // A constant keeps its buffer, so that an interpreter fills it once, if at all, and not for every block.
            lastUse[i] = Math.max(lastUse[i], in.op == Op.CONST ? Integer.MAX_VALUE : i);
            if (in.a >= 0) lastUse[in.a] = Math.max(lastUse[in.a], i);
            if (in.b >= 0) lastUse[in.b] = Math.max(lastUse[in.b], i);
            if (in.c >= 0) lastUse[in.c] = Math.max(lastUse[in.c], i);
        }
        for (int output : outputs) lastUse[output] = Integer.MAX_VALUE;
        int count = 0;
        for (int i = 0; i < code.length; i++) {
            int chosen = -1;
            // A result may take the buffer of an operand that dies here: kernels read element i before they write it.
            for (int s = 0; s < count && chosen < 0; s++) if (lastUse[owner[s]] <= i && code[i].op != Op.CONST) chosen = s;
            if (chosen < 0) chosen = count++;
            owner[chosen] = i;
            slot[i] = chosen;
        }
        return new Slots(slot, count);
    }

    /** What a backend has kept with the program, or null. For programs that are run again and again, as those of single operations are. */
    public Object attachment() { return attachment; }

    public void attach(Object kept) { attachment = kept; }

    /** A listing for humans: {@code r2 = MUL f32 r0 r1}. */
    @Override public String toString() {
        var text = new StringBuilder();
        for (int i = 0; i < code.length; i++) {
            var in = code[i];
            text.append('r').append(i).append(" = ").append(in.op).append(' ').append(in.type.name().toLowerCase(Locale.ROOT));
            for (int r : new int[] {in.a, in.b, in.c}) if (r >= 0) text.append(" r").append(r);
            if (in.op.arity() == 0) text.append(" #").append(in.immediate);
            text.append('\n');
        }
        for (int output : outputs) text.append("store r").append(output).append('\n');
        return text.toString();
    }
}
