package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * Generates the copies of rows side by side, by which an operand is packed; {@link TransposeKernel} turns rows into columns.
 *
 * <p>Arguments: rdi source, rsi bytes from row to row of it, rdx target, rcx bytes from row to row of that.
 */
final class PackKernel {
    static final int MOST_PILES = 4;

    private final Assembler a;
    private final int bits, lane;
    private final Lanes lanes;

    private PackKernel(Assembler a, Cpu cpu, int lane) {
        this.a = a;
        this.bits = cpu.vectorBits();
        this.lane = lane;
        this.lanes = Lanes.of(cpu);
    }

    /**
     * Copies r8 rows of {@code vectors} vectors; the last has the lanes of r9 (a mask, or without AVX-512 the address of one), the other lanes
     * become 0.
     *
     * @param lane bytes of an element
     */
    record Copy(int lane, int vectors) implements KernelForm {
        @Override public String name(Cpu cpu) { return "copy " + 8 * lane + " " + vectors; }

        @Override public void write(Assembler a, Cpu cpu) { new PackKernel(a, cpu, lane).copy(vectors); }

        @Override public int hashCode() { return 64 * lane + vectors; }

        @Override public boolean equals(Object other) { return other instanceof Copy that && lane == that.lane && vectors == that.vectors; }
    }

    private void copy(int vectors) {
        if (lanes.wide()) a.emit(Instruction.KMOVW_FROM, Mask.K1, R9);
        else a.emit(Instruction.VMOVUPS, Vec.ymm(15), Mem.at(R9));
        var loop = a.bind(a.label());
        for (int v = 0; v < vectors; v++) {
            if (v == vectors - 1) lanes.loadPartial(a, lane, Vec.of(v, bits), Mem.at(RDI, v * bits / 8));
            else a.emit(Instruction.VMOVUPS, Vec.of(v, bits), Mem.at(RDI, v * bits / 8));
        }
        for (int v = 0; v < vectors; v++) a.emit(Instruction.VMOVUPS_STORE, Mem.at(RDX, v * bits / 8), Vec.of(v, bits));
        a.add(RDI, RSI);
        a.add(RDX, RCX);
        a.sub(R8, 1);
        a.jump(Condition.NE, loop);
        a.vzeroupper();
        a.ret();
    }

    /**
     * Deals out r8 rows to {@code piles} places rcx bytes apart, {@code bytes} to each, whose rows follow one another. So a line is read once for all of its
     * piles: rows that lie half a page apart meet in few sets of the cache, and it would be gone when the next pile wants it.
     *
     * @param bytes a vector of some width
     */
    record Deal(int bytes, int piles) implements KernelForm {
        @Override public String name(Cpu cpu) { return "deal " + bytes + " " + piles; }

        @Override public void write(Assembler a, Cpu cpu) { new PackKernel(a, cpu, 4).deal(bytes, piles); }

        @Override public int hashCode() { return 8 * bytes + piles; }

        @Override public boolean equals(Object other) { return other instanceof Deal that && bytes == that.bytes && piles == that.piles; }
    }

    private void deal(int bytes, int piles) {
        a.lea(R9, Mem.at(RCX, RCX, 2));
        var loop = a.bind(a.label());
        for (int p = 0; p < piles; p++) a.emit(Instruction.VMOVUPS, Vec.of(p, 8 * bytes), Mem.at(RDI, p * bytes));
        for (int p = 0; p < piles; p++)
            a.emit(Instruction.VMOVUPS_STORE, p == 0 ? Mem.at(RDX) : p == 3 ? Mem.at(RDX, R9, 1) : Mem.at(RDX, RCX, p),
                    Vec.of(p, 8 * bytes));
        a.add(RDI, RSI);
        a.add(RDX, bytes);
        a.sub(R8, 1);
        a.jump(Condition.NE, loop);
        a.vzeroupper();
        a.ret();
    }
}
