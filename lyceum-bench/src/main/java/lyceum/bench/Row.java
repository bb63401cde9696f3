package lyceum.bench;

/**
 * One measurement.
 *
 * @param ours our median, {@code peer} the peer's (NaN without one), both in {@code unit}
 * @param ratio above 1 if ours is better; NaN without a peer
 * @param ourSpread the interquartile range of our samples over their median; NaN where it was not taken. {@code peerSpread} the peer's
 * @param bestRatio the ratio of the best samples of both, which says more than the medians where other programs use the CPU; NaN without a peer
 * @param level what computed ours: {@code scalar}, {@code vector}, {@code avx2}, {@code avx512}, {@code vnni}, {@code avx512_bf16} or {@code amx}; empty where that is no question
 * @param target the least ratio that is asked for, or without a peer the most that ours may be; NaN if nothing is
 * @param verdict on the target
 * @param handover nanoseconds in which a cache line goes to another thread and back (see {@link Handover}); NaN for one thread
 */
public record Row(String suite, String name, String shape, String dtype, int threads, double ours, double peer, String unit, double ratio,
        String peerName, String cpu, double ourSpread, double peerSpread, double bestRatio, String level, double target, Verdict verdict,
        double handover) {

    /** Without spread or target. */
    Row(String suite, String name, String shape, String dtype, int threads, double ours, double peer, String unit, double ratio,
            String peerName, String cpu) {
        this(suite, name, shape, dtype, threads, ours, peer, unit, ratio, peerName, cpu, Double.NaN, Double.NaN, Double.NaN, "", Double.NaN,
                Verdict.NONE);
    }

    /** Without a handover. */
    Row(String suite, String name, String shape, String dtype, int threads, double ours, double peer, String unit, double ratio,
            String peerName, String cpu, double ourSpread, double peerSpread, double bestRatio, String level, double target,
            Verdict verdict) {
        this(suite, name, shape, dtype, threads, ours, peer, unit, ratio, peerName, cpu, ourSpread, peerSpread, bestRatio, level, target,
                verdict, Double.NaN);
    }

    /** A row of times: less is better. */
    static Row time(String suite, String name, String shape, String dtype, int threads, double ours, double peer, String unit,
            String peerName) {
        return new Row(suite, name, shape, dtype, threads, ours, peer, unit, peer / ours, peerName, Cpu.name());
    }

    /** What both found, which should be the same: no ratio. */
    static Row found(String suite, String name, String shape, String dtype, int threads, double ours, double peer, String unit,
            String peerName) {
        return new Row(suite, name, shape, dtype, threads, ours, peer, unit, Double.NaN, peerName, Cpu.name());
    }

    boolean hasPeer() { return !peerName.isEmpty(); }
}
