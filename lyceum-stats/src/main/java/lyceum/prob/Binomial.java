package lyceum.prob;

import lyceum.math.Incomplete;
import lyceum.math.SaddlePoint;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The binomial distribution: successes in independent trials.
 *
 * @param trials at least 0; 1 makes it the {@link Bernoulli} distribution
 * @param probability of a success, in [0, 1]
 */
public record Binomial(long trials, double probability) implements UnivariateDistribution {
    public Binomial {
        if (trials < 0) throw new IllegalArgumentException("Binomial: trials is " + trials + "; it cannot be negative");
        Arguments.probability("Binomial", "probability", probability);
    }

    /** Maximum likelihood: successes over trials. @param successes at least one number, whole and from 0 to {@code trials} */
    public static Binomial fit(long trials, double... successes) {
        if (successes.length == 0 || trials < 1) throw new IllegalArgumentException(
                "fit: " + successes.length + " counts of " + trials + " trials; there is at least one of each");
        double sum = 0;
        for (double s : successes) {
            if (!(s >= 0 && s <= trials) || s != Math.rint(s))
                throw new IllegalArgumentException("fit: " + s + " successes in " + trials + " trials; they are whole and from 0 to that");
            sum += s;
        }
        return new Binomial(trials, sum / successes.length / trials);
    }

    /** {@code log choose(n, k) + k z - n softplus(z)}, differentiable in the logits z; shapes broadcast. */
    public static Tensor logMass(long trials, Tensor logits, Tensor k) {
        var x = k.to(Elementwise.type(logits));
        return x.mul(logits).sub(logits.softplus().mul((double) trials))
                .add(Elementwise.map(x.detach(), v -> Incomplete.logChoose(trials, v)));
    }

    @Override public double logDensity(double k) {
        if (k != k) return k;
        if (k < 0 || k > trials || k != Math.rint(k)) return Double.NEGATIVE_INFINITY;
        if (probability == 0) return k == 0 ? 0 : Double.NEGATIVE_INFINITY;
        if (probability == 1) return k == trials ? 0 : Double.NEGATIVE_INFINITY;
        return SaddlePoint.logBinomial(k, trials - k, probability, 1 - probability);
    }

    @Override public double cdf(double k) {
        double j = Math.floor(k);
        if (k != k) return k;
        if (j < 0) return 0;
        return j >= trials ? 1 : Incomplete.beta(trials - j, j + 1, 1 - probability, probability);
    }

    @Override public double survival(double k) {
        double j = Math.floor(k);
        if (k != k) return k;
        if (j < 0) return 1;
        return j >= trials ? 0 : Incomplete.beta(j + 1, trials - j, probability, 1 - probability);
    }

    @Override public double quantile(double p) {
        Arguments.probability("quantile", "p", p);
        double z = Incomplete.normalQuantile(p), skew = 1 - 2 * probability;
        return DiscreteSearch.quantile(this, p == 0 || p == 1 ? 0 : mean() + standardDeviation() * z + skew * (z * z - 1) / 6, p);
    }

    @Override public double mean() { return trials * probability; }

    @Override public double variance() { return trials * probability * (1 - probability); }

    /** By summation: about {@code 20 sqrt(variance)} terms. */
    @Override public double entropy() { return DiscreteSearch.entropy(this); }

    @Override public double low() { return 0; }

    @Override public double high() { return trials; }

    @Override public boolean isDiscrete() { return true; }

    /** Inversion for small means, else transformed rejection (Hoermann 1993, BTRS). */
    @Override public double sample(Rng rng) {
        if (probability > 0.5) return trials - new Binomial(trials, 1 - probability).sample(rng);
        return mean() < 10 ? byWaiting(rng) : byRejection(rng);
    }

    /** Geometric waiting times between successes: about {@code mean} draws. */
    private double byWaiting(Rng rng) {
        if (probability == 0) return 0;
        double logFail = Math.log1p(-probability), position = 0;
        long k = 0;
        while (true) {
            position += Math.floor(Math.log(rng.nextDoublePositive()) / logFail) + 1;
            if (position > trials) return k;
            k++;
        }
    }

    private double byRejection(Rng rng) {
        double n = trials, p = probability, spread = Math.sqrt(n * p * (1 - p));
        double b = 1.15 + 2.53 * spread, a = -0.0873 + 0.0248 * b + 0.01 * p, c = n * p + 0.5, vr = 0.92 - 4.2 / b,
                alpha = (2.83 + 5.1 / b) * spread;
        double atMode = logDensity(Math.floor((n + 1) * p));
        while (true) {
            double u = rng.nextDouble() - 0.5, v = rng.nextDoublePositive(), us = 0.5 - Math.abs(u);
            double k = Math.floor((2 * a / us + b) * u + c);
            if (us >= 0.07 && v <= vr) return k;
            if (k < 0 || k > n) continue;
            if (Math.log(v * alpha / (a / (us * us) + b)) <= logDensity(k) - atMode) return k;
        }
    }
}
