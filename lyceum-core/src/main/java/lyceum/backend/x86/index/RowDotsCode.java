package lyceum.backend.x86.index;

import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.backend.RowDots;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Dot products of a vector with rows all over memory, for {@code lyceum.backend.RowDots}, which finds it by its name: a call for many rows, each in vectors of eight whose sums
 * are added as its plain loops add them.
 */
public final class RowDotsCode implements RowDots.Many {
    private static final int LANES = 8, SUMS = 32;
    /** Products that take about 50 microseconds where the rows lie in no cache: a longer call lets collections run. */
    private static final long LONG = 1 << 17;
    private static final Vec TERM = Vec.ymm(4), REST = Vec.ymm(5);

    private final Kernel floats, halves, bytes, integers;

    /**
     * Arguments: rdi the vector, rsi addresses of rows, rdx their number, at least one, rcx numbers of a row, r8 where the sums go, r9 how many addresses follow, of what is read next.
     *
     * @param type of the rows
     */
    private record Form(DType type) implements KernelForm {
        @Override public String name(Cpu cpu) { return "dot products of rows of " + type; }

        @Override public void write(Assembler a, Cpu cpu) {
            prefetch(a);
            a.mov(R9, RCX);
            a.and(R9, -SUMS);
            each(a, () -> row(a));
        }

        private void row(Assembler a) {
            for (int i = 0; i <= REST.number(); i++) if (i != TERM.number()) clear(a, Vec.ymm(i));
            loop(a, R9, () -> {
                for (int i = 0; i < SUMS / LANES; i++) {
                    var eight = Mem.at(RAX, R10, type.bytes(), type.bytes() * LANES * i);
                    if (type == DType.I8) {
                        a.emit(Instruction.VPMOVSXBD, TERM, eight);
                        a.emit(Instruction.VCVTDQ2PS, TERM, TERM);
                    } else a.emit(type == DType.F16 ? Instruction.VCVTPH2PS : Instruction.VMOVUPS, TERM, eight);
                    a.emit(Instruction.VMULPS, TERM, TERM, Mem.at(RDI, R10, 4, 4 * LANES * i));
                    a.emit(Instruction.VADDPS, Vec.ymm(i), Vec.ymm(i), TERM);
                }
                a.add(R10, SUMS);
            });
            loop(a, RCX, () -> {
                Vec term = TERM.as(128), rest = REST.as(128);
                var one = Mem.at(RAX, R10, type.bytes());
                if (type == DType.F32) a.emit(Instruction.VMOVSS, term, one);
                else {
                    if (type == DType.F16) a.movzx16(R11, one);
                    else {
                        a.movzx8(R11, one);
                        a.shl(R11, 56);
                        a.sar(R11, 56);
                    }
                    a.emit(Instruction.VMOVD, term, R11);
                    a.emit(type == DType.F16 ? Instruction.VCVTPH2PS : Instruction.VCVTDQ2PS, term, term);
                }
                a.emit(Instruction.VMULSS, term, term, Mem.at(RDI, R10, 4));
                a.emit(Instruction.VADDSS, rest, rest, term);
                a.add(R10, 1);
            });
            sum(a);
            a.emit(Instruction.VMOVSS_STORE, Mem.at(R8), Vec.xmm(0));
        }

        private static void clear(Assembler a, Vec v) { a.emit(Instruction.VXORPS, v, v, v); }

        /** Four vectors of eight lanes, then neighbouring lanes, pairs, halves, and the rest. */
        private static void sum(Assembler a) {
            Vec s = Vec.ymm(0), low = Vec.xmm(0), high = Vec.xmm(1);
            a.emit(Instruction.VADDPS, s, s, Vec.ymm(1));
            a.emit(Instruction.VADDPS, Vec.ymm(2), Vec.ymm(2), Vec.ymm(3));
            a.emit(Instruction.VADDPS, s, s, Vec.ymm(2));
            a.emit(Instruction.VPERMILPS, 0xB1, TERM, s);
            a.emit(Instruction.VADDPS, s, s, TERM);
            a.emit(Instruction.VPERMILPS, 0x4E, TERM, s);
            a.emit(Instruction.VADDPS, s, s, TERM);
            a.emit(Instruction.VEXTRACTF128, 1, high, s);
            a.emit(Instruction.VADDSS, low, low, high);
            a.emit(Instruction.VADDSS, low, low, REST.as(128));
        }
    }

    /** Two lines at each of the r9 addresses behind those of rows. */
    static void prefetch(Assembler a) {
        var turn = a.label();
        var end = a.label();
        a.test(R9, R9);
        a.jump(Condition.E, end);
        a.lea(R10, Mem.at(RSI, RDX, Long.BYTES));
        a.bind(turn);
        a.mov(RAX, Mem.at(R10));
        a.prefetch(0, Mem.at(RAX));
        a.prefetch(0, Mem.at(RAX, 64));
        a.add(R10, Long.BYTES);
        a.sub(R9, 1);
        a.jump(Condition.NE, turn);
        a.bind(end);
    }

    /** The whole of the rdx rows: what is done with the one at rax, from r10 = 0 on, until its sum of four bytes stands at r8. */
    static void each(Assembler a, Runnable row) {
        var turn = a.label();
        a.align(32);
        a.bind(turn);
        a.mov(RAX, Mem.at(RSI));
        a.xor(R10, R10);
        row.run();
        a.add(RSI, Long.BYTES);
        a.add(R8, Float.BYTES);
        a.sub(RDX, 1);
        a.jump(Condition.NE, turn);
        a.vzeroupper();
        a.ret();
    }

    /** While r10 is below the limit. */
    static void loop(Assembler a, Gp limit, Runnable body) {
        var turn = a.label();
        var end = a.label();
        a.cmp(R10, limit);
        a.jump(Condition.GE, end);
        a.align(16);
        a.bind(turn);
        body.run();
        a.cmp(R10, limit);
        a.jump(Condition.L, turn);
        a.bind(end);
    }

    /** @throws IllegalStateException where machine code cannot run */
    public RowDotsCode() {
        if (Cpu.unavailable() != null) throw new IllegalStateException(Cpu.unavailable());
        try {
            floats = new Form(DType.F32).make(Cpu.current());
            halves = new Form(DType.F16).make(Cpu.current());
            bytes = new Form(DType.I8).make(Cpu.current());
            integers = new ByteDotsForm().make(Cpu.current());
        } catch (CodeMemory.Refused refused) {
            throw new IllegalStateException("no executable memory", refused);
        }
    }

    @Override public void dots(long x, int numbers, long rows, int n, DType type, long sums, int ahead) {
        if (n < 1) return;
        var kernel = switch (type) {
            case F32 -> floats;
            case F16 -> halves;
            case I8 -> bytes;
            default -> throw new DTypeException("RowDots: rows of " + type + "; F32, F16 or I8");
        };
        call(kernel, x, numbers, rows, n, sums, ahead);
    }

    @Override public void dotsOfBytes(long x, int numbers, long rows, int n, long sums, int ahead) {
        if (n > 0) call(integers, x, numbers, rows, n, sums, ahead);
    }

    private static void call(Kernel kernel, long x, int numbers, long rows, int n, long sums, int ahead) {
        if ((long) n * numbers < LONG) kernel.call(x, rows, n, numbers, sums, ahead);
        else kernel.callLong(x, rows, n, numbers, sums, ahead);
    }
}
