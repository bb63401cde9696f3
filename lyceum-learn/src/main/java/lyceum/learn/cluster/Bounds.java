package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.backend.NearestPoints;
import lyceum.backend.Parallel;
import lyceum.linalg.dense.SquaredDistances;

/**
 * What Hamerly's method knows about each row: an upper bound of the distance to its own centre and a lower bound of the distance to every other one. Both give way as
 * the centres move; a row whose bounds do not meet keeps its cluster without a distance.
 */
final class Bounds {
    /** Of the largest distance: rounding of bounds. Rows this near to the limit are looked at. */
    private static final double ROUNDING = 1e-11;
    /** Centres of a task. */
    private static final int CENTRES = 64;

    private final double[] upper, lower;
    /** Half the distance of each centre to the nearest other one: a row nearer than that cannot have another nearest centre. */
    private final double[] half;
    /** How far each centre moved since the bounds were true. */
    private final double[] moved;
    private double slack = Double.POSITIVE_INFINITY, farthest, secondFarthest;
    private int mover;

    Bounds(int n, int k) {
        this.upper = new double[n];
        this.lower = new double[n];
        this.half = new double[k];
        this.moved = new double[k];
        Arrays.fill(upper, Double.POSITIVE_INFINITY);
    }

    /** Before rows are looked at again: where the centres are now. Those from which they came were told by {@link #follow}. */
    void prepare(double[] centres, double[] table, int p) {
        int k = half.length;
        Parallel.range(k, CENTRES, (double) k * p, (from, to) -> {
            int count = (int) (to - from);
            var which = new int[count];
            for (int c = 0; c < count; c++) which[c] = (int) from + c;
            var found = new NearestPoints.Nearest(count);
            NearestPoints.best().nearest(centres, p, which, count, table, k, found);
            for (int c = 0; c < count; c++) half[(int) from + c] = Math.sqrt(found.second()[c]) / 2;
        });
    }

    /** Whether the row surely keeps its cluster, by bounds that gave way or by its distance to its own centre. */
    boolean keeps(Points points, int row, int label, double[] centres) {
        double above = upper[row] + moved[label], below = lower[row] - (label == mover ? secondFarthest : farthest);
        if (half.length > 1 && (below == Double.POSITIVE_INFINITY || half[label] == Double.POSITIVE_INFINITY)) return false; // a square overflowed
        double limit = Math.max(half[label], below) - slack;
        if (!(above < limit)) above = Math.sqrt(points.squaredDistance(row, centres, label * points.p));
        upper[row] = above;
        lower[row] = below;
        return above < limit;
    }

    /** Squared distances that were computed. */
    void set(int row, double first, double second) {
        upper[row] = Math.sqrt(first);
        lower[row] = Math.sqrt(second);
    }

    /** After all rows were looked at for the first time. */
    void setSlack() {
        double largest = 0;
        for (double d : lower) if (d < Double.POSITIVE_INFINITY) largest = Math.max(largest, d);
        slack = ROUNDING * largest;
    }

    /** The centres move; before the next look, {@code again} if the rows were not looked at since the last move. */
    void follow(double[] from, double[] to, int p, boolean again) {
        farthest = secondFarthest = 0;
        for (int c = 0; c < moved.length; c++) {
            double way = Math.sqrt(SquaredDistances.ofRow(from, c * p, to, c * p, p));
            moved[c] = again ? moved[c] + way : way;
            if (moved[c] > farthest) {
                secondFarthest = farthest;
                farthest = moved[c];
                mover = c;
            } else if (moved[c] > secondFarthest) {
                secondFarthest = moved[c];
            }
        }
    }
}
