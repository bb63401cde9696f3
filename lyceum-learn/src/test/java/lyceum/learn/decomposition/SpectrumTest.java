package lyceum.learn.decomposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class SpectrumTest {
    /** Variances that fall over sixteen decades, so that a covariance would have lost the small ones. */
    @Test void manyRowsInBlocksGiveWhatTheWholeMatrixGives() {
        int n = 5000, p = 9;
        var scales = Tensor.of(1, 0.5, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8);
        var x = Tensor.randn(Rng.of(4), DType.F64, n, p).mul(scales).compute();
        var found = Spectrum.of(x, n - 1, Pca.Solver.FULL, p, Rng.of(1));
        var whole = Svd.of(x);
        double[] s = whole.s().toDoubleArray();
        for (int i = 0; i < p; i++) assertThat(Math.sqrt(found.variances()[i] * (n - 1))).isCloseTo(s[i], within(1e-14 * s[0]));
        assertThat(found.axes().matmul(whole.v()).abs().sub(Tensor.eye(DType.F64, p)).abs().max().item()).isLessThan(1e-7);
        assertThat(found.axes().matmul(found.axes().transpose()).sub(Tensor.eye(DType.F64, p)).abs().max().item()).isLessThan(1e-13);
    }
}
