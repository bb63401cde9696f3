package lyceum.tensor;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import lyceum.backend.Backend;

/**
 * All checks of the catalogue in a JVM of its own, beside a thread that forces collections: for memory limits, poison and other flags. Arguments: the mode of fusion; "all" or
 * "values"; milliseconds from one collection to the next, 0 for none where memory is not what is tested.
 */
public final class OpCatalogMain {
    private OpCatalogMain() {}

    public static void main(String[] args) throws InterruptedException {
        int run = 0, failed = 0;
        var fusion = Fusion.Mode.valueOf(args[0]);
        boolean gradients = args[1].equals("all");
        long pause = Long.parseLong(args[2]);
        var done = new AtomicBoolean(pause == 0);
        var collector = Thread.ofPlatform().daemon().start(() -> {
            while (!done.get()) {
                System.gc();
                LockSupport.parkNanos(1_000_000 * pause); // else the operations come to run between collections hardly at all
            }
        });
        for (var checks : gradients ? List.of(OpChecks.values(), DerivativeChecks.gradients()) : List.of(OpChecks.values())) {
            for (var check : checks.entrySet()) {
                for (var op : OpCatalog.all()) {
                    if (!check.getValue().applies(op)) continue;
                    run++;
                    try {
                        Fusion.with(fusion, () -> check.getValue().run(op));
                    } catch (RuntimeException | AssertionError e) {
                        failed++;
                        System.out.println(check.getKey() + ": " + op.name() + ": " + e);
                    }
                }
            }
        }
        done.set(true);
        collector.join();
        System.out.println(OpCatalog.all().size() + " operations, " + run + " checks on " + Backend.current().description() + ", " + failed
                + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }
}
