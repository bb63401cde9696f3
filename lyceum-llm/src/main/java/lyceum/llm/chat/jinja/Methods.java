package lyceum.llm.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import lyceum.FormatException;

/** The methods that Python's texts, lists and mappings have and a template may call: those that change nothing. */
final class Methods {
    private Methods() {}

    static Object call(Frame frame, Object owner, String name, List<Object> arguments, Map<String, Object> named) {
        var value = switch (owner) {
            case String s -> ofText(frame, s, name, arguments, named);
            case Map<?, ?> map -> ofMap(map, name, arguments);
            case List<?> list -> ofList(list, name, arguments);
            case Values.Undefined u -> throw u.asked();
            case null, default -> NONE;
        };
        if (value == NONE)
            throw new FormatException("template: " + Values.kind(owner) + " has no method " + name + " that a template may call");
        return value;
    }

    private static final Object NONE = new Object();

    private static Object ofMap(Map<?, ?> map, String name, List<Object> arguments) {
        return switch (name) {
            case "items" -> map.entrySet().stream().<Object>map(e -> pair(e.getKey(), e.getValue())).toList();
            case "keys" -> new ArrayList<Object>(map.keySet());
            case "values" -> new ArrayList<Object>(map.values());
            case "get" ->
                    map.containsKey(arguments.getFirst()) ? map.get(arguments.getFirst()) : arguments.size() > 1 ? arguments.get(1) : null;
            case "copy" -> map;
            default -> NONE;
        };
    }

    static List<Object> pair(Object key, Object value) {
        var pair = new ArrayList<Object>(2);
        pair.add(key);
        pair.add(value);
        return pair;
    }

    private static Object ofList(List<?> list, String name, List<Object> arguments) {
        switch (name) {
            case "count" -> {
                return list.stream().filter(e -> Values.equal(e, arguments.getFirst())).count();
            }
            case "index" -> {
                for (int i = 0; i < list.size(); i++) if (Values.equal(list.get(i), arguments.getFirst())) return (long) i;
                throw new FormatException("template: " + Values.representation(arguments.getFirst()) + " is not in the list");
            }
            case "copy" -> {
                return list;
            }
            default -> {
                return NONE;
            }
        }
    }

    private static Object ofText(Frame frame, String s, String name, List<Object> arguments, Map<String, Object> named) {
        return switch (name) {
            case "startswith" -> starts(s, arguments.getFirst(), true);
            case "endswith" -> starts(s, arguments.getFirst(), false);
            case "strip" -> stripped(s, arguments, true, true);
            case "lstrip" -> stripped(s, arguments, true, false);
            case "rstrip" -> stripped(s, arguments, false, true);
            case "upper" -> s.toUpperCase(Locale.ROOT);
            case "lower" -> s.toLowerCase(Locale.ROOT);
            case "capitalize" -> capitalized(s);
            case "title" -> titled(s);
            case "split", "rsplit" ->
                    split(s, argument(arguments, named, 0, "sep"), argument(arguments, named, 1, "maxsplit"), name.equals("rsplit"));
            case "splitlines" -> s.isEmpty() ? List.of() : s.lines().map(l -> (Object) l).toList();
            case "replace" -> {
                var replaced = argument(arguments, named, 2, "count");
                yield frame.work.built(replace(frame, s, (String) arguments.get(0), (String) arguments.get(1),
                        replaced == null ? -1 : Values.whole(replaced)));
            }
            case "find" -> place(s, s.indexOf((String) arguments.getFirst()));
            case "rfind" -> place(s, s.lastIndexOf((String) arguments.getFirst()));
            case "count" -> (long) (arguments.getFirst().equals("") ? s.codePointCount(0, s.length()) + 1
                    : count(s, (String) arguments.getFirst()));
            case "join" -> frame.work.built(String.join(s, Values.items(arguments.getFirst()).stream().map(Values::text).toList()));
            case "isdigit" -> all(s, Character::isDigit);
            case "isalpha" -> all(s, Character::isLetter);
            case "isalnum" -> all(s, Character::isLetterOrDigit);
            case "isspace" -> all(s, Character::isWhitespace);
            case "isupper" -> s.equals(s.toUpperCase(Locale.ROOT)) && s.codePoints().anyMatch(Character::isUpperCase);
            case "islower" -> s.equals(s.toLowerCase(Locale.ROOT)) && s.codePoints().anyMatch(Character::isLowerCase);
            case "removeprefix" -> s.startsWith((String) arguments.getFirst()) ? s.substring(((String) arguments.getFirst()).length()) : s;
            case "removesuffix" ->
                    s.endsWith((String) arguments.getFirst()) ? s.substring(0, s.length() - ((String) arguments.getFirst()).length()) : s;
            default -> NONE;
        };
    }

    private static Object argument(List<Object> arguments, Map<String, Object> named, int place, String name) {
        return place < arguments.size() ? arguments.get(place) : named.get(name);
    }

    private static boolean all(String s, IntPredicate test) { return !s.isEmpty() && s.codePoints().allMatch(test); }

    private static boolean starts(String s, Object parts, boolean front) {
        for (var part : parts instanceof List<?> several ? several : List.of(parts))
            if (part instanceof String p && (front ? s.startsWith(p) : s.endsWith(p))) return true;
        return false;
    }

    static String stripped(String s, List<Object> arguments, boolean front, boolean back) {
        IntPredicate goes = arguments.isEmpty() || arguments.getFirst() == null ? Methods::isSpace
                : c -> ((String) arguments.getFirst()).indexOf(c) >= 0;
        int from = 0, to = s.length();
        while (front && from < to && goes.test(s.codePointAt(from))) from += Character.charCount(s.codePointAt(from));
        while (back && to > from && goes.test(s.codePointBefore(to))) to -= Character.charCount(s.codePointBefore(to));
        return s.substring(from, to);
    }

    /** What Python takes for white space. */
    private static boolean isSpace(int c) { return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85; }

    private static Object split(String s, Object separator, Object most, boolean fromRight) {
        long left = most == null ? -1 : Values.whole(most);
        if (separator == null) return words(s, left, fromRight);
        var by = (String) separator;
        if (by.isEmpty()) throw new FormatException("template: split by an empty text");
        var parts = new ArrayList<Object>();
        if (fromRight) {
            int end = s.length();
            for (int i = s.lastIndexOf(by); i >= 0 && left-- != 0; i = s.lastIndexOf(by, i - by.length())) {
                parts.addFirst(s.substring(i + by.length(), end));
                end = i;
                if (i < by.length()) break;
            }
            parts.addFirst(s.substring(0, end));
            return parts;
        }
        int from = 0;
        for (int i = s.indexOf(by); i >= 0 && left-- != 0; i = s.indexOf(by, from)) {
            parts.add(s.substring(from, i));
            from = i + by.length();
        }
        parts.add(s.substring(from));
        return parts;
    }

    private static List<Object> words(String s, long most, boolean fromRight) {
        var parts = new ArrayList<Object>();
        var rest = stripped(s, List.of(), true, true);
        while (!rest.isEmpty()) {
            if (most-- == 0) {
                if (fromRight) parts.addFirst(rest);
                else parts.add(rest);
                break;
            }
            int cut = fromRight ? rest.length() : 0;
            if (fromRight) {
                while (cut > 0 && !isSpace(rest.charAt(cut - 1))) cut--;
                parts.addFirst(rest.substring(cut));
                rest = stripped(rest.substring(0, cut), List.of(), false, true);
            } else {
                while (cut < rest.length() && !isSpace(rest.charAt(cut))) cut++;
                parts.add(rest.substring(0, cut));
                rest = stripped(rest.substring(cut), List.of(), true, false);
            }
        }
        return parts;
    }

    static String replace(Frame frame, String s, String old, String by, long most) {
        long times = old.isEmpty() ? s.codePointCount(0, s.length()) + 1 : count(s, old);
        if (most >= 0) times = Math.min(times, most);
        frame.work.checkLength(s.length() + times * Math.max(0, by.length() - old.length()));
        if (most < 0 && !old.isEmpty()) return s.replace(old, by);
        var out = new StringBuilder();
        int from = 0;
        for (; times > 0; times--) {
            int i = old.isEmpty() ? from : s.indexOf(old, from);
            out.append(s, from, i).append(by);
            from = i + old.length();
            if (old.isEmpty() && from < s.length()) {
                int c = s.codePointAt(from);
                out.appendCodePoint(c);
                from += Character.charCount(c);
            }
        }
        return out.append(s.substring(Math.min(from, s.length()))).toString();
    }

    private static int count(String s, String part) {
        int n = 0;
        for (int i = s.indexOf(part); i >= 0; i = s.indexOf(part, i + part.length())) n++;
        return n;
    }

    private static long place(String s, int index) { return index < 0 ? -1 : s.codePointCount(0, index); }

    static String capitalized(String s) {
        if (s.isEmpty()) return s;
        int first = s.offsetByCodePoints(0, 1);
        return s.substring(0, first).toUpperCase(Locale.ROOT) + s.substring(first).toLowerCase(Locale.ROOT);
    }

    static String titled(String s) {
        var out = new StringBuilder();
        boolean inWord = false;
        for (int c : s.codePoints().toArray()) {
            IntUnaryOperator change = inWord ? Character::toLowerCase : Character::toTitleCase;
            out.appendCodePoint(change.applyAsInt(c));
            inWord = Character.isLetter(c);
        }
        return out.toString();
    }

    /** Python's {@code %} with {@code %s}, {@code %d}, {@code %%} and plain floats. */
    static String percent(String format, Object value) {
        var values = value instanceof List<?> list ? list : List.of(value);
        var out = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            int from = i + 1;
            while (++i < format.length() && "0123456789.-+".indexOf(format.charAt(i)) >= 0) {
            }
            char kind = i < format.length() ? format.charAt(i) : ' ';
            if (kind == '%') {
                out.append('%');
                continue;
            }
            var options = format.substring(from, i);
            if ("sdfr".indexOf(kind) < 0 || next >= values.size() || options.length() > 6)
                throw new FormatException("template: the format \"" + format + "\" does not fit " + values.size() + " values");
            var given = values.get(next++);
            out.append(switch (kind) {
                case 'd' -> String.format(Locale.ROOT, "%" + options + "d",
                        given instanceof Double x ? (long) (double) x : Values.whole(given));
                case 'f' -> String.format(Locale.ROOT, "%" + options + "f", Values.real(given));
                case 'r' -> String.format(Locale.ROOT, "%" + options + "s", Values.representation(given));
                default -> String.format(Locale.ROOT, "%" + options + "s", Values.text(given));
            });
        }
        return out.toString();
    }
}
