package lyceum.studio.web;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Fails after its first sentence. */
@Lab(topics = "svd", title = "A lab that fails")
final class ThrowingLab implements LabBody {

    @Override public void run(LabContext lab) {
        lab.say("It has begun.");
        throw new IllegalArgumentException("rank is -1; it is at least 0");
    }
}
