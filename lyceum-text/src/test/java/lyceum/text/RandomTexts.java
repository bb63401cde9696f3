package lyceum.text;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;

/** Strings that tokenizers stumble over: scripts, marks, emoji, controls, kinds of spaces, literal control strings. The same for a seed for ever. */
public final class RandomTexts {
    private static final int[][] RANGES = {{' ', '~'}, {'a', 'z'}, {'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {0xA0, 0x17F}, {0x300, 0x36F},
            {0x370, 0x3FF}, {0x410, 0x44F}, {0x5D0, 0x5EA}, {0x627, 0x64A}, {0x905, 0x939}, {0x93E, 0x94D}, {0xE01, 0xE30},
            {0x1E00, 0x1EFF}, {0x2000, 0x206F}, {0x20A0, 0x20BF}, {0x2190, 0x21FF}, {0x2460, 0x24FF}, {0x3041, 0x3096}, {0x30A1, 0x30FA},
            {0x4E00, 0x9FA5}, {0xAC00, 0xD7A3}, {0xFB00, 0xFB06}, {0xFF01, 0xFF5E}, {0x1D400, 0x1D454}, {0x1F300, 0x1F5FF},
            {0x20000, 0x2A6D6}, {1, 31}, {127, 159}};
    private static final String[] PIECES = {" ", "  ", " ", "\n", "\t", "\r\n", "\u2581", "Ġ", "##", "'s", "'LL", "n't", "[CLS]", "[MASK]",
            "<unk>", "</s>", "<|endoftext|>", "<0x41>", "e\u0301", "\uFEFF", "\u3000", "👩‍👩‍👧", "ß", "İ", "ſ", "the ", "http://", "...",
            "\uFFFD", "1234567"};

    private RandomTexts() {}

    /** Texts of 0 to 40 parts. */
    public static List<String> of(long seed, int n) {
        var rng = Rng.of(seed);
        var texts = new ArrayList<String>(n);
        for (int i = 0; i < n; i++) texts.add(one(rng));
        return texts;
    }

    private static String one(Rng rng) {
        var text = new StringBuilder();
        int[] range = RANGES[rng.nextInt(RANGES.length)];
        for (int k = rng.nextInt(41); k > 0; k--) {
            if (rng.nextInt(4) == 0) range = RANGES[rng.nextInt(RANGES.length)];
            if (rng.nextInt(5) == 0) text.append(PIECES[rng.nextInt(PIECES.length)]);
            else {
                int c = range[0] + rng.nextInt(range[1] - range[0] + 1);
                if (Character.isDefined(c)) text.appendCodePoint(c);
            }
        }
        return text.toString();
    }
}
