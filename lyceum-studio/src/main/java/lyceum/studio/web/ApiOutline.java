package lyceum.studio.web;

import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Collectors;

/** A public class as a reader of its API would write it down: its kind, its record components, its public methods. */
final class ApiOutline {

    private static final int MOST = 40;

    private ApiOutline() {}

    /** The outline of {@code package.Class} or {@code package.Class#method}, if the class is here. */
    static Optional<String> of(String api) {
        var name = api.strip().replaceFirst("[#(].*", "");
        return load(name).or(() -> name.contains(".") ? load(name.substring(0, name.lastIndexOf('.'))) : Optional.empty())
                .map(ApiOutline::outline);
    }

    /** The class that an API name means. */
    static Optional<Class<?>> load(String name) {
        if (!name.startsWith("lyceum.") || !name.matches("[\\w.$]+")) return Optional.empty();
        try {
            return Optional.of(Class.forName(name, false, ApiOutline.class.getClassLoader()));
        } catch (ClassNotFoundException | LinkageError e) {
            return Optional.empty();
        }
    }

    private static String outline(Class<?> type) {
        var text = new StringBuilder(head(type)).append(" {\n");
        if (!type.isRecord()) {
            Arrays.stream(type.getConstructors()).sorted(Comparator.comparingInt(Executable::getParameterCount))
                    .forEach(c -> text.append("    ").append(type.getSimpleName()).append(parameters(c)).append(";\n"));
        }
        var methods = Arrays.stream(type.getDeclaredMethods())
                .filter(m -> Modifier.isPublic(m.getModifiers()) && !m.isSynthetic() && !m.isBridge() && !dull(type, m))
                .sorted(Comparator.comparing((Method m) -> !Modifier.isStatic(m.getModifiers())).thenComparing(Method::getName)
                        .thenComparingInt(Executable::getParameterCount))
                .toList();
        methods.stream().limit(MOST).forEach(m -> text.append("    ").append(Modifier.isStatic(m.getModifiers()) ? "static " : "")
                .append(name(m.getGenericReturnType())).append(' ').append(m.getName()).append(parameters(m)).append(";\n"));
        if (methods.size() > MOST) {
            text.append("    // and ").append(methods.size() - MOST).append(" more\n");
        }
        return text.append("}\n").toString();
    }

    private static String head(Class<?> type) {
        if (type.isRecord()) {
            var components = Arrays.stream(type.getRecordComponents()).map(c -> name(c.getGenericType()) + " " + c.getName())
                    .collect(Collectors.joining(", "));
            return "public record " + type.getSimpleName() + "(" + components + ")" + bounds(" implements ", type.getInterfaces());
        }
        var kind = type.isInterface() ? "interface "
                : type.isEnum() ? "enum " : Modifier.isAbstract(type.getModifiers()) ? "abstract class " : "class ";
        return "public " + kind + type.getSimpleName() + bounds(type.isInterface() ? " extends " : " implements ", type.getInterfaces());
    }

    private static String bounds(String word, Class<?>[] types) {
        return types.length == 0 ? "" : Arrays.stream(types).map(Class::getSimpleName).collect(Collectors.joining(", ", word, ""));
    }

    /** What every record has, and its accessors, say nothing new. */
    private static boolean dull(Class<?> type, Method method) {
        boolean object = switch (method.getName()) {
            case "equals", "hashCode", "toString" -> true;
            default -> false;
        };
        return object || type.isRecord() && method.getParameterCount() == 0
                && Arrays.stream(type.getRecordComponents()).anyMatch(c -> c.getName().equals(method.getName()));
    }

    private static String parameters(Executable of) {
        return Arrays.stream(of.getParameters()).map(p -> name(p.getParameterizedType()) + " " + p.getName())
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private static String name(Type type) {
        return type.getTypeName().replaceAll("\\b(?:\\w+\\.)+(?=\\w)", "").replace('$', '.').replaceAll("\\b\\w+\\.(?=[A-Z])", "");
    }
}
