package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link HyenaOperator}.
 *
 * @param width of the input and the output
 * @param order N, how many long filters and gates follow each other
 * @param length of the longest sequence; positions are told to the filters as shares of it
 * @param bands of the positional features: a filter's network sees t, and cosines and sines of so many frequencies
 * @param hidden units of that network
 * @param depth of it, hidden layers
 * @param frequency by which its sines are begun with: a larger one begins with rougher filters
 * @param fastDecay share of the length within which the fastest channel's window falls to a hundredth
 * @param slowDecay the same of the slowest; channels lie between
 * @param shortKernel taps of the short convolution behind the projections
 * @param gated whether the products are taken; without them it is a chain of long convolutions
 * @param method of the long convolutions
 * @param bias whether projections have one
 * @param dtype of the parameters
 */
@Withers
public record HyenaConfig(int width, int order, int length, int bands, int hidden, int depth, double frequency, double fastDecay,
        double slowDecay, int shortKernel, boolean gated, LongConvolution.Method method, boolean bias, DType dtype)
        implements MixerConfig, HyenaConfigWithers {
    public HyenaConfig {
        Objects.requireNonNull(method, "method");
        if (width < 1 || order < 1 || length < 1 || bands < 1 || hidden < 1 || depth < 1 || shortKernel < 1)
            throw new IllegalArgumentException("HyenaConfig: width " + width + ", order " + order + ", length " + length + ", bands "
                    + bands + ", hidden " + hidden + ", depth " + depth + " and shortKernel " + shortKernel + " are positive");
        if (!(frequency > 0) || !(fastDecay > 0) || !(slowDecay >= fastDecay))
            throw new IllegalArgumentException("HyenaConfig: frequency " + frequency + ", fastDecay " + fastDecay + " and slowDecay "
                    + slowDecay + "; they are positive, the slow one no less than the fast one");
    }

    /** Gated, with 8 bands, two hidden layers of 32 units, frequency 10, windows of 0.3 to 1.5 lengths, short convolutions of 3 taps; F32 with biases. */
    public HyenaConfig(int width, int order, int length) {
        this(width, order, length, 8, 32, 2, 10, 0.3, 1.5, 3, true, LongConvolution.Method.AUTO, true, DType.F32);
    }

    @Override public HyenaOperator build(Rng rng) { return new HyenaOperator(this, rng); }
}
