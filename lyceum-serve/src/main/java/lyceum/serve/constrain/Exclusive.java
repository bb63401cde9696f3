package lyceum.serve.constrain;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Whether options of a oneOf are seen to exclude each other: by type, or by a required property that has another const in each. */
final class Exclusive {
    private Exclusive() {}

    static boolean are(JsonNode options) {
        var all = new ArrayList<JsonNode>();
        options.forEach(all::add);
        for (int i = 0; i < all.size(); i++) for (int j = 0; j < i; j++) if (!exclude(all.get(i), all.get(j))) return false;
        return true;
    }

    private static boolean exclude(JsonNode a, JsonNode b) {
        Set<String> left = types(a), right = types(b);
        if (left.isEmpty() || right.isEmpty()) return false;
        left.retainAll(right);
        if (left.isEmpty()) return true;
        List<JsonNode> values = values(a), others = values(b);
        if (values != null && others != null) return values.stream().noneMatch(others::contains);
        if (!left.equals(Set.of("object")) || !a.has("properties") || !b.has("properties")) return false;
        for (var name : a.get("properties").propertyNames()) {
            var theirs = b.get("properties").get(name);
            if (theirs == null || !requires(a, name) || !requires(b, name)) continue;
            List<JsonNode> one = values(a.get("properties").get(name)), other = values(theirs);
            if (one != null && other != null && one.stream().noneMatch(other::contains)) return true;
        }
        return false;
    }

    private static boolean requires(JsonNode s, String name) {
        if (s.has("required")) for (var one : s.get("required")) if (one.asString("").equals(name)) return true;
        return false;
    }

    /** What const or enum allow; null without them. */
    private static List<JsonNode> values(JsonNode s) {
        if (s.has("const")) return List.of(s.get("const"));
        if (!s.has("enum")) return null;
        var all = new ArrayList<JsonNode>();
        s.get("enum").forEach(all::add);
        return all;
    }

    private static Set<String> types(JsonNode s) {
        var types = new HashSet<String>();
        var values = values(s);
        if (values != null) values.forEach(v -> types.add(type(v)));
        else if (s.has("type") && s.get("type").isArray()) s.get("type").forEach(t -> types.add(t.asString("")));
        else if (s.has("type")) types.add(s.get("type").asString(""));
        if (types.remove("integer")) types.add("number"); // an integer is both
        return types;
    }

    static String type(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "object";
            case ARRAY -> "array";
            case STRING -> "string";
            case BOOLEAN -> "boolean";
            case NULL -> "null";
            default -> value.isIntegralNumber() || value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue()) ? "integer"
                    : "number";
        };
    }
}
