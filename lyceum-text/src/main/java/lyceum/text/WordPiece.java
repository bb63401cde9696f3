package lyceum.text;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * The longest piece that fits, again and again (greedy longest match); a word that cannot be spelled to its end is unknown as a whole.
 *
 * @param vocabulary the pieces
 * @param unknown the piece for words that cannot be spelled, {@code [UNK]} by default
 * @param continuingPrefix what pieces inside a word begin with, {@code ##} by default
 * @param mostCharacters words of more characters are unknown, 100 by default
 * @see <a href="https://doi.org/10.1109/ICASSP.2012.6289079">Schuster and Nakajima (2012)</a>
 */
@Withers
public record WordPiece(Vocabulary vocabulary, String unknown, String continuingPrefix, int mostCharacters)
        implements SubwordModel, WordPieceWithers {
    public WordPiece {
        Objects.requireNonNull(continuingPrefix, "continuingPrefix");
        Pieces.checkUnknown("WordPiece", vocabulary, Objects.requireNonNull(unknown, "unknown"));
    }

    /** BERT's conventions. */
    public WordPiece(Vocabulary vocabulary) { this(vocabulary, "[UNK]", "##", 100); }
}
