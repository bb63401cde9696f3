package lyceum.studio.web;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Counts until somebody stops it. */
@Lab(topics = "k-means", title = "A lab without end")
final class EndlessLab implements LabBody {

    @Override public void run(LabContext lab) {
        lab.say("It has begun.");
        for (int i : lab.progress("rounds", Integer.MAX_VALUE)) {
            Thread.onSpinWait();
        }
    }
}
