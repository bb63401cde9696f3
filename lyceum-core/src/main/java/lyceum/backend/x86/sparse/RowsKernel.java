package lyceum.backend.x86.sparse;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R14;
import static lyceum.backend.x86.asm.Gp.R15;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import lyceum.DType;
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
 * A product of compressed rows with some neighbouring columns of a dense matrix: for each entry of a row, its multiple of a row of the other matrix is added to sums of F64,
 * which stay in registers. Rows of a large matrix are asked for {@value #AHEAD} entries ahead, since they come from anywhere.
 *
 * <p>Arguments: rdi a block of the fields below, rsi the first row, rdx how many, rcx the first column, r8 mask of the lanes of the last vector (its address without AVX-512).
 */
final class RowsKernel {
    /** Entries that the next row is away whose numbers may be loaded in vain: as many more must be readable. */
    static final int AHEAD = 16;
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** Row starts and columns of all entries, 32 bits each; their values; the dense matrix, the result, and bytes of a row of either. */
    static final Field STARTS = LAYOUT.word(), COLUMNS = LAYOUT.word(), VALUES = LAYOUT.word(), X = LAYOUT.word(), Y = LAYOUT.word(),
            ROW = LAYOUT.word();
    static final int PARAMETERS = LAYOUT.bytes();
    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    private static final int LINE = 64;

    private final Assembler a;
    private final int vectors, bits, lanes, element;
    private final boolean ahead, wide, narrow;

    /**
     * @param type of values and vectors, F32 or F64
     * @param vectors of sums, at most {@link #most}
     * @param ahead whether rows are asked for in advance
     */
    record Form(DType type, int vectors, boolean ahead) implements KernelForm {
        @Override public String name(Cpu cpu) { return "sparse rows " + type + " " + vectors + (ahead ? " ahead" : ""); }

        @Override public void write(Assembler a, Cpu cpu) { new RowsKernel(a, cpu, this).write(); }
    }

    /** Vectors of sums that leave registers for what is multiplied. */
    static int most(Cpu cpu) { return cpu.has(Feature.AVX512) ? 24 : 12; }

    private RowsKernel(Assembler a, Cpu cpu, Form form) {
        this.a = a;
        this.vectors = form.vectors;
        this.ahead = form.ahead;
        this.bits = cpu.vectorBits();
        this.lanes = bits / 64;
        this.wide = cpu.has(Feature.AVX512);
        this.narrow = form.type == DType.F32;
        this.element = form.type.bytes();
    }

    private void write() {
        a.enter(SAVED);
        if (wide) a.emit(Instruction.KMOVW_FROM, Mask.K1, R8);
        else a.emit(Instruction.VMOVUPS, mask(), Mem.at(R8));
        a.mov(RBP, Mem.at(RDI, ROW));
        a.mov(R9, Mem.at(RDI, STARTS));
        a.lea(R9, Mem.at(R9, RSI, 4));
        a.mov(R10, Mem.at(RDI, X));
        a.lea(R10, Mem.at(R10, RCX, element));
        a.mov(R11, Mem.at(RDI, Y));
        a.lea(R11, Mem.at(R11, RCX, element));
        a.imul(RSI, RBP);
        a.add(R11, RSI);
        a.mov(R12, Mem.at(RDI, COLUMNS));
        a.mov(R13, Mem.at(RDI, VALUES));
        var row = a.bind(a.label());
        var store = a.label();
        a.mov32(RAX, Mem.at(R9));
        a.mov32(RBX, Mem.at(R9, 4));
        a.lea(R14, Mem.at(R12, RAX, 4));
        a.lea(R15, Mem.at(R13, RAX, element));
        for (int v = 0; v < vectors; v++) {
            if (v < 16) a.emit(Instruction.VXORPS, sum(v).as(128), sum(v).as(128), sum(v).as(128));
            else a.emit(Instruction.VPXORD, sum(v), sum(v), sum(v));
        }
        a.sub(RBX, RAX);
        a.jump(Condition.E, store);
        a.align(32);
        var entry = a.bind(a.label());
        entry();
        a.add(R14, 4);
        a.add(R15, element);
        a.sub(RBX, 1);
        a.jump(Condition.NE, entry);
        a.bind(store);
        store();
        a.add(R9, 4);
        a.add(R11, RBP);
        a.sub(RDX, 1);
        a.jump(Condition.NE, row);
        a.leave(SAVED);
    }

    private Vec sum(int v) { return Vec.of(v, bits); }

    private Vec factor() { return Vec.of(most(), bits); }

    private Vec met() { return Vec.of(most() + 1, bits); }

    private int most() { return wide ? 24 : 12; }

    private static Vec mask() { return Vec.ymm(15); }

    private void entry() {
        if (ahead) {
            a.mov32(RCX, Mem.at(R14, 4 * AHEAD));
            a.imul(RCX, RBP);
            for (int at = 0; at < vectors * lanes * element; at += LINE) a.prefetch(0, Mem.at(R10, RCX, 1, at));
        }
        a.mov32(RAX, Mem.at(R14));
        a.imul(RAX, RBP);
        if (!narrow) a.emit(Instruction.VBROADCASTSD, factor(), Mem.at(R15));
        else if (wide) a.emit(Instruction.VCVTPS2PD, factor(), Mem.at(R15).broadcast());
        else {
            a.emit(Instruction.VBROADCASTSS, factor().as(128), Mem.at(R15));
            a.emit(Instruction.VCVTPS2PD, factor(), factor().as(128));
        }
        for (int v = 0; v < vectors; v++) {
            var x = Mem.at(R10, RAX, 1, v * lanes * element);
            boolean last = v == vectors - 1;
            if (narrow) widen(x, last);
            else if (last && !wide) a.emit(Instruction.VMASKMOVPD, met(), mask(), x);
            if (narrow || last && !wide) a.emit(Instruction.VFMADD231PD, sum(v), factor(), met());
            else a.emit(Instruction.VFMADD231PD, last ? sum(v).mask(Mask.K1) : sum(v), factor(), x);
        }
    }

    private void widen(Mem x, boolean last) {
        if (!last) a.emit(Instruction.VCVTPS2PD, met(), x);
        else if (wide) a.emit(Instruction.VCVTPS2PD, met().mask(Mask.K1).zeroing(), x);
        else {
            a.emit(Instruction.VMASKMOVPS, met().as(128), mask().as(128), x);
            a.emit(Instruction.VCVTPS2PD, met(), met().as(128));
        }
    }

    private void store() {
        for (int v = 0; v < vectors; v++) {
            var to = Mem.at(R11, v * lanes * element);
            var from = narrow ? sum(v).as(bits / 2) : sum(v);
            if (narrow) a.emit(Instruction.VCVTPD2PS, from, sum(v));
            var plain = narrow ? Instruction.VMOVUPS_STORE : Instruction.VMOVUPD_STORE;
            if (v < vectors - 1) a.emit(plain, to, from);
            else if (wide) a.emit(plain, to.mask(Mask.K1), from);
            else a.emit(narrow ? Instruction.VMASKMOVPS_STORE : Instruction.VMASKMOVPD_STORE, to, narrow ? mask().as(128) : mask(), from);
        }
    }
}
