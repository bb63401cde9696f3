package lyceum.labs.dummy;

import static lyceum.labs.Bounds.below;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Has a check that does not hold, and one that is not a number. */
@Lab(topics = "k-means", title = "A dummy whose check fails")
final class FailingCheckLab implements LabBody {
    @Override public void run(LabContext lab) {
        lab.check(1, "gap", 2, below(1));
        lab.check(2, "NaN", Double.NaN, below(1));
        lab.check(3, "fine", 0.5, below(1));
    }
}
