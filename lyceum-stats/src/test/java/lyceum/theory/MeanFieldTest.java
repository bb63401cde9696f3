package lyceum.theory;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.linalg.LeastSquares;
import lyceum.prob.GaussHermite;
import lyceum.prob.Normal;
import lyceum.prob.Quadrature;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.MeanField.Unit;
import lyceum.theory.WideTraining.Scaling;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MeanFieldTest {
    private static final int NETWORKS = 50, LAYERS = 21;
    private static final List<MeanField> FIELDS = List.of(new MeanField(Unit.TANH, 0.9, 0.05), new MeanField(Unit.TANH, 2.5, 0),
            new MeanField(Unit.TANH, 1.3, 0.3), new MeanField(Unit.RELU, 2, 0), new MeanField(Unit.TANH, 1.5, 0.5));

    /** Means over the networks, [field][layer]; each field sees the same weights. */
    private static final class Measured {
        static final double[][] VARIANCE = new double[FIELDS.size()][LAYERS], CORRELATION = new double[FIELDS.size()][LAYERS],
                LOG = new double[FIELDS.size()][LAYERS], RATIO = new double[FIELDS.size()][LAYERS];

        static {
            for (int net = 0; net < NETWORKS; net++) {
                var signals = MeanField.measure(FIELDS, 1_000, LAYERS, 1.2, 0.6, Rng.of(1).split(net));
                for (int f = 0; f < FIELDS.size(); f++) for (int l = 0; l < LAYERS; l++) {
                    var s = signals.get(f);
                    VARIANCE[f][l] += s.variance()[l] / NETWORKS;
                    CORRELATION[f][l] += s.correlation()[l] / NETWORKS;
                    LOG[f][l] += Math.log(s.perturbation()[l]) / NETWORKS;
                    if (l > 0) RATIO[f][l] += s.variance()[l] / s.variance()[l - 1] / NETWORKS;
                }
            }
        }
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "mean-field-theory", clause = 1) void variancesOfWideNetworksAreThePredictedOnes() {
        double worst = 0, ratio = 0, correlations = 0;
        for (int f : new int[] {0, 1, 2, 4}) {
            double q = 1.2;
            for (int l = 1; l < LAYERS; l++) {
                q = FIELDS.get(f).variance(q);
                worst = Math.max(worst, Math.abs(Measured.VARIANCE[f][l] / q - 1));
            }
            // Both inputs have variance q only nearly; where correlations settle they do not remember.
            if (f != 1)
                correlations = Math.max(correlations, Math.abs(Measured.CORRELATION[f][LAYERS - 1] - FIELDS.get(f).fixedCorrelation()));
        }
        for (int l = 1; l < LAYERS; l++) ratio += Measured.RATIO[3][l] / (LAYERS - 1);
        Evidence.of("tanh, four settings, 50 networks of width 1,000: largest relative distance of the variance, 20 depths", worst,
                atMost(0.03));
        Evidence.of("ReLU at 2: distance from 1 of the mean ratio of variances", Math.abs(ratio - 1), atMost(0.01));
        assertThat(correlations).isLessThan(0.02);
    }

    @Test
    @Acceptance(topic = "mean-field-theory", clause = 1) void reluIsCriticalAtTwo() {
        Evidence.of("distance of ReLU's critical variance from 2", Math.abs(MeanField.critical(Unit.RELU, 0) - 2), atMost(1e-13));
        Evidence.of("with biases", Math.abs(MeanField.critical(Unit.RELU, 0.7) - 2), atMost(1e-13));
        assertThat(MeanField.critical(Unit.TANH, 0)).isCloseTo(1, within(1e-6));
        // The article's: chi of 0.706 and 1.173, tanh at (1, 0) from 1 to 0.052 and 0.005.
        assertThat(new MeanField(Unit.TANH, 0.9, 0.05).chi()).isCloseTo(0.706, within(5e-4));
        assertThat(new MeanField(Unit.TANH, 2.5, 0).chi()).isCloseTo(1.173, within(5e-4));
        double q = 1;
        for (int l = 1; l <= 100; l++) {
            q = new MeanField(Unit.TANH, 1, 0).variance(q);
            if (l == 10) assertThat(q).isCloseTo(0.052, within(5e-4));
        }
        assertThat(q).isCloseTo(0.005, within(5e-4));
    }

    /** By adaptive quadrature, the fixed point by brute force. */
    @Test void mapsAreTheIntegralsTheyClaimToBe() {
        var normal = new Normal(0, 1);
        for (var f : FIELDS) {
            double q = 0.8;
            if (f.unit() == Unit.TANH) assertThat(f.variance(q)).isCloseTo(
                    f.weightVariance() * Quadrature.expectation(normal, z -> Math.pow(Math.tanh(Math.sqrt(0.8) * z), 2)) + f.biasVariance(),
                    within(1e-9));
            assertThat(f.correlation(q, 1)).isCloseTo(1, within(1e-12));
            if (f.unit() == Unit.RELU) continue;
            for (int l = 0; l < 5_000; l++) q = f.variance(q);
            assertThat(f.fixedVariance()).isCloseTo(q, within(1e-10));
            double h = 1e-5, slope = (f.variance(q + h) - f.variance(q - h)) / (2 * h);
            assertThat(f.varianceDepth()).isCloseTo(-1 / Math.log(slope), within(1e-5));
            // chi is the slope of the correlation's map at 1.
            assertThat((1 - f.correlation(q, 1 - 1e-6)) / 1e-6).isCloseTo(f.chi(), within(1e-4));
        }
        // Cho and Saul's angle for ReLU: E relu relu = (sin t + (pi - t) cos t) / (2 pi).
        double t = Math.acos(0.3), told = (Math.sin(t) + (Math.PI - t) * 0.3) / Math.PI;
        assertThat(new MeanField(Unit.RELU, 2, 0).correlation(1, 0.3)).isCloseTo(told, within(2e-3));
        assertThat(new MeanField(Unit.RELU, 3, 0).fixedVariance()).isInfinite();
        assertThat(new MeanField(Unit.RELU, 1, 0).fixedVariance()).isZero();
        assertThat(new MeanField(Unit.RELU, 1, 0.4).fixedVariance()).isCloseTo(0.8, within(1e-12));
        assertThatThrownBy(() -> new MeanField(Unit.TANH, -1, 0)).hasMessageContaining("-1.0 of weights");
    }

    @Test void quadratureIsExactForPolynomials() {
        for (int n : new int[] {1, 2, 5, 20, 101}) {
            var rule = new GaussHermite(n);
            double moment = 1;
            for (int k = 0; k < Math.min(2 * n, 30); k += 2) {
                int power = k;
                assertThat(rule.expectation(z -> Math.pow(z, power)) / moment).isCloseTo(1, within(1e-9));
                moment *= k + 1;
            }
            assertThat(rule.expectation((a, b) -> a * a * b * b + a * b)).isCloseTo(n == 1 ? 0 : 1, within(1e-12));
        }
        assertThat(new GaussHermite(2).nodes()).containsExactly(new double[] {-1, 1}, within(1e-14));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "mean-field-theory", clause = 2) void perturbationsDecayOverThePredictedLength() {
        double worst = 0;
        var depth = new double[15];
        for (int i = 0; i < 15; i++) depth[i] = i + 6; // the variance has settled
        for (int f : new int[] {0, 2, 4}) {
            var log = new double[15];
            for (int i = 0; i < 15; i++) log[i] = Measured.LOG[f][i + 6];
            double seen = -1 / LeastSquares.slope(depth, log), told = FIELDS.get(f).depth();
            assertThat(told).isPositive();
            worst = Math.max(worst, Math.abs(seen / told - 1));
        }
        Evidence.of("decay lengths of tanh at three settings: largest relative distance of the seen from the predicted", worst,
                atMost(0.1));
        double growth = LeastSquares.slope(depth, Arrays.copyOfRange(Measured.LOG[1], 6, 21));
        assertThat(growth).isCloseTo(Math.log(FIELDS.get(1).chi()), within(0.03)); // chaos
    }

    /** Two inputs that nearly agree, layer by layer through weights drawn here. */
    @Test
    @Tag("slow")
    @Acceptance(topic = "mean-field-theory", clause = 2) void nearInputsMeetOverThePredictedLength() {
        double worst = 0;
        int width = 800, layers = 18, networks = 5;
        for (var field : List.of(FIELDS.get(0), FIELDS.get(2))) {
            double[] depth = new double[12], log = new double[12];
            double vw = field.weightVariance() / width, vb = field.biasVariance();
            for (int net = 0; net < networks; net++) {
                var rng = Rng.of(90 + net);
                Tensor u = Tensor.randn(rng, DType.F64, 1, width).compute(),
                        both = Tensor.concat(0, u, u.add(Tensor.randn(rng, DType.F64, 1, width).mul(1e-4))).compute();
                for (int l = 0; l < layers; l++) {
                    if (l >= 6) {
                        depth[l - 6] = l;
                        log[l - 6] += Math.log(both.select(0, 0).sub(both.select(0, 1)).square().sum().item()) / networks;
                    }
                    both = both.tanh().matmul(Tensor.randn(rng, DType.F64, width, width).mul(Math.sqrt(vw)))
                            .add(Tensor.randn(rng, DType.F64, width).mul(Math.sqrt(vb))).compute();
                }
            }
            worst = Math.max(worst, Math.abs(-1 / LeastSquares.slope(depth, log) / field.depth() - 1));
        }
        Evidence.of("decay lengths of the distance of two inputs 1e-4 apart, two settings: largest relative distance", worst, atMost(0.1));
    }

    private static Tensor[] task() {
        var x = Tensor.randn(Rng.of(7), DType.F64, 25, 3).compute();
        return new Tensor[] {x, x.select(1, 0).sin().add(x.select(1, 1).mul(x.select(1, 2)).mul(0.5)).compute()};
    }

    @Test
    @Acceptance(topic = "mean-field-theory", clause = 3) void oneScalingStandsStillTheOtherMovesAsFar() {
        Tensor[] task = task();
        int[] widths = {64, 128, 256, 512, 1_024};
        double[][] movement = new double[2][5], change = new double[2][5];
        var log = new double[5];
        for (int i = 0; i < 5; i++) {
            log[i] = Math.log(widths[i]);
            for (int s = 0; s < 2; s++) {
                double moved = 0, changed = 0;
                for (int seed = 0; seed < 6; seed++) {
                    var path = new WideTraining(Scaling.values()[s], widths[i]).train(task[0], task[1], Rng.of(300 + seed));
                    moved += path.movement() / 6;
                    changed += path.kernelChange() / 6;
                    assertThat(path.losses()[200]).isLessThan(0.3 * path.losses()[0]);
                }
                movement[s][i] = Math.log(moved);
                change[s][i] = Math.log(changed);
            }
        }
        Evidence.of("1/sqrt(m): slope of the movement", LeastSquares.slope(log, movement[0]), between(-0.65, -0.35));
        Evidence.of("1/sqrt(m): slope of the kernel's change", LeastSquares.slope(log, change[0]), atMost(-0.4));
        Evidence.of("1/m: slope of the movement", LeastSquares.slope(log, movement[1]), between(-0.15, 0.15));
        Evidence.of("1/m: slope of the kernel's change", LeastSquares.slope(log, change[1]), between(-0.15, 0.15));
    }

    @Test
    @Acceptance(topic = "mean-field-theory", clause = 4) void manyParticlesHaveOneCurve() {
        Tensor[] task = task();
        double[][] mean = new double[2][201];
        int[] widths = {512, 2_048};
        for (int w = 0; w < 2; w++) for (int seed = 0; seed < 10; seed++) {
            double[] losses = new WideTraining(Scaling.MEAN_FIELD, widths[w]).train(task[0], task[1], Rng.of(400 + seed)).losses();
            for (int t = 0; t <= 200; t++) mean[w][t] += losses[t] / 10;
        }
        double worst = 0;
        for (int t = 0; t <= 200; t++) worst = Math.max(worst, Math.abs(mean[0][t] - mean[1][t]) / mean[1][0]);
        Evidence.of("largest distance of the mean losses of 512 and 2,048 particles over the first loss, ten seeds", worst, below(0.05));
        assertThat(mean[1][200]).isLessThan(0.5 * mean[1][0]);
    }

    /** Movement and kernel of three steps by automatic differentiation. */
    @Test
    @Acceptance(topic = "mean-field-theory", clause = 3) void movementAndKernelAreWhatTheySay() {
        Tensor[] task = task();
        double worst = 0;
        int m = 6;
        for (var scaling : Scaling.values()) {
            var path = new WideTraining(scaling, m, 0.3, 3).train(task[0], task[1], Rng.of(8));
            double s = scaling == Scaling.MEAN_FIELD ? 1.0 / m : 1 / Math.sqrt(m), rate = 0.3 * (scaling == Scaling.MEAN_FIELD ? m : 1);
            Tensor w = Tensor.randn(Rng.of(8).split(0), DType.F64, m, 3).compute(),
                    a = Tensor.randn(Rng.of(8).split(1), DType.F64, m).compute(), start = Tensor.concat(0, w.reshape(-1), a).compute(),
                    first = tangentKernel(task[0], w, a, s);
            for (int step = 0; step < 3; step++) {
                Tensor v = w.detach().requiresGrad(), b = a.detach().requiresGrad();
                task[0].matmul(v.transpose()).tanh().matmul(b).mul(s).sub(task[1]).square().mean().div(2).backward();
                w = w.sub(v.grad().mul(rate)).compute();
                a = a.sub(b.grad().mul(rate)).compute();
            }
            Tensor moved = Tensor.concat(0, w.reshape(-1), a).sub(start), change = tangentKernel(task[0], w, a, s).sub(first);
            worst = Math.max(worst, Math.abs(path.movement() - moved.norm().item() / start.norm().item()));
            worst = Math.max(worst, Math.abs(path.kernelChange() - change.norm().item() / first.norm().item()));
        }
        Evidence.of("movement and change of the kernel less those by automatic differentiation, both scalings", worst, atMost(1e-12));
    }

    /** Products of the gradients of the outputs, row by row. */
    private static Tensor tangentKernel(Tensor x, Tensor w, Tensor a, double scale) {
        var gradients = new double[(int) x.size(0)][];
        for (int i = 0; i < gradients.length; i++) {
            Tensor v = w.detach().requiresGrad(), b = a.detach().requiresGrad();
            x.narrow(0, i, 1).matmul(v.transpose()).tanh().matmul(b).mul(scale).sum().backward();
            gradients[i] = Tensor.concat(0, v.grad().reshape(-1), b.grad()).toDoubleArray();
        }
        var all = Tensor.of(gradients);
        return all.matmul(all.transpose()).compute();
    }

    /** One step equals the gradient's by hand. */
    @Test void stepsAreThoseOfTheGradient() {
        Tensor[] task = task();
        for (var scaling : Scaling.values()) {
            var training = new WideTraining(scaling, 5, 1e-4, 1);
            double[] losses = training.train(task[0], task[1], Rng.of(3)).losses();
            double s = scaling == Scaling.MEAN_FIELD ? 0.2 : 1 / Math.sqrt(5);
            Tensor w = Tensor.randn(Rng.of(3).split(0), DType.F64, 5, 3).requiresGrad(),
                    a = Tensor.randn(Rng.of(3).split(1), DType.F64, 5).requiresGrad();
            var loss = task[0].matmul(w.transpose()).tanh().matmul(a).mul(s).sub(task[1]).square().mean().div(2);
            loss.backward();
            double squares = w.grad().square().sum().item() + a.grad().square().sum().item(),
                    rate = 1e-4 * (scaling == Scaling.MEAN_FIELD ? 5 : 1);
            assertThat(losses[0]).isCloseTo(loss.item(), within(1e-13));
            assertThat((losses[0] - losses[1]) / (rate * squares)).isCloseTo(1, within(1e-3));
        }
    }

    /** Where signals fade maps are followed to their limits: a layer is vw times its slope at 0. */
    @Test void fadingSignalsHaveDepthsToo() {
        var tanh = new MeanField(Unit.TANH, 0.5, 0);
        assertThat(tanh.fixedVariance()).isZero();
        assertThat(tanh.chi()).isCloseTo(0.5, within(1e-12));
        assertThat(tanh.varianceDepth()).isCloseTo(1 / Math.log(2), within(1e-9));
        assertThat(tanh.correlation(0, 0.3)).isCloseTo(0.3, within(1e-9));
        var relu = new MeanField(Unit.RELU, 1, 0);
        assertThat(relu.chi()).isCloseTo(0.5, within(1e-12));
        assertThat(relu.depth()).isCloseTo(1 / Math.log(2), within(1e-9));
        assertThat(relu.varianceDepth()).isCloseTo(1 / Math.log(2), within(1e-9));
        assertThat(relu.correlation(0, 0.3)).isCloseTo(relu.correlation(1, 0.3), within(1e-9));
        assertThat(relu.fixedCorrelation()).isCloseTo(new MeanField(Unit.RELU, 2, 0).fixedCorrelation(), within(1e-9));
        assertThat(new MeanField(Unit.RELU, 3, 0).chi()).isCloseTo(1.5, within(1e-12)); // and where they explode
        assertThat(new MeanField(Unit.RELU, 3, 0).varianceDepth()).isCloseTo(-1 / Math.log(1.5), within(1e-9));
    }
}
