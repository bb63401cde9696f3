package lyceum.prob;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import lyceum.ShapeException;
import lyceum.random.Rng;

/**
 * The product of distributions: a vector whose parts are independent. Log densities and entropies add up.
 *
 * {@snippet :
 * Independent.of(new Normal(0, 1), new Gamma(2, 1));                        // over (x, y)
 * new Independent(List.of(new Dirichlet(1, 1, 1), new Exponential(2)));     // over three shares and a wait
 * }
 *
 * @param parts over numbers or vectors, all discrete or all continuous; at least one
 */
public record Independent(List<? extends Distribution> parts) implements MultivariateDistribution {
    public Independent {
        parts = List.copyOf(parts);
        if (parts.isEmpty()) throw new IllegalArgumentException("Independent: no parts; at least one is needed");
        for (var part : parts) {
            if (!(part instanceof UnivariateDistribution || part instanceof MultivariateDistribution))
                throw new IllegalArgumentException("Independent: " + part + " is neither over numbers nor over vectors");
            if (part.isDiscrete() != parts.getFirst().isDiscrete()) throw new IllegalArgumentException(
                    "Independent: " + parts.getFirst() + " and " + part + " are not both discrete or both continuous");
        }
    }

    public static Independent of(Distribution... parts) { return new Independent(List.of(parts)); }

    /** So many variables of one distribution. @param count at least 1 */
    public static Independent copies(Distribution part, int count) { return new Independent(Collections.nCopies(count, part)); }

    private static int size(Distribution part) { return part instanceof MultivariateDistribution m ? m.dimensions() : 1; }

    @Override public int dimensions() { return parts.stream().mapToInt(Independent::size).sum(); }

    @Override public double logDensity(double[] x) {
        if (x.length != dimensions()) throw new ShapeException("Independent: a point of " + x.length + " numbers; it has " + dimensions());
        double sum = 0;
        int at = 0;
        for (var part : parts) {
            sum += part instanceof MultivariateDistribution m ? m.logDensity(Arrays.copyOfRange(x, at, at + m.dimensions()))
                    : ((UnivariateDistribution) part).logDensity(x[at]);
            at += size(part);
        }
        return sum;
    }

    @Override public double[] mean() {
        var mean = new double[dimensions()];
        int at = 0;
        for (var part : parts) {
            double[] own = part instanceof MultivariateDistribution m ? m.mean() : new double[] {((UnivariateDistribution) part).mean()};
            System.arraycopy(own, 0, mean, at, own.length);
            at += own.length;
        }
        return mean;
    }

    @Override public double[][] covariance() {
        var covariance = new double[dimensions()][dimensions()];
        int at = 0;
        for (var part : parts) {
            double[][] own = part instanceof MultivariateDistribution m ? m.covariance()
                    : new double[][] {{((UnivariateDistribution) part).variance()}};
            for (int i = 0; i < own.length; i++) System.arraycopy(own[i], 0, covariance[at + i], at, own.length);
            at += own.length;
        }
        return covariance;
    }

    @Override public double entropy() { return parts.stream().mapToDouble(Distribution::entropy).sum(); }

    @Override public boolean isDiscrete() { return parts.getFirst().isDiscrete(); }

    @Override public double[] sample(Rng rng) {
        var x = new double[dimensions()];
        int at = 0;
        for (var part : parts) {
            double[] own = part instanceof MultivariateDistribution m ? m.sample(rng)
                    : new double[] {((UnivariateDistribution) part).sample(rng)};
            System.arraycopy(own, 0, x, at, own.length);
            at += own.length;
        }
        return x;
    }
}
