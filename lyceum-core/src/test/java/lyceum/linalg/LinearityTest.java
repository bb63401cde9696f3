package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class LinearityTest {
    /** {@code a x} by plain loops. */
    private static double[] product(double[][] a, double[] x) {
        return Arrays.stream(a).mapToDouble(row -> {
            double sum = 0;
            for (int j = 0; j < x.length; j++) sum += row[j] * x[j];
            return sum;
        }).toArray();
    }

    private static double dot(double[] x, double[] y) { return product(new double[][] {x}, y)[0]; }

    @Test
    @Acceptance(topic = "linear-function", clause = 1) void matricesPassAndWhatIsNotLinearIsRefuted() {
        var rng = Rng.of(72);
        int passed = 0, refuted = 0, rechecked = 0, additive = 0;
        for (int draw = 0; draw < 200; draw++) {
            int m = 1 + rng.nextInt(12), n = 1 + rng.nextInt(12);
            var a = gaussian(rng, m, n).mul(Math.exp(3 * rng.nextGaussian())).compute();
            if (new Linearity().holds(a::matmul, n, rng)) passed++;
            double at = Math.exp(rng.nextGaussian());
            var bias = Tensor.randn(rng, DType.F64, m).mul(at).compute();
            UnaryOperator<Tensor> crooked = switch (draw % 4) {
                case 0 -> x -> a.matmul(x).add(bias);
                case 1 -> x -> a.matmul(x).abs();
                case 2 -> x -> a.matmul(x).square();
                default -> x -> a.matmul(x).clamp(-10 * at, 10 * at);
            };
            var found = new Linearity().counterexample(crooked, n, rng);
            if (found.isEmpty()) continue;
            refuted++;
            // Once more, by this test's own arithmetic on arrays.
            double[] left, right;
            if (found.get() instanceof Linearity.NotAdditive(var x, var y, var gap)) {
                additive++;
                double[] fx = crooked.apply(x).toDoubleArray(), fy = crooked.apply(y).toDoubleArray();
                left = crooked.apply(x.add(y)).toDoubleArray();
                right = new double[m];
                for (int i = 0; i < m; i++) right[i] = fx[i] + fy[i];
            } else {
                var scaled = (Linearity.NotHomogeneous) found.get();
                left = crooked.apply(scaled.x().mul(scaled.alpha())).toDoubleArray();
                right = Arrays.stream(crooked.apply(scaled.x()).toDoubleArray()).map(v -> scaled.alpha() * v).toArray();
            }
            double gap = maxDifference(left, right), size = Math.max(Norms.p(Tensor.of(left), Double.POSITIVE_INFINITY),
                    Norms.p(Tensor.of(right), Double.POSITIVE_INFINITY));
            double[][] sides = found.get().sides(crooked).toRows();
            if (gap > 1e-9 * size && Math.abs(gap - found.get().gap()) <= 1e-9 * size
                    && Math.abs(maxDifference(sides[0], sides[1]) - gap) <= 1e-9 * size)
                rechecked++;
        }
        Evidence.of("matrix maps that pass, of 200", passed, exactly(200));
        Evidence.of("maps with bias, abs, square or clipping that are refuted, of 200", refuted, exactly(200));
        Evidence.of("counterexamples that hold when checked again", rechecked, exactly(200));
        // What adds to rounding is told by scaling alone: a bias of 1e-11 of the values by alpha = 0, a clipping beyond all sums by a large alpha.
        int bySize = 0, atZero = 0;
        for (int draw = 0; draw < 50; draw++) {
            var a = gaussian(rng, 4, 4).compute();
            if (new Linearity().withLeast(1e5).counterexample(x -> a.matmul(x).add(1e-6), 4, rng)
                    .orElse(null) instanceof Linearity.NotHomogeneous(var x, var alpha, var gap) && alpha == 0
                    && Math.abs(gap - 1e-6) < 1e-12)
                atZero++;
            if (new Linearity().withLeast(1).withMost(1).counterexample(x -> a.matmul(x).clamp(-60, 60), 4, rng)
                    .orElse(null) instanceof Linearity.NotHomogeneous(var x, var alpha, var gap) && Math.abs(alpha) > 1
                    && a.matmul(x).mul(alpha).abs().max().item() > 60)
                bySize++;
        }
        Evidence.of("tiny biases that alpha = 0 refutes, of 50", atZero, exactly(50));
        Evidence.of("far clippings that a large alpha refutes, of 50", bySize, exactly(50));
        // ReLU scales for every alpha that is not negative, and does not add.
        assertThat(new Linearity().holds(Tensor::relu, 4, rng)).isFalse();
        assertThat(new Linearity().withMost(1e-2).holds(x -> x.clamp(-10, 10), 2, rng)).as("small probes do not see it").isTrue();
        Evidence.of("of them against additivity", additive, above(20));
    }

    @Test
    @Acceptance(topic = "linear-function", clause = 2) void theMatrixIsReadOffAFunction() {
        var rng = Rng.of(73);
        var gap = Gap.absolute();
        for (int draw = 0; draw < 200; draw++) {
            int m = 1 + rng.nextInt(15), n = 1 + rng.nextInt(15);
            double[][] a = gaussian(rng, m, n).toRows();
            var map = LinearMap.of(m, n, x -> Tensor.of(product(a, x.toDoubleArray())), x -> x);
            gap.see("matrix", map.toMatrix().reshape(-1).toDoubleArray(), Arrays.stream(a).flatMapToDouble(Arrays::stream).toArray());
        }
        Evidence.of("largest gap to the original", gap, atMost(1e-12));
    }

    private record Named(int rows, int cols, UnaryOperator<Tensor> f) {}

    /** Functions of n numbers that nobody would write as matrices. */
    private static List<Named> functions(Rng rng, int n) {
        Tensor w = Tensor.randn(rng, DType.F64, n + 2, n), kernel = Tensor.randn(rng, DType.F64, 3);
        return List.of(new Named(n + 2, n, w::matmul), new Named(n, n, x -> x.cumsum(0)),
                new Named((n + 1) / 2, n, x -> x.slice(0, 0, n, 2)), new Named(n - 2, n, x -> x.unfold(0, 3, 1).matmul(kernel)),
                new Named(n, n, x -> x.flip(0).sub(x.mean())), new Named(2 * n, n, x -> Tensor.concat(0, x.roll(0, 2), x.mul(-3))),
                new Named(1, n, x -> x.sum().reshape(1)), new Named(3, n, x -> x.indexSelect(0, Tensor.of(0L, 0L, n - 1L))),
                new Named(2, n, x -> Tensor.zeros(DType.F64, 2)));
    }

    @Test
    @Acceptance(topic = "linear-function", clause = 3) void theTransposeByDifferentiationIsTheAdjoint() {
        var rng = Rng.of(74);
        var gap = Gap.absolute();
        for (int draw = 0; draw < 30; draw++) {
            int n = 4 + rng.nextInt(12);
            for (var f : functions(rng, n)) {
                var map = LinearMap.of(f.rows, f.cols, f.f);
                assertThat(new Linearity().withTrials(5).holds(f.f, n, rng)).isTrue();
                Tensor x = Tensor.randn(rng, DType.F64, n), y = Tensor.randn(rng, DType.F64, f.rows);
                double[] ax = f.f.apply(x).toDoubleArray(), aty = map.applyTransposed(y).toDoubleArray();
                gap.see("<Ax, y>", dot(ax, y.toDoubleArray()), dot(x.toDoubleArray(), aty));
                gap.see("transposed map", map.transposed().apply(y).toDoubleArray(), aty);
            }
        }
        Evidence.of("pairs of sides", gap.seen(), above(270));
        Evidence.of("largest |<Ax, y> - <x, A'y>|", gap, atMost(1e-12));
        // Parameters inside the function keep their gradients to themselves.
        var weight = Tensor.randn(rng, DType.F64, 2, 3).requiresGrad();
        LinearMap.of(2, 3, weight::matmul).transposeTimes(new double[] {1, 2});
        assertThat(weight.grad()).isNull();
    }

    @Test
    @Acceptance(topic = "linear-function", clause = 4) void composingMultipliesMatrices() {
        var rng = Rng.of(75);
        Gap product = Gap.absolute(), sum = Gap.absolute();
        for (int draw = 0; draw < 200; draw++) {
            int m = 1 + rng.nextInt(10), k = 1 + rng.nextInt(10), n = 1 + rng.nextInt(10);
            double[][] a = gaussian(rng, m, k).toRows(), b = gaussian(rng, k, n).toRows(), c = gaussian(rng, m, k).toRows();
            LinearMap first = LinearMap.of(tensor(b)), second = LinearMap.of(m, k, tensor(a)::matmul), both = second.after(first);
            double[][] found = both.toMatrix().toRows(), back = both.transposed().toMatrix().toRows(),
                    added = second.plus(-2, LinearMap.of(tensor(c))).toMatrix().toRows(),
                    backAdded = second.plus(-2, LinearMap.of(tensor(c))).transposed().toMatrix().toRows();
            for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) {
                double expected = 0;
                for (int l = 0; l < k; l++) expected += a[i][l] * b[l][j];
                product.see("A B", found[i][j], expected).see("(A B)'", back[j][i], expected);
            }
            for (int i = 0; i < m; i++)
                for (int j = 0; j < k; j++)
                    sum.see("A - 2 C", added[i][j], a[i][j] - 2 * c[i][j]).see("(A - 2 C)'", backAdded[j][i], a[i][j] - 2 * c[i][j]);
        }
        Evidence.of("gap of the composed map to the product by loops", product, atMost(1e-12));
        Evidence.of("gap of a sum of maps", sum, atMost(1e-12));
        assertThatThrownBy(() -> LinearMap.of(Tensor.zeros(DType.F64, 2, 3)).after(LinearMap.of(Tensor.zeros(DType.F64, 2, 3))))
                .isInstanceOf(ShapeException.class).hasMessageContaining("gives 2 numbers, the second takes 3");
        // A matrix-free solver takes the sum of a function and the identity.
        var smooth = LinearMap.of(6, 6, x -> x.sub(x.roll(0, 1)));
        var normal = LinearMap.symmetricArray(6, double[]::clone).plus(1, smooth.transposed().after(smooth));
        var x = Tensor.randn(rng, DType.F64, 6);
        assertThat(maxDifference(new ConjugateGradient().solve(normal, normal.apply(x)).x(), x)).isLessThan(1e-8);
    }

    @Test
    @Acceptance(topic = "linear-function", clause = 5) void kernelsOfWholeNumbersAreExact() {
        var rng = Rng.of(76);
        int ranks = 0, counts = 0, nonzero = 0, dependent = 0, vectors = 0, numeric = 0;
        for (int draw = 0; draw < 500; draw++) {
            int m = 1 + rng.nextInt(12), n = 1 + rng.nextInt(12), r = rng.nextInt(Math.min(m, n) + 1);
            double[][] left = planted(rng, m, r, false), right = planted(rng, r, n, true), a = new double[m][n];
            for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) for (int l = 0; l < r; l++) a[i][j] += left[i][l] * right[l][j];
            var map = LinearMap.of(m, n, x -> Tensor.of(product(a, x.toDoubleArray())), y -> y);
            var exact = ExactMatrix.of(map.toMatrix());
            var kernel = exact.kernel();
            if (exact.rank() != r) ranks++;
            if (kernel.length != n - r) counts++;
            for (var k : kernel) {
                vectors++;
                for (int i = 0; i < m; i++) {
                    var sum = BigInteger.ZERO;
                    for (int j = 0; j < n; j++) sum = sum.add(BigInteger.valueOf((long) a[i][j]).multiply(k[j]));
                    if (sum.signum() != 0) nonzero++;
                }
            }
            if (exactRank(kernel) != kernel.length) dependent++;
            if (map.subspaces().rank() != r || map.subspaces().nullity() != n - r) numeric++;
        }
        Evidence.of("ranks that are not the planted one, of 500", ranks, exactly(0));
        Evidence.of("kernels of another size than n - r", counts, exactly(0));
        Evidence.of("kernel vectors", vectors, above(1_000));
        Evidence.of("nonzero entries of A k in exact arithmetic", nonzero, exactly(0));
        Evidence.of("kernels that exact elimination finds dependent", dependent, exactly(0));
        Evidence.of("numeric ranks and nullities that differ", numeric, exactly(0));
    }

    /** Whole numbers with a unit triangle in shuffled places, so that the factor has full rank for sure. */
    private static double[][] planted(Rng rng, int m, int n, boolean wide) {
        int least = wide ? m : n;
        int[] places = rng.sample(wide ? n : m, least);
        var a = new double[m][n];
        for (var row : a) for (int j = 0; j < n; j++) row[j] = rng.nextInt(7) - 3;
        for (int i = 0; i < least; i++) for (int j = 0; j < least; j++) {
            int value = i == j ? 1 : j > i ? 0 : rng.nextInt(5) - 2;
            if (wide) a[i][places[j]] = value;
            else a[places[i]][j] = value;
        }
        return a;
    }

    /** Elimination with fractions as pairs of whole numbers, cross-multiplied: not the unit's. */
    private static int exactRank(BigInteger[][] rows) {
        var a = Arrays.stream(rows).map(BigInteger[]::clone).toArray(BigInteger[][]::new);
        int rank = 0;
        for (int c = 0; a.length > 0 && c < a[0].length; c++) {
            int row = rank;
            while (row < a.length && a[row][c].signum() == 0) row++;
            if (row == a.length) continue;
            var pivot = a[row];
            a[row] = a[rank];
            a[rank++] = pivot;
            for (int i = rank; i < a.length; i++) {
                var factor = a[i][c];
                for (int j = 0; j < a[0].length; j++) a[i][j] = a[i][j].multiply(pivot[c]).subtract(factor.multiply(pivot[j]));
            }
        }
        return rank;
    }
}
