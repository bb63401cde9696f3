package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Instruction.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import lyceum.DType;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.machine.Cpu;

/** What a convolution's kernels multiply. Moving, masking and ordering lanes goes by 32 bits; a double is two of those. */
enum Element {
    F32(4, VBROADCASTSS, VFMADD231PS, VADDPS, VMAXPS), F64(8, VBROADCASTSD, VFMADD231PD, VADDPD, VMAXPD);

    final int bytes, words;
    final Instruction broadcast, multiplyAdd, add, max;

    Element(int bytes, Instruction broadcast, Instruction multiplyAdd, Instruction add, Instruction max) {
        this.bytes = bytes;
        words = bytes / 4;
        this.broadcast = broadcast;
        this.multiplyAdd = multiplyAdd;
        this.add = add;
        this.max = max;
    }

    /** @return null for other types */
    static Element of(DType type) { return type == DType.F32 ? F32 : type == DType.F64 ? F64 : null; }

    int lanes(Cpu cpu) { return cpu.vectorBits() / 8 / bytes; }

    /** A mask of elements as one of 32-bit words. */
    int wordMask(int mask) {
        if (this == F32) return mask;
        int doubled = 0;
        for (int lane = 0; lane < 8; lane++) if ((mask >>> lane & 1) != 0) doubled |= 3 << 2 * lane;
        return doubled;
    }

    double get(MemorySegment segment, long at) {
        return this == F32 ? segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at) : segment.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at);
    }

    void set(MemorySegment segment, long at, double value) {
        if (this == F32) segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float) value);
        else segment.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, at, value);
    }

    /** At the end of a kernel's name. */
    String suffix(int bits) { return "-" + name().toLowerCase(Locale.ROOT) + "-" + bits; }
}
