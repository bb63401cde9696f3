package lyceum.text;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * A token that is matched as a whole before the text is split.
 *
 * @param text how it is spelled
 * @param id of it
 * @param special whether it is a control token: found only where {@link Controls} allow it, left out by a decoding that skips
 * @param singleWord whether it counts only between borders of words
 * @param leftSpace whether it takes white space on its left with it
 * @param rightSpace whether it takes white space on its right with it
 * @param normalized whether it is looked for in the normalised text
 */
@Withers
public record AddedToken(String text, int id, boolean special, boolean singleWord, boolean leftSpace, boolean rightSpace,
        boolean normalized) implements AddedTokenWithers {
    public AddedToken {
        Objects.requireNonNull(text, "text");
        if (text.isEmpty()) throw new IllegalArgumentException("AddedToken: an empty text would be found everywhere");
        if (id < 0) throw new IllegalArgumentException("AddedToken: \"" + text + "\" has id " + id + "; ids start at 0");
    }

    /** A control token. */
    public static AddedToken control(String text, int id) { return new AddedToken(text, id, true, false, false, false, false); }

    /** A word of one's own that is never cut. */
    public static AddedToken word(String text, int id) { return new AddedToken(text, id, false, false, false, false, true); }
}
