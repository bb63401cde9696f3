package lyceum.labs.dummy;

import java.util.concurrent.locks.LockSupport;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Never ends by itself; {@code polite} listens when it is told to stop. */
@Lab(topics = "k-means", title = "A dummy that never ends")
final class EndlessLab implements LabBody {
    @Override public void run(LabContext lab) {
        boolean polite = lab.flag("polite", true);
        lab.say("running");
        while (!polite || !lab.cancelled()) {
            LockSupport.parkNanos(1_000_000);
            Thread.interrupted();
        }
    }
}
