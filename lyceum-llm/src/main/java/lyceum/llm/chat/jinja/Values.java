package lyceum.llm.chat.jinja;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import lyceum.FormatException;

/**
 * Python's values as Java's: text, {@code Long}, {@code Double}, {@code Boolean}, null for none, lists, maps; and how they are compared, added and printed
 * there.
 */
final class Values {
    /** A name or attribute that is not there: false, empty when printed, an error in all else. */
    record Undefined(String name) {
        FormatException asked() { return new FormatException("template: '" + name + "' is undefined"); }
    }

    /** What {@code namespace()} makes: attributes that inner scopes may set. */
    record Namespace(Map<String, Object> attributes) {}

    /** A function of the template's world. */
    interface Callable {
        Object call(Frame frame, List<Object> arguments, Map<String, Object> named);
    }

    private Values() {}

    static boolean isTrue(Object value) {
        return switch (value) {
            case null -> false;
            case Undefined _ -> false;
            case Boolean b -> b;
            case String s -> !s.isEmpty();
            case Long n -> n != 0;
            case Double x -> x != 0;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }

    /** A value from outside: numbers become Long or Double, whatever else is of a known kind. */
    static Object of(Object value) {
        return switch (value) {
            case null -> null;
            case Integer n -> (long) n;
            case Short n -> (long) n;
            case Byte n -> (long) n;
            case Float x -> (double) x;
            case Character c -> c.toString();
            case Map<?, ?> map -> {
                var copy = new LinkedHashMap<Object, Object>();
                map.forEach((k, v) -> copy.put(of(k), of(v)));
                yield copy;
            }
            case Iterable<?> items -> {
                var copy = new ArrayList<Object>();
                items.forEach(item -> copy.add(of(item)));
                yield copy;
            }
            case String _,Long _,Double _,Boolean _ -> value;
            default -> throw new IllegalArgumentException(
                    "template: a value of " + value.getClass() + "; give texts, numbers, booleans, lists and maps");
        };
    }

    /** As Python's {@code str}. */
    static String text(Object value) {
        return switch (value) {
            case String s -> s;
            case Undefined _ -> "";
            case null, default -> representation(value);
        };
    }

    /** As Python's {@code repr}. */
    static String representation(Object value) {
        var out = new StringBuilder();
        represent(value, out);
        return out.toString();
    }

    private static void represent(Object value, StringBuilder out) {
        switch (value) {
            case null -> out.append("None");
            case Boolean b -> out.append(b ? "True" : "False");
            case Double x -> out.append(number(x));
            case String s -> quoted(s, out);
            case List<?> list -> {
                out.append('[');
                for (int i = 0; i < list.size(); i++) {
                    if (i > 0) out.append(", ");
                    represent(list.get(i), out);
                }
                out.append(']');
            }
            case Map<?, ?> map -> {
                out.append('{');
                int[] n = {0};
                map.forEach((k, v) -> {
                    if (n[0]++ > 0) out.append(", ");
                    represent(k, out);
                    out.append(": ");
                    represent(v, out);
                });
                out.append('}');
            }
            case Undefined _ -> out.append("Undefined");
            case Namespace n -> {
                out.append("<Namespace ");
                represent(n.attributes, out);
                out.append('>');
            }
            default -> out.append(value);
        }
    }

    private static void quoted(String s, StringBuilder out) {
        char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        s.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) out.append('\\').append(quote);
                    else if (c < 32 || c == 127) out.append(String.format("\\x%02x", c));
                    else out.appendCodePoint(c);
                }
            }
        });
        out.append(quote);
    }

    /** The shortest digits that give the number back; exponents from 1e16 on and below 1e-4, as Python writes them. */
    static String number(double x) {
        if (Double.isNaN(x)) return "nan";
        if (Double.isInfinite(x)) return x > 0 ? "inf" : "-inf";
        double size = Math.abs(x);
        if (x == 0 || size >= 1e-4 && size < 1e16) {
            var plain = new BigDecimal(Double.toString(x)).toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        var parts = Double.toString(x).split("E");
        if (parts.length == 1) return parts[0];
        var digits = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
        int power = Integer.parseInt(parts[1]);
        return digits + (power < 0 ? "e-" : "e+") + (Math.abs(power) < 10 ? "0" : "") + Math.abs(power);
    }

    static boolean equal(Object a, Object b) {
        if (isNumber(a) && isNumber(b)) return a instanceof Double || b instanceof Double ? real(a) == real(b) : whole(a) == whole(b);
        if (a instanceof List<?> x && b instanceof List<?> y) {
            if (x.size() != y.size()) return false;
            for (int i = 0; i < x.size(); i++) if (!equal(x.get(i), y.get(i))) return false;
            return true;
        }
        if (a instanceof Undefined && b instanceof Undefined) return true;
        return Objects.equals(a, b);
    }

    /** @throws FormatException for what has no order in Python */
    static int compare(Object a, Object b) {
        if (isNumber(a) && isNumber(b))
            return a instanceof Double || b instanceof Double ? Double.compare(real(a), real(b)) : Long.compare(whole(a), whole(b));
        if (a instanceof String x && b instanceof String y) return compareTexts(x, y);
        if (a instanceof List<?> x && b instanceof List<?> y) {
            for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
                if (!equal(x.get(i), y.get(i))) return compare(x.get(i), y.get(i));
            }
            return Integer.compare(x.size(), y.size());
        }
        throw new FormatException("template: " + kind(a) + " and " + kind(b) + " have no order");
    }

    /** By code points, as Python does, not by Java's units. */
    private static int compareTexts(String a, String b) {
        int[] x = a.codePoints().toArray(), y = b.codePoints().toArray();
        return Arrays.compare(x, y);
    }

    static boolean isNumber(Object value) { return value instanceof Long || value instanceof Double || value instanceof Boolean; }

    static double real(Object value) { return value instanceof Double x ? x : whole(value); }

    static long whole(Object value) {
        return switch (value) {
            case Long n -> n;
            case Boolean b -> b ? 1 : 0;
            case null, default -> throw new FormatException("template: " + kind(value) + " where a whole number is wanted");
        };
    }

    static boolean contains(Object container, Object item) {
        return switch (container) {
            case String s when item instanceof String part -> s.contains(part);
            case List<?> list -> list.stream().anyMatch(e -> equal(e, item));
            case Map<?, ?> map -> map.containsKey(item);
            case Undefined _ -> false;
            case null, default -> throw new FormatException("template: 'in' of " + kind(item) + " and " + kind(container));
        };
    }

    /** The items that a loop goes through. */
    static List<?> items(Object value) {
        return switch (value) {
            case List<?> list -> list;
            case Map<?, ?> map -> new ArrayList<>(map.keySet());
            case String s -> s.codePoints().mapToObj(Character::toString).toList();
            case Undefined _ -> List.of();
            case null, default -> throw new FormatException("template: " + kind(value) + " cannot be gone through");
        };
    }

    static long length(Object value) {
        return switch (value) {
            case String s -> s.codePointCount(0, s.length());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Undefined _ -> 0;
            case null, default -> throw new FormatException("template: " + kind(value) + " has no length");
        };
    }

    /** {@code value[key]}, or {@code value.key} after methods were looked for. */
    static Object item(Object value, Object key) {
        switch (value) {
            case Undefined u -> throw u.asked();
            case Namespace n when n.attributes.containsKey(key) -> {
                return n.attributes.get(key);
            }
            case Map<?, ?> map when map.containsKey(key) -> {
                return map.get(key);
            }
            case List<?> list when key instanceof Long || key instanceof Boolean -> {
                long i = whole(key), at = i < 0 ? i + list.size() : i;
                if (at >= 0 && at < list.size()) return list.get((int) at);
            }
            case String s when key instanceof Long i -> {
                int[] points = s.codePoints().toArray();
                long at = i < 0 ? i + points.length : i;
                if (at >= 0 && at < points.length) return Character.toString(points[(int) at]);
            }
            case null, default -> {}
        }
        return new Undefined(text(key));
    }

    /** {@code value[from:to:step]} of a list or text, any of them null. */
    static Object slice(Object value, Object from, Object to, Object step) {
        int[] points = value instanceof String s ? s.codePoints().toArray() : null;
        if (points == null && !(value instanceof List<?>)) throw new FormatException("template: " + kind(value) + " has no slices");
        int n = points == null ? ((List<?>) value).size() : points.length;
        long by = step == null ? 1 : whole(step);
        if (by == 0) throw new FormatException("template: a slice's step is 0");
        long first = from == null ? (by > 0 ? 0 : n - 1) : bound(whole(from), n, by),
                end = to == null ? (by > 0 ? n : -1) : bound(whole(to), n, by);
        var text = new StringBuilder();
        var list = new ArrayList<Object>();
        for (long i = first; by > 0 ? i < end : i > end; i += by) {
            if (points == null) list.add(((List<?>) value).get((int) i));
            else text.appendCodePoint(points[(int) i]);
        }
        return points == null ? list : text.toString();
    }

    private static long bound(long i, int n, long step) {
        if (i < 0) i += n;
        return step > 0 ? Math.clamp(i, 0, n) : Math.clamp(i, -1, n - 1);
    }

    static String kind(Object value) {
        return switch (value) {
            case null -> "none";
            case String _ -> "a text";
            case Boolean _ -> "a truth value";
            case Long _,Double _ -> "a number";
            case List<?> _ -> "a list";
            case Map<?, ?> _ -> "a mapping";
            case Undefined u -> "the undefined '" + u.name + "'";
            default -> "a " + value.getClass().getSimpleName().toLowerCase(Locale.ROOT);
        };
    }
}
