package lyceum.labs.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lyceum.labs.catalogue.Topic;
import lyceum.text.compare.EditDistance;

/** The names of topics as wholes: titles, slugs, abbreviations, aliases, each joined to one word. */
final class KeyIndex {

    private static final Pattern PARENTHESES = Pattern.compile("\\(([^)]*)\\)");

    /** Two capitals or a capital and a digit: what stands in parentheses behind a title is then its short name. */
    private static final Pattern ABBREVIATION = Pattern.compile("\\p{Lu}.*[\\p{Lu}\\d]");

    /** What an exact name is worth; one in the title or slug is worth more than an alias. */
    private static final double NAME = 30;
    private static final double ALIAS = 22;

    private record Key(String text, int document, double worth) {}

    private final List<Key> keys = new ArrayList<>();
    private final Map<String, List<Key>> exact = new HashMap<>();
    private Key[] sorted;
    private String[] texts;
    private long[] letters;

    void add(int document, Topic topic) {
        var title = topic.title();
        add(document, title, NAME);
        add(document, topic.slug(), NAME);
        add(document, PARENTHESES.matcher(title).replaceAll(" "), NAME);
        var inside = PARENTHESES.matcher(title);
        while (inside.find()) {
            for (var part : inside.group(1).split("[,/]")) {
                add(document, part, ABBREVIATION.matcher(part).find() ? NAME : ALIAS - 4);
            }
        }
        for (var part : PARENTHESES.matcher(title).replaceAll(" ").split("[:/&,]| vs\\.? | and ")) {
            add(document, part, ALIAS - 2);
        }
        topic.aliases().forEach(alias -> add(document, alias, ALIAS));
    }

    private void add(int document, String name, double worth) {
        var text = Words.joined(name);
        if (!text.isEmpty()) {
            keys.add(new Key(text, document, worth));
        }
    }

    void freeze() {
        sorted = keys.stream().sorted(Comparator.comparing(Key::text)).toArray(Key[]::new);
        texts = Arrays.stream(sorted).map(Key::text).toArray(String[]::new);
        letters = Arrays.stream(texts).mapToLong(Letters::of).toArray();
        keys.forEach(k -> exact.computeIfAbsent(k.text(), t -> new ArrayList<>(1)).add(k));
        keys.clear();
    }

    /** Raises {@code best} for topics whose name is the query, begins with it, or is misspelt by it. */
    void score(String query, double[] best) {
        if (query.isEmpty()) return;
        exact.getOrDefault(query, List.of()).forEach(k -> raise(best, k, 1));
        int from = Arrays.binarySearch(texts, query);
        for (int i = from >= 0 ? firstOf(query, from) : -from - 1; i < texts.length && texts[i].startsWith(query); i++) {
            raise(best, sorted[i], 0.25 + 0.45 * query.length() / texts[i].length());
        }
        int limit = TermIndex.allowed(query.length()) + (query.length() >= 14 ? 1 : 0);
        long asked = Letters.of(query);
        for (int i = 0; limit > 0 && i < texts.length; i++) {
            int distance = Letters.near(asked, letters[i], limit) ? EditDistance.atMostWithSwaps(query, texts[i], limit) : limit + 1;
            if (distance > 0 && distance <= limit) {
                raise(best, sorted[i], 0.8 - 1.2 * distance / query.length() - (query.charAt(0) == texts[i].charAt(0) ? 0 : 0.2));
            }
        }
    }

    private int firstOf(String query, int at) {
        int first = at;
        while (first > 0 && texts[first - 1].equals(query)) {
            first--;
        }
        return first;
    }

    private static void raise(double[] best, Key key, double share) {
        best[key.document()] = Math.max(best[key.document()], key.worth() * share);
    }
}
