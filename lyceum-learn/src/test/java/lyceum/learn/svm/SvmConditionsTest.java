package lyceum.learn.svm;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.Rbf;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class SvmConditionsTest {
    private static final double TOLERANCE = 1e-8;

    /** KKT conditions and both objectives from coefficients and values alone: nu's are about rho's sides, regression's about the tube's. */
    @Acceptance(topic = "svm", clause = 2)
    @Test void optimalityConditionsHoldForNuAndForRegression() {
        double kkt = 0, gap = 0, wrongSide = 0;
        int models = 0;
        for (int seed = 0; seed < 6; seed++) {
            var rng = Rng.of(90 + seed);
            int n = 50 + 20 * seed;
            var x = Tensor.randn(rng, DType.F64, n, 3).compute();
            var y = x.select(1, 0).mul(x.select(1, 1).mul(0.5).add(1)).add(Tensor.randn(rng, DType.F64, n).mul(0.4)).compute();
            double[] target = y.toDoubleArray();
            for (var kernel : new KernelFunction[] {new LinearKernel(), new Rbf(0.8)}) {
                for (boolean shrinking : new boolean[] {true, false}) {
                    double nu = kernel instanceof Rbf ? 0.2 + 0.1 * seed : 0.5 + 0.04 * seed;
                    var labels = y.gt(0).to(DType.I64);
                    var classes = new Svm(kernel, 1).withTolerance(TOLERANCE).withNu(nu).withShrinking(shrinking).fit(x, labels);
                    double[] f = classes.decisionFunction(x).toDoubleArray(), a = coefficients(classes.support(), n);
                    // After the division by rho sum a is nu n / rho, and the bound 1 / rho.
                    double sum = 0, balance = 0, norm = 0, slack = 0, b = classes.support().intercepts().item(0);
                    for (int i = 0; i < n; i++) {
                        sum += Math.abs(a[i]);
                        balance += a[i];
                        norm += a[i] * (f[i] - b);
                    }
                    double rho = nu * n / sum;
                    for (int i = 0; i < n; i++) {
                        double margin = target[i] > 0 ? f[i] : -f[i], size = Math.abs(a[i]) * rho;
                        wrongSide = Math.max(wrongSide, target[i] > 0 ? -a[i] : a[i]);
                        assertThat(size).isLessThan(1 + 1e-12);
                        if (size < 1 - 1e-12) kkt = Math.max(kkt, rho * (1 - margin));
                        if (size > 0) kkt = Math.max(kkt, rho * (margin - 1));
                        slack += rho * Math.max(0, 1 - margin);
                    }
                    kkt = Math.max(kkt, Math.abs(balance));
                    // Primal and dual on rho's scale: |w|^2 / 2 - nu n rho + slacks, and -|w|^2 / 2.
                    gap = Math.max(gap, Math.abs(rho * rho * norm - nu * n * rho + slack));

                    double c = 0.3 + seed, epsilon = 0.05 + 0.1 * seed;
                    var line = new SvmRegressor(kernel, c, epsilon).withTolerance(TOLERANCE).withShrinking(shrinking).fit(x, y);
                    double[] g = line.predict(x).toDoubleArray(), beta = coefficients(line.support(), n);
                    double total = 0, primal = 0, dual = 0, square = 0, shift = line.support().intercepts().item(0);
                    for (int i = 0; i < n; i++) {
                        double miss = target[i] - g[i], side = Math.signum(beta[i]);
                        assertThat(Math.abs(beta[i])).isLessThanOrEqualTo(c);
                        if (Math.abs(beta[i]) < c) kkt = Math.max(kkt, beta[i] == 0 ? Math.abs(miss) - epsilon : side * miss - epsilon);
                        if (beta[i] != 0) kkt = Math.max(kkt, epsilon - side * miss);
                        total += beta[i];
                        square += beta[i] * (g[i] - shift);
                        primal += c * Math.max(0, Math.abs(miss) - epsilon);
                        dual += target[i] * beta[i] - epsilon * Math.abs(beta[i]);
                    }
                    kkt = Math.max(kkt, Math.abs(total));
                    gap = Math.max(gap, Math.abs(square + primal - dual));
                    models += 2;
                }
            }
        }
        Evidence.of("models of nu and regression", models, exactly(48));
        Evidence.of("largest weight for the other class", wrongSide, atMost(0));
        Evidence.of("their largest violation", kkt, below(TOLERANCE));
        Evidence.of("their duality gap", gap, below(1e-4));
    }

    private static double[] coefficients(SupportVectors support, int n) {
        double[] all = new double[n], some = support.coefficients().toDoubleArray();
        int[] at = support.indices();
        for (int s = 0; s < at.length; s++) all[at[s]] = some[s];
        return all;
    }

    /** No line parts these classes: with few rows let inside, their reduced hulls overlap, and the street has no width. */
    @Test void aShareThatLeavesNoStreetIsRefused() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 60, 2).compute();
        var y = x.select(1, 0).mul(x.select(1, 1)).gt(0).to(DType.I64);
        var svm = new Svm(new LinearKernel(), 1).withTolerance(1e-6).withNu(0.1);
        assertThatThrownBy(() -> svm.fit(x, y)).hasMessageContaining("nu is 0.1").hasMessageContaining("larger nu");
        assertThat(svm.withKernel(new Rbf(0.5)).fit(x, y).converged()).isTrue();
    }
}
