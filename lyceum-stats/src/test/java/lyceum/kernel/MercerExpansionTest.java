package lyceum.kernel;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import lyceum.DType;
import lyceum.prob.Normal;
import lyceum.prob.Quadrature;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class MercerExpansionTest {
    private static final String TOPIC = "mercer";
    private static final KernelFunction BROWNIAN = (s, t) -> Math.min(s[0], t[0]);

    @TestFactory Stream<DynamicTest> contract() {
        return Stream.of(new RandomFourierFeatures(new Matern(1.5, 2.0), 7, 1), new Nystroem(new Rbf(1.0), 9, 2))
                .flatMap(l -> LearnerContract.of(l).tests());
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void brownianMotionHasSines() {
        var expansion = MercerExpansion.midpoint(BROWNIAN, 0, 1, 1000, 10);
        Gap values = Gap.relative(), discrete = Gap.relative(), functions = Gap.absolute();
        double[][] e = expansion.atNodes().toRows();
        for (int k = 1; k <= 10; k++) {
            double omega = (k - 0.5) * Math.PI;
            values.see("eigenvalue " + k, expansion.eigenvalues().item(k - 1), 1 / (omega * omega));
            // The inverse of min(t_i, t_j) is a second difference, whose eigenvalues are known too.
            double h = 1e-3;
            discrete.see("of the matrix " + k, expansion.eigenvalues().item(k - 1), Math.pow(h / (2 * Math.sin(omega * h / 2)), 2));
            double sign = Math.signum(e[3][k - 1]); // the sine begins positive
            for (int i = 0; i < 1000; i++)
                functions.see("function " + k, sign * e[i][k - 1], Math.sqrt(2) * Math.sin(omega * (i + 0.5) / 1000));
        }
        Evidence.of("values at nodes", functions.seen(), exactly(10_000));
        Evidence.of("eigenvalues, relative", values, below(1e-3));
        Evidence.of("eigenvalues of the 1,000 nodes, relative", discrete, below(1e-10));
        Evidence.of("eigenfunctions at the nodes", functions, below(1e-8));
    }

    /** Another interval: Brownian motion on [0, 3] has eigenvalues 9 times as large and functions 1 / sqrt(3) as high. */
    @Test void theMeasureCounts() {
        var expansion = MercerExpansion.midpoint(BROWNIAN, 0, 3, 300, 3);
        double omega = 2.5 * Math.PI;
        Evidence.of("third eigenvalue", Math.abs(expansion.eigenvalues().item(2) * omega * omega / 9 - 1), below(1e-3));
        double[][] between = expansion.eigenfunctions(Tensor.of(new double[][] {{0.3}, {1.7}, {3}})).toRows();
        double sign = Math.signum(between[0][2]);
        var gap = Gap.absolute();
        double[] at = {0.3, 1.7, 3};
        for (int i = 0; i < 3; i++) gap.see("e_3", sign * between[i][2], Math.sqrt(2.0 / 3) * Math.sin(omega * at[i] / 3));
        Evidence.of("extended between the nodes", gap, below(1e-3));
    }

    /** Zhu and others (1998); Rasmussen and Williams (2006), equation 4.39. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void gaussianMeasureGivesAGeometricSpectrum() {
        Gap spectrum = Gap.relative(), inner = Gap.absolute();
        for (double[] c : new double[][] {{1, 1, 0}, {0.5, 1, 2}, {2, 0.7, -1}, {0.4, 3, 0.5}}) {
            double length = c[0], sigma = c[1];
            var measure = new Normal(c[2], sigma);
            var expansion = MercerExpansion.under(new Rbf(length), measure, 8);
            double a = 1 / (4 * sigma * sigma), b = 1 / (2 * length * length), root = a + b + Math.sqrt(a * a + 2 * a * b);
            for (int k = 0; k < 8; k++)
                spectrum.see("l " + length + " sigma " + sigma + " k " + k, expansion.eigenvalues().item(k),
                        Math.sqrt(2 * a / root) * Math.pow(b / root, k));
            // Orthonormal under the measure, by a rule that the expansion has not seen.
            for (int i = 0; i < 8; i += 3) {
                for (int j = 0; j <= i; j++) {
                    int p = i, q = j;
                    double product = Quadrature.integrate(t -> {
                        double[] e = expansion.eigenfunctions(Tensor.of(new double[][] {{t}})).toDoubleArray();
                        return measure.density(t) * e[p] * e[q];
                    }, new double[] {c[2] - 10 * sigma, c[2], c[2] + 10 * sigma}, 1e-6, 1e-8);
                    inner.see(i + " " + j, product, i == j ? 1 : 0);
                }
            }
        }
        Evidence.of("eigenvalues", spectrum.seen(), exactly(32));
        Evidence.of("eigenvalues, relative", spectrum, below(1e-8));
        Evidence.of("orthonormality", inner, below(1e-7));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void truncationsRiseToTheKernel() {
        int[] counts = {0, 1, 2, 5, 10, 20, 40, 80};
        var t = Tensor.linspace(0, 1, 201).to(DType.F64).unsqueeze(1).compute();
        KernelFunction[] kernels = {BROWNIAN, new Rbf(0.3), new Matern(1.5, 0.5), new Matern(0.5, 0.4).plus(new LinearKernel())};
        double fall = 0, above = 0, worstRatio = 0;
        for (var kernel : kernels) {
            boolean smooth = kernel instanceof Rbf;
            var expansion = MercerExpansion.midpoint(kernel, 0, 1, 600, smooth ? 12 : 80);
            double[][] exact = kernel.gram(t).toRows();
            double[] before = new double[201];
            double last = Double.POSITIVE_INFINITY;
            for (int count : counts) {
                if (count > expansion.terms()) continue;
                double[][] rebuilt = expansion.truncated(t, t, count).toRows();
                double worst = 0;
                for (int i = 0; i < 201; i++) {
                    fall = Math.max(fall, before[i] - rebuilt[i][i]);
                    above = Math.max(above, rebuilt[i][i] - exact[i][i]);
                    before[i] = rebuilt[i][i];
                    for (int j = 0; j < 201; j++) worst = Math.max(worst, Math.abs(rebuilt[i][j] - exact[i][j]));
                }
                assertThat(worst).as("uniform error after %d", count).isLessThan(last);
                last = worst;
                if (kernel == BROWNIAN) {
                    // What is missing at t = 1, the largest gap: 2 sum_{j > count} l_j, which is 1 less twice the terms taken.
                    double tail = 1;
                    for (int j = 1; j <= count; j++) tail -= 2 / Math.pow((j - 0.5) * Math.PI, 2);
                    worstRatio = Math.max(worstRatio, Math.abs(worst / tail - 1));
                }
            }
            Evidence.of("uniform error at the end", last, below(smooth ? 1e-6 : 0.02));
        }
        Evidence.of("largest fall on the diagonal", fall, below(1e-12));
        Evidence.of("largest excess over the kernel", above, below(1e-12));
        Evidence.of("uniform error of min(s, t) against its closed form, relative", worstRatio, below(0.05));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void fourierErrorsFallWithTheRootOfTheirNumber() {
        ShiftInvariant[] kernels = {new Rbf(1.5), new Rbf(0.8, 2.0, 3.0), new Matern(0.5, 2.0), new Matern(1.5, 1.0, 2.0, 3.0),
                new Matern(2.5, 1.5), new RationalQuadratic(0.8, 1.5), new Laplacian(0.4)};
        int[] sizes = {32, 128, 512, 2048, 8192};
        double worst = 0, steepest = Double.POSITIVE_INFINITY, flattest = Double.NEGATIVE_INFINITY;
        for (var kernel : kernels) {
            var x = Tensor.randn(Rng.of(9), DType.F64, 25, 3);
            var exact = kernel.gram(x);
            double sxx = 0, sxy = 0, mx = 0, my = 0;
            var logs = new double[sizes.length];
            for (int s = 0; s < sizes.length; s++) {
                double square = 0;
                int draws = 8;
                for (int seed = 0; seed < draws; seed++) {
                    var phi = new RandomFourierFeatures(kernel, sizes[s], 100 * s + seed).fit(x).transform(x);
                    square += phi.matmul(phi.transpose()).sub(exact).square().mean().item() / draws;
                }
                logs[s] = 0.5 * Math.log(square);
                mx += Math.log(sizes[s]) / sizes.length;
                my += logs[s] / sizes.length;
                // E of one product's square is at most 3/2, so that the deviation is at most sqrt(1.5 / D).
                worst = Math.max(worst, Math.exp(logs[s]) * Math.sqrt(sizes[s]));
            }
            for (int s = 0; s < sizes.length; s++) {
                sxx += (Math.log(sizes[s]) - mx) * (Math.log(sizes[s]) - mx);
                sxy += (Math.log(sizes[s]) - mx) * (logs[s] - my);
            }
            steepest = Math.min(steepest, sxy / sxx);
            flattest = Math.max(flattest, sxy / sxx);
        }
        Evidence.of("steepest slope of 7 kernels", steepest, between(-0.6, -0.4));
        Evidence.of("flattest slope", flattest, between(-0.6, -0.4));
        Evidence.of("error times sqrt(D)", worst, below(1.23));
    }

    @Test void landmarksAreExactAmongThemselves() {
        var x = Tensor.randn(Rng.of(2), DType.F64, 40, 2);
        KernelFunction kernel = new Rbf(0.7).plus(new PolynomialKernel(2));
        var model = new Nystroem(kernel, 12, 5).fit(x);
        var phi = model.transform(model.landmarks());
        Evidence.of("among landmarks", phi.matmul(phi.transpose()).sub(kernel.gram(model.landmarks())).abs().max().item(), below(1e-9));
        assertThat(model.landmarks().size(0)).isEqualTo(12);
        // Elsewhere the least-squares residual K - C W^-1 C' is positive semi-definite.
        var all = model.transform(x);
        var left = kernel.gram(x).sub(all.matmul(all.transpose()));
        assertThat(left.diagonal().min().item()).isGreaterThan(-1e-9);
        assertThat(left.diagonal().max().item()).isGreaterThan(1e-3);
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> MercerExpansion.midpoint(new PolynomialKernel(2), 0, 1, 50, 5)).hasMessageContaining("only 3 eigenvalues");
        assertThatThrownBy(() -> MercerExpansion.midpoint(BROWNIAN, 0, 1, 5, 6)).hasMessageContaining("terms is 6");
        assertThatThrownBy(() -> MercerExpansion.midpoint(BROWNIAN, 1, 1, 5, 2)).hasMessageContaining("empty");
    }
}
