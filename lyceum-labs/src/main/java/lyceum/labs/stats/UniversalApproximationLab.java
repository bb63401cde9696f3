package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.theory.UniversalApproximation;

/** A network with its weights written down joins the dots of any curve; a polynomial activation cannot, and training may not. */
@Lab(topics = "universal-approximation", title = "Joining the dots with a network")
final class UniversalApproximationLab implements LabBody {
    @Override public void run(LabContext lab) {
        String target = lab.choice("target", "sin 6 pi x", "sin 6 pi x", "bump", "kink", "exp");
        int width = lab.param("width", 12, 1, 64), iterations = lab.param("iterations", 200, 10, 1_000);
        DoubleUnaryOperator f = switch (target) {
            case "bump" -> x -> Math.exp(-60 * (x - 0.4) * (x - 0.4));
            case "kink" -> x -> Math.abs(x - 0.37);
            case "exp" -> Math::exp;
            default -> x -> Math.sin(6 * Math.PI * x);
        };
        var written = UniversalApproximation.relu(f, 0, 1, width);
        var stairs = UniversalApproximation.sigmoid(f, 0, 1, width + 1, 40.0 * (width + 1));
        var trained = UniversalApproximation.train(f, 0, 1, width, iterations, lab.rng(1));
        lab.figure(Figure.plot(width + " units on " + target).line("target", 0, 1, f).dashed().line("ReLU, written down", 0, 1, written::at)
                .line("steep sigmoids", 0, 1, stairs::at).line("ReLU, trained", 0, 1, trained::at).axes("x", "value").describedAs(
                        "The written network meets the target at equal steps; the sigmoids climb stairs; the trained one is near where it got to."));
        lab.table("Error at this width", List.of("network", "units", "sup error"),
                List.of(List.of("ReLU, written down", width, written.supError(f, 0, 1, 2_000)),
                        List.of("steep sigmoids", width, stairs.supError(f, 0, 1, 2_000)),
                        List.of("ReLU, trained", width, trained.supError(f, 0, 1, 2_000))));

        var frames = new ArrayList<Figure>();
        for (int n = 1; n <= 32; n += n < 8 ? 1 : 4) {
            var network = UniversalApproximation.relu(f, 0, 1, n);
            frames.add(Figure.plot(n + " units").line("target", 0, 1, f).dashed().line("network", 0, 1, network::at).axes("x", "value")
                    .describedAs("The network with " + n + " pieces is off by at most " + network.supError(f, 0, 1, 2_000) + "."));
        }
        lab.figure(Figure.frames("The network as it widens", "step", frames)
                .describedAs("Each unit adds a knee; the knees close in on the curve."));

        int[] widths = {1, 2, 4, 8, 16, 32, 64, 128, 256};
        double[] x = new double[9], relu = new double[9], quadratic = new double[9], random = new double[9];
        double[] square = UniversalApproximation.widthErrors(z -> z * z, f, 0, 1, 256, lab.rng(2)),
                features = UniversalApproximation.widthErrors(z -> Math.max(0, z), f, 0, 1, 256, lab.rng(2));
        for (int i = 0; i < 9; i++) {
            x[i] = widths[i];
            relu[i] = UniversalApproximation.relu(f, 0, 1, widths[i]).supError(f, 0, 1, 4_096) + 1e-16;
            quadratic[i] = square[widths[i] - 1];
            random[i] = features[widths[i] - 1];
        }
        lab.figure(Figure.plot("Error against width").line("ReLU, written down", x, relu).line("ReLU, random knees", x, random)
                .line("quadratic activation", x, quadratic).axes("units", "sup error").logX().logY().describedAs(
                        "With a smooth target the written network gains a factor of four with each doubling; the quadratic one stays where it is."));
        if (target.equals("sin 6 pi x")) {
            lab.shows("error of the written network at 256 units, over (6 pi)^2 / (8 256^2)",
                    relu[8] / (36 * Math.PI * Math.PI / (8 * 65_536)), atMost(1.001));
            lab.shows("error of the quadratic activation at 256 units", quadratic[8], above(0.3));
        }
    }
}
