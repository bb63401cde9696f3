package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.FormatException;
import lyceum.withers.Withers;

/**
 * Byte pair encoding: of the neighbours in a word the pair that was learned first is merged, until no learned pair is left.
 *
 * @param vocabulary the pieces
 * @param merges the pairs in the order in which they were learned
 * @param unknown the piece for characters that no piece spells; null: they are left out
 * @param continuingPrefix what pieces inside a word begin with; empty by default
 * @param endSuffix what the last piece of a word ends with, such as {@code </w>}; empty by default
 * @param fuseUnknown whether neighbouring unknown characters are one piece
 * @param byteFallback whether characters that no piece spells are spelled in bytes, pieces {@code <0x00>} to {@code <0xFF>}
 * @param ignoreMerges whether a word that is a piece is that piece, whatever the merges say
 * @param rankByPiece whether all pairs that become one piece have one rank, as tiktoken's vocabularies mean it; by default each pair has its own
 * @param userDefined pieces that are taken out of a word whole wherever they stand, the longest first, and never merge, as SentencePiece's user-defined symbols; none
 *     by default
 * @see <a href="https://arxiv.org/abs/1508.07909">Sennrich, Haddow and Birch (2016)</a>
 */
@Withers
public record Bpe(Vocabulary vocabulary, List<Merge> merges, String unknown, String continuingPrefix, String endSuffix, boolean fuseUnknown,
        boolean byteFallback, boolean ignoreMerges, boolean rankByPiece, Set<String> userDefined) implements SubwordModel, BpeWithers {
    /** A pair and, by its place in the list, its rank. */
    public record Merge(String left, String right) {
        public Merge {
            Objects.requireNonNull(left, "left");
            Objects.requireNonNull(right, "right");
        }

        @Override public String toString() { return left + " " + right; }
    }

    public Bpe {
        merges = List.copyOf(merges);
        userDefined = Set.copyOf(userDefined);
        Pieces.checkUserDefined("Bpe", vocabulary, userDefined);
        Objects.requireNonNull(continuingPrefix, "continuingPrefix");
        Objects.requireNonNull(endSuffix, "endSuffix");
        Pieces.checkUnknown("Bpe", vocabulary, unknown);
        for (var merge : merges) {
            var joined = joined(merge, continuingPrefix);
            for (var piece : new String[] {merge.left, merge.right, joined})
                if (!vocabulary.contains(piece)) throw new IllegalArgumentException(
                        "Bpe: the merge \"" + merge + "\" names \"" + piece + "\", which is not a piece of the vocabulary");
        }
    }

    /** No unknown piece, no marks. */
    public Bpe(Vocabulary vocabulary, List<Merge> merges) { this(vocabulary, merges, null, "", "", false, false, false, false); }

    /** No user-defined pieces. */
    public Bpe(Vocabulary vocabulary, List<Merge> merges, String unknown, String continuingPrefix, String endSuffix, boolean fuseUnknown,
            boolean byteFallback, boolean ignoreMerges, boolean rankByPiece) {
        this(vocabulary, merges, unknown, continuingPrefix, endSuffix, fuseUnknown, byteFallback, ignoreMerges, rankByPiece, Set.of());
    }

    /** What a pair becomes: the second part without its mark of continuation. */
    public String joined(Merge merge) { return joined(merge, continuingPrefix); }

    private static String joined(Merge merge, String prefix) {
        return merge.left + (!prefix.isEmpty() && merge.right.startsWith(prefix) ? merge.right.substring(prefix.length()) : merge.right);
    }

    /** Reads the lines of a {@code merges.txt}: a pair a line, a space between; a first line that begins with {@code #version} is skipped. */
    public static List<Merge> readMerges(List<String> lines) {
        var merges = new ArrayList<Merge>(lines.size());
        for (int i = 0; i < lines.size(); i++) {
            var line = lines.get(i);
            if (i == 0 && line.startsWith("#version") || line.isEmpty() && i == lines.size() - 1) continue;
            int space = line.indexOf(' ');
            if (space <= 0 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0)
                throw new FormatException("merges.txt: line " + (i + 1) + " is not a pair: \"" + line + "\"");
            merges.add(new Merge(line.substring(0, space), line.substring(space + 1)));
        }
        return merges;
    }

    /** The lines of a {@code merges.txt}. */
    public List<String> writeMerges() {
        var lines = new ArrayList<String>(merges.size() + 1);
        lines.add("#version: 0.2");
        for (var merge : merges) lines.add(merge.toString());
        return lines;
    }
}
