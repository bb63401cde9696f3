package lyceum.serve.constrain;

import static lyceum.serve.constrain.Expression.any;
import static lyceum.serve.constrain.Expression.sequence;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Keys that are none of some names, written without escapes, so that none is one of them in disguise. */
final class OtherNames {
    private static final Expression.Chars PLAIN = Expression.Chars.of(0, 31).or(Expression.Chars.of('"', '"'))
            .or(Expression.Chars.of('\\', '\\')).not();

    private OtherNames() {}

    static Expression than(List<String> names) { return than(names.stream().map(n -> n.codePoints().toArray()).toList(), 0); }

    /** What may follow the first characters, which all these names share. */
    private static Expression than(List<int[]> names, int at) {
        var next = new TreeMap<Integer, List<int[]>>();
        boolean named = false;
        for (var name : names) {
            if (name.length == at) named = true;
            else next.computeIfAbsent(name[at], _ -> new ArrayList<>()).add(name);
        }
        var options = new ArrayList<Expression>();
        if (!named) options.add(Expression.EMPTY);
        var others = PLAIN;
        for (int c : next.keySet()) others = others.without(Expression.Chars.of(c, c));
        options.add(sequence(others, any(PLAIN)));
        next.forEach((c, longer) -> { if (PLAIN.contains(c)) options.add(sequence(Expression.Chars.of(c, c), than(longer, at + 1))); });
        return new Expression.Choice(options);
    }
}
