package lyceum.text;

import java.util.Set;
import lyceum.withers.Withers;

/**
 * The most probable pieces under a unigram model: each piece has a log-probability (its score in the vocabulary), a segmentation the sum of its pieces'.
 *
 * @param vocabulary the pieces with their scores
 * @param unknown the piece for characters that no piece spells; null for none
 * @param byteFallback whether such characters are spelled in bytes, pieces {@code <0x00>} to {@code <0xFF>}
 * @param userDefined pieces that always win, as SentencePiece's user-defined symbols; none by default
 * @see <a href="https://arxiv.org/abs/1804.10959">Kudo (2018), Subword Regularization</a>
 */
@Withers
public record Unigram(Vocabulary vocabulary, String unknown, boolean byteFallback, Set<String> userDefined)
        implements SubwordModel, UnigramWithers {
    public Unigram {
        userDefined = Set.copyOf(userDefined);
        Pieces.checkUnknown("Unigram", vocabulary, unknown);
        Pieces.checkUserDefined("Unigram", vocabulary, userDefined);
        for (int id = 0; id < vocabulary.size(); id++)
            if (!Double.isFinite(vocabulary.score(id))) throw new IllegalArgumentException(
                    "Unigram: \"" + vocabulary.token(id) + "\" has the score " + vocabulary.score(id) + "; scores are finite");
    }

    /** No user-defined pieces. */
    public Unigram(Vocabulary vocabulary, String unknown, boolean byteFallback) { this(vocabulary, unknown, byteFallback, Set.of()); }
}
