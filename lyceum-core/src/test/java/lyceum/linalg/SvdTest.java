package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.random.Rng;
import lyceum.tensor.CountingBackend;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class SvdTest {
    private static final Golden GOLDEN = Golden.load("golden/svd.json");

    @Test
    @Acceptance(topic = "svd", clause = 1) void singularValuesEqualLapackAndVectorsAreOrthonormal() {
        double values = 0, orthonormal = 0, rebuilt = 0, each = 0;
        int count = 0, wellConditioned = 0;
        for (var c : GOLDEN.list("cases")) {
            if (c.text("name").startsWith("tiny")) continue;
            count++;
            var a = input(c);
            double[] expected = c.doubles("expected.s");
            for (var method : Svd.Method.values()) {
                var svd = Svd.of(a, method);
                values = Math.max(values, maxDifference(svd.s().toDoubleArray(), expected) / expected[0]);
                orthonormal = Math.max(orthonormal, Math.max(orthonormality(svd.u()), orthonormality(svd.v())));
                rebuilt = Math.max(rebuilt, relative(svd.u().mul(svd.s().unsqueeze(0)).matmul(svd.vt()), a));
            }
            values = Math.max(values, maxDifference(Svd.values(a).toDoubleArray(), expected) / expected[0]);
            // Where the least value is not small either, every one has its digits.
            if (expected[expected.length - 1] < 1e-3 * expected[0]) continue;
            wellConditioned++;
            for (var method : Svd.Method.values())
                each = Math.max(each, Gap.relative().see(c.text("name"), Svd.of(a, method).s().toDoubleArray(), expected).worst());
        }
        assertThat(count).isEqualTo(200);
        Evidence.of("matrices of condition up to 1000", wellConditioned, above(50));
        Evidence.of("each value of theirs, relative to itself", each, below(1e-12));
        Evidence.of("values over the largest", values, below(1e-12));
        Evidence.of("max |Q'Q - I|", orthonormal, below(1e-12));
        Evidence.of("|U S V' - A| / |A|", rebuilt, below(1e-12));
    }

    private static Tensor input(Golden c) {
        var r = new Recipe(c.integer("input.seed"));
        int m = c.integer("input.m"), n = c.integer("input.n");
        r.uniforms(2);
        if (c.text("input.kind").equals("deficient")) {
            r.uniform();
            int rank = c.integer("input.rank");
            var left = r.matrix(m, rank);
            return tensor(Recipe.product(left, r.matrix(rank, n)));
        }
        var a = r.matrix(m, n);
        if (c.text("input.kind").equals("graded")) for (double[] row : a) for (int j = 0; j < n; j++) row[j] *= Math.scalb(1.0, -j);
        return tensor(a);
    }

    @Test
    @Acceptance(topic = "svd", clause = 2) void jacobiFindsTheTinyValuesOfAGradedMatrix() {
        double worst = 0;
        var order = Gap.relative();
        for (var c : GOLDEN.cases("tiny")) {
            int m = c.integer("input.m"), n = c.integer("input.n");
            double step = 50.0 / (n - 1);
            var a = new Recipe(c.integer("input.seed")).matrix(m, n);
            for (double[] row : a) for (int j = 0; j < n; j++) row[j] *= Math.scalb(1.0, -(int) ((n - 1 - j) * step));
            double[] expected = c.doubles("expected.s");
            assertThat(expected[n - 1] / expected[0]).isLessThan(1e-14);
            double[] tall = Svd.of(tensor(a), Svd.Method.JACOBI).s().toDoubleArray();
            double[] wide = Svd.values(tensor(a).transpose(), Svd.Method.JACOBI).toDoubleArray();
            for (int i = 0; i < n; i++)
                worst = Math.max(worst, Math.max(Math.abs(tall[i] / expected[i] - 1), Math.abs(wide[i] / expected[i] - 1)));
            // Rows of an orthogonal matrix in units of 1 to 2^-50: the units are the values, whatever the order of the rows.
            double[][] rows = Qr.of(gaussian(Rng.of(c.integer("input.seed")), m, m)).q().toRows(), turned = new double[m][];
            var units = new double[m];
            for (int i = 0; i < m; i++) {
                units[i] = Math.scalb(1.0, -(int) (i * 50.0 / (m - 1)));
                for (int j = 0; j < m; j++) rows[i][j] *= units[i];
                turned[m - 1 - i] = rows[i];
            }
            for (var graded : new double[][][] {rows, turned})
                order.see(c.text("name"), Svd.values(tensor(graded), Svd.Method.JACOBI).toDoubleArray(), units);
        }
        Evidence.of("max relative error", worst, below(1e-8));
        Evidence.of("values of graded rows in two orders, relative", order, below(1e-12));
    }

    @Test
    @Acceptance(topic = "svd", clause = 3) void truncationIsOptimalAndNoRandomMatrixOfThatRankIsNearer() {
        var rng = Rng.of(67);
        double frobenius = 0, spectral = 0;
        int nearer = 0;
        for (int trial = 0; trial < 20; trial++) {
            int m = 6 + rng.nextInt(20), n = 6 + rng.nextInt(20), k = 1 + rng.nextInt(4);
            var a = gaussian(rng, m, n);
            var svd = Svd.of(a);
            double[] s = svd.s().toDoubleArray();
            double tail = 0;
            for (int i = k; i < s.length; i++) tail += s[i] * s[i];
            double best = Norms.frobenius(a.sub(svd.lowRank(k)));
            frobenius = Math.max(frobenius, Math.abs(best - Math.sqrt(tail)));
            spectral = Math.max(spectral, Math.abs(Norms.spectral(a.sub(svd.lowRank(k))) - s[k]));
            for (int i = 0; i < 50; i++) {
                // the best multiple on a random column space, and a small step away from the optimum
                var q = Qr.of(gaussian(rng, m, k)).q();
                var random = q.matmul(q.transpose().matmul(a));
                var near = svd.u().narrow(1, 0, k).add(gaussian(rng, m, k).mul(0.01)).mul(svd.s().narrow(0, 0, k).unsqueeze(0))
                        .matmul(svd.vt().narrow(0, 0, k));
                if (Norms.frobenius(a.sub(random)) < best - 1e-12 || Norms.frobenius(a.sub(near)) < best - 1e-12) nearer++;
            }
        }
        Evidence.of("Frobenius gap", frobenius, below(1e-10));
        Evidence.of("2-norm gap", spectral, below(1e-10));
        Evidence.of("random matrices that were nearer, of 2000", nearer, exactly(0));
    }

    @Test
    @Acceptance(topic = "svd", clause = 4) void randomisedIsNearOptimalWithTwoPowerPasses() {
        var rng = Rng.of(4);
        double worst = 0;
        var work = Gap.absolute();
        for (int trial = 0; trial < 10; trial++) {
            int m = 120, n = 80, k = 5 + trial;
            var left = Qr.of(gaussian(rng, m, n)).q();
            var right = Qr.of(gaussian(rng, n, n)).q();
            var s = new double[n];
            for (int i = 0; i < n; i++) s[i] = trial % 2 == 0 ? 1 / (1.0 + i) : Math.exp(-0.05 * i);
            var a = left.mul(Tensor.of(s).unsqueeze(0)).matmul(right.transpose());
            var svd = new RandomizedSvd(k).run(a, rng);
            var rest = a.sub(svd.lowRank(k));
            double tail = 0;
            for (int i = k; i < n; i++) tail += s[i] * s[i];
            worst = Math.max(worst, Math.max(Norms.frobenius(rest) / Math.sqrt(tail), Norms.spectral(rest) / s[k]));
            assertThat(orthonormality(svd.u())).isLessThan(1e-12);
            // The matrix meets k + 10 columns twice, and twice more a pass; a basis of them takes four products of their own.
            int passes = trial % 4;
            long width = k + 10, products = (2 + 2 * passes) * m * n * width + 4 * width * width * (m + passes * (m + n)) + k * width * m;
            var counting = new CountingBackend();
            Backend.with(counting, () -> new RandomizedSvd(k).withPowerPasses(passes).run(a, rng));
            work.see("trial " + trial, counting.multiplyAdds.get(), products + m * n); // and the sum that tells whether all are finite
        }
        Evidence.of("multiply-adds against those of its products", work, exactly(0));
        Evidence.of("error over the optimum", worst, atMost(1.1));
    }

    /** Values that fall fast, no rank left, nothing at all: what products alone cannot make orthonormal. */
    @Test void randomisedVectorsAreOrthonormalWhateverTheRank() {
        var rng = Rng.of(12);
        int m = 2500, n = 40, k = 8;
        var left = Qr.of(gaussian(rng, m, n)).q();
        var right = Qr.of(gaussian(rng, n, n)).q();
        for (double fall : new double[] {0.01, 1, 3, 40, 1000}) {
            var s = new double[n];
            for (int i = 0; i < n; i++) s[i] = 1e3 * Math.exp(-fall * i);
            var a = left.mul(Tensor.of(s).unsqueeze(0)).matmul(right.transpose());
            var svd = new RandomizedSvd(k).withPowerPasses(12).run(a, rng);
            double[] found = svd.s().toDoubleArray();
            for (int i = 0; i < k; i++)
                assertThat(found[i]).as("value %d, fall %s", i, fall).isCloseTo(s[i], within((fall < 1 ? 0.05 : 1e-9) * s[i] + 1e-11));
            assertThat(orthonormality(svd.u())).isLessThan(1e-12);
            assertThat(orthonormality(svd.v())).isLessThan(1e-12);
        }
        var nothing = new RandomizedSvd(k).run(Tensor.zeros(DType.F64, m, n), rng);
        assertThat(nothing.s().toDoubleArray()).containsOnly(0);
        assertThat(orthonormality(nothing.u())).isLessThan(1e-12);
        var hole = gaussian(rng, 30, 20).toRows();
        hole[7][3] = Double.NaN;
        assertThatThrownBy(() -> new RandomizedSvd(2).run(Tensor.of(hole), rng)).hasMessageContaining("entry (7, 3) is NaN");
    }

    @Test void lanczosTruncationEqualsTheDenseValues() {
        var rng = Rng.of(8);
        for (int[] shape : new int[][] {{300, 200}, {150, 260}, {30, 12}}) {
            var a = gaussian(rng, shape[0], shape[1]);
            var dense = Svd.of(a);
            var top = new TruncatedSvd(6).run(a, rng);
            assertThat(maxDifference(top.s().toDoubleArray(), Arrays.copyOf(dense.s().toDoubleArray(), 6))).isLessThan(1e-10);
            assertThat(maxDifference(a.matmul(top.v()), top.u().mul(top.s().unsqueeze(0)))).isLessThan(1e-9);
            assertThat(orthonormality(top.u())).isLessThan(1e-12);
            assertThat(orthonormality(top.v())).isLessThan(1e-12);
        }
    }

    @Test void fullFactorsAreSquareAndOrthonormal() {
        var rng = Rng.of(5);
        for (int[] shape : new int[][] {{9, 4}, {4, 9}, {6, 6}, {40, 3}, {1, 5}}) {
            var a = gaussian(rng, shape[0], shape[1]);
            var svd = Svd.full(a);
            assertThat(svd.u().shape().toArray()).containsExactly(shape[0], shape[0]);
            assertThat(svd.v().shape().toArray()).containsExactly(shape[1], shape[1]);
            assertThat(orthonormality(svd.u())).isLessThan(1e-13);
            assertThat(orthonormality(svd.v())).isLessThan(1e-13);
            assertThat(maxDifference(svd.lowRank(Math.min(shape[0], shape[1])), a)).isLessThan(1e-13);
        }
    }

    @Test void structuredAndDeficientMatricesConverge() {
        var rng = Rng.of(19);
        double worst = 0;
        for (int trial = 0; trial < 800; trial++) {
            int m = 1 + rng.nextInt(14), n = 1 + rng.nextInt(14), kind = trial % 4;
            var a = new double[m][n];
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    a[i][j] = switch (kind) {
                        case 0 -> rng.nextInt(3) - 1;
                        case 1 -> j > i ? rng.nextInt(2) : i == j ? 2 : 0;
                        case 2 -> rng.nextInt(4) == 0 ? rng.nextGaussian() : 0;
                        default -> rng.nextGaussian() * Math.pow(10, rng.nextInt(20) - 10);
                    };
                }
            }
            for (var method : Svd.Method.values()) {
                var svd = Svd.of(tensor(a), method);
                worst = Math.max(worst, relative(svd.lowRank(Math.min(m, n)), tensor(a)));
                worst = Math.max(worst, Math.max(orthonormality(svd.u()), orthonormality(svd.v())));
            }
        }
        assertThat(worst).isLessThan(1e-13);
    }

    @Test void zeroAndExtremeMatricesAreHandled() {
        for (var method : Svd.Method.values()) {
            var zero = Svd.of(Tensor.zeros(DType.F64, 4, 3), method);
            assertThat(zero.s().toDoubleArray()).containsOnly(0);
            assertThat(zero.rank()).isZero();
            assertThat(orthonormality(zero.u())).isLessThan(1e-15);
            assertThat(orthonormality(zero.v())).isLessThan(1e-15);
            for (double scale : new double[] {1e-300, 1e300}) {
                var a = gaussian(Rng.of(2), 7, 5);
                var s = Svd.of(a.mul(scale), method).s().div(scale);
                assertThat(maxDifference(s, Svd.of(a).s())).isLessThan(1e-13);
            }
            assertThat(Svd.of(Tensor.zeros(DType.F64, 0, 3), method).s().count()).isZero();
            assertThat(Svd.of(Tensor.full(DType.F64, -2, 1, 1), method).s().item(0)).isEqualTo(2);
        }
    }

    @Test void rankConditionAndPseudoinverse() {
        var svd = Svd.of(Tensor.of(new double[] {3, 0, 0, 0, 2, 0}, 2, 3));
        assertThat(svd.rank()).isEqualTo(2);
        assertThat(svd.condition()).isCloseTo(1.5, within(1e-15));
        assertThat(svd.pseudoInverse().toDoubleArray()).containsExactly(new double[] {1 / 3.0, 0, 0, 0.5, 0, 0}, within(1e-15));
        assertThat(Svd.of(Tensor.ones(DType.F64, 3, 3)).rank()).isEqualTo(1);
        assertThat(Svd.of(Tensor.ones(DType.F32, 3, 3)).u().dtype()).isEqualTo(DType.F32);
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> Svd.of(Tensor.of(1.0, 2.0))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("svd: shape (2,) is not a matrix");
        assertThatThrownBy(() -> Svd.of(Tensor.of(new double[] {1, Double.NaN}, 1, 2))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("entry (0, 1) is NaN");
        assertThatThrownBy(() -> Svd.of(Tensor.ones(DType.F64, 2, 2)).lowRank(3)).hasMessageContaining("k is 3");
        assertThatThrownBy(() -> new TruncatedSvd(5).run(Tensor.ones(DType.F64, 3, 9), Rng.of(1)))
                .hasMessageContaining("3 singular values");
    }
}
