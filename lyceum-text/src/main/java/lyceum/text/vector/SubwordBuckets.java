package lyceum.text.vector;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The letter n-grams of a word between its boundary marks, and the shared rows to which they are hashed.
 *
 * {@snippet :
 * new SubwordBuckets(3, 3, 2_000_000).pieces("where");                 // <wh, whe, her, ere, re>
 * }
 *
 * <p>The hash is FNV-1a of 32 bits over UTF-8, with one peculiarity of the C++ program kept so that its files fit: each byte is taken as a signed number and
 * widened before the exclusive or, which changes the upper 24 bits for bytes beyond ASCII.
 *
 * @param shortest letters (code points) of a piece, marks among them, at least 1; 0 for no pieces at all
 * @param longest at most so many; a mark alone is no piece
 * @param buckets rows that pieces share, at least 1
 * @see <a href="https://arxiv.org/abs/1607.04606">Bojanowski, Grave, Joulin and Mikolov (2017)</a>
 */
public record SubwordBuckets(int shortest, int longest, int buckets) {
    public SubwordBuckets {
        if (shortest < 0 || longest < shortest || shortest == 0 && longest > 0) throw new IllegalArgumentException(
                "SubwordBuckets: pieces of " + shortest + " to " + longest + " letters; they have at least 1, or both are 0 for none");
        if (buckets < 1) throw new IllegalArgumentException("SubwordBuckets: " + buckets + " buckets; at least 1 is needed");
    }

    /** FNV-1a of the bytes, each widened with its sign; an unsigned number of 32 bits. */
    public static int hash(byte[] utf8) {
        int hash = 0x811C9DC5;
        for (byte b : utf8) hash = (hash ^ b) * 0x01000193;
        return hash;
    }

    /** {@link #hash(byte[])} of the text in UTF-8. */
    public static int hash(String text) { return hash(text.getBytes(StandardCharsets.UTF_8)); }

    /** The pieces of a word, by where they begin, then by length. */
    public List<String> pieces(String word) {
        if (longest == 0) return List.of();
        var pieces = new ArrayList<String>();
        var marked = "<" + word + ">";
        for (int from = 0; from < marked.length(); from += Character.charCount(marked.codePointAt(from))) {
            for (int to = from, n = 1; to < marked.length() && n <= longest; n++) {
                to += Character.charCount(marked.codePointAt(to));
                if (n >= shortest && !(n == 1 && (from == 0 || to == marked.length()))) pieces.add(marked.substring(from, to));
            }
        }
        return pieces;
    }

    /** The bucket of a piece, 0 to {@code buckets - 1}. */
    public int bucket(String piece) { return Integer.remainderUnsigned(hash(piece), buckets); }

    /** The buckets of a word's pieces; one may stand there twice. */
    public int[] of(String word) { return pieces(word).stream().mapToInt(this::bucket).toArray(); }

    /**
     * The buckets of runs of 2 to n words, begun at each word in turn.
     *
     * @param hashes {@link #hash(String)} of each word
     */
    int[] runs(int[] hashes, int n) {
        var runs = new int[Math.max(0, hashes.length * (n - 1))];
        int count = 0;
        for (int i = 0; i < hashes.length; i++) {
            long h = hashes[i]; // widened with its sign, as each that is added
            for (int j = i + 1; j < hashes.length && j < i + n; j++) {
                h = h * 116049371 + hashes[j];
                runs[count++] = (int) Long.remainderUnsigned(h, buckets);
            }
        }
        return Arrays.copyOf(runs, count);
    }
}
