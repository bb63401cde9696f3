package lyceum.labs.search;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** How texts are cut into words. */
final class Words {

    /** Words that say nothing about a topic. */
    static final Set<String> EMPTY = Set.of("a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has",
            "have", "how", "i", "in", "into", "is", "it", "its", "my", "of", "on", "or", "so", "than", "that", "the", "their", "then",
            "thing", "this", "to", "was", "what", "when", "where", "which", "while", "who", "why", "will", "with", "you", "your");

    /** A word as it is compared, and where it stands. */
    record Word(String text, int start, int end) {}

    private Words() {}

    /** Letters and digits between anything else; lower case, without accents, with Greek letters spelt out. */
    static List<Word> of(String text) {
        var words = new ArrayList<Word>();
        int start = -1;
        for (int i = 0; i <= text.length(); i++) {
            boolean inside = i < text.length()
                    && (Character.isLetterOrDigit(text.charAt(i)) || Character.getType(text.charAt(i)) == Character.NON_SPACING_MARK);
            if (inside && start < 0) {
                start = i;
            } else if (!inside && start >= 0) {
                words.add(new Word(fold(text.substring(start, i)), start, i));
                start = -1;
            }
        }
        return words;
    }

    /** A text as one word: {@code K-Means} and {@code k means} are both {@code kmeans}. */
    static String joined(String text) {
        var joined = new StringBuilder();
        of(text).forEach(w -> joined.append(w.text()));
        return joined.toString();
    }

    private static String fold(String word) {
        if (word.chars().allMatch(c -> c < 128)) return stem(word.toLowerCase(Locale.ROOT));
        var plain = new StringBuilder();
        for (char c : Normalizer.normalize(word.toLowerCase(Locale.ROOT), Normalizer.Form.NFKD).toCharArray()) {
            switch (c) {
                case 'α' -> plain.append("alpha");
                case 'β' -> plain.append("beta");
                case 'λ' -> plain.append("lambda");
                case 'ε' -> plain.append("epsilon");
                case 'τ' -> plain.append("tau");
                default -> {
                    if (Character.getType(c) != Character.NON_SPACING_MARK) {
                        plain.append(c);
                    }
                }
            }
        }
        return stem(plain.toString());
    }

    /** Plurals, and nothing more: a stronger stem would tear words that are typed by halves. */
    static String stem(String word) {
        int n = word.length();
        if (n > 4 && word.endsWith("ies")) return word.substring(0, n - 3) + "y";
        boolean plural = n > 3 && word.endsWith("s") && !word.endsWith("ss") && !word.endsWith("us") && !word.endsWith("is");
        return plural ? word.substring(0, n - 1) : word;
    }
}
