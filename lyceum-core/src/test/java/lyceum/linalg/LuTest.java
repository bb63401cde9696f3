package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LuTest {
    @Test void factorsRebuildThePermutedMatrixOfAnyShape() {
        var rng = Rng.of(1);
        for (int[] shape : new int[][] {{1, 1}, {5, 5}, {7, 3}, {3, 7}, {100, 100}, {130, 70}, {70, 130}}) {
            var a = gaussian(rng, shape[0], shape[1]);
            var lu = Lu.of(a);
            assertThat(maxDifference(lu.lower().matmul(lu.upper()), a.rows(lu.permutation()))).isLessThan(1e-13);
            assertThat(maxAbs(lu.lower())).isEqualTo(1);
        }
    }

    @Test void solvesInvertsAndTransposes() {
        var rng = Rng.of(2);
        for (int n : new int[] {1, 4, 90}) {
            Tensor a = gaussian(rng, n, n).add(Tensor.eye(DType.F64, n)), x = gaussian(rng, n, 12);
            var lu = Lu.of(a);
            double scale = 1e-14 * lu.conditionEstimate();
            assertThat(maxDifference(lu.solve(a.matmul(x)), x)).isLessThan(scale);
            assertThat(maxDifference(lu.solve(a.matmul(x.select(1, 3))), x.select(1, 3))).isLessThan(scale);
            assertThat(maxDifference(lu.solveTransposed(a.transpose().matmul(x)), x)).isLessThan(scale);
            assertThat(maxDifference(lu.inverse().matmul(a), Tensor.eye(DType.F64, n))).isLessThan(scale);
            double truth = Norms.one(a) * Norms.one(lu.inverse());
            assertThat(lu.conditionEstimate()).isBetween(truth / 3, truth * 1.0001);
        }
    }

    @Test void determinantHasSignAndLogarithm() {
        var lu = Lu.of(Tensor.of(new double[] {0, 2, 3, 0}, 2, 2));
        assertThat(lu.det()).isEqualTo(-6);
        assertThat(lu.detSign()).isEqualTo(-1);
        assertThat(lu.logAbsDet()).isCloseTo(Math.log(6), within(1e-15));
        assertThat(Lu.of(Tensor.zeros(DType.F64, 0, 0)).det()).isEqualTo(1);
        assertThat(Lu.of(Tensor.eye(DType.F64, 500).mul(1e-3)).logAbsDet()).isCloseTo(500 * Math.log(1e-3), within(1e-9));
    }

    @Test void singularMatricesAreNamed() {
        var lu = Lu.of(Tensor.of(new double[] {1, 2, 2, 4}, 2, 2));
        assertThat(lu.det()).isZero();
        assertThat(lu.detSign()).isZero();
        assertThat(lu.isNonsingular()).isFalse();
        assertThat(lu.conditionEstimate()).isInfinite();
        assertThatThrownBy(() -> lu.solve(Tensor.of(1.0, 1.0))).isInstanceOf(SingularMatrixException.class)
                .hasMessageContaining("pivot 1 is 0");
        assertThatThrownBy(() -> Lu.of(Tensor.zeros(DType.F64, 2, 3)).det()).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(2, 3)");
    }

    @Test void ldlFactorsIndefiniteMatrices() {
        var rng = Rng.of(4);
        for (int n : new int[] {1, 2, 3, 8, 60, 130}) {
            var b = gaussian(rng, n, n);
            var a = b.add(b.transpose());
            var dominant = a.add(Tensor.eye(DType.F64, n).mul(4 * n));
            checkLdl(Ldl.of(a), a, rng);
            checkLdl(Ldl.of(dominant), dominant, rng);
            checkLdl(Ldl.withoutPivoting(dominant), dominant, rng);
        }
        var saddle = Ldl.of(Tensor.of(new double[] {0, 1, 1, 0}, 2, 2));
        assertThat(saddle.det()).isEqualTo(-1);
        assertThat(saddle.negative()).isEqualTo(1);
        assertThat(saddle.solve(Tensor.of(2.0, 3.0)).toDoubleArray()).containsExactly(3, 2);
        assertThatThrownBy(() -> Ldl.withoutPivoting(Tensor.of(new double[] {0, 1, 1, 0}, 2, 2)))
                .isInstanceOf(SingularMatrixException.class);
        assertThatThrownBy(() -> Ldl.of(Tensor.zeros(DType.F64, 2, 2)).solve(Tensor.of(1.0, 1.0)))
                .isInstanceOf(SingularMatrixException.class);
    }

    private static void checkLdl(Ldl ldl, Tensor a, Rng rng) {
        var permuted = a.rows(ldl.permutation()).transpose().rows(ldl.permutation());
        assertThat(relative(ldl.lower().matmul(ldl.blockDiagonal()).matmul(ldl.lower().transpose()), permuted)).isLessThan(1e-13);
        var x = gaussian(rng, (int) a.size(0), 3);
        assertThat(maxDifference(ldl.solve(a.matmul(x)), x)).isLessThan(1e-13 * Lu.of(a).conditionEstimate());
        assertThat(ldl.logAbsDet()).isCloseTo(Lu.of(a).logAbsDet(), within(1e-9));
    }

    @Test void normsMeasureAKnownMatrix() {
        var a = Tensor.of(new double[] {3, 0, -4, 0}, 2, 2);
        assertThat(Norms.frobenius(a)).isEqualTo(5);
        assertThat(Norms.one(a)).isEqualTo(7);
        assertThat(Norms.infinity(a)).isEqualTo(4);
        assertThat(Norms.spectral(a)).isCloseTo(5, within(1e-14));
        assertThat(Norms.nuclear(a)).isCloseTo(5, within(1e-14));
        assertThat(Norms.frobenius(a.mul(1e200))).isCloseTo(5e200, within(1e186));
        assertThat(Norms.spectral(Tensor.zeros(DType.F64, 0, 2))).isZero();
    }
}
