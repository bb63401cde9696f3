package lyceum.models.generative;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What is done to the input of an {@link Autoencoder} while it learns to give back the clean data: a denoising one. */
public sealed interface Corruption {
    /** Nothing. */
    Corruption NONE = new None();

    /** Corrupted data of the same shape. */
    Tensor of(Tensor x, Rng rng);

    /** Nothing is done. */
    record None() implements Corruption {
        @Override public Tensor of(Tensor x, Rng rng) { return x; }
    }

    /** Normal noise. @param deviation in units of the data, above 0 */
    record Gaussian(double deviation) implements Corruption {
        public Gaussian {
            if (!(deviation > 0 && deviation < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Corruption.Gaussian: deviation is " + deviation + "; above 0");
        }

        @Override public Tensor of(Tensor x, Rng rng) { return x.add(Tensor.randn(rng, x.dtype(), x.shape().toArray()).mul(deviation)); }
    }

    /**
     * A share of the numbers becomes 0.
     *
     * @param share between 0 and 1
     * @see <a href="https://doi.org/10.1145/1390156.1390294">Vincent and others (2008)</a>
     */
    record Masking(double share) implements Corruption {
        public Masking { requireShare("Masking", share); }

        @Override public Tensor of(Tensor x, Rng rng) { return x.maskedFill(coins(x, share, rng), 0); }
    }

    /**
     * A share of the numbers becomes either of two values.
     *
     * @param share between 0 and 1
     * @param pepper one value
     * @param salt the other
     */
    record SaltAndPepper(double share, double pepper, double salt) implements Corruption {
        public SaltAndPepper { requireShare("SaltAndPepper", share); }

        @Override public Tensor of(Tensor x, Rng rng) {
            Tensor hit = coins(x, share, rng), salted = coins(x, 0.5, rng);
            return x.maskedFill(hit.and(salted), salt).maskedFill(hit.and(salted.not()), pepper);
        }
    }

    private static Tensor coins(Tensor x, double share, Rng rng) { return Tensor.rand(rng, x.dtype(), x.shape().toArray()).lt(share); }

    private static void requireShare(String name, double share) {
        if (!(share > 0 && share < 1))
            throw new IllegalArgumentException("Corruption." + name + ": share is " + share + "; between 0 and 1");
    }
}
