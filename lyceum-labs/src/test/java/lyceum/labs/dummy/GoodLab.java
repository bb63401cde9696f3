package lyceum.labs.dummy;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.awt.image.BufferedImage;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** Asks for one parameter of each kind and emits one thing of each kind. */
@Lab(topics = {"k-means", "pca"}, title = "A dummy that does everything once")
final class GoodLab implements LabBody {
    @Override public void run(LabContext lab) {
        int k = lab.param("k", 3, 1, 10);
        double alpha = lab.param("alpha", 0.1, 0.0, 1.0);
        var kind = lab.choice("kind", "l2", "l1", "l2");
        boolean verbose = lab.flag("verbose", false);
        int sum = 0;
        for (int i : lab.progress("counting", k)) {
            sum += i;
        }
        lab.say("k is %d, alpha %.2f, kind %s, verbose %s.", k, alpha, kind, verbose);
        lab.table("Numbers", List.of("name", "value"), List.of(List.of("sum", sum), List.of("alpha", alpha)));
        lab.figure(Figure.line("A parabola", new double[] {0, 1, 2}, new double[] {0, 1, 4}).axes("x", "x squared")
                .describedAs("A parabola through the origin."));
        lab.image("A dot", "One black pixel.", new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB));
        lab.check("k-means", 2, "sum of 0 to k - 1", sum, equalTo(k * (k - 1) / 2.0, 0));
        lab.check("pca", 1, "alpha is small", alpha, below(0.5));
        lab.shows("seed", lab.seed(), atLeast(0));
        lab.shows("kind is known", !kind.isEmpty());
    }
}
