package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class HighDimensionTest {

    private static double[] cube(Rng rng, int d) {
        var x = new double[d];
        for (int i = 0; i < d; i++) x[i] = 2 * rng.nextDouble() - 1;
        return x;
    }

    private static double squaredNorm(double[] x) { return Arrays.stream(x).map(v -> v * v).sum(); }

    @Test
    @Acceptance(topic = "curse-of-dimensionality", clause = 1) void theBallsShareOfItsCubeIsCountedByPoints() {
        var rng = Rng.of(1961);
        double worst = 0;
        int n = 200_000;
        for (int d = 1; d <= 8; d++) {
            int inside = 0;
            for (int i = 0; i < n; i++) if (squaredNorm(cube(rng, d)) <= 1) inside++;
            double share = HighDimension.ballShare(d), error = Math.sqrt(share * (1 - share) / n);
            if (d == 1) assertThat(inside).isEqualTo(n);
            else worst = Math.max(worst, Math.abs((double) inside / n - share) / error);
        }
        Evidence.of("largest distance in standard errors, d = 2 ... 8", worst, below(3));
        assertThat(HighDimension.ballShare(1)).isCloseTo(1, within(1e-14));
        assertThat(HighDimension.ballShare(3)).isCloseTo(Math.PI / 6, within(1e-14));
        assertThat(HighDimension.edge(0.01, 10)).isCloseTo(0.63, within(1e-3));
    }

    @Test
    @Acceptance(topic = "curse-of-dimensionality", clause = 2) void theNearestOfFiveHundredLiesPastHalfway() {
        var rng = Rng.of(2);
        var nearest = new double[2_001];
        for (int run = 0; run < nearest.length; run++) {
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i < 500; i++) least = Math.min(least, squaredNorm(HighDimension.inBall(rng, 10)));
            nearest[run] = Math.sqrt(least);
        }
        Arrays.sort(nearest);
        double formula = Math.pow(1 - Math.pow(2, -1.0 / 500), 0.1);
        Evidence.of("simulated median over (1 - 2^(-1/N))^(1/d)", nearest[1_000] / formula, between(0.98, 1.02));
        Evidence.of("the unit's value less the formula", Math.abs(HighDimension.nearestToOrigin(500, 10) - formula), below(1e-12));
        Evidence.of("the formula, to two digits", Math.round(100 * formula) / 100.0, exactly(0.52));
        assertThat(HighDimension.pointsFor(formula, 10)).isCloseTo(500, within(1e-6));
    }

    @Test
    @Acceptance(topic = "curse-of-dimensionality", clause = 3) void relativeContrastCollapses() {
        for (double p : new double[] {1, 2, Double.POSITIVE_INFINITY}) {
            double[] contrast = new double[2];
            for (int which = 0; which < 2; which++) {
                int d = which == 0 ? 2 : 1_000;
                var rng = Rng.of(3);
                var values = new double[21];
                for (int run = 0; run < values.length; run++) {
                    var points = new double[500][];
                    for (int i = 0; i < points.length; i++) points[i] = cube(rng, d);
                    values[run] = HighDimension.relativeContrast(cube(rng, d), points, p);
                }
                Arrays.sort(values);
                contrast[which] = values[10];
            }
            Evidence.of("contrast at d = 2 over that at d = 1,000, norm " + p, contrast[0] / contrast[1], above(10));
        }
    }

    @Test
    @Acceptance(topic = "curse-of-dimensionality", clause = 4) void nearestNeighbourErrorRisesWithDimension() {
        var rng = Rng.of(4);
        int[] dimensions = {1, 2, 4, 8};
        var errors = new double[4];
        for (int which = 0; which < 4; which++) {
            int d = dimensions[which];
            for (int run = 0; run < 100; run++) {
                double[][] points = new double[1_000][];
                var values = new double[1_000];
                for (int i = 0; i < 1_000; i++) values[i] = Math.exp(-8 * squaredNorm(points[i] = cube(rng, d)));
                double found = HighDimension.nearestValue(new double[d], points, values);
                errors[which] += (found - 1) * (found - 1) / 100;
            }
        }
        int rises = 0;
        for (int i = 1; i < 4; i++) if (errors[i] > 2 * errors[i - 1]) rises++;
        Evidence.of("steps of d = 1, 2, 4, 8 at which the mean squared error more than doubles", rises, exactly(3));
        Evidence.of("mean squared error at d = 1", errors[0], atMost(1e-4));
        Evidence.of("mean squared error at d = 8", errors[3], above(0.5));
    }

    @Test
    @Acceptance(topic = "curse-of-dimensionality", clause = 5) void aSheetInFiftyDimensionsHasTwo() {
        var rng = Rng.of(5);
        double low = Double.POSITIVE_INFINITY, high = 0;
        for (int run = 0; run < 5; run++) {
            var axes = new double[2][50];
            for (var axis : axes) for (int k = 0; k < 50; k++) axis[k] = rng.nextGaussian();
            var points = new double[1_000][50];
            for (var point : points) {
                double u = rng.nextDouble(), v = rng.nextDouble();
                for (int k = 0; k < 50; k++) point[k] = u * axes[0][k] + v * axes[1][k];
            }
            double found = HighDimension.intrinsicDimension(Tensor.of(points), 10);
            low = Math.min(low, found);
            high = Math.max(high, found);
        }
        Evidence.of("least estimate of five sheets", low, between(1.8, 2.2));
        Evidence.of("largest estimate of five sheets", high, between(1.8, 2.2));
        var line = new double[300][4];
        for (int i = 0; i < 300; i++) Arrays.fill(line[i], rng.nextDouble());
        assertThat(HighDimension.intrinsicDimension(Tensor.of(line), 10)).isBetween(0.8, 1.2);
    }

    @Test void hubsFormAndShellsAreThin() {
        var rng = Rng.of(6);
        double[] skew = new double[2];
        for (int which = 0; which < 2; which++) {
            var points = new double[400][which == 0 ? 2 : 100];
            for (var point : points) for (int k = 0; k < point.length; k++) point[k] = rng.nextGaussian();
            skew[which] = HighDimension.hubness(Tensor.of(points), 5);
        }
        assertThat(skew[1]).isGreaterThan(1.5).isGreaterThan(3 * Math.abs(skew[0]));
        var shell = HighDimension.gaussianShell(100);
        double sum = 0, squares = 0;
        for (int i = 0; i < 20_000; i++) {
            double squared = 0;
            for (int k = 0; k < 100; k++) {
                double v = rng.nextGaussian();
                squared += v * v;
            }
            sum += Math.sqrt(squared);
            squares += squared;
        }
        assertThat(sum / 20_000).isCloseTo(shell.radius(), within(0.02));
        assertThat(Math.sqrt(squares / 20_000 - sum * sum / 4e8)).isCloseTo(shell.width(), within(0.02));
        assertThat(HighDimension.gridPoints(0.1, 6)).isEqualTo(1e6);
    }

    @Test void whatMakesNoSenseIsRefused() {
        assertThatThrownBy(() -> HighDimension.ballShare(0)).hasMessage("HighDimension: 0 dimensions; at least 1 is needed");
        assertThatThrownBy(() -> HighDimension.nearestToOrigin(0, 2)).hasMessageContaining("the nearest of 0 points");
        assertThatThrownBy(() -> HighDimension.edge(2, 3)).hasMessageContaining("a share of 2.0");
        assertThatThrownBy(() -> HighDimension.hubness(Tensor.of(new double[3][2]), 3)).hasMessageContaining("3 neighbours of 3 points");
        assertThatThrownBy(() -> HighDimension.relativeContrast(new double[2], new double[][] {{1, 2, 3}}, 2))
                .hasMessage("HighDimension: a point of 3 numbers beside one of 2");
    }
}
