package lyceum.plot;

import java.util.List;

/** What every record of a figure refuses, in one place, since figures also arrive from other processes. */
final class Check {
    static final int TITLE = 300;
    static final int TEXT = 4_000;
    static final int LABEL = 300;

    private Check() {}

    /** Null becomes empty; control characters (a terminal would obey them) and lone surrogates become spaces. */
    static String text(String what, String s, int limit) {
        if (s == null) return "";
        if (s.length() > limit) throw new FigureException(what + " has " + s.length() + " characters; at most " + limit + " are drawn");
        for (int i = 0; i < s.length(); i++) {
            if (!drawable(s, i)) return cleaned(s);
        }
        return s;
    }

    private static boolean drawable(String s, int i) {
        char c = s.charAt(i);
        if (Character.isHighSurrogate(c)) return i + 1 < s.length() && Character.isLowSurrogate(s.charAt(i + 1));
        if (Character.isLowSurrogate(c)) return i > 0 && Character.isHighSurrogate(s.charAt(i - 1));
        return !Character.isISOControl(c) && Character.getType(c) != Character.FORMAT && c < 0xFFFE;
    }

    private static String cleaned(String s) {
        var out = new StringBuilder(s.length());
        for (int i = 0; i < s.length(); i++) out.append(drawable(s, i) ? s.charAt(i) : ' ');
        return out.toString();
    }

    static List<String> texts(String what, List<String> list) {
        return list == null ? List.of() : list.stream().map(s -> text(what, s, LABEL)).toList();
    }

    static <T> List<T> list(String what, List<T> list, int limit) {
        if (list == null) return List.of();
        if (list.size() > limit) throw new FigureException(what + ": " + list.size() + " of them; at most " + limit + " fit one figure");
        for (T t : list) present(what, t);
        return List.copyOf(list);
    }

    static <T> T present(String what, T value) {
        if (value == null) throw new FigureException(what + " is missing");
        return value;
    }

    static void sameLength(String what, String a, int lengthA, String b, int lengthB) {
        if (lengthA != lengthB) throw new FigureException(
                what + ": " + a + " has " + lengthA + " values and " + b + " has " + lengthB + "; they pair up one by one");
    }
}
