package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.train.WideNetwork.Nonlinearity.ERF;
import static lyceum.train.WideNetwork.Nonlinearity.RELU;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Linalg;
import lyceum.memory.Scope;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NeuralTangentKernelTest {
    private static final WideNetwork LIMIT = new WideNetwork(1, RELU);

    private static Tensor unitRows(int n, int d, Rng rng) {
        var x = Tensor.randn(rng, DType.F64, n, d);
        return x.div(x.square().sum(1, true).sqrt()).compute();
    }

    /** The article's closed form at unit inputs, written out for the test. */
    private static Tensor closedForm(Tensor x) {
        var rows = x.toRows();
        var k = new double[rows.length][rows.length];
        for (int i = 0; i < rows.length; i++) for (int j = 0; j < rows.length; j++) {
            double cos = 0;
            for (int d = 0; d < rows[i].length; d++) cos += rows[i][d] * rows[j][d];
            cos = Math.min(1, Math.max(-1, cos));
            double phi = Math.acos(cos);
            k[i][j] = (Math.sin(phi) + (Math.PI - phi) * cos) / (2 * Math.PI) + cos * (Math.PI - phi) / (2 * Math.PI);
        }
        return Tensor.of(k);
    }

    @Test
    @Acceptance(topic = "ntk", clause = 1) void theEmpiricalKernelTendsToTheAnalyticOne() {
        var x = unitRows(20, 5, Rng.of(1));
        var analytic = LIMIT.tangentKernel(x, x);
        assertThat(analytic.sub(closedForm(x)).abs().max().item()).isLessThan(1e-8); // the arc cosine at 1
        double size = analytic.norm().item();
        int[] widths = {64, 128, 256, 512, 1024, 2048, 4096};
        var errors = new double[widths.length];
        for (int w = 0; w < widths.length; w++) for (int net = 0; net < 10; net++) {
            try (var scope = Scope.open("net")) {
                var kernel = new NeuralTangentKernel<>(LIMIT.sample(5, widths[w], DType.F64, Rng.of(1000L * w + net))).of(x);
                errors[w] += kernel.sub(analytic).norm().item() / size / 10;
            }
        }
        Evidence.of("mean relative error at width 4096", errors[6], atMost(0.05));
        Evidence.of("log-log slope over widths 64 to 4096", slope(widths, errors), between(-0.65, -0.35));
    }

    private static double slope(int[] widths, double[] ys) {
        double mx = 0, my = 0, xy = 0, xx = 0;
        for (int i = 0; i < ys.length; i++) {
            mx += Math.log(widths[i]) / ys.length;
            my += Math.log(ys[i]) / ys.length;
        }
        for (int i = 0; i < ys.length; i++) {
            double dx = Math.log(widths[i]) - mx;
            xy += dx * (Math.log(ys[i]) - my);
            xx += dx * dx;
        }
        return xy / xx;
    }

    /** Smooth targets of unit variance. */
    private static Tensor targets(Tensor x, Rng rng) {
        var y = x.matmul(Tensor.randn(rng, DType.F64, x.size(1))).add(x.select(1, 0).mul(3).sin()).compute();
        var centred = y.sub(y.mean());
        return centred.div(centred.square().mean().sqrt()).compute();
    }

    private static void descend(Module net, Tensor x, Tensor y, double rate, int steps) {
        var optimizer = new Sgd(rate).over(net.parameters());
        for (int i = 0; i < steps; i++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                net.forward(x).flatten().sub(y).square().sum().mul(0.5).backward();
                optimizer.step();
            }
        }
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "ntk", clause = 2) void aWideNetworkTrainsAsItsKernelSays() {
        var x = unitRows(20, 5, Rng.of(3));
        var y = targets(x, Rng.of(4));
        var net = LIMIT.sample(5, 4096, DType.F64, Rng.of(5));
        var start = net.forward(x).flatten().detach().compute();
        var own = new KernelDynamics(new NeuralTangentKernel<>(net).of(x), y.sub(start));
        var limit = new KernelDynamics(LIMIT.tangentKernel(x, x), y.sub(start));
        double rate = 0.004, worstOwn = 0, worstLimit = 0, moved = 0;
        int done = 0, times = 0;
        for (int steps : new int[] {10, 25, 50, 100, 175, 250, 400, 600, 800, 1000}) {
            descend(net, x, y, rate, steps - done);
            done = steps;
            times++;
            var now = net.forward(x).flatten().detach().compute();
            worstOwn = Math.max(worstOwn, rmse(now, y.sub(own.residual(rate * steps))));
            worstLimit = Math.max(worstLimit, rmse(now, y.sub(limit.residual(rate * steps))));
            moved = rmse(now, start);
        }
        Evidence.of("times", times, atLeast(10));
        Evidence.of("how far the outputs went, RMS", moved, atLeast(0.7));
        Evidence.of("RMSE to the empirical predictor, worst time", worstOwn, atMost(0.01));
        Evidence.of("RMSE to the analytic predictor, worst time", worstLimit, atMost(0.05));
    }

    private static double rmse(Tensor a, Tensor b) { return a.sub(b).square().mean().sqrt().item(); }

    @Tag("slow")
    @Test
    @Acceptance(topic = "ntk", clause = 3) void weightsMoveLessInWiderNetworks() {
        var x = unitRows(20, 5, Rng.of(6));
        var y = targets(x, Rng.of(7));
        int[] widths = {64, 128, 256, 512, 1024, 2048, 4096};
        var moves = new double[widths.length];
        for (int w = 0; w < widths.length; w++) {
            int nets = Math.max(1, 512 / widths[w]);
            for (int k = 0; k < nets; k++) {
                var net = LIMIT.sample(5, widths[w], DType.F64, Rng.of(10 + 100L * w + k));
                var space = ParameterSpace.of(net);
                var before = space.values(net);
                descend(net, x, y, 0.02, 200);
                moves[w] += space.values(net).sub(before).norm().item() / before.norm().item() / nets;
            }
        }
        Evidence.of("slope of the relative move over widths 64 to 4096", slope(widths, moves), between(-0.65, -0.35));
    }

    /** Kernels of deep networks by their definition: Gaussian averages of a layer by sampling, tangents by sampled wide networks. */
    @Test void recursionsEqualSampledAverages() {
        var x = unitRows(4, 3, Rng.of(8)).mul(1.3).compute();
        for (var kind : WideNetwork.Nonlinearity.values()) {
            var limit = new WideNetwork(2, kind, 1.5, 0.1, 0.7);
            Tensor theta = limit.tangentKernel(x, x), sampled = theta.zerosLike(), sigma = theta.zerosLike();
            int nets = 60;
            for (int s = 0; s < nets; s++) {
                var net = limit.sample(3, 400, DType.F64, Rng.of(s));
                sampled = sampled.add(new NeuralTangentKernel<>(net).of(x).mul(1.0 / nets)).compute();
            }
            assertThat(sampled.sub(theta).norm().item() / theta.norm().item()).isLessThan(0.05);
            for (int s = 0; s < 2000; s++) {
                var f = limit.sample(3, 64, DType.F64, Rng.of(500 + s)).forward(x).detach();
                sigma = sigma.add(f.matmul(f.transpose()).mul(1.0 / 2000)).compute();
            }
            var nngp = limit.outputKernel(x, x);
            assertThat(sigma.sub(nngp).norm().item() / nngp.norm().item()).isLessThan(0.1);
        }
    }

    @Test void blocksOutputsAndLinearisationAgree() {
        var net = new Mlp(MlpConfig.regressor(3, 2, 8).withDtype(DType.F64), Rng.of(1));
        Tensor x = unitRows(4, 3, Rng.of(2)), z = unitRows(3, 3, Rng.of(3));
        var all = new NeuralTangentKernel<>(net).of(x, z);
        assertThat(all.shape().toArray()).containsExactly(8, 6);
        var second = new NeuralTangentKernel<>(net, 1).of(x, z);
        for (int i = 0; i < 4; i++) for (int j = 0; j < 3; j++) assertThat(second.item(i, j)).isEqualTo(all.item(2 * i + 1, 2 * j + 1));
        var kernel = new NeuralTangentKernel<>(net);
        var space = ParameterSpace.of(net);
        var w = space.values(net);
        var step = Tensor.randn(Rng.of(4), DType.F64, w.count()).mul(1e-4).compute();
        var linear = kernel.linearised(x, w.add(step).compute());
        var true_ = Autograd.noGrad(() -> space.at(net, w.add(step)).forward(x).compute());
        assertThat(linear.sub(true_).abs().max().item()).isLessThan(1e-6);
        var byRows = net.forward(x).flatten().add(kernel.jacobian(x).matmul(step));
        assertThat(linear.flatten().sub(byRows).abs().max().item()).isLessThan(1e-12);
    }

    @Test void theFlowEndsInKernelRegression() {
        var x = unitRows(6, 3, Rng.of(1));
        var z = unitRows(4, 3, Rng.of(2));
        Tensor k = LIMIT.tangentKernel(x, x), y = Tensor.randn(Rng.of(3), DType.F64, 6).compute();
        var flow = new KernelDynamics(k, y);
        assertThat(flow.residual(0).sub(y).abs().max().item()).isLessThan(1e-12);
        assertThat(flow.residual(Double.POSITIVE_INFINITY).abs().max().item()).isLessThan(1e-12);
        // On the training rows themselves the two formulas are one.
        assertThat(flow.change(k, 1.5).sub(y.sub(flow.residual(1.5))).abs().max().item()).isLessThan(1e-10);
        assertThat(flow.change(k, 0.1, 7).sub(y.sub(flow.residual(0.1, 7))).abs().max().item()).isLessThan(1e-10);
        var regression = LIMIT.tangentKernel(z, x).matmul(Linalg.solve(k, y));
        assertThat(flow.change(LIMIT.tangentKernel(z, x), Double.POSITIVE_INFINITY).sub(regression).abs().max().item()).isCloseTo(0,
                within(1e-8));
    }

    /** Two equal rows and one apart: what is orthogonal to the kernel stays in the residual for good and moves nothing. */
    @Test void theFlowOfASingularKernelEnds() {
        var k = Tensor.of(new double[][] {{3, 3, 0}, {3, 3, 0}, {0, 0, 2}});
        var flow = new KernelDynamics(k, Tensor.of(1.0, 2, 5));
        var across = Tensor.of(new double[][] {{3, 3, 1}, {0, 0, 2}});
        double[] end = flow.change(across, Double.POSITIVE_INFINITY).toDoubleArray();
        assertThat(end).containsExactly(new double[] {1.5 + 2.5, 5}, within(1e-12));
        assertThat(flow.change(across, 1e6).toDoubleArray()).containsExactly(end, within(1e-8));
        for (double time : new double[] {1e6, Double.POSITIVE_INFINITY})
            assertThat(flow.residual(time).toDoubleArray()).containsExactly(new double[] {-0.5, 0.5, 0}, within(1e-8));
        var diagonal = new KernelDynamics(Tensor.of(new double[][] {{2, 0}, {0, 0}}), Tensor.of(1.0, 1));
        assertThat(diagonal.change(Tensor.of(new double[][] {{2, 0}}), Double.POSITIVE_INFINITY).item(0)).isEqualTo(1);
        assertThat(diagonal.residual(Double.POSITIVE_INFINITY).toDoubleArray()).containsExactly(0, 1);
    }

    @Test void refusals() {
        assertThatThrownBy(() -> new WideNetwork(0, ERF)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("0 hidden");
        assertThatThrownBy(() -> new KernelDynamics(Tensor.eye(DType.F64, 3), Tensor.of(1.0, 2))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new KernelDynamics(Tensor.eye(DType.F64, 2), Tensor.of(1.0, 2)).residual(-1))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("time is -1.0");
        assertThatThrownBy(() -> new NeuralTangentKernel<>(LIMIT.sample(2, 3, DType.F64, Rng.of(0)), 1).of(Tensor.ones(DType.F64, 2, 2)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("output 1");
    }
}
