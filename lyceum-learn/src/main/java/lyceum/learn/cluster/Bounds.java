package lyceum.learn.cluster;

/**
 * What Hamerly's method knows about each row: the distance to its own centre (computed anew in every iteration, it gives the inertia as well)
 * and a lower bound of the distance to every other centre.
 */
final class Bounds {
    final double[] lower;
    /** Rounding of bounds: rows this near to the limit are looked at. */
    double slack;

    Bounds(int n) { this.lower = new double[n]; }
}
