package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R14;
import static lyceum.backend.x86.asm.Gp.R15;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates the inner products of a few rows {@code x} with many rows {@code w}, both contiguous along the inner dimension: the product with a
 * transposed weight, without a copy of it. Lanes run along the inner dimension and are summed in the end.
 *
 * <p>Arguments: rdi a block of the fields below, rsi x, rdx w, rcx result, r8 number of rows of w, r9 mask of the elements after the last whole vector, 0
 * for none (without AVX-512 the address of lane masks). An inner product's value is the same whatever tile computes it.
 */
final class DotKernel {
    /** Rows of x at most. */
    static final int MOST_ROWS = 8;
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** Bytes from row to row of x and of w, from row to row of x and of w in the result; whole vectors of a row. */
    static final Field X_ROW = LAYOUT.word(), W_ROW = LAYOUT.word(), OUT_X = LAYOUT.word(), OUT_W = LAYOUT.word(), VECTORS = LAYOUT.word();

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    /** Rows of w beside so many rows of x: accumulators, the fewer rows' vectors, one of the others and a mask share the registers. */
    private static final int[] WIDE = {0, 8, 8, 8, 6, 5, 4, 3, 3}, NARROW = {0, 8, 4, 3, 2, 1, 1, 1, 1};

    private final Assembler a;
    private final Arithmetic arithmetic;
    private final int bits, m;
    private final boolean wide;

    /** @param rows of x, at most {@link #MOST_ROWS} */
    record Form(Arithmetic arithmetic, int rows) implements KernelForm {
        @Override public String name(Cpu cpu) { return "dot " + arithmetic + " " + rows; }

        @Override public void write(Assembler a, Cpu cpu) { new DotKernel(a, cpu, arithmetic, rows).write(); }
    }

    private DotKernel(Assembler a, Cpu cpu, Arithmetic arithmetic, int m) {
        this.a = a;
        this.arithmetic = arithmetic;
        this.bits = cpu.vectorBits();
        this.wide = cpu.has(Feature.AVX512);
        this.m = m;
    }

    private void write() {
        a.enter(SAVED);
        if (wide) a.emit(Instruction.KMOVD_FROM, Mask.K1, R9);
        multiples(RAX, RBX, R10, R11, W_ROW);
        multiples(R12, R13, R14, R15, X_ROW);
        int most = (wide ? WIDE : NARROW)[m];
        RowTiles.write(a, most, this::tile);
        a.leave(SAVED);
    }

    private void multiples(Gp one, Gp three, Gp five, Gp seven, Field at) {
        a.mov(one, Mem.at(RDI, at));
        a.lea(three, Mem.at(one, one, 2));
        a.lea(five, Mem.at(one, one, 4));
        a.lea(seven, Mem.at(three, one, 4));
    }

    private Vec sum(int i, int j) { return Vec.of(i * (wide ? WIDE : NARROW)[m] + j, bits); }

    private Vec mask() { return Vec.ymm(15); }

    /** Registers that are no accumulators, from above. */
    private Vec spare(int index) { return Vec.of((wide ? 31 : 14) - index, bits); }

    private Mem x(int i) { return row(RSI, i, R12, R13, R14, R15); }

    private Mem w(int j) { return row(RDX, j, RAX, RBX, R10, R11); }

    private static Mem row(Gp base, int row, Gp one, Gp three, Gp five, Gp seven) {
        return switch (row) {
            case 0 -> Mem.at(base);
            case 1, 2, 4 -> Mem.at(base, one, row);
            case 3, 6 -> Mem.at(base, three, row / 3);
            case 5 -> Mem.at(base, five, 1);
            default -> Mem.at(base, seven, 1);
        };
    }

    private void tile(int n) {
        for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) a.emit(Instruction.VXORPS, sum(i, j), sum(i, j), sum(i, j));
        var last = a.label();
        var done = a.label();
        a.mov(RBP, Mem.at(RDI, VECTORS));
        a.test(RBP, RBP);
        a.jump(Condition.E, last);
        a.align(32);
        var loop = a.bind(a.label());
        step(n, false);
        a.add(RSI, bits / 8);
        a.add(RDX, bits / 8);
        a.sub(RBP, 1);
        a.jump(Condition.NE, loop);
        a.bind(last);
        a.test(R9, R9);
        a.jump(Condition.E, done);
        if (!wide) a.emit(Instruction.VMOVUPS, mask(), Mem.at(R9));
        step(n, true);
        a.bind(done);
        a.mov(RBP, Mem.at(RDI, VECTORS));
        a.imul(RBP, RBP, bits / 8);
        a.sub(RSI, RBP);
        a.sub(RDX, RBP);
        a.imul(RBP, RAX, n);
        a.add(RDX, RBP);
        for (int j = 0; j < n; j++) {
            a.mov(RBP, RCX);
            for (int i = 0; i < m; i++) {
                store(sum(i, j));
                if (i < m - 1) a.add(RBP, Mem.at(RDI, OUT_X));
            }
            a.add(RCX, Mem.at(RDI, OUT_W));
        }
    }

    private void step(int n, boolean masked) {
        boolean keepX = m <= n;
        int kept = keepX ? m : n, others = keepX ? n : m;
        for (int i = 0; i < kept; i++) load(spare(i), keepX ? x(i) : w(i), masked);
        for (int j = 0; j < others; j++) {
            var from = keepX ? w(j) : x(j);
            boolean fromMemory = kept == 1 && !masked;
            if (!fromMemory) load(spare(kept), from, masked);
            for (int i = 0; i < kept; i++) {
                var sum = keepX ? sum(i, j) : sum(j, i);
                if (fromMemory) a.emit(arithmetic.multiplyAdd, sum, spare(i), from);
                else a.emit(arithmetic.multiplyAdd, sum, spare(i), spare(kept));
            }
        }
    }

    private void load(Vec to, Mem from, boolean masked) {
        if (!masked) a.emit(Instruction.VMOVUPS, to, from);
        else if (wide)
            a.emit(arithmetic.bytes == 2 ? Instruction.VMOVDQU16 : arithmetic.bytes == 8 ? Instruction.VMOVUPD : Instruction.VMOVUPS,
                    to.mask(Mask.K1).zeroing(), from);
        else a.emit(arithmetic.bytes == 8 ? Instruction.VMASKMOVPD : Instruction.VMASKMOVPS, to, mask(), from);
    }

    /** Halves are added to halves until one lane is left. */
    private void store(Vec sum) {
        var other = spare(0);
        if (wide) {
            a.emit(Instruction.VSHUFF32X4, 0x4E, other, sum, sum);
            a.emit(arithmetic.add, sum, sum, other);
            a.emit(Instruction.VSHUFF32X4, 0xB1, other, sum, sum);
        } else {
            a.emit(Instruction.VPERM2F128, 1, other, sum, sum);
        }
        a.emit(arithmetic.add, sum, sum, other);
        a.emit(Instruction.VPERMILPS, 0x4E, other, sum);
        a.emit(arithmetic.add, sum, sum, other);
        if (arithmetic.lane == 8) {
            a.emit(Instruction.VMOVSD_STORE, Mem.at(RBP), sum.as(128));
        } else {
            a.emit(Instruction.VPERMILPS, 0xB1, other, sum);
            a.emit(arithmetic.add, sum, sum, other);
            a.emit(Instruction.VMOVSS_STORE, Mem.at(RBP), sum.as(128));
        }
    }
}
