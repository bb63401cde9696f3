package lyceum.labs.dummy;

import static lyceum.labs.Bounds.below;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Checks a clause of one of its two topics, and does not say of which. */
@Lab(topics = {"k-means", "pca"}, title = "A dummy that does not say what it checks")
final class VagueLab implements LabBody {
    @Override public void run(LabContext lab) { lab.check(1, "sum", 0, below(1)); }
}
