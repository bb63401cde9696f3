package lyceum.theory;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.linalg.PseudoInverse;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.DoubleDescent.FeatureMap;
import lyceum.theory.DoubleDescent.Sample;
import org.junit.jupiter.api.Test;

class OverParameterizationTest {

    @Test
    @Acceptance(topic = "over-parameterization", clause = 1) void twoSpareNeuronsTakeTheBadMinimaAway() {
        var teacher = new OverParameterization(10);
        var same = teacher.students(10, 100, Rng.of(1));
        var spare = teacher.students(12, 100, Rng.of(1));
        Evidence.of("share of 100 students of width 10 that end above 1e-3", same.stuck(), atLeast(0.2));
        Evidence.of("and", same.stuck(), atMost(0.5));
        Evidence.of("of width 12", spare.stuck(), atMost(0.02));
        // The article's: 39 of width 10, one of 11, none of 12.
        assertThat(same.stuck()).isCloseTo(0.39, within(0.02));
        assertThat(teacher.students(11, 100, Rng.of(1)).stuck()).isCloseTo(0.01, within(0.011));
        double gradient = 0;
        int last = 0;
        for (var run : same.runs()) if (run.loss() >= 1e-3) {
            gradient = Math.max(gradient, run.gradientNorm());
            last = Math.max(last, run.steps());
        }
        Evidence.of("norm of the gradient where they are stuck", gradient, atMost(1e-7));
        assertThat(last).isLessThan(teacher.maxSteps());
    }

    @Test
    @Acceptance(topic = "over-parameterization", clause = 2) void theLossInClosedFormIsTheMeanOverInputs() {
        double worst = 0;
        int[][] sizes = {{3, 5, 4}, {10, 10, 10}, {12, 10, 10}, {1, 1, 2}, {2, 1, 2}};
        for (int c = 0; c < sizes.length; c++) {
            int width = sizes[c][0], neurons = sizes[c][1], d = sizes[c][2];
            var rng = Rng.of(10 + c);
            double[][] w = Tensor.randn(rng, DType.F64, width, d).mul(0.8).toRows(), v = Tensor.randn(rng, DType.F64, neurons, d).toRows();
            if (c == 3) for (int k = 0; k < d; k++) w[0][k] = -0.7 * v[0][k]; // opposite
            if (c == 4) for (int k = 0; k < d; k++) w[0][k] = w[1][k] = 0.3 * v[0][k]; // the same way
            int draws = 1_000_000;
            double sum = 0, squares = 0;
            var x = new double[d];
            for (int t = 0; t < draws; t++) {
                for (int k = 0; k < d; k++) x[k] = rng.nextGaussian();
                double gap = value(w, x) - value(v, x), half = gap * gap / 2;
                sum += half;
                squares += half * half;
            }
            double mean = sum / draws, error = Math.sqrt((squares / draws - mean * mean) / draws);
            worst = Math.max(worst, Math.abs(new OverParameterization(1).withTeacher(v).loss(w) - mean) / error);
        }
        Evidence.of("largest distance from the mean of 1e6 inputs in standard errors, five pairs of networks", worst, atMost(3));
    }

    private static double value(double[][] w, double[] x) {
        double sum = 0;
        for (double[] row : w) {
            double z = 0;
            for (int k = 0; k < x.length; k++) z += row[k] * x[k];
            sum += Math.max(0, z);
        }
        return sum;
    }

    @Test void theGradientIsThatOfTheLoss() {
        var rng = Rng.of(3);
        double[][] w = Tensor.randn(rng, DType.F64, 4, 3).toRows(), gradient = new double[4][3];
        var teacher = new OverParameterization(1).withTeacher(Tensor.randn(rng, DType.F64, 2, 3).toRows());
        double before = teacher.loss(w, gradient), h = 1e-6;
        assertThat(before).isEqualTo(teacher.loss(w));
        for (int i = 0; i < 4; i++) for (int k = 0; k < 3; k++) {
            double at = w[i][k];
            w[i][k] = at + h;
            double above = teacher.loss(w);
            w[i][k] = at - h;
            double slope = (above - teacher.loss(w)) / (2 * h);
            w[i][k] = at;
            assertThat(Math.abs(gradient[i][k] - slope)).isLessThan(1e-8);
        }
        assertThat(teacher.loss(teacher.teacher())).isLessThan(1e-15);
        assertThatThrownBy(() -> teacher.loss(new double[1][2])).hasMessageContaining("2 inputs, the teacher has 3");
    }

    @Test
    @Acceptance(topic = "over-parameterization", clause = 3) void twentyTimesTheParametersFitAllAndDoBetterThanAsManyAsSamples() {
        int better = 0;
        double train = 0, apart = 0, tight = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(200 + seed);
            Tensor x = Tensor.randn(rng, DType.F64, 1_050, 8).compute(), w = Tensor.randn(rng, DType.F64, 8, 5).compute();
            var y = x.matmul(w).relu().sum(1).add(Tensor.randn(rng, DType.F64, 1_050).mul(0.3)).compute();
            Sample seen = new Sample(x.narrow(0, 0, 50), y.narrow(0, 0, 50)),
                    unseen = new Sample(x.narrow(0, 50, 1_000), y.narrow(0, 50, 1_000));
            var map = OverParameterization.fits(FeatureMap.relu(seed), seen, unseen, new int[] {50}, new int[] {20, 50, 1_000});
            train = Math.max(train, map.train()[0][2]);
            if (map.test()[0][2] < map.test()[0][1]) better++;
            tight = Math.min(tight, map.train()[0][0]);
            for (int i : new int[] {0, 2}) {
                var phi = FeatureMap.relu(seed).of(seen.x(), i == 0 ? 20 : 1_000);
                double byHand = phi.matmul(PseudoInverse.of(phi).solve(seen.y())).sub(seen.y()).square().mean().item();
                apart = Math.max(apart, Math.abs(map.train()[0][i] - byHand));
            }
        }
        Evidence.of("training errors with 20 and 1,000 parameters less the pseudoinverse's", apart, atMost(1e-10));
        Evidence.of("least training error with 20 parameters for 50 samples", tight, atLeast(0.01));
        Evidence.of("largest training error with 1,000 parameters for 50 samples", train, atMost(1e-10));
        Evidence.of("of 20 seeds, in so many they do better on unseen inputs than 50 parameters", better, atLeast(20));
    }
}
