package lyceum.labs.core;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.between;

import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.NewtonSchulz;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.optim.AdamW;
import lyceum.optim.Muon;
import lyceum.optim.Schedule;
import lyceum.optim.UpdateRule;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What makes every direction of a matrix learn at one pace: singular values before and after, and a race with AdamW. */
@Lab(topics = "muon", title = "All singular values to one")
final class MuonLab implements LabBody {
    private static final int WIDTH = 32;

    @Override public void run(LabContext lab) {
        double condition = lab.param("condition", 20, 1.0, 10000.0);
        int steps = lab.param("iterations", 5, 1, 30);
        String kind = lab.choice("polynomial", "quintic", "quintic", "cubic");
        int race = lab.param("raceSteps", 200, 50, 1_000);
        var iteration = kind.equals("quintic") ? NewtonSchulz.quintic(steps) : NewtonSchulz.cubic(steps);

        var gradient = correlated(lab.rng(1), condition);
        double[] before = Svd.values(gradient.div(gradient.norm())).toDoubleArray(),
                after = Svd.values(iteration.of(gradient)).toDoubleArray();
        lab.figure(Figure
                .row("Singular values of a " + WIDTH + " x " + WIDTH + " gradient",
                        Figure.histogram("before", before, 16).axes("singular value over the Frobenius norm", "count")
                                .describedAs("Singular values spread over orders of magnitude: a few directions hold most of the step."),
                        Figure.histogram("after " + steps + " steps", after, 16).axes("singular value", "count")
                                .describedAs("Singular values after the iteration: all of one order."))
                .describedAs("Before, a few directions hold most of the step; after it all have nearly the same share."));
        lab.figure(Figure.plot("What " + steps + " steps do to a singular value")
                .line(kind, Math.log10(1e-4), 0, logS -> lifted(iteration, Math.pow(10, logS))).horizontalLine(1, "1")
                .axes("log10 of the singular value over the Frobenius norm", "after")
                .describedAs("The quintic lifts small values fast and then hovers about 1; the cubic takes longer and arrives exactly."));
        lab.say("Singular values go from %.4f .. %.4f to %.3f .. %.3f.", before[WIDTH - 1], before[0], after[WIDTH - 1], after[0]);
        lab.shows("least singular value after", after[WIDTH - 1], between(0.5, 1.5));

        double[] muon = fastest(Muon::matched, lab, race), adamW = fastest(rate -> new AdamW(rate).withWeightDecay(0), lab, race);
        lab.figure(Figure.plot("A race over a layer with correlated inputs, each rule at its best rate").line("Muon", 0, muon)
                .line("AdamW", 0, adamW).axes("step", "loss").logY().describedAs(
                        "Inputs vary a hundred times more in some directions than in others. AdamW leads while the strong ones count and then crawls along the weak; Muon moves along all alike and passes it."));
        lab.table("The race", List.of("rule", "loss after a third", "last loss"),
                List.of(List.of("Muon", muon[race / 3], muon[race - 1]), List.of("AdamW", adamW[race / 3], adamW[race - 1])));
        lab.shows("AdamW's last loss over Muon's", adamW[race - 1] / muon[race - 1], above(2));
    }

    /** The race at the best rate of a grid. */
    private static double[] fastest(DoubleFunction<UpdateRule> rule, LabContext lab, int steps) {
        return DoubleStream.of(0.01, 0.03, 0.1, 0.3, 1, 3).mapToObj(rate -> race(rule.apply(rate), lab.rng(2), steps))
                .min(Comparator.comparingDouble(losses -> losses[steps - 1])).orElseThrow();
    }

    private static double lifted(NewtonSchulz iteration, double s) {
        for (int i = 0; i < iteration.steps(); i++) s = s * (iteration.a() + s * s * (iteration.b() + s * s * iteration.c()));
        return s;
    }

    /** A square matrix with geometrically falling singular values in random directions. */
    private static Tensor correlated(Rng rng, double condition) {
        Tensor u = Qr.of(Tensor.randn(rng, DType.F64, WIDTH, WIDTH)).q(), v = Qr.of(Tensor.randn(rng, DType.F64, WIDTH, WIDTH)).q();
        var values = Tensor.linspace(0, -Math.log(condition), WIDTH).exp();
        return u.mul(values).matmul(v.transpose()).compute();
    }

    /** Losses of {@code |(W - W*) X|^2 / 2}, the rate falling to zero. */
    private static double[] race(UpdateRule rule, Rng rng, int steps) {
        Tensor x = correlated(rng, 100).mul(4), target = Tensor.randn(rng, DType.F64, WIDTH, WIDTH).compute();
        var w = Tensor.zeros(DType.F64, WIDTH, WIDTH).copy().requiresGrad();
        var optimizer = rule.over(w).scheduledBy(new Schedule.Linear(steps));
        var losses = new double[steps];
        for (int t = 0; t < steps; t++) {
            optimizer.zeroGrad();
            var loss = w.sub(target).matmul(x).square().sum().div(2L * WIDTH);
            loss.backward();
            losses[t] = loss.item();
            optimizer.step();
        }
        return losses;
    }
}
