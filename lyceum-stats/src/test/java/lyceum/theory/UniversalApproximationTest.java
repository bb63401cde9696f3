package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class UniversalApproximationTest {
    /** On [0, 1], with its Lipschitz constant and the largest |f''| by hand; NaN where it is not twice differentiable, 0 where it is affine. */
    private record Known(DoubleUnaryOperator f, double lipschitz, double curvature) {}

    private static Known sine(double w, double phase) { return new Known(x -> Math.sin(w * x + phase), w, w * w); }

    private static final List<Known> KNOWN = List.of(new Known(x -> x * x, 2, 2), new Known(x -> x * x * x, 3, 6),
            new Known(Math::exp, Math.E, Math.E), new Known(x -> Math.exp(-3 * x), 3, 9), new Known(Math::log1p, 1, 1),
            new Known(x -> 1 / (1 + x), 1, 2), sine(4, 0), sine(9, 1), sine(15, 2), new Known(x -> Math.sqrt(x + 0.25), 1, 2),
            new Known(Math::tanh, 1, 4 / (3 * Math.sqrt(3))), new Known(Math::cosh, Math.sinh(1), Math.cosh(1)),
            new Known(x -> Math.exp(-(x - 0.5) * (x - 0.5) * 8), 4 * Math.exp(-0.5), 16), new Known(x -> Math.log(Math.cosh(3 * x)), 3, 9),
            new Known(x -> 3 * x - 1, 3, 0), new Known(x -> Math.abs(x - 0.3), 1, Double.NaN),
            new Known(x -> Math.max(0.2, Math.min(x, 0.71)), 1, Double.NaN), new Known(x -> Math.abs(Math.sin(7 * x)), 7, Double.NaN),
            new Known(x -> Math.abs(x - Math.rint(3 * x) / 3), 1, Double.NaN), new Known(x -> Math.max(x * x, 0.5 - x), 2, Double.NaN));

    @Test
    @Acceptance(topic = "universal-approximation", clause = 1) void theReluNetworkKeepsToItsErrors() {
        int functions = 0, smooth = 0;
        double lipschitz = Double.NEGATIVE_INFINITY, curvature = lipschitz, steepest = lipschitz, flattest = -lipschitz;
        for (var known : KNOWN) {
            functions++;
            double n = 0, sumX = 0, sumY = 0, sumXx = 0, sumXy = 0;
            for (int pieces : new int[] {1, 3, 7, 16, 32, 64, 128, 256}) {
                var network = UniversalApproximation.relu(known.f, 0, 1, pieces);
                assertThat(network.width()).isEqualTo(pieces);
                double error = supError(network, known.f);
                lipschitz = Math.max(lipschitz, error - known.lipschitz / (2 * pieces));
                if (known.curvature >= 0) curvature = Math.max(curvature, error - known.curvature / (8.0 * pieces * pieces));
                if (pieces >= 16) {
                    double x = Math.log(pieces), y = Math.log(error);
                    n++;
                    sumX += x;
                    sumY += y;
                    sumXx += x * x;
                    sumXy += x * y;
                }
            }
            if (known.curvature > 0) {
                double slope = (n * sumXy - sumX * sumY) / (n * sumXx - sumX * sumX);
                steepest = Math.max(steepest, -slope);
                flattest = Math.min(flattest, -slope);
                smooth++;
            }
        }
        Evidence.of("functions", functions, exactly(20));
        Evidence.of("of them twice differentiable, not affine", smooth, exactly(14));
        Evidence.of("largest sup error less L / 2N", lipschitz, atMost(1e-12));
        Evidence.of("largest sup error less max |f''| / 8N^2", curvature, atMost(1e-12));
        Evidence.of("largest order over N = 16..256", steepest, between(1.9, 2.1));
        Evidence.of("least order", flattest, between(1.9, 2.1));
    }

    /** On a grid that has the middles of all pieces, and others. */
    private static double supError(UniversalApproximation.Network network, DoubleUnaryOperator f) {
        double most = 0;
        for (int i = 0; i <= 5_376; i++) most = Math.max(most, Math.abs(network.at(i / 5_376.0) - f.applyAsDouble(i / 5_376.0))); // 2^8 * 21
        return most;
    }

    @Test
    @Acceptance(topic = "universal-approximation", clause = 2) void bumpsInThePlaneReachTheirError() {
        DoubleBinaryOperator cone = (x, y) -> Math.hypot(x - 0.4, y - 0.55), wave = (x, y) -> Math.sin(3 * x + 4 * y) / 5,
                ridge = (x, y) -> Math.abs(x + y - 0.9) / Math.sqrt(2);
        for (var f : List.of(cone, wave, ridge)) {
            var bumps = UniversalApproximation.bumps(f, new double[] {0, 0}, new double[] {1, 1}, 1, 0.05);
            double most = 0, corners = 0;
            for (int i = 0; i <= 240; i++) for (int j = 0; j <= 240; j++) {
                double x = i / 240.0, y = j / 240.0, error = Math.abs(bumps.at(x, y) - f.applyAsDouble(x, y));
                most = Math.max(most, error);
                if (i % 16 == 0 && j % 16 == 0) corners = Math.max(corners, error);
            }
            Evidence.of("largest error on 58,081 points", most, atMost(0.05));
            // ceil(1 / (0.05 sqrt 2)) = 15 steps: 16^2 bumps over 2 (16 + 16 + 31) rectifiers.
            Evidence.of("bumps", bumps.secondWidth(), exactly(256));
            Evidence.of("rectifiers that they share", bumps.firstWidth(), exactly(126));
            assertThat(corners).isLessThan(1e-12);
        }
        // Twice as steep: ceil(2 / (0.05 sqrt 2)) = 29 steps.
        var steep = UniversalApproximation.bumps((x, y) -> 2 * cone.applyAsDouble(x, y), new double[] {0, 0}, new double[] {1, 1}, 2, 0.05);
        double most = 0;
        for (int i = 0; i <= 240; i++)
            for (int j = 0; j <= 240; j++)
                most = Math.max(most, Math.abs(steep.at(i / 240.0, j / 240.0) - 2 * cone.applyAsDouble(i / 240.0, j / 240.0)));
        Evidence.of("largest error where the constant is 2", most, atMost(0.05));
        Evidence.of("units for it", steep.width(), exactly(30 * 30 + 2 * (30 + 30 + 59)));
        // The bumps add up to 1, on a rectangle too.
        var one = UniversalApproximation.bumps((x, y) -> 1, new double[] {-1, 2}, new double[] {1, 3}, 1, 0.2);
        var rng = Rng.of(2);
        for (int i = 0; i < 200; i++) assertThat(one.at(2 * rng.nextDouble() - 1, 2 + rng.nextDouble())).isCloseTo(1, within(1e-12));
        assertThat(one.width()).isEqualTo(9 * 5 + 2 * (9 + 5 + 13));
    }

    @Test
    @Acceptance(topic = "universal-approximation", clause = 3) void aQuadraticActivationNeverGetsThere() {
        DoubleUnaryOperator f = x -> Math.sin(6 * Math.PI * x);
        double[] quadratic = UniversalApproximation.widthErrors(z -> z * z, f, 0, 1, 512, Rng.of(3)),
                relu = UniversalApproximation.widthErrors(z -> Math.max(0, z), f, 0, 1, 512, Rng.of(3));
        Evidence.of("widths", quadratic.length, exactly(512));
        Evidence.of("least sup error of a quadratic activation over all widths", Arrays.stream(quadratic).min().orElseThrow(), above(0.3));
        Evidence.of("the same of ReLU, which the same code fits", Arrays.stream(relu).min().orElseThrow(), below(0.05));
        // Whatever the width, it is a polynomial of degree 2: the least-squares one, by hand from its normal equations (Simpson's rule on the same grid).
        double[] direct = parabola(f);
        assertThat(quadratic[511]).isCloseTo(direct[0], within(1e-9));
        assertThat(quadratic[1]).isCloseTo(direct[0], within(1e-6));
        // And no other is nearer than 0, whose error is 1: the binomials of 5 with alternating signs annihilate parabolas at six equal steps. Their
        // sizes add up to 32, and so does what they make of the sine's six extremes, which alternate.
        double[] c = {1, -5, 10, -10, 5, -1};
        double sum = 0, size = 0, one = 0, x1 = 0, x2 = 0;
        for (int k = 0; k < 6; k++) {
            double x = (2 * k + 1) / 12.0;
            sum += c[k] * f.applyAsDouble(x);
            size += Math.abs(c[k]);
            one += c[k];
            x1 += c[k] * x;
            x2 += c[k] * x * x;
        }
        Evidence.of("what they keep of a parabola", Math.max(Math.abs(one), Math.max(Math.abs(x1), Math.abs(x2))), below(1e-12));
        Evidence.of("least sup error of any parabola, by duality", sum / size, atLeast(1 - 1e-12));
        // Its grid of 1,001 points lies beside the extremes.
        Evidence.of("least error of a quadratic activation less that", Arrays.stream(quadratic).min().orElseThrow() - sum / size,
                atLeast(-1e-4));
    }

    /** Sup error of the least-squares parabola on 1,001 points, by Legendre polynomials made orthogonal on them. */
    private static double[] parabola(DoubleUnaryOperator f) {
        int n = 1_001;
        double s2 = 0, sf = 0, sfu = 0, sfq = 0, sqq = 0;
        for (int i = 0; i < n; i++) s2 += u(i) * u(i) / n;
        for (int i = 0; i < n; i++) {
            double y = f.applyAsDouble(i / 1_000.0), q = u(i) * u(i) - s2;
            sf += y;
            sfu += y * u(i);
            sfq += y * q;
            sqq += q * q;
        }
        double most = 0;
        for (int i = 0; i < n; i++)
            most = Math.max(most, Math.abs(f.applyAsDouble(i / 1_000.0) - sf / n - sfu / (n * s2) * u(i) - sfq / sqq * (u(i) * u(i) - s2)));
        return new double[] {most};
    }

    private static double u(int i) { return i / 500.0 - 1; }

    @Test void sigmoidsAndTraining() {
        DoubleUnaryOperator f = x -> Math.sin(6 * Math.PI * x);
        int pieces = UniversalApproximation.pieces(6 * Math.PI, 0, 1, 0.05);
        assertThat(pieces).isEqualTo(189);
        assertThat(UniversalApproximation.relu(f, 0, 1, pieces).supError(f, 0, 1, 4_000)).isLessThan(0.05);
        var stairs = UniversalApproximation.sigmoid(f, 0, 1, 2 * pieces, 40 * 2 * pieces);
        assertThat(stairs.supError(f, 0, 1, 4_000)).isLessThan(0.05);
        assertThat(stairs.width()).isEqualTo(2 * pieces - 1);
        // At equal width training stays behind.
        var trained = UniversalApproximation.train(f, 0, 1, 24, 500, Rng.of(5));
        double written = UniversalApproximation.relu(f, 0, 1, 24).supError(f, 0, 1, 1_000), found = trained.supError(f, 0, 1, 1_000);
        assertThat(trained.width()).isEqualTo(24);
        assertThat(written).isLessThan(found);
        assertThat(found).isLessThan(1.5);
        assertThat(trained.at(Tensor.of(0.25, 0.5)).toDoubleArray()).containsExactly(trained.at(0.25), trained.at(0.5));
        assertThatThrownBy(() -> UniversalApproximation.relu(f, 1, 1, 3)).hasMessageContaining("from 1.0 to 1.0");
        assertThatThrownBy(() -> UniversalApproximation.relu(f, 0, 1, 0)).hasMessageContaining("0 pieces");
    }
}
