package lyceum.bench;

import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Feature;

/** Which of the CPU's features the backend in use has for a type. */
final class FeatureLevel {
    private FeatureLevel() {}

    /** True if newer features than AVX2 are hidden from us: then they are hidden from the peers too. */
    static boolean isAvx2Asked() { return "avx2".equals(System.getProperty("lyceum.cpu", System.getenv("LYCEUM_CPU"))); }

    /** {@code scalar} or {@code vector}; of machine code {@code avx2}, {@code avx512}, {@code vnni} (bytes), {@code avx512_bf16} or {@code amx}. */
    static String of(DType type) {
        var backend = Backend.current().name();
        if (!backend.equals("x86")) return backend;
        return switch (type) {
            case BF16 -> has(Feature.AMX_BF16) ? "amx" : has(Feature.AVX512_BF16) ? "avx512_bf16" : plain();
            case I8, U8 -> has(Feature.AMX_INT8) ? "amx" : has(Feature.VNNI) ? "vnni" : plain();
            default -> plain();
        };
    }

    /** The same of kernels that have no tiles: products of few rows with quantised weights. */
    static String ofVectors(DType type) {
        var level = of(type);
        if (!level.equals("amx")) return level;
        return type == DType.BF16 ? "avx512_bf16" : "vnni";
    }

    /** False without machine code. */
    static boolean has(Feature feature) { return Cpu.unavailable() == null && Cpu.current().has(feature); }

    private static String plain() { return has(Feature.AVX512) ? "avx512" : "avx2"; }
}
