package lyceum.stats;

import java.util.Arrays;
import java.util.List;
import lyceum.prob.GeneralizedExtremeValue;
import lyceum.prob.GeneralizedPareto;
import lyceum.stats.ParametricFamily.Start;

/** The two families of extremes, whose support depends on their parameters: beyond it the formula is no number, and a search turns back. */
final class TailFamilies {
    private static final double EULER = 0.57721566490153286061;

    private TailFamilies() {}

    static ParametricFamily beyondAThreshold() {
        return new ParametricFamily("generalised Pareto", List.of("shape", "scale"), List.of(Transform.IDENTITY, Transform.LOG),
                (t, x) -> x.mul(t[0]).div(t[1]).log1p().mul(t[0].reciprocal().add(1)).neg().sub(t[1].log()),
                t -> new GeneralizedPareto(t[0], t[1]), new Start(TailFamilies::byMoments, false), x -> x >= 0);
    }

    private static double[] byMoments(double[] x) {
        double mean = Descriptive.mean(x), ratio = mean * mean / variance(x), scale = mean * (ratio + 1) / 2;
        double shape = ratio == 1 ? 0.01 : (1 - ratio) / 2; // the formula has no value at 0
        return new double[] {Math.max(shape, -0.9 * scale / Arrays.stream(x).max().orElse(1)), scale}; // all of x is possible there
    }

    static ParametricFamily largestOfMany() {
        return new ParametricFamily("generalised extreme value", List.of("shape", "location", "scale"),
                List.of(Transform.IDENTITY, Transform.IDENTITY, Transform.LOG), (t, x) -> {
                    var y = x.sub(t[1]).div(t[2]).mul(t[0]).log1p().div(t[0]);
                    return y.mul(t[0].add(1)).neg().sub(y.neg().exp()).sub(t[2].log());
                }, t -> new GeneralizedExtremeValue(t[0], t[1], t[2]), new Start(x -> {
                    double scale = Math.sqrt(6 * variance(x)) / Math.PI; // as Gumbel's
                    return new double[] {0.05, Descriptive.mean(x) - EULER * scale, scale};
                }, false), x -> true);
    }

    private static double variance(double[] x) { return Descriptive.variance(x, null, 0, Descriptive.Weights.FREQUENCY); }
}
