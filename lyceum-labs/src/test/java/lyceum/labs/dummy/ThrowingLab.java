package lyceum.labs.dummy;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Says something and throws. */
@Lab(topics = "k-means", title = "A dummy that throws")
final class ThrowingLab implements LabBody {
    @Override public void run(LabContext lab) {
        lab.say("So far, so good.");
        throw new IllegalStateException("the third cluster is empty");
    }
}
