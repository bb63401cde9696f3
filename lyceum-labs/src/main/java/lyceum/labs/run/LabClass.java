package lyceum.labs.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabException;
import lyceum.labs.LabParameterException;
import lyceum.labs.Parameter;

/**
 * A lab, looked up by its class name, and the parameters it asks for.
 *
 * @param name       fully qualified class name
 * @param title      what it shows
 * @param topics     slugs
 * @param parameters in the order it asks for them
 */
public record LabClass(String name, String title, List<String> topics, List<Parameter> parameters) {

    /** Copies the lists. */
    public LabClass {
        topics = List.copyOf(topics);
        parameters = List.copyOf(parameters);
    }

    /**
     * Looks up a lab and its parameters in the index that the build wrote. A lab that is not in the index, such as one of your
     * own or one that another class loader puts before ours, is run up to its first call that does not ask for a parameter.
     *
     * @throws LabException if there is no such lab, or it fails before it has asked for its parameters
     */
    public static LabClass of(String name) {
        return LabIndex.shipped().find(name).filter(l -> isShipped(name)).orElseGet(() -> described(name));
    }

    private static boolean isShipped(String name) {
        var ours = LabClass.class.getClassLoader();
        return Thread.currentThread().getContextClassLoader() == ours || load(name).getClassLoader() == ours;
    }

    /** Describes a lab as it is now, by running it up to its first call that does not ask for a parameter. */
    static LabClass described(String name) {
        var type = load(name);
        var lab = type.getAnnotation(Lab.class);
        return new LabClass(name, lab.title(), List.of(lab.topics()), DescribingLab.parametersOf(create(type)));
    }

    /** Whether the class path holds such a class; does not load it. */
    public static boolean isThere(String name) { return LabClass.class.getResource("/" + name.replace('.', '/') + ".class") != null; }

    /** Whether a class is a lab by its annotation. */
    static boolean isLab(String name) {
        try {
            return Class.forName(name, false, Thread.currentThread().getContextClassLoader()).isAnnotationPresent(Lab.class);
        } catch (ClassNotFoundException e) {
            throw new LabException("there is no class " + name, e);
        }
    }

    /** A new body to run. */
    LabBody body() { return create(load(name)); }

    /**
     * The values of all parameters; those that {@code given} does not name take their defaults.
     *
     * @return Integer, Double, String or Boolean by name, in the order the lab asks for them
     * @throws LabParameterException if the lab has no such parameter or a value is out of bounds
     */
    public Map<String, Object> values(Map<String, String> given) {
        for (var name : given.keySet()) {
            if (parameters.stream().noneMatch(p -> p.name().equals(name))) throw new LabParameterException(name, unknown(name));
        }
        var values = new LinkedHashMap<String, Object>();
        for (var p : parameters) {
            values.put(p.name(), given.containsKey(p.name()) ? p.parse(given.get(p.name())) : p.defaultValue());
        }
        return values;
    }

    /** Whether these values, by name as {@link #values} gives them, are the defaults. */
    public boolean isDefault(Map<String, Object> values) {
        return parameters.stream().allMatch(p -> p.defaultValue().equals(values.get(p.name())));
    }

    private String unknown(String wrong) {
        if (parameters.isEmpty()) return "there is no parameter '" + wrong + "'; this lab has none";
        var known = new ArrayList<String>();
        parameters.forEach(p -> known.add(p.name() + " (" + p.allowed() + ")"));
        return "there is no parameter '" + wrong + "'; this lab has " + String.join(", ", known);
    }

    private static Class<?> load(String name) {
        Class<?> type;
        try {
            type = Class.forName(name, false, Thread.currentThread().getContextClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw new LabException("there is no lab class " + name, e);
        }
        if (!LabBody.class.isAssignableFrom(type) || type.getAnnotation(Lab.class) == null) {
            throw new LabException(name + " is not a lab: it must implement LabBody and be annotated with @Lab", null);
        }
        return type;
    }

    private static LabBody create(Class<?> type) {
        try {
            var constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            return (LabBody) constructor.newInstance();
        } catch (ReflectiveOperationException e) {
            throw new LabException(type.getName() + " cannot be created: it needs a constructor without parameters that does nothing", e);
        }
    }
}
