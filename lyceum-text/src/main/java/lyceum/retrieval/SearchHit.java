package lyceum.retrieval;

/**
 * A document that was found.
 *
 * @param id of the document
 * @param score greater is better
 */
public record SearchHit(String id, double score) {}
