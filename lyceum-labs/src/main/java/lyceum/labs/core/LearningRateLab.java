package lyceum.labs.core;

import static lyceum.labs.Bounds.between;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.LearningRateFinder;
import lyceum.optim.Minibatches;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;

/** One run over all rates finds where to train; five runs show what lies to either side. */
@Lab(topics = "learning-rate", title = "From crawling to exploding")
final class LearningRateLab implements LabBody {
    private static final double[] FACTORS = {0.01, 0.1, 1, 4, 40};

    @Override public void run(LabContext lab) {
        int steps = lab.param("testSteps", 150, 50, 500), trained = lab.param("trainingSteps", 120, 40, 500);
        double smoothing = lab.param("smoothing", 0.9, 0.0, 0.98), factor = lab.param("factor", 1, 0.1, 10.0);
        var net = DigitNet.of(300, 16, lab.rng(1));
        var w = net.start(lab.rng(2));
        var batches = new ArrayDeque<int[]>();
        var rng = lab.rng(3);
        double edge = LearningRateFinder.criticalRate(net::loss, w, lab.rng(4));
        var test = new LearningRateFinder().withLow(1e-4).withSteps(steps).withSmoothing(smoothing).run(new Sgd(1), List.of(w), () -> {
            if (batches.isEmpty()) batches.addAll(new Minibatches(net.rows(), 64).epoch(rng));
            return net.loss(w, batches.poll());
        });
        lab.figure(Figure.plot("The range test").points("loss of a batch", test.rates(), test.losses())
                .line("smoothed", test.rates(), test.smoothed()).verticalLine(test.suggestion(), "suggestion")
                .verticalLine(test.lowest(), "lowest").axes("learning rate of the step", "loss").logX().describedAs(
                        "Below 0.01 nothing moves; the loss falls fastest somewhat before the suggestion, and beyond its lowest point it jumps up."));
        lab.say("The test suggests %.3g. Curvature at the start allows gradient descent at most 2 / lambda = %.3g.", test.suggestion(),
                edge);

        var probes = LearningRateFinder.probe(scaled(factor * test.suggestion()), rate -> train(lab, net, rate, trained));
        var curves = Figure.plot("Five rates");
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < probes.size(); i++) {
            var probe = probes.get(i);
            curves = curves.line(
                    String.format(Locale.ROOT, "%.2g: %s", probe.rate(), probe.trace().name().toLowerCase(Locale.ROOT).replace('_', ' ')),
                    0, probe.losses());
            rows.add(List.of(FACTORS[i] * factor, probe.rate(), probe.trace().toString(), probe.end()));
        }
        lab.figure(curves.axes("step", "loss of all rows, at most 10").logY().describedAs(
                "A hundredth of the suggestion crawls in a straight line, a tenth is on its way; the suggestion falls fast; four times as much jumps about, and forty times shoots up and never learns."));
        lab.table("Five runs", List.of("times the suggestion", "rate", "reads as", "mean loss of the last quarter"), rows);
        lab.shows("the best of the five over the suggestion", LearningRateFinder.best(probes) / test.suggestion(), between(0.1, 4));
    }

    private static double[] scaled(double rate) {
        var rates = FACTORS.clone();
        for (int i = 0; i < rates.length; i++) rates[i] *= rate;
        return rates;
    }

    private static double[] train(LabContext lab, DigitNet net, double rate, int steps) {
        var w = net.start(lab.rng(2));
        var optimizer = new Sgd(rate).over(w);
        var rng = lab.rng(5);
        var batches = new ArrayDeque<int[]>();
        var losses = new double[steps];
        for (int t = 0; t < steps; t++) {
            if (batches.isEmpty()) batches.addAll(new Minibatches(net.rows(), 64).epoch(rng));
            losses[t] = Math.min(10, net.loss(w.detach()).item());
            if (Double.isNaN(losses[t])) losses[t] = 10;
            optimizer.zeroGrad();
            net.loss(w, batches.poll()).backward();
            optimizer.step();
        }
        return losses;
    }
}
