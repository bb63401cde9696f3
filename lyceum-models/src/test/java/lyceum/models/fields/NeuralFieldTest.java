package lyceum.models.fields;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;

class NeuralFieldTest {

    private static NeuralField field(int inputs, FieldEncoding encoding, DType type, long seed) {
        return NeuralField.create(new NeuralFieldConfig(inputs, 1).withEncoding(encoding).withDtype(type), Rng.of(seed));
    }

    private static void train(NeuralField field, int steps, double rate, Supplier<Tensor> loss) {
        new Trainer(new Adam(rate), steps).withSchedule(new Schedule.Cosine(steps))
                .start(field, 1, (rows, pass) -> loss.get(), null, Rng.of(1)).finish(Progress.SILENT);
    }

    @Acceptance(topic = "neural-fields", clause = 1)
    @Test void whatEntersTheSinesKeepsItsVariance() {
        var mean = new double[9];
        for (int seed = 1; seed <= 5; seed++) {
            var config = new NeuralFieldConfig(2, 1).withHidden(256).withLayers(8);
            var field = NeuralField.create(config, Rng.of(seed));
            var zero = new LinkedHashMap<String, Tensor>();
            field.state().forEach((name, t) -> zero.put(name, name.endsWith("bias") ? t.zerosLike() : t.detach().copy()));
            field.load(zero);
            var x = Tensor.rand(Rng.of(seed + 50), 2000, 2).mul(2.0).sub(1.0).compute();
            var enters = field.preActivations(x);
            for (int l = 2; l <= 8; l++) mean[l] += enters.get(l - 1).to(DType.F64).square().mean().item() / 5;
        }
        double v = 1, worst = 0;
        for (int l = 2; l <= 5; l++) {
            worst = Math.max(worst, Math.abs(mean[l] / v - 1));
            v = 1 - Math.exp(-2 * v);
        }
        Evidence.of("layers 2 to 5: largest relative distance from 1, 0.865, 0.823, 0.807", worst, below(0.1));
        for (int l = 2; l <= 8; l++) Evidence.of("variance at layer " + l, mean[l], between(0.7, 1.1));
    }

    /** A disc, stripes and a ramp. */
    private static Tensor picture(int n) {
        var x = new double[n * n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
            double a = (2 * j + 1.0) / n - 1, b = (2 * i + 1.0) / n - 1, value = 0.3 + 0.2 * a;
            if (a * a + b * b < 0.45) value = 0.5 + 0.4 * Math.sin(14 * a + 5 * b);
            if (Math.abs(a - 0.6) < 0.2 && b > 0.5) value = (i / 3 + j / 3) % 2;
            x[i * n + j] = value;
        }
        return Tensor.of(x, (long) n * n, 1).to(DType.F32).compute();
    }

    private static double fitted(FieldEncoding encoding, double rate) {
        var field = field(2, encoding, DType.F32, 1);
        Tensor x = NeuralField.grid(48, 48), y = picture(48);
        train(field, 200, rate, () -> Loss.mse(field.forward(x, Pass.inference()), y));
        return NeuralField.psnr(field.forward(x), y);
    }

    @Acceptance(topic = "neural-fields", clause = 2)
    @Test void sinesAndFourierFeaturesLearnDetailThatReluMisses() {
        var x = NeuralField.grid(48, 48);
        Evidence.of("untrained", NeuralField.psnr(field(2, new FieldEncoding.Sine(), DType.F32, 1).forward(x), picture(48)), below(15));
        double sine = fitted(new FieldEncoding.Sine(), 2e-3), fourier = fitted(new FieldEncoding.Fourier(128, 4), 3e-3);
        double plain = Math.max(fitted(new FieldEncoding.Plain(), 2e-3), fitted(new FieldEncoding.Plain(), 5e-3));
        Evidence.of("SIREN, dB after 200 steps", sine, atLeast(32));
        Evidence.of("Fourier features, dB", fourier, atLeast(32));
        Evidence.of("SIREN over the better of two plain ReLU, dB", sine - plain, atLeast(6));
        Evidence.of("Fourier features over it, dB", fourier - plain, atLeast(6));
    }

    @Acceptance(topic = "neural-fields", clause = 3)
    @Test void theGradientEqualsFiniteDifferences() {
        double worst = 0, size = 0;
        int compared = 0;
        for (var encoding : List.of(new FieldEncoding.Sine(), new FieldEncoding.Fourier(16, 1), new FieldEncoding.Plain(),
                new FieldEncoding.Grid(4, 2, 10, 4, 16)))
            for (int inputs = 2; inputs <= 3; inputs++) {
                var field = field(inputs, encoding, DType.F64, 3);
                if (encoding instanceof FieldEncoding.Grid) { // vectors begin near 0
                    var values = new LinkedHashMap<String, Tensor>();
                    field.state().forEach(
                            (name, t) -> values.put(name, name.startsWith("grid") ? t.detach().mul(1e4).compute() : t.detach().copy()));
                    field.load(values);
                }
                field.parameters().forEach((name, t) -> assertThat(t.isTracked()).as(name).isTrue());
                assertThat(field.parameters().keySet().stream().anyMatch(name -> name.startsWith("grid")))
                        .isEqualTo(encoding instanceof FieldEncoding.Grid);
                var x = Tensor.rand(Rng.of(5), DType.F64, 20, inputs).mul(1.8).sub(0.9).compute();
                var g = field.gradient(x);
                size = Math.max(size, g.abs().max().item());
                double h = 1e-7;
                for (int k = 0; k < inputs; k++) {
                    var step = Tensor.eye(DType.F64, inputs).get(k).mul(h);
                    var difference = field.forward(x.add(step)).sub(field.forward(x.sub(step))).div(2 * h).squeeze(1);
                    worst = Math.max(worst, difference.sub(g.select(1, k)).abs().max().item());
                    compared += 20;
                }
            }
        Evidence.of("derivatives", compared, exactly(4 * 20 * 5));
        Evidence.of("largest of them", size, above(1));
        Evidence.of("largest distance from the finite difference", worst, below(1e-4));
    }

    private static double[] distanceField(int dimensions, double radius) {
        var field = NeuralField.create(
                new NeuralFieldConfig(dimensions, 1).withHidden(48).withLayers(2).withEncoding(new FieldEncoding.Sine(5, 5)), Rng.of(1));
        var rng = Rng.of(9);
        int n = 256;
        train(field, 600, 2e-3, () -> {
            var d = Tensor.randn(rng, n, dimensions);
            var normal = d.div(d.square().sum(1, true).sqrt()).compute();
            return field.distanceLoss(normal.mul(radius).compute(), normal, Tensor.rand(rng, n, dimensions).mul(2.0).sub(1.0).compute(), 2);
        });
        var x = Tensor.rand(Rng.of(3), 2000, dimensions).mul(2.0).sub(1.0).compute();
        double slope = field.gradient(x).square().sum(1).sqrt().sub(1.0).abs().mean().item();
        var surface = Isosurface.of(field::forward, dimensions, dimensions == 2 ? 40 : 20, 0);
        double off = 0;
        for (var v : surface.vertices()) {
            double r = 0;
            for (double c : v) r += c * c;
            off = Math.max(off, Math.abs(Math.sqrt(r) - radius));
        }
        return new double[] {slope, off, surface.vertices().length};
    }

    @Acceptance(topic = "neural-fields", clause = 4)
    @Test void distancesToACircleAndASphereAreLearnt() {
        for (int d = 2; d <= 3; d++) {
            var found = distanceField(d, 0.5);
            String what = d == 2 ? "circle: " : "sphere: ";
            Evidence.of(what + "mean of | |grad f| - 1 |", found[0], below(0.05));
            Evidence.of(what + "vertices of the zero set", found[2], above(40));
            Evidence.of(what + "largest error of their radius", found[1], below(0.02));
        }
    }

    /** Smooth hills in [0, 1], and their slopes in closed form. */
    private static double[] hills(double a, double b) {
        double p = 4 * a + b, q = 3 * b - 2 * a;
        return new double[] {0.5 + 0.25 * Math.sin(p) + 0.25 * Math.cos(q), Math.cos(p) + 0.5 * Math.sin(q),
                0.25 * Math.cos(p) - 0.75 * Math.sin(q)};
    }

    @Acceptance(topic = "neural-fields", clause = 5)
    @Test void aPictureComesBackFromItsSlopes() {
        int n = 32;
        var x = NeuralField.grid(n, n);
        double[][] at = x.toRows();
        double[] value = new double[n * n], slope = new double[2 * n * n];
        for (int i = 0; i < n * n; i++) {
            var h = hills(at[i][0], at[i][1]);
            value[i] = h[0];
            slope[2 * i] = h[1];
            slope[2 * i + 1] = h[2];
        }
        Tensor slopes = Tensor.of(slope, n * n, 2).to(DType.F32).compute(), y = Tensor.of(value, n * n, 1);
        var field = NeuralField
                .create(new NeuralFieldConfig(2, 1).withHidden(48).withLayers(2).withEncoding(new FieldEncoding.Sine(10, 10)), Rng.of(1));
        Evidence.of("untrained, dB", shifted(field, x, y), below(20));
        train(field, 200, 2e-3, () -> field.poissonLoss(x, slopes));
        Evidence.of("dB up to a constant", shifted(field, x, y), atLeast(25));
    }

    private static double shifted(NeuralField field, Tensor x, Tensor y) {
        var found = field.forward(x).detach().to(DType.F64);
        return NeuralField.psnr(found.sub(found.mean()).add(y.mean()), y);
    }

    /** By definition, with one level's table as a cube of corners. */
    private static double trilinear(double[] corner, int cells, double[] x) {
        double sum = 0;
        int[] low = new int[3];
        var part = new double[3];
        for (int k = 0; k < 3; k++) {
            double at = (x[k] + 1) * cells / 2;
            low[k] = Math.min(cells - 1, (int) Math.floor(at));
            part[k] = at - low[k];
        }
        for (int c = 0; c < 8; c++) {
            double w = 1;
            int at = 0;
            for (int k = 2; k >= 0; k--) {
                w *= (c >> k & 1) == 1 ? part[k] : 1 - part[k];
                at = at * (cells + 1) + low[k] + (c >> k & 1);
            }
            sum += w * corner[at];
        }
        return sum;
    }

    @Acceptance(topic = "neural-fields", clause = 6)
    @Test void aGridWithoutCollisionsIsTrilinearInterpolation() {
        int cells = 8, corners = 9 * 9 * 9;
        var grid = new HashGrid(3, new FieldEncoding.Grid(1, 1, 12, cells, cells), DType.F64, Rng.of(1));
        assertThat(grid.isHashed(0)).isFalse();
        var rng = Rng.of(2);
        // Whole numbers at the corners and binary fractions as places: every operation is exact.
        var values = rng.ints(corners, -1000, 1000).asDoubleStream().toArray();
        grid.load(Map.of("levels.0.table", Tensor.of(values, corners, 1)));
        int differing = 0, n = 1000;
        var x = new double[3 * n];
        for (int i = 0; i < x.length; i++) x[i] = (rng.nextInt(257) - 128) / 128.0;
        var found = grid.forward(Tensor.of(x, n, 3)).toDoubleArray();
        for (int i = 0; i < n; i++)
            if (found[i] != trilinear(values, cells, new double[] {x[3 * i], x[3 * i + 1], x[3 * i + 2]})) differing++;
        Evidence.of("places", found.length, exactly(1000));
        Evidence.of("places where lookup and interpolation differ in a bit", differing, exactly(0));
        var any = Tensor.rand(rng, DType.F64, n, 3).mul(2.0).sub(1.0).compute();
        var back = grid.forward(any).toDoubleArray();
        double worst = 0;
        var rows = any.toRows();
        for (int i = 0; i < n; i++) worst = Math.max(worst, Math.abs(back[i] - trilinear(values, cells, rows[i])));
        Evidence.of("at any places: largest distance of values up to 1000", worst, below(1e-9));
    }

    @Test void hashedLevelsFollowThePaperAndStayInTheTable() {
        var grid = new HashGrid(3, new FieldEncoding.Grid(4, 2, 10, 4, 32), DType.F32, Rng.of(1));
        assertThat(grid.cells(0)).isEqualTo(4);
        assertThat(grid.cells(3)).isEqualTo(32);
        assertThat(grid.isHashed(0)).isFalse();
        assertThat(grid.isHashed(3)).isTrue();
        long hash = 5 ^ 7 * 2654435761L ^ 11 * 805459861L;
        assertThat(grid.row(3, 5, 7, 11)).isEqualTo((int) ((hash & 0xFFFFFFFFL) % 1024));
        assertThat(grid.forward(Tensor.ones(3, 3)).shape().toArray()).containsExactly(3, 8);
    }

    @Test void aFieldIsFewBytesAndComesBack() {
        var config = new NeuralFieldConfig(2, 1).withHidden(16);
        var field = NeuralField.create(config, Rng.of(1));
        var x = NeuralField.grid(16, 16);
        var before = field.forward(x);
        double last = Double.POSITIVE_INFINITY;
        for (int bits : new int[] {4, 8, 16}) {
            var bytes = FieldCodec.encode(field, bits);
            assertThat(bytes.length).isLessThan((int) (field.parameterCount() * bits / 8 + 100));
            double off = FieldCodec.decode(config, bytes).forward(x).sub(before).abs().max().item();
            assertThat(off).isLessThan(last);
            last = off;
            assertThatThrownBy(() -> FieldCodec.decode(config.withHidden(17), bytes)).isInstanceOf(FormatException.class);
        }
        assertThat(last).isLessThan(1e-2);
        assertThatThrownBy(() -> FieldCodec.encode(field, 17)).hasMessageContaining("17 bits");
        assertThatThrownBy(() -> field.forward(Tensor.ones(2, 3))).hasMessageContaining("(2, 3)");
        assertThatThrownBy(() -> NeuralField.create(config.withOutputs(3), Rng.of(1)).gradient(x)).hasMessageContaining("3 outputs");
    }

    @Test void surfacesAreClosed() {
        for (int d = 2; d <= 3; d++) {
            var ball = Isosurface.of(x -> x.square().sum(1, true).sqrt(), d, 16, 0.6);
            double size = 0;
            for (var f : ball.faces()) {
                var a = ball.vertices()[f[0]];
                var b = ball.vertices()[f[1]];
                if (d == 2) {
                    size += Math.hypot(a[0] - b[0], a[1] - b[1]);
                    continue;
                }
                var c = ball.vertices()[f[2]];
                double[] u = {b[0] - a[0], b[1] - a[1], b[2] - a[2]}, v = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};
                double p = u[1] * v[2] - u[2] * v[1], q = u[2] * v[0] - u[0] * v[2], r = u[0] * v[1] - u[1] * v[0];
                size += Math.sqrt(p * p + q * q + r * r) / 2;
            }
            assertThat(size).isCloseTo(d == 2 ? 2 * Math.PI * 0.6 : 4 * Math.PI * 0.36, within(d == 2 ? 0.03 : 0.1));
        }
    }
}
