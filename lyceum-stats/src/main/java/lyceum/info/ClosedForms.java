package lyceum.info;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleBiFunction;
import lyceum.math.Incomplete;
import lyceum.math.Special;
import lyceum.prob.Bernoulli;
import lyceum.prob.Beta;
import lyceum.prob.Binomial;
import lyceum.prob.Categorical;
import lyceum.prob.ChiSquare;
import lyceum.prob.Dirichlet;
import lyceum.prob.Distribution;
import lyceum.prob.Exponential;
import lyceum.prob.Gamma;
import lyceum.prob.Geometric;
import lyceum.prob.InverseGamma;
import lyceum.prob.Laplace;
import lyceum.prob.LogNormal;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.Uniform;
import lyceum.prob.Weibull;

/**
 * KL divergences that have a formula, by pair of families. {@link #STANDARD} has those of Lyceum; {@link #with} adds your own.
 */
public final class ClosedForms {
    private static final double EULER = 0.57721566490153286061;

    private record Pair(Class<?> p, Class<?> q) {}

    private final Map<Pair, ToDoubleBiFunction<Distribution, Distribution>> forms;

    private ClosedForms(Map<Pair, ToDoubleBiFunction<Distribution, Distribution>> forms) { this.forms = forms; }

    /**
     * Normal, multivariate normal, categorical, Dirichlet, gamma (with exponential and chi-square), beta, Poisson, binomial, uniform, log-normal,
     * Bernoulli, inverse gamma, Laplace, Weibull, geometric.
     */
    public static final ClosedForms STANDARD = new ClosedForms(Map.of()).with(Normal.class, Normal.class, ClosedForms::normal)
            .with(MultivariateNormal.class, MultivariateNormal.class, (p, q) -> Math.max(0, p.klDivergence(q)))
            .with(Categorical.class, Categorical.class, (p, q) -> Divergences.kl(p.probabilities(), q.probabilities()))
            .with(Dirichlet.class, Dirichlet.class, ClosedForms::dirichlet).with(Gamma.class, Gamma.class, ClosedForms::gamma)
            .with(Exponential.class, Exponential.class, (p, q) -> gamma(asGamma(p), asGamma(q)))
            .with(Exponential.class, Gamma.class, (p, q) -> gamma(asGamma(p), q))
            .with(Gamma.class, Exponential.class, (p, q) -> gamma(p, asGamma(q)))
            .with(ChiSquare.class, ChiSquare.class, (p, q) -> gamma(asGamma(p), asGamma(q)))
            .with(Beta.class, Beta.class, (p, q) -> dirichlet(new Dirichlet(p.alpha(), p.beta()), new Dirichlet(q.alpha(), q.beta())))
            .with(Poisson.class, Poisson.class, (p, q) -> Incomplete.klTerm(p.rate(), q.rate()))
            .with(Binomial.class, Binomial.class, ClosedForms::binomial)
            .with(Uniform.class, Uniform.class,
                    (p, q) -> p.low() < q.low() || p.high() > q.high() ? Double.POSITIVE_INFINITY : q.entropy() - p.entropy())
            .with(LogNormal.class, LogNormal.class, (p, q) -> normal(new Normal(p.mu(), p.sigma()), new Normal(q.mu(), q.sigma())))
            .with(Bernoulli.class, Bernoulli.class, (p, q) -> binomial(new Binomial(1, p.probability()), new Binomial(1, q.probability())))
            .with(InverseGamma.class, InverseGamma.class, (p, q) -> gamma(new Gamma(p.shape(), p.scale()), new Gamma(q.shape(), q.scale())))
            .with(Laplace.class, Laplace.class, ClosedForms::laplace).with(Weibull.class, Weibull.class, ClosedForms::weibull)
            .with(Geometric.class, Geometric.class, (p, q) -> (Incomplete.klTerm(p.probability(), q.probability())
                    + Incomplete.klTerm(1 - p.probability(), 1 - q.probability())) / p.probability());

    /** These and one more; a pair that is there already is replaced. */
    @SuppressWarnings("unchecked")
    public <P extends Distribution, Q extends Distribution> ClosedForms with(Class<P> p, Class<Q> q,
            ToDoubleBiFunction<P, Q> nats) {
        var more = new LinkedHashMap<>(forms);
        more.put(new Pair(p, q), (ToDoubleBiFunction<Distribution, Distribution>) (ToDoubleBiFunction<?, ?>) nats);
        return new ClosedForms(more);
    }

    /** {@code KL(p || q)} in nats, if there is a formula for the pair. */
    public OptionalDouble kl(Distribution p, Distribution q) {
        var form = forms.get(new Pair(p.getClass(), q.getClass()));
        return form == null ? OptionalDouble.empty() : OptionalDouble.of(form.applyAsDouble(p, q));
    }

    private static double normal(Normal p, Normal q) {
        double ratio = p.standardDeviation() / q.standardDeviation(), z = (p.mean() - q.mean()) / q.standardDeviation();
        // (v - 1 - log v) / 2 with v the ratio of variances, as the deviance of 1 from v
        return 0.5 * (Incomplete.klTerm(1, ratio * ratio) + z * z);
    }

    private static Gamma asGamma(Exponential e) { return new Gamma(1, e.rate()); }

    private static Gamma asGamma(ChiSquare c) { return new Gamma(c.degreesOfFreedom() / 2, 0.5); }

    /** The rates' part is a deviance, and the shapes' a Bregman divergence of lgamma; each is at least 0. */
    private static double gamma(Gamma p, Gamma q) {
        double shapes = (p.shape() - q.shape()) * Special.digamma(p.shape()) - Special.lgamma(p.shape()) + Special.lgamma(q.shape());
        // a2 log(b1/b2) + a1 (b2 - b1)/b1 + (a1 - a2) psi(a1) + ..., regrouped about the best rate for shape a2
        double mean = p.shape() * (q.rate() / p.rate());
        double rates = Incomplete.klTerm(q.shape(), mean) - (Incomplete.klTerm(q.shape(), p.shape()));
        return Math.max(0, shapes + rates);
    }

    private static double dirichlet(Dirichlet p, Dirichlet q) {
        double[] a = p.alpha(), b = q.alpha();
        if (a.length != b.length)
            throw new lyceum.ShapeException("kl: Dirichlet distributions over " + a.length + " and " + b.length + " outcomes");
        double sumA = 0, sumB = 0;
        for (int i = 0; i < a.length; i++) {
            sumA += a[i];
            sumB += b[i];
        }
        double common = Special.digamma(sumA), kl = Special.lgamma(sumA) - Special.lgamma(sumB);
        for (int i = 0; i < a.length; i++)
            kl += Special.lgamma(b[i]) - Special.lgamma(a[i]) + (a[i] - b[i]) * (Special.digamma(a[i]) - common);
        return Math.max(0, kl);
    }

    private static double laplace(Laplace p, Laplace q) {
        double away = Math.abs(p.location() - q.location()), ratio = p.scale() / q.scale();
        // E |X - m2| is |m1 - m2| + b1 exp(-|m1 - m2| / b1)
        return Math.max(0, ratio * Math.exp(-away / p.scale()) + away / q.scale() - 1 - Math.log(ratio));
    }

    private static double weibull(Weibull p, Weibull q) {
        double ratio = q.shape() / p.shape(), log = Math.log(p.scale() / q.scale());
        double power = Math.exp(q.shape() * log + Special.lgamma(1 + ratio));
        return Math.max(0, -Math.log(ratio) - q.shape() * log - EULER * (1 - ratio) + power - 1);
    }

    private static double binomial(Binomial p, Binomial q) {
        if (p.trials() > q.trials() && p.probability() > 0) return Double.POSITIVE_INFINITY;
        if (p.trials() != q.trials()) return Divergences.klByIntegration(p, q);
        return p.trials()
                * (Incomplete.klTerm(p.probability(), q.probability()) + Incomplete.klTerm(1 - p.probability(), 1 - q.probability()));
    }
}
