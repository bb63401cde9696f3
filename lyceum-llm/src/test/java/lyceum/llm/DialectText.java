package lyceum.llm;

import lyceum.data.corpus.Corpora;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Letters of the King James Bible, each row in one of some substitution ciphers: 26 letters, and the blank for all that is none. */
final class DialectText {
    static final int LETTERS = 27;
    private final int[] text;
    private final int[][] ciphers;

    DialectText(int skipped, int count, int dialects) {
        text = TinyBible.letters(Corpora.kingJames(), skipped, count);
        for (int i = 0; i < count; i++) {
            int letter = Character.toLowerCase(text[i]) - 'a';
            text[i] = letter >= 0 && letter < 26 ? letter : 26;
        }
        ciphers = new int[dialects][];
        for (int d = 0; d < dialects; d++) ciphers[d] = Rng.of(100 + d).permutation(LETTERS);
    }

    /** Rows (rows, length) at random places, each in a dialect at random. */
    Tensor batch(int rows, int length, Rng rng) {
        var ids = new int[rows * length];
        for (int r = 0; r < rows; r++) {
            int from = rng.nextInt(text.length - length);
            int[] cipher = ciphers[rng.nextInt(ciphers.length)];
            for (int t = 0; t < length; t++) ids[r * length + t] = cipher[text[from + t]];
        }
        return Tensor.of(ids, rows, length);
    }
}
