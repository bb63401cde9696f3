package lyceum.serve.constrain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;

/** What readers of productions share: a place in a text, escapes, classes in brackets. */
abstract class ProductionReader {
    static final int MOST_REPEATS = 1000, MOST_DEPTH = 100;
    final String format;
    final int[] in;
    int at, depth;

    ProductionReader(String format, String text) {
        this.format = format;
        in = text.codePoints().toArray();
    }

    abstract Map<String, Expression> rules();

    final int peek() { return at < in.length ? in[at] : -1; }

    final boolean take(int c) {
        if (peek() != c) return false;
        at++;
        return true;
    }

    final boolean take(String text) {
        if (at + text.length() > in.length) return false;
        for (int i = 0; i < text.length(); i++) if (in[at + i] != text.charAt(i)) return false;
        at += text.length();
        return true;
    }

    final void expect(int c) { if (!take(c)) throw wrong("'" + Character.toString(c) + "' is missing"); }

    final void deeper() { if (++depth > MOST_DEPTH) throw wrong("groups are nested more than " + MOST_DEPTH + " deep"); }

    final int number() {
        int from = at, n = 0;
        while (peek() >= '0' && peek() <= '9' && at - from < 6) n = 10 * n + in[at++] - '0';
        if (from == at) throw wrong("a number is missing");
        if (n > MOST_REPEATS) throw wrong(n + " repetitions, " + MOST_REPEATS + " at most");
        return n;
    }

    /** {@code m}, {@code m,} or {@code m,n} and the closing brace; the opening one is read. */
    final Expression bounded(Expression body) {
        int min = peek() == ',' ? 0 : number(), max = min;
        if (take(',')) max = peek() == '}' ? -1 : number();
        expect('}');
        if (max >= 0 && max < min) throw wrong("at least " + min + " and at most " + max + " times");
        return new Expression.Repeat(body, min, max);
    }

    static boolean isName(int c) { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'; }

    final String name() {
        int from = at;
        while (isName(peek())) at++;
        if (from == at) throw wrong("a name is missing");
        return new String(in, from, at - from);
    }

    static void define(Map<String, Expression> rules, String name, Expression body, ProductionReader reader) {
        if (rules.put(name, body) != null) throw reader.wrong("\"" + name + "\" is defined twice");
    }

    final Expression alternatives(int separator) {
        deeper();
        var options = new ArrayList<Expression>();
        do options.add(sequence()); while (take(separator));
        depth--;
        return options.size() == 1 ? options.getFirst() : new Expression.Choice(options);
    }

    abstract Expression sequence();

    static Expression joined(List<Expression> parts) {
        return parts.size() == 1 ? parts.getFirst() : new Expression.Sequence(List.copyOf(parts));
    }

    final LinkedHashMap<String, Expression> filled(LinkedHashMap<String, Expression> rules) {
        if (rules.isEmpty()) throw wrong("no production");
        return rules;
    }

    /** Behind a backslash. */
    final int escaped() {
        int c = peek();
        if (c < 0) throw wrong("a backslash at the end");
        at++;
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'f' -> '\f';
            case 'v' -> 11;
            case '0' -> 0;
            case 'x' -> take('{') ? braced() : hex(2);
            case 'u' -> take('{') ? braced() : paired(hex(4));
            case 'U' -> hex(8);
            default -> {
                if (c < 128 && Character.isLetterOrDigit(c)) throw wrong("the escape \\" + (char) c + " is not known");
                yield c;
            }
        };
    }

    private int paired(int high) {
        if (!Character.isSurrogate((char) high)) return high;
        if (!Character.isHighSurrogate((char) high) || !take("\\u")) throw wrong("half of a surrogate pair");
        int low = hex(4);
        if (!Character.isLowSurrogate((char) low)) throw wrong("half of a surrogate pair");
        return Character.toCodePoint((char) high, (char) low);
    }

    private int braced() {
        int from = at;
        while (peek() >= 0 && peek() != '}') at++;
        int value = hex(from, at);
        expect('}');
        return value;
    }

    final int hex(int digits) {
        if (at + digits > in.length) throw wrong(digits + " hexadecimal digits are missing");
        at += digits;
        return hex(at - digits, at);
    }

    final int hex(int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = in[i] < 128 ? Character.digit(in[i], 16) : -1;
            if (digit < 0 || value > 0x10FFFF) throw wrong("no hexadecimal number of a character");
            value = 16 * value + digit;
        }
        if (from == to || value > 0x10FFFF) throw wrong("no hexadecimal number of a character");
        return (int) value;
    }

    /** A class; its opening bracket is read. */
    final Expression.Chars set() {
        boolean not = take('^');
        var all = new Expression.Chars();
        boolean first = true;
        for (; first || peek() != ']'; first = false) {
            if (peek() < 0) throw wrong("a '[' without its ']'");
            Expression.Chars known = peek() == '\\' && at + 1 < in.length ? classOf(in[at + 1]) : null;
            if (known != null) {
                at += 2;
                all = all.or(known);
                continue;
            }
            if (first && peek() == ']' && !not) throw wrong("an empty class; a bracket in it is \\]");
            int from = character(), to = from;
            if (peek() == '-' && at + 1 < in.length && in[at + 1] != ']') {
                at++;
                to = character();
            }
            if (to < from) throw wrong("a range that runs backwards");
            all = all.or(Expression.Chars.of(from, to));
        }
        at++;
        return not ? all.not() : all;
    }

    private int character() {
        if (peek() < 0) throw wrong("a '[' without its ']'");
        if (take('\\')) return escaped();
        return take("#x") ? w3c() : in[at++];
    }

    /** Digits of a character as the W3C writes it: {@code #x20}. */
    final int w3c() {
        int from = at;
        while (peek() >= 0 && peek() < 128 && Character.digit(peek(), 16) >= 0) at++;
        return hex(from, at);
    }

    /** What {@code \d} and its like mean; null for a letter that names no class. */
    Expression.Chars classOf(int letter) { return null; }

    final FormatException wrong(String problem) {
        int line = 1;
        for (int i = 0; i < Math.min(at, in.length); i++) if (in[i] == '\n') line++;
        return new FormatException(format + ": " + problem + ", at character " + at + " of line " + line);
    }
}
