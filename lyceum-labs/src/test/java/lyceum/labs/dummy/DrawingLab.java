package lyceum.labs.dummy;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** Draws two megabytes after two megabytes, a hundred times. */
@Lab(topics = "k-means", title = "A dummy that draws without end")
final class DrawingLab implements LabBody {
    @Override public void run(LabContext lab) {
        var ys = lab.rng(1).doubles(100_000).toArray();
        for (int i = 0; i < 100; i++) {
            lab.figure(Figure.line("Noise " + i, ys).axes("place", "value").describedAs("Noise."));
        }
    }
}
