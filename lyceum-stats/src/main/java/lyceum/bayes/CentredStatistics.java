package lyceum.bayes;

import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.Function;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.prob.Distribution;
import lyceum.prob.ExponentialFamily;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.NaturalPrior;
import lyceum.prob.Normal;
import lyceum.tensor.Tensor;

/** Count, mean and products about the mean of normal data (Welford 1962; merged as Chan, Golub and LeVeque 1983). */
final class CentredStatistics<D extends Distribution> implements SufficientStatistics<D> {

    /** A member as mean and covariance, and back. */
    private record Form<D>(int dimensions, BiFunction<double[], double[][], D> member, Function<D, double[]> mean,
            Function<D, double[][]> covariance, ExponentialFamily<?> family) {}

    private final Form<D> form;
    private final double[] mean;
    private final double[][] products;
    private long count;

    private CentredStatistics(Form<D> form) {
        this.form = form;
        mean = new double[form.dimensions];
        products = new double[form.dimensions][form.dimensions];
    }

    static CentredStatistics<Normal> normal() {
        return new CentredStatistics<>(new Form<>(1, (m, c) -> new Normal(m[0], Math.sqrt(c[0][0])), n -> new double[] {n.mean()},
                n -> new double[][] {{n.variance()}}, ExponentialFamily.NORMAL));
    }

    static CentredStatistics<MultivariateNormal> multivariate(int dimensions) {
        return new CentredStatistics<>(new Form<>(dimensions, MultivariateNormal::new, MultivariateNormal::mean,
                MultivariateNormal::covariance, ExponentialFamily.multivariateNormal(dimensions)));
    }

    @Override public long count() { return count; }

    @Override public void add(double... x) {
        int d = mean.length;
        if (x.length != d) throw new ShapeException("add: a point of " + x.length + " numbers; it has " + d);
        for (double v : x) if (!Double.isFinite(v)) throw new IllegalArgumentException("add: a point holds " + v + "; numbers are finite");
        var away = new double[d];
        for (int i = 0; i < d; i++) away[i] = x[i] - mean[i];
        meet(1, away, null);
    }

    @Override public CentredStatistics<D> merge(SufficientStatistics<D> other) {
        if (!(other instanceof CentredStatistics<D> o && o.mean.length == mean.length))
            throw new IllegalArgumentException("merge: " + this + " and " + other + " are not of one family");
        var both = restore(values());
        if (o.count == 0) return both;
        var away = new double[mean.length];
        for (int i = 0; i < away.length; i++) away[i] = o.mean[i] - mean[i];
        both.meet(o.count, away, o.products);
        return both;
    }

    /** Others whose mean lies so far away from this one. @param theirs null for zeros */
    private void meet(long others, double[] away, double[][] theirs) {
        double total = count + others, weight = count / total * others;
        for (int i = 0; i < mean.length; i++) {
            mean[i] += away[i] * (others / total);
            for (int j = 0; j < mean.length; j++) products[i][j] += weight * away[i] * away[j] + (theirs == null ? 0 : theirs[i][j]);
        }
        count += others;
    }

    @Override public double[] values() {
        int d = mean.length, at = d + 1;
        double[] values = new double[1 + d + d * (d + 1) / 2];
        values[0] = count;
        System.arraycopy(mean, 0, values, 1, d);
        for (int i = 0; i < d; i++) for (int j = 0; j <= i; j++) values[at++] = products[i][j];
        return values;
    }

    @Override public CentredStatistics<D> restore(double... values) {
        int d = mean.length, at = d + 1;
        if (values.length != 1 + d + d * (d + 1) / 2) throw new ShapeException(
                "restore: " + values.length + " values; normal statistics in " + d + " dimensions have " + (1 + d + d * (d + 1) / 2));
        var restored = new CentredStatistics<>(form);
        restored.count = (long) values[0];
        System.arraycopy(values, 1, restored.mean, 0, d);
        for (int i = 0; i < d; i++) for (int j = 0; j <= i; j++) restored.products[i][j] = restored.products[j][i] = values[at++];
        return restored;
    }

    @Override public D maximumLikelihood() {
        if (count == 0) throw new IllegalArgumentException("maximumLikelihood: no points; at least one is needed");
        var covariance = new double[mean.length][];
        for (int i = 0; i < mean.length; i++) covariance[i] = Arrays.stream(products[i]).map(v -> v / count).toArray();
        return form.member.apply(mean.clone(), covariance);
    }

    /** {@code -n/2 (d log 2 pi + log |S|) - 1/2 tr S^-1 (products + n a a')} with a from mean to mean. */
    @Override public double logLikelihood(D member) {
        int d = mean.length;
        double[] at = form.mean.apply(member);
        var spread = Cholesky.of(Tensor.of(form.covariance.apply(member)));
        var about = new double[d][d];
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) about[i][j] = products[i][j] + count * (mean[i] - at[i]) * (mean[j] - at[j]);
        double[][] solved = spread.solve(Tensor.of(about)).toRows();
        double trace = 0;
        for (int i = 0; i < d; i++) trace += solved[i][i];
        return -0.5 * (count * (d * Math.log(2 * Math.PI) + spread.logDet()) + trace);
    }

    @SuppressWarnings("unchecked")
    @Override public <P extends ConjugatePrior<P>> P posterior(P prior) {
        ConjugatePrior<?> after = switch (prior) {
            case NormalMeanPrior p when mean.length == 1 -> p.after(count, mean[0]);
            case NormalInverseGamma p when mean.length == 1 -> p.after(count, mean[0], products[0][0]);
            case NormalInverseWishart p when mean.length == p.mean().length -> p.after(count, mean, products);
            default -> throw new IllegalArgumentException(
                    "posterior: " + prior + " is not a prior of normal data in " + mean.length + " dimensions");
        };
        return (P) after;
    }

    @Override public NaturalPrior posterior(NaturalPrior prior) {
        if (prior.family() != form.family && !(mean.length > 1 && prior.family().size() == form.family.size()))
            throw new IllegalArgumentException(
                    "posterior: a prior of another family than the normal one in " + mean.length + " dimensions");
        double[] total = prior.total();
        int d = mean.length, at = d;
        for (int i = 0; i < d; i++) {
            total[i] += count * mean[i];
            for (int j = i; j < d; j++) total[at++] += products[i][j] + count * mean[i] * mean[j];
        }
        return new NaturalPrior(prior.family(), total, prior.count() + count);
    }

    @Override public String toString() { return "normal" + Arrays.toString(values()); }
}
