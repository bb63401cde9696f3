package lyceum.backend.x86.fuse;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;

/**
 * Where a kernel finds its data: elements of a row, rows, the number of the first element, what it grows by a row; for each operand (inputs, outputs,
 * buffers of kept rows) its address, the bytes between rows, and the distance of its elements; then constants and random keys. The kernel moves the
 * addresses on from row to row.
 */
final class ArgumentBlock {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field COUNT = LAYOUT.word(), ROWS = LAYOUT.word(), NUMBER = LAYOUT.word(), NUMBER_STEP = LAYOUT.word();
    /** Of the first operand; those of each that follows stand {@link #OPERAND_BYTES} behind. */
    static final Field ADDRESS = LAYOUT.word(), ROW_BYTES = LAYOUT.word(), DISTANCE = LAYOUT.word();
    static final int OPERAND_BYTES = LAYOUT.bytes() - ADDRESS.at();
    /** No program is so long that its block is longer. */
    static final int MOST = 16 << 10;

    private final Program program;
    private final int operands;
    private final int[] offsets;
    private final int bytes;
    /** Registers of the program that are written. */
    private final int[] written;

    /** @param operands inputs, outputs and kept rows */
    ArgumentBlock(Program program, int operands) {
        this.program = program;
        this.operands = operands;
        this.offsets = new int[program.length()];
        int at = ADDRESS.at() + operands * OPERAND_BYTES;
        int[] data = new int[program.length()];
        int count = 0;
        for (int r = 0; r < program.length(); r++) {
            var op = program.at(r).op();
            if (op != Op.CONST && op != Op.RANDOM) continue;
            offsets[r] = at;
            at += op == Op.CONST ? 8 : RandomDraw.BYTES;
            data[count++] = r;
        }
        this.written = Arrays.copyOf(data, count);
        this.bytes = at;
        if (bytes > MOST) throw new Unsupported("an argument block of " + bytes + " bytes");
    }

    int operands() { return operands; }

    /** Of the constant, or the random keys, of a register. */
    int offset(int register) { return offsets[register]; }

    static Mem address(int operand) { return Mem.at(Gp.RDI, ADDRESS).plus(operand * OPERAND_BYTES); }

    static Mem rowBytes(int operand) { return Mem.at(Gp.RDI, ROW_BYTES).plus(operand * OPERAND_BYTES); }

    static Mem distance(int operand) { return Mem.at(Gp.RDI, DISTANCE).plus(operand * OPERAND_BYTES); }

    /** Writes the constants and keys of a program of the same structure. */
    void write(Program given, MemorySegment block) {
        for (int r : written) {
            var in = given.at(r);
            if (in.op() == Op.RANDOM) {
                var keys = RandomDraw.keys(in.immediate());
                for (int i = 0; i < keys.length; i++) block.set(ValueLayout.JAVA_LONG, offsets[r] + 8L * i, keys[i]);
            } else {
                block.set(ValueLayout.JAVA_LONG, offsets[r], bits(in.type(), in.immediate()));
            }
        }
    }

    /** A constant as it stands in a lane. */
    private static long bits(DType type, long immediate) {
        return switch (type) {
            case F64, I64 -> immediate;
            case F16, BF16, F32 -> Float.floatToRawIntBits(Elements.round(type, Double.longBitsToDouble(immediate)));
            case U8 -> immediate & 0xFF;
            case I8 -> (byte) immediate;
            case BOOL -> immediate != 0 ? 1 : 0;
            default -> (int) immediate;
        };
    }
}
