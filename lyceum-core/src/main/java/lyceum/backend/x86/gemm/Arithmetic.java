package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Instruction.VADDPD;
import static lyceum.backend.x86.asm.Instruction.VADDPS;
import static lyceum.backend.x86.asm.Instruction.VBROADCASTSD;
import static lyceum.backend.x86.asm.Instruction.VBROADCASTSS;
import static lyceum.backend.x86.asm.Instruction.VDPBF16PS;
import static lyceum.backend.x86.asm.Instruction.VFMADD231PD;
import static lyceum.backend.x86.asm.Instruction.VFMADD231PS;
import static lyceum.backend.x86.asm.Instruction.VPADDD;
import static lyceum.backend.x86.asm.Instruction.VPDPBUSD;

import lyceum.backend.x86.asm.Instruction;

/**
 * What a micro-kernel multiplies. A step takes {@code depth} neighbours of the inner dimension at once: one float, two BF16, four bytes; they
 * stand side by side in a lane of B and in the element of A that is broadcast.
 */
enum Arithmetic {
    F32(4, 4, 1, VBROADCASTSS, VFMADD231PS, VADDPS),
    F64(8, 8, 1, VBROADCASTSD, VFMADD231PD, VADDPD),
    /** Products of BF16 summed in F32. */
    BF16(2, 4, 2, VBROADCASTSS, VDPBF16PS, VADDPS),
    /** U8 of A times I8 of B, summed in I32. */
    U8I8(1, 4, 4, VBROADCASTSS, VPDPBUSD, VPADDD);

    /** Bytes of an operand's element, and of a lane, which is an element of the result. */
    final int bytes, lane;
    final int depth;
    final Instruction broadcast, multiplyAdd, add;

    Arithmetic(int bytes, int lane, int depth, Instruction broadcast, Instruction multiplyAdd, Instruction add) {
        this.bytes = bytes;
        this.lane = lane;
        this.depth = depth;
        this.broadcast = broadcast;
        this.multiplyAdd = multiplyAdd;
        this.add = add;
    }
}
