package lyceum.backend.x86.attention;

import static lyceum.backend.x86.asm.Instruction.KMOVW_FROM;
import static lyceum.backend.x86.asm.Instruction.VMASKMOVPS;
import static lyceum.backend.x86.asm.Instruction.VMASKMOVPS_STORE;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS_STORE;

import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/** The vectors that a CPU works with, and how it moves a part of one: by a mask register (k1), or by a vector of ones (the last register). */
record Lanes(int bits) {
    static Lanes of(Cpu cpu) { return new Lanes(cpu.vectorBits()); }

    boolean wide() { return bits == 512; }

    int bytes() { return bits / 8; }

    /** Floats of a vector. */
    int count() { return bits / 32; }

    /** The most vectors of a strip of a product. */
    int strip() { return wide() ? 4 : 2; }

    Vec vec(int number) { return Vec.of(number, bits); }

    /** Makes ready for partial moves: {@code from} holds the lanes' bits, or (AVX2) the address of a vector of ones. */
    void loadMask(Assembler a, Mem from, Gp spare) {
        a.mov(spare, from);
        if (wide()) a.emit(KMOVW_FROM, Mask.K1, spare);
        else a.emit(VMOVUPS, vec(15), Mem.at(spare));
    }

    /** The other lanes become zero, and their memory is not touched. */
    void loadPartial(Assembler a, Vec to, Mem from) {
        if (wide()) a.emit(VMOVUPS, to.mask(Mask.K1).zeroing(), from);
        else a.emit(VMASKMOVPS, to, vec(15), from);
    }

    void storePartial(Assembler a, Mem to, Vec from) {
        if (wide()) a.emit(VMOVUPS_STORE, to.mask(Mask.K1), from);
        else a.emit(VMASKMOVPS_STORE, to, vec(15), from);
    }
}
