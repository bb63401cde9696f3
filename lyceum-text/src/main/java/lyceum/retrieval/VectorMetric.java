package lyceum.retrieval;

/** What makes two vectors alike; a score, greater for nearer ones. */
public enum VectorMetric {
    /** The inner product, which favours long vectors. */
    DOT,
    /** The inner product over both lengths. A vector of zeros is refused. */
    COSINE,
    /** Less the squared Euclidean distance. */
    L2;

    /** The score by the inner product and both squared lengths. */
    double score(double dot, double square, double otherSquare) {
        return switch (this) {
            case DOT -> dot;
            case COSINE -> dot / Math.sqrt(square * otherSquare);
            case L2 -> 2 * dot - square - otherSquare;
        };
    }
}
