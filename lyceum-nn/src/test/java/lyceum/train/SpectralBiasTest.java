package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Eigen;
import lyceum.nn.FourierFeatures;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SpectralBiasTest {
    private static final int N = 128;
    private static final int[] FREQUENCIES = {1, 5, 10};

    /** N even places in [-1, 1). */
    private static Tensor places() { return Tensor.arange(0.0, N, 1).mul(2.0 / N).sub(1).reshape(N, 1).to(DType.F32).compute(); }

    private static Tensor sines(double... phases) {
        var y = new double[N];
        for (int i = 0; i < N; i++) for (int k = 0; k < 3; k++) y[i] += Math.sin(2 * Math.PI * FREQUENCIES[k] * i / N + phases[k]);
        return Tensor.of(y);
    }

    private static SpectralBias learn(Module network, Tensor y, double rate, int most, int every) {
        var bias = SpectralBias.ofFrequencies(y, FREQUENCIES);
        bias.train(network, places(), new Adam(rate), most, every, 0.5, Progress.SILENT);
        return bias;
    }

    private static Mlp plain(int seed) { return network(1, seed); }

    /** Starts near zero, so that no mode is there by chance. */
    private static Mlp network(int inputs, int seed) {
        var net = new Mlp(MlpConfig.regressor(inputs, 1, 128, 128), Rng.of(seed));
        Autograd.noGrad(() -> {
            net.layers().getLast().weight().mul_(0.1);
            net.layers().getLast().bias().zero_();
        });
        return net;
    }

    /** The linearised network is trained by its own gradient steps; only the eigenvectors of its kernel tell what to expect. */
    @Test
    @Acceptance(topic = "spectral-bias", clause = 1) void residualsOfTheLinearisedModelDecayByTheirEigenvalues() {
        var net = new Mlp(MlpConfig.regressor(1, 1, 32).withDtype(DType.F64), Rng.of(1));
        var x = Tensor.arange(0.0, 24, 1).mul(2.0 / 24).sub(1).reshape(24, 1).compute();
        var y = x.mul(5).sin().flatten().compute();
        var kernel = new NeuralTangentKernel<>(net);
        var space = ParameterSpace.of(net);
        var j = kernel.jacobian(x);
        var eigen = Eigen.symmetric(kernel.of(x));
        double[] values = eigen.values().toDoubleArray();
        double rate = 0.5 / Math.max(values[0], values[values.length - 1]);
        var w = space.values(net);
        var start = eigen.vectors().transpose().matmul(y.sub(kernel.linearised(x, w).flatten())).toDoubleArray();
        var dynamics = new KernelDynamics(kernel.of(x), y.sub(kernel.linearised(x, w).flatten()));
        double worst = 0, own = 0;
        for (int t = 1; t <= 200; t++) {
            w = w.add(j.transpose().matmul(y.sub(kernel.linearised(x, w).flatten())).mul(rate)).compute();
            if (t % 20 != 1) continue;
            var residual = y.sub(kernel.linearised(x, w).flatten()).compute();
            var along = eigen.vectors().transpose().matmul(residual).toDoubleArray();
            for (int i = 0; i < along.length; i++)
                worst = Math.max(worst, Math.abs(along[i] - Math.pow(1 - rate * values[i], t) * start[i]));
            own = Math.max(own, residual.sub(dynamics.residual(rate, t)).abs().max().item());
        }
        // The unit's own training and record of the same model: linear in w, with the Jacobian as its rows.
        var shift = y.sub(kernel.linearised(x, space.values(net)).flatten()).add(j.matmul(space.values(net))).compute();
        var linear = new Linear(space.values(net).reshape(1, -1).compute(), null);
        var bias = SpectralBias.of(shift, eigen.vectors());
        bias.train(linear, j, new Sgd(rate * 24), 200, 1, 2, Progress.SILENT);
        var whole = eigen.vectors().transpose().matmul(shift).toDoubleArray();
        double traced = 0;
        int seen = 0;
        for (int i = 0; i < whole.length; i++) {
            var trace = bias.trace(i);
            for (int t = 0; t <= 200; t++, seen++)
                traced = Math.max(traced, Math.abs(whole[i] * (1 - trace[t]) - Math.pow(1 - rate * values[i], t) * start[i]));
        }
        Evidence.of("residuals that SpectralBias recorded, 24 modes at 201 steps", seen, exactly(24 * 201));
        Evidence.of("the largest of them off (1 - eta lambda)^t", traced, atMost(1e-8));
        Evidence.of("linearised residual along any eigenvector, off (1 - eta lambda)^t", worst, atMost(1e-8));
        Evidence.of("off KernelDynamics", own, atMost(1e-8));
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "spectral-bias", clause = 2) void lowFrequenciesAreLearntFirst() {
        int ordered = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int seed = 1; seed <= 5; seed++) {
            var bias = learn(plain(seed), sines(0, 0, 0), 1e-3, 8000, 2);
            long one = bias.learned(0, 0.5), five = bias.learned(1, 0.5), ten = bias.learned(2, 0.5);
            if (0 < one && one < five && five < ten) ordered++;
            least = Math.min(least, (double) ten / one);
        }
        Evidence.of("seeds of 5 in the order 1, 5, 10", ordered, atLeast(5));
        Evidence.of("time of 10 over time of 1, least", least, atLeast(5));
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "spectral-bias", clause = 3) void fourierFeaturesLearnAllAtOnce() {
        double most = 0;
        for (int seed = 1; seed <= 5; seed++) {
            var net = new Sequential(new FourierFeatures(1, 64, 5, DType.F32, Rng.of(20 + seed)), network(128, seed));
            var bias = learn(net, sines(0, 0, 0), 1e-4, 4000, 1);
            assertThat(bias.learned(0, 0.5)).isPositive();
            assertThat(bias.learned(2, 0.5)).isPositive();
            most = Math.max(most, (double) bias.learned(2, 0.5) / bias.learned(0, 0.5));
        }
        Evidence.of("time of 10 over time of 1, largest of 5 seeds", most, below(2));
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "spectral-bias", clause = 4) void phasesDoNotMatter() {
        int ordered = 0, runs = 5;
        for (int seed = 1; seed <= runs; seed++) {
            var rng = Rng.of(70 + seed);
            var y = sines(2 * Math.PI * rng.nextDouble(), 2 * Math.PI * rng.nextDouble(), 2 * Math.PI * rng.nextDouble());
            var bias = learn(plain(seed), y, 1e-3, 8000, 2);
            long one = bias.learned(0, 0.5), five = bias.learned(1, 0.5), ten = bias.learned(2, 0.5);
            if (0 < one && one < five && five < ten) ordered++;
        }
        Evidence.of("shuffled phases: runs of 5 in the order 1, 5, 10", ordered, atLeast(5));
    }

    /** A wide network in small steps takes about as long as its kernel predicts. */
    @Test void predictedTimesOfAWideNetwork() {
        var limit = new WideNetwork(1, WideNetwork.Nonlinearity.RELU, 1, 1, 1);
        var net = limit.sample(2, 2048, DType.F64, Rng.of(1));
        var angle = Tensor.arange(0.0, 32, 1).mul(2 * Math.PI / 32);
        var x = Tensor.stack(1, angle.cos(), angle.sin()).compute();
        var y = angle.sin().add(angle.mul(2).cos()).compute();
        var bias = SpectralBias.ofFrequencies(y, 1, 2);
        var predicted = bias.predicted(new NeuralTangentKernel<>(net).of(x), Autograd.noGrad(() -> net.forward(x)), 0.5, 0.5);
        bias.train(net, x, new Sgd(0.5), 600, 1, 0.5, Progress.SILENT);
        for (int k = 0; k < 2; k++) assertThat((double) bias.learned(k, 0.5)).isCloseTo(predicted[k], within(1 + 0.1 * predicted[k]));
        assertThat(predicted[1]).isGreaterThan(predicted[0]);
        assertThat(bias.trace(0)).hasSameSizeAs(bias.steps());
    }

    @Test void refusalsAndProgress() {
        var bias = SpectralBias.ofFrequencies(sines(0.3, 1, 2), FREQUENCIES);
        assertThat(bias.progress(sines(0.3, 1, 2))).containsExactly(new double[] {1, 1, 1}, within(1e-12));
        assertThat(bias.progress(sines(0.3 + Math.PI / 2, 1 + Math.PI, 2))).containsExactly(new double[] {0, -1, 1}, within(1e-12));
        assertThatThrownBy(() -> SpectralBias.ofFrequencies(sines(0, 0, 0), 3)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nothing of mode 0");
        assertThatThrownBy(() -> SpectralBias.ofFrequencies(sines(0, 0, 0), 64)).hasMessageContaining("frequency 64 on 128 points");
        bias.record(3, sines(0, 0, 0));
        assertThatThrownBy(() -> bias.record(3, sines(0, 0, 0))).hasMessageContaining("step 3 after 3");
        var features = new FourierFeatures(Tensor.of(new double[][] {{1}, {2}}));
        assertThat(features.forward(Tensor.of(new double[][] {{0.25}})).toDoubleArray()).containsExactly(new double[] {0, -1, 1, 0},
                within(1e-12));
        assertThat(features.parameters()).isEmpty();
    }
}
