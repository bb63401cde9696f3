package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Lbfgs;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.MlpFit;
import org.junit.jupiter.api.Test;

class MlpTest {
    private static final Golden GOLDEN = Golden.load("golden/multilayer-perceptron.json");

    private static MlpConfig config(Golden c, String activation, boolean classes, DType type) {
        int[] widths = c.ints("input.widths"), hidden = Arrays.copyOfRange(widths, 1, widths.length - 1);
        var plain = classes ? MlpConfig.classifier(widths[0], widths[widths.length - 1], hidden)
                : MlpConfig.regressor(widths[0], widths[widths.length - 1], hidden);
        return plain.withActivation(Activation.valueOf(activation.toUpperCase(Locale.ROOT))).withDtype(type);
    }

    @Test
    @Acceptance(topic = "multilayer-perceptron", clause = {1, 2}) void outputLossAndGradientsEqualTorch() {
        var worst = new LinkedHashMap<DType, Gap>(Map.of(DType.F32, Gap.absolute(), DType.F64, Gap.absolute()));
        int seen = 0;
        for (var c : GOLDEN.cases("torch")) {
            seen++;
            boolean classes = c.text("input.head").equals("classes");
            int[] widths = c.ints("input.widths");
            for (var type : worst.keySet()) {
                var recipe = new Recipe(c.integer("input.seed"));
                var state = new LinkedHashMap<String, Tensor>();
                for (int l = 0; l + 1 < widths.length; l++) {
                    state.put("layers." + l + ".weight",
                            Tensor.of(recipe.matrix(widths[l + 1], widths[l])).div(Math.sqrt(widths[l])).to(DType.F32).to(type));
                    state.put("layers." + l + ".bias", Tensor.of(recipe.bells(widths[l + 1])).mul(0.1).to(DType.F32).to(type));
                }
                var x = Tensor.of(recipe.matrix(7, widths[0])).to(DType.F32).to(type);
                var mlp = Mlp.of(config(c, c.text("input.activation"), classes, type), state);
                assertThat(mlp.parameterCount()).isEqualTo(c.integer("expected.parameters"));
                var out = mlp.forward(x);
                var loss = classes ? Loss.crossEntropy(out, Tensor.of(c.longs("input.target")))
                        : Loss.mse(out, Tensor.of(c.matrix("input.target")));
                loss.backward();
                var expected = c.at("expected." + (type == DType.F32 ? "float32" : "float64"));
                var gap = worst.get(type).see(expected, "output", out.toDoubleArray()).see(expected, "loss", loss.item());
                for (int l = 0; l + 1 < widths.length; l++) {
                    gap.see(expected, "gradients." + 2 * l + ".weight", mlp.layers().get(l).weight().grad().toDoubleArray());
                    gap.see(expected, "gradients." + 2 * l + ".bias", mlp.layers().get(l).bias().grad().toDoubleArray());
                }
            }
        }
        Evidence.of("networks", seen, exactly(5));
        Evidence.of("F32", worst.get(DType.F32), below(1e-5));
        Evidence.of("F64", worst.get(DType.F64), below(1e-12));
    }

    /** Where neighbouring layers have one width, too: without an asked-for residual nothing is added. */
    @Test
    @Acceptance(topic = "multilayer-perceptron", clause = 1) void layersOfOneWidthAreComposedAsTheySay() {
        Gap plain = Gap.absolute(), residual = Gap.absolute(), heads = Gap.absolute();
        var rng = Rng.of(12);
        var x = Tensor.randn(rng, DType.F64, 9, 5).compute();
        for (boolean adds : new boolean[] {false, true}) {
            var config = MlpConfig.regressor(5, 5, 5, 7, 7).withActivation(Activation.TANH).withDropout(0.5).withResidual(adds)
                    .withDtype(DType.F64);
            var mlp = new Mlp(config, rng);
            var h = x;
            for (int l = 0; l < 4; l++) {
                var layer = mlp.layers().get(l);
                var next = h.matmul(layer.weight().transpose()).add(layer.bias());
                if (l < 3) next = next.tanh();
                h = adds && (l == 0 || l == 2) ? next.add(h) : next; // 5 to 5, 7 to 7
            }
            (adds ? residual : plain).see("output", mlp.forward(x).toDoubleArray(), h.toDoubleArray());
            heads.see("numbers", mlp.predict(x).toDoubleArray(), mlp.forward(x).toDoubleArray());
        }
        var classifier = new Mlp(MlpConfig.classifier(5, 3, 4).withDtype(DType.F64), rng);
        var logits = classifier.forward(x);
        heads.see("probabilities", classifier.probabilities(x).toDoubleArray(), logits.softmax(1).toDoubleArray());
        heads.see("classes", classifier.classes(x).toDoubleArray(), logits.argmax(1).toDoubleArray());
        var normed = new Mlp(
                MlpConfig.regressor(5, 2, 6, 6).withNorm(MlpConfig.Norm.LAYER).withActivation(Activation.TANH).withDtype(DType.F64), rng);
        var h = x;
        for (int l = 0; l < 3; l++) {
            h = h.matmul(normed.layers().get(l).weight().transpose()).add(normed.layers().get(l).bias());
            var centred = h.sub(h.mean(1, true));
            if (l < 2) h = centred.div(centred.square().mean(1, true).add(1e-5).sqrt()).tanh();
        }
        Evidence.of("layers with norms before their activations",
                Gap.absolute().see("output", normed.forward(x).toDoubleArray(), h.toDoubleArray()), below(1e-12));
        Evidence.of("plain layers", plain, below(1e-14));
        Evidence.of("with residuals", residual, below(1e-14));
        Evidence.of("heads", heads, below(1e-15));
    }

    @Test
    @Acceptance(topic = "multilayer-perceptron", clause = 2) void parameterCountIsTheSumOverLayers() {
        for (int[] hidden : new int[][] {{}, {7}, {30, 20}, {5, 5, 5, 5}}) {
            long expected = 0;
            int in = 11;
            for (int out : hidden) {
                expected += (in + 1L) * out;
                in = out;
            }
            expected += (in + 1L) * 3;
            Evidence.of("parameters with hidden layers " + Arrays.toString(hidden),
                    new Mlp(MlpConfig.classifier(11, 3, hidden), Rng.of(1)).parameterCount(), exactly(expected));
        }
    }

    private static Dataset standardised(Dataset data) {
        var x = data.x().to(DType.F64);
        var deviation = x.std(0, 0, true);
        return data.withX(x.sub(x.mean(0, true)).div(deviation.eq(0).where(deviation.onesLike(), deviation)).compute());
    }

    /** The split and settings on which scikit-learn's mean accuracy is 0.978: the file states them. */
    @Test
    @Acceptance(topic = "multilayer-perceptron", clause = 3) void readsDigits() {
        var c = GOLDEN.named("sklearn digits");
        var digits = Datasets.digits().flat();
        var x = digits.x().to(DType.F32).div(16).compute();
        int[] order = new Recipe(10940).shuffle(1797), test = Arrays.copyOf(order, 360), train = Arrays.copyOfRange(order, 360, 1797);
        var fit = new MlpFit(new Adam(1e-3), Schedule.CONSTANT, c.integer("input.epochs"), c.integer("input.batch"), 1e-4 / 64, 0, 0, 0);
        double mean = 0;
        for (int seed = 0; seed < 5; seed++) {
            var mlp = new Mlp(MlpConfig.classifier(64, 10, c.ints("input.hidden")), Rng.of(seed));
            fit.fit(mlp, x.rows(train), digits.y().rows(train), Rng.of(100 + seed));
            mean += mlp.classes(x.rows(test)).eq(digits.y().rows(test)).to(DType.F64).mean().item() / 5;
        }
        Evidence.of("test accuracy, mean of five seeds", mean, atLeast(0.97));
    }

    @Test
    @Acceptance(topic = "multilayer-perceptron", clause = 3) void predictsDiabetesAsWellAsScikitLearn() {
        var c = GOLDEN.named("sklearn diabetes");
        var data = standardised(Datasets.diabetes());
        int[] order = new Recipe(10940).shuffle(442), test = Arrays.copyOf(order, 111), train = Arrays.copyOfRange(order, 111, 442);
        var y = data.y().rows(train);
        double centre = y.mean().item(), scale = y.std(new int[0], 0, false).item();
        var target = data.y().sub(centre).div(scale).compute();
        var truth = target.rows(test);
        var fit = new MlpFit(new Adam(1e-3), Schedule.CONSTANT, c.integer("input.epochs"), c.integer("input.batch"), 0.01 / 32, 0, 0, 0);
        double mean = 0;
        for (int seed = 0; seed < 5; seed++) {
            var mlp = new Mlp(MlpConfig.regressor(10, 1, c.ints("input.hidden")), Init.glorotUniform(), Rng.of(seed));
            fit.fit(mlp, data.x().rows(train), target.rows(train), Rng.of(100 + seed));
            double residual = mlp.predict(data.x().rows(test)).flatten().to(DType.F64).sub(truth).square().sum().item();
            mean += (1 - residual / truth.sub(truth.mean().item()).square().sum().item()) / 5;
        }
        Evidence.of("R2 beside scikit-learn's", mean - c.number("expected.mean"), equalTo(0, 0.05));
    }

    /** From the starts of the file, where five solvers agree on the minimum to 1e-7. */
    @Test
    @Acceptance(topic = "multilayer-perceptron", clause = 4) void lbfgsReachesScipysLoss() {
        double worst = 0, startGap = 0;
        int seen = 0;
        for (var c : GOLDEN.cases("lbfgs")) {
            seen++;
            boolean iris = c.text("input.data").equals("iris");
            var data = standardised(iris ? Datasets.iris() : Datasets.diabetes());
            var y = data.y();
            if (!iris) y = y.sub(y.mean().item()).div(y.std(new int[0], 0, false).item()).compute();
            var recipe = new Recipe(c.integer("input.seed"));
            int[] widths = c.ints("input.widths");
            var state = new LinkedHashMap<String, Tensor>();
            for (int l = 0; l + 1 < widths.length; l++) {
                state.put("layers." + l + ".weight", Tensor.of(recipe.matrix(widths[l + 1], widths[l])).mul(0.5));
                state.put("layers." + l + ".bias", Tensor.of(recipe.bells(widths[l + 1])).mul(0.5));
            }
            var mlp = Mlp.of(config(c, c.text("input.activation"), iris, DType.F64), state);
            var fit = new MlpFit().withPenalty(c.number("input.alpha"));
            var start = fit.minimize(mlp, data.x(), y, null, new Lbfgs().withMaxIterations(0), Progress.SILENT);
            startGap = Math.max(startGap, Math.abs(start.value() - c.number("expected.startLoss")));
            var found = fit.minimize(mlp, data.x(), y, null, new Lbfgs().withMaxIterations(5000), Progress.SILENT);
            worst = Math.max(worst, Math.abs(found.value() - c.number("expected.loss")));
        }
        assertThat(seen).isEqualTo(9);
        Evidence.of("loss at the start", startGap, below(1e-12));
        Evidence.of("loss at the minimum", worst, below(1e-4));
    }

    @Test void warmStartGoesOnAndEarlyStoppingRestoresTheBest() {
        var moons = Datasets.moons(Rng.of(1), 300, 0.2);
        var mlp = new Mlp(MlpConfig.classifier(2, 2, 16).withDtype(DType.F64), Rng.of(2));
        var fit = new MlpFit().withEpochs(10).withPatience(0);
        var first = fit.fit(mlp, moons.x(), moons.y(), Rng.of(3));
        var second = fit.fit(mlp, moons.x(), moons.y(), Rng.of(3));
        assertThat(second.losses()[0]).isLessThan(first.losses()[5]);
        var stopping = new MlpFit().withRule(new Adam(0.1)).withEpochs(200).withValidationShare(0.2).withPatience(5).withTolerance(0);
        var history = stopping.fit(mlp, moons.x(), moons.y(), Rng.of(4));
        assertThat(history.stoppedEarly()).isTrue();
        assertThat(history.size() - 1 - history.best()).isEqualTo(5);
        // The restored parameters are those of the best epoch: its score comes back.
        int[] kept = Arrays.copyOf(Rng.of(4).split(3).permutation(300), 60);
        double score = Loss.crossEntropy(mlp.forward(moons.x().rows(kept)), moons.y().rows(kept)).item();
        assertThat(score).isCloseTo(history.validations()[history.best()], within(1e-12));
    }

    @Test void partialFitLearnsFromParts() {
        var moons = Datasets.moons(Rng.of(5), 600, 0.15);
        var mlp = new Mlp(MlpConfig.classifier(2, 2, 32), Rng.of(6));
        var session = new MlpFit().withRule(new Adam(0.01)).withBatchSize(20).session(mlp, Rng.of(7));
        for (int round = 0; round < 8; round++)
            for (int part = 0; part < 3; part++) session.pass(moons.x().narrow(0, 200 * part, 200), moons.y().narrow(0, 200 * part, 200));
        assertThat(mlp.classes(moons.x()).eq(moons.y()).to(DType.F64).mean().item()).isGreaterThan(0.95);
    }

    @Test void weightsCountRows() {
        var rng = Rng.of(8);
        var x = Tensor.randn(rng, DType.F64, 30, 3);
        var y = x.sum(1).tanh().compute();
        var weights = new double[30];
        var copies = new ArrayList<Integer>();
        for (int i = 0; i < 30; i++) {
            weights[i] = i % 3;
            for (int k = 0; k < i % 3; k++) copies.add(i);
        }
        int[] rows = copies.stream().mapToInt(i -> i).toArray();
        var config = MlpConfig.regressor(3, 1, 4).withActivation(Activation.TANH).withDtype(DType.F64);
        var fit = new MlpFit().withPenalty(0.01);
        double weighted = fit.minimize(new Mlp(config, Rng.of(9)), x, y, Tensor.of(weights), new Lbfgs(), Progress.SILENT).value();
        double copied = fit.minimize(new Mlp(config, Rng.of(9)), x.rows(rows), y.rows(rows), null, new Lbfgs(), Progress.SILENT).value();
        assertThat(weighted).isCloseTo(copied, within(1e-9));
    }

    @Test void residualNormAndDropoutTakePart() {
        var rng = Rng.of(10);
        var x = Tensor.randn(rng, DType.F64, 12, 5);
        for (var norm : MlpConfig.Norm.values()) {
            var config = MlpConfig.regressor(5, 2, 5, 5).withNorm(norm).withResidual(true).withActivation(Activation.GELU)
                    .withDtype(DType.F64);
            var mlp = new Mlp(config, rng);
            GradientCheck.of(mlp, m -> m.forward(x, Pass.training(Rng.of(1))).square().mean());
            var plain = new Mlp(config.withResidual(false), rng);
            plain.load(mlp.state());
            assertThat(plain.forward(x).toDoubleArray()).isNotEqualTo(mlp.forward(x).toDoubleArray());
        }
        var dropping = new Mlp(MlpConfig.regressor(5, 1, 50).withDropout(0.5), rng);
        var input = x.to(DType.F32);
        double[] predicted = dropping.forward(input).toDoubleArray();
        assertThat(dropping.forward(input).toDoubleArray()).isEqualTo(predicted);
        assertThat(dropping.forward(input, Pass.training(Rng.of(2))).toDoubleArray()).isNotEqualTo(predicted);
        assertThat(dropping.forward(input, Pass.training(Rng.of(2))).toDoubleArray())
                .isEqualTo(dropping.forward(input, Pass.training(Rng.of(2))).toDoubleArray());
    }

    @Test void saysWhatDoesNotFit() {
        var mlp = new Mlp(MlpConfig.classifier(4, 3, 8), Rng.of(1));
        assertThatThrownBy(() -> mlp.forward(Tensor.zeros(2, 5))).isInstanceOf(ShapeException.class)
                .hasMessage("Mlp: input (2, 5) for a network of 4 inputs");
        assertThatThrownBy(() -> MlpConfig.classifier(4, 3, 0)).hasMessage("MlpConfig: a hidden layer has width 0; widths are at least 1");
        assertThatThrownBy(() -> new MlpFit().fit(mlp, Tensor.zeros(2, 4), Tensor.zeros(2), Rng.of(1)))
                .hasMessageContaining("class numbers are integers (n)");
        assertThatThrownBy(() -> new Mlp(MlpConfig.regressor(4, 1), Rng.of(1)).probabilities(Tensor.zeros(1, 4)))
                .isInstanceOf(IllegalStateException.class);
        assertThat(List.copyOf(mlp.parameters().keySet())).containsExactly("layers.0.weight", "layers.0.bias", "layers.1.weight",
                "layers.1.bias");
    }
}
