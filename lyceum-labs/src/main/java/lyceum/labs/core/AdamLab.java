package lyceum.labs.core;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.optim.Adam;
import lyceum.optim.RmsProp;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Four optimisers in a ravine, and the one-line problem on which Adam walks to the worst point. */
@Lab(topics = "adam", title = "Equal steps in every direction, and where that fails")
final class AdamLab implements LabBody {
    private static final int ONLINE = 3_000;
    private static final double[] START = {-4, 1.5};

    @Override public void run(LabContext lab) {
        double condition = lab.param("condition", 50, 1.0, 1000.0), rate = lab.param("learningRate", 0.1, 0.001, 0.5);
        int steps = lab.param("steps", 150, 20, 1000);
        UnaryOperator<Tensor> ravine = x -> x.square().mul(Tensor.of(1, condition)).sum().mul(0.5);

        var names = List.of("SGD", "momentum 0.9", "RMSProp", "Adam");
        List<UpdateRule> rules = List.of(new Sgd(1.5 / condition), new Sgd(0.5 / condition).withMomentum(0.9), new RmsProp(rate),
                new Adam(rate));
        var paths = new ArrayList<Walk>();
        for (int i : lab.progress("optimisers", 4)) paths.add(path(names.get(i), rules.get(i), ravine, steps));
        lab.figure(overContours(ravine, paths));
        var losses = Figure.plot("Loss on the ravine");
        for (var path : paths) losses = path.lossOnto(losses);
        lab.figure(losses.axes("step", "loss").logY().describedAs(
                "SGD and momentum are bound by the steepest axis; RMSProp and Adam move along the flat one at full pace from the first step on."));

        double[] adam = online(false), amsgrad = online(true);
        int shown = ONLINE / 20;
        lab.figure(Figure.plot("Losses 3x, -x, -x, again and again, on [-1, 1]").line("Adam", 0, Arrays.copyOf(adam, shown))
                .line("AMSGrad", 0, Arrays.copyOf(amsgrad, shown)).horizontalLine(-1, "best").horizontalLine(1, "worst").axes("step", "x")
                .limitY(-1.15, 1.15).describedAs(
                        "On average the loss rises with x, so -1 is best. Adam forgets the rare large gradient and climbs to 1; AMSGrad remembers it and goes to -1."));
        lab.say("On average the loss is x/3, yet Adam ends at %.3f; with AMSGrad it ends at %.3f.", late(adam), late(amsgrad));

        var plain = path("", new Adam(rate).withEpsilon(1e-16), ravine, steps);
        var scaled = path("", new Adam(rate).withEpsilon(1e-16), x -> ravine.apply(x).mul(1_000), steps);
        Worst first = new Worst(), gap = new Worst();
        first.see(Math.abs(plain.x()[1] - START[0] - rate) / rate).see(Math.abs(plain.y()[1] - START[1] + rate) / rate);
        for (int i = 0; i <= steps; i++) gap.see(Math.hypot(plain.x()[i] - scaled.x()[i], plain.y()[i] - scaled.y()[i]));
        lab.shows("first step against -rate sign(g), relative", first.value(), below(1e-5));
        lab.check(3, "largest gap of the paths when gradients are 1,000 times larger", gap.value(), below(1e-4));
        lab.check(4, "Adam settles at the worst point", late(adam), equalTo(1, 0.05));
        lab.check(4, "AMSGrad settles at the best", late(amsgrad), equalTo(-1, 0.05));
    }

    private static Walk path(String name, UpdateRule rule, UnaryOperator<Tensor> f, int steps) {
        return Walk.of(name, rule, f, START, steps);
    }

    /** The online problem of Reddi, Kale and Kumar (2018), theorem 1, with C = 3. */
    private static double[] online(boolean amsgrad) {
        var x = Tensor.of(0.0).requiresGrad();
        var optimizer = new Adam(0.5).withBetas(0, 0.1).withAmsgrad(amsgrad).over(x).scheduledBy(t -> 1 / Math.sqrt(t + 1));
        var way = new double[ONLINE];
        for (int t = 0; t < ONLINE; t++) {
            optimizer.step(Tensor.of(t % 3 == 0 ? 3.0 : -1.0));
            Autograd.noGrad(() -> x.copy_(x.clamp(-1, 1)));
            way[t] = x.item();
        }
        return way;
    }

    /** The mean of the last 300 points. */
    private static double late(double[] way) { return Arrays.stream(way, way.length - 300, way.length).average().orElseThrow(); }

    private static Figure overContours(UnaryOperator<Tensor> f, List<Walk> paths) {
        var plot = Landscape.of("Paths on a ravine", -5, 2, -2, 2, "square root of f",
                (x, y) -> Math.sqrt(f.apply(Tensor.of(x, y)).item()));
        for (var path : paths) plot = path.onto(plot);
        return plot.axes("x, curvature 1", "y, curvature L").describedAs(
                "SGD and momentum fall to the valley floor first and then crawl or swing along it; RMSProp and Adam set out diagonally, since each coordinate gets the same step.");
    }
}
