package lyceum.optim;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.LinearMap;
import lyceum.optim.NaturalGradient.DualCoordinates;
import lyceum.optim.NaturalGradient.Method;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class NaturalGradientTest {

    @Test
    @Acceptance(topic = "natural-gradient", clause = 4) void forLogisticRegressionTheStepIsNewtons() {
        var gap = Gap.overLargest();
        double moved = 0;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            int n = 40 + 10 * seed, p = 2 + seed % 4;
            double[][] x = new double[n][p], h = new double[p][p];
            double[] y = new double[n], w = new double[p], g = new double[p];
            for (int j = 0; j < p; j++) w[j] = rng.nextGaussian();
            for (int i = 0; i < n; i++) {
                double z = 0;
                for (int j = 0; j < p; j++) z += w[j] * (x[i][j] = rng.nextGaussian());
                y[i] = rng.nextDouble() < 0.5 ? 1 : 0;
                double mu = 1 / (1 + Math.exp(-z)), e = Math.exp(-z);
                for (int j = 0; j < p; j++) {
                    g[j] += (mu - y[i]) * x[i][j];
                    for (int k = 0; k < p; k++) h[j][k] += e / ((1 + e) * (1 + e)) * x[i][j] * x[i][k];
                }
            }
            double[] newton = eliminate(h, g.clone()); // the Hessian of the loss, solved by Gauss' elimination
            var rows = Tensor.of(x);
            var fisher = GaussNewton.LOGISTIC.of(t -> rows.matmul(t), w);
            for (var method : Method.values()) {
                var next = new NaturalGradient().withMethod(method).withTolerance(1e-13).step(fisher, w, g);
                for (int j = 0; j < p; j++) gap.see(method + ", seed " + seed, next[j], w[j] - newton[j]);
            }
            moved = Math.max(moved, Math.abs(newton[0]));
        }
        Evidence.of("largest gap from Newton's step in 20 data sets, dense and by conjugate gradients", gap, below(1e-8));
        Evidence.of("largest move", moved, above(0.1));
    }

    private static double[] eliminate(double[][] a, double[] b) {
        int n = b.length;
        for (int k = 0; k < n; k++) for (int i = k + 1; i < n; i++) {
            double f = a[i][k] / a[k][k];
            for (int j = k; j < n; j++) a[i][j] -= f * a[k][j];
            b[i] -= f * b[k];
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int j = i + 1; j < n; j++) b[i] -= a[i][j] * b[j];
            b[i] /= a[i][i];
        }
        return b;
    }

    @Test void dampingShortensAndTurnsTowardsTheGradient() {
        var fisher = LinearMap.of(Tensor.of(new double[][] {{4, 0}, {0, 1}}));
        double[] g = {4, 1};
        assertThat(new NaturalGradient().direction(fisher, g)).containsExactly(1, 1);
        assertThat(new NaturalGradient().withDamping(1).direction(fisher, g)).containsExactly(new double[] {0.8, 0.5}, within(1e-14));
        var far = new NaturalGradient().withMethod(Method.CONJUGATE_GRADIENT).withDamping(1e6).direction(fisher, g);
        assertThat(far[0] / far[1]).isCloseTo(4, within(1e-4));
        assertThat(new NaturalGradient().withLearningRate(0.5).step(fisher, new double[] {2, 2}, g))
                .containsExactly(new double[] {1.5, 1.5}, within(1e-14));
        assertThatThrownBy(() -> new NaturalGradient().direction(fisher, new double[3])).isInstanceOf(ShapeException.class)
                .hasMessageContaining("3 numbers");
        assertThatThrownBy(() -> new NaturalGradient().withDamping(-1)).hasMessageContaining("damping is -1.0");
    }

    @Test void itMinimisesASoftmaxRegressionWithoutItsMatrix() {
        var rng = Rng.of(7);
        var x = Tensor.randn(rng, DType.F64, 200, 3);
        var truth = Tensor.randn(rng, DType.F64, 3, 3);
        var noisy = x.matmul(truth).add(Tensor.randn(rng, DType.F64, 200, 3).mul(2));
        var labels = noisy.argmax(1).reshape(200, 1);
        var loss = Objective.of(w -> x.matmul(w.reshape(3, 3)).logSoftmax(-1).gather(1, labels).sum().neg());
        var step = new NaturalGradient().withMethod(Method.CONJUGATE_GRADIENT).withDamping(1e-6).withGradientTolerance(1e-7);
        var found = step.minimize(loss, w -> GaussNewton.SOFTMAX.of(t -> x.matmul(t.reshape(3, 3)), w), new double[9]);
        var reference = new Lbfgs().minimize(loss, new double[9]);
        assertThat(found.converged()).isTrue();
        assertThat(found.value()).isCloseTo(reference.value(), within(1e-8));
        assertThat(found.iterations()).isLessThan(15);
    }

    @Test void dualCoordinatesAreInverses() {
        var c = DualCoordinates.NORMAL;
        double[] theta = {1.5, -0.7};
        assertThat(c.toNatural().apply(c.toExpectation().apply(theta))).containsExactly(theta, within(1e-14));
        assertThat(c.toExpectation().apply(new double[] {2 / 9.0, -1 / 18.0})).containsExactly(new double[] {2, 13}, within(1e-13));
    }
}
