package lyceum.causal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes an estimand, giving summed variables names of their own. */
final class EstimandText {
    private EstimandText() {}

    static String of(Estimand estimand) { return write(estimand, Map.of(), new HashSet<>(estimand.free())); }

    private static String write(Estimand estimand, Map<String, String> names, Set<String> used) {
        return switch (estimand) {
            case Estimand.Probability p -> "P(" + list(p.of(), names) + (p.given().isEmpty() ? "" : " | " + list(p.given(), names)) + ")";
            case Estimand.Product p -> p.factors().isEmpty() ? "1" : p.factors().stream().map(f -> {
                // A sum reaches as far right as it can: brackets where something follows.
                String text = write(f, names, used);
                return f instanceof Estimand.Sum && f != p.factors().getLast() ? "[" + text + "]" : text;
            }).collect(Collectors.joining(" "));
            case Estimand.Quotient q -> "[" + write(q.numerator(), names, used) + "] / [" + write(q.denominator(), names, used) + "]";
            case Estimand.Sum s -> {
                var inner = new HashMap<>(names);
                var taken = new HashSet<>(used);
                var written = new ArrayList<String>();
                for (String v : s.over()) {
                    String name = v;
                    while (!taken.add(name)) name += "'";
                    inner.put(v, name);
                    written.add(name);
                }
                yield "sum_" + (written.size() == 1 ? written.getFirst() : "{" + String.join(", ", written) + "}") + " "
                        + write(s.of(), inner, taken);
            }
        };
    }

    private static String list(Set<String> variables, Map<String, String> names) {
        return variables.stream().map(v -> names.getOrDefault(v, v)).sorted().collect(Collectors.joining(", "));
    }
}
