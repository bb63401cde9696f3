package lyceum.tensor;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * The number that logits are divided by before a softmax: {@code p_i = exp(z_i / T) / sum_j exp(z_j / T)}.
 *
 * <p>Below 1 it sharpens, above 1 it flattens, and both ends are exact: 0 shares the whole among the largest logits, infinity shares it equally
 * among all that are not {@code -inf}. Entropies are in nats.
 *
 * {@snippet :
 * var t = Temperature.forPerplexity(logits, 8);           // as uncertain as a fair choice among eight
 * int[] tokens = t.sample(logits, 100, rng);
 * }
 *
 * @param value the temperature: at least 0, may be infinite
 * @see <a href="https://doi.org/10.1207/s15516709cog0901_7">Ackley, Hinton and Sejnowski (1985)</a>
 */
public record Temperature(double value) {

    /** @throws IllegalArgumentException if the value is negative or NaN */
    public Temperature {
        if (!(value >= 0))
            throw new IllegalArgumentException("softmax: temperature is " + value + "; it is at least 0, which means the largest logit");
    }

    /** Shares along {@code axis}: {@link Tensor#softmax(int)} of {@link #logits}. */
    public Tensor shares(Tensor logits, int axis) { return logits(logits, axis).softmax(axis); }

    /**
     * What goes into a softmax along {@code axis}, or to the next step of a sampler: {@code z / T}; at 0 it is 0 where z is largest and
     * {@code -inf} elsewhere, at infinity it is 0 wherever z is finite. The two ends have no gradient. Where {@code z / T} would overflow, the
     * row's largest logit is taken off first.
     */
    public Tensor logits(Tensor logits, int axis) {
        var z = logits.to(logits.dtype().toFloat());
        int a = z.shape().axis("softmax", axis);
        if (value == Double.POSITIVE_INFINITY) {
            var x = z.detach();
            return x.isFinite().where(x.zerosLike(), x);
        }
        if (value == 0) {
            var below = shifted(z.detach(), a);
            return below.lt(0).where(Tensor.full(z.dtype(), Double.NEGATIVE_INFINITY), below);
        }
        var divided = z.div(value);
        if (value >= 1) return divided;
        return divided.detach().max(a, true).isFinite().where(divided, shifted(z, a).div(value));
    }

    private static Tensor shifted(Tensor z, int axis) {
        var top = z.detach().max(axis, true);
        return z.sub(top.isFinite().where(top, top.zerosLike()));
    }

    /** Entropy of the shares of each row along {@code axis}, in nats: {@code -sum p log p}. */
    public Tensor entropy(Tensor logits, int axis) {
        var p = shares(logits, axis);
        return p.eq(0).where(p.zerosLike(), p.mul(p.log())).sum(axis).neg();
    }

    /** {@code exp} of the entropy: the number of equally likely outcomes that would be as uncertain. */
    public Tensor perplexity(Tensor logits, int axis) { return entropy(logits, axis).exp(); }

    /**
     * Draws {@code count} places of a vector of logits, each with the probability of its share.
     *
     * @throws IllegalArgumentException if the logits hold NaN, {@code +inf}, or nothing but {@code -inf}
     */
    public int[] sample(Tensor logits, int count, Rng rng) {
        var upTo = shares(vector(logits), 0).toDoubleArray();
        for (int i = 1; i < upTo.length; i++) upTo[i] += upTo[i - 1];
        double total = upTo[upTo.length - 1];
        var drawn = new int[count];
        for (int k = 0; k < count; k++) {
            double u = total * rng.nextDouble();
            int low = 0, high = upTo.length - 1; // the first place whose shares, with all before it, exceed u
            while (low < high) {
                int mid = (low + high) >>> 1;
                if (upTo[mid] > u) high = mid;
                else low = mid + 1;
            }
            drawn[k] = low;
        }
        return drawn;
    }

    /**
     * The temperature at which a vector of logits has this entropy. There is one, since {@code dH/dT = Var_p(z) / T^3}. The two limits are
     * answered by 0 and infinity.
     *
     * @param nats between the logarithms of the number of largest logits and of all that are not {@code -inf}
     * @throws IllegalArgumentException if the entropy lies outside, or the logits hold NaN, {@code +inf}, or nothing but {@code -inf}
     */
    public static Temperature forEntropy(Tensor logits, double nats) {
        var z = Arrays.stream(vector(logits).toDoubleArray()).filter(v -> v != Double.NEGATIVE_INFINITY).toArray();
        double top = Arrays.stream(z).max().getAsDouble();
        for (int i = 0; i < z.length; i++) z[i] -= top;
        double least = Math.log(Arrays.stream(z).filter(v -> v == 0).count()), most = Math.log(z.length);
        if (nats == least) return new Temperature(0);
        if (nats == most) return new Temperature(Double.POSITIVE_INFINITY);
        if (!(nats > least && nats < most)) throw new IllegalArgumentException(
                "Temperature.forEntropy: " + nats + " nats; these " + z.length + " logits reach " + least + " to " + most);
        // Halving the interval of log T, which is where the curve is about as steep everywhere.
        double low = -1, high = 1;
        while (entropy(z, Math.exp(low)) > nats) low *= 2;
        while (entropy(z, Math.exp(high)) < nats && high < 1024) high *= 2;
        for (double mid = (low + high) / 2; mid > low && mid < high; mid = (low + high) / 2) {
            if (entropy(z, Math.exp(mid)) < nats) low = mid;
            else high = mid;
        }
        return new Temperature(Math.exp(high));
    }

    /** The temperature at which a vector of logits has this perplexity. @see #forEntropy */
    public static Temperature forPerplexity(Tensor logits, double perplexity) { return forEntropy(logits, Math.log(perplexity)); }

    /** {@code log sum exp(z / T) - mean of z / T}, of logits of which the largest is 0. */
    private static double entropy(double[] z, double t) {
        double sum = 0, weighted = 0;
        for (double v : z) {
            double e = Math.exp(v / t);
            sum += e;
            if (e != 0) weighted += e * (v / t);
        }
        return Math.log(sum) - weighted / sum;
    }

    private static Tensor vector(Tensor logits) {
        if (logits.rank() != 1) throw new IllegalArgumentException("Temperature: logits of shape " + logits.shape() + "; one row is meant");
        var x = logits.detach();
        if (x.count() == 0 || x.max().isFinite().item() == 0) throw new IllegalArgumentException(
                "Temperature: the largest of the logits is " + (x.count() == 0 ? "missing" : x.max().item()) + "; it is a finite number");
        return x;
    }
}
