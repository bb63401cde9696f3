package lyceum.serve.http;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.serve.constrain.GrammarConstraint;
import lyceum.serve.constrain.ResponseFormat;

/**
 * What was asked for last, compiled: a client says the same schema with every request, and its masks are known the second time; so are the ids that hold the texts
 * which break a run.
 */
final class Grammars {
    /** Sets of ids may be as large as the vocabulary. */
    private static final int KEPT = 32, KEPT_SETS = 4;

    private final ServedModel served;
    private final Map<String, GrammarConstraint> known = new Recent<>(KEPT);
    private final Map<List<String>, Set<Integer>> holders = new Recent<>(KEPT_SETS);

    /** The last that were asked for. */
    private static final class Recent<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1;

        private final int most;

        Recent(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override protected boolean removeEldestEntry(Map.Entry<K, V> eldest) { return size() > most; }
    }

    Grammars(ServedModel served) { this.served = served; }

    /** Ids of the tokens that hold one of the texts at least; the set is immutable, so that who keeps it need not copy it. */
    Set<Integer> idsWith(List<String> texts) {
        synchronized (holders) {
            if (holders.get(texts) instanceof Set<Integer> ids) return ids;
        }
        var wanted = texts.stream().map(text -> new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)).toList();
        var ids = new HashSet<Integer>();
        for (int id = 0; id < served.pieces().vocabulary(); id++) {
            var bytes = served.pieces().bytes(id);
            if (bytes == null) continue;
            var piece = new String(bytes, StandardCharsets.ISO_8859_1); // a character a byte: tokens cut characters
            if (wanted.stream().anyMatch(piece::contains)) ids.add(id);
        }
        var kept = Set.copyOf(ids);
        synchronized (holders) {
            holders.put(List.copyOf(texts), kept);
        }
        return kept;
    }

    /** What a format asks for; null for any text. @throws IllegalArgumentException or FormatException if it cannot be promised */
    GrammarConstraint of(String format) {
        synchronized (known) {
            if (known.get(format) instanceof GrammarConstraint constraint) return constraint;
        }
        var grammar = ResponseFormat.read(format).orElse(null);
        if (grammar == null) return null;
        var constraint = new GrammarConstraint(grammar, served.pieces(), served.ends().stream().mapToInt(id -> id).toArray());
        synchronized (known) {
            known.put(format, constraint);
        }
        return constraint;
    }
}
