package lyceum.bench;

import lyceum.backend.Backend;

/** Which of the CPU's features computed a row. */
final class FeatureLevel {
    private FeatureLevel() { }

    /** True if newer features than AVX2 are hidden from us: then they are hidden from the peers too. */
    static boolean isAvx2Asked() { return "avx2".equals(System.getProperty("lyceum.cpu", System.getenv("LYCEUM_CPU"))); }

    /** Of arithmetic in F32 and F64, and whatever has no instructions of its own. */
    static String current() { return Backend.current().name(); }
}
