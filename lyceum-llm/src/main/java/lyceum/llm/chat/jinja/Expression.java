package lyceum.llm.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;

/** What has a value. */
sealed interface Expression {
    Object in(Frame frame);

    record Constant(Object value) implements Expression {
        @Override public Object in(Frame frame) { return value; }
    }

    record Name(String name) implements Expression {
        @Override public Object in(Frame frame) { return frame.get(name); }
    }

    record Items(List<Expression> items) implements Expression {
        @Override public Object in(Frame frame) {
            var list = new ArrayList<Object>();
            for (var item : items) list.add(item.in(frame));
            return list;
        }
    }

    record Pairs(List<Expression> keys, List<Expression> values) implements Expression {
        @Override public Object in(Frame frame) {
            var map = new LinkedHashMap<Object, Object>();
            for (int i = 0; i < keys.size(); i++) map.put(keys.get(i).in(frame), values.get(i).in(frame));
            return map;
        }
    }

    record Not(Expression of) implements Expression {
        @Override public Object in(Frame frame) { return !Values.isTrue(of.in(frame)); }
    }

    record And(Expression left, Expression right) implements Expression {
        @Override public Object in(Frame frame) {
            var first = left.in(frame);
            return Values.isTrue(first) ? right.in(frame) : first;
        }
    }

    record Or(Expression left, Expression right) implements Expression {
        @Override public Object in(Frame frame) {
            var first = left.in(frame);
            return Values.isTrue(first) ? first : right.in(frame);
        }
    }

    /** {@code then if condition else otherwise}. */
    record Choice(Expression condition, Expression then, Expression otherwise) implements Expression {
        @Override public Object in(Frame frame) {
            if (Values.isTrue(condition.in(frame))) return then.in(frame);
            return otherwise == null ? new Values.Undefined("else") : otherwise.in(frame);
        }
    }

    /** {@code a < b <= c}: each neighbour compared. */
    record Comparison(Expression first, List<String> operators, List<Expression> others) implements Expression {
        @Override public Object in(Frame frame) {
            var left = first.in(frame);
            for (int i = 0; i < operators.size(); i++) {
                var right = others.get(i).in(frame);
                if (!holds(operators.get(i), left, right)) return false;
                left = right;
            }
            return true;
        }

        private static boolean holds(String operator, Object a, Object b) {
            return switch (operator) {
                case "==" -> Values.equal(a, b);
                case "!=" -> !Values.equal(a, b);
                case "<" -> Values.compare(a, b) < 0;
                case "<=" -> Values.compare(a, b) <= 0;
                case ">" -> Values.compare(a, b) > 0;
                case ">=" -> Values.compare(a, b) >= 0;
                case "in" -> Values.contains(b, a);
                default -> !Values.contains(b, a);
            };
        }
    }

    record Negative(Expression of) implements Expression {
        @Override public Object in(Frame frame) {
            var value = of.in(frame);
            return value instanceof Double x ? (Object) (-x) : (Object) Math.negateExact(Values.whole(value));
        }
    }

    record Arithmetic(String operator, Expression left, Expression right) implements Expression {
        @Override public Object in(Frame frame) {
            Object a = left.in(frame), b = right.in(frame);
            if (a instanceof Values.Undefined u) throw u.asked();
            if (b instanceof Values.Undefined u) throw u.asked();
            if (operator.equals("~")) return joined(frame, Values.text(a), Values.text(b));
            if (operator.equals("+") && a instanceof String s && b instanceof String t) return joined(frame, s, t);
            if (operator.equals("+") && a instanceof List<?> x && b instanceof List<?> y) {
                frame.work.checkLength((long) x.size() + y.size());
                var both = new ArrayList<Object>(x);
                both.addAll(y);
                return both;
            }
            if (operator.equals("*") && a instanceof String s) return repeated(frame, s, Values.whole(b));
            if (operator.equals("*") && b instanceof String s) return repeated(frame, s, Values.whole(a));
            if (operator.equals("%") && a instanceof String s) return frame.work.built(Methods.percent(s, b));
            if (!Values.isNumber(a) || !Values.isNumber(b))
                throw new FormatException("template: " + Values.kind(a) + " " + operator + " " + Values.kind(b) + " has no value");
            try {
                return a instanceof Double || b instanceof Double || operator.equals("/") ? real(Values.real(a), Values.real(b))
                        : whole(Values.whole(a), Values.whole(b));
            } catch (ArithmeticException e) {
                throw new FormatException("template: " + Values.text(a) + " " + operator + " " + Values.text(b) + ": " + e.getMessage());
            }
        }

        private static String joined(Frame frame, String a, String b) {
            frame.work.checkLength((long) a.length() + b.length());
            return frame.work.built(a + b);
        }

        private static String repeated(Frame frame, String text, long times) {
            frame.work.checkLength(text.length() * Math.min(Math.max(times, 0), Integer.MAX_VALUE));
            return frame.work.built(text.repeat((int) Math.clamp(times, 0, Integer.MAX_VALUE)));
        }

        private Object whole(long a, long b) {
            return switch (operator) {
                case "+" -> Math.addExact(a, b);
                case "-" -> Math.subtractExact(a, b);
                case "*" -> Math.multiplyExact(a, b);
                case "//" -> Math.floorDivExact(a, b);
                case "%" -> Math.floorMod(a, b);
                default -> b < 0 ? (Object) Math.pow(a, b) : (Object) power(a, b);
            };
        }

        private static long power(long base, long exponent) {
            if (exponent > 64 && (base > 1 || base < -1)) throw new ArithmeticException("long overflow");
            if (exponent > 64) return base == -1 && exponent % 2 == 0 ? 1 : base;
            long result = 1;
            for (long i = 0; i < exponent; i++) result = Math.multiplyExact(result, base);
            return result;
        }

        private double real(double a, double b) {
            if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%")))
                throw new ArithmeticException("/ by zero");
            return switch (operator) {
                case "+" -> a + b;
                case "-" -> a - b;
                case "*" -> a * b;
                case "/" -> a / b;
                case "//" -> Math.floor(a / b);
                case "%" -> a - b * Math.floor(a / b);
                default -> Math.pow(a, b);
            };
        }
    }

    /** {@code value.name} or {@code value[key]}. */
    record Item(Expression of, Expression key) implements Expression {
        @Override public Object in(Frame frame) { return Values.item(of.in(frame), key.in(frame)); }
    }

    record Slice(Expression of, Expression from, Expression to, Expression step) implements Expression {
        @Override public Object in(Frame frame) {
            return Values.slice(of.in(frame), value(from, frame), value(to, frame), value(step, frame));
        }

        private static Object value(Expression part, Frame frame) { return part == null ? null : part.in(frame); }
    }

    /** Arguments of a call, by place and by name. */
    record Arguments(List<Expression> places, Map<String, Expression> names) {
        static final Arguments NONE = new Arguments(List.of(), Map.of());

        List<Object> values(Frame frame) {
            var values = new ArrayList<Object>();
            for (var place : places) values.add(place.in(frame));
            return values;
        }

        Map<String, Object> named(Frame frame) {
            var values = new LinkedHashMap<String, Object>();
            names.forEach((name, value) -> values.put(name, value.in(frame)));
            return values;
        }
    }

    /** {@code function(..)} or {@code value.method(..)}. */
    record Call(Expression function, Arguments arguments) implements Expression {
        @Override public Object in(Frame frame) {
            frame.work.step();
            if (function instanceof Item item && item.key instanceof Constant(String name)) {
                var owner = item.of.in(frame);
                var own = owner instanceof Map<?, ?> || owner instanceof Values.Namespace ? Values.item(owner, name) : null;
                if (own instanceof Values.Callable callable) return callable.call(frame, arguments.values(frame), arguments.named(frame));
                return Methods.call(frame, owner, name, arguments.values(frame), arguments.named(frame));
            }
            return switch (function.in(frame)) {
                case Values.Callable callable -> callable.call(frame, arguments.values(frame), arguments.named(frame));
                case Values.Undefined u -> throw u.asked();
                case null, default -> throw new FormatException("template: " + Values.kind(function.in(frame)) + " is called");
            };
        }
    }

    record Filter(Expression of, String name, Arguments arguments) implements Expression {
        @Override public Object in(Frame frame) {
            frame.work.step();
            return Filters.apply(frame, name, of.in(frame), arguments.values(frame), arguments.named(frame));
        }
    }

    record Test(Expression of, String name, Arguments arguments, boolean negated) implements Expression {
        @Override public Object in(Frame frame) { return Tests.holds(name, of.in(frame), arguments.values(frame)) != negated; }
    }
}
