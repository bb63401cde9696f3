package lyceum.train.uncertainty;

import lyceum.ShapeException;

/**
 * What a committee of class distributions does not know about one case, in nats, taken apart:
 *
 * <pre>
 * H[mean p_m]  =  mean H[p_m]  +  mean KL(p_m || mean p)
 *  total         aleatoric        epistemic
 * </pre>
 *
 * Aleatoric is noise that every member sees, epistemic what the members disagree about: the mutual information between the label and the choice of
 * member, which is the BALD score. Each part is summed on its own, so that their agreement means something; where members nearly agree the
 * divergences are the accurate ones, while the difference of entropies is left with rounding.
 *
 * @see <a href="https://arxiv.org/abs/1112.5745">Houlsby, Huszár, Ghahramani and Lengyel (2011)</a>
 */
public record PredictiveEntropy(double total, double aleatoric, double epistemic) {
    /** @param members class probabilities of each member (members x classes), equal weights */
    public static PredictiveEntropy of(double[]... members) {
        if (members.length == 0) throw new IllegalArgumentException("PredictiveEntropy: there are no members");
        int classes = members[0].length;
        var mean = new double[classes];
        for (var p : members) {
            if (p.length != classes)
                throw new ShapeException("PredictiveEntropy: members have " + classes + " and " + p.length + " classes");
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                if (!(p[c] >= 0)) throw new IllegalArgumentException("PredictiveEntropy: a probability is " + p[c] + "; it is at least 0");
                sum += p[c];
                mean[c] += p[c] / members.length;
            }
            if (Math.abs(sum - 1) > 1e-4)
                throw new IllegalArgumentException("PredictiveEntropy: the probabilities of a member sum to " + sum + "; divide by it");
        }
        double within = 0, between = 0;
        for (var p : members) {
            within += entropy(p) / members.length;
            for (int c = 0; c < classes; c++) if (p[c] > 0) between += p[c] * Math.log(p[c] / mean[c]) / members.length;
        }
        return new PredictiveEntropy(entropy(mean), within, between);
    }

    /** {@code -sum p log p}. */
    public static double entropy(double... p) {
        double sum = 0;
        for (double v : p) if (v > 0) sum -= v * Math.log(v);
        return sum;
    }

    /** The epistemic part as total less aleatoric: what BALD is in print. */
    public double difference() { return total - aleatoric; }
}
