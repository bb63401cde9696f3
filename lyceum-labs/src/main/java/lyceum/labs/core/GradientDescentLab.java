package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.optim.Descent;
import lyceum.optim.GradientDescent;
import lyceum.optim.Objective;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/** Three step lengths in one ravine: one crawls, one zigzags home, one climbs the walls. */
@Lab(topics = "gradient-descent", title = "Too short, just right, too long")
final class GradientDescentLab implements LabBody {
    private static final double[] START = {-4.5, 1.3};

    @Override public void run(LabContext lab) {
        double condition = lab.param("condition", 12, 1.5, 200.0);
        int steps = lab.param("steps", 40, 10, 500);
        Objective ravine = (x, g) -> {
            g[0] = x[0];
            g[1] = condition * x[1];
            return 0.5 * (x[0] * g[0] + x[1] * g[1]);
        };
        double best = 2 / (1 + condition), limit = 2 / condition;
        String[] names = {"short: 0.2/L", "best: 2/(mu+L)", "long: 2.06/L"};
        double[] rates = {0.2 / condition, best, 1.03 * limit};

        var paths = new ArrayList<Descent>();
        for (int i : lab.progress("step lengths", 3))
            paths.add(GradientDescent.constant(rates[i]).withMaxIterations(steps).withGradientTolerance(0).trace(ravine, START));
        lab.figure(Figure.grid("Three step lengths in a ravine", 2, overContours(ravine, names[0], paths.get(0)),
                overContours(ravine, names[1], paths.get(1)), overContours(ravine, names[2], paths.get(2)),
                distances(names, paths, (condition - 1) / (condition + 1))).describedAs(
                        "The short step slides to the valley floor and creeps along it, the best one zigzags between the walls and arrives, the long one swings wider at every step; "
                                + "on a logarithmic scale each error is nearly a straight line, and that of the best step lies on its bound."));

        var searches = List.of("constant, best", "exact", "Armijo", "strong Wolfe");
        var methods = List.of(GradientDescent.constant(best), GradientDescent.exact(), GradientDescent.armijo(1), GradientDescent.wolfe(1));
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < methods.size(); i++) {
            var minimum = methods.get(i).minimize(ravine, START);
            rows.add(List.of(searches.get(i), minimum.iterations(), minimum.evaluations(), minimum.converged()));
        }
        lab.table("Until the gradient is 1e-8, by how the step is chosen", List.of("step", "iterations", "evaluations", "converged"), rows);

        Worst gap = new Worst(), contraction = new Worst();
        for (int p = 0; p < 3; p++) {
            for (int t = 0; t < paths.get(p).points().size(); t++) {
                var point = paths.get(p).points().get(t);
                double x = START[0] * Math.pow(1 - rates[p], t), y = START[1] * Math.pow(1 - rates[p] * condition, t);
                double size = Math.max(1, Math.hypot(x, y));
                gap.see(Math.abs(point[0] - x) / size).see(Math.abs(point[1] - y) / size);
            }
        }
        var points = paths.get(1).points();
        for (int t = 1; t < points.size(); t++) {
            double before = Math.hypot(points.get(t - 1)[0], points.get(t - 1)[1]);
            if (before > 1e-9) contraction.see(Math.hypot(points.get(t)[0], points.get(t)[1]) / before);
        }
        lab.say("With condition number %.1f the best constant step keeps %.1f%% of the error; a tenth of it costs %.0f steps.", condition,
                100 * contraction.value(), Math.log(0.1) / Math.log(contraction.value()));
        lab.shows("gap between the paths and the powers of I - eta A", gap.value(), below(1e-10));
        lab.shows("contraction over (k-1)/(k+1)", contraction.value() * (condition + 1) / (condition - 1), atMost(1 + 1e-9));
    }

    private static Plot overContours(Objective f, String name, Descent path) {
        int shown = 0;
        while (shown < path.points().size() && Math.abs(path.points().get(shown)[1]) <= 2) shown++;
        double[] px = Arrays.copyOf(path.coordinate(0), shown), py = Arrays.copyOf(path.coordinate(1), shown);
        return Landscape.of(name, -5, 5, -2, 2, "square root of f", (x, y) -> Math.sqrt(f.at(new double[] {x, y}, new double[2])))
                .line("path", px, py).points("start and end", new double[] {px[0], px[shown - 1]}, new double[] {py[0], py[shown - 1]})
                .axes("x, curvature mu = 1", "y, curvature L");
    }

    private static Plot distances(String[] names, List<Descent> paths, double ratio) {
        var plot = Figure.plot("Distance to the minimum");
        for (int p = 0; p < 3; p++) {
            var points = paths.get(p).points();
            plot = plot.line(names[p], 0, points.stream().mapToDouble(at -> Math.clamp(Math.hypot(at[0], at[1]), 1e-16, 1e6)).toArray());
        }
        double[] t = {0, paths.getFirst().points().size() - 1}, bound = {Math.hypot(START[0], START[1]), 0};
        bound[1] = Math.max(1e-16, bound[0] * Math.pow(ratio, t[1]));
        return plot.line("((k-1)/(k+1))^t", t, bound).dashed().axes("step", "distance").logY();
    }
}
