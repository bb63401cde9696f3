package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Vec.xmm;
import static lyceum.backend.x86.asm.Vec.ymm;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates the bringing of rows of short elements of B to panels, as {@link TileKernel} reads them, whole rows of as many panels as there are: lines are read once and in
 * order. The elements of 2 or 4 rows that become 16 lanes are put side by side, then dealt out. With AVX-512 only.
 *
 * <p>Arguments: rdi source, rsi bytes from row to row of it, rdx target, rcx bytes from panel to panel of it, r8 groups of rows, r9 whole panels.
 */
final class TilePanelsKernel {
    private static final int INDEX = 31, BYTES = 30;

    private final Assembler a;
    private final int depth;

    /** @param depth rows of a lane: 2 of two bytes, 4 of bytes */
    record Form(int depth) implements KernelForm {
        @Override public String name(Cpu cpu) { return "tile panels " + depth; }

        @Override public void write(Assembler a, Cpu cpu) { new TilePanelsKernel(a, depth).write(); }
    }

    private TilePanelsKernel(Assembler a, int depth) {
        this.a = a;
        this.depth = depth;
    }

    private void write() {
        a.enter(RBX);
        var index = new int[16];
        for (int i = 0; i < 16; i++) index[i] = depth == 2 ? 16 + i << 16 | i : 4 * (i & 3) + (i >> 2);
        a.emit(Instruction.VMOVUPS, zmm(INDEX), a.constants(index));
        if (depth == 4) a.emit(Instruction.VBROADCASTF32X4, zmm(BYTES), a.constants(0x0C080400, 0x0D090501, 0x0E0A0602, 0x0F0B0703));
        a.lea(RBX, Mem.at(RSI, RSI, 2));
        var group = a.bind(a.label());
        a.mov(R10, RDI);
        a.mov(R11, RDX);
        a.mov(RAX, R9);
        var panel = a.bind(a.label());
        for (int v = 0; v < 2; v++) vector(v);
        a.add(R10, 128 / depth);
        a.add(R11, RCX);
        a.sub(RAX, 1);
        a.jump(Condition.NE, panel);
        a.lea(RDI, Mem.at(RDI, RSI, depth));
        a.add(RDX, TileKernel.PANEL_ROW);
        a.sub(R8, 1);
        a.jump(Condition.NE, group);
        a.leave(RBX);
    }

    /** Row by row a quarter or half of the vector; of bytes then the lanes of every row side by side, whose bytes are dealt out within 16. */
    private void vector(int v) {
        int at = 64 / depth * v;
        if (depth == 2) {
            a.emit(Instruction.VMOVUPS, ymm(v), Mem.at(R10, at));
            a.emit(Instruction.VINSERTI64X4, 1, zmm(v), zmm(v), Mem.at(R10, RSI, 1, at));
            a.emit(Instruction.VPERMW, zmm(v), zmm(INDEX), zmm(v));
        } else {
            a.emit(Instruction.VMOVUPS, xmm(v), Mem.at(R10, at));
            for (int row = 1; row < depth; row++)
                a.emit(Instruction.VINSERTF32X4, row, zmm(v), zmm(v), row == 3 ? Mem.at(R10, RBX, 1, at) : Mem.at(R10, RSI, row, at));
            a.emit(Instruction.VPERMD, zmm(v), zmm(INDEX), zmm(v));
            a.emit(Instruction.VPSHUFB, zmm(v), zmm(v), zmm(BYTES));
        }
        a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11, 64 * v), zmm(v));
    }
}
