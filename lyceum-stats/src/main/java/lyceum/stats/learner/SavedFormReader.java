package lyceum.stats.learner;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.tensor.Tensor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads what {@link SavedForm} wrote. A file may name a class only where it is a record that fits the declared type of the component, so that
 * no other class is ever loaded, let alone run.
 */
final class SavedFormReader {
    private final Map<String, Tensor> tensors;

    SavedFormReader(Map<String, Tensor> tensors) { this.tensors = tensors; }

    static int version(Class<?> type) {
        var annotation = type.getAnnotation(SavedVersion.class);
        return annotation == null ? 1 : annotation.value();
    }

    Object value(String path, JsonNode node, Type declared) {
        var type = raw(declared);
        if (node == null || node.isNull()) {
            if (type.isPrimitive()) throw damaged(path, "is missing");
            return null;
        }
        if (type == Tensor.class) return tensor(path, node);
        if (type.isArray()) return array(path, node, type);
        if (type == double.class || type == Double.class) return number(path, node);
        if (type == float.class || type == Float.class) return (float) number(path, node);
        if (type == int.class || type == Integer.class) {
            if (!node.isIntegralNumber() || !node.canConvertToInt()) throw damaged(path, "is not an int");
            return node.intValue();
        }
        if (type == long.class || type == Long.class) {
            if (!node.isIntegralNumber() || !node.canConvertToLong()) throw damaged(path, "is not a long");
            return node.longValue();
        }
        if (type == boolean.class || type == Boolean.class) {
            if (!node.isBoolean()) throw damaged(path, "is neither true nor false");
            return node.booleanValue();
        }
        if (type == String.class) return text(path, node);
        if (node.isString() && type.isEnum()) return constant(path, text(path, node), type);
        if (node.isArray() && type.isAssignableFrom(List.class)) return list(path, node, declared);
        if (node instanceof ObjectNode object && object.has(SavedForm.RECORD)) return record(path, object, type);
        if (node instanceof ObjectNode object && object.has(SavedForm.TENSOR) && type.isAssignableFrom(Tensor.class))
            return tensor(path, object);
        if (node instanceof ObjectNode object && type.isAssignableFrom(Map.class)) return map(path, object, declared);
        if (type == Object.class) return scalar(path, node);
        throw damaged(path, "does not fit " + type.getName());
    }

    private static Class<?> raw(Type type) {
        return switch (type) {
            case Class<?> c -> c;
            case ParameterizedType p -> raw(p.getRawType());
            case WildcardType w -> raw(w.getUpperBounds()[0]);
            case TypeVariable<?> v -> raw(v.getBounds()[0]);
            default -> Object.class;
        };
    }

    private static Type argument(Type declared, int index) {
        return declared instanceof ParameterizedType p ? p.getActualTypeArguments()[index] : Object.class;
    }

    private Object scalar(String path, JsonNode node) {
        if (node.isBoolean()) return node.booleanValue();
        if (node.isIntegralNumber() && node.canConvertToLong()) return node.longValue();
        if (node.isNumber()) return node.doubleValue();
        return text(path, node);
    }

    private static String text(String path, JsonNode node) {
        if (!node.isString()) throw damaged(path, "is not text");
        return node.stringValue();
    }

    private static double number(String path, JsonNode node) {
        if (node.isNumber()) return node.doubleValue();
        return switch (node.isString() ? node.stringValue() : "") {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw damaged(path, "is not a number");
        };
    }

    private Tensor tensor(String path, JsonNode node) {
        var name = node.path(SavedForm.TENSOR);
        var tensor = name.isString() ? tensors.get(name.stringValue()) : null;
        if (tensor == null) throw damaged(path, "names no tensor of the file");
        return tensor;
    }

    private Object array(String path, JsonNode node, Class<?> type) {
        var element = type.getComponentType();
        if (node.isArray()) {
            var array = Array.newInstance(element, node.size());
            for (int i = 0; i < node.size(); i++) Array.set(array, i, value(path + "." + i, node.get(i), element));
            return array;
        }
        var tensor = tensor(path, node);
        if (element == double.class) return tensor.toDoubleArray();
        if (element == float.class) return tensor.toFloatArray();
        if (element == int.class) return tensor.toIntArray();
        if (element == long.class) return tensor.toLongArray();
        if (element == boolean.class) return tensor.toBooleanArray();
        if (type == double[][].class && tensor.rank() == 2) return tensor.toRows();
        throw damaged(path, "does not fit " + type.getSimpleName());
    }

    private List<Object> list(String path, JsonNode node, Type declared) {
        var items = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) items.add(value(path + "." + i, node.get(i), argument(declared, 0)));
        return Collections.unmodifiableList(items);
    }

    private Map<String, Object> map(String path, ObjectNode node, Type declared) {
        var entries = new LinkedHashMap<String, Object>();
        for (var entry : node.properties())
            entries.put(entry.getKey(), value(path + "." + entry.getKey(), entry.getValue(), argument(declared, 1)));
        return Collections.unmodifiableMap(entries);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) private static Object constant(String path, String name, Class<?> type) {
        try {
            return Enum.valueOf((Class<? extends Enum>) type, name);
        } catch (IllegalArgumentException e) {
            throw damaged(path, "is " + name + ", which " + type.getSimpleName() + " does not have");
        }
    }

    private Record record(String path, ObjectNode node, Class<?> declared) {
        var type = recordClass(path, text(path, node.get(SavedForm.RECORD)), declared);
        var fields = upgraded(path, node, type);
        var components = type.getRecordComponents();
        var types = new Class<?>[components.length];
        var values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            RecordComponent c = components[i];
            types[i] = c.getType();
            String at = path.isEmpty() ? c.getName() : path + "." + c.getName();
            if (!fields.has(c.getName())) throw damaged(at, "is missing");
            values[i] = value(at, fields.get(c.getName()), c.getGenericType());
        }
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return (Record) constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new FormatException(
                    "saved model: " + where(path) + " is refused by " + type.getSimpleName() + ": " + e.getCause().getMessage(),
                    e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new LyceumException("cannot build " + type.getName(), e);
        }
    }

    private static Class<?> recordClass(String path, String name, Class<?> declared) {
        Class<?> type = find(name, declared.getClassLoader());
        if (type == null) type = find(name, Thread.currentThread().getContextClassLoader());
        if (type == null) type = find(name, SavedFormReader.class.getClassLoader());
        if (type == null) throw damaged(path, "is a " + name + ", a class that is not on the class path");
        if (!type.isRecord() || !declared.isAssignableFrom(type))
            throw damaged(path, "is a " + name + ", which is not a record of type " + declared.getSimpleName());
        return type;
    }

    private static Class<?> find(String name, ClassLoader loader) {
        if (loader == null) return null;
        try {
            return Class.forName(name, false, loader);
        } catch (ClassNotFoundException | LinkageError e) {
            return null;
        }
    }

    private static ObjectNode upgraded(String path, ObjectNode node, Class<?> type) {
        int from = node.path(SavedForm.VERSION).asInt(1), now = version(type);
        if (from == now) return node;
        if (from > now) throw damaged(path, "has version " + from + " of " + type.getSimpleName() + "; this Lyceum reads up to " + now);
        try {
            var upgrade = type.getDeclaredMethod("upgrade", int.class, ObjectNode.class);
            upgrade.setAccessible(true);
            return (ObjectNode) upgrade.invoke(null, from, node);
        } catch (ReflectiveOperationException e) {
            throw new LyceumException("cannot upgrade " + type.getName() + " from version " + from, e);
        }
    }

    private static String where(String path) { return path.isEmpty() ? "the model" : path; }

    private static FormatException damaged(String path, String problem) {
        return new FormatException("saved model: " + where(path) + " " + problem);
    }
}
