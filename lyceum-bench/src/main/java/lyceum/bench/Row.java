package lyceum.bench;

/**
 * One measurement.
 *
 * @param ours our median, {@code peer} the peer's (NaN without one), both in {@code unit}
 * @param ratio above 1 if ours is better; NaN without a peer
 */
public record Row(String suite, String name, String shape, String dtype, int threads, double ours, double peer, String unit, double ratio, String peerName, String cpu) {

    /** A row of times: less is better. */
    static Row time(String suite, String name, String shape, String dtype, int threads, double ours, double peer, String unit, String peerName) {
        return new Row(suite, name, shape, dtype, threads, ours, peer, unit, peer / ours, peerName, Cpu.name());
    }

    /** A row of rates: more is better. */
    static Row rate(String suite, String name, String shape, String dtype, int threads, double ours, double peer, String unit, String peerName) {
        return new Row(suite, name, shape, dtype, threads, ours, peer, unit, ours / peer, peerName, Cpu.name());
    }

    /** What both found, which should be the same: no ratio. */
    static Row found(String suite, String name, String shape, String dtype, int threads, double ours, double peer, String unit, String peerName) {
        return new Row(suite, name, shape, dtype, threads, ours, peer, unit, Double.NaN, peerName, Cpu.name());
    }
}
