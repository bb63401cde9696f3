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
import static lyceum.backend.x86.asm.Instruction.VPMULLD;

import lyceum.DType;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.machine.Cpu;

/**
 * What a micro-kernel multiplies. A step takes {@code depth} neighbours of the inner dimension at once: one float, two BF16, four bytes; they
 * stand side by side in a lane of B and in the element of A that is broadcast.
 */
enum Arithmetic {
    F32(4, 4, 1, DType.F32, VBROADCASTSS, VFMADD231PS, VADDPS), F64(8, 8, 1, DType.F64, VBROADCASTSD, VFMADD231PD, VADDPD),
    /** Products of BF16 summed in F32. */
    BF16(2, 4, 2, DType.F32, VBROADCASTSS, VDPBF16PS, VADDPS),
    /** U8 of A times I8 of B, summed in I32. */
    U8I8(1, 4, 4, DType.I32, VBROADCASTSS, VPDPBUSD, VPADDD),
    /** I8 times I8 by the same instruction: A is stored with 128 added, and 128 times the sum of B's column is where the sum starts below 0. */
    I8I8(1, 4, 4, DType.I32, VBROADCASTSS, VPDPBUSD, VPADDD),
    /** Whole numbers modulo 2^32, multiplied and added by two instructions. */
    I32(4, 4, 1, DType.I32, VBROADCASTSS, VPMULLD, VPADDD);

    /** Bytes of an operand's element, and of a lane, which is an element of the result. */
    final int bytes, lane;
    final int depth;
    /** Of the sums. */
    final DType sums;
    final Instruction broadcast, multiplyAdd, add;

    Arithmetic(int bytes, int lane, int depth, DType sums, Instruction broadcast, Instruction multiplyAdd, Instruction add) {
        this.bytes = bytes;
        this.lane = lane;
        this.depth = depth;
        this.sums = sums;
        this.broadcast = broadcast;
        this.multiplyAdd = multiplyAdd;
        this.add = add;
    }

    /** True if a product and its addition are one instruction. */
    boolean isFused() { return this != I32; }

    /** Takes a product of floats, in their own type, off a sum. */
    Instruction multiplySubtract() { return this == F64 ? Instruction.VFNMADD231PD : Instruction.VFNMADD231PS; }

    /** How operands of these types are multiplied for a result of that type; null if no kernel does it. */
    static Arithmetic of(Cpu cpu, DType a, DType b, DType result) {
        boolean whole = result == DType.I32 && isByte(a) && isByte(b);
        if (whole && cpu.has(Feature.VNNI) && b == DType.I8) return a == DType.U8 ? U8I8 : I8I8;
        if (whole || result == DType.I32 && a == b && a == DType.I32) return I32;
        if (a != b || !a.isFloat() || result != a && (result != DType.F32 || a == DType.F64)) return null;
        return switch (a) {
            case F64 -> F64;
            case BF16 -> cpu.has(Feature.AVX512_BF16) ? BF16 : F32;
            default -> F32;
        };
    }

    static boolean isByte(DType type) { return type == DType.U8 || type == DType.I8; }
}
