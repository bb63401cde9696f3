package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Datasets;
import lyceum.linalg.OdeSolver;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FlowMatchingTest {
    private static final double MU = 1.5, SD = 0.5;

    /** The mean velocity through x of paths from N(0, 1) to N(MU, SD^2), by the Gaussian's conditional mean. */
    private static Tensor exact(FlowMatching.Path path, Tensor x, Tensor t) {
        boolean straight = path == FlowMatching.Path.LINEAR;
        double q = Math.PI / 2;
        Tensor a = straight ? t : t.mul(q).sin(), b = straight ? t.rsub(1) : t.mul(q).cos();
        Tensor da = straight ? t.onesLike() : t.mul(q).cos().mul(q), db = straight ? t.onesLike().neg() : t.mul(q).sin().mul(-q);
        Tensor variance = a.square().mul(SD * SD).add(b.square()), covariance = a.mul(da).mul(SD * SD).add(b.mul(db));
        Tensor column = covariance.div(variance).reshape(-1, 1);
        return x.sub(a.mul(MU).reshape(-1, 1)).mul(column).add(da.mul(MU).reshape(-1, 1));
    }

    @Acceptance(topic = "flow-matching", clause = 1)
    @Test void conditionalAndMarginalObjectivesHaveTheSameGradient() {
        double worst = 0, least = Double.POSITIVE_INFINITY;
        int batches = 300, n = 100;
        for (var path : FlowMatching.Path.values()) {
            var matching = new FlowMatching().withPath(path);
            for (int seed = 1; seed <= 2; seed++) {
                var theta = Tensor.randn(Rng.of(seed), DType.F64, 4, 1).compute().requiresGrad();
                // A velocity that is linear in 1, x, t and x t: it holds neither path's truth.
                Denoiser model = (x, t, condition, pass) -> Tensor.concat(1, x.onesLike(), x, t.reshape(-1, 1), x.mul(t.reshape(-1, 1)))
                        .matmul(theta);
                double[][] gaps = new double[4][batches], sizes = new double[4][batches];
                for (int k = 0; k < batches; k++) {
                    var rng = Rng.of(100 * seed).split(k);
                    Tensor noise = Tensor.randn(rng, DType.F64, n, 1), data = Tensor.randn(rng, DType.F64, n, 1).mul(SD).add(MU);
                    Tensor t = Tensor.rand(rng, DType.F64, n).compute();
                    theta.zeroGrad();
                    matching.loss(model, noise, data, t, null, Pass.inference()).backward();
                    double[] conditional = theta.grad().toDoubleArray();
                    theta.zeroGrad();
                    Tensor x = matching.point(noise, data, t);
                    model.predict(x, t, null, Pass.inference()).sub(exact(path, x, t)).square().mean().backward();
                    double[] marginal = theta.grad().toDoubleArray();
                    for (int p = 0; p < 4; p++) {
                        gaps[p][k] = conditional[p] - marginal[p];
                        sizes[p][k] = marginal[p];
                    }
                }
                for (int p = 0; p < 4; p++) {
                    Tensor gap = Tensor.of(gaps[p]), size = Tensor.of(sizes[p]);
                    double error = gap.std().item() / Math.sqrt(batches);
                    worst = Math.max(worst, Math.abs(gap.mean().item()) / error);
                    least = Math.min(least, Math.abs(size.mean().item()) / error);
                }
            }
        }
        Evidence.of("largest gap in standard errors", worst, atMost(3));
        Evidence.of("least gradient in the same unit", least, above(3));
    }

    private static final FlowMatching MATCHING = new FlowMatching();
    private static FlowModel flow, straight;

    private static Tensor moons(int n, long seed) { return Datasets.moons(Rng.of(seed), n, 0.05).x().to(DType.F32); }

    private static PointDenoiser network(long seed) {
        return new PointDenoiser(new PointDenoiserConfig(2).forUnitTime().withWidth(64), Rng.of(seed));
    }

    private static synchronized FlowModel flow() {
        if (flow == null) flow = MATCHING.model(Planar.train(network(1), MATCHING, moons(20_480, 1), 4_000, 3e-3, Rng.of(2)));
        return flow;
    }

    private static synchronized FlowModel straight() {
        if (straight == null) {
            var pairs = flow().pairs(20_480, Rng.of(3), DType.F32, 2);
            var second = network(4);
            straight = MATCHING.model(Planar.train(second, MATCHING.overPairs(second, pairs), 20_480, 4_000, 3e-3, Rng.of(5)));
        }
        return straight;
    }

    private static double sliced(FlowModel model, int steps) {
        var x = model.generator(new FlowModel.Solver.Euler(steps), DType.F32, 2).sample(5_000, Rng.of(6));
        return Planar.sliced(x, moons(5_000, 7));
    }

    @Tag("slow")
    @Acceptance(topic = "flow-matching", clause = 2)
    @Test void twoMoonsAreLearned() {
        Evidence.of("sliced W2 to the data", sliced(flow(), 100), atMost(0.05));
        Evidence.of("of untrained noise", Planar.sliced(Tensor.randn(Rng.of(1), 5_000, 2), moons(5_000, 7)), above(0.3));
    }

    @Tag("slow")
    @Acceptance(topic = "flow-matching", clause = 3)
    @Test void reflowStraightensSoThatOneStepIsEnough() {
        var noise = Tensor.randn(Rng.of(8), 2_000, 2).compute();
        Evidence.of("curvature before over after", flow().curvature(noise, 100) / straight().curvature(noise, 100), atLeast(5));
        Evidence.of("one step over 100 steps, before", sliced(flow(), 1) / sliced(flow(), 100), atLeast(5));
        Evidence.of("one step over 100 steps, after", sliced(straight(), 1) / sliced(straight(), 100), atMost(2));
        Evidence.of("100 steps after the reflow", sliced(straight(), 100), atMost(0.1));
    }

    @Acceptance(topic = "flow-matching", clause = 3)
    @Test void curvatureIsTheIntegralItNames() {
        // From z to 1.5 + s z with s^2 = (1 - t)^2 + t^2 / 4: the integral of (s' + 1/2)^2 is 1 - pi / 4, where z^2 is 1.
        var model = new FlowModel((x, t, condition, pass) -> exact(FlowMatching.Path.LINEAR, x, t));
        double found = model.curvature(Tensor.of(new double[][] {{-1}, {1}}), 2_000);
        Evidence.of("curvature from N(0, 1) to N(1.5, 0.25), off 1 - pi / 4", Math.abs(found - 1 + Math.PI / 4), below(1e-3));
    }

    @Tag("slow")
    @Acceptance(topic = "flow-matching", clause = 4)
    @Test void forwardAndBackReturns() {
        var noise = Tensor.randn(Rng.of(9), 500, 2).compute();
        for (var solver : List.of(new FlowModel.Solver.Adaptive(new OdeSolver(1e-6, 1e-6, 10_000)), new FlowModel.Solver.Heun(200))) {
            var data = flow().sample(noise, null, solver, Progress.SILENT);
            var back = flow().move(data, 1, 0, null, solver, Progress.SILENT);
            Evidence.of("largest distance from where it began, " + solver, back.sub(noise).abs().max().item(), atMost(1e-3));
            Evidence.of("largest way between", data.sub(noise).abs().max().item(), above(0.5));
        }
    }

    @Test void likelihoodsOfAGaussianAreExactAndSolversAgree() {
        var model = new FlowModel((x, t, condition, pass) -> exact(FlowMatching.Path.LINEAR, x, t));
        var x = Tensor.linspace(0, 3, 7).reshape(7, 1);
        double[] found = model.logDensity(x, new OdeSolver(1e-9, 1e-9, 10_000)).toDoubleArray(), at = x.toDoubleArray();
        for (int i = 0; i < 7; i++) {
            double z = (at[i] - MU) / SD;
            assertThat(found[i]).isCloseTo(-z * z / 2 - Math.log(SD * Math.sqrt(2 * Math.PI)), offset(1e-6));
        }
        double[] probed = model.logDensity(x, new OdeSolver(1e-9, 1e-9, 10_000), 1, Rng.of(1)).toDoubleArray();
        for (int i = 0; i < 7; i++) assertThat(probed[i]).isCloseTo(found[i], offset(1e-6)); // in one dimension a sign's square is 1
        var noise = Tensor.randn(Rng.of(1), DType.F64, 50, 1);
        var fine = model.sample(noise, null, new FlowModel.Solver.Adaptive(new OdeSolver(1e-10, 1e-10, 10_000)), Progress.SILENT);
        assertThat(fine.sub(noise.mul(SD).add(MU)).abs().max().item()).isLessThan(1e-7); // the exact flow of two Gaussians is affine
        double heun = model.sample(noise, null, new FlowModel.Solver.Heun(100), Progress.SILENT).sub(fine).abs().max().item();
        double euler = model.sample(noise, null, new FlowModel.Solver.Euler(100), Progress.SILENT).sub(fine).abs().max().item();
        assertThat(heun).isLessThan(euler / 10);
    }

    @Test void optimalCouplingCrossesLessAndBadInputIsRefused() {
        Tensor noise = Tensor.randn(Rng.of(1), 64, 2), data = Tensor.randn(Rng.of(2), 64, 2).add(3).compute();
        var matched = FlowMatching.coupled(noise, data);
        double[] before = noise.select(1, 0).toDoubleArray(), after = matched.select(1, 0).toDoubleArray();
        java.util.Arrays.sort(before);
        java.util.Arrays.sort(after);
        assertThat(after).isEqualTo(before);
        assertThat(matched.sub(data).square().sum().item()).isLessThan(noise.sub(data).square().sum().item());
        var loss = MATCHING.withCoupling(FlowMatching.Coupling.OPTIMAL_TRANSPORT).withTimes(FlowMatching.Times.LOGIT_NORMAL)
                .loss(network(1), data, null, Pass.training(Rng.of(3)));
        assertThat(loss.item()).isFinite().isPositive();
        assertThatThrownBy(() -> FlowMatching.coupled(noise, Tensor.zeros(3, 2))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new FlowModel.Solver.Euler(0)).hasMessageContaining("0 steps");
        assertThatThrownBy(() -> MATCHING.loss(network(1), data, null, Pass.inference())).hasMessageContaining("random stream");
    }
}
