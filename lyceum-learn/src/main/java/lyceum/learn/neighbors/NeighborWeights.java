package lyceum.learn.neighbors;

/** How much each neighbour says. */
public enum NeighborWeights {
    /** All the same. */
    UNIFORM,
    /** {@code 1 / distance}; where neighbours lie at distance 0, those alone. */
    DISTANCE;

    /** Turns the distances {@code d[at .. at + k - 1]} into weights. */
    void fill(double[] d, int at, int k, double[] out) {
        boolean zero = false;
        for (int i = 0; i < k; i++) zero |= d[at + i] == 0;
        for (int i = 0; i < k; i++) out[i] = this == UNIFORM ? 1 : zero ? d[at + i] == 0 ? 1 : 0 : 1 / d[at + i];
    }
}
