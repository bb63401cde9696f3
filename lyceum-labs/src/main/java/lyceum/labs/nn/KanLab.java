package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Kan;
import lyceum.nn.KanConfig;
import lyceum.nn.SymbolicFit;
import lyceum.nn.loss.Loss;
import lyceum.optim.Lbfgs;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/** Three edges learn {@code exp(sin(pi x) + y^2)}; each curve is then told by name, and the formula is read off. */
@Lab(topics = "kan", title = "Curves that get a name")
final class KanLab implements LabBody {
    @Override public void run(LabContext lab) {
        int points = lab.param("points", 200, 50, 1000), grid = lab.param("grid", 6, 3, 20), finer = lab.param("finer grid", 12, 3, 60),
                steps = lab.param("steps", 40, 5, 300);
        var x = Tensor.rand(lab.rng(1), DType.F64, points, 2).mul(2).sub(1).compute();
        var y = x.narrow(1, 0, 1).mul(Math.PI).sin().add(x.narrow(1, 1, 1).square()).exp().compute();

        var kan = new Kan(new KanConfig().withDtype(DType.F64).withGrid(grid), lab.rng(3), 2, 1, 1);
        for (int round : lab.progress("grids", 4)) {
            fit(kan, x, y, round < 3 ? 20 : steps);
            if (round < 3) kan = kan.adapted(x, 1); // to where the hidden values have gone
        }
        double coarse = rmse(kan, x, y);
        kan = kan.refined(finer);
        double same = rmse(kan, x, y);
        fit(kan, x, y, steps);
        double fine = rmse(kan, x, y);
        lab.table("Root mean squared error", List.of("grid", "error"),
                List.of(List.of(grid, coarse), List.of(finer + ", before training", same), List.of(finer, fine)));

        var inputs = kan.inputs(x);
        var rows = new ArrayList<List<?>>();
        var plots = new Plot[3];
        double worst = 1;
        for (int e = 0; e < 3; e++) {
            int layer = e / 2, input = e % 2;
            var edge = kan.layers().get(layer);
            var seen = inputs.get(layer).select(1, input).toDoubleArray();
            var curve = edge.edges(inputs.get(layer)).detach().select(1, 0).select(1, input).toDoubleArray();
            List<SymbolicFit> names = edge.symbolic(0, input, inputs.get(layer));
            var best = names.getFirst();
            worst = Math.min(worst, best.r2());
            int[] order = IntStream.range(0, seen.length).boxed().sorted((a, b) -> Double.compare(seen[a], seen[b])).mapToInt(i -> i)
                    .toArray();
            double[] at = Arrays.stream(order).mapToDouble(i -> seen[i]).toArray();
            var edgeName = e == 0 ? "x to the sum" : e == 1 ? "y to the sum" : "the sum to the output";
            plots[e] = Figure.plot(edgeName).line("edge", at, Arrays.stream(order).mapToDouble(i -> curve[i]).toArray())
                    .line(best.name(), at, Arrays.stream(at).map(best::at).toArray()).dashed().axes("input", "output");
            rows.add(List.of(edgeName, best.toString(), names.get(1).name() + " " + String.format(Locale.ROOT, "%.4f", names.get(1).r2())));
        }
        lab.figure(Figure.row("The three edges", plots).describedAs(
                "Each learned curve with the named function that lies nearest, dashed: a sine, a parabola and an exponential, up to shifts and scales."));
        lab.table("What they are called", List.of("edge", "nearest function", "second, R2"), rows);
        lab.say("The curves are found only up to a line: what one edge shifts and scales, the next one undoes.");
        lab.shows("change of the error by the finer grid alone", Math.abs(same - coarse), below(0.05));
        lab.shows("least R2 of an edge's name", worst, above(0.9));
    }

    private static void fit(Kan kan, Tensor x, Tensor y, int steps) {
        new Lbfgs().withMaxIterations(steps).withGradientTolerance(1e-8).minimize(List.copyOf(kan.parameters().values()),
                () -> Loss.mse(kan.forward(x), y), Progress.SILENT);
    }

    private static double rmse(Kan kan, Tensor x, Tensor y) { return Math.sqrt(Loss.mse(kan.forward(x), y).item()); }
}
