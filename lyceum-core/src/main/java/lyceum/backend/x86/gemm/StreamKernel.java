package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R14;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates {@code c (+)= a B} for one row, with B's rows read from end to end, some at a time, and c in the first-level cache: what comes from afar comes in
 * sequence, as a CPU's prefetchers foresee it, where the {@link MicroKernel} would read a few lines of every row. Floats, with AVX-512.
 *
 * <p>Arguments are the micro-kernel's, except for r8: whole vectors of a row, and r9: mask of the lanes behind them, 0 for none. An element is the same running sum.
 */
final class StreamKernel {
    /** Rows of B that are read together, vectors between two jumps. */
    private static final int ROWS = 4, UNROLL = 4;
    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14};

    private final Assembler a;
    private final Arithmetic arithmetic;

    record Form(Arithmetic arithmetic) implements KernelForm {
        @Override public String name(Cpu cpu) { return "gemm streaming " + arithmetic; }

        @Override public void write(Assembler a, Cpu cpu) { new StreamKernel(a, arithmetic).write(); }
    }

    private StreamKernel(Assembler a, Arithmetic arithmetic) {
        this.a = a;
        this.arithmetic = arithmetic;
    }

    private void write() {
        a.enter(SAVED);
        a.emit(Instruction.KMOVW_FROM, Mask.K1, R9);
        a.mov(R10, Mem.at(RDI, MicroKernel.B_STEP));
        a.lea(R11, Mem.at(R10, R10, 2));
        a.mov(R12, Mem.at(RDI, MicroKernel.A_STEP));
        a.mov(R13, Mem.at(RDI, MicroKernel.STEPS));
        a.mov(R14, Mem.at(RDI, MicroKernel.ADD));
        count(R13, ROWS, () -> rows(ROWS), () -> rows(1));
        a.leave(SAVED);
    }

    /** So many rows of B, added to what stands in c except for the first ones of a product. */
    private void rows(int count) {
        for (int r = 0; r < count; r++) {
            a.emit(arithmetic.broadcast, zmm(28 + r), Mem.at(RSI));
            a.add(RSI, R12);
        }
        var add = a.label();
        var done = a.label();
        a.mov(RBX, RDX);
        a.mov(RAX, RCX);
        a.mov(RBP, R8);
        a.test(R14, R14);
        a.jump(Condition.NE, add);
        line(count, false);
        a.mov(R14, 1);
        a.jump(done);
        a.bind(add);
        line(count, true);
        a.bind(done);
        for (int r = 0; r < count; r++) a.add(RDX, R10);
    }

    private void line(int count, boolean add) {
        count(RBP, UNROLL, () -> vectors(count, UNROLL, add), () -> vectors(count, 1, add));
        var done = a.label();
        a.test(R9, R9);
        a.jump(Condition.E, done);
        vector(count, 0, add, true);
        a.bind(done);
    }

    /** {@code many} as long as so many are left, then {@code one} for each that is. */
    private void count(Gp left, int together, Runnable many, Runnable one) {
        var single = a.label();
        var done = a.label();
        var next = a.bind(a.label());
        a.sub(left, together);
        a.jump(Condition.L, single);
        many.run();
        a.jump(next);
        a.bind(single);
        a.add(left, together);
        var rest = a.bind(a.label());
        a.test(left, left);
        a.jump(Condition.E, done);
        one.run();
        a.sub(left, 1);
        a.jump(rest);
        a.bind(done);
    }

    private void vectors(int count, int vectors, boolean add) {
        for (int u = 0; u < vectors; u++) vector(count, u, add, false);
        a.add(RBX, 64 * vectors);
        a.add(RAX, 64 * vectors);
    }

    private void vector(int count, int u, boolean add, boolean masked) {
        var sum = zmm(u);
        var other = zmm(UNROLL);
        if (add) load(sum, Mem.at(RAX, 64 * u), masked);
        else a.emit(Instruction.VXORPS, sum, sum, sum);
        for (int r = 0; r < count; r++) {
            var from = r == 0 ? Mem.at(RBX, 64 * u) : r == 3 ? Mem.at(RBX, R11, 1, 64 * u) : Mem.at(RBX, R10, r, 64 * u);
            if (masked) load(other, from, true);
            if (masked) a.emit(arithmetic.multiplyAdd, sum, zmm(28 + r), other);
            else a.emit(arithmetic.multiplyAdd, sum, zmm(28 + r), from);
        }
        if (!masked) a.emit(Instruction.VMOVUPS_STORE, Mem.at(RAX, 64 * u), sum);
        else a.emit(arithmetic.lane == 8 ? Instruction.VMOVUPD_STORE : Instruction.VMOVUPS_STORE, Mem.at(RAX).mask(Mask.K1), sum);
    }

    private void load(Vec to, Mem from, boolean masked) {
        if (!masked) a.emit(Instruction.VMOVUPS, to, from);
        else a.emit(arithmetic.lane == 8 ? Instruction.VMOVUPD : Instruction.VMOVUPS, to.mask(Mask.K1).zeroing(), from);
    }
}
