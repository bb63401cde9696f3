package lyceum.models.threed;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.scenes.SphereScene;
import lyceum.models.fields.NeuralField;
import lyceum.nn.Module;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RadianceTest {
    private static Camera camera(double angle, double height, int size) {
        return Camera.lookAt(new double[] {3 * Math.sin(angle), height, 3 * Math.cos(angle)}, new double[3], new double[] {0, -1, 0}, 40,
                size, size);
    }

    private static PosedView view(SphereScene scene, Camera camera) {
        var x = new double[3 * camera.width() * camera.height()];
        for (int i = 0; i < camera.height(); i++)
            for (int j = 0; j < camera.width(); j++)
                System.arraycopy(scene.colour(camera.position(), camera.direction(i + 0.5, j + 0.5)), 0, x, 3 * (i * camera.width() + j),
                        3);
        return new PosedView(camera, Tensor.of(x, x.length / 3, 3).to(DType.F32).compute());
    }

    /** {@code n} round the scene, at changing heights; those held out lie between. */
    private static List<PosedView> views(SphereScene scene, int n, double shift) {
        var all = new ArrayList<PosedView>();
        for (int i = 0; i < n; i++) all.add(view(scene, camera(2 * Math.PI * (i + shift) / n, i % 2 == 0 ? -0.6 : 0.5, 24)));
        return all;
    }

    @Acceptance(topic = "nerf-gaussian-splatting", clause = 1)
    @Test void weightsSumToOneAndAUniformMediumIsInClosedForm() {
        double worst = 0, passing = 0, least = 1;
        for (int seed = 1; seed <= 20; seed++) {
            var rng = Rng.of(seed);
            var density = Tensor.rand(rng, DType.F64, 50, 30).pow(3).mul(seed).compute();
            var steps = Tensor.rand(rng, DType.F64, 50, 30).mul(0.2).compute();
            var w = VolumeRendering.weights(density, steps);
            worst = Math.max(worst, w.sum(1).sub(1.0).abs().max().item());
            passing = Math.max(passing, w.select(1, 30).max().item());
            least = Math.min(least, w.select(1, 30).min().item());
            // By the product of what the samples let pass.
            double[] sigma = density.toDoubleArray(), delta = steps.toDoubleArray(), found = w.toDoubleArray();
            for (int ray = 0; ray < 50; ray++) {
                double t = 1;
                for (int i = 0; i < 30; i++) {
                    double alpha = 1 - Math.exp(-sigma[ray * 30 + i] * delta[ray * 30 + i]);
                    worst = Math.max(worst, Math.abs(found[ray * 31 + i] - t * alpha));
                    t *= 1 - alpha;
                }
                worst = Math.max(worst, Math.abs(found[ray * 31 + 30] - t));
            }
        }
        Evidence.of("largest final transmittance", passing, above(0.5));
        Evidence.of("and least", least, below(1e-3));
        Evidence.of("largest distance from 1, and of a weight from the product", worst, below(1e-6));
        double off = 0;
        for (double sigma : new double[] {0.01, 0.3, 2, 9}) {
            double near = 1, far = 4.5;
            var at = VolumeRendering.stratified(3, 40, near, far, Rng.of(5)).to(DType.F64).compute();
            var seen = VolumeRendering.render(Tensor.full(DType.F64, sigma, 3, 40), Tensor.ones(DType.F64, 3, 40, 3), at, far, null);
            for (int r = 0; r < 3; r++) {
                double length = far - at.item(r, 0);
                off = Math.max(off, Math.abs(seen.colour().item(r, 1) - (1 - Math.exp(-sigma * length))));
            }
        }
        Evidence.of("uniform medium: largest distance from 1 - exp(-sigma L)", off, below(1e-6));
    }

    @Acceptance(topic = "nerf-gaussian-splatting", clause = 2)
    @Test void theProjectedCovarianceMatchesAMonteCarloProjection() {
        double worst = 0;
        int compared = 0;
        for (int seed = 1; seed <= 8; seed++) {
            var rng = Rng.of(seed);
            // A camera anywhere, the Gaussian near its axis at depth 4, deviations at most 3% of that.
            double[] eye = {rng.nextGaussian(), rng.nextGaussian(), rng.nextGaussian()},
                    goal = {rng.nextGaussian(), rng.nextGaussian(), rng.nextGaussian()};
            var camera = Camera.lookAt(eye, goal, new double[] {0, 1, 0.3}, 50, 64, 64);
            var place = new double[3];
            double a = 0.1 * rng.nextGaussian(), b = 0.1 * rng.nextGaussian();
            for (int k = 0; k < 3; k++)
                place[k] = eye[k] + 4 * camera.rotation()[2][k] + a * camera.rotation()[0][k] + b * camera.rotation()[1][k];
            var scale = new double[3];
            for (int k = 0; k < 3; k++) scale[k] = Math.log(0.12 * (0.3 + 0.7 * rng.nextDouble()));
            var quaternion = Tensor.randn(rng, DType.F64, 1, 4).compute();
            var splats = new GaussianSplatting(Tensor.of(place, 1, 3), Tensor.of(scale, 1, 3), quaternion, Tensor.zeros(DType.F64, 1, 1),
                    Tensor.zeros(DType.F64, 1, 1, 3));
            double[][] found = splats.project(camera, 0).covariance().get(0).toRows();
            // Samples from R S z, R by the quaternion's sandwich product.
            double[] q = quaternion.toDoubleArray();
            double norm = Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
            for (int k = 0; k < 4; k++) q[k] /= norm;
            int n = 100_000;
            double su = 0, sv = 0, uu = 0, uv = 0, vv = 0;
            for (int i = 0; i < n; i++) {
                double[] z = {Math.exp(scale[0]) * rng.nextGaussian(), Math.exp(scale[1]) * rng.nextGaussian(),
                        Math.exp(scale[2]) * rng.nextGaussian()};
                double[] cross = {q[2] * z[2] - q[3] * z[1] + q[0] * z[0], q[3] * z[0] - q[1] * z[2] + q[0] * z[1],
                        q[1] * z[1] - q[2] * z[0] + q[0] * z[2]};
                double[] p = {place[0] + z[0] + 2 * (q[2] * cross[2] - q[3] * cross[1]),
                        place[1] + z[1] + 2 * (q[3] * cross[0] - q[1] * cross[2]),
                        place[2] + z[2] + 2 * (q[1] * cross[1] - q[2] * cross[0])};
                var t = new double[3];
                for (int r = 0; r < 3; r++) for (int k = 0; k < 3; k++) t[r] += camera.rotation()[r][k] * (p[k] - eye[k]);
                double u = camera.focal() * t[0] / t[2], v = camera.focal() * t[1] / t[2];
                su += u;
                sv += v;
                uu += u * u;
                uv += u * v;
                vv += v * v;
            }
            double cuu = uu / n - su / n * su / n, cuv = uv / n - su / n * sv / n, cvv = vv / n - sv / n * sv / n;
            double gap = Math.pow(found[0][0] - cuu, 2) + 2 * Math.pow(found[0][1] - cuv, 2) + Math.pow(found[1][1] - cvv, 2);
            worst = Math.max(worst, Math.sqrt(gap / (cuu * cuu + 2 * cuv * cuv + cvv * cvv)));
            compared++;
        }
        Evidence.of("Gaussians, each by 100,000 samples", compared, exactly(8));
        Evidence.of("largest relative Frobenius distance", worst, below(0.02));
    }

    private static GaussianSplatting scene(int n, int degree, Rng rng) {
        return new GaussianSplatting(Tensor.randn(rng, DType.F64, n, 3).mul(0.4), Tensor.randn(rng, DType.F64, n, 3).mul(0.3).sub(1.6),
                Tensor.randn(rng, DType.F64, n, 4), Tensor.randn(rng, DType.F64, n, 1),
                Tensor.randn(rng, DType.F64, n, (degree + 1L) * (degree + 1), 3).mul(0.4));
    }

    @Acceptance(topic = "nerf-gaussian-splatting", clause = 3)
    @Test void splatGradientsEqualFiniteDifferences() {
        double worst = 0;
        int compared = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var rng = Rng.of(seed);
            var splats = scene(6, seed, rng);
            var camera = camera(seed, 0.4, 20);
            var weight = Tensor.randn(rng, DType.F64, 400, 3).compute();
            var parameters = splats.parameters();
            var wanted = parameters.values().toArray(Tensor[]::new);
            var gradients = Autograd.gradients(splats.render(camera, Tensor.ones(DType.F64, 3)).colour().mul(weight).sum(), wanted, false);
            int at = 0;
            for (var name : parameters.keySet()) {
                var values = new LinkedHashMap<>(parameters);
                double[] g = gradients[at++].toDoubleArray(), x = parameters.get(name).toDoubleArray();
                double size = 0;
                for (double v : g) size = Math.max(size, Math.abs(v));
                assertThat(size).as(name).isGreaterThan(1e-3);
                for (int i = 0; i < x.length; i++) {
                    double h = 1e-6, difference = 0;
                    for (int sign = -1; sign <= 1; sign += 2) {
                        var moved = x.clone();
                        moved[i] += sign * h;
                        values.put(name, Tensor.of(moved, parameters.get(name).shape().toArray()));
                        difference += sign
                                * Module.with(splats, values).render(camera, Tensor.ones(DType.F64, 3)).colour().mul(weight).sum().item()
                                / (2 * h);
                    }
                    worst = Math.max(worst, Math.abs(g[i] - difference) / Math.max(Math.abs(difference), 1e-2 * size));
                    compared++;
                }
            }
        }
        Evidence.of("derivatives", compared, above(300));
        Evidence.of("largest relative distance from the finite difference", worst, below(1e-3));
    }

    /** Without tiles, lists or early ends: all splats by depth at every pixel. */
    @Test void theTiledPictureIsTheDenseOne() {
        for (int seed = 1; seed <= 5; seed++) {
            var splats = scene(40, 1, Rng.of(seed));
            var camera = camera(seed, -0.3, 29);
            var p = splats.project(camera, GaussianSplatting.LOW_PASS);
            double[][] mean = p.mean().toRows(), colour = p.colour().toRows();
            double[] depth = p.depth().toDoubleArray(), opacity = p.opacity().toDoubleArray();
            Integer[] order = new Integer[40];
            for (int i = 0; i < 40; i++) order[i] = i;
            Arrays.sort(order, Comparator.comparingDouble(i -> depth[i]));
            var found = splats.render(camera, Tensor.ones(DType.F64, 3)).colour();
            for (int pixel = 0; pixel < 29 * 29; pixel++) {
                double passes = 1;
                var rgb = new double[3];
                for (int i : order) {
                    double dx = pixel % 29 + 0.5 - mean[i][0], dy = pixel / 29 + 0.5 - mean[i][1];
                    double a = p.covariance().item(i, 0, 0), b = p.covariance().item(i, 0, 1), c = p.covariance().item(i, 1, 1),
                            det = a * c - b * b;
                    double alpha = opacity[i] * Math.exp(-(c * dx * dx - 2 * b * dx * dy + a * dy * dy) / (2 * det));
                    if (alpha < 1.0 / 255 || passes < 1e-4) continue;
                    alpha = Math.min(0.99, alpha);
                    for (int k = 0; k < 3; k++) rgb[k] += passes * alpha * colour[i][k];
                    passes *= 1 - alpha;
                }
                for (int k = 0; k < 3; k++) assertThat(found.item(pixel, k)).isCloseTo(rgb[k] + passes, within(1e-9));
            }
        }
    }

    private static double heldOut(Function<Camera, Tensor> picture, List<PosedView> views) {
        double error = 0;
        for (var v : views)
            error += picture.apply(v.camera()).to(DType.F64).sub(v.pixels().to(DType.F64)).square().mean().item() / views.size();
        return -10 * Math.log10(error);
    }

    @Tag("slow")
    @Acceptance(topic = "nerf-gaussian-splatting", clause = 4)
    @Test void bothShowTheSpheresFromWhereNobodyStood() {
        var scene = new SphereScene(0);
        List<PosedView> views = views(scene, 12, 0), other = views(scene, 6, 0.25);
        var nerf = Nerf.create(new NerfConfig(1.8, 4.2).withSamples(24).withFine(16).withWidth(48).withFrequencies(3), Rng.of(1));
        Evidence.of("NeRF untrained, held-out dB", heldOut(c -> nerf.picture(c).colour(), other), below(15));
        nerf.fit(views, 350, 256, 1e-2, Rng.of(1), Progress.SILENT);
        Evidence.of("NeRF, held-out dB", heldOut(c -> nerf.picture(c).colour(), other), atLeast(22));
        var start = GaussianSplatting.random(200, 0.9, 1, DType.F32, Rng.of(1));
        Evidence.of("splats untrained, held-out dB", heldOut(start::picture, other), below(15));
        var fitted = new SplatFit().withExtent(0.9).fit(views, Rng.of(1), Progress.SILENT);
        Evidence.of("splats, held-out dB", heldOut(fitted.splats()::picture, other), atLeast(22));
        Evidence.of("Gaussians, grown from 200", fitted.splats().size(), above(200));
    }

    @Test void aFitTakesTheStepsItIsTold() {
        var views = List.of(view(new SphereScene(0), camera(0.3, 0.2, 4)));
        for (int steps : new int[] {3, 6, 8}) {
            var nerf = Nerf.create(new NerfConfig(1.8, 4.2).withSamples(4).withFine(0).withWidth(8), Rng.of(1));
            var seen = new ArrayList<Progress.Update>();
            var history = nerf.fit(views, steps, 4, 1e-2, Rng.of(2), seen::add);
            assertThat(seen).hasSize(steps).allMatch(u -> u.total() == steps);
            assertThat(history.size()).isEqualTo(steps / 4); // whole passes over 16 pixels
            if (steps == 8) assertThat(history.epochs().getLast().steps()).isEqualTo(8);
            if (steps == 8) assertThat(history.epochs().getLast().rateFactor()).isLessThan(0.1);
        }
        var nerf = Nerf.create(new NerfConfig(1.8, 4.2).withWidth(8), Rng.of(1));
        assertThatThrownBy(() -> nerf.fit(views, 0, 4, 1e-2, Rng.of(2), Progress.SILENT)).hasMessageContaining("0 steps");
    }

    @Tag("slow")
    @Acceptance(topic = "nerf-gaussian-splatting", clause = 4)
    @Test void withoutEncodingStripesAreLost() {
        var views = views(new SphereScene(4), 12, 0);
        int lower = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var config = new NerfConfig(1.8, 4.2).withSamples(24).withFine(0).withWidth(32).withFrequencies(5);
            Nerf with = Nerf.create(config, Rng.of(seed)), without = Nerf.create(config.withFrequencies(0), Rng.of(seed));
            with.fit(views, 500, 256, 5e-3, Rng.of(seed), Progress.SILENT);
            without.fit(views, 500, 256, 5e-3, Rng.of(seed), Progress.SILENT);
            double a = heldOut(c -> with.picture(c).colour(), views), b = heldOut(c -> without.picture(c).colour(), views);
            if (b < a) lower++;
        }
        Evidence.of("seeds of 3 in which training views are worse without positional encoding", lower, exactly(3));
    }

    @Test void samplesFollowTheWeightsAndCamerasLookWhereTheyShould() {
        var at = VolumeRendering.stratified(1, 10, 0, 10, null);
        var w = new double[10];
        w[6] = 1;
        var more = VolumeRendering.hierarchical(at, Tensor.of(w, 1, 10), 20, Rng.of(1)).toDoubleArray();
        int near = 0;
        for (int i = 0; i < 30; i++) {
            if (more[i] >= 6 && more[i] <= 7) near++;
            if (i > 0) assertThat(more[i]).isGreaterThanOrEqualTo(more[i - 1]);
        }
        assertThat(near).isEqualTo(21);
        var c = Camera.lookAt(new double[] {0, 0, -2}, new double[3], new double[] {0, -1, 0}, 90, 10, 10);
        assertThat(c.direction(5, 5)).containsExactly(new double[] {0, 0, 1}, within(1e-12));
        assertThat(c.direction(5, 10)[0]).isCloseTo(Math.sqrt(0.5), within(1e-12)); // to the right
        assertThat(c.direction(10, 5)[1]).isCloseTo(Math.sqrt(0.5), within(1e-12)); // down is +y
        var splats = scene(5, 0, Rng.of(1));
        var grown = splats.densified(new double[] {0, 1, 0, 1, 0}, 0.5, 0, 0, Rng.of(2));
        assertThat(grown.size()).isEqualTo(7);
        assertThat(splats.densified(new double[5], 0.5, 0, 0.999, Rng.of(2))).isSameAs(splats);
        assertThat(splats.densified(new double[] {1, 0, 0, 0, 0}, 0.5, 100, 0, Rng.of(2)).size()).isEqualTo(6);
        assertThatThrownBy(() -> new NerfConfig(3, 2)).hasMessageContaining("3.0 to 2.0");
        assertThatThrownBy(() -> splats.densified(new double[3], 1, 1, 1, Rng.of(1))).hasMessageContaining("3 slopes of 5");
        assertThat(NeuralField.psnr(Tensor.zeros(4), Tensor.full(DType.F32, 0.1, 4))).isCloseTo(20, within(1e-5));
    }

    /** Harmonics are orthonormal on the sphere. */
    @Test void harmonicsAreOrthonormal() {
        var d = Tensor.randn(Rng.of(1), DType.F64, 200_000, 3);
        var y = Harmonics.basis(d.div(d.square().sum(1, true).sqrt()).compute(), 16).compute();
        var gram = y.transpose().matmul(y).mul(4 * Math.PI / 200_000);
        assertThat(gram.sub(Tensor.eye(DType.F64, 16)).abs().max().item()).isLessThan(0.03);
    }
}
