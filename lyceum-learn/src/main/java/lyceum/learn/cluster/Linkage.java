package lyceum.learn.cluster;

/** How far two groups of rows are apart, told after each merge by the distances before it (Lance and Williams 1967). */
public enum Linkage {
    /** The nearest pair: follows any shape, and chains through a bridge of noise. */
    SINGLE,
    /** The farthest pair: compact groups. */
    COMPLETE,
    /** The mean over all pairs (UPGMA). */
    AVERAGE,
    /** The mean of the two parts, whatever their sizes (WPGMA). */
    WEIGHTED,
    /** Between the means of the groups (UPGMC); heights may fall. */
    CENTROID,
    /** Between middles that are halved at each merge (WPGMC); heights may fall. */
    MEDIAN,
    /** The growth of the squared error: {@code (2 a b / (a + b))^1/2} times the distance of the means for sizes a and b. */
    WARD;

    /** Whether no merge can bring a third group nearer than the two were, so that heights only rise. */
    public boolean isReducible() { return this != CENTROID && this != MEDIAN; }

    /** Whether it presumes Euclidean distances. */
    boolean isEuclidean() { return this == CENTROID || this == MEDIAN || this == WARD; }

    /**
     * The distance of group k from the union of i and j.
     *
     * @param ki distance of k and i @param kj of k and j @param ij of i and j
     * @param a size of i @param b size of j @param c size of k
     */
    double update(double ki, double kj, double ij, double a, double b, double c) {
        return switch (this) {
            case SINGLE -> Math.min(ki, kj);
            case COMPLETE -> Math.max(ki, kj);
            case AVERAGE -> (a * ki + b * kj) / (a + b);
            case WEIGHTED -> 0.5 * (ki + kj);
            case CENTROID -> Math.sqrt(Math.max(0, (a * ki * ki + b * kj * kj - a * b * ij * ij / (a + b)) / (a + b)));
            case MEDIAN -> Math.sqrt(Math.max(0, 0.5 * (ki * ki + kj * kj) - 0.25 * ij * ij));
            case WARD -> Math.sqrt(Math.max(0, ((a + c) * ki * ki + (b + c) * kj * kj - c * ij * ij) / (a + b + c)));
        };
    }
}
