package lyceum.bayes;

import java.util.Arrays;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.prob.Distribution;
import lyceum.prob.ExponentialFamily;
import lyceum.prob.Gamma;
import lyceum.prob.Multinomial;
import lyceum.prob.NaturalPrior;

/** Count, sum of the statistic, and sum of {@code log h}; each sum with what its rounding lost (Neumaier 1974). */
final class SummedStatistics<D extends Distribution> implements SufficientStatistics<D> {

    /** {@code log p(x) = natural . statistic(x) - partition + base(x)}. @param family may be null */
    private record Form<D>(String name, int dimensions, int size, UnaryOperator<double[]> statistic, ToDoubleFunction<double[]> base,
            Function<D, double[]> natural, ToDoubleFunction<double[]> partition, Function<double[], D> fit, ExponentialFamily<?> family) {}

    private final Form<D> form;
    private final double[] sums, lost;
    private long count;

    private SummedStatistics(Form<D> form) {
        this.form = form;
        sums = new double[form.size + 1];
        lost = new double[form.size + 1];
    }

    static <D extends Distribution> SummedStatistics<D> of(String name, int dimensions, ExponentialFamily<D> family) {
        return new SummedStatistics<>(new Form<>(name, dimensions, family.size(), family::statistic, family::logBase, family::natural,
                family::logPartition, mean -> family.distribution(family.fit(mean)), family));
    }

    static SummedStatistics<Multinomial> multinomial(int outcomes, long trials) {
        return new SummedStatistics<>(new Form<>("multinomial", outcomes, outcomes, x -> x, x -> {
            double n = 0, log = 0;
            for (double k : x) log += k >= 0 && k == Math.rint(k) ? Incomplete.logChoose(n += k, k) : Double.NaN;
            return n == trials ? log : Double.NEGATIVE_INFINITY;
        }, m -> Arrays.stream(m.probabilities()).map(Math::log).toArray(), eta -> 0, mean -> new Multinomial(trials, mean), null));
    }

    @Override public long count() { return count; }

    @Override public void add(double... x) {
        if (x.length != form.dimensions)
            throw new ShapeException("add: a point of " + x.length + " numbers; the " + form.name + " family has " + form.dimensions);
        double base = form.base.applyAsDouble(x);
        double[] t = form.statistic.apply(x);
        boolean finite = base > Double.NEGATIVE_INFINITY;
        for (double v : t) finite &= Double.isFinite(v);
        if (!finite) throw new IllegalArgumentException(
                "add: " + Arrays.toString(x) + " is not possible, or at the edge, in the " + form.name + " family");
        for (int i = 0; i < t.length; i++) plus(i, t[i]);
        plus(t.length, base);
        count++;
    }

    private void plus(int i, double v) {
        double sum = sums[i] + v;
        lost[i] += Math.abs(sums[i]) >= Math.abs(v) ? sums[i] - sum + v : v - sum + sums[i];
        sums[i] = sum;
    }

    private double sum(int i) { return sums[i] + lost[i]; }

    private double[] total() {
        var total = new double[form.size];
        for (int i = 0; i < total.length; i++) total[i] = sum(i);
        return total;
    }

    @Override public SummedStatistics<D> merge(SufficientStatistics<D> other) {
        if (!(other instanceof SummedStatistics<D> o && o.form.name.equals(form.name) && o.form.size == form.size))
            throw new IllegalArgumentException("merge: " + this + " and " + other + " are not of one family");
        var both = new SummedStatistics<>(form);
        for (int i = 0; i < sums.length; i++) {
            both.sums[i] = sums[i];
            both.plus(i, o.sums[i]);
            both.lost[i] += lost[i] + o.lost[i];
        }
        both.count = count + o.count;
        return both;
    }

    @Override public double[] values() {
        var values = new double[sums.length + 1];
        values[0] = count;
        for (int i = 0; i < sums.length; i++) values[i + 1] = sum(i);
        return values;
    }

    @Override public SummedStatistics<D> restore(double... values) {
        if (values.length != sums.length + 1)
            throw new ShapeException("restore: " + values.length + " values; " + form.name + " statistics have " + (sums.length + 1));
        var restored = new SummedStatistics<>(form);
        restored.count = (long) values[0];
        System.arraycopy(values, 1, restored.sums, 0, sums.length);
        return restored;
    }

    @Override public D maximumLikelihood() {
        if (count == 0) throw new IllegalArgumentException("maximumLikelihood: no points; at least one is needed");
        return form.fit.apply(Arrays.stream(total()).map(t -> t / count).toArray());
    }

    @Override public double logLikelihood(D member) {
        double[] eta = form.natural.apply(member), total = total();
        double log = sum(form.size) - count * form.partition.applyAsDouble(eta);
        // 0 log 0 = 0: a parameter that is never used may be infinite, and a statistic that is never weighed
        for (int i = 0; i < eta.length; i++) if (eta[i] != 0 && total[i] != 0) log += eta[i] * total[i];
        return log;
    }

    @SuppressWarnings("unchecked")
    @Override public <P extends ConjugatePrior<P>> P posterior(P prior) {
        double[] total = total();
        ConjugatePrior<?> after = switch (prior) {
            case ProbabilityPrior p when form.name.equals("Bernoulli") -> p.update(new double[] {total[0], count});
            case PoissonRatePrior p when form.name.equals("Poisson") ->
                    new PoissonRatePrior(new Gamma(p.prior().shape() + total[0], p.prior().rate() + count));
            case ExponentialRatePrior p when form.name.equals("exponential") ->
                    new ExponentialRatePrior(new Gamma(p.prior().shape() + count, p.prior().rate() + total[0]));
            case ProbabilitiesPrior p when form.name.equals("multinomial") && p.prior().dimensions() == form.size -> p.update(total);
            case ProbabilitiesPrior p when form.name.equals("categorical") && p.prior().dimensions() == form.size + 1 -> {
                double[] counts = Arrays.copyOf(total, form.size + 1);
                counts[form.size] = count - Arrays.stream(total).sum();
                yield p.update(counts);
            }
            default -> throw new IllegalArgumentException("posterior: " + prior + " is not a prior of the " + form.name + " family");
        };
        return (P) after;
    }

    @Override public NaturalPrior posterior(NaturalPrior prior) {
        if (form.family == null || prior.family().size() != form.size || !prior.family().toString().equals(form.family.toString()))
            throw new IllegalArgumentException("posterior: a prior of " + prior.family() + " for the " + form.name + " family");
        double[] total = total(), before = prior.total();
        for (int i = 0; i < total.length; i++) total[i] += before[i];
        return new NaturalPrior(prior.family(), total, prior.count() + count);
    }

    @Override public String toString() { return form.name + Arrays.toString(values()); }
}
