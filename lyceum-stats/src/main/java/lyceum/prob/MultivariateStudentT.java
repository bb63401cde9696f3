package lyceum.prob;

import java.util.Arrays;
import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * Student's t distribution over vectors: a normal vector over the root of an independent chi-square variable per degree of freedom.
 *
 * @see <a href="https://doi.org/10.1017/CBO9780511550683">Kotz and Nadarajah (2004), Multivariate t Distributions and Their
 * Applications</a>
 */
public final class MultivariateStudentT implements MultivariateDistribution {
    private final double degreesOfFreedom;
    private final MultivariateNormal normal;

    /**
     * @param degreesOfFreedom positive
     * @param location (d)
     * @param scale (d x d), symmetric and positive definite; the covariance is {@code n / (n - 2)} times it
     */
    public MultivariateStudentT(double degreesOfFreedom, double[] location, double[][] scale) {
        this.degreesOfFreedom = Arguments.positive("MultivariateStudentT", "degrees of freedom", degreesOfFreedom);
        normal = new MultivariateNormal(location, scale);
    }

    public double degreesOfFreedom() { return degreesOfFreedom; }

    /** (d). A copy. */
    public double[] location() { return normal.mean(); }

    /** (d x d). A copy. */
    public double[][] scale() { return normal.covariance(); }

    @Override public int dimensions() { return normal.dimensions(); }

    /** One coordinate alone. */
    public StudentT marginal(int i) { return new StudentT(degreesOfFreedom, location()[i], Math.sqrt(scale()[i][i])); }

    private double logConstant() {
        double n = degreesOfFreedom, d = dimensions();
        return Special.lgamma((n + d) / 2) - Special.lgamma(n / 2) - 0.5 * (d * Math.log(n * Math.PI) + normal.logDeterminant());
    }

    @Override public double logDensity(double[] x) {
        double n = degreesOfFreedom;
        return logConstant() - (n + dimensions()) / 2 * Math.log1p(normal.squaredMahalanobis(x) / n);
    }

    /** NaN for at most one degree of freedom. */
    @Override public double[] mean() {
        double[] mean = location();
        if (degreesOfFreedom <= 1) Arrays.fill(mean, Double.NaN);
        return mean;
    }

    /** NaN for at most two degrees of freedom. */
    @Override public double[][] covariance() {
        double[][] c = scale();
        double factor = degreesOfFreedom > 2 ? degreesOfFreedom / (degreesOfFreedom - 2) : Double.NaN;
        for (var row : c) for (int j = 0; j < row.length; j++) row[j] *= factor;
        return c;
    }

    @Override public double entropy() {
        double n = degreesOfFreedom, sum = (n + dimensions()) / 2;
        return sum * (Special.digamma(sum) - Special.digamma(n / 2)) - logConstant();
    }

    @Override public double[] sample(Rng rng) {
        double half = degreesOfFreedom / 2, stretch = Math.exp(0.5 * (Math.log(half) - Gamma.logStandard(rng, half)));
        double[] x = normal.sample(rng), center = location();
        for (int i = 0; i < x.length; i++) x[i] = center[i] + stretch * (x[i] - center[i]);
        return x;
    }

    @Override public boolean equals(Object o) {
        return o instanceof MultivariateStudentT t && degreesOfFreedom == t.degreesOfFreedom && normal.equals(t.normal);
    }

    @Override public int hashCode() { return 31 * Double.hashCode(degreesOfFreedom) + normal.hashCode(); }

    @Override public String toString() {
        return "MultivariateStudentT[degreesOfFreedom=" + degreesOfFreedom + ", location=" + Arrays.toString(location()) + ", scale="
                + Arrays.deepToString(scale()) + "]";
    }
}
