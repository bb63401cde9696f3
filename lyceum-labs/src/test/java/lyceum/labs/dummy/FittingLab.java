package lyceum.labs.dummy;

import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Hands its progress to long work. */
@Lab(topics = "k-means", title = "A dummy that fits")
final class FittingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 3, 1, 1_000_000_000);
        var progress = lab.progress();
        for (int i = 1; i <= steps; i++) {
            progress.step("fit", i, steps, Map.of("loss", 1.0 / i, "held out", Double.NaN));
            LockSupport.parkNanos(10_000);
        }
    }
}
