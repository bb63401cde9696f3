package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.stats.Bootstrap;
import lyceum.stats.Descriptive;
import lyceum.stats.ResamplingPlan;

/** The sample imitates the population: resamples of one sample beside fresh samples that nobody gets to see. */
@Lab(topics = "bootstrap", title = "Drawing the sample again")
final class BootstrapLab implements LabBody {
    @Override public void run(LabContext lab) {
        String name = lab.choice("statistic", "mean", "mean", "median", "deviation", "maximum");
        String law = lab.choice("population", "exponential", "exponential", "normal", "uniform");
        int n = lab.param("n", 40, 3, 400), resamples = lab.param("resamples", 2_000, 100, 10_000);
        double rho = lab.param("autocorrelation", 0.7, 0.0, 0.95);
        ToDoubleFunction<double[]> statistic = switch (name) {
            case "median" -> Descriptive::median;
            case "deviation" -> Descriptive::standardDeviation;
            case "maximum" -> x -> Arrays.stream(x).max().orElseThrow();
            default -> Descriptive::mean;
        };
        double[] sample = draw(law, lab.rng(1), n);
        var boot = Bootstrap.of(sample, statistic, resamples, lab.rng(2));
        var truth = new double[resamples];
        for (int r = 0; r < resamples; r++) truth[r] = statistic.applyAsDouble(draw(law, lab.rng(10 + r), n));
        lab.figure(Figure
                .row("The " + name + " of " + n + " values",
                        Figure.histogram("resamples of one sample", boot.values(), 40).axes(name, "resamples")
                                .verticalLine(boot.estimate(), "sample")
                                .describedAs("What the bootstrap shows, from the one sample that is there."),
                        Figure.histogram("fresh samples", truth, 40).axes(name, "samples")
                                .describedAs("The true sampling distribution, which nobody has."))
                .describedAs("The same width and nearly the same form, about different centres; the maximum is the exception."));
        double error = Descriptive.standardDeviation(truth);
        lab.table("Error of the " + name, List.of("bootstrap", "jackknife", "true", "bias"), List
                .of(List.of(boot.standardError(), Bootstrap.jackknifeError(Bootstrap.jackknife(sample, statistic)), error, boot.bias())));
        for (var warning : boot.warnings()) lab.say("Warning: %s.", warning);
        if (name.equals("mean")) lab.shows("bootstrap error over sd / sqrt(n), less 1",
                Math.abs(boot.standardError() / (Descriptive.standardDeviation(sample) * Math.sqrt((n - 1.0) / n / n)) - 1),
                below(5 / Math.sqrt(2.0 * resamples)));

        int length = 1_000;
        double[] lengths = {1, 2, 5, 10, 25, 50, 100}, errors = new double[lengths.length];
        double exact = 0;
        for (int k = 1 - length; k < length; k++)
            exact += (1 - Math.abs(k) / (double) length) * Math.pow(rho, Math.abs(k)) / (1 - rho * rho) / length;
        int series = 20;
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < lengths.length; i++) {
            for (int s = 0; s < series; s++) {
                double[] x = autoregression(lab.rng(20_000 + s), length, rho);
                errors[i] += Bootstrap
                        .of(x, Descriptive::mean, ResamplingPlan.movingBlocks(length, (int) lengths[i]), 100, lab.rng(30_000 + s))
                        .standardError() / series;
            }
            rows.add(List.of(lengths[i], errors[i], errors[i] / Math.sqrt(exact)));
        }
        lab.figure(Figure.plot("A series needs blocks").line("bootstrap error of the mean", lengths, errors)
                .horizontalLine(Math.sqrt(exact), "true").axes("block length", "standard error").logX()
                .describedAs("Single draws believe the error is far too small; blocks climb towards the truth."));
        lab.table("Autocorrelation " + rho + ", 1,000 values", List.of("block length", "error", "over the true one"), rows);
        if (rho == 0.7) lab.shows("blocks of 25 over the true error", errors[4] / Math.sqrt(exact), between(0.8, 1.2));
    }

    private static double[] draw(String law, Rng rng, int n) {
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = switch (law) {
            case "normal" -> rng.nextGaussian();
            case "uniform" -> rng.nextDouble();
            default -> -Math.log(rng.nextDoublePositive());
        };
        return x;
    }

    private static double[] autoregression(Rng rng, int n, double rho) {
        var x = new double[n];
        x[0] = rng.nextGaussian() / Math.sqrt(1 - rho * rho);
        for (int t = 1; t < n; t++) x[t] = rho * x[t - 1] + rng.nextGaussian();
        return x;
    }
}
