package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.metrics.Crps;
import lyceum.learn.metrics.PropernessCheck;
import lyceum.learn.metrics.ScoringRules;
import lyceum.plot.Figure;
import lyceum.prob.Normal;
import lyceum.tensor.Tensor;

/** What a forecaster who believes p expects to pay, by what she reports: which rules make the truth the best answer. */
@Lab(topics = "proper-scoring-rules", title = "Paying for the truth")
final class ScoringRulesLab implements LabBody {
    private static final ScoringRules[] SHOWN = {ScoringRules.LOG, ScoringRules.BRIER, ScoringRules.SPHERICAL, ScoringRules.ZERO_ONE,
            ScoringRules.LINEAR};

    @Override public void run(LabContext lab) {
        double belief = lab.param("belief", 0.7, 0.01, 0.99), temperature = lab.param("temperature", 23.0, 10.0, 30.0);
        int tries = lab.param("tries", 1000, 10, 100_000), classes = lab.param("classes", 3, 2, 10);
        double[] reports = Tensor.linspace(0.01, 0.99, 99).toDoubleArray();
        var frames = new ArrayList<Figure>();
        double[] beliefs = {0.5, 0.6, 0.7, 0.8, 0.9, belief};
        beliefs = Arrays.stream(beliefs).sorted().distinct().toArray();
        for (double p : beliefs) frames.add(expected(p, reports));
        lab.figure(Figure.frames("Expected penalty by what is reported", "believed", frames)
                .labelled(Arrays.stream(beliefs).mapToObj(p -> String.format(Locale.ROOT, "%.2f", p)).toArray(String[]::new))
                .startingAt(Arrays.binarySearch(beliefs, belief)).describedAs(
                        "The logarithmic, quadratic and spherical curves have their bottom at the belief; the straight line falls to the end; the zero-one score is a step."));

        var rows = new ArrayList<List<Object>>();
        for (var rule : ScoringRules.values()) {
            var check = PropernessCheck.of(rule, classes, tries, lab.rng(1));
            rows.add(List.of(rule.toString(), check.isProper() ? "none" : "found", check.againstStrictness().isEmpty() ? "none" : "found",
                    best(rule, belief, reports)));
        }
        lab.table(String.format(Locale.ROOT, "Counterexamples in %d tries, and what pays best for a belief of %.2f", tries, belief),
                List.of("rule", "to properness", "to strictness", "best report"), rows);

        double[] spreads = Tensor.linspace(0.3, 8, 78).toDoubleArray();
        double[] crps = Arrays.stream(spreads).map(s -> Crps.of(new Normal(20, s), temperature)).toArray();
        double[] log = Arrays.stream(spreads).map(s -> Math.min(12, -new Normal(20, s).logDensity(temperature))).toArray();
        lab.figure(Figure.line(String.format(Locale.ROOT, "A forecast N(20, s^2), and %.1f degrees came", temperature), spreads, crps)
                .named("CRPS (degrees)").line("log score (nats, cut at 12)", spreads, log).axes("s (degrees)", "penalty").describedAs(
                        "Both penalise too narrow a forecast; the log score shoots up on a surprise, the ranked score rises to the absolute error."));
        lab.say("Believing %.2f, a forecaster paid by the linear score does best to say %.2f; by the others shown but the step, what she believes.",
                belief, best(ScoringRules.LINEAR, belief, reports));
        lab.shows("log score: distance of the best report from the belief", Math.abs(best(ScoringRules.LOG, belief, reports) - belief),
                below(0.0051));
        lab.shows("linear score: the same", Math.abs(best(ScoringRules.LINEAR, belief, reports) - belief),
                belief == 0.5 ? above(-1) : above(0));
    }

    private static double penalty(ScoringRules rule, double belief, double report) {
        return rule.expected(new double[] {belief, 1 - belief}, new double[] {report, 1 - report});
    }

    private static double best(ScoringRules rule, double belief, double[] reports) {
        double best = reports[0];
        for (double q : reports) if (penalty(rule, belief, q) < penalty(rule, belief, best) - 1e-12) best = q;
        return best;
    }

    private static Figure expected(double belief, double[] reports) {
        var plot = Figure.plot(String.format(Locale.ROOT, "Believed: %.2f", belief));
        for (var rule : SHOWN)
            plot = plot.line(rule.toString(), reports, Arrays.stream(reports).map(q -> penalty(rule, belief, q)).toArray());
        return plot.verticalLine(belief, "belief").axes("reported probability", "expected penalty").limitY(0, 2)
                .describedAs("Expected penalty of five rules against the report.");
    }
}
