package lyceum.labs.dummy;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Throws before it asks for anything. */
@Lab(topics = "k-means", title = "A dummy that fails at once")
final class EarlyFailureLab implements LabBody {
    @Override public void run(LabContext lab) { throw new IllegalStateException("the data are gone"); }
}
