package lyceum.labs.dummy;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Asks for a parameter too late. */
@Lab(topics = "k-means", title = "A dummy that asks too late")
final class LateLab implements LabBody {
    @Override public void run(LabContext lab) {
        lab.param("k", 1, 1, 2);
        lab.say("hello");
        lab.param("late", 1, 1, 2);
    }
}
