package lyceum.learn.active;

import java.util.Arrays;

/** A query that gives each open row a score and asks for those with the largest, the first of several. */
@FunctionalInterface
public interface ScoredQuery extends Query {
    /** One number for each of {@code pool.open()}. */
    double[] scores(Pool pool);

    @Override default int[] choose(Pool pool, int count) { return best(pool.open(), scores(pool), count); }

    /** The {@code count} rows of the largest scores, largest first. */
    static int[] best(int[] rows, double[] scores, int count) {
        var order = new Integer[rows.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(scores[b], scores[a]));
        return Arrays.stream(order).limit(count).mapToInt(i -> rows[i]).toArray();
    }
}
