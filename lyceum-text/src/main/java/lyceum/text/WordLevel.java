package lyceum.text;

import lyceum.withers.Withers;

/**
 * A word is a piece or unknown.
 *
 * @param vocabulary the words
 * @param unknown the piece for other words; null: they are left out
 */
@Withers
public record WordLevel(Vocabulary vocabulary, String unknown) implements SubwordModel, WordLevelWithers {
    public WordLevel { Pieces.checkUnknown("WordLevel", vocabulary, unknown); }
}
