package lyceum.backend.x86.quant;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Brings a panel's sums, as {@link TileBlockKernel} leaves them, to rows of the result, minima taken off, of which only the columns that exist are stored (or added).
 *
 * <p>Arguments: rdi sums of the first tile, rsi out, rdx bytes from row to row of out, rcx rows, r8 columns, at most sixteen count, r9 bytes from the end of a tile's sums to
 * the next tile's.
 */
record TileSumsKernel(boolean hasMinimum, boolean add) implements KernelForm {
    @Override public String name(Cpu cpu) { return "quant-tile-sums" + (hasMinimum ? "-minimum" : "") + (add ? "-add" : ""); }

    @Override public void write(Assembler a, Cpu cpu) {
        Vec sum = Vec.zmm(0);
        a.mov(RAX, Layout.ROWS);
        a.cmp(R8, RAX);
        a.cmov(Condition.L, RAX, R8);
        a.mov(R10, -1L);
        a.bzhi(RAX, R10, RAX);
        a.emit(KMOVW_FROM, Mask.K1, RAX);
        var done = a.label();
        var tile = a.bind(a.label());
        a.mov(R10, TileBlockKernel.ROWS);
        var row = a.bind(a.label());
        a.emit(VMOVUPS, sum, Mem.at(RDI));
        if (hasMinimum) a.emit(VSUBPS, sum, sum, Mem.at(RDI, TileBlockKernel.TILE));
        if (add) a.emit(VADDPS, sum.mask(Mask.K1), sum, Mem.at(RSI));
        a.emit(VMOVUPS_STORE, Mem.at(RSI).mask(Mask.K1), sum);
        a.add(RDI, 64);
        a.add(RSI, RDX);
        a.sub(RCX, 1);
        a.jump(Condition.E, done);
        a.sub(R10, 1);
        a.jump(Condition.NE, row);
        a.add(RDI, R9);
        a.jump(tile);
        a.bind(done);
        a.vzeroupper();
        a.ret();
    }
}
