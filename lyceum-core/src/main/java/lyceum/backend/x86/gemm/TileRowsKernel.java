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
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates the bringing of rows of A to tiles, as {@link TileKernel} reads them: as they are, or F32 in parts of BF16, each the rounded rest of those before it.
 * With AVX-512 only.
 *
 * <p>Arguments: rdi source, rsi bytes from row to row of it, rdx target, rcx bytes from row to row of a tile, r8 rows, r9 bytes of a row, at least one. What is missing
 * of the last step becomes zeros.
 */
final class TileRowsKernel {
    private final Assembler a;
    private final int parts;

    /** @param parts of an element of F32; 0 to copy bytes */
    record Form(int parts) implements KernelForm {
        @Override public String name(Cpu cpu) { return "tile rows " + parts; }

        @Override public void write(Assembler a, Cpu cpu) { new TileRowsKernel(a, parts).write(); }
    }

    private TileRowsKernel(Assembler a, int parts) {
        this.a = a;
        this.parts = parts;
    }

    /** Bytes of a row for 64 of a tile's. */
    private int stepBytes() { return parts == 0 ? 64 : 128; }

    private void write() {
        var row = a.bind(a.label());
        var rest = a.label();
        var next = a.label();
        a.push(R9);
        a.mov(R10, RDI);
        a.mov(R11, RDX);
        a.mov(RAX, R9);
        a.sub(RAX, stepBytes());
        a.jump(Condition.L, rest);
        var loop = a.bind(a.label());
        step(false);
        a.add(R10, stepBytes());
        a.add(R11, Math.max(1, parts) * TileKernel.LEFT_PART);
        a.sub(RAX, stepBytes());
        a.jump(Condition.GE, loop);
        a.bind(rest);
        a.add(RAX, stepBytes());
        a.jump(Condition.E, next);
        masks();
        step(true);
        a.bind(next);
        LineKernel.end(a, row);
    }

    /** Of the bytes, or of the floats of two vectors, that are left. */
    private void masks() {
        if (parts > 0) a.shr(RAX, 2);
        a.mov(R9, -1);
        a.bzhi(R9, R9, RAX);
        if (parts == 0) {
            a.emit(Instruction.KMOVQ_FROM, Mask.K1, R9);
            return;
        }
        a.emit(Instruction.KMOVW_FROM, Mask.K1, R9);
        a.shr(R9, 16);
        a.emit(Instruction.KMOVW_FROM, Mask.K2, R9);
    }

    private void step(boolean masked) {
        if (parts == 0) {
            a.emit(masked ? Instruction.VMOVDQU8 : Instruction.VMOVUPS, masked ? zmm(0).mask(Mask.K1).zeroing() : zmm(0), Mem.at(R10));
            a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11), zmm(0));
            return;
        }
        for (int h = 0; h < 2; h++)
            a.emit(Instruction.VMOVUPS, masked ? zmm(h).mask(h == 0 ? Mask.K1 : Mask.K2).zeroing() : zmm(h), Mem.at(R10, 64 * h));
        for (int part = 0; part < parts; part++) {
            a.emit(Instruction.VCVTNE2PS2BF16, zmm(2), zmm(1), zmm(0));
            a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11, part * TileKernel.LEFT_PART), zmm(2));
            if (part == parts - 1) break;
            a.emit(Instruction.VPMOVZXWD, zmm(3), ymm(2));
            a.emit(Instruction.VEXTRACTI64X4, 1, ymm(2), zmm(2));
            a.emit(Instruction.VPMOVZXWD, zmm(4), ymm(2));
            for (int h = 0; h < 2; h++) rest(zmm(h), zmm(3 + h));
        }
    }

    /** What rounding to the upper half of {@code rounded}, in its lower half here, left of x. */
    private void rest(Vec x, Vec rounded) {
        a.emit(Instruction.VPSLLD, 16, rounded, rounded);
        a.emit(Instruction.VSUBPS, x, x, rounded);
    }
}
