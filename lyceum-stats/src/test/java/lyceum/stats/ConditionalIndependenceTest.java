package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import lyceum.prob.JointTable;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ConditionalIndependenceTest {
    private static final int RUNS = 2_000, N = 500;

    /** {@code sum p(x, z, y) log(p(x, z, y) p(z) / (p(x, z) p(z, y)))} by loops, axes x, z, y. */
    private static double enumerated(JointTable table) {
        int nx = table.size("x"), nz = table.size("z"), ny = table.size("y");
        double[] p = table.probabilities().toDoubleArray();
        double sum = 0;
        for (int z = 0; z < nz; z++) {
            double pz = 0;
            var px = new double[nx];
            var py = new double[ny];
            for (int x = 0; x < nx; x++) for (int y = 0; y < ny; y++) {
                double v = p[(x * nz + z) * ny + y];
                pz += v;
                px[x] += v;
                py[y] += v;
            }
            for (int x = 0; x < nx; x++) for (int y = 0; y < ny; y++) {
                double v = p[(x * nz + z) * ny + y];
                if (v > 0) sum += v * (Math.log(v) + Math.log(pz) - Math.log(px[x]) - Math.log(py[y]));
            }
        }
        return sum;
    }

    @Test
    @Acceptance(topic = "conditional-independence", clause = 1) void informationOfTables() {
        var rng = Rng.of(712);
        double closed = 0, gap = 0, linked = Double.POSITIVE_INFINITY, open = Double.POSITIVE_INFINITY;
        int separated = 0, xors = 0, colliders = 0;
        for (int k = 0; k < 500; k++) {
            int x = 2 + rng.nextInt(3), z = 2 + rng.nextInt(3), y = 2 + rng.nextInt(3);
            for (var triple : Triple.values()) {
                var table = triple.table(rng, x, z, y);
                double information = ConditionalIndependence.information(table, "x", "y", "z"), truth = enumerated(table);
                gap = Math.max(gap, Math.abs(information - truth));
                assertThat(ConditionalIndependence.holds(table, 1e-12, "x", "y", "z")).isEqualTo(triple != Triple.COLLIDER);
                if (triple == Triple.COLLIDER) {
                    colliders++;
                    open = Math.min(open, information);
                    assertThat(ConditionalIndependence.holds(table, 1e-12, "x", "y")).isTrue();
                } else {
                    separated++;
                    closed = Math.max(closed, Math.abs(truth));
                    closed = Math.max(closed, information);
                    linked = Math.min(linked, table.mutualInformation("x", "y"));
                }
            }
            double p = 0.3 + 0.4 * rng.nextDouble(), q = 0.3 + 0.4 * rng.nextDouble(), noise = 0.05 + 0.15 * rng.nextDouble();
            var xor = Triple.noisyXor(p, q, noise);
            double information = ConditionalIndependence.information(xor, "x", "y", "z");
            // By hand: p(x, y, z) = p(x) p(y) (1 - noise or noise), z = x + y mod 2
            double byHand = 0;
            for (int bit = 0; bit < 2; bit++) {
                double[][] m = new double[2][2];
                for (int i = 0; i < 2; i++)
                    for (int j = 0; j < 2; j++)
                        m[i][j] = (i == 1 ? p : 1 - p) * (j == 1 ? q : 1 - q) * (bit == (i ^ j) ? 1 - noise : noise);
                double all = m[0][0] + m[0][1] + m[1][0] + m[1][1];
                for (int i = 0; i < 2; i++)
                    for (int j = 0; j < 2; j++) byHand += m[i][j] * Math.log(m[i][j] * all / ((m[i][0] + m[i][1]) * (m[0][j] + m[1][j])));
            }
            gap = Math.max(gap, Math.abs(information - byHand));
            if (information > 0.1) xors++;
        }
        Evidence.of("chain and fork tables", separated, exactly(1_000));
        Evidence.of("their largest conditional mutual information", closed, below(1e-12));
        Evidence.of("the same without z, the smallest", linked, above(1e-11));
        Evidence.of("noisy XORs of 500 above 0.1", xors, exactly(500));
        Evidence.of("random colliders", colliders, exactly(500));
        Evidence.of("smallest conditional information of a random collider", open, above(1e-9));
        Evidence.of("all 2,000 values against enumeration", gap, below(1e-12));
    }

    private static double rejections(int runs, long seed, Function<Rng, TestResult> test) {
        int rejected = 0;
        var rng = Rng.of(seed);
        for (int k = 0; k < runs; k++) if (test.apply(rng.split(k)).rejects(0.05)) rejected++;
        return (double) rejected / runs;
    }

    private static int[] cut(double[] v, double... at) {
        var values = new int[v.length];
        for (int i = 0; i < v.length; i++) for (double c : at) if (v[i] > c) values[i]++;
        return values;
    }

    private static int[][] columns(int[][] rows) {
        var columns = new int[rows[0].length][rows.length];
        for (int i = 0; i < rows.length; i++) for (int k = 0; k < columns.length; k++) columns[k][i] = rows[i][k];
        return columns;
    }

    /** Smooth and far from linear in z, with noise that z scales. */
    private static double[][] curved(Rng rng) {
        var d = new double[3][N];
        for (int i = 0; i < N; i++) {
            double z = d[1][i] = rng.nextGaussian();
            d[0][i] = Math.sin(2 * z) + 0.5 * z * z + 0.4 * (1 + 0.5 * Math.abs(z)) * rng.nextGaussian();
            d[2][i] = Math.cos(z) + z * z + 0.4 * rng.nextGaussian();
        }
        return d;
    }

    @Test
    @Acceptance(topic = "conditional-independence", clause = 2) void levelsAndPower() {
        for (var triple : new Triple[] {Triple.CHAIN, Triple.FORK}) {
            String name = ", " + triple;
            Evidence.of("Fisher z rejects a true null" + name, rejections(RUNS, 1, r -> {
                double[][] d = triple.sample(r, N);
                return ConditionalIndependence.fisherZ(d[0], d[2], d[1]);
            }), between(0.035, 0.065));
            Evidence.of("residual test" + name, rejections(RUNS, 2, r -> {
                double[][] d = triple.sample(r, N);
                return ConditionalIndependence.residual(d[0], d[2], d[1]);
            }), between(0.035, 0.065));
            var table = triple.table(Rng.of(23), 3, 2, 2);
            assertThat(table.mutualInformation("x", "y")).isGreaterThan(1e-3);
            Evidence.of("G-test" + name, rejections(RUNS, 3, r -> {
                int[][] d = columns(table.sample(r, N));
                return ConditionalIndependence.gTest(d[0], d[2], d[1]);
            }), between(0.035, 0.065));
            Evidence.of("permutation test" + name, rejections(RUNS, 4, r -> {
                int[][] d = columns(table.sample(r, N));
                return ConditionalIndependence.permutationTest(d[0], d[2], new int[][] {d[1]}, 19, r);
            }), between(0.035, 0.065));
        }
        Evidence.of("residual test on curved relations", rejections(RUNS, 5, r -> {
            double[][] d = curved(r);
            return ConditionalIndependence.residual(d[0], d[2], d[1]);
        }), between(0.035, 0.065));
        // What the linear test does there: its null is not the true one.
        assertThat(rejections(200, 5, r -> {
            double[][] d = curved(r);
            return ConditionalIndependence.fisherZ(d[0], d[2], d[1]);
        })).isGreaterThan(0.9);
        Evidence.of("Fisher z on a collider, nothing given", rejections(RUNS, 6, r -> {
            double[][] d = Triple.COLLIDER.sample(r, N);
            return ConditionalIndependence.fisherZ(d[0], d[2]);
        }), between(0.035, 0.065));
        Evidence.of("power of Fisher z given the collider", rejections(RUNS, 7, r -> {
            double[][] d = Triple.COLLIDER.sample(r, N);
            return ConditionalIndependence.fisherZ(d[0], d[2], d[1]);
        }), atLeast(0.95));
        Evidence.of("power of the residual test", rejections(RUNS, 8, r -> {
            double[][] d = Triple.COLLIDER.sample(r, N);
            return ConditionalIndependence.residual(d[0], d[2], d[1]);
        }), atLeast(0.95));
        Evidence.of("power of the G-test, cut into thirds", rejections(RUNS, 9, r -> {
            double[][] d = Triple.COLLIDER.sample(r, N);
            return ConditionalIndependence.gTest(cut(d[0], -0.43, 0.43), cut(d[2], -0.43, 0.43), cut(d[1], -0.75, 0.75));
        }), atLeast(0.95));
        Evidence.of("power of the permutation test, cut into thirds", rejections(RUNS, 10, r -> {
            double[][] d = Triple.COLLIDER.sample(r, N);
            return ConditionalIndependence.permutationTest(cut(d[0], -0.43, 0.43), cut(d[2], -0.43, 0.43),
                    new int[][] {cut(d[1], -0.75, 0.75)}, 19, r);
        }), atLeast(0.95));
    }

    @Test
    @Acceptance(topic = "conditional-independence", clause = 3) void gEqualsScipy() {
        double worst = 0;
        int compared = 0;
        for (var c : Golden.load("golden/conditional-independence.json").cases("g")) {
            var strata = c.list("input.tables");
            int[] x = new int[4_000], y = x.clone(), z = x.clone();
            int n = 0;
            for (int s = 0; s < strata.size(); s++) {
                double[][] table = c.matrix("input.tables." + s);
                for (int i = 0; i < table.length; i++)
                    for (int j = 0; j < table[0].length; j++) for (int k = 0; k < table[i][j]; k++, n++) {
                        x[n] = i;
                        y[n] = j;
                        z[n] = 10 - s;
                    }
            }
            int size = n;
            // Two columns that together name the stratum must do as one.
            int[] low = new int[n], high = new int[n];
            for (int i = 0; i < n; i++) {
                low[i] = z[i] % 2;
                high[i] = z[i] / 2;
            }
            var one = ConditionalIndependence.gTest(Arrays.copyOf(x, size), Arrays.copyOf(y, size), Arrays.copyOf(z, size));
            var two = ConditionalIndependence.gTest(Arrays.copyOf(x, size), Arrays.copyOf(y, size), low, high);
            for (var test : new TestResult[] {one, two}) {
                worst = Math.max(worst, Math.abs(test.statistic() - c.number("expected.statistic")));
                assertThat(test.degreesOfFreedom()).isEqualTo(c.number("expected.degrees"));
                assertThat(test.pValue()).isCloseTo(c.number("expected.p"), within(1e-10));
            }
            compared++;
        }
        Evidence.of("cases", compared, exactly(15));
        Evidence.of("largest gap of G", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "conditional-independence", clause = 4) void partialCorrelationIsThePrecisionMatrix() {
        var rng = Rng.of(713);
        double worst = 0, formula = 0, most = 0;
        int sets = 0;
        for (; sets < 200; sets++) {
            int k = 1 + rng.nextInt(5), n = 10 + rng.nextInt(200), d = k + 2;
            var mix = new double[d][d];
            for (var row : mix) for (int j = 0; j < d; j++) row[j] = rng.nextGaussian();
            var data = new double[d][n];
            for (int i = 0; i < n; i++) {
                var e = new double[d];
                for (int j = 0; j < d; j++) e[j] = rng.nextGaussian();
                for (int a = 0; a < d; a++) for (int j = 0; j < d; j++) data[a][i] += (mix[a][j] + (a == j ? 2 : 0)) * e[j];
                for (int a = 0; a < d; a++) data[a][i] = 3 + a + data[a][i] * (1 + a);
            }
            var z = new double[k][];
            System.arraycopy(data, 2, z, 0, k);
            double r = ConditionalIndependence.partialCorrelation(data[0], data[1], z);
            double[][] precision = PrecisionMatrix.inverse(PrecisionMatrix.correlations(data));
            worst = Math.max(worst, Math.abs(r + precision[0][1] / Math.sqrt(precision[0][0] * precision[1][1])));
            most = Math.max(most, Math.abs(r));
            if (k == 1) {
                double[][] c = PrecisionMatrix.correlations(data);
                formula = Math.max(formula,
                        Math.abs(r - (c[0][1] - c[0][2] * c[1][2]) / Math.sqrt((1 - c[0][2] * c[0][2]) * (1 - c[1][2] * c[1][2]))));
            }
        }
        Evidence.of("data sets, 1 to 5 columns given", sets, exactly(200));
        Evidence.of("largest partial correlation among them", most, above(0.5));
        Evidence.of("against the precision matrix", worst, below(1e-12));
        Evidence.of("against the formula for one column", formula, below(1e-12));
    }

    @Test void permutationsApproachAllPermutations() {
        int[] x = {0, 0, 1, 2, 0, 0, 1, 1, 2}, y = {0, 0, 1, 1, 0, 1, 1, 1, 2}, z = {5, 5, 5, 5, 7, 7, 7, 7, 7};
        double seen = ConditionalIndependence.gTest(x, y, z).statistic();
        int reached = 0, all = 0;
        for (int[] first : orders(4)) for (int[] second : orders(5)) {
            var dealt = new int[9];
            for (int i = 0; i < 4; i++) dealt[i] = x[first[i]];
            for (int i = 0; i < 5; i++) dealt[4 + i] = x[4 + second[i]];
            if (ConditionalIndependence.gTest(dealt, y, z).statistic() >= seen - 1e-9) reached++;
            all++;
        }
        double exact = (double) reached / all;
        assertThat(all).isEqualTo(24 * 120);
        assertThat(exact).isBetween(0.05, 0.95);
        var test = ConditionalIndependence.permutationTest(x, y, new int[][] {z}, 40_000, Rng.of(5));
        assertThat(test.pValue()).isCloseTo(exact, within(4 * Math.sqrt(exact * (1 - exact) / 40_000)));
    }

    private static List<int[]> orders(int n) {
        var orders = new ArrayList<int[]>();
        if (n == 0) return List.of(new int[0]);
        for (int[] shorter : orders(n - 1)) for (int at = 0; at < n; at++) {
            var longer = new int[n];
            for (int i = 0; i < n; i++) longer[i] = i == at ? n - 1 : shorter[i < at ? i : i - 1];
            orders.add(longer);
        }
        return orders;
    }

    @Test void residualsOfNearlyDependentColumns() {
        var rng = Rng.of(6);
        double[][] z = new double[3][50];
        var y = new double[50];
        for (int i = 0; i < 50; i++) {
            z[0][i] = 100 + rng.nextGaussian();
            z[1][i] = z[0][i] + 1e-6 * rng.nextGaussian();
            z[2][i] = 2 * z[0][i] - 7;
            y[i] = rng.nextGaussian() + z[0][i];
        }
        var maker = new ResidualMaker(50, z);
        assertThat(maker.rank()).isEqualTo(3);
        double[] rest = maker.of(y), difference = new double[50];
        double sum = 0, first = 0, second = 0, size = 0;
        for (int i = 0; i < 50; i++) {
            difference[i] = (z[1][i] - z[0][i]) * 1e6;
            sum += rest[i];
            first += rest[i] * (z[0][i] - 100);
            second += rest[i] * difference[i];
            size += rest[i] * rest[i];
        }
        assertThat(size).isBetween(20.0, 80.0);
        assertThat(sum).isCloseTo(0, within(1e-10));
        assertThat(first).isCloseTo(0, within(1e-10));
        // The third direction is known to the columns' rounding, 1e-14 of 100 over 1e-6.
        assertThat(second).isCloseTo(0, within(1e-6));
    }

    /** {@code atanh(r) sqrt(n - k - 3)} where n and k are near each other, and the level there. */
    @Test void fisherCountsTheColumnsGiven() {
        int n = 16, k = 6;
        double level = rejections(RUNS, 11, r -> {
            var d = new double[k + 2][n];
            for (int i = 0; i < n; i++) {
                double common = 0;
                for (int j = 0; j < k; j++) common += d[j + 2][i] = r.nextGaussian();
                for (int j = 0; j < 2; j++) d[j][i] = common + r.nextGaussian();
            }
            var test = ConditionalIndependence.fisherZ(d[0], d[1], Arrays.copyOfRange(d, 2, k + 2));
            double rho = ConditionalIndependence.partialCorrelation(d[0], d[1], Arrays.copyOfRange(d, 2, k + 2)),
                    z = 0.5 * Math.log((1 + rho) / (1 - rho));
            assertThat(test.statistic()).isCloseTo(z * Math.sqrt(n - k - 3), within(1e-12));
            assertThat(test.interval().high()).isCloseTo(Math.tanh(z + 1.959963984540054 / Math.sqrt(n - k - 3)), within(1e-12));
            return test;
        });
        assertThat(level).isBetween(0.035, 0.065);
    }

    /** Two causes, each curved: both columns are needed, and do. */
    @Test void residualTakesSeveralColumns() {
        for (int column = 1; column <= 2; column++) {
            int kept = column;
            assertThat(rejections(100, 12, r -> residualOfTwo(r, kept))).isGreaterThan(0.9);
        }
        assertThat(rejections(RUNS, 12, r -> residualOfTwo(r, 3))).isBetween(0.035, 0.065);
    }

    private static TestResult residualOfTwo(Rng rng, int kept) {
        var d = new double[4][N];
        for (int i = 0; i < N; i++) {
            double a = d[2][i] = rng.nextGaussian(), b = d[3][i] = rng.nextGaussian();
            d[0][i] = Math.sin(2 * a) + b * b + rng.nextGaussian();
            d[1][i] = Math.sin(2 * a) - b * b + rng.nextGaussian();
        }
        return kept == 3 ? ConditionalIndependence.residual(d[0], d[1], d[2], d[3])
                : ConditionalIndependence.residual(d[0], d[1], d[kept + 1]);
    }

    @Test void fisherIntervalAndMistakes() {
        double[][] d = Triple.COLLIDER.sample(Rng.of(3), 40_000);
        var test = ConditionalIndependence.fisherZ(d[0], d[2], d[1]);
        assertThat(test.estimate()).isCloseTo(-0.5, within(0.02));
        assertThat(test.interval().low()).isLessThan(-0.5);
        assertThat(test.interval().high()).isGreaterThan(-0.5);
        assertThat(ConditionalIndependence.fisherZ(d[0], d[2], d[1], d[1]).statistic()).isEqualTo(test.statistic());
        assertThat(ConditionalIndependence.gTest(new int[] {0, 1}, new int[] {0, 1}, new int[] {0, 1}).pValue()).isEqualTo(1);
        assertThatThrownBy(() -> ConditionalIndependence.fisherZ(new double[5], new double[5], new double[5], new double[5]))
                .hasMessageContaining("at least 6");
        assertThatThrownBy(() -> ConditionalIndependence.gTest(new int[2], new int[3])).hasMessageContaining("pairs");
        assertThatThrownBy(() -> ConditionalIndependence.gTest(new int[] {-1}, new int[1])).hasMessageContaining("numbered from 0");
    }
}
