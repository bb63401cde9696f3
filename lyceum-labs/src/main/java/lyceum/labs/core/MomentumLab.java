package lyceum.labs.core;

import static lyceum.labs.Bounds.equalTo;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One ravine, with and without velocity: the zigzag dies out, the way along the floor adds up. */
@Lab(topics = "momentum", title = "A ball that remembers where it was rolling")
final class MomentumLab implements LabBody {
    private static final double[] START = {-10, 0.4};

    @Override public void run(LabContext lab) {
        double condition = lab.param("condition", 100, 2.0, 1000.0);
        int steps = lab.param("steps", 240, 60, 1000);
        UnaryOperator<Tensor> ravine = x -> x.square().mul(Tensor.of(1, condition)).sum().mul(0.5);
        double root = Math.sqrt(condition), best = (root - 1) / (root + 1), plain = (condition - 1) / (condition + 1);
        var heavy = new Sgd(Math.pow(2 / (root + 1), 2)).withMomentum(best * best);
        var walks = List.of(Walk.of("no momentum", new Sgd(2 / (condition + 1)), ravine, START, steps),
                Walk.of("momentum", heavy, ravine, START, steps),
                Walk.of("Nesterov", new Sgd(1 / condition).withMomentum(best).withNesterov(true), ravine, START, steps));

        var floor = Landscape.of("The first steps in a ravine", -11, 4, -1.5, 1.5, "square root of f",
                (x, y) -> Math.sqrt(ravine.apply(Tensor.of(x, y)).item()));
        for (var walk : walks) floor = floor.line(walk.name(), first(walk.x()), first(walk.y()));
        lab.figure(floor.axes("x, curvature 1", "y, curvature " + Math.round(condition)).describedAs(
                "Without velocity the point jumps from wall to wall and creeps along the floor. The heavy ball swings wider at first, then its swings die out, and it is at the bottom when plain descent is half-way. Nesterov's form hardly swings at all."));
        var losses = Figure.plot("Loss");
        for (var walk : walks) losses = walk.lossOnto(losses);
        lab.figure(losses.axes("step", "loss").logY().describedAs(
                "Nearly straight lines after the first steps, since the loss falls by a constant factor a step: at condition 100 the line of momentum is ten times as steep."));

        double without = rate(walks.get(0)), with = rate(walks.get(1));
        lab.say("The error falls by a factor of %.4f a step without momentum and %.4f with it: the theory says (K-1)/(K+1) = %.4f and (sqrt K - 1)/(sqrt K + 1) = %.4f.",
                without, with, plain, best);
        lab.shows("rate without momentum over (K-1)/(K+1)", without / plain, equalTo(1, 0.01));
        lab.shows("rate with momentum over (sqrt K - 1)/(sqrt K + 1)", with / best, equalTo(1, 0.03));
    }

    private static double[] first(double[] way) { return Arrays.copyOf(way, 40); }

    /** The error's mean factor a step over the second half. */
    private static double rate(Walk walk) {
        int last = walk.loss().length - 1, from = last / 2;
        return Math.pow(walk.loss()[last] / walk.loss()[from], 0.5 / (last - from));
    }
}
