package lyceum.serve.constrain;

import java.util.ArrayList;
import java.util.Map;

/** A regular expression as one production. */
final class RegexReader extends ProductionReader {
    private static final Expression.Chars DIGIT = Expression.Chars.of('0', '9'),
            WORD = DIGIT.or(Expression.Chars.of('a', 'z')).or(Expression.Chars.of('A', 'Z')).or(Expression.Chars.of('_', '_')),
            SPACE = Expression.Chars.of(9, 13).or(Expression.Chars.of(' ', ' ')), DOT = Expression.Chars.of('\n', '\n').not();
    private boolean anchoredStart, anchoredEnd;

    private RegexReader(String pattern) { super("regular expression", pattern); }

    static Expression whole(String pattern) { return new RegexReader(pattern).read(); }

    /** Of texts in which the pattern is found somewhere, as JSON schemas mean it. */
    static Expression found(String pattern) {
        var reader = new RegexReader(pattern);
        var body = reader.read();
        var rest = Expression.any(Expression.Chars.ANY);
        return Expression.sequence(reader.anchoredStart ? Expression.EMPTY : rest, body, reader.anchoredEnd ? Expression.EMPTY : rest);
    }

    private Expression read() {
        anchoredStart = take('^');
        var body = alternatives('|');
        if (at < in.length) throw wrong("a ')' without its '('");
        if ((anchoredStart || anchoredEnd) && body instanceof Expression.Choice)
            throw wrong("'^' or '$' belongs to one alternative; put the alternatives in a group");
        return body;
    }

    @Override Map<String, Expression> rules() { return Map.of("root", read()); }

    @Override Expression sequence() {
        var parts = new ArrayList<Expression>();
        while (at < in.length && peek() != '|' && peek() != ')') {
            if (peek() == '$' && depth == 1 && at == in.length - 1) {
                at++;
                anchoredEnd = true;
                break;
            }
            parts.add(repeated(atom()));
        }
        return joined(parts);
    }

    private Expression repeated(Expression atom) {
        var e = atom;
        while (true) {
            if (take('*')) e = Expression.any(e);
            else if (take('+')) e = new Expression.Repeat(e, 1, -1);
            else if (take('?')) e = Expression.optional(e);
            else if (peek() == '{' && at + 1 < in.length && (in[at + 1] == ',' || Character.isDigit(in[at + 1]))) {
                at++;
                e = bounded(e);
            } else return e;
            take('?'); // as few as possible: the same texts
        }
    }

    private Expression atom() {
        int c = in[at++];
        switch (c) {
            case '(' -> {
                if (take('?') && !take(':')) {
                    boolean named = take("P<") || take('<') && peek() != '=' && peek() != '!';
                    if (!named) throw wrong("looking around, atomic groups and flags are not supported");
                    name();
                    expect('>');
                }
                var body = alternatives('|');
                expect(')');
                return body;
            }
            case '[' -> { return set(); }
            case '.' -> { return DOT; }
            case '*', '+', '?' -> throw wrong("'" + (char) c + "' with nothing to repeat");
            case '^', '$' -> throw wrong("'" + (char) c + "' stands at the ends of a pattern only");
            case '\\' -> {
                var known = classOf(peek());
                if (known == null && (peek() == 'b' || peek() == 'B' || peek() >= '1' && peek() <= '9' || peek() == 'k'))
                    throw wrong("word borders and back references are not supported");
                if (known != null) at++;
                return known != null ? known : literal(escaped());
            }
            default -> { return literal(c); }
        }
    }

    private static Expression literal(int c) { return new Expression.Text(Character.toString(c)); }

    @Override Expression.Chars classOf(int letter) {
        return switch (letter) {
            case 'd' -> DIGIT;
            case 'D' -> DIGIT.not();
            case 'w' -> WORD;
            case 'W' -> WORD.not();
            case 's' -> SPACE;
            case 'S' -> SPACE.not();
            default -> null;
        };
    }

    /** The texts between the quotes of JSON strings whose values an expression describes. */
    static Expression quoted(Expression e) {
        return switch (e) {
            case Expression.Text t ->
                    new Expression.Sequence(t.text().codePoints().mapToObj(c -> quoted(Expression.Chars.of(c, c))).toList());
            case Expression.Chars c -> JsonRules.quoted(c);
            case Expression.Sequence s -> new Expression.Sequence(s.parts().stream().map(RegexReader::quoted).toList());
            case Expression.Choice c -> new Expression.Choice(c.options().stream().map(RegexReader::quoted).toList());
            case Expression.Repeat r -> new Expression.Repeat(quoted(r.body()), r.min(), r.max());
            case Expression.Call c -> c;
        };
    }
}
