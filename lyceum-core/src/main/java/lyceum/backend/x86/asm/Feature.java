package lyceum.backend.x86.asm;

/** Sets of instructions as a CPU has or lacks them. AVX512 stands for F, BW, VL, DQ and CD together, which every server CPU with AVX-512 has. */
public enum Feature {
    X86_64, AVX, AVX2, FMA, F16C, BMI2, AVX512, AVX512_VBMI, VNNI, AVX512_BF16, AVX512_FP16, AMX_TILE, AMX_BF16, AMX_INT8
}
