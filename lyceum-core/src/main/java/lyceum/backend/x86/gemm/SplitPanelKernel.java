package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Cpu;

/**
 * Generates the splitting of rows of F32 of B into panels of BF16, as {@link TileKernel} reads them: two rows, rounded side by side and dealt to lanes, leave their rests
 * where the lanes stand, so that a part of 32 numbers takes seven instructions. With AVX512_BF16 only.
 *
 * <p>Arguments: rdi source, rsi bytes from row to row of it, rdx target, rcx rows, r8 mask of the last vector's lanes; the others become zeros.
 */
final class SplitPanelKernel {
    private static final int INDEX = 31, UPPER = 30;

    private final Assembler a;
    private final int parts, vectors;

    private SplitPanelKernel(Cpu cpu, int parts, int vectors, boolean listed) {
        this.a = new Assembler(cpu.features(), listed);
        this.parts = parts;
        this.vectors = vectors;
    }

    /** @param vectors of a row of the panel, 1 or 2 */
    static Assembler.Code generate(Cpu cpu, int parts, int vectors, boolean listed) { return new SplitPanelKernel(cpu, parts, vectors, listed).code(); }

    private Assembler.Code code() {
        var index = new int[16];
        for (int i = 0; i < 16; i++) index[i] = 16 + i << 16 | i;
        a.emit(Instruction.KMOVW_FROM, Mask.K1, R8);
        a.emit(Instruction.VMOVUPS, zmm(INDEX), a.constants(index));
        a.emit(Instruction.VPBROADCASTD, zmm(UPPER), a.constants(0xFFFF0000));
        var single = a.label();
        var end = a.label();
        a.sub(RCX, 2);
        a.jump(Condition.L, single);
        var loop = a.bind(a.label());
        pair(true);
        a.lea(RDI, Mem.at(RDI, RSI, 2));
        a.add(RDX, 64 * vectors);
        a.sub(RCX, 2);
        a.jump(Condition.GE, loop);
        a.bind(single);
        a.add(RCX, 2);
        a.jump(Condition.E, end);
        pair(false);
        a.bind(end);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** A row and, if it is there, the next. */
    private void pair(boolean whole) {
        for (int v = 0; v < vectors; v++) {
            int x = 2 * v, y = x + 1, rounded = 8 + x, upper = rounded + 1;
            boolean last = v == vectors - 1;
            a.emit(Instruction.VMOVUPS, last ? zmm(x).mask(Mask.K1).zeroing() : zmm(x), Mem.at(RDI, 64 * v));
            if (whole) a.emit(Instruction.VMOVUPS, last ? zmm(y).mask(Mask.K1).zeroing() : zmm(y), Mem.at(RDI, RSI, 1, 64 * v));
            else a.emit(Instruction.VXORPS, zmm(y), zmm(y), zmm(y));
            for (int part = 0; part < parts; part++) {
                a.emit(Instruction.VCVTNE2PS2BF16, zmm(rounded), zmm(y), zmm(x));
                a.emit(Instruction.VPERMW, zmm(rounded), zmm(INDEX), zmm(rounded));
                a.emit(Instruction.VMOVUPS_STORE, Mem.at(RDX, 64 * v + part * TileKernel.RIGHT_PART), zmm(rounded));
                if (part == parts - 1) break;
                a.emit(Instruction.VPANDD, zmm(upper), zmm(rounded), zmm(UPPER));
                a.emit(Instruction.VPSLLD, 16, zmm(rounded), zmm(rounded));
                a.emit(Instruction.VSUBPS, zmm(x), zmm(x), zmm(rounded));
                a.emit(Instruction.VSUBPS, zmm(y), zmm(y), zmm(upper));
            }
        }
    }
}
