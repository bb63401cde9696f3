package lyceum.train.robust;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.math.Incomplete;
import lyceum.nn.Layer;
import lyceum.random.Rng;
import lyceum.stats.ProportionInterval;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The majority of a classifier's answers at {@code x + N(0, sigma^2)}, with a radius within which that majority cannot change:
 * {@code sigma Phi^-1(p)}, p a lower confidence bound of the winner's share (Clopper and Pearson).
 *
 * {@snippet :
 * var smooth = new RandomizedSmoothing(network, 0.25);
 * var certificate = smooth.certify(x, Rng.of(1));                       // x: one row, without the batch's axis
 * certificate.radius();                                                 // Euclidean; holds with probability 1 - alpha
 * }
 *
 * @param base gives logits (n, classes); train it on noisy rows, or it will abstain
 * @param sigma of the noise, above 0
 * @param selecting draws that choose the class
 * @param counting other draws, which bound its share
 * @param alpha the probability of a wrong certificate
 * @param batch draws of one pass
 * @see <a href="https://arxiv.org/abs/1902.02918">Cohen, Rosenfeld and Kolter (2019)</a>
 */
@Withers
public record RandomizedSmoothing(Layer base, double sigma, int selecting, int counting, double alpha, int batch)
        implements RandomizedSmoothingWithers {

    /** @param label the class; -1 for none: the classes are too close @param radius Euclidean; 0 for none @param share its lower bound */
    public record Certificate(int label, double radius, double share) {
        public boolean abstains() { return label < 0; }
    }

    public RandomizedSmoothing {
        Objects.requireNonNull(base, "base");
        if (!(sigma > 0)) throw new IllegalArgumentException("RandomizedSmoothing: sigma is " + sigma + "; it is above 0");
        if (!(alpha > 0 && alpha < 0.5))
            throw new IllegalArgumentException("RandomizedSmoothing: alpha is " + alpha + "; it lies between 0 and 0.5");
        if (selecting < 1 || counting < 1 || batch < 1) throw new IllegalArgumentException(
                "RandomizedSmoothing: " + selecting + " and " + counting + " draws in batches of " + batch + "; all are at least 1");
    }

    /** 100 draws that choose, 10,000 that count, alpha 0.001. */
    public RandomizedSmoothing(Layer base, double sigma) { this(base, sigma, 100, 10_000, 0.001, 1_000); }

    /** The class of one row and how far it holds. */
    public Certificate certify(Tensor x, Rng rng) {
        long[] first = counts(x, selecting, rng.split(0));
        int label = largest(first, -1);
        long[] counts = counts(x, counting, rng.split(1));
        double share = ProportionInterval.CLOPPER_PEARSON.of(counts[label], counting, 1 - 2 * alpha).low();
        return share <= 0.5 ? new Certificate(-1, 0, share) : new Certificate(label, sigma * Incomplete.normalQuantile(share), share);
    }

    /** The majority's class, or -1 where the two largest are not told apart at level alpha (a two-sided binomial test). */
    public int predict(Tensor x, Rng rng) {
        long[] counts = counts(x, counting, rng);
        int a = largest(counts, -1), b = largest(counts, a);
        long second = b < 0 ? 0 : counts[b];
        return ProportionInterval.CLOPPER_PEARSON.of(counts[a], counts[a] + second, 1 - alpha).low() > 0.5 ? a : -1;
    }

    /** How often each class won among so many draws. */
    public long[] counts(Tensor x, int draws, Rng rng) {
        return Autograd.noGrad(() -> {
            long[] counts = null;
            for (int from = 0; from < draws; from += batch) {
                int n = Math.min(batch, draws - from);
                long[] shape = new long[x.rank() + 1];
                shape[0] = n;
                for (int i = 0; i < x.rank(); i++) shape[i + 1] = x.size(i);
                var logits = base.forward(x.unsqueeze(0).add(Tensor.randn(rng, x.dtype(), shape).mul(sigma)));
                if (logits.rank() != 2)
                    throw new ShapeException("RandomizedSmoothing: the base gives " + logits.shape() + "; it is (n, classes)");
                if (counts == null) counts = new long[(int) logits.size(1)];
                for (long c : logits.argmax(1).toLongArray()) counts[(int) c]++;
            }
            return counts;
        });
    }

    private static int largest(long[] counts, int but) {
        int best = -1;
        for (int c = 0; c < counts.length; c++) if (c != but && (best < 0 || counts[c] > counts[best])) best = c;
        return best;
    }
}
