package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Bijection;
import lyceum.prob.Cauchy;
import lyceum.prob.FiniteDistribution;
import lyceum.prob.Gamma;
import lyceum.prob.GeneralizedExtremeValue;
import lyceum.prob.InverseGaussian;
import lyceum.prob.LogNormal;
import lyceum.prob.Mixture;
import lyceum.prob.NegativeBinomial;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.Transformed;
import lyceum.prob.Truncated;
import lyceum.prob.UnivariateDistribution;
import lyceum.prob.Weibull;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;

/** One law, four ways to write it down: density, cdf, quantile, draws. */
@Lab(topics = "probability-distribution", title = "Distribution explorer")
final class ProbabilityDistributionLab implements LabBody {
    private static final int POINTS = 201;

    @Override public void run(LabContext lab) {
        String family = lab.choice("family", "gamma", "normal", "gamma", "log-normal", "Weibull", "inverse Gaussian", "extreme value",
                "Cauchy", "Poisson", "negative binomial", "mixture", "truncated normal", "logit-normal");
        double a = lab.param("first parameter", 2.0, 0.1, 10.0), b = lab.param("second parameter", 1.0, 0.1, 5.0);
        int draws = lab.param("draws", 2_000, 50, 50_000), seed = lab.param("seed", 1, 1, 99);
        UnivariateDistribution d = switch (family) {
            case "normal" -> new Normal(a, b);
            case "gamma" -> new Gamma(a, b);
            case "log-normal" -> new LogNormal(Math.log(a), b);
            case "Weibull" -> new Weibull(a, b);
            case "inverse Gaussian" -> new InverseGaussian(a, b);
            case "extreme value" -> new GeneralizedExtremeValue(0.1, a, b);
            case "Cauchy" -> new Cauchy(a, b);
            case "Poisson" -> new Poisson(a);
            case "negative binomial" -> new NegativeBinomial(a, 1 / (1 + b));
            case "mixture" -> Mixture.of(new Normal(-a, b), new Normal(a, 1));
            case "truncated normal" -> new Truncated(new Normal(0, b), a, Double.POSITIVE_INFINITY);
            default -> new Transformed(new Normal(Math.log(a), b), Bijection.SIGMOID);
        };
        double[] sample = d.sample(lab.rng(seed), draws).toDoubleArray();
        var seen = FiniteDistribution.empirical(sample);
        double low = d.quantile(0.002), high = d.quantile(0.998);
        lab.figure(Figure.plot(d.isDiscrete() ? "Mass" : "Density").line("law", xs(d, low, high), ys(d, low, high, d::density))
                .points("share of the draws", binCentres(d, low, high), shares(d, sample, low, high))
                .axes("x", d.isDiscrete() ? "probability" : "density (1/x)")
                .describedAs("The shares of the draws, over the width of their bins, scatter around the curve."));
        lab.figure(Figure.plot("Cumulative distribution").line("P(X <= x)", xs(d, low, high), ys(d, low, high, d::cdf))
                .line("of the draws", xs(d, low, high), ys(d, low, high, seen::cdf)).dashed().limitY(0, 1).axes("x", "probability")
                .describedAs("The staircase of the draws follows the cdf; their largest distance is what Kolmogorov's test looks at."));
        var rows = new ArrayList<List<?>>();
        for (double p : new double[] {0.001, 0.025, 0.25, 0.5, 0.75, 0.975, 0.999})
            rows.add(List.of(p, d.quantile(p), d.cdf(d.quantile(p)), d.survival(d.quantile(p)), seen.quantile(p)));
        lab.table("Quantiles", List.of("p", "quantile", "its cdf", "its survival", "quantile of the draws"), rows);
        lab.table("Moments", List.of("", "mean", "standard deviation", "entropy (nats)"),
                List.of(List.of("law", d.mean(), d.standardDeviation(), d.entropy()),
                        List.of("draws", seen.mean(), seen.standardDeviation(), d.isDiscrete() ? seen.entropy() : Double.NaN)));
        lab.say("Ten deviations up: a normal's survival is %.3g, and 1 - cdf is %.3g.", Normal.STANDARD.survival(10),
                1 - Normal.STANDARD.cdf(10));
        double back = 0;
        for (double p = 0.05; p < 1; p += 0.05) {
            double x = d.quantile(p);
            back = Math.max(back, Math.abs(d.quantile(d.cdf(x)) - x) / Math.max(1, Math.abs(x)));
        }
        lab.shows("quantile of the cdf, gap from x", back, below(1e-8));
        if (!d.isDiscrete()) lab.shows("p-value of Kolmogorov's test of the draws",
                HypothesisTest.kolmogorovSmirnov(sample, d, Alternative.TWO_SIDED).pValue(), above(0.001));
    }

    private static double[] xs(UnivariateDistribution d, double low, double high) {
        var x = new double[d.isDiscrete() ? (int) (high - low) + 1 : POINTS];
        Arrays.setAll(x, i -> d.isDiscrete() ? low + i : low + (high - low) * (i + 0.5) / POINTS);
        return x;
    }

    private static double[] ys(UnivariateDistribution d, double low, double high, DoubleUnaryOperator f) {
        return Arrays.stream(xs(d, low, high)).map(f).toArray();
    }

    private static double width(UnivariateDistribution d, double low, double high) { return d.isDiscrete() ? 1 : (high - low) / 30; }

    private static double[] binCentres(UnivariateDistribution d, double low, double high) {
        if (d.isDiscrete()) return xs(d, low, high);
        var x = new double[30];
        Arrays.setAll(x, i -> low + width(d, low, high) * (i + 0.5));
        return x;
    }

    private static double[] shares(UnivariateDistribution d, double[] sample, double low, double high) {
        double[] centres = binCentres(d, low, high), shares = new double[centres.length];
        double width = width(d, low, high), from = d.isDiscrete() ? low - 0.5 : low;
        for (double x : sample) {
            int bin = (int) Math.floor((x - from) / width);
            if (bin >= 0 && bin < shares.length) shares[bin] += 1 / (width * sample.length);
        }
        return shares;
    }
}
