package lyceum.learn.preprocessing;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.StandardScaler;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Each column bent by a power that makes it as normal as it can be. With x &gt; 0 Box and Cox (1964) take {@code (x^lambda - 1) / lambda}; Yeo and Johnson
 * (2000) take that of {@code 1 + x} for x &gt;= 0 and {@code -((1 - x)^(2 - lambda) - 1) / (2 - lambda)} below 0. Lambda maximises the likelihood of a normal.
 *
 * @param family Yeo-Johnson by default
 * @param lambdas one a column; empty, as by default, where they are to be estimated
 * @param standardise whether the result gets mean 0 and deviation 1; true by default
 * @see <a href="https://doi.org/10.1093/biomet/87.4.954">Yeo and Johnson (2000)</a>
 */
@Withers
public record PowerTransformer(Family family, List<Double> lambdas, boolean standardise) implements PowerTransformerWithers, Transformer {

    /** How a power bends. */
    public enum Family {
        /** For values above 0. */
        BOX_COX {
            @Override double bend(double x, double lambda) { return power(x, lambda); }

            @Override double unbend(double z, double lambda) { return root(z, lambda); }

            @Override double logSlope(double x) { return Math.log(x); }
        },
        /** For all values. */
        YEO_JOHNSON {
            @Override double bend(double x, double lambda) { return x >= 0 ? power1p(x, lambda) : -power1p(-x, 2 - lambda); }

            @Override double unbend(double z, double lambda) { return z >= 0 ? root1p(z, lambda) : -root1p(-z, 2 - lambda); }

            @Override double logSlope(double x) { return Math.signum(x) * Math.log1p(Math.abs(x)); }
        };

        abstract double bend(double x, double lambda);

        abstract double unbend(double z, double lambda);

        /** The slope's logarithm is {@code (lambda - 1)} times this. */
        abstract double logSlope(double x);

        private static double power(double x, double lambda) {
            return lambda == 0 ? Math.log(x) : Math.expm1(lambda * Math.log(x)) / lambda;
        }

        private static double root(double z, double lambda) { return Math.exp(lambda == 0 ? z : Math.log1p(lambda * z) / lambda); }

        /** {@link #power} at {@code 1 + x}, exact for small x. */
        private static double power1p(double x, double lambda) {
            return lambda == 0 ? Math.log1p(x) : Math.expm1(lambda * Math.log1p(x)) / lambda;
        }

        private static double root1p(double z, double lambda) { return Math.expm1(lambda == 0 ? z : Math.log1p(lambda * z) / lambda); }
    }

    public PowerTransformer {
        Objects.requireNonNull(family, "family");
        lambdas = List.copyOf(lambdas);
        for (double lambda : lambdas)
            if (!Double.isFinite(lambda)) throw new IllegalArgumentException("PowerTransformer: lambda is " + lambda + "; it is finite");
    }

    public PowerTransformer() { this(Family.YEO_JOHNSON, List.of(), true); }

    @Override public Set<Tag> tags() { return family == Family.BOX_COX ? Set.of(Tag.POSITIVE_ONLY) : Set.of(); }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        int p = input.columns();
        double[] w = input.weights(weights), values = input.x().toDoubleArray(), found = new double[p];
        checkPositive(family, values, p);
        if (!lambdas.isEmpty() && lambdas.size() != p)
            throw new IllegalArgumentException("PowerTransformer.fit: " + lambdas.size() + " lambdas for " + p + " columns");
        for (int j = 0; j < p; j++)
            found[j] = lambdas.isEmpty() ? new Likelihood(family, input.x().select(1, j).toDoubleArray(), w).best() : lambdas.get(j);
        var bent = bent(family, found, values);
        return new Fitted(family, found,
                standardise ? new StandardScaler().fit(Tensor.of(bent, input.rows(), p), null, Tensor.of(w)) : null);
    }

    private static void checkPositive(Family family, double[] values, int p) {
        if (family == Family.BOX_COX) for (int i = 0; i < values.length; i++)
            if (!(values[i] > 0)) throw new IllegalArgumentException("PowerTransformer: x is " + values[i] + " at row " + i / p
                    + ", column " + i % p + "; Box-Cox takes values above 0, YEO_JOHNSON all");
    }

    private static double[] bent(Family family, double[] lambdas, double[] values) {
        var bent = new double[values.length];
        for (int i = 0; i < bent.length; i++) bent[i] = family.bend(values[i], lambdas[i % lambdas.length]);
        return bent;
    }

    /** The normal log-likelihood of a bent column, over its weight. */
    private record Likelihood(Family family, double[] x, double[] w) {
        double at(double lambda) {
            double total = 0, mean = 0, square = 0, slope = 0;
            for (int i = 0; i < x.length; i++) {
                if (w[i] == 0) continue;
                double z = family.bend(x[i], lambda), d = z - mean;
                total += w[i];
                mean += d * w[i] / total;
                square += w[i] * d * (z - mean);
                slope += w[i] * family.logSlope(x[i]);
            }
            double variance = square / total;
            return variance >= Double.MIN_NORMAL && Double.isFinite(variance) ? -Math.log(variance) / 2 + (lambda - 1) * slope / total
                    : Double.NEGATIVE_INFINITY;
        }

        private boolean isConstant() {
            double first = Double.NaN;
            for (int i = 0; i < x.length; i++) if (w[i] > 0) {
                if (Double.isNaN(first)) first = x[i];
                if (x[i] != first) return false;
            }
            return true;
        }

        /** Golden section, in a bracket that grows while its better end beats its middle; 1 for a constant column. */
        double best() {
            if (isConstant()) return 1;
            double low = -2, high = 2;
            for (int i = 0; i < 8; i++) {
                double middle = at((low + high) / 2), width = high - low;
                if (at(low) > middle) low -= width;
                else if (at(high) > middle) high += width;
                else break;
            }
            double golden = (Math.sqrt(5) - 1) / 2, a = high - golden * (high - low), b = low + golden * (high - low), fa = at(a),
                    fb = at(b);
            while (high - low > 1e-9 * Math.max(1, Math.abs(low))) {
                if (fa >= fb) {
                    high = b;
                    b = a;
                    fb = fa;
                    fa = at(a = high - golden * (high - low));
                } else {
                    low = a;
                    a = b;
                    fa = fb;
                    fb = at(b = low + golden * (high - low));
                }
            }
            return (low + high) / 2;
        }
    }

    /** @param lambdas one a column @param scale after the power, or {@code null} */
    public record Fitted(Family family, double[] lambdas, StandardScaler.Fitted scale) implements FittedTransformer {
        @Override public int nFeatures() { return lambdas.length; }

        @Override public int nOutputs() { return lambdas.length; }

        @Override public Tensor transform(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x();
            double[] values = rows.toDoubleArray();
            checkPositive(family, values, lambdas.length);
            var bent = Tensor.of(bent(family, lambdas, values), rows.size(0), lambdas.length);
            return (scale == null ? bent : scale.transform(bent)).to(rows.dtype());
        }

        @Override public boolean isInvertible() { return true; }

        @Override public Tensor inverse(Tensor z) {
            var bent = z.to(DType.F64);
            double[] values = (scale == null ? bent : scale.inverse(bent)).toDoubleArray();
            for (int i = 0; i < values.length; i++) values[i] = family.unbend(values[i], lambdas[i % lambdas.length]);
            return Tensor.of(values, z.size(0), lambdas.length).to(z.dtype());
        }
    }
}
