package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.stats.LogLikelihood;
import lyceum.stats.ParametricFamily;

/** The likelihood of growing data vanishes, its logarithm sharpens; and what the survivors of a bulb test say. */
@Lab(topics = "log-likelihood", title = "Products vanish, sums sharpen")
final class LogLikelihoodLab implements LabBody {
    @Override public void run(LabContext lab) {
        double mean = lab.param("true mean", 0.5, -2.0, 2.0), deviation = lab.param("standard deviation", 1, 0.2, 3.0),
                limit = lab.param("test ends at", 10, 4.0, 30.0);
        int most = lab.param("observations", 1_500, 20, 5_000);
        double[] all = ParametricFamily.NORMAL.at(mean, deviation).sample(lab.rng(1), most).toDoubleArray();
        var frames = new ArrayList<Figure>();
        var names = new ArrayList<String>();
        var rows = new ArrayList<List<?>>();
        double[] grid = new double[161];
        for (int k = 0; k < grid.length; k++) grid[k] = mean - 2 + 4.0 * k / (grid.length - 1);
        for (int n = 5; n <= most; n = n < most && 3 * n > most ? most : 3 * n) {
            var l = ParametricFamily.NORMAL.logLikelihood(Arrays.copyOf(all, n));
            double[] log = l.slice(new double[] {mean, deviation}, 0, grid), plain = new double[grid.length],
                    relative = new double[grid.length];
            double top = Arrays.stream(log).max().orElseThrow();
            for (int k = 0; k < grid.length; k++) {
                plain[k] = Math.exp(log[k]);
                relative[k] = Math.exp(log[k] - top);
            }
            Plot likelihood = Figure.line("Likelihood", grid, plain).axes("mean", "product of densities"),
                    sharp = Figure.line("Likelihood over its maximum", grid, relative).axes("mean", "exp(l - max l)"),
                    curve = Figure.line("Log-likelihood", grid, log).axes("mean", "l");
            frames.add(Figure.row(n + " observations", likelihood, sharp, curve));
            names.add(n + " observations");
            rows.add(List.of(n, Math.exp(top), top, deviation / Math.sqrt(n)));
        }
        lab.figure(Figure.frames("The same mean, more and more data", "data", frames).labelled(names.toArray(String[]::new)).describedAs(
                "The product of densities shrinks until a double reads 0 everywhere, while the log-likelihood only bends more sharply about the same peak."));
        lab.table("At the top", List.of("observations", "likelihood", "log-likelihood", "width of the peak"), rows);

        double[] lives = {2, 5, 7};
        var dead = ParametricFamily.EXPONENTIAL.logLikelihood(lives);
        LogLikelihood bulbs = dead.and(ParametricFamily.EXPONENTIAL.censoredAbove(Math.max(7, limit), Math.max(7, limit)));
        double[] rates = new double[120];
        for (int k = 0; k < rates.length; k++) rates[k] = 0.01 + 0.004 * k;
        double[] whole = bulbs.slice(new double[1], 0, rates), part = dead.slice(new double[1], 0, rates);
        int best = 0;
        for (int k = 0; k < rates.length; k++) if (whole[k] > whole[best]) best = k;
        lab.figure(Figure.plot("Five bulbs, two still alight").line("with the survivors", rates, whole)
                .line("survivors dropped", rates, part).dashed().verticalLine(3 / (14 + 2 * Math.max(7, limit)), "3 / total time")
                .axes("failure rate per month", "log-likelihood").describedAs(
                        "A bulb that still burns pays the logarithm of its survival probability; dropping it moves the peak to a rate more than twice as large."));
        lab.say("The grid's peak is at a rate of %.3f; three failures over the total time are %.4f.", rates[best],
                3 / (14 + 2 * Math.max(7, limit)));
        double whenAll = ParametricFamily.NORMAL.logLikelihood(all).at(new double[] {mean, deviation});
        double halves = ParametricFamily.NORMAL.logLikelihood(Arrays.copyOf(all, most / 2))
                .and(ParametricFamily.NORMAL.logLikelihood(Arrays.copyOfRange(all, most / 2, most))).at(new double[] {mean, deviation});
        lab.shows("sum of two halves less the whole", Math.abs(whenAll - halves), below(1e-8));
        lab.shows("log-likelihood of all, finite", whenAll, atLeast(-1e6));
    }
}
