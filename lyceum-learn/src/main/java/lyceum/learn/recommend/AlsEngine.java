package lyceum.learn.recommend;

import lyceum.backend.Parallel;
import lyceum.tensor.Csr;

/**
 * Where the rows of a half-step are solved. {@link #LOCAL} takes this machine's threads. A cluster takes the same two things: it sends the
 * step (the standing factors) to its workers and gives each a part of the rows; in Spark {@code broadcast(step)} and a {@code mapPartitions}.
 */
@FunctionalInterface
public interface AlsEngine {
    /** Rows in parallel on this machine; the same bits for any number of threads. */
    AlsEngine LOCAL = (ratings, step) -> {
        var rows = SparseRows.of(ratings);
        var solved = new double[rows.count()][];
        Parallel.range(solved.length, 8, (from, to) -> {
            for (int i = (int) from; i < to; i++) solved[i] = step.solve(rows.columns(i), rows.values(i));
        });
        return solved;
    };

    /** {@link AlsStep#solve} for each row of {@code ratings}, in their order. */
    double[][] solve(Csr ratings, AlsStep step);
}
