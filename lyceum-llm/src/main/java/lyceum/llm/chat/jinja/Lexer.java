package lyceum.llm.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import lyceum.FormatException;

/**
 * Cuts a template into text and the tokens of its tags, white space dealt with as {@code trim_blocks} and {@code lstrip_blocks} say, which is how chat
 * templates are rendered.
 */
final class Lexer {
    enum Kind {
        DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END
    }

    record Token(Kind kind, String text, int line) {
        boolean is(String operatorOrName) { return (kind == Kind.OPERATOR || kind == Kind.NAME) && text.equals(operatorOrName); }
    }

    private static final String[] OPERATORS = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
            "}", ">", "<", "=", ".", ":", "|", ",", ";"};

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at, line = 1;
    /** Whether what was read last ended a line, so that a tag may stand first on one. */
    private boolean lineStarts = true;

    private Lexer(String source) { this.source = source; }

    static List<Token> tokens(String template) {
        var text = template.replace("\r\n", "\n").replace('\r', '\n');
        var lexer = new Lexer(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (at < source.length()) {
            int tag = tag(at);
            if (tag < 0) {
                data(source.substring(at));
                at = source.length();
                break;
            }
            var before = source.substring(at, tag);
            char kind = source.charAt(tag + 1);
            int inside = tag + 2;
            char sign = inside < source.length() ? source.charAt(inside) : ' ';
            if (sign == '-') before = before.stripTrailing();
            else if (sign != '+' && kind != '{') before = withoutIndent(before);
            if (sign == '-' || sign == '+' && kind != '{') inside++;
            data(before);
            line += lines(at + before.length(), tag);
            at = inside;
            switch (kind) {
                case '#' -> comment(tag);
                case '{' -> inside(Kind.VARIABLE_BEGIN, Kind.VARIABLE_END, "}}");
                default -> {
                    if (!raw(tag)) inside(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}");
                }
            }
        }
        tokens.add(new Token(Kind.END, "", line));
    }

    private int tag(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1))
            if ("{%#".indexOf(source.charAt(i + 1)) >= 0) return i;
        return -1;
    }

    private void data(String text) {
        if (text.isEmpty()) return;
        tokens.add(new Token(Kind.DATA, text, line));
        line += (int) text.chars().filter(c -> c == '\n').count();
        lineStarts = text.endsWith("\n");
    }

    /** White space between the start of a line and a tag goes. */
    private String withoutIndent(String text) {
        int start = text.lastIndexOf('\n') + 1;
        return (start > 0 || lineStarts) && text.substring(start).isBlank() ? text.substring(0, start) : text;
    }

    private int lines(int from, int to) { return (int) source.substring(from, to).chars().filter(c -> c == '\n').count(); }

    private FormatException malformed(String problem) { return new FormatException("template, line " + line + ": " + problem); }

    private void comment(int tag) {
        int end = source.indexOf("#}", at);
        if (end < 0) throw malformed("a comment does not end; write #}");
        closed(tag, end, "#}", true);
    }

    /** After an end mark that may have a sign before it: what it takes of the text behind. */
    private void closed(int from, int end, String mark, boolean trims) {
        char sign = end > at ? source.charAt(end - 1) : ' ';
        int next = end + mark.length();
        if (sign == '-') while (next < source.length() && Character.isWhitespace(source.charAt(next))) next++;
        else if (sign != '+' && trims && next < source.length() && source.charAt(next) == '\n') next++;
        line += lines(from, next);
        lineStarts = source.charAt(next - 1) == '\n';
        at = next;
    }

    /** {@code raw}: all up to {@code endraw} is text. */
    private boolean raw(int tag) {
        var opening = RawTag.at(source, tag, "raw");
        if (opening == null) return false;
        for (int i = source.indexOf("{%", opening.end()); i >= 0; i = source.indexOf("{%", i + 1)) {
            var closing = RawTag.at(source, i, "endraw");
            if (closing == null) continue;
            var text = source.substring(opening.end(), i);
            if (opening.takesAfter()) text = text.stripLeading();
            else if (text.startsWith("\n")) text = text.substring(1);
            if (closing.takesBefore()) text = text.stripTrailing();
            else text = withoutIndent(text);
            int next = closing.end();
            if (closing.takesAfter()) while (next < source.length() && Character.isWhitespace(source.charAt(next))) next++;
            else if (next < source.length() && source.charAt(next) == '\n') next++;
            int before = line;
            data(text);
            line = before + lines(tag, next);
            lineStarts = source.charAt(next - 1) == '\n';
            at = next;
            return true;
        }
        throw malformed("raw does not end; write {% endraw %}");
    }

    private record RawTag(int end, boolean takesBefore, boolean takesAfter) {
        static RawTag at(String s, int tag, String name) {
            int i = tag + 2;
            boolean before = i < s.length() && s.charAt(i) == '-';
            if (before || i < s.length() && s.charAt(i) == '+') i++;
            while (i < s.length() && Character.isWhitespace(s.charAt(i))) i++;
            if (!s.startsWith(name, i)) return null;
            i += name.length();
            while (i < s.length() && Character.isWhitespace(s.charAt(i))) i++;
            boolean after = i < s.length() && s.charAt(i) == '-';
            if (after) i++;
            return s.startsWith("%}", i) ? new RawTag(i + 2, before, after) : null;
        }
    }

    private void inside(Kind begin, Kind end, String mark) {
        tokens.add(new Token(begin, "", line));
        int open = 0;
        for (;;) {
            while (at < source.length() && Character.isWhitespace(source.charAt(at))) if (source.charAt(at++) == '\n') line++;
            if (at >= source.length()) throw malformed("a tag does not end; write " + mark);
            char c = source.charAt(at);
            boolean signed = (c == '-' || c == '+' && end == Kind.BLOCK_END) && source.startsWith(mark, at + 1);
            if (open == 0 && (signed || source.startsWith(mark, at))) {
                tokens.add(new Token(end, "", line));
                int from = at;
                if (signed) at++;
                int close = at;
                at = from;
                closed(from, close, mark, end == Kind.BLOCK_END);
                return;
            }
            if ("([{".indexOf(c) >= 0) open++;
            if (")]}".indexOf(c) >= 0) open--;
            token(c);
        }
    }

    private void token(char c) {
        int from = at;
        if (c == '"' || c == '\'') {
            string(c);
        } else if (Character.isDigit(c)) {
            number();
        } else if (Character.isJavaIdentifierStart(c) && c != '$') {
            while (at < source.length() && Character.isJavaIdentifierPart(source.charAt(at)) && source.charAt(at) != '$') at++;
            tokens.add(new Token(Kind.NAME, source.substring(from, at), line));
        } else {
            for (var operator : OPERATORS) {
                if (!source.startsWith(operator, at)) continue;
                at += operator.length();
                tokens.add(new Token(Kind.OPERATOR, operator, line));
                return;
            }
            throw malformed("the character '" + c + "' is none of a tag");
        }
    }

    private void number() {
        int from = at;
        while (at < source.length() && (Character.isDigit(source.charAt(at)) || source.charAt(at) == '_')) at++;
        boolean whole = true;
        if (at + 1 < source.length() && source.charAt(at) == '.' && Character.isDigit(source.charAt(at + 1))) {
            whole = false;
            at++;
            while (at < source.length() && Character.isDigit(source.charAt(at))) at++;
        }
        int power = at + 1;
        if (power < source.length() && (source.charAt(power) == '-' || source.charAt(power) == '+')) power++;
        if (power < source.length() && (source.charAt(at) | 32) == 'e' && Character.isDigit(source.charAt(power))) {
            whole = false;
            at = power;
            while (at < source.length() && Character.isDigit(source.charAt(at))) at++;
        }
        tokens.add(new Token(whole ? Kind.INTEGER : Kind.FLOAT, source.substring(from, at).replace("_", ""), line));
    }

    private void string(char quote) {
        int begun = line;
        var text = new StringBuilder();
        for (at++; at < source.length() && source.charAt(at) != quote; at++) {
            char c = source.charAt(at);
            if (c == '\n') line++;
            if (c != '\\' || at + 1 >= source.length()) text.append(c);
            else escape(text);
        }
        if (at >= source.length()) throw malformed("a string does not end; write " + quote);
        at++;
        tokens.add(new Token(Kind.STRING, text.toString(), begun));
    }

    /** Python's escapes; an unknown one stays as it is written. */
    private void escape(StringBuilder text) {
        char c = source.charAt(++at);
        int digits = switch (c) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
        };
        if (digits > 0) {
            try {
                text.appendCodePoint(Integer.parseUnsignedInt(source, at + 1, at + 1 + digits, 16));
                at += digits;
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw malformed("the escape \\" + c + " wants " + digits + " hexadecimal digits of a character");
            }
            return;
        }
        int known = "ntrbfva0\\'\"".indexOf(c);
        if (c == '\n') line++;
        else if (known >= 0) text.append("\n\t\r\b\f\u000b\u0007\0\\'\"".charAt(known));
        else text.append('\\').append(c);
    }
}
