package lyceum.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import lyceum.linalg.dense.SquaredDistances;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class NearestPointsTest {
    /** Whole numbers have ties, among which the first point wins and the second distance is the same. */
    @Test void vectorsAndPlainLoopsGiveTheBitsOfOneDistanceAfterTheOther() {
        for (int p : new int[] {1, 2, 3, 4, 7, 8, 13}) {
            for (int k : new int[] {1, 2, 3, 5, 8, 9, 12, 13, 16, 17, 33}) {
                var rng = Rng.of(100 * p + k);
                int n = 40;
                double[] rows = numbers(rng, n * p, k % 2 == 0), points = numbers(rng, k * p, k % 2 == 0);
                for (var kernel : new NearestPoints[] {new NearestPoints.Plain(), NearestPoints.best()})
                    holds(kernel, rows, points, n, k, p);
            }
        }
    }

    private static double[] numbers(Rng rng, int count, boolean whole) {
        var x = new double[count];
        for (int i = 0; i < count; i++) x[i] = whole ? rng.nextInt(4) : rng.nextGaussian();
        return x;
    }

    private static void holds(NearestPoints kernel, double[] rows, double[] points, int n, int k, int p) {
        double[] table = NearestPoints.table(points, k, p), out = new double[NearestPoints.width(k)];
        int[] backwards = IntStream.range(0, n).map(i -> n - 1 - i).toArray();
        var found = new NearestPoints.Nearest(n);
        kernel.nearest(rows, p, backwards, n, table, k, found);
        for (int t = 0; t < n; t++) {
            int row = backwards[t], nearest = -1;
            double first = Double.POSITIVE_INFINITY, second = first;
            kernel.distances(rows, row * p, p, table, k, out);
            for (int c = 0; c < k; c++) {
                double d = SquaredDistances.ofRow(rows, row * p, points, c * p, p);
                assertThat(out[c]).as("%s, %d columns, row %d to %d of %d", kernel, p, row, c, k).isEqualTo(d);
                if (d < first) {
                    second = first;
                    first = d;
                    nearest = c;
                } else {
                    second = Math.min(second, d);
                }
            }
            assertThat(found.point()[t]).isEqualTo(nearest);
            assertThat(found.first()[t]).isEqualTo(first);
            assertThat(found.second()[t]).isEqualTo(second);
        }
    }

    /** Nothing is nearer than the points that there are, not even what fills their last group up. */
    @Test void rowsThatAreNoPlacesHaveTheFirstPoint() {
        double[] rows = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, 0.0 / 0.0 * -1}, points = {1, 2, 3};
        for (var kernel : new NearestPoints[] {new NearestPoints.Plain(), NearestPoints.best()}) {
            var found = new NearestPoints.Nearest(4);
            kernel.nearest(rows, 1, new int[] {0, 1, 2, 3}, 4, NearestPoints.table(points, 3, 1), 3, found);
            assertThat(found.point()).as(kernel.getClass().getSimpleName()).containsOnly(0);
            assertThat(found.first()).containsOnly(Double.POSITIVE_INFINITY);
        }
    }

    @Test void aPointOutOfReachIsNoNearest() {
        double[] rows = {1e200, -1e200}, points = {-1e200, 1e200, 1e200, -1e200, -1e200, 1e200};
        for (var kernel : new NearestPoints[] {new NearestPoints.Plain(), NearestPoints.best()}) {
            var found = new NearestPoints.Nearest(1);
            kernel.nearest(rows, 2, new int[1], 1, NearestPoints.table(points, 3, 2), 3, found);
            assertThat(found.point()).containsExactly(1);
            assertThat(found.first()).containsExactly(0);
            assertThat(found.second()).containsExactly(Double.POSITIVE_INFINITY);
        }
    }
}
