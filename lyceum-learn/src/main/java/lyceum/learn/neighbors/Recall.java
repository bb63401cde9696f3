package lyceum.learn.neighbors;

import lyceum.ShapeException;

/**
 * Recall@k, by which approximate indexes are measured: the share of the k rows found that are no farther than the true k-th neighbour. It goes by distances,
 * since of equally far rows any will do.
 *
 * <p>Queries must not be rows of the index: each would find itself.
 *
 * @see <a href="https://arxiv.org/abs/1807.05614">Aumüller, Bernhardsson and Faithfull (2020), ANN-Benchmarks</a>
 */
public final class Recall {
    private Recall() {}

    /** The mean over the queries (m x k each). @param exact found by an exact search */
    public static double of(NeighborIndex.Neighbors found, NeighborIndex.Neighbors exact) {
        var shape = exact.distances().shape();
        if (!found.distances().shape().equals(shape)) throw new ShapeException("Recall.of: found has shape " + found.distances().shape()
                + ", exact " + shape + "; both answer the same queries with the same k");
        double[] ours = found.distances().toDoubleArray(), theirs = exact.distances().toDoubleArray();
        int k = (int) exact.distances().size(1), good = 0;
        for (int i = 0; i < ours.length; i++) {
            double limit = theirs[i / k * k + k - 1];
            if (ours[i] <= limit + 1e-12 * Math.max(1, limit)) good++;
        }
        return (double) good / ours.length;
    }
}
