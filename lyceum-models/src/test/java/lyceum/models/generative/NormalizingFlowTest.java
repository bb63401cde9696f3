package lyceum.models.generative;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.linalg.Lu;
import lyceum.models.generative.flow.AutoregressiveFlow;
import lyceum.models.generative.flow.FlowChain;
import lyceum.models.generative.flow.GlowConfig;
import lyceum.models.generative.flow.MafConfig;
import lyceum.models.generative.flow.RealNvpConfig;
import lyceum.nn.Activation;
import lyceum.nn.Adapter;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.prob.MultivariateNormal;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.DensityModel;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NormalizingFlowTest {
    private static void train(NormalizingFlow flow, Tensor x, int epochs, int batch, double rate) {
        int rows = (int) x.size(0), steps = epochs * (rows / batch);
        new Trainer(new Adam(rate), epochs).withBatchSize(batch).withSchedule(new Schedule.Cosine(steps))
                .start(flow.transform(), rows, flow.over(x), null, Rng.of(9)).finish(Progress.SILENT);
    }

    private static void shake(NormalizingFlow flow, Rng rng) {
        Autograd.noGrad(() -> flow.transform().parameters()
                .forEach((name, t) -> t.copy_(Tensor.randn(rng, t.dtype(), t.shape().toArray()).mul(0.4))));
    }

    @Acceptance(topic = "normalizing-flows", clause = 3)
    @Test void realNvpLearnsTwoMoons() {
        var train = Datasets.moons(Rng.of(1), 2_000, 0.1).x();
        var test = Datasets.moons(Rng.of(2), 2_000, 0.1).x();
        var flow = NormalizingFlow.realNvp(new RealNvpConfig(2, 6, 32), Rng.of(3));
        train(flow, train, 15, 100, 5e-3);
        var moments = GenerativeMetrics.Moments.of(train);
        var gaussian = new MultivariateNormal(moments.mean(), moments.covariance());
        double plain = 0;
        for (double[] row : test.toRows()) plain -= gaussian.logDensity(row) / 2_000;
        Evidence.of("nats below the full-covariance Gaussian's test NLL", plain + flow.score(test), atLeast(0.3));
        double x0 = -2.5, x1 = 3.5, y0 = -2, y1 = 2.5, dx = (x1 - x0) / 200, dy = (y1 - y0) / 200;
        var grid = new double[40_000][];
        for (int i = 0; i < 200; i++)
            for (int j = 0; j < 200; j++) grid[200 * i + j] = new double[] {x0 + (i + 0.5) * dx, y0 + (j + 0.5) * dy};
        double sum = flow.logDensity(Tensor.of(grid)).to(DType.F64).exp().sum().item() * dx * dy;
        Evidence.of("sum of the density over a 200 x 200 grid", sum, equalTo(1, 0.02));
        var drawn = flow.sample(2_000, Rng.of(4)).to(DType.F64);
        assertThat(drawn.mean(0).sub(test.mean(0)).abs().max().item()).isLessThan(0.1);
        assertThat(GenerativeMetrics.frechet(test, drawn)).isLessThan(0.02);
    }

    private static NormalizingFlow maf(int d, long seed) {
        var flow = NormalizingFlow.maf(new MafConfig(d, 3, 16).withActivation(Activation.TANH).withBatchNorm(true).withDtype(DType.F64),
                Rng.of(seed));
        shake(flow, Rng.of(seed + 100));
        return flow;
    }

    @Acceptance(topic = "autoregressive-flows", clause = 2)
    @Test void anIafOfAMafsWeightsInvertsIt() {
        double gap = 0, off = 0, foreign = 0, moved = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 10; seed++) {
            int d = 2 + seed % 4;
            NormalizingFlow maf = maf(d, seed), iaf = maf.inverted();
            var x = Tensor.randn(Rng.of(seed + 50), DType.F64, 8, d).compute();
            var u = maf.encode(x);
            gap = Math.max(gap, iaf.encode(u).sub(x).abs().max().item());
            gap = Math.max(gap, maf.encode(iaf.encode(x)).sub(x).abs().max().item());
            gap = Math.max(gap, iaf.decode(x).sub(u).abs().max().item());
            moved = Math.min(moved, u.sub(x).abs().max().item());
            // The IAF draws u = f(x) for standard normal x, f the MAF's map: its density at u is N(x) over |det df/dx|, taken from autograd.
            double[] said = iaf.logDensity(u).toDoubleArray(), other = maf.logDensity(x).toDoubleArray(), base = normal(u);
            for (int i = 0; i < 8; i++) {
                var one = x.narrow(0, i, 1).copy().compute();
                double volume = Lu.of(Autograd.jacobian(v -> maf.transform().transform(v, Pass.inference()).value(), one)).logAbsDet();
                off = Math.max(off, Math.abs(said[i] - normal(one)[0] + volume));
                foreign = Math.max(foreign, Math.abs(other[i] - base[i] - volume));
            }
        }
        Evidence.of("largest distance after a MAF and the IAF of its weights", gap, atMost(1e-8));
        Evidence.of("largest gap of the IAF's log density to the MAF's change of variables", off, atMost(1e-8));
        Evidence.of("the same of the MAF's own", foreign, atMost(1e-8));
        Evidence.of("least way of a MAF's map", moved, atLeast(0.1));
    }

    private static double[] normal(Tensor z) { return z.square().add(Math.log(2 * Math.PI)).mul(-0.5).sum(1).toDoubleArray(); }

    @Acceptance(topic = "autoregressive-flows", clause = 3)
    @Test void passesAreOneOrD() {
        for (int d : new int[] {2, 5, 9}) {
            var config = new MafConfig(d, 1, 12);
            NormalizingFlow maf = NormalizingFlow.maf(config, Rng.of(1)), iaf = NormalizingFlow.iaf(config, Rng.of(2));
            var x = Tensor.randn(Rng.of(3), 6, d);
            for (var flow : new NormalizingFlow[] {maf, iaf}) {
                var calls = new AtomicInteger();
                Adapter counter = (in, out, pass) -> {
                    calls.incrementAndGet();
                    return out;
                };
                flow.transform().modules("*network").values().forEach(m -> m.attach(counter));
                flow.logDensity(x);
                int density = calls.getAndSet(0);
                flow.sample(6, Rng.of(4));
                int sample = calls.get();
                String name = flow == maf ? "MAF" : "IAF";
                Evidence.of(name + " passes of a density, d = " + d, density, exactly(flow == maf ? 1 : d));
                Evidence.of(name + " passes of a sample, d = " + d, sample, exactly(flow == maf ? d : 1));
            }
        }
    }

    /** x1 of N(0, 4), x2 of N(x1^2 / 4, 1). */
    private static Tensor banana(int n, long seed) {
        var z = Tensor.randn(Rng.of(seed), DType.F64, n, 2);
        Tensor a = z.select(1, 0).mul(2);
        return Tensor.stack(1, a, a.square().div(4).add(z.select(1, 1))).compute();
    }

    @Acceptance(topic = "autoregressive-flows", clause = 4)
    @Test void aMafLearnsTheBanana() {
        var train = banana(20_000, 1);
        var test = banana(10_000, 2);
        var flow = NormalizingFlow.maf(new MafConfig(2, 1, 32), Rng.of(3));
        train(flow, train, 6, 100, 5e-3);
        Tensor a = test.select(1, 0), b = test.select(1, 1);
        var truth = a.square().div(8).add(b.sub(a.square().div(4)).square().div(2)).add(Math.log(2 * Math.PI) + Math.log(2));
        double source = truth.mean().item();
        Evidence.of("nats between the MAF's test NLL and the true density's", Math.abs(-flow.score(test) - source), atMost(0.02));
        assertThat(source).isCloseTo(3.531, offset(0.03));
        assertThat(-flow.score(test)).isGreaterThan(source - 0.005); // no density beats the true one but by chance
    }

    @Test void theWrongOrderIsWorse() {
        // In the order (2, 1), one normal law has to cover the two peaks of x1 at a given x2.
        var config = new MafConfig(2, 1, 32);
        NormalizingFlow right = NormalizingFlow.maf(config, Rng.of(3)), wrong = NormalizingFlow.maf(config, Rng.of(3));
        var data = banana(4_000, 1);
        train(right, data, 6, 100, 5e-3);
        train(wrong, data.flip(1).copy().compute(), 6, 100, 5e-3);
        assertThat(right.score(data)).isGreaterThan(wrong.score(data.flip(1)) + 0.1);
    }

    @Test void glowHasAShapeOfItsOwnAndRisesInLikelihood() {
        var flow = NormalizingFlow.glow(new GlowConfig(1, 8, 8, 2, 2, 8), Rng.of(1));
        var rng = Rng.of(2);
        var x = Tensor.randn(rng, 64, 1, 8, 8).cumsum(3).mul(0.5).add(1).compute(); // neighbours are alike
        double before = flow.score(x);
        train(flow, x, 10, 32, 1e-2);
        assertThat(flow.score(x)).isGreaterThan(before + 10);
        assertThat(flow.sample(3, rng).shape().toArray()).containsExactly(3, 1, 8, 8);
        assertThat(((DensityModel) flow).sample(rng, 3).shape().toArray()).containsExactly(3, 64);
        assertThat(flow.decode(flow.encode(x)).sub(x).abs().max().item()).isLessThan(1e-3);
        assertThat(flow.logDensity(x.reshape(64, 64)).toDoubleArray()).isEqualTo(flow.logDensity(x).toDoubleArray());
        assertThat(flow.sample(200, 0.5, rng).std().item()).isLessThan(flow.sample(200, rng).std().item());
    }

    @Test void weightsAreSavedAndMakesDiffer(@TempDir Path folder) {
        var flow = maf(3, 1);
        var x = Tensor.randn(Rng.of(5), DType.F64, 4, 3).compute();
        flow.save(folder.resolve("flow.safetensors"));
        var other = maf(3, 2).load(folder.resolve("flow.safetensors"));
        assertThat(other.logDensity(x).toDoubleArray()).isEqualTo(flow.logDensity(x).toDoubleArray());
        assertThat(other.sample(5, Rng.of(1)).toDoubleArray()).isEqualTo(flow.sample(5, Rng.of(1)).toDoubleArray());
        var wrong = NormalizingFlow.realNvp(new RealNvpConfig(3, 2, 8), Rng.of(1));
        assertThatThrownBy(() -> wrong.load(folder.resolve("flow.safetensors"))).isInstanceOf(FormatException.class);
    }

    @Test void optionsAndBadInput() {
        for (var norm : RealNvpConfig.Norm.values()) {
            var flow = NormalizingFlow.realNvp(new RealNvpConfig(3, 3, 8).withNorm(norm).withDtype(DType.F64), Rng.of(1));
            var x = Tensor.randn(Rng.of(2), DType.F64, 40, 3).mul(3).compute();
            train(flow, x, 2, 20, 1e-2);
            assertThat(flow.decode(flow.encode(x)).sub(x).abs().max().item()).isLessThan(1e-9);
        }
        var flow = NormalizingFlow.maf(new MafConfig(3, 1, 8), Rng.of(1));
        assertThat(flow.nFeatures()).isEqualTo(3);
        assertThat(flow.inverted().inverted().transform().modules("*network").values().iterator().next())
                .isSameAs(flow.transform().modules("*network").values().iterator().next());
        assertThatThrownBy(() -> flow.logDensity(Tensor.zeros(2, 4))).isInstanceOf(ShapeException.class).hasMessageContaining("[3]");
        assertThatThrownBy(() -> flow.sample(0, Rng.of(1))).hasMessageContaining("0 items");
        assertThatThrownBy(() -> flow.sample(2, -1, Rng.of(1))).hasMessageContaining("-1.0");
        assertThat(flow.logDensity(Tensor.full(DType.F32, Double.NaN, 1, 3)).item(0)).isNaN();
        assertThat(((AutoregressiveFlow) ((FlowChain) flow.inverted().transform()).layers().getFirst()).direction())
                .isEqualTo(AutoregressiveFlow.Direction.SAMPLING_FAST);
    }
}
