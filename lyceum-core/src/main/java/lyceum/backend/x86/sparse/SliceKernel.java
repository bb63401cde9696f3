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
import static lyceum.backend.x86.asm.Gp.RSP;

import lyceum.DType;
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
 * A product of {@link Slices} with a vector. Each step gathers what an entry of each of eight rows meets; the eight sums are of F64, in one vector of AVX-512 or two of
 * AVX2. Lanes of rows that have ended are left out by masks: k2, or vectors of ones before zeros.
 *
 * <p>Arguments: rdi the slices' table, rsi the number of the first slice, rdx how many, rcx x, r8 y, r9 rows of the matrix.
 */
final class SliceKernel {
    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    /** Lanes of ones before lanes of zeros; and what a lane without an entry meets. */
    private static final int[] ONES = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0}, LESS_F32 = {1 << 31, 1 << 31, 1 << 31, 1 << 31};
    private static final long[] LESS_F64 = {1L << 63, 1L << 63, 1L << 63, 1L << 63};

    private final Assembler a;
    private final int bits, parts, element;
    private final boolean wide, narrow;

    /** @param type of values and vectors, F32 or F64 */
    record Form(DType type) implements KernelForm {
        @Override public String name(Cpu cpu) { return "sparse slices " + type; }

        @Override public void write(Assembler a, Cpu cpu) { new SliceKernel(a, cpu, this).write(); }
    }

    private SliceKernel(Assembler a, Cpu cpu, Form form) {
        this.a = a;
        this.bits = cpu.vectorBits();
        this.parts = 512 / bits;
        this.wide = cpu.has(Feature.AVX512);
        this.narrow = form.type == DType.F32;
        this.element = form.type.bytes();
    }

    private void write() {
        a.enter(SAVED);
        a.mov(R12, Mem.at(RDI, Slices.HEADS));
        a.mov(R13, Mem.at(RDI, Slices.ORDER));
        a.shl(RSI, 3); // rows before the first slice
        a.sub(R9, RSI);
        a.lea(R13, Mem.at(R13, RSI, 4));
        a.lea(R12, Mem.at(R12, RSI, Slices.HEAD / Slices.HEIGHT));
        a.mov(R14, Mem.at(RDI, Slices.COLUMNS));
        a.mov(R15, Mem.at(RDI, Slices.VALUES));
        a.lea(RSI, wide ? a.constants(0, 1, 3, 7, 15, 31, 63, 127) : a.constants(ONES).plus(32));
        var slice = a.bind(a.label());
        a.mov32(RAX, Mem.at(R12, Slices.FIRST));
        a.lea(R10, Mem.at(R14, RAX, 4));
        a.lea(R11, Mem.at(R15, RAX, element));
        for (int p = 0; p < parts; p++) clear(sum(p));
        full();
        ragged();
        store();
        a.add(R12, Slices.HEAD);
        a.sub(R9, Slices.HEIGHT);
        a.sub(RDX, 1);
        a.jump(Condition.NE, slice);
        a.leave(SAVED);
    }

    private Vec sum(int p) { return Vec.of(p, bits); }

    /** Numbers of 32 bits, as many as there are sums in a vector. */
    private Vec index(int p) { return Vec.of(2 + p, bits / 2); }

    /** What is gathered, in its own type. */
    private Vec met(int p) { return Vec.of(4 + p, narrow ? bits / 2 : bits); }

    /** Also as F64. */
    private Vec widened(int p) { return narrow ? Vec.of(6 + p, bits) : met(p); }

    private Vec value(int p) { return Vec.of(8 + p, bits); }

    /** The lanes of a part, for AVX2: of 32 bits, and as wide as what is gathered. */
    private static Vec lanes() { return Vec.xmm(10); }

    private Vec lanesOfMet(int p) { return narrow ? Vec.xmm(12 + p) : Vec.ymm(12 + p); }

    private Mem columns(int p) { return Mem.at(R10, p * bits / 16); }

    private Mem values(int p) { return Mem.at(R11, p * bits / 64 * element); }

    private void clear(Vec to) { a.emit(Instruction.VXORPS, to.as(128), to.as(128), to.as(128)); }

    private void full() {
        var none = a.label();
        a.mov32(RAX, Mem.at(R12, Slices.FULL));
        a.test(RAX, RAX);
        a.jump(Condition.E, none);
        a.align(32);
        var step = a.bind(a.label());
        for (int p = 0; p < parts; p++) {
            a.emit(Instruction.VMOVUPS, index(p), columns(p));
            clear(met(p)); // what it held would be waited for
            if (wide) a.emit(Instruction.KXNORW, Mask.K1, Mask.K0, Mask.K0); // not of k1, which the last gather has emptied
            else a.emit(Instruction.VPCMPEQD, lanesOfMet(p), lanesOfMet(p), lanesOfMet(p));
            gather(p);
            if (narrow) a.emit(Instruction.VCVTPS2PD, value(p), values(p));
            a.emit(Instruction.VFMADD231PD, sum(p), widened(p), narrow ? value(p) : values(p));
        }
        a.add(R10, 4 * Slices.HEIGHT);
        a.add(R11, element * Slices.HEIGHT);
        a.sub(RAX, 1);
        a.jump(Condition.NE, step);
        a.bind(none);
    }

    /** By k1, or by the lanes of the part; both are empty afterwards. */
    private void gather(int p) {
        var in = narrow ? Instruction.VGATHERDPS : Instruction.VGATHERDPD;
        var from = Mem.at(RCX, index(p), element);
        if (wide) a.emit(in, met(p).mask(Mask.K1), from);
        else a.emit(in, met(p), from, lanesOfMet(p));
        if (narrow) a.emit(Instruction.VCVTPS2PD, widened(p), met(p));
    }

    private void ragged() {
        var none = a.label();
        a.mov32(RAX, Mem.at(R12, Slices.RAGGED));
        a.test(RAX, RAX);
        a.jump(Condition.E, none);
        a.mov32(RBX, Mem.at(R12, Slices.HEIGHT_AT));
        a.add(RBX, Mem.at(RDI, Slices.HEIGHTS));
        var step = a.bind(a.label());
        a.movzx8(RBP, Mem.at(RBX));
        if (wide) {
            masked();
        } else {
            a.neg(RBP);
            for (int p = 0; p < parts; p++) masked(p);
            a.neg(RBP);
        }
        a.lea(R10, Mem.at(R10, RBP, 4));
        a.lea(R11, Mem.at(R11, RBP, element));
        a.add(RBX, 1);
        a.sub(RAX, 1);
        a.jump(Condition.NE, step);
        a.bind(none);
    }

    private void masked() {
        a.emit(Instruction.KMOVW, Mask.K2, Mem.at(RSI, RBP, 4));
        a.emit(Instruction.KMOVW, Mask.K1, Mask.K2);
        a.emit(Instruction.VMOVUPS, index(0).mask(Mask.K2).zeroing(), columns(0));
        clear(met(0));
        gather(0);
        if (narrow) a.emit(Instruction.VCVTPS2PD, value(0).mask(Mask.K2).zeroing(), values(0));
        a.emit(Instruction.VFMADD231PD, sum(0).mask(Mask.K2), widened(0), narrow ? value(0) : values(0));
    }

    /** Lanes without an entry take 0 times -0, which changes no sum. */
    private void masked(int p) {
        a.emit(Instruction.VMOVUPS, lanes(), Mem.at(RSI, RBP, 4, 16 * p));
        a.emit(Instruction.VPMASKMOVD, index(p), lanes(), columns(p));
        if (narrow) a.emit(Instruction.VMOVUPS, lanesOfMet(p), lanes());
        else a.emit(Instruction.VPMOVSXDQ, lanesOfMet(p), lanes());
        a.emit(narrow ? Instruction.VMASKMOVPS : Instruction.VMASKMOVPD, narrow ? value(p).as(128) : value(p), lanesOfMet(p), values(p));
        if (narrow) a.emit(Instruction.VCVTPS2PD, value(p), value(p).as(128));
        a.emit(Instruction.VMOVUPS, met(p), narrow ? a.constants(LESS_F32) : a.constants(LESS_F64));
        gather(p);
        a.emit(Instruction.VFMADD231PD, sum(p), widened(p), value(p));
    }

    /** The sums, to their rows, by way of the red zone. */
    private void store() {
        for (int p = 0; p < parts; p++) {
            var to = Mem.at(RSP, -64 + p * bits / 64 * element);
            if (narrow) a.emit(Instruction.VCVTPD2PS, sum(p).as(bits / 2), sum(p));
            a.emit(Instruction.VMOVUPS_STORE, to, narrow ? sum(p).as(bits / 2) : sum(p));
        }
        var fewer = a.label();
        var done = a.label();
        a.cmp(R9, Slices.HEIGHT);
        a.jump(Condition.L, fewer);
        for (int row = 0; row < Slices.HEIGHT; row++) store(Mem.at(R13, 4 * row), Mem.at(RSP, -64 + row * element));
        a.add(R13, 4 * Slices.HEIGHT);
        a.jump(done);
        a.bind(fewer);
        a.mov(RAX, R9);
        a.lea(RBP, Mem.at(RSP, -64));
        var row = a.bind(a.label());
        store(Mem.at(R13), Mem.at(RBP));
        a.add(R13, 4);
        a.add(RBP, element);
        a.sub(RAX, 1);
        a.jump(Condition.NE, row);
        a.bind(done);
    }

    private void store(Mem number, Mem sum) {
        a.mov32(RBX, number);
        var to = Mem.at(R8, RBX, element);
        if (narrow) {
            a.mov32(R10, sum);
            a.mov32(to, R10);
        } else {
            a.mov(R10, sum);
            a.mov(to, R10);
        }
    }
}
