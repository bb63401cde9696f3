package lyceum.serve.constrain;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/** Validates a document by what the specification says of each keyword. */
final class SchemaOracle {
    private final JsonNode whole;

    SchemaOracle(JsonNode whole) { this.whole = whole; }

    boolean fits(JsonNode v) { return fits(v, whole); }

    private boolean fits(JsonNode v, JsonNode s) {
        if (s.isBoolean()) return s.booleanValue();
        if (s.has("$ref") && !fits(v, whole.at(JsonPointer.compile(s.get("$ref").stringValue().substring(1))))) return false;
        if (s.has("const") && !v.equals(s.get("const"))) return false;
        if (s.has("enum") && count(s.get("enum"), v::equals) == 0) return false;
        if (s.has("anyOf") && count(s.get("anyOf"), o -> fits(v, o)) == 0) return false;
        if (s.has("oneOf") && count(s.get("oneOf"), o -> fits(v, o)) != 1) return false;
        if (s.has("type")) {
            var type = s.get("type");
            if (type.isArray() ? count(type, t -> isType(v, t.stringValue())) == 0 : !isType(v, type.stringValue())) return false;
        }
        if (v.isNumber()) {
            double x = v.doubleValue();
            if (s.has("minimum") && x < s.get("minimum").doubleValue() || s.has("maximum") && x > s.get("maximum").doubleValue())
                return false;
            if (s.has("exclusiveMinimum") && x <= s.get("exclusiveMinimum").doubleValue()) return false;
            if (s.has("exclusiveMaximum") && x >= s.get("exclusiveMaximum").doubleValue()) return false;
        }
        if (v.isString()) {
            var text = v.stringValue();
            int length = text.codePointCount(0, text.length());
            if (s.has("minLength") && length < s.get("minLength").intValue()
                    || s.has("maxLength") && length > s.get("maxLength").intValue())
                return false;
            if (s.has("pattern") && !Pattern.compile(s.get("pattern").stringValue()).matcher(text).find()) return false;
            if (s.has("format") && !format(s.get("format").stringValue(), text)) return false;
        }
        if (v.isArray()) {
            if (s.has("minItems") && v.size() < s.get("minItems").intValue()
                    || s.has("maxItems") && v.size() > s.get("maxItems").intValue())
                return false;
            int fixed = s.has("prefixItems") ? s.get("prefixItems").size() : 0;
            for (int i = 0; i < v.size(); i++) {
                var of = i < fixed ? s.get("prefixItems").get(i) : s.get("items");
                if (of != null && !fits(v.get(i), of)) return false;
            }
        }
        if (v.isObject()) {
            if (s.has("required")) for (var name : s.get("required")) if (!v.has(name.stringValue())) return false;
            for (var name : v.propertyNames()) {
                var of = s.has("properties") ? s.get("properties").get(name) : null;
                if (of == null) of = s.get("additionalProperties");
                if (of != null && !fits(v.get(name), of)) return false;
            }
        }
        return true;
    }

    private static int count(JsonNode all, Predicate<JsonNode> test) {
        int n = 0;
        for (var one : all) if (test.test(one)) n++;
        return n;
    }

    private static boolean isType(JsonNode v, String type) {
        return switch (type) {
            case "object" -> v.isObject();
            case "array" -> v.isArray();
            case "string" -> v.isString();
            case "boolean" -> v.isBoolean();
            case "null" -> v.isNull();
            case "integer" -> v.isNumber() && v.doubleValue() == Math.rint(v.doubleValue());
            case "number" -> v.isNumber();
            default -> throw new AssertionError(type);
        };
    }

    private static boolean format(String format, String text) {
        try {
            switch (format) {
                case "date" -> LocalDate.parse(text);
                case "date-time" -> OffsetDateTime.parse(text.replaceAll("[+-](1[89]|2[0-3]):", "+01:")); // Java's offsets end at 18 hours
                case "uuid" -> { return UUID.fromString(text).toString().equals(text); }
                case "ipv4" -> {
                    var parts = text.split("\\.", -1);
                    for (var part : parts) if (!part.equals("" + Integer.parseInt(part)) || Integer.parseInt(part) > 255) return false;
                    return parts.length == 4;
                }
                case "email" -> { return text.matches("[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)+"); }
                default -> throw new AssertionError(format);
            }
            return true;
        } catch (IllegalArgumentException | DateTimeException e) {
            return false;
        }
    }
}
