package lyceum.models.generative.flow;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.linalg.Lu;
import lyceum.linalg.SingularMatrixException;
import lyceum.models.generative.flow.AutoregressiveFlow.Direction;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class FlowLayerTest {
    /** Every parameter drawn anew, running statistics too. */
    private static <M extends Module> M shaken(M module, Rng rng) {
        Autograd.noGrad(() -> module.state().forEach((name, t) -> {
            if (t.isTracked()) t.copy_(Tensor.randn(rng, t.dtype(), t.shape().toArray()).mul(0.5));
            else if (name.contains("running_var")) t.copy_(Tensor.rand(rng, t.dtype(), t.shape().toArray()).add(0.2));
            else if (name.contains("running_mean")) t.copy_(Tensor.randn(rng, t.dtype(), t.shape().toArray()));
        }));
        return module;
    }

    private interface Make {
        FlowLayer layer(Rng rng);
    }

    private record Kind(Make make, int count, long... shape) {
        static Kind of(Make make, long... shape) { return new Kind(make, 100, shape); }
    }

    private static Mlp network(int from, int to, Rng rng) {
        return new Mlp(MlpConfig.regressor(from, to, 6).withActivation(Activation.TANH).withDtype(DType.F64), rng);
    }

    private static Coupling coupling(Tensor mask, int outputs, Coupling.Kind kind, Rng rng) {
        return new Coupling(mask, network(4, outputs, rng), kind, 3);
    }

    private static Tensor mask(Rng rng) {
        return rng.nextBoolean() ? Coupling.halves(4, rng.nextBoolean(), DType.F64) : Coupling.alternating(4, rng.nextBoolean(), DType.F64);
    }

    private static FlowLayer glow(int channels, int side, int levels, Coupling.Kind kind, Rng rng) {
        return new GlowConfig(channels, side, side, levels, 1, 3).withKind(kind).withDtype(DType.F64).build(rng);
    }

    private static MadeConfig made(int d, Rng rng) {
        return new MadeConfig(d, 2, 7, 6).withActivation(Activation.TANH).withDtype(DType.F64).withDegrees(MadeConfig.Degrees.RANDOM)
                .withOrder(IntStream.of(rng.permutation(d)).boxed().toList());
    }

    private static Map<String, Kind> kinds() {
        var kinds = new LinkedHashMap<String, Kind>();
        kinds.put("affine coupling", Kind.of(r -> coupling(mask(r), 8, Coupling.Kind.AFFINE, r), 4));
        kinds.put("additive coupling", Kind.of(r -> coupling(mask(r), 4, Coupling.Kind.ADDITIVE, r), 4));
        kinds.put("checkerboard coupling",
                Kind.of(r -> new Coupling(Coupling.checkerboard(2, 3, r.nextBoolean(), DType.F64),
                        new Conv2d(2, 4, new int[] {3}, new Convolution().withPadding(1), true, DType.F64, null, r), Coupling.Kind.AFFINE,
                        2), 2, 2, 3));
        kinds.put("channel coupling",
                Kind.of(r -> new Coupling(Coupling.channels(3, r.nextBoolean(), DType.F64),
                        new Conv2d(3, 6, new int[] {3}, new Convolution().withPadding(1), true, DType.F64, null, r), Coupling.Kind.AFFINE,
                        2), 3, 2, 2));
        kinds.put("actnorm", Kind.of(r -> new ActNorm(3, DType.F64), 3, 2, 2));
        kinds.put("invertible convolution", Kind.of(r -> new InvertibleConvolution(3, DType.F64, r), 3, 2, 2));
        kinds.put("invertible mixing", Kind.of(r -> new InvertibleConvolution(4, DType.F64, r), 4));
        kinds.put("squeeze", Kind.of(r -> new Squeeze(), 2, 2, 2));
        kinds.put("split", Kind.of(r -> new MultiscaleSplit(3, 2, 2, new InvertibleConvolution(2, DType.F64, r)), 3, 2, 2));
        kinds.put("permutation", Kind.of(r -> Permutation.random(4, r), 4));
        kinds.put("reversal", Kind.of(r -> Permutation.reversal(3), 3, 1, 2));
        kinds.put("batch norm", Kind.of(r -> new FlowBatchNorm(4, DType.F64), 4));
        kinds.put("autoregressive, density fast", Kind.of(r -> new AutoregressiveFlow(made(4, r), Direction.DENSITY_FAST, 3, r), 4));
        kinds.put("autoregressive, sampling fast", Kind.of(r -> new AutoregressiveFlow(made(4, r), Direction.SAMPLING_FAST, 3, r), 4));
        kinds.put("two levels of a Glow", new Kind(r -> glow(1, 4, 2, Coupling.Kind.AFFINE, r), 5, 1, 4, 4));
        kinds.put("a MAF's inverse", new Kind(
                r -> new MafConfig(3, 2, 5).withBatchNorm(true).withDtype(DType.F64).build(Direction.DENSITY_FAST, r).inverted(), 10, 3));
        return kinds;
    }

    @Acceptance(topic = "normalizing-flows", clause = 1)
    @Test void everyLayerReturnsAndKnowsItsDeterminant() {
        double round = 0, off = 0, back = 0, layers = 0;
        var still = new ArrayList<String>();
        for (var kind : kinds().entrySet()) {
            double most = 0;
            for (int seed = 0; seed < kind.getValue().count; seed++) {
                var rng = Rng.of(seed);
                var layer = shaken(kind.getValue().make.layer(rng), rng);
                long[] shape = kind.getValue().shape, item = new long[shape.length + 1];
                System.arraycopy(shape, 0, item, 1, shape.length);
                item[0] = 3;
                var x = Tensor.randn(rng, DType.F64, item).compute();
                var moved = layer.transform(x, Pass.inference());
                var returned = layer.inverse(moved.value(), Pass.inference());
                round = Math.max(round, returned.value().sub(x).abs().max().item());
                back = Math.max(back, returned.logDet().add(moved.logDet()).abs().max().item());
                var one = x.narrow(0, 1, 1).copy().compute();
                var jacobian = Autograd.jacobian(v -> layer.transform(v, Pass.inference()).value(), one);
                double right = Lu.of(jacobian).logAbsDet();
                off = Math.max(off, Math.abs(moved.logDet().item(1) - right));
                most = Math.max(most, Math.abs(right));
                layers++;
            }
            if (most < 0.1) still.add(kind.getKey());
        }
        Evidence.of("layers", layers, exactly(1415));
        Evidence.of("largest distance of inverse(forward(x)) from x", round, atMost(1e-9));
        Evidence.of("largest gap of log-det to log|det| of the autograd Jacobian", off, atMost(1e-8));
        Evidence.of("largest sum of both ways' log-dets", back, atMost(1e-8));
        assertThat(still).containsExactly("additive coupling", "squeeze", "permutation", "reversal"); // what keeps volume
    }

    @Acceptance(topic = "normalizing-flows", clause = 2)
    @Test void actNormsFirstBatchLeavesStandardised() {
        double mean = 0, deviation = 0, least = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            int c = 1 + seed % 5;
            long[] shape = seed % 2 == 0 ? new long[] {17, c} : new long[] {5, c, 3, 4};
            var wide = seed % 2 == 0 ? new long[] {c} : new long[] {c, 1, 1};
            var x = Tensor.randn(rng, DType.F64, shape).mul(Tensor.randn(rng, DType.F64, wide).mul(2).exp())
                    .add(Tensor.randn(rng, DType.F64, wide).mul(30)).compute();
            var norm = new ActNorm(c, DType.F64);
            var y = norm.transform(x, Pass.training(rng)).value();
            int[] others = seed % 2 == 0 ? new int[] {0} : new int[] {0, 2, 3};
            mean = Math.max(mean, y.mean(others, false).abs().max().item());
            deviation = Math.max(deviation, y.var(others, 0, false).sqrt().sub(1).abs().max().item());
            var second = norm.transform(x.mul(2).add(3), Pass.training(rng)).value(); // learned from there: batches no longer count
            least = Math.min(least, second.var(others, 0, false).sqrt().sub(1).abs().max().item());
        }
        Evidence.of("largest mean of the first batch", mean, atMost(1e-6));
        Evidence.of("largest deviation off 1", deviation, atMost(1e-6));
        Evidence.of("least deviation off 1 of a second batch that is twice as wide", least, above(0.99));
    }

    @Acceptance(topic = "autoregressive-flows", clause = 1)
    @Test void nothingDependsOnWhatComesLater() {
        double above = 0, diagonal = 0, masks = 0, order = 0, below = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 50; seed++) {
            var rng = Rng.of(seed);
            int d = 2 + rng.nextInt(6);
            var hidden = IntStream.range(0, 1 + rng.nextInt(3)).map(i -> d + rng.nextInt(12)).boxed().toList();
            var config = new MadeConfig(d, 2).withHidden(hidden).withActivation(Activation.TANH).withDtype(DType.F64)
                    .withDegrees(MadeConfig.Degrees.RANDOM);
            if (seed % 2 == 1) config = config.withOrder(IntStream.of(rng.permutation(d)).boxed().toList());
            var network = shaken(new Made(config, rng), rng);
            var x = Tensor.randn(rng, DType.F64, 1, d).compute();
            // Rows and columns in the order of the factorisation.
            var places = config.order().isEmpty() ? Tensor.arange(d) : Tensor.of(config.order().stream().mapToInt(i -> i).toArray());
            var sequence = places.argsort(0);
            for (int half = 0; half < 2; half++) {
                int from = half * d;
                var said = Autograd.jacobian(v -> network.forward(v).narrow(1, from, d), x).indexSelect(0, sequence).indexSelect(1,
                        sequence);
                diagonal = Math.max(diagonal, said.triu().abs().max().item());
                order = Math.max(order, said.tril(-1).abs().max().item());
            }
            var layer = new AutoregressiveFlow(network, Direction.DENSITY_FAST, 3);
            var moved = Autograd.jacobian(v -> layer.transform(v, Pass.inference()).value(), x).indexSelect(0, sequence).indexSelect(1,
                    sequence);
            above = Math.max(above, moved.triu(1).abs().max().item());
            below = Math.min(below, moved.tril(-1).abs().max().item());
            masks++;
        }
        Evidence.of("masks", masks, exactly(50));
        Evidence.of("largest entry above the diagonal of the transform's Jacobian", above, exactly(0));
        Evidence.of("largest entry on or above the diagonal of the network's", diagonal, exactly(0));
        Evidence.of("largest entry below it", order, above(0.1));
        Evidence.of("least of the transforms' largest entries below it", below, above(0));
    }

    @Test void everyFeatureIsSeenWhereDegreesAreInTurn() {
        var rng = Rng.of(1);
        var network = shaken(new Made(new MadeConfig(5, 1, 12, 12).withActivation(Activation.TANH).withDtype(DType.F64), rng), rng);
        var jacobian = Autograd.jacobian(network::forward, Tensor.randn(rng, DType.F64, 1, 5));
        assertThat(jacobian.ne(0).countNonZero().itemLong()).isEqualTo(10); // all below the diagonal, and nothing else
        assertThat(jacobian.tril(-1).ne(0).countNonZero().itemLong()).isEqualTo(10);
        var alone = new Made(new MadeConfig(1, 2, 3).withDtype(DType.F64), rng);
        assertThat(Autograd.jacobian(alone::forward, Tensor.ones(DType.F64, 1, 1)).abs().max().item()).isZero();
    }

    @Test void squeezeTakesFieldsApartAndMasksAreWhatTheySay() {
        var x = Tensor.arange(0.0, 16.0, 1.0).reshape(1, 1, 4, 4);
        var y = new Squeeze().transform(x, Pass.inference()).value();
        assertThat(y.shape().toArray()).containsExactly(1, 4, 2, 2);
        assertThat(y.select(1, 0).flatten().toDoubleArray()).containsExactly(0, 2, 8, 10);
        assertThat(y.select(1, 3).flatten().toDoubleArray()).containsExactly(5, 7, 13, 15);
        assertThat(Coupling.checkerboard(2, 3, true, DType.F64).flatten().toDoubleArray()).containsExactly(1, 0, 1, 0, 1, 0);
        assertThat(Coupling.halves(5, true, DType.F64).toDoubleArray()).containsExactly(1, 1, 0, 0, 0);
        assertThat(Coupling.alternating(3, false, DType.F64).toDoubleArray()).containsExactly(0, 1, 0);
        assertThat(Coupling.channels(3, false, DType.F64).shape().toArray()).containsExactly(3, 1, 1);
    }

    @Test void aFreshConvolutionIsARotation() {
        var w = new InvertibleConvolution(5, DType.F64, Rng.of(3)).weight();
        assertThat(w.matmul(w.transpose()).sub(Tensor.eye(DType.F64, 5)).abs().max().item()).isLessThan(1e-12);
    }

    @Test void batchNormLearnsFromBatchesAndPredictsByRunningMoments() {
        var norm = new FlowBatchNorm(2, DType.F64);
        var x = Tensor.randn(Rng.of(1), DType.F64, 50, 2).mul(3).add(7).compute();
        for (int k = 0; k < 200; k++) norm.transform(x, Pass.training(Rng.of(k)));
        var y = norm.transform(x, Pass.inference()).value();
        assertThat(y.mean(0).abs().max().item()).isLessThan(1e-6);
        assertThat(y.var(new int[] {0}, 0, false).sub(1).abs().max().item()).isLessThan(1e-5);
    }

    @Test void badInputIsRefused() {
        var rng = Rng.of(1);
        var ones = Tensor.ones(DType.F64, 4);
        assertThatThrownBy(() -> coupling(ones, 8, Coupling.Kind.AFFINE, rng)).hasMessageContaining("zeros and ones");
        var wrong = coupling(Coupling.halves(4, true, DType.F64), 4, Coupling.Kind.AFFINE, rng);
        assertThatThrownBy(() -> wrong.forward(Tensor.ones(DType.F64, 2, 4))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("axis 1 has 8");
        assertThatThrownBy(() -> new Permutation(0, 2)).hasMessageContaining("not a permutation of 0 to 1");
        assertThatThrownBy(() -> new Squeeze().forward(Tensor.ones(1, 1, 3, 4))).hasMessageContaining("multiples of 2");
        assertThatThrownBy(() -> new ActNorm(2, DType.F64).forward(ones.reshape(1, 4))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new GlowConfig(1, 6, 4, 2, 1, 8)).hasMessageContaining("multiples of 2^levels = 4");
        assertThatThrownBy(() -> new MadeConfig(3, 2).withOrder(List.of(0, 1, 1))).hasMessageContaining("[0, 1, 1]");
        assertThatThrownBy(() -> new AutoregressiveFlow(new Made(new MadeConfig(3, 1), rng), Direction.DENSITY_FAST, 3))
                .hasMessageContaining("1 outputs");
        assertThatThrownBy(() -> new RealNvpConfig(1, 2, 8)).hasMessageContaining("1 features");
        assertThatThrownBy(() -> new MafConfig(2, 1, 8).withLimit(0)).hasMessageContaining("limit");
        assertThatThrownBy(() -> new FlowChain(Collections.emptyList())).hasMessageContaining("no layer");
    }

    /** Weights from elsewhere may have a direction that is lost: there is no way back, and that is said. */
    @Test void aSingularLayerHasNoWayBack() {
        var singular = new InvertibleConvolution(3, DType.F64, Rng.of(1));
        var items = Tensor.ones(DType.F64, 2, 3);
        assertThat(singular.inverse(items, Pass.inference()).value().isFinite().all().item()).isEqualTo(1);
        Autograd.noGrad(() -> singular.state().get("log_s").narrow(0, 1, 1).fill_(Double.NEGATIVE_INFINITY));
        assertThatThrownBy(() -> singular.inverse(items, Pass.inference()).value().compute()).isInstanceOf(SingularMatrixException.class);
    }
}
