package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.theory.JensenGap;

/** A chord above its curve: the gap between averaging before and after bending. */
@Lab(topics = "jensen", title = "The chord above the curve")
final class JensenLab implements LabBody {
    @Override public void run(LabContext lab) {
        String name = lab.choice("function", "exp", "exp", "square", "-log", "hinge", "sin");
        double left = lab.param("left", 0.3, 0.05, 6.0), right = lab.param("right", 2.4, 0.05, 6.0),
                share = lab.param("share", 0.4, 0.0, 1.0);
        DoubleUnaryOperator f = switch (name) {
            case "square" -> x -> x * x;
            case "-log" -> x -> -Math.log(x);
            case "hinge" -> x -> Math.max(0, 1 - x);
            case "sin" -> Math::sin;
            default -> Math::exp;
        };
        DoubleUnaryOperator second = switch (name) {
            case "square" -> x -> 2;
            case "-log" -> x -> 1 / (x * x);
            case "hinge" -> null; // a kink
            case "sin" -> x -> -Math.sin(x);
            default -> Math::exp;
        };
        double[] x = {left, right}, p = {share, 1 - share};
        double mean = share * left + (1 - share) * right, at = f.applyAsDouble(mean), gap = JensenGap.of(f, x, p);
        double low = Math.min(left, right), high = Math.max(left, right), room = 0.15 * (high - low) + 0.05;
        lab.figure(Figure.plot("Averaging before or after " + name).line(name, Math.max(0.02, low - room), high + room, f)
                .line("chord", x, Arrays.stream(x).map(f).toArray())
                .arrows("gap", new double[] {mean}, new double[] {at}, new double[] {mean}, new double[] {at + gap}).axes("x", "f(x)")
                .describedAs("The chord's height at the mean is the average of the function; the curve's is the function of the average."));
        lab.say("E f(X) = %.6f, f(E X) = %.6f: the gap is %.6f.", at + gap, at, gap);

        var counterexample = JensenGap.refuteConvexity(f, low, high + 1e-9, 1_000, lab.rng(1));
        lab.say(counterexample.map(c -> "Not convex here: " + c + ".")
                .orElse("1,000 chords between the two points and none below the curve."));
        if (counterexample.isEmpty()) lab.shows("the gap of a function that nothing refuted", gap, atLeast(-1e-12));

        double[] shares = new double[101], gaps = new double[101], bound = new double[101];
        for (int i = 0; i <= 100; i++) {
            shares[i] = i / 100.0;
            gaps[i] = JensenGap.of(f, x, new double[] {shares[i], 1 - shares[i]});
            if (second != null) bound[i] = JensenGap.bracket(second, x, new double[] {shares[i], 1 - shares[i]}).high();
        }
        var plot = Figure.plot("The gap as mass moves from right to left").line(name, shares, gaps);
        if (second != null) plot = plot.line("largest that the curvature allows", shares, bound).dashed();
        lab.figure(plot.axes("probability of the left point", "gap")
                .describedAs("No gap where X is certain, and most of it near the middle."));

        double[] q = {0.1, 0.2, 0.7}, base = {0.5, 0.3, 0.2}, ratio = new double[3];
        double kl = 0;
        for (int i = 0; i < 3; i++) {
            ratio[i] = q[i] / base[i];
            kl += base[i] * Math.log(base[i] / q[i]);
        }
        double asGap = JensenGap.of(v -> -Math.log(v), ratio, base);
        lab.table("Divergence is a gap", List.of("KL(p || q)", "gap of -log at q / p"), List.of(List.of(kl, asGap)));
        lab.shows("gap of -log less KL(p || q)", Math.abs(asGap - kl), below(1e-12));
    }
}
