package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.bayes.ExponentialRatePrior;
import lyceum.bayes.RaoBlackwell;
import lyceum.bayes.SufficientStatistics;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Exponential;
import lyceum.prob.Gamma;
import lyceum.prob.Poisson;

/** A million waits, or two numbers: the same likelihood, the same estimate, the same posterior. */
@Lab(topics = "sufficient-statistics", title = "A million values in two numbers")
final class SufficientStatisticsLab implements LabBody {
    private static final int GRID = 31;

    @Override public void run(LabContext lab) {
        int values = lab.param("values", 1_000_000, 1_000, 2_000_000), shards = lab.param("shards", 8, 1, 50);
        double rate = lab.param("true rate (1/min)", 0.5, 0.05, 5.0);
        int counts = lab.param("Poisson counts", 10, 2, 50), seed = lab.param("seed", 1, 1, 99);

        double[] waits = new Exponential(rate).sample(lab.rng(seed), values).toDoubleArray();
        var parts = new ArrayList<SufficientStatistics<Exponential>>();
        for (int s = 0; s < shards; s++) parts.add(SufficientStatistics.exponential());
        for (int i = 0; i < values; i++) parts.get(i % shards).add(waits[i]);
        var rows = new ArrayList<List<?>>();
        var all = SufficientStatistics.exponential();
        for (int s = 0; s < shards; s++) {
            var part = parts.get(s);
            all = all.merge(part);
            if (s < 8) rows.add(List.of(s + 1, part.count(), part.values()[1], part.maximumLikelihood().rate()));
        }
        double best = all.maximumLikelihood().rate();
        rows.add(List.of("merged", all.count(), all.values()[1], best));
        lab.table("Shards, and their sum", List.of("shard", "count", "sum of waits (min)", "estimate (1/min)"), rows);

        double[] rates = new double[GRID], fromTwo = new double[GRID], fromAll = new double[GRID], posterior = new double[GRID];
        var after = all.posterior(new ExponentialRatePrior(new Gamma(1, 1))).prior();
        double gap = 0, reach = 4 / Math.sqrt(values);
        for (int i : lab.progress("likelihood curve", GRID)) {
            rates[i] = best * (1 + reach * (2.0 * i / (GRID - 1) - 1));
            var member = new Exponential(rates[i]);
            double log = 0;
            for (double x : waits) log += member.logDensity(x);
            fromTwo[i] = all.logLikelihood(member) - all.logLikelihood(all.maximumLikelihood());
            fromAll[i] = log - all.logLikelihood(all.maximumLikelihood());
            posterior[i] = after.density(rates[i]);
            gap = Math.max(gap, Math.abs(all.logLikelihood(member) - log) / Math.abs(log));
        }
        lab.figure(Figure.plot("Log-likelihood, below its maximum").line("from two numbers", rates, fromTwo)
                .points("from every value", rates, fromAll).verticalLine(rate, "truth").axes("rate (1/min)", "log-likelihood (nats)")
                .describedAs("The points, each a pass over all values, lie on the curve that count and sum alone give."));
        lab.figure(Figure.plot("Posterior after a Gamma(1, 1) prior").line("posterior", rates, posterior).verticalLine(best, "estimate")
                .axes("rate (1/min)", "density (min)").describedAs("A narrow bell about the estimate, from the same two numbers."));

        // Rao and Blackwell: P(no event) of Poisson counts, from the first count, and averaged over what the sum leaves open
        var improved = RaoBlackwell.ofFirst(x -> x == 0 ? 1 : 0, RaoBlackwell::firstPoisson);
        var law = new Poisson(2);
        int repeats = 2_000;
        double[] better = new double[repeats];
        double original = 0, variance = 0, truth = Math.exp(-2);
        for (int r = 0; r < repeats; r++) {
            double[] x = law.sample(lab.rng(1_000 + r), counts).toDoubleArray();
            better[r] = improved.applyAsDouble(x);
            original += Math.pow((x[0] == 0 ? 1 : 0) - truth, 2) / repeats;
            variance += Math.pow(better[r] - truth, 2) / repeats;
        }
        lab.figure(Figure.histogram("Estimates of P(no event) given the sum", better).axes("estimate", "samples")
                .verticalLine(truth, "truth").describedAs(
                        "The first count alone says 0 or 1; averaged over all samples with the same sum the estimates gather about the truth."));
        lab.say("Variance of the first-count estimator %.4f, of the averaged one %.5f: %.0f times less.", original, variance,
                original / variance);
        lab.shows("log-likelihood from two numbers and from all, relative gap", gap, below(1e-9));
        lab.shows("variance cut by averaging, times", original / variance, above(1));
    }
}
