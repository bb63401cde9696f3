package lyceum.serve.http;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.serve.constrain.GrammarConstraint;
import lyceum.serve.constrain.ResponseFormat;

/** The grammars that were asked for last, compiled: a client says the same schema with every request, and its masks are known the second time. */
final class Grammars {
    private static final int KEPT = 32;

    private final ServedModel served;
    private final Map<String, GrammarConstraint> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override protected boolean removeEldestEntry(Map.Entry<String, GrammarConstraint> eldest) { return size() > KEPT; }
    };

    Grammars(ServedModel served) { this.served = served; }

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
