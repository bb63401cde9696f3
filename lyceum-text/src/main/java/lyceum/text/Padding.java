package lyceum.text;

import lyceum.withers.Withers;

/**
 * Filling of short inputs, so that a batch is a rectangle.
 *
 * @param length of every input; 0: that of the longest in the batch
 * @param multipleOf the length is rounded up to a multiple of this; 0 or 1: not
 * @param id of the padding token
 * @param typeId of the padding tokens
 * @param token the padding token's text
 * @param left whether the filling goes before the text
 */
@Withers
public record Padding(int length, int multipleOf, int id, int typeId, String token, boolean left) implements PaddingWithers {
    public Padding {
        if (length < 0 || multipleOf < 0 || id < 0) throw new IllegalArgumentException(
                "Padding: length " + length + ", multiple of " + multipleOf + ", id " + id + "; none is negative");
    }

    /** To the longest of the batch with the token of this id, on the right. */
    public Padding(int id, String token) { this(0, 0, id, 0, token, false); }
}
