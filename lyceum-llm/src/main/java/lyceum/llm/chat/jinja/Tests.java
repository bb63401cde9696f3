package lyceum.llm.chat.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lyceum.FormatException;

/** {@code value is test}. */
final class Tests {
    static final Set<String> NAMES = Set.of("defined", "undefined", "none", "true", "false", "boolean", "integer", "float", "number",
            "string", "mapping", "sequence", "iterable", "callable", "odd", "even", "lower", "upper", "divisibleby", "equalto", "eq",
            "sameas", "ne", "lt", "lessthan", "le", "gt", "greaterthan", "ge", "in");

    private Tests() {}

    static boolean holds(String name, Object value, List<Object> arguments) {
        return switch (name) {
            case "defined" -> !(value instanceof Values.Undefined);
            case "undefined" -> value instanceof Values.Undefined;
            case "none" -> value == null;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "boolean" -> value instanceof Boolean;
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "number" -> Values.isNumber(value);
            case "string" -> value instanceof String;
            case "mapping" -> value instanceof Map<?, ?>;
            case "sequence", "iterable" -> value instanceof List<?> || value instanceof Map<?, ?> || value instanceof String;
            case "callable" -> value instanceof Values.Callable;
            case "odd" -> Math.floorMod(Values.whole(value), 2) == 1;
            case "even" -> Math.floorMod(Values.whole(value), 2) == 0;
            case "lower" -> Values.text(value).equals(Values.text(value).toLowerCase(Locale.ROOT));
            case "upper" -> Values.text(value).equals(Values.text(value).toUpperCase(Locale.ROOT));
            case "divisibleby" -> Values.whole(value) % nonZero(Values.whole(only(name, arguments))) == 0;
            case "equalto", "eq", "sameas" -> Values.equal(value, only(name, arguments));
            case "ne" -> !Values.equal(value, only(name, arguments));
            case "lt", "lessthan" -> Values.compare(value, only(name, arguments)) < 0;
            case "le" -> Values.compare(value, only(name, arguments)) <= 0;
            case "gt", "greaterthan" -> Values.compare(value, only(name, arguments)) > 0;
            case "ge" -> Values.compare(value, only(name, arguments)) >= 0;
            case "in" -> Values.contains(only(name, arguments), value);
            default -> throw new FormatException(
                    "template: the test '" + name + "' is unknown; there are " + NAMES.stream().sorted().toList());
        };
    }

    private static long nonZero(long n) {
        if (n == 0) throw new FormatException("template: divisibleby(0)");
        return n;
    }

    private static Object only(String name, List<Object> arguments) {
        if (arguments.size() != 1)
            throw new FormatException("template: the test '" + name + "' takes one argument; it got " + arguments.size());
        return arguments.getFirst();
    }
}
