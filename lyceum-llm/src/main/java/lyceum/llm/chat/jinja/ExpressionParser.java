package lyceum.llm.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lyceum.FormatException;
import lyceum.llm.chat.jinja.Lexer.Kind;
import lyceum.llm.chat.jinja.Lexer.Token;

/** Reads expressions; its tokens are shared with the statements around them. */
final class ExpressionParser {
    private final List<Token> tokens;
    private int at, depth;

    ExpressionParser(List<Token> tokens) { this.tokens = tokens; }

    Token peek() { return tokens.get(at); }

    Token peek(int ahead) { return tokens.get(Math.min(at + ahead, tokens.size() - 1)); }

    Token next() { return tokens.get(at < tokens.size() - 1 ? at++ : at); }

    boolean accept(String text) {
        if (!peek().is(text)) return false;
        next();
        return true;
    }

    void expect(String text) { if (!accept(text)) throw malformed("'" + shown(peek()) + "' where '" + text + "' is wanted"); }

    void expect(Kind kind, String shown) {
        if (peek().kind() != kind) throw malformed("'" + shown(peek()) + "' where '" + shown + "' is wanted");
        next();
    }

    private static String shown(Token token) {
        return token.text().isEmpty() ? token.kind().name().toLowerCase(Locale.ROOT) : token.text();
    }

    String name() {
        if (peek().kind() != Kind.NAME) throw malformed("'" + shown(peek()) + "' where a name is wanted");
        return next().text();
    }

    FormatException malformed(String problem) { return new FormatException("template, line " + peek().line() + ": " + problem); }

    /** One expression, or several with commas, which are a list. */
    Expression tuple() {
        var first = expression();
        if (!peek().is(",")) return first;
        var items = new ArrayList<>(List.of(first));
        while (accept(",")) {
            if (peek().kind() == Kind.BLOCK_END || peek().kind() == Kind.VARIABLE_END || peek().is(")")) break;
            items.add(expression());
        }
        return new Expression.Items(items);
    }

    Expression expression() {
        if (++depth > 150) throw malformed("an expression is more than 150 deep");
        var value = or();
        while (accept("if")) {
            var condition = or();
            value = new Expression.Choice(condition, value, accept("else") ? expression() : null);
        }
        depth--;
        return value;
    }

    Expression or() {
        var left = and();
        while (accept("or")) left = new Expression.Or(left, and());
        return left;
    }

    private Expression and() {
        var left = not();
        while (accept("and")) left = new Expression.And(left, not());
        return left;
    }

    private Expression not() {
        if (!peek().is("not")) return comparison();
        if (++depth > 150) throw malformed("an expression is more than 150 deep");
        next();
        var inner = new Expression.Not(not());
        depth--;
        return inner;
    }

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private Expression comparison() {
        var first = sum();
        var operators = new ArrayList<String>();
        var others = new ArrayList<Expression>();
        for (;;) {
            if (peek().kind() == Kind.OPERATOR && COMPARISONS.contains(peek().text())) {
                operators.add(next().text());
            } else if (accept("in")) {
                operators.add("in");
            } else if (peek().is("not") && peek(1).is("in")) {
                next();
                next();
                operators.add("not in");
            } else {
                return operators.isEmpty() ? first : new Expression.Comparison(first, operators, others);
            }
            others.add(sum());
        }
    }

    private Expression sum() {
        var left = concatenation();
        while (peek().is("+") || peek().is("-")) left = new Expression.Arithmetic(next().text(), left, concatenation());
        return left;
    }

    private Expression concatenation() {
        var left = product();
        while (accept("~")) left = new Expression.Arithmetic("~", left, product());
        return left;
    }

    private Expression product() {
        var left = power();
        while (peek().is("*") || peek().is("/") || peek().is("//") || peek().is("%"))
            left = new Expression.Arithmetic(next().text(), left, power());
        return left;
    }

    private Expression power() {
        var left = unary(true);
        while (accept("**")) left = new Expression.Arithmetic("**", left, unary(true));
        return left;
    }

    private Expression unary(boolean filtered) {
        if (++depth > 150) throw malformed("an expression is more than 150 deep");
        var value = accept("-") ? new Expression.Negative(unary(false)) : accept("+") ? unary(false) : primary();
        value = postfix(value);
        depth--;
        return filtered ? filtered(value) : value;
    }

    private Expression primary() {
        var token = next();
        switch (token.kind()) {
            case NAME -> {
                return switch (token.text()) {
                    case "true", "True" -> new Expression.Constant(true);
                    case "false", "False" -> new Expression.Constant(false);
                    case "none", "None" -> new Expression.Constant(null);
                    default -> new Expression.Name(token.text());
                };
            }
            case STRING -> {
                var text = new StringBuilder(token.text());
                while (peek().kind() == Kind.STRING) text.append(next().text());
                return new Expression.Constant(text.toString());
            }
            case INTEGER -> {
                try {
                    return new Expression.Constant(Long.parseLong(token.text()));
                } catch (NumberFormatException e) {
                    throw malformed("the number " + token.text() + " is too large");
                }
            }
            case FLOAT -> {
                return new Expression.Constant(Double.parseDouble(token.text()));
            }
            default -> {}
        }
        switch (token.text()) {
            case "(" -> {
                if (accept(")")) return new Expression.Items(List.of());
                var inner = tuple();
                expect(")");
                return inner;
            }
            case "[" -> {
                var items = new ArrayList<Expression>();
                while (!accept("]")) {
                    if (!items.isEmpty()) expect(",");
                    if (accept("]")) break;
                    items.add(expression());
                }
                return new Expression.Items(items);
            }
            case "{" -> {
                var keys = new ArrayList<Expression>();
                var values = new ArrayList<Expression>();
                while (!accept("}")) {
                    if (!keys.isEmpty()) expect(",");
                    if (accept("}")) break;
                    keys.add(expression());
                    expect(":");
                    values.add(expression());
                }
                return new Expression.Pairs(keys, values);
            }
            default -> throw malformed("'" + shown(token) + "' where a value is wanted");
        }
    }

    private Expression postfix(Expression value) {
        for (;;) {
            if (accept(".")) {
                var name = next();
                if (name.kind() != Kind.NAME && name.kind() != Kind.INTEGER) throw malformed("'.' wants a name");
                value = new Expression.Item(value,
                        new Expression.Constant(name.kind() == Kind.NAME ? name.text() : (Object) Long.parseLong(name.text())));
            } else if (accept("[")) {
                value = subscript(value);
            } else if (peek().is("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression value) {
        var from = peek().is(":") ? null : tuple();
        if (accept("]")) return new Expression.Item(value, from);
        expect(":");
        Expression to = peek().is(":") || peek().is("]") ? null : expression(), step = null;
        if (accept(":") && !peek().is("]")) step = expression();
        expect("]");
        return new Expression.Slice(value, from, to, step);
    }

    Expression.Arguments arguments() {
        expect("(");
        var places = new ArrayList<Expression>();
        var names = new LinkedHashMap<String, Expression>();
        while (!accept(")")) {
            if (places.size() + names.size() > 0) expect(",");
            if (accept(")")) break;
            if (peek().kind() == Kind.NAME && peek(1).is("=")) {
                var name = next().text();
                next();
                names.put(name, expression());
            } else {
                places.add(expression());
            }
        }
        return new Expression.Arguments(places, names);
    }

    private Expression filtered(Expression value) {
        for (;;) {
            if (accept("|")) {
                var name = name();
                if (!Filters.NAMES.contains(name))
                    throw malformed("the filter '" + name + "' is unknown; there are " + Filters.NAMES.stream().sorted().toList());
                value = new Expression.Filter(value, name, peek().is("(") ? arguments() : Expression.Arguments.NONE);
            } else if (accept("is")) {
                value = test(value);
            } else if (peek().is("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression test(Expression value) {
        boolean negated = accept("not");
        var name = name();
        if (!Tests.NAMES.contains(name))
            throw malformed("the test '" + name + "' is unknown; there are " + Tests.NAMES.stream().sorted().toList());
        var arguments = Expression.Arguments.NONE;
        var token = peek();
        boolean begins = token.kind() == Kind.STRING || token.kind() == Kind.INTEGER || token.kind() == Kind.FLOAT || token.is("[")
                || token.is("{")
                || token.kind() == Kind.NAME && !Set.of("else", "or", "and", "is", "if", "not", "in").contains(token.text());
        if (token.is("(")) arguments = arguments();
        else if (begins) arguments = new Expression.Arguments(List.of(postfix(primary())), Map.of());
        return new Expression.Test(value, name, arguments, negated);
    }
}
