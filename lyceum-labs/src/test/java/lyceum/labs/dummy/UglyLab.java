package lyceum.labs.dummy;

import static lyceum.labs.Bounds.below;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** Draws without words. */
@Lab(topics = "k-means", title = "A dummy without words")
final class UglyLab implements LabBody {
    @Override public void run(LabContext lab) {
        lab.figure(Figure.line("No words", new double[] {0, 1}, new double[] {0, 1}));
        lab.check(1, "fine", 0, below(1));
    }
}
