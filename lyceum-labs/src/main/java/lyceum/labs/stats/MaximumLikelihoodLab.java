package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Newton;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.stats.LikelihoodFit;
import lyceum.stats.MaximumLikelihood;
import lyceum.stats.ParametricFamily;
import lyceum.stats.Transform;

/** Newton's climb to the top of a likelihood, and two intervals read off its shape. */
@Lab(topics = "mle", title = "To the top of the likelihood")
final class MaximumLikelihoodLab implements LabBody {
    @Override public void run(LabContext lab) {
        double rate = lab.param("true rate", 0.5, 0.1, 5.0), start = lab.param("start", 0.12, 0.02, 8.0),
                level = lab.param("level", 0.95, 0.5, 0.99);
        int n = lab.param("observations", 12, 3, 200);
        boolean censor = lab.flag("stop the study at twice the mean", true);

        double limit = censor ? 2 / rate : Double.POSITIVE_INFINITY;
        var seen = new ArrayList<Double>();
        int alive = 0;
        for (double x : ParametricFamily.EXPONENTIAL.at(rate).sample(lab.rng(1), n).toDoubleArray()) {
            if (x <= limit) seen.add(x);
            else alive++;
        }
        if (seen.isEmpty()) seen.add(limit);
        var l = ParametricFamily.EXPONENTIAL.logLikelihood(seen.stream().mapToDouble(x -> x).toArray());
        if (alive > 0) {
            var limits = new double[alive];
            Arrays.fill(limits, limit);
            l = l.and(ParametricFamily.EXPONENTIAL.censoredAbove(limits));
        }
        var fit = new MaximumLikelihood().fit(l, List.of(Transform.LOG), new double[] {start});
        double top = fit.estimate()[0];
        var wald = fit.wald(0, level);
        var profile = fit.profile(0, level);

        double low = Math.min(start, Math.max(0.02, profile.low() * 0.6)), high = Math.max(start, profile.high() * 1.3);
        var likelihood = l;
        var frames = new ArrayList<Plot>();
        for (int k = 0; k <= 8; k++) {
            double at = new Newton().withMaxIterations(k).minimize(l.negated(), new double[] {start}).x()[0];
            double[] gradient = new double[1];
            double value = l.at(new double[] {at}, gradient), bend = l.hessian(new double[] {at})[0][0], floor = fit.logLikelihood() - 12;
            frames.add(Figure.plot("Step " + k).line("log-likelihood", low, high, r -> Math.max(floor, likelihood.at(new double[] {r})))
                    .line("Newton's parabola", low, high,
                            r -> Math.max(floor, value + gradient[0] * (r - at) + bend * (r - at) * (r - at) / 2))
                    .dashed().points("here", new double[] {at}, new double[] {Math.max(floor, value)}).axes("rate", "log-likelihood")
                    .limitY(floor, fit.logLikelihood() + 1));
        }
        lab.figure(Figure.frames("Newton's climb", "step", frames)
                .describedAs("Each step heads for the top of the parabola that has the curve's height, slope and bend;"
                        + " it goes part of the way where all of it would not climb."));
        lab.figure(intervals(fit, low, high, wald.low(), wald.high(), profile.low(), profile.high()));
        lab.table("The estimate", List.of("what", "value", "from", "to"),
                List.of(List.of("Wald, rate", top, wald.low(), wald.high()), List.of("profile, rate", top, profile.low(), profile.high()),
                        List.of("profile, mean life", 1 / top, 1 / profile.high(), 1 / profile.low())));
        double time = seen.stream().mapToDouble(x -> x).sum() + (alive > 0 ? alive * limit : 0);
        lab.say("%d events in a total time of %.3f: %.4f an event. The search found %.4f; %d were still alive.", seen.size(), time,
                seen.size() / time, top, alive);
        lab.shows("estimate less events over total time", Math.abs(top - seen.size() / time), below(1e-8));
    }

    private static Plot intervals(LikelihoodFit fit, double low, double high, double w1, double w2, double p1, double p2) {
        double cut = fit.profileAt(0, p1);
        return Figure.plot("Two intervals").line("log-likelihood", low, high, r -> Math.max(fit.logLikelihood() - 6, fit.profileAt(0, r)))
                .line("profile: where the curve falls below the cut", new double[] {p1, p2}, new double[] {cut, cut})
                .line("Wald: symmetric", new double[] {w1, w2}, new double[] {cut + 0.4, cut + 0.4})
                .verticalLine(fit.estimate()[0], "estimate").axes("rate", "log-likelihood")
                .describedAs("The curve is steeper on the left: the profile interval reaches further right, and Wald's does not notice.");
    }
}
