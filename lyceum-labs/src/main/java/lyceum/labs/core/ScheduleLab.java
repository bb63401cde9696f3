package lyceum.labs.core;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Locale;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Adam;
import lyceum.optim.RAdam;
import lyceum.optim.Schedule;
import lyceum.optim.Schedule.Ramp;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A gallery of schedules, each with the loss that it leaves on one noisy bowl; restarts; and what a warm-up does to Adam's first steps. */
@Lab(topics = {"lr-schedule", "cosine-annealing", "warmup"}, title = "When to take long steps")
final class ScheduleLab implements LabBody {
    private static final int WALKERS = 1_000;

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 600, 100, 2_000);
        double rate = lab.param("learningRate", 0.3, 0.05, 0.6), noise = lab.param("noise", 0.8, 0.1, 2.0);
        int warm = lab.param("warmup", 50, 0, 500);
        var gallery = new LinkedHashMap<String, Schedule>();
        gallery.put("constant", Schedule.CONSTANT);
        gallery.put("step", new Schedule.Step(steps / 3, 0.2));
        gallery.put("linear", new Schedule.Linear(steps));
        gallery.put("cosine", new Schedule.Cosine(steps));
        gallery.put("one cycle", new Schedule.OneCycle(steps));
        gallery.put("warm-up, stable, decay", Schedule.CONSTANT.then(steps * 7L / 10, new Schedule.Linear(steps / 5)).warmedUp(steps / 10));
        gallery.put("inverse root", new Schedule.InverseSquareRoot(steps / 10));
        gallery.put("restarts", new Schedule.Cosine(steps / 7).withRestarts(2));

        Plot rates = Figure.plot("Factor on the learning rate"),
                losses = Figure.plot("Squared distance from the minimum of a noisy bowl, mean of 1,000 runs");
        var floors = new LinkedHashMap<String, Double>();
        for (int i : lab.progress("schedules", gallery.size())) {
            var name = gallery.keySet().stream().toList().get(i);
            var schedule = gallery.get(name);
            rates = rates.line(name, 0, steps - 1, t -> schedule.factor(Math.round(t)));
            double[] loss = noisy(lab, schedule, rate, noise, steps);
            losses = losses.line(name, 0, loss);
            floors.put(name, loss[steps - 1]);
        }
        lab.figure(rates.axes("step", "factor")
                .describedAs("Eight ways to spend one budget of steps: level, in stairs, in lines, in cosines, in cycles."));
        lab.figure(losses.axes("step", "mean squared distance").logY().describedAs(
                "A constant rate levels off at its noise floor; every schedule that ends near zero goes on falling below it, and restarts climb back each time."));
        double floor = rate * noise * noise / (2 - rate);
        lab.say("The constant rate ends at %.4f; the formula eta s^2 / (2 - eta) says %.4f. The cosine ends at %.5f.",
                floors.get("constant"), floor, floors.get("cosine"));
        lab.shows("lr-schedule", "constant rate: end over its noise floor", floors.get("constant") / floor, equalTo(1, 0.1));
        lab.shows("cosine-annealing", "constant rate's end over the cosine's", floors.get("constant") / floors.get("cosine"), atLeast(10));
        restarts(lab, steps);
        warmUp(lab, warm);
    }

    /** {@code x^2 / 2} with gradient noise: the mean square before each step. */
    private static double[] noisy(LabContext lab, Schedule schedule, double rate, double noise, int steps) {
        var rng = lab.rng(1);
        var x = Tensor.full(DType.F64, 3, WALKERS).copy().requiresGrad();
        var optimizer = new Sgd(rate).over(x).scheduledBy(schedule);
        var mean = new double[steps];
        for (int t = 0; t < steps; t++) {
            mean[t] = x.detach().square().mean().item();
            optimizer.step(x.detach().add(Tensor.randn(rng, DType.F64, WALKERS).mul(noise)));
        }
        return mean;
    }

    private static void restarts(LabContext lab, int steps) {
        var schedule = new Schedule.Cosine(steps / 7).withRestarts(2).withFloor(0.02);
        var ends = new ArrayList<Integer>();
        for (int t = 0; t < steps; t++) if (schedule.endsPeriod(t)) ends.add(t);
        var at = ends.stream().mapToDouble(t -> t).toArray();
        lab.figure(Figure.plot("Warm restarts, each period twice as long").line("factor", 0, steps - 1, t -> schedule.factor(Math.round(t)))
                .points("snapshot", at, ends.stream().mapToDouble(schedule::factor).toArray()).axes("step", "factor").describedAs(
                        "Half cosines of growing length; at the end of each the network has settled, which is when an ensemble takes its snapshot."));
        lab.shows("cosine-annealing", "factor at the last snapshot", schedule.factor(ends.getLast()), below(0.03));
    }

    /** Adam on a noisy bowl of 200 weights: the size of its steps beside its weights, with and without help. */
    private static void warmUp(LabContext lab, int warm) {
        var ratios = Figure.plot("Update over weights, Adam's first 100 steps");
        double plain = firstRatio(lab, new Adam(0.05), Schedule.CONSTANT)[0];
        var ways = new LinkedHashMap<String, double[]>();
        ways.put("no warm-up", firstRatio(lab, new Adam(0.05), Schedule.CONSTANT));
        for (var ramp : Ramp.values())
            ways.put(ramp.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " ramp",
                    firstRatio(lab, new Adam(0.05), Schedule.CONSTANT.warmedUp(warm, 0.02, ramp)));
        ways.put("RAdam", firstRatio(lab, new RAdam(0.05), Schedule.CONSTANT));
        for (var way : ways.entrySet()) ratios = ratios.line(way.getKey(), 0, way.getValue());
        lab.figure(ratios.axes("step", "norm of the update over norm of the weights").logY().describedAs(
                "Adam's first step moves every weight by the full rate, on the evidence of one batch; a ramp starts far below and joins the same pace. RAdam takes five steps of plain momentum, then divides, starting far below."));
        lab.shows("warmup", "first update without over with a linear ramp", plain / ways.get("linear ramp")[0], atLeast(5));
    }

    private static double[] firstRatio(LabContext lab, UpdateRule rule, Schedule schedule) {
        var rng = lab.rng(2);
        var w = Tensor.randn(rng, DType.F64, 200).copy().requiresGrad();
        var optimizer = rule.over(w).scheduledBy(schedule);
        var ratios = new double[100];
        for (int t = 0; t < 100; t++) {
            var before = w.detach().copy();
            optimizer.step(before.add(Tensor.randn(rng, DType.F64, 200)));
            ratios[t] = Math.sqrt(w.detach().sub(before).square().sum().item() / before.square().sum().item());
        }
        return ratios;
    }
}
