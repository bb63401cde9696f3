package lyceum.llm.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lyceum.llm.chat.jinja.Lexer.Kind;

/** Reads the statements of a template. */
final class Parser {
    private final ExpressionParser tokens;
    private int depth, loops;

    private Parser(String template) { tokens = new ExpressionParser(Lexer.tokens(template)); }

    static List<Statement> parse(String template) {
        var parser = new Parser(template);
        var all = parser.statements(Set.of());
        if (parser.tokens.peek().kind() != Kind.END) throw parser.tokens.malformed("'" + parser.tokens.peek(1).text() + "' ends nothing");
        return all;
    }

    /** Up to a tag of one of these names, or the end. */
    private List<Statement> statements(Set<String> ends) {
        if (++depth > 100) throw tokens.malformed("tags stand in each other more than 100 deep");
        var all = new ArrayList<Statement>();
        for (;;) {
            var token = tokens.peek();
            switch (token.kind()) {
                case DATA -> all.add(new Statement.Text(tokens.next().text()));
                case VARIABLE_BEGIN -> {
                    tokens.next();
                    all.add(new Statement.Print(tokens.tuple(), token.line()));
                    tokens.expect(Kind.VARIABLE_END, "}}");
                }
                case BLOCK_BEGIN -> {
                    var name = tokens.peek(1).text();
                    if (ends.contains(name) || name.startsWith("end") && ends.isEmpty() || name.startsWith("el") && ends.isEmpty()) {
                        depth--;
                        return all;
                    }
                    tokens.next();
                    tokens.next();
                    all.add(statement(name));
                }
                default -> {
                    depth--;
                    return all;
                }
            }
        }
    }

    private void end() { tokens.expect(Kind.BLOCK_END, "%}"); }

    /** Reads up to one of the ends and steps into its tag. */
    private List<Statement> body(String... ends) {
        var all = statements(Set.of(ends));
        if (tokens.peek().kind() == Kind.END) throw tokens.malformed("the template ends before " + String.join(" or ", ends));
        tokens.next();
        return all;
    }

    private Statement statement(String name) {
        return switch (name) {
            case "if" -> choice();
            case "for" -> loop();
            case "set" -> assignment();
            case "macro" -> {
                var macro = tokens.name();
                yield macro(macro, "endmacro");
            }
            case "call" -> callBlock();
            case "filter" -> {
                var filters = filters();
                end();
                var body = body("endfilter");
                tokens.next();
                end();
                yield new Statement.Capture(null, body, filters);
            }
            case "generation" -> {
                end();
                var body = body("endgeneration");
                tokens.next();
                end();
                yield new Statement.Generation(body);
            }
            case "break", "continue" -> {
                if (loops == 0) throw tokens.malformed("'" + name + "' outside of a loop");
                end();
                yield new Statement.Jump(name.equals("break") ? Statement.Next.BREAK : Statement.Next.CONTINUE);
            }
            default -> throw tokens.malformed("the tag '" + name + "' is unknown");
        };
    }

    private Statement choice() {
        var conditions = new ArrayList<Expression>();
        var branches = new ArrayList<List<Statement>>();
        List<Statement> otherwise = List.of();
        conditions.add(tokens.or());
        end();
        for (;;) {
            branches.add(body("elif", "else", "endif"));
            var next = tokens.next().text();
            if (next.equals("elif")) {
                conditions.add(tokens.or());
                end();
                continue;
            }
            if (next.equals("else")) {
                end();
                otherwise = body("endif");
                tokens.next();
            }
            end();
            return new Statement.If(conditions, branches, otherwise);
        }
    }

    private List<String> targets() {
        var targets = new ArrayList<String>();
        boolean closed = tokens.accept("(");
        do targets.add(tokens.name()); while (tokens.accept(","));
        if (closed) tokens.expect(")");
        return targets;
    }

    private Statement loop() {
        var targets = targets();
        tokens.expect("in");
        var over = tokens.or();
        var condition = tokens.accept("if") ? tokens.expression() : null;
        if (tokens.peek().is("recursive")) throw tokens.malformed("recursive loops are not supported");
        end();
        loops++;
        var body = body("else", "endfor");
        loops--;
        List<Statement> otherwise = List.of();
        if (tokens.next().text().equals("else")) {
            end();
            otherwise = body("endfor");
            tokens.next();
        }
        end();
        return new Statement.For(targets, over, condition, body, otherwise);
    }

    private Statement assignment() {
        var targets = targets();
        if (targets.size() == 1 && tokens.accept(".")) {
            var attribute = tokens.name();
            tokens.expect("=");
            var value = tokens.tuple();
            end();
            return new Statement.AttributeAssignment(targets.getFirst(), attribute, value);
        }
        if (tokens.accept("=")) {
            var value = tokens.tuple();
            end();
            return new Statement.Assignment(targets, value);
        }
        if (targets.size() != 1) throw tokens.malformed("set of " + targets + " wants a value; write =");
        List<Expression.Filter> filters = tokens.accept("|") ? filters() : List.of();
        end();
        var body = body("endset");
        tokens.next();
        end();
        return new Statement.Capture(targets.getFirst(), body, filters);
    }

    /** Filters over what a block printed, which stands under the empty name. */
    private List<Expression.Filter> filters() {
        var filters = new ArrayList<Expression.Filter>();
        do {
            var name = tokens.name();
            filters.add(new Expression.Filter(new Expression.Name(""), name,
                    tokens.peek().is("(") ? tokens.arguments() : Expression.Arguments.NONE));
        } while (tokens.accept("|"));
        return filters;
    }

    private Statement.Macro macro(String name, String ending) {
        var parameters = new ArrayList<String>();
        var defaults = new ArrayList<Expression>();
        parameters(parameters, defaults);
        end();
        int outer = loops;
        loops = 0;
        var body = body(ending);
        loops = outer;
        tokens.next();
        end();
        return new Statement.Macro(name, parameters, defaults, body);
    }

    private void parameters(List<String> parameters, List<Expression> defaults) {
        if (!tokens.accept("(")) return;
        while (!tokens.accept(")")) {
            if (!parameters.isEmpty()) tokens.expect(",");
            parameters.add(tokens.name());
            defaults.add(tokens.accept("=") ? tokens.expression() : null);
        }
    }

    private Statement callBlock() {
        var parameters = new ArrayList<String>();
        var defaults = new ArrayList<Expression>();
        parameters(parameters, defaults);
        if (!(tokens.expression() instanceof Expression.Call call)) throw tokens.malformed("call wants a macro with arguments");
        var body = macro("caller", "endcall").body();
        return new Statement.CallBlock(call, new Statement.Macro("caller", parameters, defaults, body));
    }
}
