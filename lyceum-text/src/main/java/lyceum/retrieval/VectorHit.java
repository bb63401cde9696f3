package lyceum.retrieval;

/**
 * A vector that was found.
 *
 * @param id it was added by
 * @param score by the index's metric, greater is nearer
 */
public record VectorHit(long id, double score) {}
