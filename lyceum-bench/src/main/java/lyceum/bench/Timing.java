package lyceum.bench;

import java.util.Arrays;
import java.util.function.Supplier;

/** Medians of runs that alternate between ours and the peer's, so that the machine's drift hits both alike. */
final class Timing {
    private Timing() { }

    /** Median seconds a call, ours first; the second is NaN without a peer. */
    static double[] pair(Supplier<?> ours, Supplier<?> peer) {
        int ourCalls = calls(ours), peerCalls = peer == null ? 0 : calls(peer);
        double[] a = new double[11], b = new double[11];
        for (int i = 0; i < a.length; i++) {
            a[i] = seconds(ours, ourCalls);
            b[i] = peer == null ? Double.NaN : seconds(peer, peerCalls);
        }
        return new double[] {median(a), median(b)};
    }

    /** Warms up for half a second and chooses how many calls make 50 ms. */
    private static int calls(Supplier<?> body) {
        long start = System.nanoTime();
        int n = 0;
        while (System.nanoTime() - start < 500_000_000L) {
            body.get();
            n++;
        }
        return Math.max(1, n / 10);
    }

    private static double seconds(Supplier<?> body, int calls) {
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++) body.get();
        return (System.nanoTime() - start) * 1e-9 / calls;
    }

    static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
