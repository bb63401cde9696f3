package lyceum.llm.chat.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lyceum.FormatException;

/** {@code value | filter}. */
final class Filters {
    static final Set<String> NAMES = Set.of("abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float",
            "format", "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
            "replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "unique",
            "upper", "wordcount");

    private Filters() {}

    static Object apply(Frame frame, String name, Object value, List<Object> arguments, Map<String, Object> named) {
        return switch (name) {
            case "trim" ->
                    Methods.stripped(Values.text(value), named.containsKey("chars") ? List.of(named.get("chars")) : arguments, true, true);
            case "length", "count" -> Values.length(value);
            case "upper" -> Values.text(value).toUpperCase(Locale.ROOT);
            case "lower" -> Values.text(value).toLowerCase(Locale.ROOT);
            case "capitalize" -> Methods.capitalized(Values.text(value));
            case "title" -> Methods.titled(Values.text(value));
            case "string" -> Values.text(value);
            case "safe" -> value;
            case "e", "escape" -> frame.work.built(Values.text(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                    .replace("\"", "&#34;").replace("'", "&#39;"));
            case "default", "d" -> {
                boolean falsy = Values.isTrue(argument(arguments, named, 1, "boolean", false));
                boolean missing = value instanceof Values.Undefined || falsy && !Values.isTrue(value);
                yield missing ? argument(arguments, named, 0, "default_value", "") : value;
            }
            case "first" -> Values.items(value).isEmpty() ? new Values.Undefined("first") : Values.items(value).getFirst();
            case "last" -> Values.items(value).isEmpty() ? new Values.Undefined("last") : Values.items(value).getLast();
            case "list" -> new ArrayList<Object>(Values.items(value));
            case "items" -> value instanceof Values.Undefined ? List.of() : Methods.call(frame, value, "items", List.of(), Map.of());
            case "join" -> {
                var separator = Values.text(argument(arguments, named, 0, "d", ""));
                var attribute = argument(arguments, named, 1, "attribute", null);
                yield frame.work.built(String.join(separator,
                        Values.items(value).stream().map(v -> Values.text(attribute == null ? v : attribute(v, attribute))).toList()));
            }
            case "replace" -> frame.work.built(Methods.replace(frame, Values.text(value), Values.text(arguments.get(0)),
                    Values.text(arguments.get(1)), arguments.size() > 2 ? Values.whole(arguments.get(2)) : -1));
            case "int" -> number(value, argument(arguments, named, 0, "default", 0L), false);
            case "float" -> number(value, argument(arguments, named, 0, "default", 0.0), true);
            case "abs" -> value instanceof Double x ? (Object) Math.abs(x) : (Object) Math.absExact(Values.whole(value));
            case "round" -> rounded(Values.real(value), (int) Values.whole(argument(arguments, named, 0, "precision", 0L)),
                    Values.text(argument(arguments, named, 1, "method", "common")));
            case "sum" -> sum(value, argument(arguments, named, 0, "attribute", null));
            case "max" -> Values.items(value).stream().max(Values::compare).<Object>map(v -> v).orElse(new Values.Undefined("max"));
            case "min" -> Values.items(value).stream().min(Values::compare).<Object>map(v -> v).orElse(new Values.Undefined("min"));
            case "reverse" -> value instanceof String s ? new StringBuilder(s).reverse().toString()
                    : new ArrayList<Object>(Values.items(value)).reversed();
            case "sort" -> sorted(Values.items(value), Values.isTrue(argument(arguments, named, 0, "reverse", false)),
                    Values.isTrue(argument(arguments, named, 1, "case_sensitive", false)),
                    argument(arguments, named, 2, "attribute", null));
            case "dictsort" -> sorted((List<?>) Methods.call(frame, value, "items", List.of(), Map.of()),
                    Values.isTrue(argument(arguments, named, 2, "reverse", false)),
                    Values.isTrue(argument(arguments, named, 0, "case_sensitive", false)),
                    Values.text(argument(arguments, named, 1, "by", "key")).equals("key") ? 0L : 1L);
            case "unique" -> unique(frame, Values.items(value));
            case "map" -> mapped(frame, value, arguments, named);
            case "select",
                    "reject" -> Values.items(value).stream()
                            .filter(v -> (arguments.isEmpty() ? Values.isTrue(v)
                                    : Tests.holds(Values.text(arguments.getFirst()), v, rest(arguments, 1))) == name.equals("select"))
                            .map(v -> (Object) v).toList();
            case "selectattr", "rejectattr" -> Values.items(value).stream().filter(v -> {
                var own = attribute(v, arguments.getFirst());
                boolean holds = arguments.size() == 1 ? Values.isTrue(own)
                        : Tests.holds(Values.text(arguments.get(1)), own, rest(arguments, 2));
                return holds == name.equals("selectattr");
            }).map(v -> (Object) v).toList();
            case "indent" -> indented(frame, Values.text(value), argument(arguments, named, 0, "width", 4L),
                    Values.isTrue(argument(arguments, named, 1, "first", false)),
                    Values.isTrue(argument(arguments, named, 2, "blank", false)));
            case "format" -> frame.work.built(Methods.percent(Values.text(value), arguments));
            case "wordcount" -> Values.length(Methods.call(frame, Values.text(value), "split", List.of(), Map.of()));
            case "tojson" -> frame.work.built(JsonText.of(value, argument(arguments, named, 0, "indent", named.get("indent")), named));
            default -> throw new FormatException(
                    "template: the filter '" + name + "' is unknown; there are " + NAMES.stream().sorted().toList());
        };
    }

    private static Object argument(List<Object> arguments, Map<String, Object> named, int place, String name, Object otherwise) {
        return place < arguments.size() ? arguments.get(place) : named.getOrDefault(name, otherwise);
    }

    private static List<Object> rest(List<Object> arguments, int from) { return arguments.subList(from, arguments.size()); }

    /** {@code a.b.0} of a value. */
    private static Object attribute(Object value, Object path) {
        if (!(path instanceof String names)) return Values.item(value, path);
        for (var name : names.split("\\."))
            value = Values.item(value, !name.isEmpty() && name.chars().allMatch(Character::isDigit) && name.length() < 10
                    ? (Object) Long.parseLong(name) : name);
        return value;
    }

    private static Object mapped(Frame frame, Object value, List<Object> arguments, Map<String, Object> named) {
        var results = new ArrayList<Object>();
        for (var item : Values.items(value)) {
            frame.work.step();
            if (named.containsKey("attribute")) {
                var own = attribute(item, named.get("attribute"));
                results.add(own instanceof Values.Undefined && named.containsKey("default") ? named.get("default") : own);
            } else {
                results.add(apply(frame, Values.text(arguments.getFirst()), item, rest(arguments, 1), named));
            }
        }
        return results;
    }

    private static Object number(Object value, Object otherwise, boolean real) {
        try {
            if (Values.isNumber(value))
                return real ? (Object) Values.real(value) : (Object) (value instanceof Double x ? (long) (double) x : Values.whole(value));
            var text = Values.text(value).strip();
            return real ? (Object) Double.parseDouble(text)
                    : (Object) (text.contains(".") ? (long) Double.parseDouble(text) : Long.parseLong(text));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    /** As Python rounds: halves to the even digit. */
    private static double rounded(double x, int digits, String method) {
        if (Math.abs(digits) > 300 || !Double.isFinite(x)) return x;
        var mode = switch (method) {
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            default -> RoundingMode.HALF_EVEN;
        };
        return new BigDecimal(x).setScale(digits, mode).doubleValue();
    }

    private static Object sum(Object value, Object attribute) {
        double real = 0;
        long whole = 0;
        boolean isReal = false;
        for (var item : Values.items(value)) {
            var own = attribute == null ? item : attribute(item, attribute);
            isReal |= own instanceof Double;
            if (own instanceof Double x) real += x;
            else whole += Values.whole(own);
        }
        return isReal ? (Object) (real + whole) : (Object) whole;
    }

    private static List<Object> sorted(List<?> items, boolean reverse, boolean caseSensitive, Object attribute) {
        Comparator<Object> order = (a, b) -> Values.compare(key(a, caseSensitive, attribute), key(b, caseSensitive, attribute));
        var sorted = new ArrayList<Object>(items);
        sorted.sort(reverse ? Collections.reverseOrder(order) : order);
        return sorted;
    }

    private static Object key(Object value, boolean caseSensitive, Object attribute) {
        var own = attribute == null ? value : attribute(value, attribute);
        return own instanceof String s && !caseSensitive ? s.toLowerCase(Locale.ROOT) : own;
    }

    private static List<Object> unique(Frame frame, List<?> items) {
        var kept = new ArrayList<Object>();
        for (var item : items) {
            frame.work.counted(kept);
            frame.work.step();
            if (kept.stream().noneMatch(k -> Values.equal(key(k, false, null), key(item, false, null)))) kept.add(item);
        }
        return kept;
    }

    private static String indented(Frame frame, String text, Object width, boolean first, boolean blank) {
        var by = width instanceof String s ? s : " ".repeat((int) Math.clamp(Values.whole(width), 0, 1000));
        var lines = text.split("\n", -1);
        frame.work.checkLength(text.length() + (long) lines.length * by.length());
        var out = new StringBuilder();
        for (int i = 0; i < lines.length; i++) {
            if (i > 0) out.append('\n');
            if ((i > 0 || first) && (blank || !lines[i].isEmpty())) out.append(by);
            out.append(lines[i]);
        }
        return frame.work.built(out.toString());
    }
}
