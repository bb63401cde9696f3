package lyceum.serve.constrain;

import static lyceum.serve.constrain.Expression.NEVER;
import static lyceum.serve.constrain.Expression.any;
import static lyceum.serve.constrain.Expression.choice;
import static lyceum.serve.constrain.Expression.optional;
import static lyceum.serve.constrain.Expression.sequence;
import static lyceum.serve.constrain.Expression.text;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.FormatException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A JSON schema as productions. */
final class SchemaReader {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int MOST_DEPTH = 100;
    private static final Set<String> NOTES = Set.of("title", "description", "default", "examples", "$schema", "$id", "$comment", "$anchor",
            "deprecated", "readOnly", "writeOnly", "$defs", "definitions");
    private static final List<String> TYPES = List.of("object", "array", "string", "integer", "number", "boolean", "null");
    private static final Map<String, Set<String>> OF_TYPE = Map.of("object", Set.of("properties", "required", "additionalProperties"),
            "array", Set.of("items", "prefixItems", "minItems", "maxItems"), "string",
            Set.of("minLength", "maxLength", "pattern", "format"), "integer",
            Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"));

    private final JsonNode whole;
    private final Map<String, Expression> rules = new LinkedHashMap<>();
    private int depth;

    private SchemaReader(JsonNode whole) { this.whole = whole; }

    static Grammar read(String schema) {
        JsonNode whole;
        try {
            whole = JSON.readTree(schema);
        } catch (JacksonException e) {
            throw new FormatException("JSON schema: no JSON: " + e.getOriginalMessage(), e);
        }
        var reader = new SchemaReader(whole);
        var root = reader.called("#");
        reader.rules.put("root", root);
        JsonRules.addTo(reader.rules);
        return new Grammar(reader.rules, "root");
    }

    /** The production of a schema within the whole one. */
    private Expression called(String path) {
        if (!rules.containsKey(path)) {
            rules.put(path, NEVER); // it may call itself
            var place = path.substring(1);
            JsonNode node;
            try {
                node = whole.at(JsonPointer.compile(place));
            } catch (IllegalArgumentException e) {
                throw new SchemaException(path, "no place within the schema");
            }
            if (node.isMissingNode()) throw new SchemaException(path, "there is nothing there");
            rules.put(path, schema(node, path));
        }
        return new Expression.Call(path);
    }

    private Expression schema(JsonNode s, String path) {
        if (++depth > MOST_DEPTH) throw new SchemaException(path, "nested more than " + MOST_DEPTH + " deep");
        var e = s.isBoolean() ? (s.booleanValue() ? JsonRules.VALUE : NEVER) : of(s, path);
        depth--;
        return e;
    }

    private Expression of(JsonNode s, String path) {
        if (!s.isObject()) throw new SchemaException(path, "a schema is an object, true or false");
        var keys = new LinkedHashSet<>(s.propertyNames());
        keys.removeAll(NOTES);
        for (var one : List.of("$ref", "anyOf", "oneOf", "allOf", "const", "enum")) if (keys.contains(one)) {
            var beside = new LinkedHashSet<>(keys);
            beside.remove(one);
            beside.remove("type");
            if (!beside.isEmpty())
                throw new SchemaException(path + "/" + escaped(beside.iterator().next()), "it does not go beside \"" + one + "\"");
            if (keys.contains("type") && !one.equals("const") && !one.equals("enum"))
                throw new SchemaException(path + "/type", "it does not go beside \"" + one + "\"; put it into the options");
            return combined(s, one, path + "/" + one);
        }
        var types = types(s, path);
        var known = new HashSet<>(Set.of("type"));
        for (var type : types) known.addAll(OF_TYPE.getOrDefault(type, Set.of()));
        for (var key : keys)
            if (!known.contains(key)) throw new SchemaException(path + "/" + escaped(key),
                    belongs(key) ? "\"" + key + "\" says nothing about " + types : "the keyword \"" + key + "\" is not supported");
        if (keys.isEmpty()) return JsonRules.VALUE;
        var options = new ArrayList<Expression>();
        for (var type : types) if (!(type.equals("integer") && types.contains("number") && !bounds(s))) options.add(typed(type, s, path));
        return choice(options.toArray(Expression[]::new));
    }

    private static boolean belongs(String key) { return OF_TYPE.values().stream().anyMatch(k -> k.contains(key)); }

    private static boolean bounds(JsonNode s) { return OF_TYPE.get("integer").stream().anyMatch(s::has); }

    private static List<String> types(JsonNode s, String path) {
        var given = s.get("type");
        if (given == null) {
            for (var type : OF_TYPE.entrySet())
                if (type.getValue().stream().anyMatch(s::has))
                    throw new SchemaException(path, "\"type\" is missing; with it, say \"" + type.getKey() + "\"");
            return TYPES;
        }
        var types = new ArrayList<String>();
        if (given.isArray()) given.forEach(t -> types.add(t.asString("")));
        else types.add(given.asString(""));
        for (var type : types) if (!TYPES.contains(type)) throw new SchemaException(path + "/type", given + " is none of " + TYPES);
        if (types.isEmpty()) throw new SchemaException(path + "/type", "no type at all");
        return types;
    }

    private Expression combined(JsonNode s, String keyword, String path) {
        var value = s.get(keyword);
        if (keyword.equals("$ref")) {
            var to = value.asString("");
            if (!to.equals("#") && !to.startsWith("#/"))
                throw new SchemaException(path, value + "; references lead within the schema, as #/$defs/name");
            return called(to);
        }
        if (keyword.equals("const")) return fits(value, s) ? text(JSON.writeValueAsString(value)) : NEVER;
        if (!value.isArray() || value.isEmpty()) throw new SchemaException(path, "it is a list with an entry at least");
        var options = new ArrayList<Expression>();
        if (keyword.equals("enum")) {
            for (var one : value) if (fits(one, s)) options.add(text(JSON.writeValueAsString(one)));
            return new Expression.Choice(options);
        }
        if (keyword.equals("allOf") && value.size() > 1)
            throw new SchemaException(path, "several schemas at once are not supported; merge them into one");
        if (keyword.equals("oneOf") && !Exclusive.are(value)) throw new SchemaException(path,
                "its options are not seen to exclude each other (by type, or by a required property with a const of its own); anyOf does not ask for it");
        for (int i = 0; i < value.size(); i++) options.add(schema(value.get(i), path + "/" + i));
        return choice(options.toArray(Expression[]::new));
    }

    private static boolean fits(JsonNode value, JsonNode s) {
        if (!s.has("type")) return true;
        var types = types(s, "#");
        return types.contains(Exclusive.type(value)) || types.contains("number") && value.isNumber();
    }

    private Expression typed(String type, JsonNode s, String path) {
        return switch (type) {
            case "object" -> object(s, path);
            case "array" -> array(s, path);
            case "string" -> string(s, path);
            case "integer" -> bounds(s) ? integer(s, path) : JsonRules.INTEGER;
            case "number" -> {
                for (var key : OF_TYPE.get("integer"))
                    if (s.has(key))
                        throw new SchemaException(path + "/" + key, "bounds of numbers that are not integers are not supported");
                yield JsonRules.NUMBER;
            }
            case "boolean" -> choice(text("true"), text("false"));
            default -> text("null");
        };
    }

    private static Expression integer(JsonNode s, String path) {
        long min = -999_999_999_999_999L, max = 999_999_999_999_999L;
        for (var key : OF_TYPE.get("integer")) {
            var bound = s.get(key);
            if (bound == null) continue;
            if (!bound.isNumber()) throw new SchemaException(path + "/" + key, bound + " is not a number");
            double value = Math.clamp(bound.doubleValue(), -1e15 + 1, 1e15 - 1);
            if (key.equals("minimum")) min = Math.max(min, (long) Math.ceil(value));
            if (key.equals("maximum")) max = Math.min(max, (long) Math.floor(value));
            if (key.equals("exclusiveMinimum")) min = Math.max(min, (long) Math.floor(value) + 1);
            if (key.equals("exclusiveMaximum")) max = Math.min(max, (long) Math.ceil(value) - 1);
        }
        if (min > max) throw new SchemaException(path, "no integer lies between " + min + " and " + max);
        return Integers.between(min, max);
    }

    private static int count(JsonNode s, String key, int otherwise, String path) {
        var value = s.get(key);
        if (value == null) return otherwise;
        if (!value.canConvertToInt() || value.intValue() < 0 || value.intValue() > ProductionReader.MOST_REPEATS)
            throw new SchemaException(path + "/" + key, value + "; it is a count, " + ProductionReader.MOST_REPEATS + " at most");
        return value.intValue();
    }

    private Expression string(JsonNode s, String path) {
        int min = count(s, "minLength", 0, path), max = count(s, "maxLength", -1, path);
        if (max >= 0 && max < min) throw new SchemaException(path + "/maxLength", max + " is less than minLength, " + min);
        boolean length = s.has("minLength") || s.has("maxLength");
        if (s.has("pattern") && s.has("format") || length && (s.has("pattern") || s.has("format")))
            throw new SchemaException(path + "/" + (s.has("pattern") ? "pattern" : "format"),
                    "one of length, pattern and format; a pattern may bound the length itself");
        if (s.has("pattern")) {
            try {
                return JsonRules.string(RegexReader.quoted(RegexReader.found(s.get("pattern").asString(""))));
            } catch (FormatException e) {
                throw new SchemaException(path + "/pattern", e.getMessage());
            }
        }
        if (s.has("format")) {
            var format = Formats.KNOWN.get(s.get("format").asString(""));
            if (format == null)
                throw new SchemaException(path + "/format", s.get("format") + " is not supported; known are " + Formats.KNOWN.keySet());
            return JsonRules.string(format);
        }
        return length ? JsonRules.string(new Expression.Repeat(JsonRules.CHARACTER, min, max)) : JsonRules.STRING;
    }

    private Expression array(JsonNode s, String path) {
        int min = count(s, "minItems", 0, path), max = count(s, "maxItems", -1, path);
        if (max >= 0 && max < min) throw new SchemaException(path + "/maxItems", max + " is less than minItems, " + min);
        var item = s.has("items") ? schema(s.get("items"), path + "/items") : JsonRules.VALUE;
        Expression body;
        if (!s.has("prefixItems")) body = JsonRules.list(named(path + "/items", item), min, max);
        else {
            var first = s.get("prefixItems");
            if (!first.isArray()) throw new SchemaException(path + "/prefixItems", "it is a list of schemas");
            int fixed = first.size();
            if (max >= 0 && max < fixed) fixed = max;
            // from the last on: what comes behind an item may be missing where the least count is reached
            Expression rest = new Expression.Repeat(sequence(JsonRules.comma(), named(path + "/items", item), JsonRules.SPACE),
                    Math.max(0, min - fixed), max < 0 ? -1 : max - fixed);
            for (int i = fixed - 1; i >= 0; i--) {
                var one = sequence(i == 0 ? Expression.EMPTY : JsonRules.comma(), schema(first.get(i), path + "/prefixItems/" + i),
                        JsonRules.SPACE, rest);
                rest = i >= min ? optional(one) : one;
            }
            body = fixed == 0 ? JsonRules.list(named(path + "/items", item), min, max) : rest;
        }
        return sequence(text("["), JsonRules.SPACE, body, text("]"));
    }

    private Expression named(String name, Expression e) {
        rules.putIfAbsent(name + " ", e);
        return new Expression.Call(name + " ");
    }

    private Expression object(JsonNode s, String path) {
        var properties = s.get("properties");
        if (properties != null && !properties.isObject()) throw new SchemaException(path + "/properties", "it is an object of schemas");
        var required = new LinkedHashSet<String>();
        if (s.has("required")) s.get("required").forEach(r -> required.add(r.asString("")));
        boolean free = s.has("additionalProperties")
                && !(s.get("additionalProperties").isBoolean() && !s.get("additionalProperties").booleanValue());
        if (properties == null && !s.has("additionalProperties")) free = true;
        var names = new ArrayList<>(properties == null ? List.<String>of() : properties.propertyNames());
        for (var name : required)
            if (!names.contains(name))
                throw new SchemaException(path + "/required", "\"" + name + "\" is required and not among the properties");
        var members = new ArrayList<Expression>();
        for (var name : names)
            members.add(sequence(JsonRules.member(text(JSON.writeValueAsString(name)),
                    schema(properties.get(name), path + "/properties/" + escaped(name))), JsonRules.SPACE));
        Expression others = Expression.EMPTY, begin = Expression.EMPTY;
        if (free) {
            var value = s.has("additionalProperties") ? schema(s.get("additionalProperties"), path + "/additionalProperties")
                    : JsonRules.VALUE;
            var key = names.isEmpty() ? JsonRules.STRING : JsonRules.string(OtherNames.than(names));
            var other = named(path + "/additionalProperties", sequence(JsonRules.member(key, value), JsonRules.SPACE));
            others = any(sequence(JsonRules.comma(), other));
            begin = optional(sequence(other, others));
        }
        // behind(i): members from i on, one having been written; the first to be written may be any up to the first that is required
        for (int i = names.size() - 1; i >= 0; i--) {
            var behind = named(path + " from " + (i + 1), others);
            var one = sequence(members.get(i), behind);
            begin = required.contains(names.get(i)) ? one : choice(one, begin);
            var next = sequence(JsonRules.comma(), members.get(i));
            others = required.contains(names.get(i)) ? sequence(next, behind) : sequence(optional(next), behind);
        }
        return sequence(text("{"), JsonRules.SPACE, begin, text("}"));
    }

    private static String escaped(String name) { return name.replace("~", "~0").replace("/", "~1"); }
}
