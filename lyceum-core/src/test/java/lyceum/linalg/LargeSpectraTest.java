package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.gaussian;
import static lyceum.linalg.LinalgInputs.maxAbs;
import static lyceum.linalg.LinalgInputs.maxDifference;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Eigenvalues and singular values of matrices so large that they are reduced in blocks, and their vectors found by halves. */
class LargeSpectraTest {
    private static Tensor byLoops(Supplier<Tensor> body) {
        var result = new Tensor[1];
        Backend.with(Backend.named("scalar"), () -> result[0] = body.get().compute());
        return result[0];
    }

    private static Tensor symmetric(int n) {
        var a = gaussian(Rng.of(n), n, n);
        return a.add(a.transpose()).mul(0.5);
    }

    private static Tensor diagonal(double[] d) { return Tensor.of(d).diag(); }

    /** Where halves have equal values, many pairs drop out, or nothing couples. */
    private static Map<String, Tensor> symmetricMatrices() {
        var all = new LinkedHashMap<String, Tensor>();
        for (int n : new int[] {96, 97, 130, 250}) all.put("gaussian " + n, symmetric(n));
        int n = 140;
        var one = gaussian(Rng.of(3), n, 1).flatten();
        all.put("identity and rank one", Tensor.eye(DType.F64, n).add(one.outer(one)));
        all.put("rank one", one.outer(one));
        all.put("zero", Tensor.zeros(DType.F64, n, n));
        all.put("identity", Tensor.eye(DType.F64, n));
        double[] few = new double[n], wilkinson = new double[n], beside = new double[n - 1];
        for (int i = 0; i < n; i++) {
            few[i] = i % 3;
            wilkinson[i] = Math.abs(i - (n - 1) / 2.0);
            if (i < n - 1) beside[i] = 1;
        }
        var q = Qr.of(gaussian(Rng.of(4), n, n)).q();
        var repeated = q.mul(Tensor.of(few)).matmul(q.transpose());
        all.put("three values", repeated.add(repeated.transpose()).mul(0.5));
        all.put("diagonal", diagonal(few));
        all.put("Wilkinson", diagonal(wilkinson).add(Tensor.of(beside).diag(1)).add(Tensor.of(beside).diag(-1)));
        all.put("Laplacian", diagonal(new double[n]).add(Tensor.eye(DType.F64, n).mul(2)).sub(Tensor.of(beside).diag(1))
                .sub(Tensor.of(beside).diag(-1)));
        all.put("tiny", symmetric(120).mul(1e-70));
        all.put("huge", symmetric(120).mul(1e120));
        all.put("two parts", Tensor.concat(0, Tensor.concat(1, symmetric(70), Tensor.zeros(DType.F64, 70, 60)),
                Tensor.concat(1, Tensor.zeros(DType.F64, 60, 70), symmetric(60))));
        return all;
    }

    @Test void symmetricPairsRebuildAreOrthonormalAndEqualTheLoops() {
        symmetricMatrices().forEach((name, a) -> {
            int n = (int) a.size(0);
            double size = Math.max(maxAbs(a), 1e-300);
            var e = Eigen.symmetric(a);
            Tensor v = e.vectors(), values = e.values();
            assertThat(maxDifference(v.transpose().matmul(v), Tensor.eye(DType.F64, n))).as("%s: V'V", name).isLessThan(1e-13);
            assertThat(maxDifference(a.matmul(v), v.mul(values)) / size).as("%s: A V", name).isLessThan(1e-12);
            assertThat(maxDifference(values, byLoops(() -> Eigen.symmetricValues(a))) / size).as("%s: values", name).isLessThan(3e-13 * n);
            assertThat(maxDifference(Eigen.symmetricValues(a), values) / size).as("%s: values alone", name).isLessThan(1e-13 * n);
            double[] rising = values.toDoubleArray();
            for (int i = 1; i < n; i++) assertThat(rising[i]).as(name).isGreaterThanOrEqualTo(rising[i - 1]);
        });
    }

    @Test void theLaplaciansValuesAreKnown() {
        int n = 140;
        var expected = new double[n];
        for (int k = 0; k < n; k++) expected[k] = 2 - 2 * Math.cos(Math.PI * (k + 1) / (n + 1));
        assertThat(maxDifference(Eigen.symmetric(symmetricMatrices().get("Laplacian")).values(), Tensor.of(expected))).isLessThan(1e-14);
    }

    @Test void singularValuesAndVectorsRebuildAndEqualTheLoops() {
        for (int[] s : new int[][] {{96, 96}, {130, 100}, {100, 130}, {161, 160}, {300, 120}, {120, 300}}) {
            var a = gaussian(Rng.of(s[0]), s[0], s[1]);
            var svd = Svd.of(a);
            assertThat(maxDifference(svd.u().mul(svd.s()).matmul(svd.vt()), a)).as("%d x %d", s[0], s[1]).isLessThan(1e-12);
            int k = Math.min(s[0], s[1]);
            assertThat(maxDifference(svd.u().transpose().matmul(svd.u()), Tensor.eye(DType.F64, k))).isLessThan(1e-13);
            assertThat(maxDifference(svd.vt().matmul(svd.v()), Tensor.eye(DType.F64, k))).isLessThan(1e-13);
            assertThat(maxDifference(Svd.values(a), byLoops(() -> Svd.values(a)))).isLessThan(1e-12);
            assertThat(maxDifference(Svd.values(a), svd.s())).isLessThan(1e-12);
        }
        var low = gaussian(Rng.of(1), 150, 3).matmul(gaussian(Rng.of(2), 3, 110));
        double[] values = Svd.values(low).toDoubleArray();
        assertThat(values[2]).isGreaterThan(10);
        assertThat(values[3]).isLessThan(1e-11);
        assertThat(maxAbs(Svd.values(Tensor.zeros(DType.F64, 120, 100)))).isZero();
    }

    @Test void theBitsDoNotDependOnTheThreads() {
        var a = symmetric(260);
        Supplier<Tensor> all = () -> Tensor.concat(0, Eigen.symmetric(a).vectors(), Svd.of(a).u(), Eigen.symmetricValues(a).unsqueeze(0));
        var parallel = all.get().toDoubleArray();
        var alone = new double[1][];
        Parallel.sequentially(() -> alone[0] = all.get().toDoubleArray());
        assertThat(alone[0]).isEqualTo(parallel);
    }
}
