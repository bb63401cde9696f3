package lyceum.stats;

import lyceum.ShapeException;
import lyceum.prob.UnivariateDistribution;

/** p-values from tails, and the checks that all tests share. */
final class Tails {
    private Tails() {}

    static double pValue(double below, double above, Alternative alternative) {
        return switch (alternative) {
            case LESS -> below;
            case GREATER -> above;
            case TWO_SIDED -> Math.min(1, 2 * Math.min(below, above));
        };
    }

    static double pValue(UnivariateDistribution law, double statistic, Alternative alternative) {
        if (statistic != statistic) return Double.NaN;
        return pValue(law.cdf(statistic), law.survival(statistic), alternative);
    }

    static void atLeast(String test, double[] x, int least) {
        if (x.length < least)
            throw new IllegalArgumentException(test + ": a sample of " + x.length + "; it needs at least " + least + " values");
        for (int i = 0; i < x.length; i++)
            if (!Double.isFinite(x[i]))
                throw new IllegalArgumentException(test + ": value " + i + " is " + x[i] + "; drop what is not finite first");
    }

    static double[] differences(String test, double[] x, double[] y) {
        if (x.length != y.length) throw new ShapeException(test + ": pairs of " + x.length + " and " + y.length + " values");
        var d = new double[x.length];
        for (int i = 0; i < d.length; i++) d[i] = x[i] - y[i];
        return d;
    }

    static void level(String operation, double level) {
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException(operation + ": level is " + level + "; it lies strictly between 0 and 1");
    }
}
