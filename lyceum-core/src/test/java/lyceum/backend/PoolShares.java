package lyceum.backend;

import java.util.concurrent.atomic.AtomicIntegerArray;

/** Two callers at once, each with many pieces: what the workers did for each of them while both were open, counted; then waits until the pool sleeps. */
public final class PoolShares {
    private PoolShares() {}

    public static void main(String[] args) throws InterruptedException {
        if (Parallel.threads() == 1) {
            Parallel.range(1000, 1, (from, to) -> { if (!Thread.currentThread().getName().equals("main")) System.exit(3); });
            System.out.println(Parallel.started() == 0 ? "alone" : "not alone");
            return;
        }
        var helped = new AtomicIntegerArray(2);
        var done = new AtomicIntegerArray(2);
        int pieces = 20_000;
        var callers = new Thread[2];
        for (int c = 0; c < 2; c++) {
            int me = c;
            callers[c] = Thread.ofPlatform().start(() -> Parallel.range(pieces, 1, (from, to) -> {
                while (done.get(1 - me) == 0 && from > 0 && from < pieces / 2) Thread.onSpinWait(); // both are open now
                spin();
                boolean both = done.get(0) < pieces / 2 && done.get(1) < pieces / 2;
                if (both && Thread.currentThread() != callers[me] && Thread.currentThread().isDaemon()) helped.incrementAndGet(me);
                done.incrementAndGet(me);
            }));
        }
        for (var caller : callers) caller.join();
        int less = Math.min(helped.get(0), helped.get(1)), more = Math.max(helped.get(0), helped.get(1));
        System.out.println((less > 0 && more <= 3 * less + 100 ? "fair" : "unfair") + ": workers ran " + less + " and " + more
                + " pieces; all " + done);
        boolean all = done.get(0) == pieces && done.get(1) == pieces;
        while (Parallel.parked() < Parallel.started()) Thread.sleep(1);
        System.out.println(Parallel.started() + " workers asleep");
        System.exit(all && less > 0 && Parallel.started() <= Parallel.threads() - 1 ? 0 : 1);
    }

    private static void spin() { for (int i = 0; i < 200; i++) Thread.onSpinWait(); }
}
