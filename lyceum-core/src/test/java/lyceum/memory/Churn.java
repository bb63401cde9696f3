package lyceum.memory;

import java.util.ArrayList;
import lyceum.tensor.Tensor;

/** Allocates 4 GiB in blocks of 4 MiB and forgets them, or holds them until refused, or one of the other ways to wear an allocator out. */
public final class Churn {
    private Churn() {}

    public static void main(String[] args) throws InterruptedException {
        switch (args[0]) {
            case "churn" -> churn(1000);
            case "hold" -> hold();
            case "interrupted" -> {
                Thread.currentThread().interrupt();
                churn(200);
                System.out.println(Thread.currentThread().isInterrupted() ? "still interrupted" : "the interrupt was lost");
            }
            case "threads" -> threads();
            case "sizes" -> sizes();
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static void churn(int blocks) {
        for (int i = 0; i < blocks; i++) Tensor.ones(1 << 20).compute();
        System.out.println("done");
    }

    private static void hold() {
        var held = new ArrayList<Tensor>();
        for (int i = 0; i < 1000; i++) held.add(Tensor.ones(1 << 20).compute());
        System.out.println("done, holding " + held.size());
    }

    private static void threads() throws InterruptedException {
        var threads = new ArrayList<Thread>();
        var failed = new ArrayList<Throwable>();
        for (int t = 0; t < 8; t++) {
            int k = t;
            var thread = new Thread(() -> {
                for (int i = 0; i < 60; i++) Tensor.ones((1 << 20) + (k * 60 + i) * 1000).compute();
            });
            thread.setUncaughtExceptionHandler((where, e) -> {
                synchronized (failed) {
                    failed.add(e);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (var thread : threads) thread.join();
        for (var e : failed) e.printStackTrace();
        System.exit(failed.isEmpty() ? 0 : 1);
    }

    /** Sixteen phases of 100 MiB in blocks of ever other sizes, all given back at the end of their phase. */
    private static void sizes() {
        long most = 0;
        for (int phase = 0; phase < 16; phase++) {
            try (var scope = Scope.open()) {
                long block = (1L << 20) + phase * 300_000L;
                for (long total = 0; total < 100L << 20; total += block) Allocator.allocate(block).segment().fill((byte) 1);
            }
            var now = Memory.stats();
            most = Math.max(most, now.inUse() + now.cached());
        }
        System.out.println("most " + (most >> 20) + " MiB");
    }
}
