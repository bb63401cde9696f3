package lyceum.text.encoder;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * How a {@link SentenceEncoder} makes one vector of a text's tokens.
 *
 * @param pooling of the tokens, those of the template included
 * @param normalize whether a vector is scaled to length 1
 * @param maxTokens of a text, those of the template included
 * @param tooLong what becomes of a text that has more
 * @param batchTokens of a pass, at most, if texts are shorter than that: more is faster up to some thousand, and needs more memory
 */
@Withers
public record EncoderOptions(Pooling pooling, boolean normalize, int maxTokens, TooLong tooLong, int batchTokens)
        implements EncoderOptionsWithers {
    /** One vector of many. */
    public enum Pooling {
        /** Their mean. */
        MEAN,
        /** The first one: {@code [CLS]}. */
        CLS,
        /** The largest of each coordinate. */
        MAX
    }

    /** What becomes of the tokens beyond {@link #maxTokens}. */
    public enum TooLong {
        /** They are left out, and a line in the log says so. */
        CUT,
        /** They are read in further windows; the text's vector is the mean of the windows' weighted by their tokens, for MAX the largest of each coordinate. */
        WINDOWS,
        /** {@link IllegalArgumentException} names the text. */
        REFUSE
    }

    public EncoderOptions {
        Objects.requireNonNull(pooling, "pooling");
        Objects.requireNonNull(tooLong, "tooLong");
        if (maxTokens < 1 || batchTokens < 1) throw new IllegalArgumentException(
                "EncoderOptions: maxTokens is " + maxTokens + ", batchTokens " + batchTokens + "; both are at least 1");
    }

    /** The mean, of length 1, over 256 tokens at most: what all-MiniLM-L6-v2 was trained for. */
    public EncoderOptions() { this(Pooling.MEAN, true, 256, TooLong.CUT, 2048); }
}
