package lyceum.retrieval;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Which records of a {@link VectorStore} a search may return. A list in a payload is met if one of its texts is. Numbers compare as numbers, whole or not; a
 * field that is not there meets nothing but {@link Not}.
 */
public sealed interface PayloadFilter {
    /** The field is one of these values. */
    record In(String field, Set<Object> values) implements PayloadFilter {
        public In { values = Set.copyOf(values.stream().map(In::comparable).toList()); }

        /** A long for every whole number that is one. */
        private static Object comparable(Object value) {
            return switch (value) {
                case Long n -> n;
                case Number n when n.doubleValue() != (long) n.doubleValue() || n.doubleValue() == 0x1p63 -> n.doubleValue();
                case Number n -> n.longValue();
                default -> value;
            };
        }
    }

    /** The field is a number from {@code least} to {@code most}. */
    record Range(String field, double least, double most) implements PayloadFilter {
        public Range {
            if (!(least <= most))
                throw new IllegalArgumentException("PayloadFilter: '" + field + "' from " + least + " to " + most + " is empty");
        }

        /** Exact, whole numbers beyond 2^53 too; NaN is above all. */
        private static int compare(Number n, double bound) {
            if (!(n instanceof Long whole) || Math.abs(bound) >= 0x1p63) return Double.compare(n.doubleValue() + 0.0, bound + 0.0);
            long part = (long) bound;
            return whole != part ? Long.compare(whole, part) : Double.compare(0, bound - part);
        }
    }

    /** The field is there. */
    record Exists(String field) implements PayloadFilter {}

    /** All parts; none at all: every record. */
    record And(List<PayloadFilter> parts) implements PayloadFilter {
        public And { parts = List.copyOf(parts); }
    }

    /** One part at least. */
    record Or(List<PayloadFilter> parts) implements PayloadFilter {
        public Or { parts = List.copyOf(parts); }
    }

    /** The others. */
    record Not(PayloadFilter part) implements PayloadFilter {}

    /** Every record. */
    PayloadFilter ALL = new And(List.of());

    static PayloadFilter equal(String field, Object value) { return new In(field, Set.of(value)); }

    static PayloadFilter in(String field, Object... values) { return new In(field, new HashSet<>(List.of(values))); }

    static PayloadFilter range(String field, double least, double most) { return new Range(field, least, most); }

    static PayloadFilter exists(String field) { return new Exists(field); }

    static PayloadFilter and(PayloadFilter... parts) { return new And(List.of(parts)); }

    static PayloadFilter or(PayloadFilter... parts) { return new Or(List.of(parts)); }

    static PayloadFilter not(PayloadFilter part) { return new Not(part); }

    /** Whether a record with this payload may be returned. */
    default boolean matches(Map<String, Object> payload) { return matches(payload::get); }

    /** @param field gives a field's value, null where there is none */
    default boolean matches(Function<String, Object> field) {
        return switch (this) {
            case In in -> switch (field.apply(in.field)) {
                case null -> false;
                case List<?> all -> all.stream().anyMatch(in.values::contains);
                case Number n -> in.values.contains(In.comparable(n));
                case Object value -> in.values.contains(value);
            };
            case Range range ->
                    field.apply(range.field) instanceof Number n && Range.compare(n, range.least) >= 0 && Range.compare(n, range.most) <= 0;
            case Exists exists -> field.apply(exists.field) != null;
            case And and -> {
                for (var part : and.parts) if (!part.matches(field)) yield false;
                yield true;
            }
            case Or or -> {
                for (var part : or.parts) if (part.matches(field)) yield true;
                yield false;
            }
            case Not not -> !not.part.matches(field);
        };
    }
}
