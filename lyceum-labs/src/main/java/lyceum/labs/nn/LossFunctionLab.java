package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.loss.Elicitation;
import lyceum.nn.loss.Loss;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A loss is a fine for being wrong: its slope says how hard a point pulls, and its best constant what it asks for. */
@Lab(topics = "loss-function", title = "Four fines, four answers")
final class LossFunctionLab implements LabBody {
    @Override public void run(LabContext lab) {
        double delta = lab.param("delta", 1.0, 0.1, 5.0), tau = lab.param("tau", 0.7, 0.05, 0.95),
                outlier = lab.param("outlier", 50, 0.0, 100.0);
        var losses = new LinkedHashMap<String, Loss>();
        losses.put("squared", Loss::mse);
        losses.put("absolute", Loss.l1());
        losses.put("Huber", Loss.huber(delta));
        losses.put("pinball", Loss.pinball(tau));

        Plot values = Figure.plot("Loss"), slopes = Figure.plot("Its slope");
        for (var e : losses.entrySet()) {
            var zero = Tensor.scalar(0);
            values = values.line(e.getKey(), -3, 3, r -> e.getValue().of(Tensor.scalar(r), zero).item());
            slopes = slopes.line(e.getKey(), -3, 3, r -> Autograd.grad(p -> e.getValue().of(p, zero)).apply(Tensor.scalar(r)).item());
        }
        lab.figure(Figure.row("What an error costs, and how hard it pulls", values.axes("prediction - target", "loss").limitY(0, 5),
                slopes.axes("prediction - target", "slope").limitY(-3, 3)).describedAs(
                        "The parabola's slope grows without end, Huber's is the same near zero and constant far out, absolute and pinball loss pull with two constant forces."));

        var minutes = Tensor.of(12.0, 14, 15, 17, 62);
        var rows = new ArrayList<List<?>>();
        for (var e : losses.entrySet()) rows.add(List.of(e.getKey(), Elicitation.number(e.getValue(), minutes)));
        lab.table("Deliveries took 12, 14, 15, 17 and 62 minutes: the best promise under each fine", List.of("loss", "minutes"), rows);
        lab.shows("squared loss asks for the mean, 24", Math.abs(Elicitation.number(Loss::mse, minutes) - 24), below(1e-9));
        lab.shows("absolute loss asks for the median, 15", Math.abs(Elicitation.number(Loss.l1(), minutes) - 15), below(1e-9));
        outliers(lab, losses, outlier);
    }

    private static void outliers(LabContext lab, Map<String, Loss> losses, double outlier) {
        var rng = lab.rng(1);
        double[] x = new double[100], y = new double[100];
        for (int i = 0; i < 100; i++) {
            x[i] = 6 * (i + 0.5) / 100 - 3;
            y[i] = 1 + 0.6 * x[i] + 0.5 * rng.nextGaussian();
        }
        var clean = y.clone();
        y[99] += outlier;
        var plot = Figure.plot("Lines with one outlier").points("data", x, y);
        var moved = new LinkedHashMap<String, Double>();
        for (var name : List.of("squared", "Huber")) {
            double[] before = fitted(losses.get(name), x, clean), after = fitted(losses.get(name), x, y);
            plot = plot.line(name, -3, 3, v -> after[0] + after[1] * v);
            moved.put(name, Math.hypot(after[0] - before[0], after[1] - before[1]));
        }
        lab.figure(plot.axes("x", "y").limitY(-3, 6).describedAs(
                "A hundred points around a line, of which the last was lifted out of sight; the line of least squares tilts towards it, Huber's stays."));
        lab.say("The outlier moved intercept and slope by %.3f under squared loss and by %.3f under Huber's.", moved.get("squared"),
                moved.get("Huber"));
        lab.check(3, "movement under squared loss over that under Huber's", moved.get("squared") / moved.get("Huber"), above(10));
    }

    private static double[] fitted(Loss loss, double[] x, double[] y) {
        Tensor xs = Tensor.of(x), ys = Tensor.of(y);
        return new Lbfgs().minimize(Objective.of(w -> loss.of(xs.mul(w.select(0, 1)).add(w.select(0, 0)), ys)), new double[2]).x();
    }
}
