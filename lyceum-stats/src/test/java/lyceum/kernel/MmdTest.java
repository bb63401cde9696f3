package lyceum.kernel;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class MmdTest {
    @Test void estimatesAreTheirSums() {
        var rng = Rng.of(1);
        Tensor x = Tensor.randn(rng, DType.F64, 9, 3), y = Tensor.randn(rng, DType.F64, 6, 3).add(0.4);
        var kernel = new Rbf(1.1);
        double[][] a = x.toRows(), b = y.toRows();
        double xx = 0, yy = 0, xy = 0;
        for (int i = 0; i < 9; i++) for (int j = 0; j < 9; j++) if (i != j) xx += kernel.of(a[i], a[j]);
        for (int i = 0; i < 6; i++) for (int j = 0; j < 6; j++) if (i != j) yy += kernel.of(b[i], b[j]);
        for (double[] u : a) for (double[] v : b) xy += kernel.of(u, v);
        double unbiased = xx / 72 + yy / 30 - 2 * xy / 54;
        var gap = Gap.absolute().see("unbiased", new Mmd(kernel).squared(x, y), unbiased)
                .see("test", new Mmd(kernel).test(x, y, 9, rng).statistic(), unbiased)
                .see("biased", new Mmd(kernel).biasedSquared(x, y), (xx + 9) / 81 + (yy + 6) / 36 - 2 * xy / 54);
        // The linear kernel's is the distance of the means.
        double means = x.mean(0).sub(y.mean(0)).square().sum().item();
        gap.see("linear", new Mmd(new LinearKernel()).biasedSquared(x, y), means);
        Evidence.of("gap", gap, below(1e-13));
    }

    /** Two normals of standard deviation 1 at distance d, RBF of length l: 2 (1 - exp(-d^2 / (2 (l^2 + 2)))) / sqrt(1 + 2 / l^2). */
    @Test void unbiasedOnAverage() {
        double d = 0.8, l = 1.5, exact = 2 * (1 - Math.exp(-d * d / (2 * (l * l + 2)))) / Math.sqrt(1 + 2 / (l * l)), sum = 0, square = 0;
        int runs = 2000;
        for (int r = 0; r < runs; r++) {
            var rng = Rng.of(r);
            double v = new Mmd(new Rbf(l)).squared(Tensor.randn(rng, DType.F64, 12, 1), Tensor.randn(rng, DType.F64, 8, 1).add(d));
            sum += v / runs;
            square += v * v / runs;
        }
        Evidence.of("standard errors off", Math.abs(sum - exact) / Math.sqrt((square - sum * sum) / runs), below(4));
    }

    @Test void seesVariancesWhereMeansAgree() {
        int seen = 0, fooled = 0;
        for (int r = 0; r < 40; r++) {
            var rng = Rng.of(r);
            Tensor x = Tensor.randn(rng, DType.F64, 60, 2), y = Tensor.randn(rng, DType.F64, 50, 2).mul(2);
            if (new Mmd(Rbf.ofMedianDistance(Tensor.concat(0, x, y))).test(x, y, 99, rng).rejects(0.05)) seen++;
            if (new Mmd(new LinearKernel()).test(x, y, 99, rng).rejects(0.05)) fooled++;
        }
        Evidence.of("of 40, RBF rejects", seen, above(37));
        Evidence.of("of 40, the linear kernel rejects", fooled, below(12));
    }

    @Test void heuristicsAreTheirDefinitions() {
        var x = Tensor.of(new double[][] {{0, 0}, {3, 4}, {0, 1}, {6, 8}});
        // distances 5, 1, 10, sqrt(18), 5, sqrt(85)
        assertThat(Rbf.ofMedianDistance(x).lengthScales().getFirst()).isEqualTo(5);
        double mean = 22 / 8.0, variance = (9 + 16 + 1 + 36 + 64) / 8.0 - mean * mean;
        Evidence.of("gamma", Math.abs(1 / (2 * Math.pow(Rbf.ofVariance(x).lengthScales().getFirst(), 2)) - 1 / (2 * variance)),
                below(1e-15));
        assertThatThrownBy(() -> Rbf.ofMedianDistance(Tensor.ones(DType.F64, 3, 2))).hasMessageContaining("give a length scale");
        assertThatThrownBy(() -> new Mmd(new Rbf(1.0)).squared(x, x.narrow(0, 0, 1))).hasMessageContaining("at least 2 rows");
    }
}
