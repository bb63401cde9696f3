package lyceum.labs.catalogue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What articles must not have in common: an opening, a run of words, a bold lead-in used as a habit. */
final class SharedWords {

    static final int OPENING = 4;
    static final int RUN = 8;
    static final int PARAGRAPH = 3;

    /** A formula ends a run of words. */
    private static final String END = ";";
    private static final Pattern TOKEN = Pattern.compile("[\\p{L}\\p{N}'’]+|;");
    private static final Pattern LEAD_IN = Pattern.compile("(?m)^\\s*(?:[-*]\\s+)?\\*\\*([^*\n]{1,60})\\*\\*");

    /** Words that say nothing about the topic, left out where paragraphs are compared. */
    private static final Set<String> FUNCTION_WORDS = Set.of("a", "an", "the", "of", "in", "on", "at", "to", "for", "with", "by", "and",
            "or", "but", "is", "are", "was", "were", "be", "it", "its", "this", "that", "these", "those", "as", "from", "if", "when",
            "then", "into", "so", "no", "not", "one", "you", "we", "what", "which", "who", "how", "does", "do", "has", "have", "can",
            "there", "here");

    private SharedWords() {}

    /** The words with which an article begins, and who begins with them. */
    static Map<String, Set<String>> openings(Collection<Article> articles) {
        var openings = new TreeMap<String, Set<String>>();
        for (var article : articles) {
            var words = tokens(article).stream().filter(t -> !t.equals(END)).limit(OPENING).toList();
            openings.computeIfAbsent(String.join(" ", words), o -> new LinkedHashSet<>()).add(article.slug());
        }
        openings.values().removeIf(slugs -> slugs.size() < 2);
        return openings;
    }

    /** Eight words in a row that stand in two articles, and in which; of a longer run its beginning. */
    static Map<String, Set<String>> runs(Collection<Article> articles) {
        var seen = new HashMap<String, Set<String>>();
        var inOrder = new ArrayList<String>();
        for (var article : articles) {
            var tokens = tokens(article);
            int end = -1;
            for (int i = 0; i + RUN <= tokens.size(); i++) {
                end = Math.max(end, tokens.subList(i, i + RUN).lastIndexOf(END) + i);
                if (end < i) {
                    var run = String.join(" ", tokens.subList(i, i + RUN));
                    inOrder.add(run);
                    seen.computeIfAbsent(run, r -> new LinkedHashSet<>(2)).add(article.slug());
                }
            }
        }
        var shared = new TreeMap<String, Set<String>>();
        String before = "";
        for (var run : inOrder) {
            if (seen.get(run).size() > 1) {
                if (!before.endsWith(run.substring(0, run.lastIndexOf(' ')))) {
                    shared.put(run, seen.get(run));
                }
                before = run;
            }
        }
        return shared;
    }

    /** Words in bold at the beginning of a paragraph or item, and how many articles have them. */
    static Map<String, Integer> leadIns(Collection<Article> articles) {
        var count = new TreeMap<String, Integer>();
        for (var article : articles) {
            LEAD_IN.matcher(article.markdown()).results().map(m -> m.group(1).toLowerCase(Locale.ROOT).replaceAll("[.:]$", "")).distinct()
                    .forEach(lead -> count.merge(lead, 1, Integer::sum));
        }
        return count;
    }

    /** The first three words of paragraphs, function words apart, and how many articles have them; tables do not count. */
    static Map<String, Integer> paragraphs(Collection<Article> articles) {
        var count = new TreeMap<String, Integer>();
        for (var article : articles) {
            Stream.of(article.markdown().split("\n\\s*\n")).filter(p -> !p.startsWith("|"))
                    .map(p -> tokens(p).stream().filter(t -> !t.equals(END) && !FUNCTION_WORDS.contains(t)).limit(PARAGRAPH).toList())
                    .filter(words -> words.size() == PARAGRAPH).map(words -> String.join(" ", words)).distinct()
                    .forEach(opening -> count.merge(opening, 1, Integer::sum));
        }
        return count;
    }

    private static List<String> tokens(Article article) { return tokens(article.markdown()); }

    private static List<String> tokens(String markdown) {
        var text = Formulas.replaced(markdown, (tex, display) -> " ; ").replaceAll("!\\[[^\\]]*]\\([^)]*\\)", " ")
                .replaceAll("]\\([^)]*\\)", "]");
        return TOKEN.matcher(text.toLowerCase(Locale.ROOT)).results().map(m -> m.group()).toList();
    }
}
