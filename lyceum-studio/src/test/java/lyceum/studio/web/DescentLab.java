package lyceum.studio.web;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.List;
import java.util.Map;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** Steps down a long valley: the step that is safe on the steep side crawls on the flat one. */
@Lab(topics = {"gradient-descent", "sgd"}, title = "One step size, two slopes")
final class DescentLab implements LabBody {

    @Override public void run(LabContext lab) {
        double rate = lab.param("learningRate", 0.05, 0.001, 0.2);
        int steps = lab.param("steps", 60, 5, 500);
        var start = lab.choice("start", "far", "far", "near");
        boolean momentum = lab.flag("momentum", false);

        double[] x = start.equals("far") ? new double[] {-8, 3} : new double[] {-2, 1};
        double[] v = new double[2];
        var loss = new double[steps + 1];
        var at = new double[steps + 1];
        var first = 0.0;
        var progress = lab.progress();
        for (int i = 0; i <= steps; i++) {
            at[i] = i;
            loss[i] = 0.5 * (x[0] * x[0] + 10 * x[1] * x[1]);
            if (i == 0) {
                first = loss[0];
            }
            double[] gradient = {x[0], 10 * x[1]};
            progress.step("descent", i, steps, Map.of("loss", loss[i], "gradient norm", Math.hypot(gradient[0], gradient[1])));
            for (int j = 0; j < 2; j++) {
                v[j] = (momentum ? 0.9 : 0) * v[j] + gradient[j];
                x[j] -= rate * v[j];
            }
        }
        lab.say("After %d steps the loss is %.3g, from %.3g. The steep direction is done after a few steps; the flat one sets the pace.",
                steps, loss[steps], first);
        lab.figure(Figure.line("Loss by step", at, loss).axes("step", "loss").logY()
                .describedAs("The loss falls fast at first, then by the same factor each step."));
        lab.table("Where it stands", List.of("step", "loss"),
                List.of(List.of(0, loss[0]), List.of(steps / 2, loss[steps / 2]), List.of(steps, loss[steps])));
        lab.check("gradient-descent", 1, "loss at the end over loss at the start", loss[steps] / first, below(0.5));
        lab.check("gradient-descent", 2, "contraction of the flat direction", Math.abs(1 - rate), between(0, 1));
    }
}
