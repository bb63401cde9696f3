package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.linalg.EigenPairs;
import lyceum.linalg.Lanczos;
import lyceum.memory.Scope;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LossLandscapeTest {
    private static final Dataset DIGITS = Datasets.digits().to(DType.F64).scaled(1.0 / 16);

    private static void descend(Mlp net, Dataset data, int steps, List<Tensor> path) {
        var optimizer = new Sgd(0.3).over(net.parameters());
        var space = ParameterSpace.of(net);
        for (int i = 0; i < steps; i++) {
            if (path != null && i % 5 == 0) path.add(space.values(net));
            optimizer.zeroGrad();
            Loss.crossEntropy(net.forward(data.x()), data.y()).backward();
            optimizer.step();
        }
    }

    private static double loss(Mlp net, Dataset data) { return Loss.crossEntropy(net.forward(data.x()), data.y()).item(); }

    @Test
    @Acceptance(topic = "loss-landscape-viz", clause = 1) void theCentreIsTheLossAndAQuadraticIsItself() {
        var data = DIGITS.head(100);
        int same = 0, grids = 0;
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var rows = data.to(type);
            var net = new Mlp(MlpConfig.classifier(64, 10, 12).withNorm(MlpConfig.Norm.BATCH).withDtype(type), Rng.of(1));
            var landscape = new LossLandscape<>(net, m -> loss(m, rows));
            for (int kind = 0; kind < 2; kind++, grids++) {
                Tensor d = kind == 0 ? landscape.random(Rng.of(1)) : landscape.filterNormalised(Rng.of(1)), e = landscape.random(Rng.of(2));
                var ticks = LossLandscape.ticks(1, 5);
                double centre = landscape.surface(d, e, ticks, ticks, Progress.SILENT).values()[2][2];
                if (Double.doubleToLongBits(centre) == Double.doubleToLongBits(loss(net, rows))) same++;
            }
        }
        Evidence.of("grids", grids, atLeast(4));
        Evidence.of("grids whose centre is the loss, bit for bit", same, exactly(grids));
        // One linear layer under the squared error: (w + a d + b e) is quadratic in a and b, with coefficients from the residuals.
        var rng = Rng.of(3);
        Tensor x = Tensor.randn(rng, DType.F64, 30, 4).compute(), y = Tensor.randn(rng, DType.F64, 30, 1).compute();
        var linear = new Linear(Tensor.randn(rng, DType.F64, 1, 4), null);
        var quadratic = new LossLandscape<>(linear, m -> m.forward(x).sub(y).square().mean().item());
        Tensor d = quadratic.random(Rng.of(4)), e = quadratic.random(Rng.of(5));
        double[] r = linear.forward(x).sub(y).toDoubleArray(), u = x.matmul(d).toDoubleArray(), v = x.matmul(e).toDoubleArray();
        var surface = quadratic.surface(d, e, LossLandscape.ticks(2, 9), LossLandscape.ticks(3, 7), Progress.SILENT);
        double worst = 0;
        for (int i = 0; i < 7; i++) for (int j = 0; j < 9; j++) {
            double a = surface.as()[j], b = surface.bs()[i], sum = 0;
            for (int k = 0; k < 30; k++) sum += (r[k] + a * u[k] + b * v[k]) * (r[k] + a * u[k] + b * v[k]) / 30;
            worst = Math.max(worst, Math.abs(surface.values()[i][j] - sum) / Math.max(1, sum));
        }
        Evidence.of("quadratic, largest gap to its closed form", worst, atMost(1e-8));
    }

    @Test
    @Acceptance(topic = "loss-landscape-viz", clause = 2) void filterNormalisedSurfacesIgnoreRescaling() {
        var data = DIGITS.head(150);
        var net = new Mlp(MlpConfig.classifier(64, 10, 16, 12).withDtype(DType.F64), Rng.of(1));
        descend(net, data, 60, null);
        double worst = 0, least = Double.POSITIVE_INFINITY;
        for (double c : new double[] {10, 0.1, 3}) {
            var scaled = Mlp.of(net.config(), net.state());
            Autograd.noGrad(() -> {
                scaled.layers().get(0).weight().mul_(c);
                scaled.layers().get(0).bias().mul_(c);
                scaled.layers().get(1).weight().div_(c);
            });
            var ticks = LossLandscape.ticks(1, 7);
            var one = new LossLandscape<>(net, m -> loss(m, data));
            var two = new LossLandscape<>(scaled, m -> loss(m, data));
            double[][] a = one.surface(one.filterNormalised(Rng.of(5)), one.filterNormalised(Rng.of(6)), ticks, ticks, Progress.SILENT)
                    .values();
            double[][] b = two.surface(two.filterNormalised(Rng.of(5)), two.filterNormalised(Rng.of(6)), ticks, ticks, Progress.SILENT)
                    .values();
            Tensor d = Tensor.randn(Rng.of(5), DType.F64, one.space().size()).mul(0.1).compute(),
                    e = Tensor.randn(Rng.of(6), DType.F64, one.space().size()).mul(0.1).compute();
            double[][] p = one.surface(d, e, ticks, ticks, Progress.SILENT).values(),
                    q = two.surface(d, e, ticks, ticks, Progress.SILENT).values();
            double moved = 0, size = 0;
            for (int i = 0; i < 7; i++) for (int j = 0; j < 7; j++) {
                worst = Math.max(worst, Math.abs(a[i][j] - b[i][j]));
                moved += Math.abs(p[i][j] - q[i][j]);
                size += Math.abs(p[i][j]);
            }
            least = Math.min(least, moved / size);
        }
        Evidence.of("filter-normalised surface, largest move", worst, atMost(1e-5));
        Evidence.of("raw surface, mean move over mean value, least of 3 scales", least, above(0.1));
    }

    /** Both nets have layer norm and the same training; all hidden layers but the first have a way round them in the residual net. */
    private static double convexity(boolean residual, int seed, double[] worst) {
        var rows = DIGITS.shuffled(Rng.of(seed)).head(128);
        int[] widths = new int[19];
        Arrays.fill(widths, 12);
        var net = new Mlp(MlpConfig.classifier(64, 10, widths).withResidual(residual).withNorm(MlpConfig.Norm.LAYER).withDtype(DType.F64),
                Rng.of(seed));
        var optimizer = new Adam(1e-3).over(net.parameters());
        for (int i = 0; i < 600; i++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                Loss.crossEntropy(net.forward(rows.x()), rows.y()).backward();
                optimizer.step();
            }
        }
        var landscape = new LossLandscape<>(net, m -> loss(m, rows));
        Tensor d = landscape.filterNormalised(Rng.of(100 + seed)), e = landscape.filterNormalised(Rng.of(200 + seed));
        var ticks = LossLandscape.ticks(0.2, 3); // about the end of training: further out both nets are as saddled as at random weights
        double sum = 0;
        for (double b : ticks) for (double a : ticks) {
            var point = landscape.centre().add(d.mul(a)).add(e.mul(b)).compute();
            sum += curvatureRatio(landscape, net, point, rows, worst) / 9;
        }
        return sum;
    }

    private static double curvatureRatio(LossLandscape<Mlp> landscape, Mlp net, Tensor point, Dataset rows, double[] worst) {
        var there = Module.copy(net);
        var parts = landscape.space().split(point);
        Autograd.noGrad(() -> there.parameters().forEach((name, p) -> p.copy_(parts.get(name))));
        var h = new SharpnessAnalyzer<>(there, m -> Loss.crossEntropy(m.forward(rows.x()), rows.y())).hessian();
        var ends = new Lanczos(1).withTolerance(1e-3).withBasis(24).withMaxRestarts(3);
        EigenPairs smallest = ends.withEnd(Lanczos.End.SMALLEST).run(h, Rng.of(1)), largest = ends.run(h, Rng.of(1));
        double top = largest.values().item(0);
        worst[0] = Math.max(worst[0], Math.max(smallest.residuals().item(0), largest.residuals().item(0)) / Math.abs(top));
        return Math.abs(smallest.values().item(0) / top);
    }

    @Tag("heavy")
    @Test
    @Acceptance(topic = "loss-landscape-viz", clause = 3) void plainNetsAreLessConvexThanResidualOnes() {
        int larger = 0;
        double[] worst = new double[1];
        for (int seed = 41; seed <= 45; seed++) {
            double plain = convexity(false, seed, worst), residual = convexity(true, seed, worst);
            Evidence.of("seed " + seed + ": the plain net's mean ratio over the residual one's", plain / residual, above(1.1));
            if (plain > residual) larger++;
        }
        Evidence.of("seeds of 5 in which the plain net's mean |lambda_min / lambda_max| is larger", larger, atLeast(5));
        Evidence.of("largest residual of an eigenvalue over lambda_max", worst[0], atMost(0.01));
    }

    @Test
    @Acceptance(topic = "loss-landscape-viz", clause = 4) void thePlaneHoldsWhatItsEigenvaluesSay() {
        var data = DIGITS.head(100);
        var net = new Mlp(MlpConfig.classifier(64, 10, 8).withDtype(DType.F64), Rng.of(1));
        var path = new ArrayList<Tensor>();
        descend(net, data, 100, path);
        var landscape = new LossLandscape<>(net, m -> loss(m, data));
        var plane = landscape.plane(path);
        // What the plane leaves over of each offset, by subtraction.
        double left = 0, all = 0, first = 0, second = 0, drawn = 0;
        for (int i = 0; i < path.size(); i++) {
            var offset = path.get(i).sub(landscape.centre());
            double a = offset.dot(plane.first()).item(), b = offset.dot(plane.second()).item();
            left += offset.sub(plane.first().mul(a)).sub(plane.second().mul(b)).square().sum().item() / path.size();
            all += offset.square().sum().item() / path.size();
            first += a * a / path.size();
            second += b * b / path.size();
            drawn = Math.max(drawn, Math.max(Math.abs(plane.path().item(i, 0) - a), Math.abs(plane.path().item(i, 1) - b)));
        }
        double[] eigenvalues = plane.eigenvalues().toDoubleArray();
        Evidence.of("variance along the first direction, relative gap", Math.abs(first / eigenvalues[0] - 1), atMost(1e-8));
        Evidence.of("variance along the second direction, relative gap", Math.abs(second / eigenvalues[1] - 1), atMost(1e-6));
        Evidence.of("share in the plane, gap", Math.abs(1 - left / all - plane.share()), atMost(1e-9));
        Evidence.of("drawn path, largest gap to the projections", drawn, atMost(1e-9));
        assertThat(plane.share()).isGreaterThan(0.5);
        assertThat(landscape.surface(plane.first(), plane.second(), LossLandscape.ticks(1, 3), LossLandscape.ticks(1, 3), Progress.SILENT)
                .figure("path", plane.path()).layers()).hasSizeGreaterThan(1);
    }

    @Test void statisticsAreCollectedAnew() {
        var data = DIGITS.head(60);
        var net = new Mlp(MlpConfig.classifier(64, 10, 6).withNorm(MlpConfig.Norm.BATCH).withDtype(DType.F64), Rng.of(1));
        NormStatistics.refresh(net, List.of(data.x().narrow(0, 0, 30), data.x().narrow(0, 30, 30)));
        var h = data.x().affine(net.layers().getFirst().weight(), net.layers().getFirst().bias());
        var mean = h.mean(0).toDoubleArray();
        var found = net.state().get("norms.0.running_mean").toDoubleArray();
        var spread = h.narrow(0, 0, 30).var(0, false).add(h.narrow(0, 30, 30).var(0, false)).mul(0.5).toDoubleArray();
        assertThat(found).containsExactly(mean, within(1e-12));
        assertThat(net.state().get("norms.0.running_var").toDoubleArray()).containsExactly(spread, within(1e-9));
        var stale = new LossLandscape<>(net, m -> loss(m, data));
        var fresh = stale.refreshing(List.of(data.x()));
        // Scaling what a norm takes in changes nothing once its statistics follow.
        var d = stale.space().join(scaledFirst(stale)).compute();
        assertThat(fresh.line(d, 2)[0]).isCloseTo(fresh.line(d, 0)[0], within(1e-4));
        assertThat(stale.line(d, 2)[0]).isNotCloseTo(stale.line(d, 0)[0], within(1e-2));
        assertThat(stale.towards(stale.centre().mul(2), 0, 1)[0]).isEqualTo(loss(net, data));
        assertThat(stale.sharpest(1, m -> Loss.crossEntropy(m.forward(data.x()), data.y()), Rng.of(1)).getFirst().norm().item())
                .isCloseTo(1, within(1e-9));
    }

    private static Map<String, Tensor> scaledFirst(LossLandscape<Mlp> landscape) {
        var parts = new LinkedHashMap<String, Tensor>();
        landscape.space().split(landscape.centre()).forEach((name, p) -> parts.put(name, name.startsWith("layers.0") ? p : p.zerosLike()));
        return parts;
    }

    @Test void refusals() {
        assertThatThrownBy(() -> LossLandscape.ticks(1, 4)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("n is 4");
        var net = new Linear(2, 1, Rng.of(0));
        assertThatThrownBy(() -> new LossLandscape<>(net, m -> 0).plane(List.of(Tensor.zeros(3)))).hasMessageContaining("1 points");
        assertThatThrownBy(() -> new LossLandscape<>(net, m -> 0).at(Tensor.zeros(5))).hasMessageContaining("3 parameters");
    }
}
