package lyceum.tensor;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class SparsityTest {
    private static final String TOPIC = "sparsity";
    private static final int MATRICES = 300;

    /** Triples as the golden script draws them, and the matrix written out by adding them up. */
    private record Drawn(int m, int n, int[] row, int[] column, double[] value, double[][] dense) {
        static Drawn of(int k) {
            var r = new Recipe(8500 + k);
            int m = 1 + r.below(25), n = 1 + r.below(25), z = r.below(m * n);
            int[] i = r.belows(m, z), j = r.belows(n, z);
            var v = k % 2 == 0 ? Arrays.stream(r.belows(7, z)).mapToDouble(w -> w - 3).toArray() : r.bells(z);
            var dense = new double[m][n];
            for (int e = 0; e < z; e++) dense[i[e]][j[e]] += v[e];
            return new Drawn(m, n, i, j, v, dense);
        }

        Csr csr() { return Csr.fromEntries(m, n, row, column, value); }
    }

    private static double[] flat(double[][] rows) { return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray(); }

    private static double[] flat(Csr a) { return a.toDense().toDoubleArray(); }

    private static double[][] product(double[][] a, double[][] b, int inner, int n) {
        var c = new double[a.length][n];
        for (int i = 0; i < a.length; i++) for (int j = 0; j < n; j++) for (int k = 0; k < inner; k++) c[i][j] += a[i][k] * b[k][j];
        return c;
    }

    private static double[][] rounded(double[][] x) {
        return Arrays.stream(x).map(row -> Arrays.stream(row).map(v -> (float) v).toArray()).toArray(double[][]::new);
    }

    private static double[][] random(Rng rng, int m, int n) {
        var x = new double[m][n];
        for (var row : x) for (int j = 0; j < n; j++) row[j] = rng.nextGaussian();
        return x;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void operationsEqualDenseOnThreeHundredMatrices() {
        var rng = Rng.of(135);
        Gap gap = Gap.relativeBeyondOne(), gradients = Gap.relativeBeyondOne();
        int emptyRows = 0, duplicates = 0;
        for (int k = 0; k < MATRICES; k++) {
            var d = Drawn.of(k);
            int m = d.m, n = d.n;
            var a = d.csr();
            duplicates += d.value.length - a.entries();
            for (int i = 0; i < m; i++) if (a.rowStart(i) == a.rowStart(i + 1)) emptyRows++;
            double[][] x = random(rng, n, 3), y = d.dense, second = random(rng, m, n), inner = random(rng, n, 7);
            for (var row : second) for (int j = 0; j < n; j++) if (rng.nextInt(3) > 0) row[j] = 0;
            for (var row : inner) for (int j = 0; j < 7; j++) if (rng.nextInt(3) > 0) row[j] = 0;
            Csr b = Csr.fromDense(Tensor.of(second)), c = Csr.fromDense(Tensor.of(inner).reshape(n, 7));
            double[][] sum = new double[m][n], difference = new double[m][n], both = new double[m][n], turned = new double[n][m];
            double[] rows = new double[m], columns = new double[n];
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    sum[i][j] = y[i][j] + second[i][j];
                    difference[i][j] = y[i][j] - second[i][j];
                    both[i][j] = y[i][j] * second[i][j];
                    turned[j][i] = y[i][j];
                    rows[i] += y[i][j];
                    columns[j] += y[i][j];
                }
            }
            gap.see("dense " + k, flat(a), flat(y));
            gap.see("matmul " + k, a.matmul(Tensor.of(x)).toDoubleArray(), flat(product(y, x, n, 3)));
            double[][] one = new double[n][1];
            for (int j = 0; j < n; j++) one[j][0] = x[j][0];
            gap.see("vector " + k, a.matmul(Tensor.of(flat(one))).toDoubleArray(), flat(product(y, one, n, 1)));
            gap.see("sparse product " + k, flat(a.matmul(c)), flat(product(y, inner, n, 7)));
            gap.see("sum " + k, flat(a.add(b)), flat(sum));
            gap.see("difference " + k, flat(a.sub(b)), flat(difference));
            gap.see("element by element " + k, flat(a.mul(b)), flat(both));
            gap.see("scaled " + k, flat(a.mul(-2.5)), Arrays.stream(flat(y)).map(v -> -2.5 * v).toArray());
            gap.see("transpose " + k, flat(a.transpose()), flat(turned));
            gap.see("row sums " + k, a.sum(1).toDoubleArray(), rows);
            gap.see("column sums " + k, a.sum(0).toDoubleArray(), columns);
            gap.see("column format " + k, Csc.of(a).matmul(Tensor.of(x)).toDoubleArray(), flat(product(y, x, n, 3)));
            gap.see("without zeros " + k, flat(a.withoutZeros()), flat(y));
            var narrow = a.withValues(a.values().to(DType.F32));
            narrow.matmul(Tensor.of(flat(one)).to(DType.F32));
            var single = narrow.matmul(Tensor.of(flat(one)).to(DType.F32)); // by arranged rows, to the bits of the first (CsrTest)
            gap.see("vector, F32 " + k, single.toDoubleArray(), flat(product(rounded(y), rounded(one), n, 1)));
            // d/dx of sum w (A x) = A' w.
            double[][] w = random(rng, m, 3);
            var slope = Autograd.grad(t -> a.matmul(t).mul(Tensor.of(w)).sum()).apply(Tensor.of(x)).toDoubleArray();
            gradients.see("gradient " + k, slope, flat(product(turned, w, m, 3)));
            double[][] triangle = new double[n][n];
            for (int i = 0; i < n; i++)
                for (int j = 0; j <= i; j++)
                    triangle[i][j] = i == j ? 2 + rng.nextDouble() : rng.nextInt(3) == 0 ? rng.nextGaussian() / n : 0;
            var lower = Csr.fromDense(Tensor.of(triangle));
            gap.see("solve, lower " + k, lower.solveTriangular(Tensor.of(flat(product(triangle, one, n, 1))), true).toDoubleArray(),
                    flat(one));
            var upper = lower.transpose();
            gap.see("solve, upper " + k, upper.solveTriangular(upper.matmul(Tensor.of(flat(one))), false).toDoubleArray(), flat(one));
        }
        Evidence.of("duplicates", duplicates, above(1000));
        Evidence.of("empty rows", emptyRows, above(300));
        Evidence.of("numbers compared", gap.seen(), above(300_000));
        Evidence.of("largest gap to dense", gap, below(1e-6));
        Evidence.of("largest gap of the gradient of the dense side", gradients, below(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void arraysEqualSciPys() throws NoSuchAlgorithmException {
        var golden = Golden.load("golden/compressed-rows.json");
        MessageDigest pattern = MessageDigest.getInstance("SHA-256"), whole = MessageDigest.getInstance("SHA-256");
        Gap values = Gap.absolute(), sums = Gap.absolute();
        int matrices = 0;
        for (int k = 0; k < MATRICES; k++, matrices++) {
            var d = Drawn.of(k);
            var a = d.csr().withoutZeros();
            var bytes = ByteBuffer.allocate(4 * (d.m + 1 + a.entries())).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i <= d.m; i++) bytes.putInt(a.rowStart(i));
            for (int e = 0; e < a.entries(); e++) bytes.putInt(a.column(e));
            pattern.update(bytes.array());
            if (k % 2 == 0) {
                var numbers = ByteBuffer.allocate(8 * a.entries()).order(ByteOrder.LITTLE_ENDIAN);
                for (double v : a.values().toDoubleArray()) numbers.putDouble(v);
                whole.update(numbers.array());
            }
            for (int i = 0; i < d.m; i++)
                for (int e = a.rowStart(i); e < a.rowStart(i + 1); e++) sums.see("sum " + k, a.values().item(e), d.dense[i][a.column(e)]);
        }
        int cases = 0;
        for (var c : golden.list("cases")) {
            if (c.text("name").equals("all")) continue;
            values.see(c, "expected.values", Drawn.of(Integer.parseInt(c.text("name"))).csr().withoutZeros().values().toDoubleArray());
            cases++;
        }
        var all = golden.named("all");
        Evidence.of("matrices", matrices, exactly(MATRICES));
        Evidence.of("matrices whose values SciPy wrote down", cases, exactly(19));
        Evidence.that("row starts and columns: the digest of SciPy's",
                HexFormat.of().formatHex(pattern.digest()).equals(all.text("expected.pattern")));
        Evidence.that("whole values: the digest of SciPy's",
                HexFormat.of().formatHex(whole.digest()).equals(all.text("expected.wholeValues")));
        Evidence.of("largest gap of a value to SciPy", values, below(1e-12));
        Evidence.of("largest gap of a value to the sum of its triples", sums, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void conversionsComeBack() {
        int changed = 0, compared = 0;
        for (int k = 0; k < MATRICES; k++) {
            var d = Drawn.of(k);
            var a = d.csr().withoutZeros();
            var coo = new Coo(d.m, d.n);
            for (int e = 0; e < d.value.length; e++) coo.add(d.row[e], d.column[e], d.value[e]);
            Csr[] again = {Csc.of(a).toCsr(), Coo.of(a).toCsr(), Csr.fromDense(a.toDense()), coo.toCsr().withoutZeros(),
                    Csr.ofRows(a.toRows()), a.transpose().transpose()};
            for (var b : again) {
                boolean same = b.entries() == a.entries() && Arrays.equals(a.values().toDoubleArray(), b.values().toDoubleArray());
                for (int e = 0; same && e < a.entries(); e++) same = a.column(e) == b.column(e);
                for (int i = 0; same && i <= d.m; i++) same = a.rowStart(i) == b.rowStart(i);
                if (!same) changed++;
                compared++;
            }
            var columns = Csc.of(a);
            for (int j = 0; j < d.n; j++)
                for (int e = columns.columnStart(j); e < columns.columnStart(j + 1); e++)
                    if (columns.values().item(e) != d.dense[columns.row(e)][j] && k % 2 == 0) changed++;
            if (!Arrays.equals(columns.toDense().toDoubleArray(), flat(a))) changed++;
        }
        Evidence.of("conversions there and back", compared, exactly(6 * MATRICES));
        Evidence.of("that changed something", changed, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void hoyerIsOneForASpikeAndZeroForEqualMagnitudes() {
        Gap spikes = Gap.absolute(), equal = Gap.absolute();
        var rng = Rng.of(1353);
        for (int k = 0; k < 200; k++) {
            int n = 2 + rng.nextInt(500);
            double size = Math.exp(20 * rng.nextGaussian());
            var spike = new double[n];
            spike[rng.nextInt(n)] = -size;
            var constant = new double[n];
            for (int i = 0; i < n; i++) constant[i] = k % 2 == 0 || rng.nextInt(2) == 0 ? size : -size;
            spikes.see("n " + n, Sparsity.hoyer(Tensor.of(spike)), 1);
            equal.see("n " + n, Sparsity.hoyer(Tensor.of(constant)), 0);
            assertThat(Sparsity.gini(Tensor.of(spike))).isCloseTo(1 - 1.0 / n, within(1e-12));
            assertThat(Sparsity.gini(Tensor.of(constant))).isCloseTo(0, within(1e-12));
            assertThat(Sparsity.effectiveCount(Tensor.of(spike))).isEqualTo(1);
            assertThat(Sparsity.effectiveCount(Tensor.of(constant))).isCloseTo(n, within(1e-9));
            assertThat(Sparsity.zeroShare(Tensor.of(spike))).isCloseTo((n - 1.0) / n, within(1e-12));
        }
        Evidence.of("largest gap of a spike to 1", spikes, below(1e-12));
        Evidence.of("largest gap of equal magnitudes to 0", equal, below(1e-12));
        Evidence.of("Hoyer of (4, 3, 0, 0)", Sparsity.hoyer(Tensor.of(4.0, -3, 0, 0)), equalTo(0.6, 1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void twoOfFourAreTheLargest() {
        int blocks = 0, wrong = 0;
        var rng = Rng.of(1354);
        for (int k = 0; k < 50; k++) {
            int m = 1 + rng.nextInt(20), n = 4 * (1 + rng.nextInt(10));
            var x = random(rng, m, n);
            if (k % 5 == 0) for (var row : x) for (int j = 0; j < n; j++) row[j] = Math.rint(2 * row[j]) + 0.5; // magnitudes that tie
            var pruned = NmSparse.prune(Tensor.of(x).reshape(m, n), 2, 4);
            var kept = pruned.toDense().reshape(m, n).toRows();
            for (int i = 0; i < m; i++) {
                for (int b = 0; b < n; b += 4) {
                    int count = 0;
                    double least = Double.MAX_VALUE, most = 0;
                    for (int j = b; j < b + 4; j++) {
                        if (kept[i][j] == 0) most = Math.max(most, Math.abs(x[i][j]));
                        else {
                            count++;
                            least = Math.min(least, Math.abs(x[i][j]));
                            if (kept[i][j] != x[i][j]) wrong++;
                        }
                    }
                    if (count != 2 || least < most) wrong++;
                    blocks++;
                }
            }
            assertThat(flat(pruned.toCsr())).containsExactly(flat(kept));
            assertThat(pruned.bytes()).isEqualTo(8L * m * n / 2 + (2L * m * n / 2 + 7) / 8);
            var v = Tensor.randn(rng, DType.F64, n);
            assertThat(pruned.matmul(v).sub(pruned.toDense().matmul(v)).abs().max().item()).isLessThan(1e-12);
        }
        Evidence.of("blocks", blocks, above(1500));
        Evidence.of("blocks that do not hold exactly the two largest", wrong, exactly(0));
        assertThatThrownBy(() -> NmSparse.prune(Tensor.ones(2, 6), 2, 4)).hasMessageContaining("blocks of 4");
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void memoryIsValuesColumnsAndPointers() {
        int wrong = 0;
        for (int k = 0; k < MATRICES; k++) {
            var d = Drawn.of(k);
            long places = 0;
            for (var row : d.dense) for (double v : row) if (v != 0) places++;
            var a = d.csr().withoutZeros();
            if (a.bytes() != places * (8 + 4) + 4L * (d.m + 1)) wrong++;
            if (Csc.of(a).bytes() != places * (8 + 4) + 4L * (d.n + 1)) wrong++;
            var single = a.withValues(a.values().to(DType.F32));
            if (single.bytes() != places * (4 + 4) + 4L * (d.m + 1)) wrong++;
        }
        Evidence.of("matrices whose bytes are not those of the formula", wrong, exactly(0));
        var term = new Coo(2000, 2000);
        for (int i = 0; i < 2000; i++) for (int e = 0; e < 20; e++) term.add(i, 100 * e + i % 100, 1);
        var csr = term.toCsr();
        Evidence.of("bytes of 2,000 x 2,000 at 1%, F32", csr.withValues(csr.values().to(DType.F32)).bytes(), exactly(328_004));
    }

    /** Tasks are few, however many rows: each has arrays as long as a row. */
    @Test void productsOfTallMatricesTakeLittleMemory() {
        int n = 300_000;
        int[] place = IntStream.range(0, n).toArray(), turned = IntStream.range(0, n).map(i -> n - 1 - i).toArray();
        var values = Tensor.randn(Rng.of(1357), DType.F64, n);
        var diagonal = Csr.fromEntries(n, n, place, place, values.toDoubleArray());
        var swap = Csr.fromEntries(n, n, place, turned, Tensor.ones(DType.F64, n).toDoubleArray());
        var product = swap.matmul(diagonal);
        assertThat(product.entries()).isEqualTo(n);
        for (int i = 0; i <= n; i += 1000) assertThat(product.rowStart(i)).isEqualTo(i);
        assertThat(product.column(17)).isEqualTo(n - 18);
        assertThat(product.values().toDoubleArray()).containsExactly(values.flip(0).toDoubleArray());
    }

    @Test void productsOfManyRowsAreJoinedFromBlocks() {
        var rng = Rng.of(1356);
        double[][] x = random(rng, 300, 40), y = random(rng, 40, 400);
        for (var row : x) for (int j = 0; j < 40; j++) if (rng.nextInt(10) > 0) row[j] = 0;
        for (var row : y) for (int j = 0; j < 400; j++) if (rng.nextInt(50) > 0) row[j] = 0;
        var gap = Gap.absolute();
        gap.see("product", flat(Csr.fromDense(Tensor.of(x)).matmul(Csr.fromDense(Tensor.of(y)))), flat(product(x, y, 40, 400)));
        assertThat(Csr.fromDense(Tensor.of(x).to(DType.F32)).matmul(Tensor.ones(40)).dtype()).isEqualTo(DType.F32);
        assertThat(gap.worst()).isLessThan(1e-12);
    }

    @Test void badInputIsNamed() {
        var a = Csr.fromDense(Tensor.of(new double[][] {{1, 2}, {0, 0}}));
        assertThatThrownBy(() -> a.matmul(Csr.fromDense(Tensor.ones(3, 2)))).hasMessageContaining("inner sizes 2 and 3 differ");
        assertThatThrownBy(() -> a.add(Csr.fromDense(Tensor.ones(3, 2)))).hasMessageContaining("equal shapes");
        assertThatThrownBy(() -> a.solveTriangular(Tensor.of(1.0, 2), false)).hasMessageContaining("the diagonal is 0 in row 1");
        assertThatThrownBy(() -> a.solveTriangular(Tensor.of(1.0, 2), true)).hasMessageContaining("entry (0, 1) is on the wrong side");
        assertThatThrownBy(() -> new Coo(2, 2).add(2, 0, 1)).hasMessageContaining("entry (2, 0)");
    }
}
