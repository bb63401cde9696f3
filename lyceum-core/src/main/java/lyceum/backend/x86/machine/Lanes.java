package lyceum.backend.x86.machine;

import static lyceum.backend.x86.asm.Instruction.KMOVW_FROM;
import static lyceum.backend.x86.asm.Instruction.VMASKMOVPD;
import static lyceum.backend.x86.asm.Instruction.VMASKMOVPS;
import static lyceum.backend.x86.asm.Instruction.VMASKMOVPS_STORE;
import static lyceum.backend.x86.asm.Instruction.VMOVUPD;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS_STORE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/** The vectors that a CPU works with, and how it moves a part of one: by a mask register (k1), or by a vector of ones (the last register). */
public record Lanes(int bits) {
    public static Lanes of(Cpu cpu) { return new Lanes(cpu.vectorBits()); }

    public boolean wide() { return bits == 512; }

    public int bytes() { return bits / 8; }

    /** Floats of a vector. */
    public int count() { return bits / 32; }

    /** The most vectors of a strip of a product. */
    public int strip() { return wide() ? 4 : 2; }

    public Vec vec(int number) { return Vec.of(number, bits); }

    /** Ones before zeros: a vector of AVX2 from here on selects its first lanes. */
    private static final MemorySegment ONES = ones();

    private static MemorySegment ones() {
        var words = Arena.global().allocate(64, 64);
        for (int i = 0; i < 8; i++) words.setAtIndex(ValueLayout.JAVA_INT, i, -1);
        return words;
    }

    /** What selects the lanes of the last vector of {@code n} elements: for {@link #loadMask}. */
    public long partial(long n) {
        int rest = (int) (n % count());
        return wide() ? (1L << rest) - 1 : ONES.address() + 4L * (8 - rest);
    }

    /** Makes ready for partial moves: {@code from} holds the lanes' bits, or (AVX2) the address of a vector of ones. */
    public void loadMask(Assembler a, Mem from, Gp spare) {
        a.mov(spare, from);
        if (wide()) a.emit(KMOVW_FROM, Mask.K1, spare);
        else a.emit(VMOVUPS, vec(15), Mem.at(spare));
    }

    /** The other lanes become zero, and their memory is not touched. */
    public void loadPartial(Assembler a, Vec to, Mem from) { loadPartial(a, 4, to, from); }

    /** The same for elements of 4 or 8 bytes, by a mask of such. */
    public void loadPartial(Assembler a, int element, Vec to, Mem from) {
        if (wide()) a.emit(element == 8 ? VMOVUPD : VMOVUPS, to.mask(Mask.K1).zeroing(), from);
        else a.emit(element == 8 ? VMASKMOVPD : VMASKMOVPS, to, vec(15), from);
    }

    public void storePartial(Assembler a, Mem to, Vec from) {
        if (wide()) a.emit(VMOVUPS_STORE, to.mask(Mask.K1), from);
        else a.emit(VMASKMOVPS_STORE, to, vec(15), from);
    }
}
