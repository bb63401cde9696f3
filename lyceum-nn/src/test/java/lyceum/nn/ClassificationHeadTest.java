package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.nn.ClassificationHead.Classifier;
import lyceum.nn.ClassificationHead.Config;
import lyceum.nn.ClassificationHead.Pooling;
import lyceum.nn.ClassificationHead.Problem;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Lbfgs;
import lyceum.optim.Optimizer;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ClassificationHeadTest {
    private static Golden golden() { return Golden.load("golden/classification-head.json"); }

    @Acceptance(topic = "classification-head", clause = 1)
    @Test void onFrozenFeaturesTheHeadIsSoftmaxRegression() {
        var gap = Gap.absolute();
        var cases = golden().cases("frozen");
        for (var c : cases) {
            var data = c.text("input.data").equals("iris") ? Datasets.iris() : Datasets.wine();
            var x = data.x().to(DType.F64);
            x = x.sub(x.mean(0, true)).div(x.var(new int[] {0}, 0, true).sqrt()).compute();
            var twin = new Twin((long) c.number("input.seed"));
            var weight = twin.draw(8, x.size(1)).mul(0.3);
            var backbone = new Sequential(new Linear(weight, twin.draw(8).mul(0.3)), Activation.TANH);
            backbone.freeze("*");
            var model = new ClassificationHead(new Config(8, 3).withDtype(DType.F64), Rng.of(1)).on(backbone);
            double strength = 1 / (2 * c.number("input.c") * x.size(0));
            var features = x;
            var w = model.parameters().get("head.out.weight");
            new Lbfgs().minimize(List.copyOf(model.parameters().values()),
                    () -> model.head().loss(model.forward(features), data.y()).add(w.square().sum().mul(strength)), Progress.SILENT);
            double[][] p = Autograd.noGrad(() -> model.head().prediction(model.forward(features))).toRows();
            var every = new ArrayList<Double>();
            for (int i = 0; i < p.length; i += 5) for (double v : p[i]) every.add(v);
            gap.see(c, "expected.probabilities", every.stream().mapToDouble(Double::doubleValue).toArray());
        }
        Evidence.of("data sets and strengths", cases.size(), exactly(4));
        Evidence.of("largest gap of probabilities from scikit-learn's", gap, below(1e-3));
    }

    private static Sequential backbone(long seed) {
        var rng = Rng.of(seed);
        return new Sequential(new Linear(6, 16, rng), new LayerNorm(16), Activation.GELU, new Linear(16, 12, rng));
    }

    private static Map<String, double[]> bits(Module module) {
        var bits = new LinkedHashMap<String, double[]>();
        module.state().forEach((name, t) -> bits.put(name, t.toDoubleArray()));
        return bits;
    }

    @Acceptance(topic = "classification-head", clause = 2)
    @Test void theBackboneIsNotTouched() {
        int compared = 0, changed = 0, trained = 0;
        for (var pooling : Pooling.values()) {
            for (var rule : List.of(new Adam(0.05), new AdamW(0.05))) {
                var backbone = new Sequential(backbone(2), new BatchNorm(7)); // of which statistics are tensors too
                backbone.freeze("*");
                var head = new ClassificationHead(new Config(12, 4).withPooling(pooling).withHidden(8).withDropout(0.1), Rng.of(3));
                var model = head.on(backbone);
                var before = bits(backbone);
                var headBefore = bits(head);
                var optimizer = new Optimizer(List.of(new Optimizer.Group(rule, model.parameters())));
                for (int step = 0; step < 10; step++) {
                    var x = Tensor.randn(Rng.of(step), DType.F32, 5, 7, 6);
                    optimizer.zeroGrad();
                    head.loss(model.forward(x, Pass.training(Rng.of(50 + step))), Tensor.of(0, 1, 2, 3, 0)).backward();
                    optimizer.step();
                }
                for (var entry : bits(backbone).entrySet()) {
                    compared++;
                    if (!Arrays.equals(entry.getValue(), before.get(entry.getKey()))) changed++;
                }
                for (var entry : bits(head).entrySet()) if (!Arrays.equals(entry.getValue(), headBefore.get(entry.getKey()))) trained++;
            }
        }
        Evidence.of("backbone tensors compared", compared, exactly(5 * 2 * (6 + 5)));
        Evidence.of("of these changed", changed, exactly(0));
        Evidence.of("head tensors that were trained", trained, exactly(2 * (5 * 4 + 1)));
    }

    @Test void aFrozenBackbonePredictsWhileTheHeadLearns() {
        var norm = new BatchNorm(12);
        var backbone = new Sequential(new Linear(6, 12, Rng.of(60)), norm, new Dropout(0.5));
        var model = new ClassificationHead(new Config(12, 4), Rng.of(61)).on(backbone);
        var x = Tensor.randn(Rng.of(62), DType.F32, 30, 6).compute();
        model.forward(x, Pass.training(Rng.of(63)));
        double[] mean = norm.state().get("running_mean").toDoubleArray();
        assertThat(mean).as("one that is not frozen learns").isNotEqualTo(new double[12]);
        backbone.freeze("*");
        var features = new ArrayList<Tensor>();
        var hooks = Hooks.of(model);
        hooks.on("backbone", (name, in, out) -> {
            features.add(out);
            return out;
        });
        model.forward(x, Pass.training(Rng.of(64)).with(hooks));
        model.forward(x, null, Pass.training(Rng.of(65)));
        assertThat(norm.state().get("running_mean").toDoubleArray()).isEqualTo(mean);
        assertThat(features.getFirst().toDoubleArray()).isEqualTo(backbone.forward(x).toDoubleArray());
        backbone.unfreeze("0.*");
        model.forward(x, Pass.training(Rng.of(66)));
        assertThat(norm.state().get("running_mean").toDoubleArray()).as("frozen in part").isNotEqualTo(mean);
    }

    @Acceptance(topic = "classification-head", clause = 3)
    @Test void paddingDoesNotCount() {
        long differ = 0;
        var gap = Gap.relativeBeyondOne();
        int cases = 0;
        double control = 0;
        for (int trial = 0; trial < 20; trial++) {
            var rng = Rng.of(100 + trial);
            int batch = 1 + rng.nextInt(4), positions = 2 + rng.nextInt(9), width = 1 + rng.nextInt(8);
            var h = Tensor.randn(rng, DType.F64, batch, positions, width).compute();
            var counts = new boolean[batch * positions];
            for (int i = 0; i < batch; i++) {
                int length = 1 + rng.nextInt(positions);
                for (int t = 0; t < positions; t++) counts[i * positions + t] = trial % 2 == 0 ? t < length : t >= positions - length;
            }
            var mask = Tensor.of(counts, batch, positions);
            var head = new ClassificationHead(new Config(width, 3).withDtype(DType.F64), rng);
            var hooks = Hooks.of(head);
            var pooled = hooks.capture("pooled");
            double[] y = head.forward(h, mask, Pass.inference().with(hooks)).toDoubleArray(), mean = pooled.get("pooled").toDoubleArray(),
                    values = h.toDoubleArray();
            for (double junk : new double[] {0, 1e30, Double.NaN, Double.POSITIVE_INFINITY}) {
                var other = mask.unsqueeze(2).where(h, Tensor.full(DType.F64, junk));
                if (!Arrays.equals(y, head.forward(other, mask, Pass.inference()).toDoubleArray())) differ++;
                cases++;
            }
            for (int i = 0; i < batch; i++) for (int j = 0; j < width; j++) {
                double sum = 0;
                int n = 0;
                for (int t = 0; t < positions; t++) {
                    if (!counts[i * positions + t]) continue;
                    sum += values[(i * positions + t) * width + j];
                    n++;
                }
                gap.see("mean", mean[i * width + j], sum / n);
            }
            control = Math.max(control, head.forward(h).sub(head.forward(h, mask, Pass.inference())).abs().max().item());
        }
        Evidence.of("paddings filled with anything", cases, exactly(80));
        Evidence.of("answers that differ in a bit", differ, exactly(0));
        Evidence.of("largest gap from the mean of what counts", gap, below(1e-14));
        Evidence.of("change without the mask", control, above(0.01));
    }

    @Acceptance(topic = "classification-head", clause = 4)
    @Test void anotherHeadLeavesTheBackbone() {
        var backbone = backbone(4);
        backbone.freeze("*");
        var ten = new ClassificationHead(new Config(12, 10), Rng.of(5)).on(backbone);
        var x = Tensor.randn(Rng.of(6), DType.F32, 9, 6).compute();
        double[] before = received(ten, x);
        var optimizer = new Optimizer(List.of(new Optimizer.Group(new Adam(0.05), ten.parameters())));
        double[] first = ten.forward(x).toDoubleArray();
        for (int step = 0; step < 10; step++) {
            optimizer.zeroGrad();
            ten.head().loss(ten.forward(x, Pass.training(Rng.of(step))), Tensor.of(0, 1, 2, 3, 4, 5, 6, 7, 8)).backward();
            optimizer.step();
        }
        var three = ten.with(new ClassificationHead(ten.head().config().withOutputs(3), Rng.of(7)));
        double[] after = received(three, x), trained = ten.forward(x).toDoubleArray();
        int differ = 0;
        double moved = 0;
        for (int i = 0; i < before.length; i++) if (Double.doubleToRawLongBits(before[i]) != Double.doubleToRawLongBits(after[i])) differ++;
        for (int i = 0; i < first.length; i++) moved = Math.max(moved, Math.abs(trained[i] - first[i]));
        Evidence.of("features that the head of 3 receives", after.length, exactly(9 * 12));
        Evidence.of("of these unlike those of the head of 10, before it was trained, in a bit", differ, exactly(0));
        Evidence.of("change of the answers of 10 by training", moved, above(0.1));
        Evidence.of("outputs of the head of 10", first.length, exactly(9 * 10));
        Evidence.of("outputs of the head of 3", three.forward(x).count(), exactly(9 * 3));
    }

    /** What the head of a model is given. */
    private static double[] received(HeadedModel model, Tensor x) {
        var hooks = Hooks.of(model);
        var features = new ArrayList<Tensor>();
        hooks.on("head", (name, in, out) -> {
            features.add(in);
            return out;
        });
        model.forward(x, Pass.inference().with(hooks));
        return features.getFirst().toDoubleArray();
    }

    @Acceptance(topic = "classification-head", clause = 5)
    @Test void theLossOfLabelsIsTorchs() {
        var gap = Gap.relativeBeyondOne();
        var cases = golden().cases("labels");
        var head = new ClassificationHead(new Config(3, 4).withProblem(Problem.LABELS), Rng.of(8));
        for (var c : cases) {
            var twin = new Twin((long) c.number("input.seed"));
            var x = twin.draw(6, 4).mul(c.number("input.scale")).compute().requiresGrad();
            var target = Tensor.of(Arrays.stream(twin.uniforms(24)).map(u -> u < 0.4 ? 1 : 0).toArray(), 6, 4);
            var loss = head.loss(x, target);
            loss.backward();
            gap.see(c, "expected.loss", loss.item());
            gap.see(c, "expected.gradient", twin.trace(x.grad()));
        }
        Evidence.of("cases", cases.size(), exactly(10));
        Evidence.of("largest gap of losses and gradients", gap, below(1e-6));
    }

    @Test void everyPoolingReadsWhatCounts() {
        var h = Tensor.of(new double[] {1, 9, 2, 7, 3, 100}, 1, 3, 2);
        var mask = Tensor.of(new boolean[] {true, true, false}, 1, 3);
        assertThat(pooled(Pooling.FIRST, h, mask)).containsExactly(1, 9);
        assertThat(pooled(Pooling.LAST, h, mask)).containsExactly(2, 7);
        assertThat(pooled(Pooling.LAST, h, null)).containsExactly(3, 100);
        assertThat(pooled(Pooling.MEAN, h, mask)).containsExactly(1.5, 8);
        assertThat(pooled(Pooling.MAX, h, mask)).containsExactly(2, 9);
        assertThat(pooled(Pooling.ATTENTION, h, mask)[0]).isBetween(1.0, 2.0);
        var left = Tensor.of(new boolean[] {false, true, true}, 1, 3);
        assertThat(pooled(Pooling.FIRST, h, left)).containsExactly(2, 7);
    }

    private static double[] pooled(Pooling pooling, Tensor h, Tensor mask) {
        var head = new ClassificationHead(new Config(2, 2).withPooling(pooling).withDtype(DType.F64), Rng.of(9));
        var hooks = Hooks.of(head);
        var seen = hooks.capture("pooled");
        head.forward(h, mask, Pass.inference().with(hooks));
        return seen.get("pooled").toDoubleArray();
    }

    @Test void cosinesNumbersAndWrongMasks() {
        var head = new ClassificationHead(new Config(4, 3).withClassifier(Classifier.COSINE), Rng.of(10));
        var x = Tensor.randn(Rng.of(11), DType.F32, 5, 4).compute();
        assertThat(head.forward(x.mul(7)).sub(head.forward(x)).abs().max().item()).isLessThan(1e-4);
        assertThat(head.forward(x).abs().max().item()).isLessThanOrEqualTo(10.0001);
        assertThat(head.parameters().keySet()).containsExactly("out.weight", "scale");
        var numbers = new ClassificationHead(new Config(4, 2).withProblem(Problem.NUMBERS), Rng.of(12));
        var y = numbers.forward(x);
        assertThat(numbers.loss(y, y.detach()).item()).isZero();
        assertThat(numbers.loss(y, Tensor.zeros(5, 2)).item()).isEqualTo(Loss.mse(y, Tensor.zeros(5, 2)).item());
        assertThat(head.prediction(head.forward(x)).sum(1).sub(1).abs().max().item()).isLessThan(1e-6);
        var h = Tensor.ones(2, 3, 4);
        assertThatThrownBy(() -> head.forward(h, Tensor.ones(2, 3), Pass.inference())).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> head.forward(h, Tensor.of(new boolean[6], 2, 3), Pass.inference()))
                .hasMessageContaining("leaves out every position");
        assertThatThrownBy(() -> head.forward(Tensor.ones(2, 5))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new Config(0, 3)).hasMessageContaining("width 0");
    }
}
