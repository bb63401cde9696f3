package lyceum.text;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * Cutting of long inputs. What is cut off is not lost: it comes as {@link Encoding#overflow}, each part with {@code stride} tokens of the part before it.
 *
 * @param length tokens of an input at most, those of the template included
 * @param stride tokens that neighbouring parts share; 0 by default
 * @param strategy which of two texts is cut; the longer one first by default
 * @param left whether the beginning is cut off, not the end
 */
@Withers
public record Truncation(int length, int stride, Strategy strategy, boolean left) implements TruncationWithers {
    /** Which of two texts is cut. */
    public enum Strategy {
        /** The longer one until both are equally long, then both. */
        LONGEST_FIRST,
        /** The first alone. */
        ONLY_FIRST,
        /** The second alone. */
        ONLY_SECOND
    }

    public Truncation {
        if (length < 0 || stride < 0)
            throw new IllegalArgumentException("Truncation: length " + length + ", stride " + stride + "; neither is negative");
        Objects.requireNonNull(strategy, "strategy");
    }

    /** To this length, from the end, nothing shared. */
    public Truncation(int length) { this(length, 0, Strategy.LONGEST_FIRST, false); }
}
