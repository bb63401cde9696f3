package lyceum.backend.x86.gemm;

import lyceum.DType;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.machine.Cpu;

/** The products of tiles: BF16 summed in F32, and bytes of each signedness summed in I32. */
enum TileDot {
    BF16(Instruction.TDPBF16PS, Arithmetic.BF16), I8I8(Instruction.TDPBSSD, Arithmetic.U8I8), I8U8(Instruction.TDPBSUD, Arithmetic.U8I8),
    U8I8(Instruction.TDPBUSD, Arithmetic.U8I8), U8U8(Instruction.TDPBUUD, Arithmetic.U8I8);

    final Instruction instruction;
    /** The one that has the same layout of operands and type of sums. */
    final Arithmetic layout;

    TileDot(Instruction instruction, Arithmetic layout) {
        this.instruction = instruction;
        this.layout = layout;
    }

    /** How operands of these types are multiplied for a result of that type; null if the CPU's tiles do not do it. */
    static TileDot of(Cpu cpu, DType a, DType b, DType result) {
        if (a == DType.BF16 && b == a) return cpu.has(Feature.AMX_BF16) && (result == a || result == DType.F32) ? BF16 : null;
        if (result != DType.I32 || !cpu.has(Feature.AMX_INT8) || !Arithmetic.isByte(a) || !Arithmetic.isByte(b)) return null;
        return a == DType.I8 ? b == DType.I8 ? I8I8 : I8U8 : b == DType.I8 ? U8I8 : U8U8;
    }
}
