package lyceum.learn.tuning;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A value for each hyper-parameter that applies.
 *
 * @param values by name, in the space's order: Double, Long or one of the choices
 */
public record Configuration(SequencedMap<String, Object> values) {
    public Configuration { values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values)); }

    /** Whether this parameter applies here. */
    public boolean has(String name) { return values.containsKey(name); }

    /** The value. @throws IllegalArgumentException if it does not apply */
    public Object get(String name) {
        var value = values.get(name);
        if (value == null) throw new IllegalArgumentException("Configuration: there is no '" + name + "' in " + this);
        return value;
    }

    /** A number, or a choice that is one. */
    public double number(String name) { return choice(name, Number.class).doubleValue(); }

    /** An integer, or a choice that is one. @throws ArithmeticException beyond 32 bits */
    public int integer(String name) { return Math.toIntExact(choice(name, Number.class).longValue()); }

    /** The text of a choice. */
    public String text(String name) { return get(name).toString(); }

    /** A choice of this class. */
    public <T> T choice(String name, Class<T> type) {
        var value = get(name);
        if (!type.isInstance(value)) throw new IllegalArgumentException("Configuration: '" + name + "' is " + value + ", a "
                + value.getClass().getSimpleName() + " and no " + type.getSimpleName());
        return type.cast(value);
    }

    @Override public String toString() {
        var text = new StringBuilder();
        for (Map.Entry<String, Object> e : values.entrySet())
            text.append(text.isEmpty() ? "" : ", ").append(e.getKey()).append(" = ").append(e.getValue());
        return text.toString();
    }
}
