package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.PadMode;
import lyceum.backend.Pooling;
import lyceum.backend.WindowWeight;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;

class ConvolutionTest {
    private static Tensor bells(Recipe r, long... shape) {
        return Tensor.of(r.bells((int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)), shape);
    }

    private static ConvLayer layer(Golden g, Tensor weight, Tensor bias) {
        var how = new Convolution().withStride(g.ints("input.stride")).withPadding(g.ints("input.padding"))
                .withDilation(g.ints("input.dilation")).withGroups(g.integer("input.groups")).withOutputPadding(g.ints("input.more"))
                .withMode(PadMode.valueOf(g.text("input.mode").toUpperCase(Locale.ROOT)));
        boolean back = g.flag("input.transposed");
        return switch (g.integer("input.axes")) {
            case 1 -> back ? new ConvTranspose1d(weight, bias, how) : new Conv1d(weight, bias, how);
            case 2 -> back ? new ConvTranspose2d(weight, bias, how) : new Conv2d(weight, bias, how);
            default -> back ? new ConvTranspose3d(weight, bias, how) : new Conv3d(weight, bias, how);
        };
    }

    /** Largest gap to numbers that all elements enter, relative to 1 or the number. */
    private static double gap(Tensor t, Recipe r, double[] expected) {
        double[] values = t.to(DType.F64).contiguous().toDoubleArray();
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            double found = i < 3 ? 0 : values[i - 3];
            if (i < 3) {
                double[] look = r.bells(values.length);
                for (int j = 0; j < values.length; j++) found += values[j] * look[j];
                found /= Math.sqrt(values.length);
            }
            worst = Math.max(worst, Math.abs(found - expected[i]) / Math.max(1, Math.abs(expected[i])));
        }
        return worst;
    }

    @Acceptance(topic = "convolutional-neural-network", clause = 1)
    @Test void layersAndTheirGradientsEqualTorchs() {
        var cases = Golden.load("golden/convolution.json").list("cases");
        double worst = 0;
        for (var g : cases) {
            var r = new Recipe(g.integer("input.seed"));
            Tensor x = bells(r, g.longs("input.x")).to(DType.F32).requiresGrad(), w = bells(r, g.longs("input.weight")).to(DType.F32);
            int outputs = (int) (g.flag("input.transposed") ? w.size(1) * g.integer("input.groups") : w.size(0));
            var layer = layer(g, w, g.flag("input.bias") ? bells(r, outputs).to(DType.F32) : null);
            var y = layer.forward(x);
            assertThat(y.shape().toArray()).as(g.at("input") + "").isEqualTo(g.longs("expected.shape"));
            y.backward(bells(r, y.shape().toArray()).to(DType.F32));
            var all = new ArrayList<>(List.of(y, x.grad(), layer.weight().grad()));
            if (layer.bias() != null) all.add(layer.bias().grad());
            double[][] looks = g.matrix("expected.looks");
            assertThat(looks.length).isEqualTo(all.size());
            for (int i = 0; i < all.size(); i++) worst = Math.max(worst, gap(all.get(i), r, looks[i]));
        }
        Evidence.of("configurations", cases.size(), exactly(200));
        Evidence.of("largest gap of values and gradients", worst, atMost(1e-4));
    }

    /** Entry by entry from the definition: row (o, i, j), column (c, i + u - pad, j + v - pad), on a torus or with zeros about. */
    private static double[][] toeplitz(Tensor weight, int side, int pad, boolean torus) {
        int outputs = (int) weight.size(0), inputs = (int) weight.size(1), k = (int) weight.size(2), out = side + 2 * pad - k + 1;
        double[] w = weight.toDoubleArray();
        var matrix = new double[outputs * out * out][inputs * side * side];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < out; i++)
                for (int j = 0; j < out; j++) for (int c = 0; c < inputs; c++) for (int u = 0; u < k; u++) for (int v = 0; v < k; v++) {
                    int y = i + u - pad, x = j + v - pad;
                    boolean inside = y >= 0 && y < side && x >= 0 && x < side;
                    if (!inside && !torus) continue;
                    matrix[(o * out + i) * out + j][(c * side + Math.floorMod(y, side)) * side
                            + Math.floorMod(x, side)] += w[((o * inputs + c) * k + u) * k + v];
                }
        return matrix;
    }

    @Acceptance(topic = "convolutional-neural-network", clause = 2)
    @Test void convolutionIsAProductWithItsMatrixAndTheTransposedOneWithItsTranspose() {
        double forward = 0, back = 0, built = 0;
        for (int seed = 0; seed < 12; seed++) {
            var rng = Rng.of(seed);
            int side = 5 + seed % 4, pad = seed % 3, inputs = 1 + seed % 2, outputs = 1 + seed / 2 % 3, k = 1 + 2 * (seed % 2);
            boolean torus = seed % 4 == 3 && pad <= k / 2;
            var w = Tensor.randn(rng, DType.F64, outputs, inputs, k, k);
            var how = new Convolution().withPadding(pad).withMode(torus ? PadMode.CIRCULAR : PadMode.ZEROS);
            var a = Tensor.of(toeplitz(w, side, pad, torus));
            Tensor x = Tensor.randn(rng, DType.F64, 3, inputs, side, side), y = new Conv2d(w, null, how).forward(x);
            forward = Math.max(forward, a.matmul(x.reshape(3, -1).transpose()).sub(y.reshape(3, -1).transpose()).abs().max().item());
            built = Math.max(built, ConvolutionForms.matrix(w, side, side, how).sub(a).abs().max().item());
            if (torus) continue;
            var back1 = new ConvTranspose2d(w, null, how).forward(y);
            back = Math.max(back,
                    a.transpose().matmul(y.reshape(3, -1).transpose()).sub(back1.reshape(3, -1).transpose()).abs().max().item());
        }
        Evidence.of("convolution off the product with its matrix", forward, atMost(1e-6));
        Evidence.of("transposed convolution off the product with its transpose", back, atMost(1e-6));
        Evidence.of("the public matrix off the one by definition", built, exactly(0));
    }

    private static Tensor shifted(Tensor x, int dy, int dx) {
        int h = (int) x.size(2), w = (int) x.size(3);
        var down = Tensor.concat(2, x.narrow(2, h - dy, dy), x.narrow(2, 0, h - dy));
        return Tensor.concat(3, down.narrow(3, w - dx, dx), down.narrow(3, 0, w - dx)).compute();
    }

    private interface Form {
        Tensor of(Tensor x, Tensor weight, Convolution how);
    }

    /** Largest gap between form(shift(x)) and shift(form(x)) over all 64 shifts of 8 x 8, relative to the largest value. */
    private static double moved(Form form, DType type) { return moved(form, type, 3, 4); }

    private static double moved(Form form, DType type, int inputs, int outputs) {
        var how = new Convolution().withPadding(1).withMode(PadMode.CIRCULAR);
        Tensor x = Tensor.randn(Rng.of(1), DType.F64, 2, inputs, 8, 8).to(type).compute(),
                w = Tensor.randn(Rng.of(2), DType.F64, outputs, inputs, 3, 3).to(type).compute(), y = form.of(x, w, how).compute();
        double worst = 0, scale = y.abs().max().item();
        for (int i = 0; i < 64; i++)
            worst = Math.max(worst, form.of(shifted(x, i / 8, i % 8), w, how).sub(shifted(y, i / 8, i % 8)).abs().max().item() / scale);
        return worst;
    }

    @Acceptance(topic = "convolutional-neural-network", clause = 3)
    @Test void onATorusItCommutesWithShifts() {
        Form direct = (x, w, how) -> new Conv2d(w, null, how).forward(x);
        for (var type : new DType[] {DType.F32, DType.F64})
            Evidence.of("direct, " + type + ": largest change by a shift", moved(direct, type), exactly(0));
        Evidence.of("the layer's own packed windows, 64 outputs, F64", moved(direct, DType.F64, 5, 64), atMost(1e-12));
        Evidence.of("windows gathered, F64", moved(ConvolutionForms::gathered, DType.F64), atMost(1e-12));
        Evidence.of("Winograd, F64", moved(ConvolutionForms::winograd, DType.F64), atMost(1e-12));
        var how = new Convolution().withPadding(1).withMode(PadMode.CIRCULAR);
        Tensor x = Tensor.randn(Rng.of(1), DType.F64, 2, 3, 9, 7), w = Tensor.randn(Rng.of(2), DType.F64, 4, 3, 3, 3),
                y = x.conv(w, null, how);
        Evidence.of("Winograd off the direct form", ConvolutionForms.winograd(x, w, how).sub(y).abs().max().item(), atMost(1e-12));
        Evidence.of("windows off the direct form", ConvolutionForms.gathered(x, w, how).sub(y).abs().max().item(), atMost(1e-12));
        Evidence.of("with zeros about, a shift changes it by", moved((a, b, h) -> a.conv(b, null, h.withMode(PadMode.ZEROS)), DType.F64),
                above(0.01));
    }

    private static double accuracy(Module net, Tensor x, Tensor y) {
        return Autograd.noGrad(() -> net.forward(x).argmax(1).eq(y).to(DType.F64).mean().item());
    }

    @Acceptance(topic = "convolutional-neural-network", clause = 4)
    @Test void leNetReadsDigitsAndBearsAShift() {
        var digits = Datasets.digits().shuffled(Rng.of(1));
        Dataset train = images(digits.head(1347)), test = images(digits.range(1347, 1797));
        var net = new LeNet(1, 8, 10, 16, 32, 3, 64, 32, Rng.of(1));
        var mlp = new Sequential(Layer.of(x -> x.reshape(x.size(0), -1)), new Linear(64, 152, Rng.of(2)), Activation.RELU,
                new Linear(152, 152, Rng.of(3)), Activation.RELU, new Linear(152, 10, Rng.of(4)));
        for (var model : List.of(net, mlp))
            new Trainer(new Adam(2e-3), 25).withBatchSize(32).fit(model, Loss::crossEntropy, train, Rng.of(5));
        Evidence.of("parameters of the MLP over LeNet's", (double) mlp.parameterCount() / net.parameterCount(), atLeast(2));
        Evidence.of("LeNet's accuracy on digits", accuracy(net, test.x(), test.y()), atLeast(0.98));
        double[] gain = new double[4];
        for (int i = 0; i < 4; i++) {
            var moved = test.x().pad(2, i == 0 ? 1 : 0, i == 1 ? 1 : 0, 0).pad(3, i == 2 ? 1 : 0, i == 3 ? 1 : 0, 0)
                    .narrow(2, i == 1 ? 1 : 0, 8).narrow(3, i == 3 ? 1 : 0, 8);
            gain[i] = accuracy(net, moved, test.y()) - accuracy(mlp, moved, test.y());
        }
        Evidence.of("LeNet's accuracy less the MLP's on pictures moved by one pixel, mean of four ways",
                Arrays.stream(gain).average().orElseThrow(), above(0));
    }

    private static Dataset images(Dataset d) { return d.withX(d.x().to(DType.F32).div(16).reshape(d.size(), 1, 8, 8).compute()); }

    /** Whole numbers, so that every sum is exact. */
    private static Tensor whole(DType type, long seed, long... shape) {
        return Tensor.randint(Rng.of(seed), -3, 4, shape).to(type).compute();
    }

    /** What a layer predicts, and how often the backend was given a weight that is arranged once. */
    private record Prediction(double[] values, int packed) {
        static Prediction of(ConvLayer layer, Tensor x, boolean learning) {
            var backend = Backend.current();
            var seen = new int[1];
            var asking = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class},
                    (p, method, in) -> {
                        if (in != null && Arrays.stream(in).anyMatch(WindowWeight.class::isInstance)) seen[0]++;
                        return method.invoke(backend, in);
                    });
            var values = new double[1][];
            Backend.with(asking, () -> values[0] = GradMode.with(learning, () -> layer.forward(x)).to(DType.F64).toDoubleArray());
            return new Prediction(values[0], seen[0]);
        }
    }

    private static ConvLayer layer(Tensor w, Tensor b, Convolution how, int axes) {
        return axes == 1 ? new Conv1d(w, b, how) : axes == 2 ? new Conv2d(w, b, how) : new Conv3d(w, b, how);
    }

    @Test void aPackedLayerPredictsWhatItLearns() {
        for (var type : new DType[] {DType.F32, DType.BF16}) for (int axes = 1; axes <= 3; axes++) {
            long[] shape = Arrays.copyOf(new long[] {2, 20, 9, 8, 7}, axes + 2),
                    kernel = Arrays.copyOf(new long[] {18, 20, 3, 3, 3}, axes + 2);
            Tensor x = whole(type, 1, shape), w = whole(type, 2, kernel), b = whole(type, 3, 18);
            var how = new Convolution().withPadding(1);
            var layer = layer(w, b, how, axes);
            var unpacked = Prediction.of(layer, x, false);
            assertThat(layer.pack()).isSameAs(layer);
            Prediction packed = Prediction.of(layer, x, false), learning = Prediction.of(layer, x, true);
            assertThat(new int[] {unpacked.packed, packed.packed, learning.packed}).as(type + ", %d axes", axes).containsExactly(0, 1, 0);
            assertThat(packed.values).isEqualTo(unpacked.values);
            assertThat(learning.values).isEqualTo(unpacked.values);
            var twin = Module.copy(layer);
            Autograd.noGrad(() -> twin.weight().mul_(-1));
            assertThat(Prediction.of(layer, x, false)).usingRecursiveComparison().isEqualTo(packed);
            var turned = layer(twin.weight(), b, how, axes);
            assertThat(Prediction.of(twin, x, false).values).isEqualTo(Prediction.of(turned, x, false).values).isNotEqualTo(packed.values);
            Autograd.noGrad(() -> layer.weight().mul_(-1));
            assertThat(Prediction.of(layer, x, false).values).isEqualTo(Prediction.of(turned, x, false).values);
        }
        var back = new ConvTranspose2d(whole(DType.BF16, 1, 20, 18, 3, 3), null, new Convolution());
        var x = whole(DType.BF16, 2, 1, 20, 5, 5);
        var expected = Prediction.of(back, x, false);
        back.pack();
        assertThat(Prediction.of(back, x, false)).usingRecursiveComparison().isEqualTo(expected);
    }

    @Test void poolsOfOneTwoAndThreeAxes() {
        var x = Tensor.arange(24).to(DType.F64);
        assertThat(new MaxPool1d(2).forward(x.reshape(1, 2, 12)).toDoubleArray()).containsExactly(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21,
                23);
        assertThat(new AvgPool1d(4).forward(x.reshape(1, 2, 12)).toDoubleArray()).containsExactly(1.5, 5.5, 9.5, 13.5, 17.5, 21.5);
        assertThat(new MaxPool3d(2).forward(x.reshape(1, 1, 2, 2, 6)).toDoubleArray()).containsExactly(19, 21, 23);
        assertThat(new AvgPool3d(new Pooling(2, 2, 6)).forward(x.reshape(1, 1, 2, 2, 6)).toDoubleArray()).containsExactly(11.5);
        assertThat(new AdaptiveAvgPool1d(1).forward(x.reshape(1, 2, 12)).toDoubleArray()).containsExactly(5.5, 17.5);
        assertThat(new AdaptiveMaxPool2d(2, 2).forward(x.reshape(1, 1, 3, 8)).toDoubleArray()).containsExactly(11, 15, 19, 23);
    }

    @Test void paddingOfATransposedConvolutionIsZero() {
        var how = new Convolution().withMode(PadMode.REFLECT);
        assertThatThrownBy(() -> new ConvTranspose1d(2, 2, 3, how, Rng.of(1)).forward(Tensor.zeros(1, 2, 5)))
                .hasMessageContaining("transposed convolutions know ZEROS only");
        assertThatThrownBy(() -> Tensor.zeros(0, 2).pad(0, 1, 0, PadMode.CIRCULAR)).hasMessageContaining("nothing to pad with");
        assertThat(new LeNet(1, 28, 10, Rng.of(1)).parameterCount()).isEqualTo(61_706);
    }
}
