package lyceum.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The streams with which Elman taught his network to predict: each step's target is the next step's input.
 *
 * @see <a href="https://doi.org/10.1207/s15516709cog1402_1">Elman (1990), Finding Structure in Time</a>
 */
public final class ElmanStreams {
    private ElmanStreams() {}

    /** The features of the six letters: consonant, vowel, interrupted, high, back, voiced. */
    private static final float[][] LETTERS = {{1, 0, 1, 0, 0, 1}, {1, 0, 1, 1, 0, 1}, {1, 0, 1, 0, 1, 1}, {0, 1, 0, 0, 1, 1},
            {0, 1, 0, 1, 0, 1}, {0, 1, 0, 1, 1, 1}};
    private static final String[] SYLLABLES = {"ba", "dii", "guuu"};

    private static final List<String> NOUNS = List.of("man", "woman", "boy", "girl", "cat", "mouse", "dog", "book", "rock", "car", "dragon",
            "monster", "lion", "glass", "plate", "cookie", "bread", "sandwich");
    private static final List<String> VERBS = List.of("think", "sleep", "exist", "see", "chase", "like", "move", "break", "smell", "smash",
            "eat");
    private static final String HUMAN = "man woman boy girl", ANIMAL = "cat mouse dog", AGGRESSOR = "dragon monster lion",
            FRAGILE = "glass plate", FOOD = "cookie bread sandwich", THING = "book rock car";

    /** Who does what to whom; the last is empty in sentences of two words. */
    private static final String[][] TEMPLATES = {{HUMAN, "eat", FOOD}, {HUMAN, "smell see", THING}, {HUMAN, "break smash", FRAGILE},
            {HUMAN, "think sleep exist", ""}, {HUMAN, "see chase like", HUMAN}, {HUMAN, "move break", THING}, {HUMAN, "move break", ""},
            {ANIMAL, "eat", FOOD}, {ANIMAL, "see chase like", ANIMAL}, {ANIMAL, "move break", THING}, {ANIMAL, "move break", ""},
            {THING, "move break", ""}, {AGGRESSOR, "break smash", FRAGILE}, {AGGRESSOR, "eat", HUMAN}, {AGGRESSOR, "eat", ANIMAL},
            {AGGRESSOR, "eat", FOOD}};

    /** Temporal exclusive or: triples of two random bits and their exclusive or, (triples * 3) numbers in a row. */
    public static Tensor temporalXor(Rng rng, int triples) {
        var bits = new float[3 * positive("temporalXor", triples)];
        for (int i = 0; i < bits.length; i += 3) {
            bits[i] = rng.nextInt(2);
            bits[i + 1] = rng.nextInt(2);
            bits[i + 2] = bits[i] == bits[i + 1] ? 0 : 1;
        }
        return Tensor.of(bits);
    }

    /** A consonant of b, d, g at random, and the vowels that go with it: the letters of {@code ba}, {@code dii}, {@code guuu} in a row. */
    public static String letters(Rng rng, int consonants) {
        var text = new StringBuilder();
        for (int i = 0; i < positive("letters", consonants); i++) text.append(SYLLABLES[rng.nextInt(3)]);
        return text.toString();
    }

    /** The six features of each letter of {@link #letters}, (length, 6): consonant, vowel, interrupted, high, back, voiced. */
    public static Tensor features(String letters) {
        var x = new float[letters.length() * 6];
        for (int i = 0; i < letters.length(); i++) {
            int letter = "bdgaiu".indexOf(letters.charAt(i));
            if (letter < 0) throw new IllegalArgumentException("features: letter " + letters.charAt(i) + "; there are b, d, g, a, i, u");
            System.arraycopy(LETTERS[letter], 0, x, i * 6, 6);
        }
        return Tensor.of(x, letters.length(), 6);
    }

    /** All words, nouns first. */
    public static List<String> words() {
        var words = new ArrayList<>(NOUNS);
        words.addAll(VERBS);
        return List.copyOf(words);
    }

    /** How many of {@link #words} are nouns. */
    public static int nouns() { return NOUNS.size(); }

    /** Sentences of two and three words in a row, without marks between them, as numbers of {@link #words}. */
    public static int[] sentences(Rng rng, int count) {
        var words = words();
        var stream = new int[3 * positive("sentences", count)];
        int n = 0;
        for (int s = 0; s < count; s++) {
            for (var slot : TEMPLATES[rng.nextInt(TEMPLATES.length)]) {
                if (slot.isEmpty()) continue;
                var choice = slot.split(" ");
                stream[n++] = words.indexOf(choice[rng.nextInt(choice.length)]);
            }
        }
        return Arrays.copyOf(stream, n);
    }

    private static int positive(String stream, int n) {
        if (n < 1) throw new IllegalArgumentException(stream + ": " + n + "; at least 1");
        return n;
    }
}
