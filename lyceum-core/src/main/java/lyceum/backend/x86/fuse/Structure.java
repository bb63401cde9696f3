package lyceum.backend.x86.fuse;

import java.util.Arrays;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.code.Geometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;

/**
 * What code is made for and cached by: the instructions without their constants, and how operands lie along the innermost axis.
 *
 * @param program of which only the structure counts
 * @param kinds of the inputs, then the outputs
 * @param isOneRow true if there is a single run of elements
 * @param isEven true if every row begins at an element of even number
 * @param length of the rows of a row program
 */
record Structure(Program program, byte[] kinds, boolean isOneRow, boolean isEven, Length length)
        implements KernelCache.Form<Cpu, Compiled> {
    /** Rows so short that floats add up well; any rows; rows that leave the first-level cache while a program goes over them. */
    enum Length {
        SHORT, ANY, LONG;

        static Length of(long columns) { return columns <= 512 ? SHORT : columns < 2048 ? ANY : LONG; }

        /**
         * True if the lines that results go to are asked for while a row is reduced. On Zen 4 they come meanwhile; on Granite Rapids RMS norm of 20x50257 takes 369 us
         * without, 446 with it, layer norm 416 and 457, softmax the same.
         */
        boolean fetchesOutputs(Cpu cpu) { return this == LONG && !cpu.isFarFromMemory(); }
    }

    /** {@link Compiled#NONE} if there is no code for it, or no memory. */
    @Override public Compiled make(Cpu cpu) {
        try {
            var assembler = new Assembler(cpu.features(), CodeMemory.isListed());
            var code = new ProgramCode(this, cpu.features(), length.fetchesOutputs(cpu));
            var bytes = KernelWriter.write(code, assembler);
            var kernel = CodeMemory.load("fuse " + Integer.toHexString(hashCode()), bytes);
            return kernel.isEmpty() ? Compiled.NONE
                    : new Compiled(kernel.get(), code.block, code.keptBytes(), code.keptIn(), code.target.lanes(), code.cost());
        } catch (Unsupported reason) {
            System.getLogger("lyceum.backend").log(System.Logger.Level.DEBUG, "no machine code: {0}\n{1}", reason.getMessage(), program);
            return Compiled.NONE;
        }
    }

    @Override public boolean equals(Object other) {
        return other instanceof Structure that && isOneRow == that.isOneRow && isEven == that.isEven && length == that.length
                && Arrays.equals(kinds, that.kinds) && same(program, that.program);
    }

    private static boolean same(Program a, Program b) {
        if (a == b) return true;
        if (a.length() != b.length() || a.outputs() != b.outputs()) return false;
        for (int i = 0; i < a.outputs(); i++) if (a.output(i) != b.output(i)) return false;
        for (int i = 0; i < a.length(); i++) {
            Program.Instruction x = a.at(i), y = b.at(i);
            if (x.op() != y.op() || x.type() != y.type() || x.a() != y.a() || x.b() != y.b() || x.c() != y.c()) return false;
            if (x.op() == Op.LOAD && x.immediate() != y.immediate()) return false;
        }
        return true;
    }

    @Override public int hashCode() {
        int h = Arrays.hashCode(kinds) * 8 + (isOneRow ? 1 : 0) + 2 * length.ordinal();
        for (int i = 0; i < program.length(); i++) {
            var in = program.at(i);
            h = 31 * h + ((in.op().ordinal() * 16 + in.type().ordinal()) * 64 + in.a()) * 64 + in.b() * 7 + in.c();
        }
        for (int i = 0; i < program.outputs(); i++) h = 31 * h + program.output(i);
        return h;
    }

    int inputs() { return kinds.length - program.outputs(); }

    byte outputKind(int i) { return kinds[inputs() + i]; }

    /** True for an output that a row of a row program has one value of. */
    boolean takesOneValue(int output) { return program.isRowProgram() && outputKind(output) == Geometry.ONE; }
}
