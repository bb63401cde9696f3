package lyceum.bayes;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class GaussianBeliefPropagationTest {
    @Test
    @Acceptance(topic = "belief-propagation", clause = 3) void gaussianMeansSolveTheSystem() {
        var rng = Rng.of(577);
        double residual = 0, error = 0, variances = 0;
        int systems = 0, settled = 0, loops = 0;
        for (; systems < 50; systems++) {
            int n = 4 + rng.nextInt(12);
            double[][] a = new double[n][n];
            int edges = 0;
            for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) {
                boolean ring = j == i - 1 || i == n - 1 && j == 0;
                if (!ring && rng.nextDouble() > 0.3) continue;
                a[i][j] = a[j][i] = rng.nextGaussian();
                edges++;
            }
            if (edges >= n) loops++;
            var b = new double[n];
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (double v : a[i]) sum += Math.abs(v);
                a[i][i] = sum * (1.02 + 0.3 * rng.nextDouble());
                b[i] = 3 * rng.nextGaussian();
            }
            var beliefs = GaussianBeliefPropagation.run(a, b, 1e-14, 5_000);
            if (beliefs.converged()) settled++;
            double[] x = gauss(a, b);
            for (int i = 0; i < n; i++) {
                double sum = -b[i];
                for (int j = 0; j < n; j++) sum += a[i][j] * beliefs.means()[j];
                residual = Math.max(residual, Math.abs(sum));
                error = Math.max(error, Math.abs(beliefs.means()[i] - x[i]));
                var unit = new double[n];
                unit[i] = 1;
                variances = Math.max(variances, Math.abs(beliefs.variances()[i] / gauss(a, unit)[i] - 1));
            }
        }
        Evidence.of("systems", systems, exactly(50));
        Evidence.of("of these with cycles", loops, exactly(50));
        Evidence.of("of these settled", settled, exactly(50));
        Evidence.of("largest |A x - b|", residual, below(1e-11));
        Evidence.of("largest distance to the solution by elimination", error, below(1e-11));
        // What Weiss and Freeman say of the variances: with cycles they are off.
        assertThat(variances).isGreaterThan(1e-3);
    }

    /** Gaussian elimination with pivots. */
    private static double[] gauss(double[][] a, double[] b) {
        int n = b.length;
        var m = new double[n][n + 1];
        for (int i = 0; i < n; i++) {
            System.arraycopy(a[i], 0, m[i], 0, n);
            m[i][n] = b[i];
        }
        for (int k = 0; k < n; k++) {
            int pivot = k;
            for (int i = k; i < n; i++) if (Math.abs(m[i][k]) > Math.abs(m[pivot][k])) pivot = i;
            var row = m[k];
            m[k] = m[pivot];
            m[pivot] = row;
            for (int i = 0; i < n; i++) if (i != k) {
                double factor = m[i][k] / m[k][k];
                for (int j = k; j <= n; j++) m[i][j] -= factor * m[k][j];
            }
        }
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = m[i][n] / m[i][i];
        return x;
    }

    @Test void gaussianTreesHaveExactVariances() {
        double[][] a = {{4, 1, 0, 0}, {1, 3, 1, -0.5}, {0, 1, 5, 0}, {0, -0.5, 0, 1}};
        var beliefs = GaussianBeliefPropagation.run(a, new double[] {1, 2, 3, 4}, 0, 10);
        assertThat(beliefs.converged()).isTrue();
        for (int i = 0; i < 4; i++) {
            var unit = new double[4];
            unit[i] = 1;
            assertThat(beliefs.variances()[i]).isCloseTo(gauss(a, unit)[i], within(1e-14));
        }
        assertThatThrownBy(() -> GaussianBeliefPropagation.run(new double[][] {{1, 2}, {1, 1}}, new double[2], 0, 1))
                .hasMessageContaining("symmetric");
        assertThatThrownBy(() -> GaussianBeliefPropagation.run(new double[][] {{1, 2, 2}, {2, 1, 2}, {2, 2, 1}}, new double[3], 0, 50))
                .hasMessageContaining("nearer to diagonally dominant");
    }
}
