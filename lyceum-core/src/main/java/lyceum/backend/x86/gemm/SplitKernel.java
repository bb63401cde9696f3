package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Vec.ymm;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates the splitting of lines of F32 into parts of BF16: the number rounded, what rounding left rounded, and so on; the differences are exact.
 *
 * <p>Arguments: rdi source, rsi bytes from line to line of it, rdx target, rcx bytes from line to line of that, r8 lines, r9 elements of a line,
 * at least one. A part of a line is written in whole vectors of 16, whose rest becomes zeros.
 *
 * @param left whether parts of a line are as far apart as they are in rows of A; else as in blocks of B
 */
record SplitKernel(int parts, boolean left) implements KernelForm {
    @Override public String name(Cpu cpu) { return "split " + parts + (left ? " left" : " right"); }

    @Override public void write(Assembler a, Cpu cpu) {
        int distance = left ? Packing.LEFT_PART : Packing.PART_OF_BLOCK;
        var line = a.bind(a.label());
        a.mov(R10, RDI);
        a.mov(R11, RDX);
        a.mov(RAX, R9);
        a.push(R9);
        var vector = a.bind(a.label());
        a.mov(R9, 0xFFFF);
        var whole = a.label();
        a.cmp(RAX, 16);
        a.jump(Condition.GE, whole);
        a.bzhi(R9, R9, RAX);
        a.bind(whole);
        a.emit(Instruction.KMOVW_FROM, Mask.K1, R9);
        a.emit(Instruction.VMOVUPS, zmm(0).mask(Mask.K1).zeroing(), Mem.at(R10));
        for (int part = 0; part < parts; part++) {
            a.emit(Instruction.VCVTNEPS2BF16, ymm(1), zmm(0));
            a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11, part * distance), ymm(1));
            if (part == parts - 1) break;
            a.emit(Instruction.VPMOVZXWD, zmm(1), ymm(1));
            a.emit(Instruction.VPSLLD, 16, zmm(1), zmm(1));
            a.emit(Instruction.VSUBPS, zmm(0), zmm(0), zmm(1));
        }
        a.add(R10, 64);
        a.add(R11, 32);
        a.sub(RAX, 16);
        a.jump(Condition.G, vector);
        LineKernel.end(a, line);
    }
}
