package lyceum.learn.ensemble;

/** How many of p features a forest draws for each node, rounded down and at least 1. */
public enum FeatureRule {
    /** All: bagged trees. */
    ALL,
    /** The square root of p, customary for classes. */
    SQRT,
    /** The binary logarithm of p. */
    LOG2,
    /** A third of p, customary for numbers. */
    THIRD;

    int of(int p) {
        return Math.max(1, switch (this) {
            case ALL -> p;
            case SQRT -> (int) Math.sqrt(p);
            case LOG2 -> 31 - Integer.numberOfLeadingZeros(p);
            case THIRD -> p / 3;
        });
    }
}
