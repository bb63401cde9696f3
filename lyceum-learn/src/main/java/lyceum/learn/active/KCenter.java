package lyceum.learn.active;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * Covers the pool and asks no model: each time the row that is farthest from all chosen and labelled ones. The radius that k such centres leave
 * is at most twice the best that any k can.
 *
 * @see <a href="https://doi.org/10.1016/0304-3975(85)90224-5">Gonzalez (1985)</a>
 * @see <a href="https://arxiv.org/abs/1708.00489">Sener and Savarese (2018): core sets</a>
 */
public record KCenter() implements Query {
    @Override public int[] choose(Pool pool, int count) {
        return greedy(pool.x().toRows(), pool.labelled(), Math.min(count, pool.open().length));
    }

    /**
     * {@code count} rows more, each the farthest from all centres so far in Euclidean distance, the first of several; the first row where there is
     * no centre yet.
     *
     * @param centres rows that are centres already
     */
    public static int[] greedy(double[][] rows, int[] centres, int count) {
        if (count < 0 || count > rows.length - centres.length) throw new IllegalArgumentException(
                "KCenter: " + count + " more of " + rows.length + " rows, " + centres.length + " of which are centres");
        var distance = new double[rows.length];
        Arrays.fill(distance, Double.POSITIVE_INFINITY);
        for (int c : centres) nearer(rows, c, distance);
        var chosen = new int[count];
        for (int n = 0; n < count; n++) {
            int far = -1;
            for (int i = 0; i < rows.length; i++) if (distance[i] >= 0 && (far < 0 || distance[i] > distance[far])) far = i;
            nearer(rows, chosen[n] = far, distance);
        }
        return chosen;
    }

    /** The largest distance of a row to its nearest centre. */
    public static double radius(double[][] rows, int... centres) {
        if (centres.length == 0) return rows.length == 0 ? 0 : Double.POSITIVE_INFINITY;
        var distance = new double[rows.length];
        Arrays.fill(distance, Double.POSITIVE_INFINITY);
        for (int c : centres) nearer(rows, c, distance);
        return Math.sqrt(Math.max(0, Arrays.stream(distance).max().orElse(0)));
    }

    /** Squared distances to the nearest centre; a centre itself gets -1. */
    private static void nearer(double[][] rows, int centre, double[] distance) {
        var c = rows[centre];
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].length != c.length)
                throw new ShapeException("KCenter: rows of " + c.length + " and " + rows[i].length + " numbers");
            double sum = 0;
            for (int j = 0; j < c.length; j++) sum += (rows[i][j] - c[j]) * (rows[i][j] - c[j]);
            distance[i] = Math.min(distance[i], sum);
        }
        distance[centre] = -1;
    }
}
