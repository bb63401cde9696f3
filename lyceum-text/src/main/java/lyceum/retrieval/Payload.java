package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.FormatException;
import lyceum.text.internal.Utf8;

/** Payloads and other parts of records as bytes. */
final class Payload {
    private Payload() {}

    /** The same with the types that are kept, in the order of names. */
    static Map<String, Object> checked(String id, Map<String, Object> payload) {
        if (payload.isEmpty()) return Map.of();
        var kept = new TreeMap<String, Object>();
        payload.forEach((name, value) -> kept.put(name, switch (value) {
            case String s -> s;
            case Boolean b -> b;
            case Long l -> l;
            case Integer i -> (long) i;
            case Double d -> d;
            case Float f -> (double) f;
            case List<?> l when l.stream().allMatch(String.class::isInstance) -> List.copyOf(l);
            case null,
                    default -> throw new IllegalArgumentException("VectorRecord '" + id + "': the payload's '" + name + "' is "
                            + (value == null ? "null" : "a " + value.getClass().getSimpleName())
                            + "; values are String, Long, Double, Boolean or lists of String");
        }));
        return Collections.unmodifiableMap(kept);
    }

    static void putText(ByteSink out, String text) {
        byte[] bytes = Utf8.bytes(text);
        out.putInt(bytes.length);
        out.put(bytes);
    }

    static void put(ByteSink out, Map<String, Object> payload) {
        out.putInt(payload.size());
        payload.forEach((name, value) -> {
            putText(out, name);
            switch (value) {
                case String s -> {
                    out.putByte(0);
                    putText(out, s);
                }
                case Long l -> {
                    out.putByte(1);
                    out.putLong(l);
                }
                case Double d -> {
                    out.putByte(2);
                    out.putLong(Double.doubleToRawLongBits(d));
                }
                case Boolean b -> out.putByte(b ? 4 : 3);
                default -> {
                    out.putByte(5);
                    var all = (List<?>) value;
                    out.putInt(all.size());
                    for (var each : all) putText(out, (String) each);
                }
            }
        });
    }

    static void put(ByteSink out, float[] vector) { for (float v : vector) out.putInt(Float.floatToRawIntBits(v)); }

    /** Reads what the others put. */
    static final class Reader {
        private final MemorySegment memory;
        private long at;

        Reader(MemorySegment memory) { this.memory = memory; }

        boolean done() { return at == memory.byteSize(); }

        private long step(long bytes) {
            if (bytes < 0 || bytes > memory.byteSize() - at) throw new FormatException(
                    "VectorStore: a record ends at byte " + memory.byteSize() + "; " + bytes + " more are promised at " + at);
            at += bytes;
            return at - bytes;
        }

        int integer() { return memory.get(IndexFile.INT, step(4)); }

        int kind() { return memory.get(ValueLayout.JAVA_BYTE, step(1)); }

        private long number() { return memory.get(IndexFile.LONG, step(8)); }

        String text() {
            int n = integer();
            byte[] bytes = memory.asSlice(step(n), n).toArray(ValueLayout.JAVA_BYTE);
            if (Utf8.firstBroken(bytes, 0, n) >= 0) throw new FormatException("VectorStore: a text of a record is not UTF-8");
            return Utf8.text(bytes, 0, n);
        }

        float[] vector(int dimensions) {
            long from = step(4L * dimensions);
            var vector = new float[dimensions];
            for (int i = 0; i < dimensions; i++) vector[i] = Float.intBitsToFloat(memory.get(IndexFile.INT, from + 4L * i));
            return vector;
        }

        Map<String, Object> payload() {
            int n = integer();
            if (n == 0) return Map.of();
            var payload = new TreeMap<String, Object>();
            for (int i = 0; i < n; i++) payload.put(text(), switch (kind()) {
                case 0 -> text();
                case 1 -> number();
                case 2 -> Double.longBitsToDouble(number());
                case 3 -> false;
                case 4 -> true;
                case 5 -> {
                    int size = integer();
                    var all = new ArrayList<String>();
                    for (int j = 0; j < size; j++) all.add(text());
                    yield List.copyOf(all);
                }
                default -> throw new FormatException("VectorStore: a payload's value has an unknown kind");
            });
            return Collections.unmodifiableMap(payload);
        }
    }
}
