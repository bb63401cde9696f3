package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Box;
import lyceum.optim.GradientDescent;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minimum;
import lyceum.optim.Newton;
import lyceum.optim.SecondOrderObjective;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A curved valley: gradient descent creeps, L-BFGS learns the curvature on the way, Newton knows it; and a box in the way. */
@Lab(topics = "newton-lbfgs", title = "Three ways through a bent valley")
final class SecondOrderLab implements LabBody {
    private static final int STEPS = 60;

    /** Points and values after 0, 1, 2, ... steps: a run stopped after k steps ends where a longer one passes. */
    private record Way(String name, List<Minimum> points) {
        static Way of(String name, IntFunction<Minimum> after) {
            var points = new ArrayList<Minimum>();
            for (int k = 0; k <= STEPS; k++) {
                var point = after.apply(k);
                points.add(point);
                if (point.iterations() < k || point.gradientNorm() == 0) break;
            }
            return new Way(name, points);
        }

        double[] coordinate(int i) { return points.stream().mapToDouble(p -> p.x()[i]).toArray(); }

        double[] distances(double[] from) {
            return points.stream().mapToDouble(p -> Math.hypot(p.x()[0] - from[0], p.x()[1] - from[1])).map(d -> Math.max(d, 1e-16))
                    .toArray();
        }
    }

    @Override public void run(LabContext lab) {
        double depth = lab.param("steepness", 100, 1.0, 200.0), x0 = lab.param("startX", -1.2, -1.5, 1.5),
                y0 = lab.param("startY", 1.0, -0.5, 1.5), wall = lab.param("wall", 0.6, -1.0, 1.5);
        int history = lab.param("history", 10, 1, 20);
        UnaryOperator<Tensor> valley = p -> {
            Tensor x = p.narrow(0, 0, 1), y = p.narrow(0, 1, 1);
            return y.sub(x.square()).square().mul(depth).add(x.rsub(1).square()).sum();
        };
        var f = SecondOrderObjective.of(valley);
        double[] start = {x0, y0}, end = {1, 1};
        var ways = List.of(Way.of("gradient descent", k -> GradientDescent.armijo(0.01).withMaxIterations(k).minimize(f, start)),
                Way.of("L-BFGS",
                        k -> new Lbfgs().withHistory(history).withGradientTolerance(1e-12).withMaxIterations(k).minimize(f, start)),
                Way.of("Newton", k -> new Newton().withGradientTolerance(1e-12).withMaxIterations(k).minimize(f, start)));
        var box = new Box(new double[] {-2, -2}, new double[] {wall, 2});
        var bounded = Way.of("L-BFGS behind a wall", k -> new Lbfgs().withHistory(history).withMaxIterations(k).minimize(f, start, box));

        var floor = Landscape.of("Ways through the valley", -1.6, 1.6, -0.6, 1.6, "log10 of 1e-3 + f",
                (x, y) -> Math.log10(1e-3 + depth * (y - x * x) * (y - x * x) + (1 - x) * (1 - x)));
        for (var way : ways) floor = floor.line(way.name(), way.coordinate(0), way.coordinate(1));
        lab.figure(floor.line(bounded.name(), bounded.coordinate(0), bounded.coordinate(1)).dashed().verticalLine(wall, "wall")
                .axes("x", "y").describedAs(
                        "Gradient descent hardly gets along the floor; L-BFGS and Newton follow the bend to the minimum at (1, 1), and the bounded run stops at the wall."));

        var errors = Figure.plot("Distance from the minimum");
        for (var way : ways) errors = errors.line(way.name(), 0, way.distances(end));
        lab.figure(errors.axes("step", "distance").logY().describedAs(
                "Newton's curve bends down: the number of right digits doubles with each step. L-BFGS falls faster and faster, gradient descent in a straight, flat line."));
        var rows = new ArrayList<List<?>>();
        for (var way : ways) {
            var last = way.points().getLast();
            rows.add(List.of(way.name(), last.iterations(), last.value(), way.distances(end)[way.points().size() - 1]));
        }
        lab.table("Where they end", List.of("method", "steps", "value", "distance"), rows);
        var newton = ways.get(2).distances(end);
        int k = IntStream.range(1, newton.length).filter(i -> newton[i] > 1e-12).max().orElse(0);
        lab.say("Newton's last steps: %s.", String.join(", ",
                IntStream.rangeClosed(Math.max(0, k - 3), k).mapToObj(i -> String.format(Locale.ROOT, "%.1e", newton[i])).toList()));
        lab.shows("Newton's distance in the end", newton[newton.length - 1], below(1e-8));
        lab.shows("largest x behind the wall, less the wall", max(bounded.coordinate(0)) - wall, atMost(0));
    }

    private static double max(double[] values) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double v : values) largest = Math.max(largest, v);
        return largest;
    }
}
