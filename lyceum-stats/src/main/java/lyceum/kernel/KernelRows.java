package lyceum.kernel;

/** A kernel against points that were prepared once, for callers who want single rows of a large matrix. Safe for threads. */
@FunctionalInterface
public interface KernelRows {
    /** Writes {@code k(x, z_j)} for each of the points into {@code into}. */
    void row(double[] x, double[] into);
}
