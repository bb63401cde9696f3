package lyceum.retrieval;

import java.util.Arrays;
import java.util.Map;

/**
 * What a {@link VectorStore} keeps.
 *
 * @param id unique in the store
 * @param vector of the store's dimension
 * @param payload what else is known of it, and can be filtered by: values are String, Long (Integer becomes one), Double (Float becomes one), Boolean or
 *     lists of String
 */
public record VectorRecord(String id, float[] vector, Map<String, Object> payload) {
    public VectorRecord {
        if (id == null || id.isEmpty()) throw new IllegalArgumentException("VectorRecord: the id is " + (id == null ? "null" : "empty"));
        vector = vector.clone();
        payload = Payload.checked(id, payload);
    }

    public VectorRecord(String id, float[] vector) { this(id, vector, Map.of()); }

    @Override public boolean equals(Object o) {
        return o instanceof VectorRecord other && id.equals(other.id) && Arrays.equals(vector, other.vector)
                && payload.equals(other.payload);
    }

    @Override public int hashCode() { return id.hashCode(); }
}
