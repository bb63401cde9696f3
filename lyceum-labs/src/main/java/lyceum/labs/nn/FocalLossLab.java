package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.loss.Elicitation;
import lyceum.nn.loss.Loss;
import lyceum.nn.loss.Reduction;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A hundred positives among a hundred thousand easy negatives: who owns the loss and the gradient, by how hard the focus is. */
@Lab(topics = "focal-loss", title = "Who owns the gradient")
final class FocalLossLab implements LabBody {
    private static final double[] GAMMAS = {0, 0.5, 1, 2, 5};

    @Override public void run(LabContext lab) {
        int positives = lab.param("positives", 100, 10, 1000), negatives = lab.param("negatives", 100_000, 1000, 200_000);
        double centre = lab.param("negatives' mean logit", -5.0, -8.0, 0.0);
        var curves = Figure.plot("Focal loss");
        for (double gamma : GAMMAS)
            curves = curves.line("gamma " + gamma, 0.01, 0.999,
                    p -> Loss.focal(gamma).of(Tensor.scalar(Math.log(p / (1 - p))), Tensor.scalar(1)).item());
        lab.figure(curves.axes("probability of what is true", "loss (nats)").limitY(0, 5).describedAs(
                "All curves fall to zero on the right; the larger gamma, the sooner, so that what is already right costs next to nothing."));

        var rng = lab.rng(1);
        double[] z = new double[positives + negatives], y = new double[z.length];
        for (int i = 0; i < z.length; i++) {
            z[i] = (i < positives ? 0 : centre) + rng.nextGaussian();
            y[i] = i < positives ? 1 : 0;
        }
        Tensor logits = Tensor.of(z), labels = Tensor.of(y), negative = labels.rsub(1);
        var rows = new ArrayList<List<?>>();
        double[] loss = new double[GAMMAS.length], pull = new double[GAMMAS.length];
        for (int g = 0; g < GAMMAS.length; g++) {
            var focal = Loss.focal(GAMMAS[g]);
            loss[g] = share(focal.each(logits, labels), negative);
            pull[g] = share(Autograd.grad(x -> focal.withReduction(Reduction.SUM).of(x, labels)).apply(logits).abs(), negative);
            rows.add(List.of(GAMMAS[g], 100 * loss[g], 100 * pull[g],
                    1 / (1 + Math.exp(-Elicitation.number(focal, Tensor.of(1.0, 1, 1, 1, 1, 1, 1, 1, 1, 0))))));
        }
        lab.table(negatives + " easy negatives and " + positives + " positives",
                List.of("gamma", "negatives' share of loss (%)", "of gradients (%)", "best answer where the truth is 0.9"), rows);
        lab.figure(Figure.plot("The negatives' share").line("of the loss", GAMMAS, loss).line("of the gradients' size", GAMMAS, pull)
                .axes("gamma", "share").limitY(0, 1)
                .describedAs("Both shares fall as gamma grows: the many easy negatives lose what they owned."));
        lab.say("Focus costs honesty: where nine in ten are true, the best answer under gamma 2 is %.2f.", rows.get(3).get(3));
        lab.check(4, "negatives' share of cross-entropy", loss[0], above(0.8));
        lab.check(4, "negatives' share of focal loss at gamma 2", loss[3], below(0.2));
    }

    private static double share(Tensor values, Tensor negative) { return values.mul(negative).sum().item() / values.sum().item(); }
}
