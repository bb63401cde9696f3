package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.ChiSquare;
import lyceum.random.Rng;
import lyceum.stats.Glm;
import lyceum.stats.LikelihoodRatioTest;

/** Where the likelihood ratio statistic falls when nothing is there: a chi-square inside the parameter space, half a chi-square on its edge. */
@Lab(topics = "likelihood-ratio-test", title = "Drop, distance and slope")
final class LikelihoodRatioLab implements LabBody {
    @Override public void run(LabContext lab) {
        int heads = lab.param("heads in 100", 60, 1, 99), n = lab.param("rows", 80, 20, 1_000),
                runs = lab.param("simulations", 800, 100, 5_000);
        double fair = lab.param("null probability", 0.5, 0.05, 0.95);

        double p = heads / 100.0, top = heads * Math.log(p) + (100 - heads) * Math.log1p(-p),
                none = heads * Math.log(fair) + (100 - heads) * Math.log1p(-fair);
        double slope = heads / fair - (100 - heads) / (1 - fair);
        double low = Math.max(0.01, Math.min(p, fair) - 0.15), high = Math.min(0.99, Math.max(p, fair) + 0.15);
        lab.figure(Figure.plot("Log-likelihood of " + heads + " heads in 100")
                .line("log-likelihood", low, high, q -> heads * Math.log(q) + (100 - heads) * Math.log1p(-q))
                .line("score: the slope at the null", low, high, q -> none + slope * (q - fair)).dashed()
                .line("likelihood ratio: the drop", new double[] {fair, fair}, new double[] {none, top})
                .line("Wald: the distance", new double[] {fair, p}, new double[] {top, top}).axes("probability of heads", "log-likelihood")
                .limitY(none - 4, top + 1)
                .describedAs("Three measures of how far the null is from the peak: how much lower, how far to the side, how steep."));
        var rows = new ArrayList<List<?>>();
        double wald = (p - fair) * (p - fair) / (p * (1 - p) / 100), score = (p - fair) * (p - fair) / (fair * (1 - fair) / 100);
        double[] statistics = {2 * (top - none), wald, score};
        for (int k = 0; k < 3; k++)
            rows.add(List.of(new String[] {"likelihood ratio", "Wald", "score"}[k], statistics[k],
                    LikelihoodRatioTest.chiSquare(statistics[k], 1).pValue()));
        lab.table("The coin", List.of("test", "statistic", "p-value"), rows);

        var glm = new Glm(Glm.Family.BINOMIAL);
        double[] inside = new double[runs], edge = new double[runs];
        int naive = 0, mixture = 0;
        for (int r : lab.progress("simulations", runs)) {
            var rng = lab.rng(r);
            double[][] x = new double[n][2], ones = new double[n][1];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                x[i][0] = ones[i][0] = 1;
                x[i][1] = rng.nextGaussian();
                y[i] = rng.nextDouble() < 0.5 ? 1 : 0;
            }
            inside[r] = LikelihoodRatioTest.of(glm.fit(x, y), glm.fit(ones, y)).statistic();
            edge[r] = positiveMean(n, rng);
            if (LikelihoodRatioTest.chiSquare(edge[r], 1).pValue() < 0.05) naive++;
            if (LikelihoodRatioTest.chiBar(edge[r], 0.5, 0.5).pValue() < 0.05) mixture++;
        }
        lab.figure(Figure.plot("Null statistics, sorted, against what theory expects")
                .points("a slope that is 0", expected(runs), sorted(inside))
                .points("a mean that cannot be negative and is 0", expected(runs), sorted(edge))
                .line("chi-square of 1 degree", 0, 8, q -> q).dashed().axes("quantile of chi-square, 1 degree", "statistic").describedAs(
                        "Inside the parameter space the sorted statistics follow the line; on its edge half of them are 0 and the rest lie below it."));
        double rejected = 100.0 * naive / runs;
        lab.say("On the edge the plain test rejects %.1f%% at the level of 5%%, the 50:50 mixture %.1f%%.", rejected,
                100.0 * mixture / runs);
        lab.shows("percent that the plain test rejects on the edge", rejected, atMost(5));
        lab.shows("gap of the coin's score statistic from its formula",
                Math.abs(score - 100 * (p - fair) * (p - fair) / (fair * (1 - fair))), below(1e-9));
    }

    /** Twice the gain of a normal mean that is at least 0 over the mean 0; unit variance. */
    private static double positiveMean(int n, Rng rng) {
        double mean = 0;
        for (int i = 0; i < n; i++) mean += rng.nextGaussian() / n;
        return mean > 0 ? n * mean * mean : 0;
    }

    private static double[] expected(int runs) {
        var chi = new ChiSquare(1);
        var q = new double[runs];
        for (int r = 0; r < runs; r++) q[r] = chi.quantile((r + 0.5) / runs);
        return q;
    }

    private static double[] sorted(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}
