package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.DepthSeparation;
import lyceum.nn.Sequential;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A sawtooth that doubles with each layer of two units, a single layer of as many that cannot follow, and the flat pieces of a random network. */
@Lab(topics = "deep-neural-network", title = "Folding doubles")
final class DepthLab implements LabBody {
    private static final double[] ZERO = {0}, ONE = {1};

    @Override public void run(LabContext lab) {
        int depth = lab.param("depth", 5, 1, 8), layers = lab.param("layers of the plane", 2, 1, 4), width = lab.param("width", 6, 2, 12),
                steps = lab.param("steps", 200, 10, 2000);
        var rows = new ArrayList<List<?>>();
        Figure[] plots = new Figure[Math.min(3, depth)];
        for (int k = 1; k <= depth; k++) {
            var net = DepthSeparation.sawtooth(k);
            rows.add(List.of(k, 2 * k, DepthSeparation.pieces(net, ZERO, ONE), 2 * k + 1));
            if (k > depth - plots.length) plots[k - 1 - depth + plots.length] = drawn(net, "Depth " + k);
        }
        lab.figure(Figure.row("Each layer folds once more", plots)
                .describedAs("Sawtooth curves from 0 to 1, with twice as many teeth at each further layer."));
        lab.table("Straight pieces", List.of("layers", "units", "pieces", "at most, in one layer"), rows);

        // One hidden layer of as many units, trained on the same teeth.
        var x = Tensor.arange(0.0, 1 << depth, 1).div(1 << depth).unsqueeze(1).compute();
        var y = DepthSeparation.sawtooth(depth).forward(x).detach().compute();
        var shallow = DepthSeparation.network(1, 1, 2 * depth, 1, lab.rng(1));
        double error = DepthSeparation.fit(shallow, x, y, steps, 0.02);
        int wrong = DepthSeparation.wrongAlternations(shallow, depth), points = 1 << depth;
        lab.figure(drawn(shallow, "One layer of " + 2 * depth + " units, trained on the teeth").points("teeth", x.flatten(), y.flatten())
                .describedAs("The trained single layer, a few straight pieces, and the alternating points that it should meet."));
        lab.say("The single layer has %d pieces, leaves a mean squared error of %.3f and tells %d of %d points wrongly; the deep one none.",
                DepthSeparation.pieces(shallow, ZERO, ONE), error, wrong, points);

        var net = DepthSeparation.network(2, layers, width, 1, lab.rng(2));
        var regions = DepthSeparation.box(net, -2, 2, -2, 2);
        lab.figure(Figure.plot("Where a random network of " + layers + " x " + width + " is one plane")
                .regions(-2, 2, -2, 2, at -> colours(net, at), "a", "b", "c", "d", "e", "f").axes("x1", "x2")
                .describedAs("The square cut into the regions on each of which the network is a single plane; colours repeat."));
        lab.say("%d regions of %d units in the square; one layer of %d units would have at most %d over the whole plane.", regions.count(),
                layers * width, layers * width, 1 + layers * width + layers * width * (layers * width - 1) / 2);
        lab.shows("pieces of the deep network", DepthSeparation.pieces(DepthSeparation.sawtooth(depth), ZERO, ONE), exactly(1 << depth));
        lab.shows("points of the teeth that one layer tells wrongly", wrong, atLeast(Math.max(0, (points - 2 * depth - 2) / 2)));
    }

    private static Plot drawn(Sequential net, String title) {
        double[] t = DepthSeparation.breaks(net, ZERO, ONE);
        return Figure.plot(title).line("network", Tensor.of(t), net.forward(Tensor.of(t).unsqueeze(1)).detach().flatten()).axes("x", "y");
    }

    /** A colour for each pattern of active units. */
    private static Tensor colours(Sequential net, Tensor at) {
        var known = new HashMap<String, Long>();
        var patterns = new ArrayList<StringBuilder>();
        for (int i = 0; i < at.size(0); i++) patterns.add(new StringBuilder());
        var h = at.to(DType.F64);
        for (var layer : net.layers()) {
            h = layer.forward(h).detach();
            if (layer != Activation.RELU) continue;
            boolean[] on = h.gt(0).toBooleanArray();
            for (int i = 0; i < on.length; i++) patterns.get(i / (int) h.size(1)).append(on[i] ? '1' : '0');
        }
        var colours = new long[patterns.size()];
        for (int i = 0; i < colours.length; i++)
            colours[i] = known.computeIfAbsent(patterns.get(i).toString(), p -> (long) (known.size() % 6));
        return Tensor.of(colours);
    }
}
