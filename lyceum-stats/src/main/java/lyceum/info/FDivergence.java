package lyceum.info;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.prob.Mixture;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;

/**
 * {@code D_f(P || Q) = sum q f(p / q)} for a convex f with {@code f(1) = 0} (Csiszár 1967; Ali and Silvey 1966): at least 0, jointly convex, and
 * never raised by sending both laws through one channel.
 *
 * {@snippet :
 * FDivergence.HELLINGER.of(p, q);                            // of two vectors of weights
 * FDivergence.alpha(0.5).of(new Normal(0, 1), new Normal(1, 1));
 * FDivergence.JENSEN_SHANNON.bound(p, q, witness);           // E_p T - E_q f*(T): never above the divergence
 * FDivergence.inequalities(p, q);                            // Pinsker and others, with both sides
 * }
 *
 * <p>In nats where a logarithm is meant. Total variation and Hellinger carry the factor 1/2, so that both lie between 0 and 1.
 *
 * @param name for messages and figures
 * @param f the generator, for arguments above 0
 * @param derivative of f, from the right where there are two
 * @param conjugate {@code f*(s) = sup over t >= 0 of s t - f(t)}; infinite where that is
 * @param atZero {@code f(0)}, the price of a unit of Q where P has none
 * @param slope {@code lim f(t) / t}, the price of a unit of P where Q has none
 * @see <a href="https://arxiv.org/abs/0809.0853">Nguyen, Wainwright and Jordan (2010)</a> the variational bound
 */
public record FDivergence(String name, DoubleUnaryOperator f, DoubleUnaryOperator derivative, DoubleUnaryOperator conjugate, double atZero,
        double slope) {
    private static final double INFINITY = Double.POSITIVE_INFINITY, LN2 = Math.log(2);

    /** {@code t log t}. */
    public static final FDivergence KL = new FDivergence("KL", t -> t * Math.log(t), t -> Math.log(t) + 1, s -> Math.exp(s - 1), 0,
            INFINITY);

    /** {@code -log t}: KL(Q || P). */
    public static final FDivergence REVERSE_KL = new FDivergence("reverse KL", t -> -Math.log(t), t -> -1 / t,
            s -> s < 0 ? -1 - Math.log(-s) : INFINITY, INFINITY, 0);

    /** The mean of the divergences of P and of Q from their mixture; at most log 2. */
    public static final FDivergence JENSEN_SHANNON = new FDivergence("Jensen-Shannon",
            t -> (t * Math.log(2 * t / (1 + t)) + Math.log(2 / (1 + t))) / 2, t -> Math.log(2 * t / (1 + t)) / 2,
            s -> 2 * s < LN2 ? -Math.log(2 - Math.exp(2 * s)) / 2 : INFINITY, LN2 / 2, LN2 / 2);

    /** {@code |t - 1| / 2}: the largest difference of the probabilities of an event. */
    public static final FDivergence TOTAL_VARIATION = new FDivergence("total variation", t -> Math.abs(t - 1) / 2, t -> t < 1 ? -0.5 : 0.5,
            s -> s <= 0.5 ? Math.max(s, -0.5) : INFINITY, 0.5, 0.5);

    /** {@code (t - 1)^2}, Pearson's. */
    public static final FDivergence CHI_SQUARE = new FDivergence("chi-square", t -> (t - 1) * (t - 1), t -> 2 * (t - 1),
            s -> s >= -2 ? s + s * s / 4 : -1, 1, INFINITY);

    /** {@code (sqrt t - 1)^2 / 2}, the square of Hellinger's distance. */
    public static final FDivergence HELLINGER = new FDivergence("squared Hellinger", t -> (Math.sqrt(t) - 1) * (Math.sqrt(t) - 1) / 2,
            t -> (1 - 1 / Math.sqrt(t)) / 2, s -> s < 0.5 ? s / (1 - 2 * s) : INFINITY, 0.5, 0.5);

    /** The six above. */
    public static final List<FDivergence> NAMED = List.of(KL, REVERSE_KL, JENSEN_SHANNON, TOTAL_VARIATION, CHI_SQUARE, HELLINGER);

    /**
     * {@code (t^a - 1 - a (t - 1)) / (a (a - 1))} (Cressie and Read 1984): half of chi-square at 2, four times squared Hellinger at 1/2, KL at 1 and
     * reverse KL at 0.
     */
    public static FDivergence alpha(double a) {
        if (!Double.isFinite(a)) throw new IllegalArgumentException("alpha: the order is " + a + "; it is a number");
        if (a == 0) return REVERSE_KL;
        if (a == 1) return KL;
        return new FDivergence("alpha " + a, t -> (Math.pow(t, a) - 1 - a * (t - 1)) / (a * (a - 1)),
                t -> (Math.pow(t, a - 1) - 1) / (a - 1), s -> {
                    double u = 1 + (a - 1) * s; // t^(a - 1) at the supremum
                    if (u > 0) return (Math.pow(u, a / (a - 1)) - 1) / a;
                    return a > 1 ? -1 / a : INFINITY;
                }, a > 0 ? 1 / a : INFINITY, a > 1 ? INFINITY : 1 / (1 - a));
    }

    /** Of two vectors of weights, each divided by its sum. May be infinite where one has mass and the other none. */
    public double of(double[] p, double[] q) {
        if (p.length != q.length) throw new ShapeException(name + ": vectors of " + p.length + " and " + q.length + " weights");
        double sumP = Entropy.Weights.sum(name, p), sumQ = Entropy.Weights.sum(name, q), sum = 0;
        for (int i = 0; i < p.length; i++) sum += term(p[i] / sumP, q[i] / sumQ);
        return Math.max(0, sum);
    }

    private double term(double p, double q) {
        if (q == 0) return p == 0 ? 0 : p * slope;
        return q * (p == 0 ? atZero : f.applyAsDouble(p / q));
    }

    /**
     * Of distributions, by summation or quadrature over their mixture, which has mass wherever one of them has. Where p exceeds q by more than
     * e^700, {@link Divergences#kl} is the better way to KL.
     */
    public double of(UnivariateDistribution p, UnivariateDistribution q) {
        if (p.isDiscrete() != q.isDiscrete()) return atZero + slope;
        if (slope == INFINITY && (p.low() < q.low() || p.high() > q.high())) return INFINITY;
        return Math.max(0, Quadrature.expectation(Mixture.of(p, q), x -> {
            double t = Math.exp(p.logDensity(x) - q.logDensity(x)); // q / m = 2 / (1 + t) of the mixture m
            return t == INFINITY ? 2 * slope : 2 / (1 + t) * (t == 0 ? atZero : f.applyAsDouble(t));
        }, 1e-13));
    }

    // The variational form: sup over T of E_P[T] - E_Q[f*(T)].

    /** The best witness, {@code f'(p / q)} of each outcome. */
    public double[] witness(double[] p, double[] q) {
        double sumP = Entropy.Weights.sum(name, p), sumQ = Entropy.Weights.sum(name, q);
        var t = new double[p.length];
        for (int i = 0; i < t.length; i++) t[i] = derivative.applyAsDouble(p[i] / sumP / (q[i] / sumQ));
        return t;
    }

    /** {@code E_p[T] - E_q[f*(T)]}: at most the divergence, and equal to it at {@link #witness}. */
    public double bound(double[] p, double[] q, double[] witness) {
        double sumP = Entropy.Weights.sum(name, p), sumQ = Entropy.Weights.sum(name, q), sum = 0;
        for (int i = 0; i < p.length; i++) {
            if (p[i] > 0) sum += p[i] / sumP * witness[i];
            if (q[i] > 0) sum -= q[i] / sumQ * conjugate.applyAsDouble(witness[i]);
        }
        return sum;
    }

    /**
     * A lower bound estimated from samples.
     *
     * @param value its estimate, without bias if the witness was not chosen on these samples
     * @param standardError of the estimate
     */
    public record Bound(double value, double standardError) {}

    /** {@code mean_p T - mean_q f*(T)}. @param p samples, a row each; at least 2 of each law */
    public Bound bound(ToDoubleFunction<double[]> witness, double[][] p, double[][] q) {
        if (p.length < 2 || q.length < 2)
            throw new ShapeException(name + ": " + p.length + " and " + q.length + " samples; at least 2 of each law");
        double[] a = meanAndVariance(p, witness), b = meanAndVariance(q, x -> conjugate.applyAsDouble(witness.applyAsDouble(x)));
        return new Bound(a[0] - b[0], Math.sqrt(a[1] / p.length + b[1] / q.length));
    }

    /** The same with {@code T = f'(r)} of an estimated ratio. Use samples that it was not fitted to. */
    public Bound bound(DensityRatio ratio, double[][] p, double[][] q) {
        return bound(x -> derivative.applyAsDouble(Math.exp(ratio.log(x))), p, q);
    }

    private static double[] meanAndVariance(double[][] x, ToDoubleFunction<double[]> f) {
        double mean = 0, square = 0;
        for (int i = 0; i < x.length; i++) {
            double off = f.applyAsDouble(x[i]) - mean;
            mean += off / (i + 1);
            square += off * off * i / (i + 1);
        }
        return new double[] {mean, square / (x.length - 1)};
    }

    /** A relation between divergences and both its sides for one pair. */
    public record Inequality(String name, double left, double right) {
        /** Whether {@code left <= right}, with room for rounding. */
        public boolean holds() { return left <= right + 1e-12 * Math.max(1, Math.abs(left)); }
    }

    /** Which divergence rules which, for a pair: Pinsker's inequality, Hellinger and total variation both ways, KL and chi-square. */
    public static List<Inequality> inequalities(double[] p, double[] q) {
        double tv = TOTAL_VARIATION.of(p, q), h2 = HELLINGER.of(p, q), kl = KL.of(p, q), chi2 = CHI_SQUARE.of(p, q);
        return List.of(new Inequality("TV <= sqrt(KL / 2)", tv, Math.sqrt(kl / 2)), new Inequality("H^2 <= TV", h2, tv),
                new Inequality("TV <= H sqrt(2 - H^2)", tv, Math.sqrt(h2 * (2 - h2))),
                new Inequality("KL <= log(1 + chi2)", kl, Math.log1p(chi2)));
    }
}
