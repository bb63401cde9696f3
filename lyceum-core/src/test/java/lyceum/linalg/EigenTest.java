package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class EigenTest {
    private static final Golden GOLDEN = Golden.load("golden/eigen.json");

    private static Recipe afterSize(Golden c) {
        var r = new Recipe(c.integer("input.seed"));
        r.uniform();
        return r;
    }

    @Test
    @Acceptance(topic = "eigen", clause = 1) void symmetricEigenvaluesEqualLapack() {
        double values = 0, residual = 0, orthonormal = 0;
        for (var c : GOLDEN.cases("symmetric")) {
            int n = c.integer("input.n");
            var a = tensor(symmetric(afterSize(c).matrix(n, n)));
            var e = Eigen.symmetric(a);
            double[] expected = c.doubles("expected.values"), found = e.values().toDoubleArray(),
                    alone = Eigen.symmetricValues(a).toDoubleArray();
            for (int i = 0; i < n; i++)
                values = Math.max(values, Math.max(Math.abs(found[i] / expected[i] - 1), Math.abs(alone[i] / expected[i] - 1)));
            residual = Math.max(residual, norm(a.matmul(e.vectors()).sub(e.vectors().mul(e.values().unsqueeze(0)))) / norm(a));
            orthonormal = Math.max(orthonormal, orthonormality(e.vectors()));
        }
        Evidence.of("max relative difference of a value", values, below(1e-10));
        Evidence.of("|A V - V L| / |A|", residual, atMost(1e-12));
        Evidence.of("max |V'V - I|", orthonormal, below(1e-12));
    }

    @Test
    @Acceptance(topic = "eigen", clause = {2, 3}) void generalResidualTraceAndDeterminant() {
        double residual = 0, trace = 0, det = 0, lapack = 0;
        int negative = 0;
        var rng = Rng.of(403);
        for (int trial = 0; trial < 100; trial++) {
            int n = 1 + rng.nextInt(100);
            var a = gaussian(rng, n, n).div(Math.sqrt(n));
            var e = Eigen.general(a);
            residual = Math.max(residual, residual(a, e) / norm(a));
            double[] re = e.real().toDoubleArray(), im = e.imaginary().toDoubleArray();
            // The product as a complex number of modulus and angle: an angle of pi is a minus sign.
            double sum = 0, logProduct = 0, angle = 0;
            for (int i = 0; i < n; i++) {
                sum += re[i];
                logProduct += Math.log(Math.hypot(re[i], im[i]));
                angle += Math.atan2(im[i], re[i]);
            }
            var expected = Determinant.of(a.toRows());
            double ratio = expected.sign() * Math.exp(logProduct - expected.logAbsolute());
            trace = Math.max(trace, Math.abs(sum - a.trace().item()) / norm(a));
            det = Math.max(det, Math.hypot(ratio * Math.cos(angle) - 1, ratio * Math.sin(angle)));
            if (expected.sign() < 0) negative++;
        }
        for (var c : GOLDEN.cases("general-")) {
            int n = c.integer("input.n");
            var a = tensor(afterSize(c).matrix(n, n));
            lapack = Math.max(lapack, distance(Eigen.general(a), c.doubles("expected.real"), c.doubles("expected.imaginary")));
        }
        // The same matrices with their axes in units of 2^-20 to 2^20 have the same values.
        double units = 0;
        for (int trial = 0; trial < 10; trial++) {
            int n = 12;
            int[] unit = rng.ints(n, -20, 21).toArray();
            double[][] a = gaussian(rng, n, n).toRows(), scaled = new double[n][n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) scaled[i][j] = Math.scalb(a[i][j], unit[i] - unit[j]);
            var plain = Eigen.general(tensor(a));
            units = Math.max(units,
                    distance(Eigen.general(tensor(scaled)), plain.real().toDoubleArray(), plain.imaginary().toDoubleArray()));
        }
        Evidence.of("values of a matrix in other units", units, below(1e-10));
        Evidence.of("|A V - V L| / |A|", residual, atMost(1e-10));
        Evidence.of("trace against sum", trace, below(1e-8));
        Evidence.of("product over the determinant by elimination, less 1", det, below(1e-8));
        Evidence.of("negative determinants among 100", negative, above(20));
        Evidence.of("values against LAPACK", lapack, below(1e-10));
    }

    /** By elimination with the largest pivot of each column. */
    private record Determinant(int sign, double logAbsolute) {
        static Determinant of(double[][] a) {
            int sign = 1;
            double log = 0;
            for (int k = 0; k < a.length; k++) {
                int pivot = k;
                for (int i = k + 1; i < a.length; i++) if (Math.abs(a[i][k]) > Math.abs(a[pivot][k])) pivot = i;
                if (pivot != k) sign = -sign;
                double[] row = a[pivot];
                a[pivot] = a[k];
                a[k] = row;
                sign *= (int) Math.signum(row[k]);
                log += Math.log(Math.abs(row[k]));
                for (int i = k + 1; i < a.length; i++) for (int j = a.length - 1; j >= k; j--) a[i][j] -= a[i][k] / row[k] * row[j];
            }
            return new Determinant(sign, log);
        }
    }

    private static double residual(Tensor a, GeneralEigen e) {
        Tensor x = e.vectors(), y = e.imaginaryVectors(), re = e.real().unsqueeze(0), im = e.imaginary().unsqueeze(0);
        double real = norm(a.matmul(x).sub(x.mul(re)).add(y.mul(im))), imaginary = norm(a.matmul(y).sub(y.mul(re)).sub(x.mul(im)));
        assertThat(maxDifference(x.square().add(y.square()).sum(0), Tensor.ones(DType.F64, x.size(1)))).isLessThan(1e-13);
        return Math.hypot(real, imaginary);
    }

    /** The largest distance of an expected eigenvalue to the nearest found one that no other took. */
    private static double distance(GeneralEigen e, double[] real, double[] imaginary) {
        double[] re = e.real().toDoubleArray(), im = e.imaginary().toDoubleArray();
        var free = new HashSet<Integer>();
        for (int i = 0; i < re.length; i++) free.add(i);
        double worst = 0;
        for (int i = 0; i < real.length; i++) {
            double x = real[i], y = imaginary[i];
            int best = free.stream().min((p, q) -> Double.compare(Math.hypot(re[p] - x, im[p] - y), Math.hypot(re[q] - x, im[q] - y)))
                    .orElseThrow();
            free.remove(best);
            worst = Math.max(worst, Math.hypot(re[best] - x, im[best] - y));
        }
        return worst;
    }

    @Test
    @Acceptance(topic = "eigen", clause = 3) void symmetricTraceIsTheSumAndDeterminantTheProduct() {
        var rng = Rng.of(3);
        double trace = 0, det = 0;
        for (int n : new int[] {1, 2, 5, 20, 60}) {
            var b = gaussian(rng, n, n);
            var a = b.add(b.transpose());
            double[] values = Eigen.symmetric(a).values().toDoubleArray();
            double product = Arrays.stream(values).map(v -> Math.log(Math.abs(v))).sum(),
                    sign = Arrays.stream(values).map(Math::signum).reduce(1, (p, q) -> p * q);
            var expected = Determinant.of(a.toRows());
            trace = Math.max(trace, Math.abs(Arrays.stream(values).sum() - a.trace().item()) / norm(a));
            det = Math.max(det, Math.abs(sign * expected.sign() * Math.exp(product - expected.logAbsolute()) - 1));
            assertThat(Ldl.of(a).negative()).isEqualTo((int) Arrays.stream(values).filter(v -> v < 0).count());
        }
        Evidence.of("trace against sum", trace, below(1e-8));
        Evidence.of("determinant against product", det, below(1e-8));
    }

    @Test
    @Acceptance(topic = "eigen", clause = 4) void lanczosFindsTheTopOfALargeLaplacian() {
        var c = GOLDEN.cases("laplacian").getFirst();
        int n = c.integer("input.n"), chords = c.integer("input.chords");
        var edges = new HashSet<Long>();
        for (int i = 0; i < n; i++) edges.add(edge(i, (i + 1) % n));
        int[] ends = new Recipe(c.integer("input.seed")).belows(n, 2 * chords);
        for (int i = 0; i < chords; i++) if (ends[2 * i] != ends[2 * i + 1]) edges.add(edge(ends[2 * i], ends[2 * i + 1]));
        assertThat(edges).hasSize(c.integer("expected.edges"));
        int[] from = edges.stream().mapToInt(e -> (int) (e >> 32)).toArray(), to = edges.stream().mapToInt(Long::intValue).toArray();
        int[] products = {0};
        var laplacian = LinearMap.symmetricArray(n, x -> {
            products[0]++;
            var y = new double[n];
            for (int e = 0; e < from.length; e++) {
                double flow = x[from[e]] - x[to[e]];
                y[from[e]] += flow;
                y[to[e]] -= flow;
            }
            return y;
        });
        var top = new Lanczos(10).run(laplacian, Rng.of(1));
        assertThat(top.converged()).isTrue();
        Evidence.of("products reported less those made", top.products() - products[0], exactly(0));
        Evidence.of("max difference from eigsh", maxDifference(top.values().toDoubleArray(), c.doubles("expected.largest")), below(1e-8));
        assertThat(orthonormality(top.vectors())).isLessThan(1e-12);
        double residuals = 0, largest = 0;
        for (int i = 0; i < 10; i++) {
            var vector = top.vectors().select(1, i);
            double residual = norm(laplacian.apply(vector).sub(vector.mul(top.values().item(i))));
            residuals = Math.max(residuals, Math.abs(top.residuals().item(i) - residual));
            largest = Math.max(largest, residual);
        }
        Evidence.of("largest |A v - l v|", largest, below(1e-9));
        Evidence.of("reported residuals against A v - l v", residuals, below(1e-12));
        var block = new Lobpcg(3, true).withTolerance(1e-8).run(laplacian, Rng.of(2));
        assertThat(maxDifference(block.values().toDoubleArray(), Arrays.copyOf(c.doubles("expected.largest"), 3))).isLessThan(1e-8);
    }

    private static long edge(int a, int b) { return (long) Math.min(a, b) << 32 | Math.max(a, b); }

    @Test
    @Acceptance(topic = "eigen", clause = 5) void powerIterationErrorDecaysAtTheRatioOfEigenvalues() {
        double worst = 0, quotient = 0;
        int late = 0;
        var rng = Rng.of(5);
        for (double second : new double[] {0.95, 0.8, 0.5, -0.7}) {
            var q = Qr.of(gaussian(rng, 12, 12)).q();
            var values = new double[12];
            for (int i = 0; i < 12; i++) values[i] = i == 0 ? 3 : i == 1 ? 3 * second : second * 0.4 * (1 - 0.05 * i);
            var a = q.mul(Tensor.of(values).unsqueeze(0)).matmul(q.transpose());
            var v = q.select(1, 0);
            var errors = new ArrayList<Double>();
            List<Tensor> steps = new ArrayList<>(), stopped = new ArrayList<>();
            var found = new ArrayList<Double>();
            new PowerIteration(0, 60).run(LinearMap.of(a), rng, (i, value, vector) -> {
                errors.add(tangent(vector, v));
                steps.add(vector);
                found.add(value);
            });
            for (int i = 1; i < found.size(); i++) quotient = Math.max(quotient, Math.abs(found.get(i) - rayleigh(a, steps.get(i - 1))));
            // It ends with the step whose vector was the first to have a residual within the tolerance.
            var pair = new PowerIteration(1e-6, 1000).run(LinearMap.of(a), rng, (i, value, vector) -> stopped.add(vector));
            int first = 0;
            while (first < stopped.size() && residual(a, stopped.get(first)) > 1e-6) first++;
            if (!pair.converged() || first != stopped.size() - 2 || pair.products() != stopped.size() + 1) late++;
            // from where the second eigenvector dominates the error down to where rounding does
            int last = 0;
            while (last < 59 && errors.get(last) > 1e-10) last++;
            int middle = last / 2;
            double rate = Math.pow(errors.get(last) / errors.get(middle), 1.0 / (last - middle));
            worst = Math.max(worst, Math.abs(rate / Math.abs(second) - 1));
        }
        Evidence.of("relative error of the rate", worst, below(0.05));
        Evidence.of("values against the Rayleigh quotient of the vector before", quotient, below(1e-13));
        Evidence.of("runs that end at another step than the tolerance says", late, exactly(0));
    }

    private static double rayleigh(Tensor a, Tensor v) { return v.dot(a.matmul(v)).item() / v.dot(v).item(); }

    /** {@code |A v - l v| / |l|} for the Rayleigh quotient l. */
    private static double residual(Tensor a, Tensor v) {
        double l = rayleigh(a, v);
        return norm(a.matmul(v).sub(v.mul(l))) / Math.abs(l);
    }

    /** Tangent of the angle between a unit vector and the line of another. */
    private static double tangent(Tensor x, Tensor line) {
        double c = x.dot(line).item();
        return norm(x.sub(line.mul(c))) / Math.abs(c);
    }

    @Test void generalisedProblemEqualsScipyAndIsBOrthonormal() {
        for (var c : GOLDEN.cases("generalised")) {
            int n = c.integer("input.n");
            var r = afterSize(c);
            Tensor a = tensor(symmetric(r.matrix(n, n))), b = tensor(positive(r.matrix(n, n)));
            var e = Eigen.generalised(a, b);
            assertThat(maxDifference(e.values().toDoubleArray(), c.doubles("expected.values"))).isLessThan(1e-11);
            assertThat(maxDifference(e.vectors().transpose().matmul(b).matmul(e.vectors()), Tensor.eye(DType.F64, n))).isLessThan(1e-11);
            assertThat(maxDifference(a.matmul(e.vectors()), b.matmul(e.vectors()).mul(e.values().unsqueeze(0)))).isLessThan(1e-10);
        }
    }

    @Test void smallestPairsComeByLanczosLobpcgAndInverseIteration() {
        int n = 200;
        var a = new double[n][n];
        for (int i = 0; i < n; i++) {
            a[i][i] = 2 + 0.01 * i;
            if (i > 0) a[i][i - 1] = a[i - 1][i] = -1;
        }
        var dense = Eigen.symmetric(tensor(a)).values().toDoubleArray();
        var map = LinearMap.of(tensor(a));
        double[] expected = Arrays.copyOf(dense, 3);
        assertThat(maxDifference(new Lanczos(3).withEnd(Lanczos.End.SMALLEST).run(map, Rng.of(1)).values().toDoubleArray(), expected))
                .isLessThan(1e-9);
        var c = Cholesky.of(tensor(a));
        var block = new Lobpcg(3, false).run(map, x -> c.solve(Tensor.of(x)).toDoubleArray(), Rng.of(1));
        assertThat(block.converged()).isTrue();
        assertThat(maxDifference(block.values().toDoubleArray(), expected)).isLessThan(1e-9);
        var near = new InverseIteration(dense[7] + 0.3 * (dense[8] - dense[7])).run(tensor(a), Rng.of(1));
        assertThat(near.values().item(0)).isCloseTo(dense[7], within(1e-10));
        assertThat(near.residuals().item(0)).isLessThan(1e-9);
        var exact = new InverseIteration(2).run(Tensor.of(new double[] {2, 0, 0, 5}, 2, 2), Rng.of(1));
        assertThat(exact.values().item(0)).isCloseTo(2, within(1e-12));
    }

    @Test void multipleEigenvaluesAndRotationsAreHandled() {
        var identity = Eigen.symmetric(Tensor.eye(DType.F64, 5));
        assertThat(identity.values().toDoubleArray()).containsOnly(1);
        assertThat(orthonormality(identity.vectors())).isLessThan(1e-15);
        var turn = Eigen.general(Tensor.of(new double[] {0, -1, 1, 0}, 2, 2));
        assertThat(turn.real().toDoubleArray()).containsOnly(0);
        assertThat(turn.imaginary().toDoubleArray()).containsExactly(1, -1);
        assertThat(turn.spectralRadius()).isEqualTo(1);
        var jordan = Eigen.general(Tensor.of(new double[] {2, 1, 0, 0, 2, 1, 0, 0, 2}, 3, 3));
        assertThat(jordan.real().toDoubleArray()).containsOnly(2);
        var badlyScaled = Eigen.general(Tensor.of(new double[] {1, 1e10, 1e-10, 2}, 2, 2));
        double[] values = badlyScaled.real().toDoubleArray();
        Arrays.sort(values);
        assertThat(values).containsExactly(new double[] {(3 - Math.sqrt(5)) / 2, (3 + Math.sqrt(5)) / 2}, within(1e-14));
    }

    /** Gram matrices of few columns: a handful of eigenvalues, the rest rounding errors, at which sweeps once went round in circles. */
    @Test void matricesOfLowRankSettle() {
        double orthogonality = 0, residual = 0, rest = 0;
        for (int seed = 0; seed < 60; seed++) {
            int n = 60 + 7 * seed % 190, rank = 1 + seed % 9;
            var rng = Rng.of(seed);
            var b = gaussian(rng, n, rank).mul(Tensor.of(Arrays.copyOf(new double[] {1, 0.1, 30, 2, 1e-3, 5, 1, 1, 1e-5}, rank)));
            var a = b.matmul(b.transpose()).compute();
            var eigen = Eigen.symmetric(a);
            Tensor v = eigen.vectors(), values = eigen.values();
            double norm = values.abs().max().item();
            orthogonality = Math.max(orthogonality, maxDifference(v.transpose().matmul(v), Tensor.eye(DType.F64, n)));
            residual = Math.max(residual, maxDifference(a.matmul(v), v.mul(values)) / norm);
            rest = Math.max(rest, values.narrow(0, 0, n - rank).abs().max().item() / norm);
            assertThat(maxDifference(Eigen.symmetricValues(a), values) / norm).isLessThan(1e-14);
        }
        Evidence.of("orthogonality", orthogonality, below(1e-13));
        Evidence.of("residual", residual, below(1e-13));
        Evidence.of("eigenvalues beyond the rank", rest, below(1e-13));
    }

    /** A smooth kernel has dozens of eigenvalues that are mere rounding, of either sign; centring adds one more. */
    @Test void nearlySingularKernelsSettle() {
        for (int seed = 0; seed < 20; seed++) {
            var x = Tensor.rand(Rng.of(seed), DType.F64, 100, 1).mul(4);
            var y = seed % 2 == 0 ? x : x.sub(2).square();
            var kernel = y.sub(y.transpose()).square().neg().exp();
            var mean = kernel.mean(0);
            var centred = kernel.sub(mean).sub(mean.unsqueeze(1)).add(mean.mean()).compute();
            for (var a : new Tensor[] {kernel, centred}) {
                var e = Eigen.symmetric(a);
                assertThat(maxDifference(e.vectors().mul(e.values()).matmul(e.vectors().transpose()), a)).isLessThan(1e-12);
                assertThat(maxDifference(e.vectors().transpose().matmul(e.vectors()), Tensor.eye(DType.F64, 100))).isLessThan(1e-12);
            }
        }
    }

    @Test void matrixFunctionsFollowTheEigenvalues() {
        var b = gaussian(Rng.of(7), 6, 6);
        var a = b.matmul(b.transpose()).add(Tensor.eye(DType.F64, 6));
        var root = Eigen.symmetric(a).function(Math::sqrt);
        assertThat(maxDifference(root.matmul(root), a)).isLessThan(1e-12);
        assertThat(Eigen.symmetric(Tensor.of(new double[] {-4, 0, 0, 2}, 2, 2)).condition()).isEqualTo(2);
    }

    @Test void emptySingleAndBadMatrices() {
        assertThat(Eigen.symmetric(Tensor.zeros(DType.F64, 0, 0)).values().count()).isZero();
        assertThat(Eigen.general(Tensor.full(DType.F64, 7, 1, 1)).real().item(0)).isEqualTo(7);
        assertThat(Eigen.symmetric(Tensor.eye(3)).vectors().dtype()).isEqualTo(DType.F32);
        assertThatThrownBy(() -> Eigen.symmetric(Tensor.of(new double[] {1, 2, 3, 4}, 2, 2))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("entries (1, 0) = 3.0 and (0, 1) = 2.0 differ");
        assertThatThrownBy(() -> Eigen.general(Tensor.of(new double[] {1, 2, 3, Double.POSITIVE_INFINITY}, 2, 2)))
                .hasMessageContaining("entry (1, 1) is Infinity");
        assertThatThrownBy(() -> new Lanczos(0)).hasMessageContaining("k is 0");
        assertThatThrownBy(() -> new Lanczos(3).run(LinearMap.of(Tensor.zeros(DType.F64, 2, 3)), Rng.of(1))).hasMessageContaining("2 x 3");
    }
}
