package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Solves {@code L X = B} in place in F64, for a triangle of a few rows: a vector of each row of B stays in a register, and what one row has become is taken
 * off all rows below it before the next is looked at.
 *
 * <p>Arguments: rdi the triangle, row by row without gaps, rsi B, rdx bytes from row to row of it, rcx columns, at least one, r8 mask of the lanes of the last
 * vector if it is not full (its address without AVX-512). Every column is computed alike, wherever it stands.
 */
final class SubstitutionKernel {
    private final Assembler a;
    private final int rows, bits;
    private final boolean unit, wide;

    /** @param unit whether the diagonal is ones, which are not read */
    record Form(int rows, boolean unit) implements KernelForm {
        @Override public String name(Cpu cpu) { return "substitution " + rows + (unit ? " unit" : ""); }

        @Override public void write(Assembler a, Cpu cpu) { new SubstitutionKernel(a, cpu, this).write(); }
    }

    private SubstitutionKernel(Assembler a, Cpu cpu, Form form) {
        this.a = a;
        this.rows = form.rows;
        this.unit = form.unit;
        this.bits = cpu.vectorBits();
        this.wide = cpu.has(Feature.AVX512);
    }

    private void write() {
        int lanes = bits / 64;
        var part = a.label();
        var end = a.label();
        a.enter();
        a.sub(RCX, lanes);
        a.jump(Condition.L, part);
        a.align(32);
        var loop = a.bind(a.label());
        columns(false);
        a.add(RSI, bits / 8);
        a.sub(RCX, lanes);
        a.jump(Condition.GE, loop);
        a.bind(part);
        a.add(RCX, lanes);
        a.jump(Condition.E, end);
        if (wide) a.emit(Instruction.KMOVW_FROM, Mask.K1, R8);
        else a.emit(Instruction.VMOVUPS, mask(), Mem.at(R8));
        columns(true);
        a.bind(end);
        a.leave();
    }

    private Vec row(int i) { return Vec.of(i, bits); }

    private static Vec mask() { return Vec.ymm(15); }

    private void columns(boolean masked) {
        a.mov(RAX, RSI);
        for (int i = 0; i < rows; i++) {
            load(row(i), masked);
            if (i < rows - 1) a.add(RAX, RDX);
        }
        for (int j = 0; j < rows; j++) {
            if (!unit) a.emit(Instruction.VDIVPD, row(j), row(j), element(j, j));
            for (int i = j + 1; i < rows; i++) a.emit(Instruction.VFNMADD231PD, row(i), row(j), element(i, j));
        }
        a.mov(RAX, RSI);
        for (int i = 0; i < rows; i++) {
            store(row(i), masked);
            if (i < rows - 1) a.add(RAX, RDX);
        }
    }

    private void load(Vec to, boolean masked) {
        if (!masked) a.emit(Instruction.VMOVUPD, to, Mem.at(RAX));
        else if (wide) a.emit(Instruction.VMOVUPD, to.mask(Mask.K1).zeroing(), Mem.at(RAX));
        else a.emit(Instruction.VMASKMOVPD, to, mask(), Mem.at(RAX));
    }

    private void store(Vec from, boolean masked) {
        if (!masked) a.emit(Instruction.VMOVUPD_STORE, Mem.at(RAX), from);
        else if (wide) a.emit(Instruction.VMOVUPD_STORE, Mem.at(RAX).mask(Mask.K1), from);
        else a.emit(Instruction.VMASKMOVPD_STORE, Mem.at(RAX), mask(), from);
    }

    /** An element of the triangle for all lanes: from memory, or from a register of its own without AVX-512. */
    private lyceum.backend.x86.asm.Operand element(int i, int j) {
        var memory = Mem.at(RDI, Double.BYTES * (i * rows + j));
        if (wide) return memory.broadcast();
        var all = Vec.ymm(rows + (i + j) % 2);
        a.emit(Instruction.VBROADCASTSD, all, memory);
        return all;
    }
}
