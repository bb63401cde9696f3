package lyceum.bayes;

import java.util.Arrays;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The inverse of a mass matrix: an estimate of the target's covariance, by which its scales are undone.
 *
 * {@snippet :
 * var unit = InverseMass.unit(3);
 * var scales = InverseMass.diagonal(0.01, 1, 100);                  // variances
 * var full = InverseMass.dense(new double[][] {{1, 0.9}, {0.9, 1}});   // a covariance
 * }
 */
public final class InverseMass {
    /** Which inverse mass matrix warm-up estimates. */
    public enum Kind {
        /** The identity, for ever. */
        UNIT,
        /** The variances. */
        DIAGONAL,
        /** The whole covariance: d^2 work a step, for correlations that a diagonal cannot undo. */
        DENSE
    }

    private final double[] variances;
    /** Covariance and its lower factor; null where diagonal. */
    private final double[][] covariance, factor;

    private InverseMass(double[] variances, double[][] covariance, double[][] factor) {
        this.variances = variances;
        this.covariance = covariance;
        this.factor = factor;
    }

    /** The identity. */
    public static InverseMass unit(int dimensions) {
        var ones = new double[dimensions];
        Arrays.fill(ones, 1);
        return new InverseMass(ones, null, null);
    }

    /** @param variances positive: one over each mass */
    public static InverseMass diagonal(double... variances) {
        for (double v : variances)
            if (!(v > 0)) throw new IllegalArgumentException("InverseMass: a variance of " + v + "; they are positive");
        return new InverseMass(variances.clone(), null, null);
    }

    /** @param covariance positive definite: the inverse of the mass matrix */
    public static InverseMass dense(double[][] covariance) {
        double[][] copy = Arrays.stream(covariance).map(double[]::clone).toArray(double[][]::new);
        return new InverseMass(null, copy, Cholesky.of(Tensor.of(copy)).lower().toRows());
    }

    int dimensions() { return variances == null ? covariance.length : variances.length; }

    /** What momenta p make of the position in unit time: {@code M^-1 p}. */
    double[] velocity(double[] p) {
        var v = new double[p.length];
        for (int i = 0; i < v.length; i++) {
            if (covariance == null) v[i] = variances[i] * p[i];
            else for (int j = 0; j < v.length; j++) v[i] += covariance[i][j] * p[j];
        }
        return v;
    }

    /** {@code N(0, M)}: with {@code M^-1 = L L'}, the solution of {@code L' p = z}. */
    double[] momentum(int dimensions, Rng rng) {
        var p = new double[dimensions];
        for (int i = 0; i < dimensions; i++) p[i] = rng.nextGaussian();
        if (factor == null) {
            for (int i = 0; i < dimensions; i++) p[i] /= Math.sqrt(variances[i]);
            return p;
        }
        for (int i = dimensions - 1; i >= 0; i--) {
            for (int k = i + 1; k < dimensions; k++) p[i] -= factor[k][i] * p[k];
            p[i] /= factor[i][i];
        }
        return p;
    }

    /** {@code p' M^-1 p / 2}. */
    double kinetic(double[] p) { return dot(p, velocity(p)) / 2; }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
