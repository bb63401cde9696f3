package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
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
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates the packing of rows of short elements: {@code depth} rows become one of lanes, in each of which stand an element of every row. Each
 * row is widened to lanes and shifted to its place.
 *
 * <p>Arguments: rdi source, rsi bytes from row to row of it, rdx target, rcx bytes from group to group of it, r8 groups, r9 mask of the last
 * vector's lanes; the others become those of zeros.
 *
 * @param depth 2 for elements of two bytes, 4 for bytes
 * @param present the first rows of a group that exist; the others count as zeros
 * @param flipped whether 128 is added to each byte
 * @param exact whether the last vector is stored in its lanes alone
 * @param far whether rows lie apart in memory, and are asked for in advance
 */
public record InterleaveKernel(int depth, int present, int vectors, boolean flipped, boolean exact, boolean far) implements KernelForm {
    /** Groups from asking for rows to their use: they lie far apart, which no prefetcher of a CPU foresees. */
    private static final int AHEAD = 16;

    @Override public String name(Cpu cpu) {
        return "interleave " + present + " of " + depth + " " + vectors + (flipped ? " flipped" : "") + (exact ? " exact" : "")
                + (far ? "" : " near");
    }

    @Override public void write(Assembler a, Cpu cpu) {
        var widen = depth == 2 ? Instruction.VPMOVZXWD : Instruction.VPMOVZXBD;
        int element = 4 / depth;
        a.emit(Instruction.KMOVW_FROM, Mask.K1, R9);
        a.lea(RAX, Mem.at(RSI, RSI, 2));
        a.imul(R10, RSI, depth * AHEAD);
        a.add(R10, RDI);
        if (flipped) a.emit(Instruction.VPBROADCASTD, zmm(31), a.constants(0x80808080));
        var loop = a.bind(a.label());
        for (int at = 0; far && at < 16 * element * vectors; at += 64)
            for (int row = 0; row < present; row++) a.prefetch(0, at(R10, row, at));
        for (int v = 0; v < vectors; v++) {
            for (int row = 0; row < present; row++) {
                var to = row == 0 ? zmm(v) : zmm(16 + row);
                var from = at(RDI, row, 16 * element * v);
                a.emit(widen, v == vectors - 1 ? to.mask(Mask.K1).zeroing() : to, from);
                if (row == 0) continue;
                a.emit(Instruction.VPSLLD, 8 * element * row, to, to);
                a.emit(Instruction.VPORD, zmm(v), zmm(v), to);
            }
            if (flipped) a.emit(Instruction.VPXORD, zmm(v), zmm(v), zmm(31));
            var to = Mem.at(RDX, 64 * v);
            a.emit(Instruction.VMOVUPS_STORE, exact && v == vectors - 1 ? to.mask(Mask.K1) : to, zmm(v));
        }
        a.lea(RDI, Mem.at(RDI, RSI, depth));
        a.lea(R10, Mem.at(R10, RSI, depth));
        a.add(RDX, RCX);
        a.sub(R8, 1);
        a.jump(Condition.NE, loop);
        a.vzeroupper();
        a.ret();
    }

    /** Byte {@code offset} of a row of a group at {@code base}: RAX is three times RSI. */
    private static Mem at(Gp base, int row, int offset) {
        return row == 0 ? Mem.at(base, offset) : row == 3 ? Mem.at(base, RAX, 1, offset) : Mem.at(base, RSI, row, offset);
    }
}
