package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.theory.SurrogateLoss;

/** Losses of the margin in place of counting mistakes: what each says about a point, and what an excess of it says about mistakes. */
@Lab(topics = "surrogate-loss", title = "What a stand-in costs")
final class SurrogateLossLab implements LabBody {
    @Override public void run(LabContext lab) {
        String chosen = lab.choice("loss", "logistic", "logistic", "hinge", "exponential", "squared", "squared hinge", "ramp", "kinked");
        double eta = lab.param("eta", 0.7, 0.01, 0.99), kink = lab.param("kink", 0.5, 0.0, 1.0),
                excess = lab.param("excess", 0.02, 0.0, 1.0);
        int scorers = lab.param("scorers", 200, 10, 1_000);

        var losses = new LinkedHashMap<String, SurrogateLoss>();
        losses.put("hinge", SurrogateLoss.HINGE);
        losses.put("logistic", SurrogateLoss.LOGISTIC);
        losses.put("exponential", SurrogateLoss.EXPONENTIAL);
        losses.put("squared", SurrogateLoss.SQUARED);
        losses.put("squared hinge", SurrogateLoss.SQUARED_HINGE);
        losses.put("ramp", SurrogateLoss.RAMP);
        losses.put("kinked", SurrogateLoss.convex(m -> Math.max(0, 1 - m) + kink * Math.max(0, m)));
        var loss = losses.get(chosen);

        var curves = Figure.plot("Losses of the margin").line("mistake", -2, 3, m -> m <= 0 ? 1 : 0).dashed();
        var psi = Figure.plot("psi: least excess loss for an excess of mistakes");
        var rows = new ArrayList<List<?>>();
        for (var entry : losses.entrySet()) {
            curves = curves.line(entry.getKey(), -2, 3, entry.getValue().phi());
            if (!entry.getKey().equals("ramp")) psi = psi.line(entry.getKey(), 0, 1, entry.getValue()::psi);
            rows.add(List.of(entry.getKey(), entry.getValue().calibrated() ? "yes" : "no", entry.getValue().minimizer(eta),
                    entry.getValue().excessBound(excess)));
        }
        lab.figure(curves.axes("margin y f(x)", "loss").limitY(0, 5)
                .describedAs("All but the ramp and the kinked one fall through 0 with one slope; some rise again at large margins."));
        lab.figure(psi.axes("excess of mistakes", "excess loss")
                .describedAs("Higher is better: the hinge carries an excess over one to one."));
        lab.table("At eta = " + eta, List.of("loss", "calibrated", "best score", "mistakes in excess, if the loss is by " + excess), rows);

        lab.figure(Figure.plot("Expected " + chosen + " loss where P(Y = 1) is " + eta).line("", -4, 4, s -> loss.conditionalRisk(eta, s))
                .verticalLine(loss.minimizer(eta), "best score").verticalLine(0, "no sign").axes("score", "expected loss")
                .describedAs("The best score is on the side of the likelier label if the loss is calibrated."));

        // Random scorers on random distributions over four points.
        var rng = lab.rng(1);
        double[] mistakes = new double[scorers], losing = new double[scorers];
        double worst = -1;
        for (int k = 0; k < scorers; k++) {
            for (int i = 0; i < 4; i++) {
                double at = rng.nextDouble(), score = (k % 2 == 0 ? 1 : 0.1) * rng.nextGaussian();
                if (score > 0 != at > 0.5) mistakes[k] += Math.abs(2 * at - 1) / 4;
                losing[k] += (loss.conditionalRisk(at, score) - loss.optimalRisk(at)) / 4;
            }
            worst = Math.max(worst, (chosen.equals("ramp") ? mistakes[k] : loss.psi(mistakes[k])) - losing[k]);
        }
        var scatter = Figure.plot("Excess of mistakes and of loss, " + scorers + " random scorers").points("scorers", mistakes, losing);
        if (!chosen.equals("ramp")) scatter = scatter.line("psi", 0, 1, loss::psi);
        lab.figure(scatter.axes("excess of mistakes", "excess loss").limitY(0, 2)
                .describedAs("No scorer is below the curve; some lie near it."));
        lab.shows("largest psi(excess of mistakes) less excess loss", worst, atMost(1e-9));
    }
}
