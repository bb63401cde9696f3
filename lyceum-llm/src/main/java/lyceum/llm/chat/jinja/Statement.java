package lyceum.llm.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;

/** What a template does at a place. */
sealed interface Statement {
    /** How the statements after it go on. */
    enum Next {
        ON, BREAK, CONTINUE
    }

    Next run(Frame frame);

    static Next all(List<Statement> statements, Frame frame) {
        for (var statement : statements) {
            var next = statement.run(frame);
            if (next != Next.ON) return next;
        }
        return Next.ON;
    }

    record Text(String text) implements Statement {
        @Override public Next run(Frame frame) {
            frame.work.print(text);
            return Next.ON;
        }
    }

    record Print(Expression value, int line) implements Statement {
        @Override public Next run(Frame frame) {
            frame.work.step();
            frame.work.print(Values.text(value.in(frame)));
            return Next.ON;
        }
    }

    record If(List<Expression> conditions, List<List<Statement>> branches, List<Statement> otherwise) implements Statement {
        @Override public Next run(Frame frame) {
            frame.work.step();
            for (int i = 0; i < conditions.size(); i++) if (Values.isTrue(conditions.get(i).in(frame))) return all(branches.get(i), frame);
            return all(otherwise, frame);
        }
    }

    record Jump(Next next) implements Statement {
        @Override public Next run(Frame frame) { return next; }
    }

    /** A loop; names that are set in a round are forgotten after it. */
    record For(List<String> targets, Expression over, Expression condition, List<Statement> body, List<Statement> otherwise)
            implements Statement {
        @Override public Next run(Frame frame) {
            List<?> items = Values.items(over.in(frame));
            if (condition != null) items = items.stream().filter(item -> {
                var inner = frame.inner();
                assign(targets, item, inner);
                frame.work.step();
                return Values.isTrue(condition.in(inner));
            }).toList();
            if (items.isEmpty()) return all(otherwise, frame);
            var changed = new Object[1];
            for (int i = 0; i < items.size(); i++) {
                frame.work.step();
                var inner = frame.inner();
                inner.set("loop", loop(items, i, changed));
                assign(targets, items.get(i), inner);
                if (all(body, inner) == Next.BREAK) break;
            }
            return Next.ON;
        }

        private static Map<String, Object> loop(List<?> items, int i, Object[] last) {
            int n = items.size();
            var loop = new LinkedHashMap<String, Object>();
            loop.put("index", i + 1L);
            loop.put("index0", (long) i);
            loop.put("revindex", (long) n - i);
            loop.put("revindex0", (long) n - i - 1);
            loop.put("first", i == 0);
            loop.put("last", i == n - 1);
            loop.put("length", (long) n);
            loop.put("depth", 1L);
            loop.put("previtem", i == 0 ? new Values.Undefined("previtem") : items.get(i - 1));
            loop.put("nextitem", i == n - 1 ? new Values.Undefined("nextitem") : items.get(i + 1));
            loop.put("cycle", (Values.Callable) (_, arguments, _) -> arguments.get(i % arguments.size()));
            loop.put("changed", (Values.Callable) (_, arguments, _) -> {
                boolean differs = last[0] == null || !Values.equal(last[0], arguments);
                last[0] = arguments;
                return differs;
            });
            return loop;
        }
    }

    static void assign(List<String> targets, Object value, Frame frame) {
        if (targets.size() == 1) {
            frame.set(targets.getFirst(), value);
            return;
        }
        var parts = Values.items(value);
        if (parts.size() != targets.size()) throw new FormatException("template: " + parts.size() + " values for the names " + targets);
        for (int i = 0; i < parts.size(); i++) frame.set(targets.get(i), parts.get(i));
    }

    /** {@code set a, b = value}. */
    record Assignment(List<String> targets, Expression value) implements Statement {
        @Override public Next run(Frame frame) {
            frame.work.step();
            assign(targets, value.in(frame), frame);
            return Next.ON;
        }
    }

    /** {@code set namespace.attribute = value}. */
    record AttributeAssignment(String namespace, String attribute, Expression value) implements Statement {
        @Override public Next run(Frame frame) {
            frame.work.step();
            if (!(frame.get(namespace) instanceof Values.Namespace n))
                throw new FormatException("template: '" + namespace + "' is not a namespace, so that ." + attribute + " cannot be set");
            n.attributes().put(attribute, value.in(frame));
            return Next.ON;
        }
    }

    /** {@code set name}, a text that ends with {@code endset}. */
    record Capture(String target, List<Statement> body, List<Expression.Filter> filters) implements Statement {
        @Override public Next run(Frame frame) {
            Object text = captured(body, frame.inner());
            for (var filter : filters) {
                var inner = frame.inner();
                inner.set("", text);
                text = filter.in(inner);
            }
            if (target == null) frame.work.print(Values.text(text));
            else frame.set(target, text);
            return Next.ON;
        }
    }

    /** What the statements print. */
    static String captured(List<Statement> body, Frame frame) {
        int from = frame.work.out.length(), marks = frame.work.generated.size();
        all(body, frame);
        var text = frame.work.out.substring(from);
        frame.work.out.setLength(from);
        frame.work.generated.subList(marks, frame.work.generated.size()).clear();
        return text;
    }

    /** What stands between {@code generation} and {@code endgeneration} is what the assistant says. */
    record Generation(List<Statement> body) implements Statement {
        @Override public Next run(Frame frame) {
            int from = frame.work.out.length();
            var next = all(body, frame);
            frame.work.generated.add(new JinjaTemplate.Span(from, frame.work.out.length()));
            return next;
        }
    }

    /** A macro: a function that prints. @param defaults null where an argument has none */
    record Macro(String name, List<String> parameters, List<Expression> defaults, List<Statement> body) implements Statement {
        @Override public Next run(Frame frame) {
            frame.set(name, function(frame, null));
            return Next.ON;
        }

        Values.Callable function(Frame defined, Values.Callable caller) {
            return (frame, arguments, named) -> {
                var inner = defined.inner();
                frame.work.enter();
                if (arguments.size() > parameters.size()) throw new FormatException(
                        "template: macro " + name + " takes " + parameters + "; it got " + arguments.size() + " arguments");
                for (int i = 0; i < parameters.size(); i++) {
                    var parameter = parameters.get(i);
                    inner.set(parameter, i < arguments.size() ? arguments.get(i) : named.containsKey(parameter) ? named.get(parameter)
                            : defaults.get(i) != null ? defaults.get(i).in(inner) : new Values.Undefined(parameter));
                }
                for (var given : named.keySet())
                    if (!parameters.contains(given) && !given.equals("caller"))
                        throw new FormatException("template: macro " + name + " has no argument " + given + "; it takes " + parameters);
                var calling = named.getOrDefault("caller", caller);
                if (calling != null) inner.set("caller", calling);
                var text = captured(body, inner);
                frame.work.leave();
                return text;
            };
        }
    }

    /** {@code call macro(..)} with a body that the macro prints by {@code caller()}. */
    record CallBlock(Expression.Call call, Macro body) implements Statement {
        @Override public Next run(Frame frame) {
            var arguments = new ArrayList<>(call.arguments().places());
            var names = new LinkedHashMap<>(call.arguments().names());
            names.put("caller", new Expression.Constant(body.function(frame, null)));
            frame.work.print(Values.text(new Expression.Call(call.function(), new Expression.Arguments(arguments, names)).in(frame)));
            return Next.ON;
        }
    }
}
