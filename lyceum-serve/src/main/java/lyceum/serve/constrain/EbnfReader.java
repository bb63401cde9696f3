package lyceum.serve.constrain;

import java.util.ArrayList;
import java.util.LinkedHashMap;

/** Productions of ISO 14977. */
final class EbnfReader extends ProductionReader {
    EbnfReader(String text) { super("EBNF", text); }

    @Override LinkedHashMap<String, Expression> rules() {
        var rules = new LinkedHashMap<String, Expression>();
        for (blanks(); at < in.length; blanks()) {
            var name = identifier();
            expect('=');
            define(rules, name, alternatives('|'), this);
            if (!take(';')) expect('.');
        }
        return filled(rules);
    }

    private void blanks() {
        while (at < in.length) {
            if (Character.isWhitespace(peek())) at++;
            else if (take("(*")) {
                while (!take("*)")) if (at++ >= in.length) throw wrong("a comment that does not end");
            } else return;
        }
    }

    /** Words with blanks between them are one name. */
    private String identifier() {
        var name = new StringBuilder(name());
        for (blanks(); isName(peek()) && peek() != '-'; blanks()) name.append(' ').append(name());
        return name.toString();
    }

    @Override Expression sequence() {
        var parts = new ArrayList<Expression>();
        do {
            blanks();
            if (peek() < 0 || "|;.)]}".indexOf(peek()) >= 0) break;
            parts.add(factor());
            blanks();
            if (peek() == '-') throw wrong("exceptions (a - b) are not supported");
        } while (take(','));
        return joined(parts);
    }

    private Expression factor() {
        if (peek() < '0' || peek() > '9') return primary();
        int times = number();
        blanks();
        expect('*');
        blanks();
        return new Expression.Repeat(primary(), times, times);
    }

    private Expression primary() {
        int c = peek();
        if (c == '"' || c == '\'') {
            int from = ++at;
            while (peek() != c) if (at++ >= in.length) throw wrong("a text without its closing quote");
            return new Expression.Text(new String(in, from, at++ - from));
        }
        if (take('(')) return closed(')');
        if (take('[')) return Expression.optional(closed(']'));
        if (take('{')) return Expression.any(closed('}'));
        if (isName(c)) return new Expression.Call(identifier());
        throw wrong(c < 0 ? "it ends within a production" : "'" + Character.toString(c) + "' begins nothing");
    }

    private Expression closed(int bracket) {
        var body = alternatives('|');
        expect(bracket);
        return body;
    }
}
