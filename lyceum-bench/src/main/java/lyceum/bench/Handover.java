package lyceum.bench;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What it takes to hand a cache line to another thread and get it back. Where that is several times what it is at other times, the host of a virtual
 * machine has moved its processors to chips that have no cache in common: what two threads share then costs more, and they have more bandwidth.
 */
final class Handover {
    private static final long LONGEST = 20_000_000;
    private static final int ROUNDS = 500;

    private Handover() {}

    /** Nanoseconds there and back, of the fastest of many series; NaN with one processor. */
    static double nanos() {
        if (Runtime.getRuntime().availableProcessors() < 2) return Double.NaN;
        var turn = new AtomicInteger(); // odd: the partner's; negative: over
        var partner = Thread.ofPlatform().daemon().start(() -> {
            for (int n = 0; n >= 0; n = turn.get()) if ((n & 1) == 1) turn.set(n + 1);
        });
        double best = Double.POSITIVE_INFINITY;
        for (long begun = System.nanoTime(), start = begun; start - begun < LONGEST; start = System.nanoTime()) {
            for (int i = 0; i < ROUNDS; i++) {
                int own = turn.get();
                turn.set(own + 1);
                while (turn.get() != own + 2) Thread.onSpinWait();
            }
            best = Math.min(best, (System.nanoTime() - start) / (double) ROUNDS);
        }
        turn.set(-1);
        try {
            partner.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return best;
    }
}
