package lyceum.format;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * A value in Python's notation: dictionaries, tuples, lists, strings, whole numbers, {@code True}, {@code False} and {@code None}. A header of NumPy
 * is such a text, and nothing says how it is laid out.
 */
final class PythonLiteral {
    private static final int MOST_DEPTH = 32;
    private static final String ORDINARY_ESCAPES = "\\'\"";

    /** A tuple, {@code (2, 3)}. */
    record Tuple(List<Object> items) {}

    /** What is wrong with the text, and where in it. */
    static final class SyntaxException extends Exception {
        private static final long serialVersionUID = 1;
        final int at;

        SyntaxException(int at, String problem) {
            super(problem);
            this.at = at;
        }
    }

    private final String text;
    private int at;
    /** Whether the item that was read last has a comma behind it. */
    private boolean comma;

    private PythonLiteral(String text) { this.text = text; }

    /** A Map, Tuple, List, String, Long or Boolean; null for {@code None}. */
    static Object parse(String text) throws SyntaxException {
        var literal = new PythonLiteral(text);
        var value = literal.value(0);
        literal.space();
        if (literal.at < text.length()) throw literal.wrong("something follows the value");
        return value;
    }

    private Object value(int depth) throws SyntaxException {
        if (depth > MOST_DEPTH) throw wrong("values stand more than " + MOST_DEPTH + " deep in each other");
        space();
        char next = peek();
        if (next == '{') return dictionary(depth);
        if (next == '(') return inParentheses(depth);
        if (next == '[') return items(']', depth);
        if (next == '\'' || next == '"') return string();
        if (next == '-' || isDigit(next)) return number();
        var word = word();
        return switch (word) {
            case "True" -> true;
            case "False" -> false;
            case "None" -> null;
            case "u", "U", "b", "B" -> string(); // as Python 2 wrote them
            default -> throw wrong("no value of a header");
        };
    }

    private LinkedHashMap<Object, Object> dictionary(int depth) throws SyntaxException {
        var entries = new LinkedHashMap<Object, Object>();
        at++;
        while (!closed('}')) {
            var key = value(depth + 1);
            space();
            if (peek() != ':') throw wrong("a colon is missing");
            at++;
            if (entries.containsKey(key)) throw wrong("the key " + key + " stands twice");
            entries.put(key, value(depth + 1));
            separated('}');
        }
        at++;
        return entries;
    }

    /** A comma makes a tuple: {@code (3)} is the number. */
    private Object inParentheses(int depth) throws SyntaxException {
        var items = items(')', depth);
        return items.size() == 1 && !comma ? items.getFirst() : new Tuple(items);
    }

    private List<Object> items(char close, int depth) throws SyntaxException {
        var items = new ArrayList<>();
        at++;
        while (!closed(close)) {
            items.add(value(depth + 1));
            separated(close);
        }
        at++;
        return items;
    }

    private boolean closed(char close) {
        space();
        return peek() == close;
    }

    /** A comma, unless the end follows; one may stand before it. */
    private void separated(char close) throws SyntaxException {
        space();
        comma = peek() == ',';
        if (comma) at++;
        else if (peek() != close) throw wrong("a comma or " + close + " is missing");
    }

    private String string() throws SyntaxException {
        char quote = peek();
        if (quote != '\'' && quote != '"') throw wrong("a quotation mark is missing");
        var content = new StringBuilder();
        for (at++; peek() != quote; at++) {
            if (at >= text.length() || peek() == '\n') throw wrong("a string does not end");
            if (peek() == '\\' && ORDINARY_ESCAPES.indexOf(text.charAt(Math.min(++at, text.length() - 1))) < 0)
                throw wrong("an escape that no header needs");
            content.append(peek());
        }
        at++;
        return content.toString();
    }

    /** Python 2 set an L behind a long number. */
    private Long number() throws SyntaxException {
        int begin = at;
        if (peek() == '-') at++;
        while (isDigit(peek())) at++;
        int end = at;
        if (peek() == 'L') at++;
        try {
            return Long.parseLong(text.substring(begin, end));
        } catch (NumberFormatException e) {
            throw new SyntaxException(begin, "\"" + text.substring(begin, end) + "\" is not a whole number of 64 bits");
        }
    }

    private String word() {
        int begin = at;
        while (Character.isLetter(peek())) at++;
        return text.substring(begin, at);
    }

    private void space() { while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') at++; }

    /** The next character; a NUL where there is none. */
    private char peek() { return at < text.length() ? text.charAt(at) : 0; }

    private static boolean isDigit(char c) { return c >= '0' && c <= '9'; }

    private SyntaxException wrong(String problem) { return new SyntaxException(Math.min(at, text.length()), problem); }
}
