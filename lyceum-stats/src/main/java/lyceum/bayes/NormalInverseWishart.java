package lyceum.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.prob.InverseGamma;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.MultivariateStudentT;
import lyceum.prob.UnivariateDistribution;
import lyceum.prob.Wishart;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Of mean and covariance of normal vectors: the covariance is {@code Wishart.inverse(degreesOfFreedom, scale)}, and the mean, given it,
 * {@code N(mean, covariance / count)}. A point has d numbers.
 *
 * @param mean of the mean, (d)
 * @param count what it is worth in observations, positive
 * @param degreesOfFreedom of the covariance, above d - 1
 * @param scale of the covariance, (d x d), symmetric and positive definite
 */
public record NormalInverseWishart(double[] mean, double count, double degreesOfFreedom, double[][] scale)
        implements ConjugatePrior<NormalInverseWishart> {
    public NormalInverseWishart {
        if (mean.length != scale.length) throw new ShapeException(
                "NormalInverseWishart: the mean has " + mean.length + " entries but the scale " + scale.length + " rows");
        if (!(count > 0) || count == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("NormalInverseWishart: count is " + count + "; it must be positive and finite");
        mean = mean.clone();
        scale = Wishart.inverse(degreesOfFreedom, scale).scale();
    }

    @Override public double[] mean() { return mean.clone(); }

    @Override public double[][] scale() { return Arrays.stream(scale).map(double[]::clone).toArray(double[][]::new); }

    /** The distribution of the covariance. */
    public Wishart covariance() { return Wishart.inverse(degreesOfFreedom, scale); }

    @Override public NormalInverseWishart update(double[]... points) {
        int n = points.length, d = mean.length;
        if (n == 0) return this;
        var average = new double[d];
        var products = new double[d][d];
        for (var x : ConjugatePrior.checked("NormalInverseWishart", d, points)) for (int i = 0; i < d; i++) average[i] += x[i] / n;
        for (var x : points)
            for (int i = 0; i < d; i++) for (int j = 0; j <= i; j++) products[i][j] += (x[i] - average[i]) * (x[j] - average[j]);
        return after(n, average, products);
    }

    /** After n points with this average and these products about it, of which the lower triangle counts. */
    NormalInverseWishart after(long n, double[] average, double[][] products) {
        int d = mean.length;
        double total = count + n;
        double[] center = mean.clone();
        double[][] s = scale();
        for (int i = 0; i < d; i++) {
            center[i] += n * (average[i] - mean[i]) / total;
            for (int j = 0; j <= i; j++)
                s[i][j] = s[j][i] = s[i][j] + products[i][j] + count * n / total * (average[i] - mean[i]) * (average[j] - mean[j]);
        }
        return new NormalInverseWishart(center, total, degreesOfFreedom + n, s);
    }

    private double freedom() { return degreesOfFreedom - mean.length + 1; }

    @Override public MultivariateStudentT predictive() {
        double factor = (count + 1) / (count * freedom());
        return new MultivariateStudentT(freedom(), mean,
                Arrays.stream(scale).map(row -> Arrays.stream(row).map(v -> factor * v).toArray()).toArray(double[][]::new));
    }

    @Override public double logEvidence(double[]... points) {
        return update(points).logNormaliser() - logNormaliser() - points.length * mean.length / 2.0 * Math.log(Math.PI);
    }

    private double logNormaliser() {
        int d = mean.length;
        return Wishart.logGamma(degreesOfFreedom / 2, d) - degreesOfFreedom / 2 * Cholesky.of(Tensor.of(scale)).logDet()
                - d / 2.0 * Math.log(count);
    }

    /** Of the d means, Student's t, then of the d variances. */
    @Override public List<UnivariateDistribution> marginals() {
        var all = new ArrayList<UnivariateDistribution>();
        var means = new MultivariateStudentT(freedom(), mean,
                Arrays.stream(scale).map(row -> Arrays.stream(row).map(v -> v / (count * freedom())).toArray()).toArray(double[][]::new));
        for (int i = 0; i < mean.length; i++) all.add(means.marginal(i));
        for (int i = 0; i < mean.length; i++) all.add(new InverseGamma(freedom() / 2, scale[i][i] / 2));
        return all;
    }

    /** The normal distribution of a mean and a covariance drawn from it. */
    public MultivariateNormal sample(Rng rng) {
        double[][] s = covariance().sample(rng);
        double[][] spread = Arrays.stream(s).map(row -> Arrays.stream(row).map(v -> v / count).toArray()).toArray(double[][]::new);
        return new MultivariateNormal(new MultivariateNormal(mean, spread).sample(rng), s);
    }

    @Override public boolean equals(Object o) {
        return o instanceof NormalInverseWishart p && Arrays.equals(mean, p.mean) && count == p.count
                && degreesOfFreedom == p.degreesOfFreedom && Arrays.deepEquals(scale, p.scale);
    }

    @Override public int hashCode() { return 31 * Arrays.hashCode(mean) + Arrays.deepHashCode(scale); }

    @Override public String toString() {
        return "NormalInverseWishart[mean=" + Arrays.toString(mean) + ", count=" + count + ", degreesOfFreedom=" + degreesOfFreedom
                + ", scale=" + Arrays.deepToString(scale) + "]";
    }
}
