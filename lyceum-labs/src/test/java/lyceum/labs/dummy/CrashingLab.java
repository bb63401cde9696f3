package lyceum.labs.dummy;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Takes its JVM down. */
@Lab(topics = "k-means", title = "A dummy that crashes its JVM")
final class CrashingLab implements LabBody {
    @Override public void run(LabContext lab) {
        lab.say("crashing");
        System.err.println("last words");
        Runtime.getRuntime().halt(134);
    }
}
