package lyceum.nn;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lyceum.FormatException;
import lyceum.tensor.Shape;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads what {@link ConfigJson} writes. */
final class ConfigReader {

    static Class<?> raw(Type type) {
        return switch (type) {
            case Class<?> c -> c;
            case ParameterizedType p -> raw(p.getRawType());
            case WildcardType w -> raw(w.getUpperBounds()[0]);
            default -> Object.class;
        };
    }

    /** What a list of that type holds. */
    static Type item(Type list) { return list instanceof ParameterizedType p ? p.getActualTypeArguments()[0] : Object.class; }

    /** The records and enums under a sealed type; none under another one. */
    static Set<Class<?>> kinds(Class<?> type) {
        var found = new LinkedHashSet<Class<?>>();
        if (!type.isSealed()) return found;
        for (var permitted : type.getPermittedSubclasses()) {
            if (permitted.isRecord() || permitted.isEnum()) found.add(permitted);
            else found.addAll(kinds(permitted));
        }
        return found;
    }

    Object value(String path, JsonNode node, Type declared) {
        var type = raw(declared);
        if (node == null || node.isNull()) {
            if (type.isPrimitive()) throw wrong(path, "is null; it is " + name(type));
            return null;
        }
        if (type == double.class || type == Double.class) return number(path, node);
        if (type == int.class || type == Integer.class) {
            if (!node.isIntegralNumber() || !node.canConvertToInt())
                throw wrong(path, "is " + shown(node) + "; it is a whole number below 2^31");
            return node.intValue();
        }
        if (type == long.class || type == Long.class) {
            if (!node.isIntegralNumber() || !node.canConvertToLong())
                throw wrong(path, "is " + shown(node) + "; it is a whole number below 2^63");
            return node.longValue();
        }
        if (type == boolean.class || type == Boolean.class) {
            if (!node.isBoolean()) throw wrong(path, "is " + shown(node) + "; it is true or false");
            return node.booleanValue();
        }
        if (type == String.class) return text(path, node);
        if (type.isEnum()) return constant(path, text(path, node), type);
        if (type == int[].class) return list(path, node, int.class).stream().mapToInt(i -> (int) i).toArray();
        if (type == long[].class) return list(path, node, long.class).stream().mapToLong(i -> (long) i).toArray();
        if (type == Shape.class) return shape(path, list(path, node, long.class));
        if (type == List.class) return list(path, node, item(declared));
        if (!(node instanceof ObjectNode object)) throw wrong(path, "is " + shown(node) + "; it is an object, a " + name(type));
        if (type.isRecord()) return record(path, object, type, false);
        if (type == PositionalEncoding.class && object.path(ConfigJson.KIND).asString("").equals(RotaryForm.KIND))
            return rotary(path, object);
        var kind = kind(path, object, type);
        return kind.isEnum() ? constant(path, object, kind) : record(path, object, kind, true);
    }

    private Object rotary(String path, ObjectNode node) {
        try {
            return ((RotaryForm) record(path, node, RotaryForm.class, true)).embedding();
        } catch (IllegalArgumentException e) {
            throw new FormatException(where(path) + ": " + e.getMessage(), e);
        }
    }

    private static Shape shape(String path, List<Object> sizes) {
        try {
            return Shape.of(sizes.stream().mapToLong(i -> (long) i).toArray());
        } catch (IllegalArgumentException e) {
            throw new FormatException(where(path) + ": " + e.getMessage(), e);
        }
    }

    private List<Object> list(String path, JsonNode node, Type item) {
        if (!node.isArray()) throw wrong(path, "is " + shown(node) + "; it is a list");
        var items = new ArrayList<>(node.size());
        for (int i = 0; i < node.size(); i++) {
            if (node.get(i).isNull()) throw wrong(path + "." + i, "is null");
            items.add(value(path + "." + i, node.get(i), item));
        }
        return items;
    }

    private static double number(String path, JsonNode node) {
        if (node.isNumber()) {
            double number = node.isDouble() ? node.doubleValue() : Double.parseDouble(node.toString()); // a whole one of any size
            if (Double.isFinite(number)) return number;
        }
        return switch (node.isString() ? node.stringValue() : "") {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw wrong(path, "is " + shown(node) + "; it is a number");
        };
    }

    private static String text(String path, JsonNode node) {
        if (!node.isString()) throw wrong(path, "is " + shown(node) + "; it is text");
        return node.stringValue();
    }

    private static Object constant(String path, ObjectNode node, Class<?> kind) {
        for (var name : node.propertyNames())
            if (!name.equals(ConfigJson.KIND) && !name.equals(ConfigJson.CONSTANT)) throw unknown(path, name, kind);
        if (!node.has(ConfigJson.CONSTANT)) throw wrong(join(path, ConfigJson.CONSTANT), "is missing");
        return constant(path, text(join(path, ConfigJson.CONSTANT), node.get(ConfigJson.CONSTANT)), kind);
    }

    private static Object constant(String path, String name, Class<?> type) {
        for (var constant : type.getEnumConstants()) if (((Enum<?>) constant).name().equals(name)) return constant;
        throw wrong(path, "is \"" + cut(name) + "\"; it is one of " + Arrays.toString(type.getEnumConstants()));
    }

    private static Class<?> kind(String path, ObjectNode node, Class<?> declared) {
        if (!node.has(ConfigJson.KIND)) throw wrong(join(path, ConfigJson.KIND), "is missing");
        var name = text(join(path, ConfigJson.KIND), node.get(ConfigJson.KIND));
        var kinds = kinds(declared);
        for (var kind : kinds) if (kind.getSimpleName().equals(name) || kind.getName().equals(name)) return kind;
        var found = declared.isSealed() ? null : find(name, declared);
        if (found != null && (found.isRecord() || found.isEnum()) && declared.isAssignableFrom(found)) return found;
        throw wrong(join(path, ConfigJson.KIND), "is \"" + cut(name) + "\"; it is " + (kinds.isEmpty() ? "the class of a " + name(declared)
                : "one of " + kinds.stream().map(Class::getSimpleName).collect(Collectors.joining(", "))));
    }

    private static Class<?> find(String name, Class<?> declared) {
        try {
            return Class.forName(name, false, declared.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            return null;
        }
    }

    private Record record(String path, ObjectNode node, Class<?> type, boolean kinded) {
        var components = type.getRecordComponents();
        var names = Arrays.stream(components).map(c -> c.getName()).collect(Collectors.toSet());
        for (var name : node.propertyNames())
            if (!names.contains(name) && !(kinded && name.equals(ConfigJson.KIND))) throw unknown(path, name, type);
        var types = new Class<?>[components.length];
        var values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            var at = join(path, components[i].getName());
            if (!node.has(components[i].getName())) throw wrong(at, "is missing");
            types[i] = components[i].getType();
            values[i] = value(at, node.get(components[i].getName()), components[i].getGenericType());
        }
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return (Record) constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new FormatException(where(path) + ": " + e.getCause().getMessage(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new FormatException(where(path) + ": " + type.getName() + " cannot be made", e);
        }
    }

    private static FormatException unknown(String path, String name, Class<?> type) {
        var known = Arrays.stream(type.isRecord() ? type.getRecordComponents() : new RecordComponent[0]).map(c -> c.getName()).toList();
        return wrong(join(path, cut(name)), "is unknown; " + name(type) + " has " + known);
    }

    private static String join(String path, String name) { return path.isEmpty() ? name : path + "." + name; }

    private static String shown(JsonNode node) { return cut(node.toString()); }

    private static String cut(String text) { return text.length() <= 60 ? text : text.substring(0, 60) + "..."; }

    private static String name(Class<?> type) { return type.getSimpleName(); }

    private static String where(String path) { return path.isEmpty() ? "configuration" : "configuration: " + path; }

    private static FormatException wrong(String path, String problem) { return new FormatException(where(path) + " " + problem); }
}
