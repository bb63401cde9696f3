package lyceum.serve.constrain;

import java.util.ArrayList;
import java.util.LinkedHashMap;

/** Productions as llama.cpp and the W3C write them. */
final class GbnfReader extends ProductionReader {
    GbnfReader(String text) { super("GBNF", text); }

    @Override LinkedHashMap<String, Expression> rules() {
        var rules = new LinkedHashMap<String, Expression>();
        for (blanks(true); at < in.length; blanks(true)) {
            var name = name();
            blanks(false);
            if (!take("::=")) throw wrong("'::=' is missing behind \"" + name + "\"");
            define(rules, name, alternatives('|'), this);
            blanks(false);
            if (at < in.length && peek() != '\n' && peek() != '\r' && !isDefinition())
                throw wrong("'" + Character.toString(peek()) + "' where a production ends");
        }
        return filled(rules);
    }

    /** Skips blanks and comments, and line breaks where they mean nothing. */
    private void blanks(boolean lines) {
        while (at < in.length) {
            int c = peek();
            if (c == '#' && !(at + 1 < in.length && in[at + 1] == 'x' && depth > 0)) while (at < in.length && peek() != '\n') at++;
            else if (take("/*")) {
                while (at < in.length && !take("*/")) at++;
            } else if (c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r')) at++;
            else return;
        }
    }

    /** Whether a name and its '::=' stand here. */
    private boolean isDefinition() {
        int from = at;
        try {
            if (!isName(peek())) return false;
            name();
            blanks(false);
            return take("::=");
        } finally {
            at = from;
        }
    }

    @Override Expression sequence() {
        var parts = new ArrayList<Expression>();
        while (true) {
            int before = at;
            blanks(true); // a line may go on; what begins with a name and '::=' is the next production
            if (at == in.length || peek() == '|' || peek() == ')') break;
            if (isDefinition()) {
                at = before;
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
            else if (take('{')) e = bounded(e);
            else return e;
        }
    }

    private Expression atom() {
        if (take('(')) {
            var body = alternatives('|');
            expect(')');
            return body;
        }
        if (take('[')) return set();
        if (take('.')) return Expression.Chars.ANY;
        if (take("#x")) return new Expression.Text(Character.toString(w3c()));
        if (peek() == '"' || peek() == '\'') return literal(in[at++]);
        if (isName(peek())) return new Expression.Call(name());
        throw wrong("'" + Character.toString(peek()) + "' begins nothing");
    }

    private Expression literal(int quote) {
        var text = new StringBuilder();
        while (!take(quote)) {
            if (peek() < 0 || peek() == '\n') throw wrong("a text without its closing quote");
            text.appendCodePoint(take('\\') ? escaped() : in[at++]);
        }
        return new Expression.Text(text.toString());
    }
}
