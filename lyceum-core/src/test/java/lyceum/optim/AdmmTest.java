package lyceum.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class AdmmTest {

    /**
     * {@code min x'Px / 2 + q'x} with x in two cones {@code |A x + b| <= c'x + d}, below planes and on one: the conditions, written out.
     * Multipliers y stand in the cones' polars, {@code |rest of y| <= -y_0}, and at right angles to what they multiply.
     */
    @Test void conicProgramsSatisfyTheirConditions() {
        int touched = 0, inside = 0;
        for (int seed = 0; seed < 30; seed++) {
            var r = new Recipe(9990 + seed);
            int n = 3 + seed % 5, rank = seed % 3 == 0 ? 0 : n - 1;
            double[][] root = r.matrix(rank, n), p = new double[n][n];
            for (var row : root) for (int i = 0; i < n; i++) Vectors.addScaled(p[i], row[i], row);
            double[] q = r.bells(n), x = r.bells(n);
            double[][] first = r.matrix(n + 1, n), second = r.matrix(4, n), walls = r.matrix(3, n), plane = r.matrix(1, n);
            first[0] = new double[n]; // a ball in other coordinates, so that there is a minimum
            double[] b1 = r.bells(n + 1), b2 = r.bells(4), b3 = new double[3], b4 = {-Vectors.dot(plane[0], x)};
            open(first, b1, x, 1 + r.uniform());
            open(second, b2, x, 0.1 + r.uniform());
            for (int i = 0; i < 3; i++) b3[i] = -Vectors.dot(walls[i], x) - r.uniform();
            var blocks = List.of(new Admm.Block(first, b1, new ProximalSet.SecondOrderCone()),
                    new Admm.Block(second, b2, new ProximalSet.SecondOrderCone()),
                    new Admm.Block(walls, b3, new ProximalSet.Box(Double.NEGATIVE_INFINITY, 0)),
                    new Admm.Block(plane, b4, new ProximalSet.Box(0, 0)));
            var found = new Admm().minimize(p, q, blocks);
            assertThat(found.converged()).as(seed + ": " + found).isTrue();
            double[] force = q.clone();
            for (int i = 0; i < n; i++) force[i] += Vectors.dot(p[i], found.x());
            int at = 0;
            for (var block : blocks) {
                int size = block.b().length, from = at;
                double[] z = new double[size], y = IntStream.range(0, size).mapToDouble(i -> found.nu()[from + i]).toArray();
                for (int i = 0; i < size; i++) {
                    z[i] = Vectors.dot(block.a()[i], found.x()) + block.b()[i];
                    Vectors.addScaled(force, y[i], block.a()[i]);
                }
                at += size;
                if (block.set() instanceof ProximalSet.SecondOrderCone) {
                    assertThat(rest(z) - z[0]).as("feasible " + seed).isLessThan(1e-7);
                    assertThat(rest(y) + y[0]).as("polar " + seed).isLessThan(1e-7);
                    if (rest(y) > 1e-3) touched++;
                    else inside++;
                } else if (size == 3) for (int i = 0; i < 3; i++) {
                    assertThat(z[i]).isLessThan(1e-7);
                    assertThat(y[i]).isGreaterThan(-1e-7);
                }
                else assertThat(Math.abs(z[0])).isLessThan(1e-7);
                assertThat(Math.abs(Vectors.dot(y, z))).as("complementary " + seed).isLessThan(1e-6);
            }
            assertThat(Vectors.largest(force)).as("balance " + seed).isLessThan(1e-7);
            double value = Vectors.dot(q, found.x())
                    + IntStream.range(0, n).mapToDouble(i -> found.x()[i] * Vectors.dot(p[i], found.x())).sum() / 2;
            assertThat(found.value()).isCloseTo(value, within(1e-9));
        }
        assertThat(touched).isGreaterThan(20);
        assertThat(inside).isGreaterThan(5);
    }

    /** Moves b_0 so that x lies within the cone with this much room. */
    private static void open(double[][] a, double[] b, double[] x, double room) {
        var z = b.clone();
        for (int i = 0; i < z.length; i++) z[i] += Vectors.dot(a[i], x);
        b[0] += rest(z) - z[0] + room;
    }

    private static double rest(double[] z) {
        double sum = 0;
        for (int i = 1; i < z.length; i++) sum += z[i] * z[i];
        return Math.sqrt(sum);
    }
}
