package lyceum.text.internal;

import java.util.ArrayList;
import java.util.List;
import lyceum.FormatException;
import lyceum.text.internal.PatternNode.Choice;
import lyceum.text.internal.PatternNode.Look;
import lyceum.text.internal.PatternNode.One;
import lyceum.text.internal.PatternNode.Repeat;
import lyceum.text.internal.PatternNode.Sequence;

/** Reads a pattern in the common syntax of Oniguruma, Rust and Python. What no automaton can do (back references, atomic groups) is refused by name. */
final class PatternParser {
    private static final int MOST_REPEATS = 1000, MOST_DEPTH = 200;
    private final int[] in;
    private int at, depth;
    private boolean anyCase, dotAll, extended;

    private PatternParser(String source) { in = source.codePoints().toArray(); }

    static PatternNode parse(String source) {
        var parser = new PatternParser(source);
        var node = parser.choice();
        if (parser.at < parser.in.length) throw parser.wrong("')' without a '('");
        return node;
    }

    private PatternNode choice() {
        if (++depth > MOST_DEPTH) throw wrong("groups nested more than " + MOST_DEPTH + " deep");
        boolean outerCase = anyCase, outerDot = dotAll, outerExtended = extended;
        var options = new ArrayList<PatternNode>();
        do {
            var parts = new ArrayList<PatternNode>();
            while (at < in.length && in[at] != '|' && in[at] != ')') {
                var part = repeated();
                if (part != PatternNode.EMPTY) parts.add(part);
            }
            options.add(parts.size() == 1 ? parts.get(0) : new Sequence(parts));
        } while (take('|'));
        anyCase = outerCase;
        dotAll = outerDot;
        extended = outerExtended;
        depth--;
        return options.size() == 1 ? options.get(0) : new Choice(options);
    }

    private PatternNode repeated() {
        var node = atom();
        while (at < in.length) {
            int min, max, c = in[at];
            if (c == '*' || c == '+' || c == '?') {
                at++;
                min = c == '+' ? 1 : 0;
                max = c == '?' ? 1 : -1;
            } else if (c == '{' && bounds() != null) {
                var bounds = bounds();
                at = bounds[2];
                min = bounds[0];
                max = bounds[1];
            } else break;
            if (take('?')) node = new Repeat(node, min, max, false);
            else if (take('+')) node = possessive(node, min, max);
            else node = new Repeat(node, min, max, true);
        }
        return node;
    }

    /** As many as there are and no way back: of a set, greedy and then none of the set. */
    private PatternNode possessive(PatternNode node, int min, int max) {
        if (!(node instanceof One one))
            throw wrong("a possessive repetition of a group is not supported, only that of one character or class");
        var end = new Look(one, true, true);
        if (max < 0) return new Sequence(List.of(new Repeat(node, min, max, true), end));
        if (max == 0) return PatternNode.EMPTY;
        if (min == max) return new Repeat(node, min, max, true);
        var most = new Repeat(node, max, max, true);
        return new Choice(List.of(most, new Sequence(List.of(new Repeat(node, min, max - 1, true), end))));
    }

    private int[] bounds() {
        int i = at + 1, min = 0, max;
        int digits = i;
        while (i < in.length && in[i] >= '0' && in[i] <= '9' && i - digits < 6) min = min * 10 + in[i++] - '0';
        boolean open = i == digits;
        if (i < in.length && in[i] == ',') {
            int from = ++i;
            max = 0;
            while (i < in.length && in[i] >= '0' && in[i] <= '9' && i - from < 6) max = max * 10 + in[i++] - '0';
            if (i == from) max = open ? -2 : -1;
        } else max = open ? -2 : min;
        if (i >= in.length || in[i] != '}' || max == -2) return null;
        if (min > MOST_REPEATS || max > MOST_REPEATS) throw wrong("more than " + MOST_REPEATS + " repetitions");
        if (max >= 0 && max < min) throw wrong("a repetition of at least " + min + " and at most " + max);
        return new int[] {min, max, i + 1};
    }

    private PatternNode atom() {
        int c = in[at++];
        switch (c) {
            case '(' :
                return group();
            case '[' :
                return new One(set());
            case '.' :
                return new One(dotAll ? CodePointSet.ALL : CodePointSet.range('\n', '\n').not());
            case '^' :
                return before(CodePointSet.range('\n', '\n').not(), true);
            case '$' :
                return after(CodePointSet.range('\n', '\n').not(), true);
            case '\\' :
                return escape();
            case '*', '+', '?' :
                throw wrong("'" + Character.toString(c) + "' with nothing to repeat");
            default :
        }
        if (extended && CodePointSet.isSpace(c)) return PatternNode.EMPTY;
        return literal(c);
    }

    private One literal(int c) {
        var one = CodePointSet.range(c, c);
        return new One(anyCase ? one.anyCase() : one);
    }

    private static PatternNode before(CodePointSet set, boolean negative) { return new Look(new One(set), false, negative); }

    private static PatternNode after(CodePointSet set, boolean negative) { return new Look(new One(set), true, negative); }

    private PatternNode group() {
        if (!take('?')) return closed(choice());
        if (take(':')) return closed(choice());
        if (take('=')) return new Look(closed(choice()), true, false);
        if (take('!')) return new Look(closed(choice()), true, true);
        if (take('#')) {
            while (at < in.length && in[at] != ')') at++;
            return closed(PatternNode.EMPTY);
        }
        if (take('>')) throw wrong("atomic groups (?>...) are not supported");
        if (at + 1 < in.length && in[at] == '<' && (in[at + 1] == '=' || in[at + 1] == '!')) {
            boolean negative = in[at + 1] == '!';
            at += 2;
            return new Look(closed(choice()), false, negative);
        }
        if (take('P') || at < in.length && in[at] == '<') {
            if (!take('<')) throw wrong("named back references are not supported");
            while (at < in.length && in[at] != '>') at++;
            at++;
            return closed(choice());
        }
        boolean outerCase = anyCase, outerDot = dotAll, outerExtended = extended, on = true;
        for (; at < in.length && in[at] != ':' && in[at] != ')'; at++) switch (in[at]) {
            case '-' -> on = false;
            case 'i' -> anyCase = on;
            case 's', 'm' -> dotAll = on;
            case 'x' -> extended = on;
            case 'u', 'U' -> {}
            default -> throw wrong("the group (?" + Character.toString(in[at]) + " is not known");
        }
        if (take(')')) return PatternNode.EMPTY; // until the end of the group around it
        if (!take(':')) throw wrong("a group that does not end");
        var node = closed(choice());
        anyCase = outerCase;
        dotAll = outerDot;
        extended = outerExtended;
        return node;
    }

    private PatternNode closed(PatternNode node) {
        if (!take(')')) throw wrong("a '(' without its ')'");
        return node;
    }

    private PatternNode escape() {
        if (at == in.length) throw wrong("a '\\' at the end");
        int c = in[at];
        if (c >= '1' && c <= '9') throw wrong("back references (\\" + (char) c + ") are not supported");
        switch (c) {
            case 'A' :
                at++;
                return before(CodePointSet.ALL, true);
            case 'z' :
                at++;
                return after(CodePointSet.ALL, true);
            case 'Z' :
                at++;
                return new Look(new Sequence(List.of(new Repeat(literal('\n'), 0, 1, true), after(CodePointSet.ALL, true))), true, false);
            case 'b', 'B' :
                at++;
                return border(c == 'B');
            case 'R' :
                at++;
                return new Choice(List.of(new Sequence(List.of(literal('\r'), literal('\n'))),
                        new One(CodePointSet.of(x -> x >= 10 && x <= 13 || x == 0x85 || x == 0x2028 || x == 0x2029))));
            case 'G', 'K', 'X', 'k', 'g', 'y', 'Y' :
                throw wrong("\\" + (char) c + " is not supported");
            default :
        }
        var set = escapedSet();
        return new One(anyCase ? set.anyCase() : set);
    }

    private static PatternNode border(boolean not) {
        var w = CodePointSet.WORD;
        var in = new Sequence(List.of(before(w, true), after(w, false)));
        var out = new Sequence(List.of(before(w, false), after(w, true)));
        if (!not) return new Choice(List.of(in, out));
        return new Choice(
                List.of(new Sequence(List.of(before(w, true), after(w, true))), new Sequence(List.of(before(w, false), after(w, false)))));
    }

    /** A set in brackets; the first bracket is read. */
    private CodePointSet set() {
        if (++depth > MOST_DEPTH) throw wrong("classes nested more than " + MOST_DEPTH + " deep");
        boolean not = take('^');
        var all = CodePointSet.NONE;
        CodePointSet intersection = null;
        boolean first = true;
        while (true) {
            if (at >= in.length) throw wrong("a '[' without its ']'");
            if (in[at] == ']' && !first) break;
            first = false;
            if (in[at] == '&' && at + 1 < in.length && in[at + 1] == '&') {
                at += 2;
                intersection = intersection == null ? all : intersection.and(all);
                all = CodePointSet.NONE;
                continue;
            }
            if (in[at] == '[') {
                at++;
                all = all.or(in.length > at && in[at] == ':' && posixEnd() > 0 ? posix() : set());
                continue;
            }
            int from = in[at] == '\\' ? escapedChar() : in[at++];
            if (from < 0) {
                all = all.or(escapedSet());
                continue;
            }
            if (at + 1 < in.length && in[at] == '-' && in[at + 1] != ']') {
                int back = at++;
                int to = in[at] == '\\' ? escapedChar() : in[at] == '[' ? -1 : in[at++];
                if (to < 0) at = back; // a '-' before a class is a '-'
                else if (to < from) throw wrong("a range that runs backwards");
                else {
                    all = all.or(CodePointSet.range(from, to));
                    continue;
                }
                at++;
                all = all.or(CodePointSet.range('-', '-'));
            }
            all = all.or(CodePointSet.range(from, from));
        }
        at++;
        depth--;
        if (intersection != null) all = intersection.and(all);
        if (anyCase) all = all.anyCase();
        return not ? all.not() : all;
    }

    private int posixEnd() {
        for (int i = at + 1; i + 1 < in.length && i < at + 14; i++) if (in[i] == ':' && in[i + 1] == ']') return i;
        return -1;
    }

    private CodePointSet posix() {
        int end = posixEnd();
        boolean not = in[at + 1] == '^';
        var name = new String(in, at + (not ? 2 : 1), end - at - (not ? 2 : 1));
        var set = CodePointSet.property(name);
        if (set == null) throw wrong("the class [:" + name + ":] is not known");
        at = end + 2;
        return not ? set.not() : set;
    }

    /** The character that an escape stands for, or -1 with nothing read but the backslash where it stands for a set. */
    private int escapedChar() {
        if (at + 1 >= in.length) throw wrong("a '\\' at the end");
        int c = in[at + 1];
        if ("pPsSdDwWhHvRNX".indexOf(c) >= 0 && c != 'v') {
            at++;
            return -1;
        }
        at++;
        return single();
    }

    private int single() {
        int c = in[at++];
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'f' -> '\f';
            case 'v' -> 11;
            case 'a' -> 7;
            case 'e' -> 27;
            case 'b' -> 8;
            case '0' -> number(2, 8);
            case 'x' -> take('{') ? braced() : number(2, 16);
            case 'u' -> take('{') ? braced() : number(4, 16);
            case 'U' -> number(8, 16);
            default -> {
                if (c < 128 && Character.isLetterOrDigit(c)) throw wrong("the escape \\" + (char) c + " is not known");
                yield c;
            }
        };
    }

    private int braced() {
        int value = number(8, 16);
        if (!take('}')) throw wrong("a number in braces that does not end");
        return value;
    }

    private int number(int most, int base) {
        long value = 0;
        for (int n = 0; n < most && at < in.length && in[at] < 128 && Character.digit(in[at], base) >= 0; n++)
            value = value * base + Character.digit(in[at++], base);
        if (value >= CodePointSet.LIMIT) throw wrong("the code point " + value + " is none");
        return (int) value;
    }

    private CodePointSet escapedSet() {
        int c = in[at];
        switch (c) {
            case 's' :
                at++;
                return CodePointSet.SPACE;
            case 'S' :
                at++;
                return CodePointSet.SPACE.not();
            case 'd' :
                at++;
                return CodePointSet.DIGIT;
            case 'D' :
                at++;
                return CodePointSet.DIGIT.not();
            case 'w' :
                at++;
                return CodePointSet.WORD;
            case 'W' :
                at++;
                return CodePointSet.WORD.not();
            case 'h', 'H' : {
                at++;
                var hex = CodePointSet.property("xdigit");
                return c == 'h' ? hex : hex.not();
            }
            case 'N' :
                at++;
                return CodePointSet.range('\n', '\n').not();
            case 'p', 'P' :
                return property();
            default :
                int one = single();
                return CodePointSet.range(one, one);
        }
    }

    private CodePointSet property() {
        boolean not = in[at++] == 'P';
        var name = new StringBuilder();
        if (take('{')) {
            if (take('^')) not = !not;
            while (at < in.length && in[at] != '}') name.appendCodePoint(in[at++]);
            if (!take('}')) throw wrong("a property that does not end");
        } else if (at < in.length) name.appendCodePoint(in[at++]);
        var set = CodePointSet.property(name.toString());
        if (set == null) throw wrong("the property " + name + " is not known");
        return not ? set.not() : set;
    }

    private boolean take(int c) {
        if (at >= in.length || in[at] != c) return false;
        at++;
        return true;
    }

    private FormatException wrong(String what) {
        return new FormatException("pattern " + new String(in, 0, in.length) + ": " + what + ", at character " + at);
    }
}
