package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.loss.Elicitation;
import lyceum.nn.loss.Loss;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/**
 * A point slides into confident error: over logits the bill grows and the slope stays; over probabilities in single precision both stop.
 */
@Lab(topics = "binary-cross-entropy", title = "Confidently wrong")
final class BinaryCrossEntropyLab implements LabBody {
    @Override public void run(LabContext lab) {
        double far = lab.param("farthest logit", 30.0, 5.0, 200.0), rate = lab.param("base rate", 0.01, 0.001, 0.5),
                weight = lab.param("positive weight", 99.0, 1.0, 500.0);
        var frames = new ArrayList<Plot>();
        for (double z : Tensor.linspace(4, -6, 11).toDoubleArray())
            frames.add(Figure
                    .plot(String.format(Locale.ROOT, "z = %.0f, p = %.4f, loss if y = 1: %.3f", z, 1 / (1 + Math.exp(-z)), loss(z, 1)))
                    .line("y = 1", -6, 6, x -> loss(x, 1)).line("y = 0", -6, 6, x -> loss(x, 0))
                    .points("an example of y = 1", new double[] {z}, new double[] {loss(z, 1)}).axes("logit z", "loss (nats)"));
        lab.figure(Figure.frames("An example slides into confident error", "moment", frames).describedAs(
                "The loss of a true label falls towards zero on the right and grows like a straight line on the left; the point moves from a cheap right answer to an expensive wrong one."));

        var one = Tensor.of(1f);
        var rows = new ArrayList<List<?>>();
        for (double z : new double[] {-2, -10, -17, -far}) {
            var wrong = Tensor.of((float) -z); // says yes with logit -z where the truth is no
            var none = Tensor.of(0f);
            double direct = Loss.bce(wrong, none).item(), throughP = Loss.bceOfProbabilities().of(wrong.sigmoid(), none).item();
            rows.add(List.of(-z, direct, Autograd.grad(x -> Loss.bce(x, none)).apply(wrong).item(), throughP,
                    Autograd.grad(x -> Loss.bceOfProbabilities().of(x.sigmoid(), none)).apply(wrong).item()));
        }
        lab.table("Truth 0, answer confidently 1, in single precision",
                List.of("logit", "loss of logits", "its slope", "loss of probabilities", "its slope there"), rows);
        lab.shows("slope that teaches at the farthest logit",
                Autograd.grad(x -> Loss.bce(x, one)).apply(Tensor.of((float) -far)).abs().item(), above(0.99));

        var targets = new double[10_000];
        int ones = (int) Math.round(rate * targets.length);
        for (int i = 0; i < ones; i++) targets[i] = 1;
        double plain = probability(Loss.bce(), targets), lifted = probability(Loss.bce(Tensor.scalar(weight)), targets);
        lab.say("With %.1f%% positives the best constant says %.4f; with a positive weight of %.0f it says %.4f, no probability any more.",
                100 * rate, plain, weight, lifted);
        double share = ones / 1e4, odds = weight * share / (1 - share);
        lab.shows("best constant against the base rate", Math.abs(plain - share), below(1e-8));
        lab.shows("a positive weight multiplies the odds", Math.abs(lifted - odds / (1 + odds)), below(1e-8));
    }

    private static double loss(double z, double y) { return Loss.bce(Tensor.scalar(z), Tensor.scalar(y)).item(); }

    private static double probability(Loss loss, double[] targets) {
        return 1 / (1 + Math.exp(-Elicitation.number(loss, Tensor.of(targets))));
    }
}
