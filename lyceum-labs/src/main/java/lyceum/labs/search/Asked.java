package lyceum.labs.search;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How one puts a topic who does not know its name: a few plain sayings each, written from titles and summaries. They are compared by meaning, and shown nowhere.
 * {@code asked.tsv} has a topic a line, its slug and its sayings between tabs.
 */
final class Asked {

    static final String RESOURCE = "/lyceum/labs/asked.tsv";

    private static final class Shelf {
        private static final Map<String, List<String>> BY_SLUG = read();
    }

    private Asked() {}

    /** A topic's sayings; none where nobody wrote any. */
    static List<String> of(String slug) { return Shelf.BY_SLUG.getOrDefault(slug, List.of()); }

    /** All of them, by slug. */
    static Map<String, List<String>> all() { return Shelf.BY_SLUG; }

    private static Map<String, List<String>> read() {
        var bySlug = new HashMap<String, List<String>>();
        try (var in = Asked.class.getResourceAsStream(RESOURCE)) {
            if (in == null) return Map.of();
            for (var line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                var fields = line.strip().split("\t");
                if (fields.length > 1) bySlug.put(fields[0], List.copyOf(Arrays.asList(fields).subList(1, fields.length)));
            }
            return Map.copyOf(bySlug);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + RESOURCE, e);
        }
    }
}
