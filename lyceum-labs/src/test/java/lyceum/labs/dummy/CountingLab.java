package lyceum.labs.dummy;

import java.util.concurrent.locks.LockSupport;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Counts to a billion through progress. */
@Lab(topics = "k-means", title = "A dummy that counts")
final class CountingLab implements LabBody {
    @Override public void run(LabContext lab) {
        for (int i : lab.progress("counting", 1_000_000_000)) {
            LockSupport.parkNanos(10_000 + i % 2);
        }
    }
}
