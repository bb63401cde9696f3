package lyceum.retrieval;

import java.util.Map;

/**
 * A record that a {@link VectorStore} found.
 *
 * @param score by the store's metric, greater is nearer
 */
public record StoreHit(String id, double score, Map<String, Object> payload) {}
