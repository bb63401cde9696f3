package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
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
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates the splitting of rows of F32 of B into panels of BF16, as {@link TileKernel} reads them: two rows, rounded side by side and dealt to lanes, leave their rests
 * where the lanes stand, so that a part of 32 numbers takes seven instructions. With AVX512_BF16 only.
 *
 * <p>Arguments: rdi source, rsi bytes from row to row of it, rdx target, rcx bytes from panel to panel of it, r8 rows, r9 panels, or of one panel the mask of the last vector's
 * lanes; the others become zeros.
 */
final class SplitPanelKernel {
    private static final int INDEX = 31, UPPER = 30;

    private final Assembler a;
    private final int parts, vectors;
    private final boolean masked;

    /**
     * @param vectors of a row of the panel, 1 or 2
     * @param masked for one panel, some of whose lanes may be missing
     */
    record Form(int parts, int vectors, boolean masked) implements KernelForm {
        @Override public String name(Cpu cpu) { return "split panel " + parts + " " + vectors + (masked ? " masked" : ""); }

        @Override public void write(Assembler a, Cpu cpu) { new SplitPanelKernel(a, this).write(); }
    }

    private SplitPanelKernel(Assembler a, Form form) {
        this.a = a;
        this.parts = form.parts;
        this.vectors = form.vectors;
        this.masked = form.masked;
    }

    private void write() {
        var index = new int[16];
        for (int i = 0; i < 16; i++) index[i] = 16 + i << 16 | i;
        if (masked) a.emit(Instruction.KMOVW_FROM, Mask.K1, R9);
        a.emit(Instruction.VMOVUPS, zmm(INDEX), a.constants(index));
        a.emit(Instruction.VPBROADCASTD, zmm(UPPER), a.constants(0xFFFF0000));
        var single = a.label();
        var end = a.label();
        a.sub(R8, 2);
        a.jump(Condition.L, single);
        var loop = a.bind(a.label());
        rows(true);
        a.lea(RDI, Mem.at(RDI, RSI, 2));
        a.add(RDX, 64 * vectors);
        a.sub(R8, 2);
        a.jump(Condition.GE, loop);
        a.bind(single);
        a.add(R8, 2);
        a.jump(Condition.E, end);
        rows(false);
        a.bind(end);
        a.vzeroupper();
        a.ret();
    }

    /** A row and, if it is there, the next. */
    private void rows(boolean both) {
        a.mov(R10, RDI);
        a.mov(R11, RDX);
        if (masked) {
            panel(both);
            return;
        }
        a.mov(RAX, R9);
        var next = a.bind(a.label());
        panel(both);
        a.add(R10, 64 * vectors);
        a.add(R11, RCX);
        a.sub(RAX, 1);
        a.jump(Condition.NE, next);
    }

    private void panel(boolean both) {
        for (int v = 0; v < vectors; v++) {
            int x = 2 * v, y = x + 1, rounded = 8 + x, upper = rounded + 1;
            boolean part = masked && v == vectors - 1;
            a.emit(Instruction.VMOVUPS, part ? zmm(x).mask(Mask.K1).zeroing() : zmm(x), Mem.at(R10, 64 * v));
            if (both) a.emit(Instruction.VMOVUPS, part ? zmm(y).mask(Mask.K1).zeroing() : zmm(y), Mem.at(R10, RSI, 1, 64 * v));
            else a.emit(Instruction.VXORPS, zmm(y), zmm(y), zmm(y));
            for (int p = 0; p < parts; p++) {
                a.emit(Instruction.VCVTNE2PS2BF16, zmm(rounded), zmm(y), zmm(x));
                a.emit(Instruction.VPERMW, zmm(rounded), zmm(INDEX), zmm(rounded));
                a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11, 64 * v + p * TileKernel.RIGHT_PART), zmm(rounded));
                if (p == parts - 1) break;
                a.emit(Instruction.VPANDD, zmm(upper), zmm(rounded), zmm(UPPER));
                a.emit(Instruction.VPSLLD, 16, zmm(rounded), zmm(rounded));
                a.emit(Instruction.VSUBPS, zmm(x), zmm(x), zmm(rounded));
                a.emit(Instruction.VSUBPS, zmm(y), zmm(y), zmm(upper));
            }
        }
    }
}
