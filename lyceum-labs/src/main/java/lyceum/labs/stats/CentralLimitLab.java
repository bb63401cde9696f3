package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Binomial;
import lyceum.prob.Exponential;
import lyceum.prob.Normal;
import lyceum.prob.StudentT;
import lyceum.prob.Uniform;
import lyceum.prob.UnivariateDistribution;
import lyceum.stats.CentralLimit;
import lyceum.stats.Descriptive;

/** Means of lopsided, jumping and flat variables collapse onto one bell; Cauchy's refuse. */
@Lab(topics = "clt", title = "Everything averages to the same bell")
final class CentralLimitLab implements LabBody {
    private static final int[] SIZES = {1, 4, 16, 64, 256};

    @Override public void run(LabContext lab) {
        String name = lab.choice("law", "exponential", "exponential", "uniform", "rare event", "heavy tail");
        int n = lab.param("n", 16, 1, 1_000), runs = lab.param("runs", 10_000, 500, 50_000);
        var law = switch (name) {
            case "uniform" -> new Uniform(0, 1);
            case "rare event" -> new Binomial(1, 0.1);
            case "heavy tail" -> new StudentT(3);
            default -> new Exponential(1);
        };

        double[] means = CentralLimit.means(law, n, runs, lab.rng(1)), z = new double[49], share = new double[49], bell = new double[49];
        for (int i = 0; i < 49; i++) {
            z[i] = -4 + (i + 0.5) / 6;
            bell[i] = Normal.STANDARD.density(z[i]);
        }
        for (double mean : means) {
            int cell = (int) Math.floor((mean + 4) * 6);
            if (cell >= 0 && cell < 49) share[cell] += 6.0 / runs;
        }
        lab.figure(Figure.plot("Standardised means of " + n + " draws, " + name).line("means", z, share).step().line("normal", z, bell)
                .axes("(mean - mu) / (sigma / sqrt n)", "density").describedAs(
                        "The histogram of means beside the normal density: with few draws it keeps the law's own shape, with many it is the bell."));
        double seen = CentralLimit.distance(means), bound = CentralLimit.berryEsseen(law, n),
                error = Math.sqrt(Math.log(2 / 0.001) / (2 * runs));
        lab.say("The distribution functions differ by at most %.4f; Berry and Esseen allow %.4f.", seen, bound);
        lab.shows("distance less the bound and its sampling error", seen - bound - error, below(0));

        double[] sizes = new double[SIZES.length], skewed = sizes.clone(), flat = sizes.clone(), jumps = sizes.clone(),
                most = sizes.clone();
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < SIZES.length; i++) {
            sizes[i] = SIZES[i];
            skewed[i] = exact(new Exponential(1), SIZES[i]);
            flat[i] = exact(new Uniform(0, 1), SIZES[i]);
            jumps[i] = exact(new Binomial(1, 0.1), SIZES[i]);
            most[i] = CentralLimit.berryEsseen(new Exponential(1), SIZES[i]);
            double[] quarters = Descriptive.quantiles(CentralLimit.plainMeans(new StudentT(1), SIZES[i], 4_000, lab.rng(2 + i)), 0.25,
                    0.75);
            rows.add(List.of(SIZES[i], skewed[i], flat[i], jumps[i], quarters[1] - quarters[0]));
        }
        lab.figure(Figure.plot("Largest gap to the normal distribution function, computed exactly").line("exponential", sizes, skewed)
                .line("uniform", sizes, flat).line("rare event", sizes, jumps).line("bound, exponential", sizes, most).dashed().logX()
                .logY().axes("draws in a mean", "Kolmogorov distance")
                .describedAs("Lopsided laws approach at the root of n, parallel to the bound; the symmetric uniform law at n itself."));
        lab.table("By size", List.of("n", "exponential", "uniform", "rare event", "interquartile range of Cauchy means"), rows);
        double slope = Math.log(skewed[4] / skewed[1]) / Math.log(64);
        lab.shows("slope of the exponential's distance, log by log", slope, between(-0.6, -0.4));
    }

    private static double exact(UnivariateDistribution x, int n) { return CentralLimit.law(x, n).distance(); }
}
