package lyceum.llm.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;

/** JSON as Python's {@code json.dumps} writes it, characters beyond ASCII kept, which is how chat templates get it. */
final class JsonText {
    private final StringBuilder out = new StringBuilder();
    private final String indent, between, after;
    private final boolean sorted, ascii;

    private JsonText(String indent, String between, String after, boolean sorted, boolean ascii) {
        this.indent = indent;
        this.between = between;
        this.after = after;
        this.sorted = sorted;
        this.ascii = ascii;
    }

    /** @param options {@code separators}, {@code sort_keys}, {@code ensure_ascii} */
    static String of(Object value, Object indent, Map<String, Object> options) {
        var by = indent == null || indent instanceof Values.Undefined ? null
                : indent instanceof String s ? s : " ".repeat((int) Math.clamp(Values.whole(indent), 0, 100));
        var separators = options.get("separators") instanceof List<?> pair && pair.size() == 2 ? pair : null;
        var text = new JsonText(by, separators == null ? (by == null ? ", " : ",") : Values.text(separators.get(0)),
                separators == null ? ": " : Values.text(separators.get(1)), Values.isTrue(options.get("sort_keys")),
                Values.isTrue(options.get("ensure_ascii")));
        text.write(value, 0);
        return text.out.toString();
    }

    private void write(Object value, int depth) {
        switch (value) {
            case null -> out.append("null");
            case Boolean b -> out.append(b);
            case Long n -> out.append(n);
            case Double x -> out.append(x.isNaN() ? "NaN" : x.isInfinite() ? (x > 0 ? "Infinity" : "-Infinity") : Values.number(x));
            case String s -> quoted(s);
            case List<?> list -> {
                out.append('[');
                for (int i = 0; i < list.size(); i++) {
                    next(i, depth + 1);
                    write(list.get(i), depth + 1);
                }
                end(list.isEmpty(), depth, ']');
            }
            case Map<?, ?> map -> {
                out.append('{');
                var keys = new ArrayList<Object>(map.keySet());
                if (sorted) keys.sort(Values::compare);
                for (int i = 0; i < keys.size(); i++) {
                    next(i, depth + 1);
                    quoted(keys.get(i) instanceof String s ? s : of(keys.get(i), null, Map.of()));
                    out.append(after);
                    write(map.get(keys.get(i)), depth + 1);
                }
                end(map.isEmpty(), depth, '}');
            }
            default -> throw new FormatException("template: " + Values.kind(value) + " has no JSON");
        }
    }

    private void next(int i, int depth) {
        if (i > 0) out.append(between);
        if (indent != null) out.append('\n').repeat(indent, depth);
    }

    private void end(boolean empty, int depth, char close) {
        if (indent != null && !empty) out.append('\n').repeat(indent, depth);
        out.append(close);
    }

    private void quoted(String s) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            int known = "\"\\\n\r\t\b\f".indexOf(c);
            if (known >= 0) out.append('\\').append("\"\\nrtbf".charAt(known));
            else if (c < 32 || ascii && c > 126) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        out.append('"');
    }
}
