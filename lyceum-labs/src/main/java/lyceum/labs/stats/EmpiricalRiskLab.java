package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.theory.EmpiricalRisk;
import lyceum.theory.PacLearning.Threshold;

/** A list of thresholds and a noisy sample: the winner on the sample looks better than it is. */
@Lab(topics = "erm", title = "The winner's optimism")
final class EmpiricalRiskLab implements LabBody {
    private record Example(double[] x, boolean yes) {}

    @Override public void run(LabContext lab) {
        int n = lab.param("n", 60, 5, 2_000), count = lab.param("hypotheses", 64, 2, 256);
        double noise = lab.param("noise", 0.2, 0.0, 0.5), target = lab.param("target", 0.37, 0.0, 1.0),
                delta = lab.param("delta", 0.05, 0.001, 0.5);

        var thresholds = new ArrayList<Threshold>();
        double[] at = new double[count], truth = new double[count];
        double least = 1;
        for (int k = 0; k < count; k++) {
            at[k] = (k + 0.5) / count;
            thresholds.add(new Threshold(at[k]));
            truth[k] = noise + (1 - 2 * noise) * Math.abs(at[k] - target);
            least = Math.min(least, truth[k]);
        }
        var choice = choose(thresholds, lab.rng(1), n, target, noise);
        double[] low = new double[count], high = new double[count];
        for (int k = 0; k < count; k++) {
            low[k] = choice.risks()[k] - choice.deviation(delta);
            high[k] = choice.risks()[k] + choice.deviation(delta);
        }
        int best = choice.index();
        lab.figure(Figure.plot("Training and true risk of " + count + " thresholds").band("uniform interval", at, low, high)
                .line("training risk", at, choice.risks()).line("true risk", at, truth)
                .points("chosen", new double[] {at[best], at[best]}, new double[] {choice.risk(), truth[best]}).axes("threshold", "risk")
                .limitY(-0.1, 1).describedAs(
                        "The training curve wobbles about the true one; its lowest point is below the truth and beside the best threshold."));
        lab.say("Chosen: %.3f, with a training risk of %.3f and a true one of %.3f; the best of the list has %.3f.", at[best],
                choice.risk(), truth[best], least);
        lab.say("With probability %.3f its true risk is in %s.", 1 - delta, choice.interval(delta));

        int[] sizes = {10, 20, 50, 100, 200, 500, 1_000};
        int runs = 100;
        double[] size = new double[7], excess = new double[7], optimism = new double[7], bound = new double[7];
        for (int s = 0; s < 7; s++) {
            size[s] = sizes[s];
            var rng = lab.rng(s + 2);
            for (int run = 0; run < runs; run++) {
                var chosen = choose(thresholds, rng, sizes[s], target, noise);
                excess[s] += (truth[chosen.index()] - least) / runs;
                optimism[s] += (truth[chosen.index()] - chosen.risk()) / runs;
                bound[s] = chosen.excessBound(delta);
            }
        }
        lab.figure(Figure.plot("As the sample grows, mean of " + runs + " samples").line("excess risk", size, excess)
                .line("optimism of the winner", size, optimism).line("bound of the excess", size, bound).dashed().axes("n", "risk").logX()
                .describedAs("The excess and the optimism both fall; the bound holds for every distribution and is far above this one."));
        lab.shows("mean excess at n = 1,000 less its bound", excess[6] - bound[6], atMost(0));
    }

    private static EmpiricalRisk.Choice<Threshold> choose(List<Threshold> thresholds, Rng rng, int n, double target, double noise) {
        var sample = new ArrayList<Example>();
        for (int i = 0; i < n; i++) {
            double x = rng.nextDouble();
            sample.add(new Example(new double[] {x}, x >= target != rng.nextDouble() < noise));
        }
        return EmpiricalRisk.choose(thresholds, sample, (h, z) -> h.test(z.x) == z.yes ? 0 : 1);
    }
}
