package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Uniform;
import lyceum.stats.Descriptive;
import lyceum.stats.ParametricFamily;
import lyceum.theory.CramerRao;

/** Estimators of a normal mean above the line that none of them may cross, and the uniform law, which has no such line. */
@Lab(topics = "cramer-rao", title = "The line under all variances")
final class CramerRaoLab implements LabBody {
    @Override public void run(LabContext lab) {
        double sd = lab.param("standard deviation", 1.0, 0.1, 10.0), shrink = lab.param("shrink the mean by", 0.8, 0.1, 1.0),
                mean = lab.param("true mean", 0.3, -2.0, 2.0);
        int runs = lab.param("runs", 3_000, 500, 50_000);
        int[] sizes = {5, 11, 21, 51, 101};
        var names = List.of("mean", "median", "midrange", "shrunk mean");
        List<ToDoubleFunction<double[]>> estimators = List.of(Descriptive::mean, CramerRaoLab::middle,
                x -> (Arrays.stream(x).min().orElseThrow() + Arrays.stream(x).max().orElseThrow()) / 2, x -> shrink * Descriptive.mean(x));
        var bound = new CramerRao(ParametricFamily.NORMAL, mean, sd);
        double[] ns = Arrays.stream(sizes).asDoubleStream().toArray(), line = new double[sizes.length];
        for (int k = 0; k < line.length; k++) line[k] = bound.bound(sizes[k])[0][0];
        var plot = Figure.plot("Estimators of a normal mean").line("bound", ns, line).dashed();
        double lowest = Double.NEGATIVE_INFINITY;
        var rows = new Object[names.size()][];
        for (int e : lab.progress("estimators", names.size())) {
            var variances = new double[sizes.length];
            for (int k = 0; k < sizes.length; k++) {
                var report = bound.efficiency(names.get(e), sizes[k], 0, estimators.get(e), runs, lab.rng(10 * e + k));
                variances[k] = report.variance();
                if (e < 3) lowest = Math.max(lowest, report.below());
                rows[e] = new Object[] {names.get(e), report.bias(), report.variance(), report.efficiency()};
            }
            plot = plot.line(names.get(e), ns, variances);
        }
        lab.figure(plot.axes("observations", "variance").logX().logY().describedAs(
                "The mean runs on the bound, median and midrange above it; the shrunk mean runs below, and pays with a bias that the bound for unbiased estimators does not see."));
        lab.table("With " + sizes[sizes.length - 1] + " observations", List.of("estimator", "bias", "variance", "efficiency"),
                Arrays.stream(rows).map(Arrays::asList).toList());

        var uniform = CramerRao.scaling(new Uniform(0, 1), x -> Arrays.stream(x).max().orElseThrow(), runs, lab.rng(99), sizes);
        double[] formal = new double[sizes.length], largest = new double[sizes.length];
        for (int k = 0; k < sizes.length; k++) {
            formal[k] = 1.0 / sizes[k];
            largest[k] = uniform.variances().get(k);
        }
        lab.figure(Figure.plot("The largest of n uniform values").line("the formula, which does not apply", ns, formal).dashed()
                .line("variance", ns, largest).axes("observations", "variance").logX().logY().describedAs(
                        "The support ends at the parameter, and the variance falls like 1 / n squared, below anything that the formula would allow."));
        lab.say("Slope of the uniform maximum's variance: %.2f. Non-regular: %s.", uniform.slope(), uniform.isNonRegular());
        lab.shows("most standard errors that an unbiased one lies below the bound", lowest, below(4));
        lab.shows("slope for the uniform maximum", uniform.slope(), atMost(-1.7));
    }

    private static double middle(double[] x) {
        var sorted = x.clone();
        Arrays.sort(sorted);
        return sorted[x.length / 2];
    }
}
