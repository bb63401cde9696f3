package lyceum.models.generative.adversarial;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.linalg.Qr;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseLadder;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.SpectralNorm;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.train.Regularizer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GanFamilyTest {
    @Acceptance(topic = "gan-family", clause = 1)
    @Test void theWassersteinCriticMeasuresTheDistanceOfTwoNormals() {
        var rng = Rng.of(1);
        var real = Tensor.randn(rng, 4_096, 1).compute();
        var critic = new Mlp(MlpConfig.regressor(1, 1, 32, 32).withActivation(Activation.LEAKY_RELU), rng);
        var shifted = new Linear(Tensor.ones(1, 1), Tensor.of(3f)); // z + 3
        // The best penalised critic is too long by about int F^2 / (2 lambda r): 0.46 at the usual 10, 0.09 at 50. F: difference of cdfs, r: density of the penalty's points.
        var gan = new Gan(new Adam(5e-3).withBetas(0.5, 0.9)).withLoss(GanLoss.wasserstein())
                .withPenalty(new CriticPenalty.GradientPenalty(50)).withSchedule(new Schedule.Polynomial(600, 1));
        var run = gan.start(shifted, critic, GanGame.of(real, new LatentNoise(1), 256), rng);
        run.trainCritic(600, Progress.SILENT);
        Tensor a = Tensor.randn(rng, 20_000, 1).compute(), b = Tensor.randn(rng, 20_000, 1).add(3).compute();
        double distance = critic.forward(a).mean().item() - critic.forward(b).mean().item();
        // Slopes by differences, at points between pairs as the penalty has them.
        var between = a.add(b.sub(a).mul(Tensor.rand(rng, 20_000, 1)));
        double slope = critic.forward(between.add(1e-2)).sub(critic.forward(between.sub(1e-2))).div(2e-2).abs().mean().item();
        Evidence.of("distance by the critic, truly 3", distance, between(2.7, 3.3));
        Evidence.of("mean slope of the critic", slope, between(0.8, 1.2));
    }

    @Tag("heavy") // about 18 s: one training
    @Acceptance(topic = "gan-family", clause = 2)
    @Test void wganGpCoversTheRing() {
        var ring = MixtureDenoiser.ring(new NoiseLadder(1), Prediction.SCORE, 8, 2, 0.1);
        var rng = Rng.of(1);
        var generator = new Mlp(MlpConfig.regressor(4, 2, 64, 64), rng);
        var critic = new Mlp(MlpConfig.regressor(2, 1, 64, 64).withActivation(Activation.LEAKY_RELU), rng);
        var noise = new LatentNoise(4);
        var gan = new Gan(new Adam(5e-3).withBetas(0.5, 0.9)).withLoss(GanLoss.wasserstein()).withCriticSteps(2)
                .withPenalty(new CriticPenalty.GradientPenalty(1)).withAveraging(0.98).withSchedule(new Schedule.Polynomial(2_400, 1));
        var run = gan.start(generator, critic, GanGame.of(ring.draw(4_096, rng).to(DType.F32), noise, 128), rng);
        run.finish(2_400, Progress.SILENT);
        var coverage = ModeCoverage.of(noise.through(run.generator()).sample(5_000, rng), ring.centres(), 0.1, 3);
        Evidence.of("modes of 8 with 2% of 5,000 samples", coverage.covered(0.02), exactly(8));
        Evidence.of("share of samples within 3 deviations of a mode", coverage.quality(), atLeast(0.8));
    }

    @Acceptance(topic = "gan-family", clause = 3)
    @Test void adaInGivesEachChannelTheMeanAndDeviationOfTheStyle() {
        double worst = 0;
        int channels = 0;
        for (int seed = 1; seed <= 4; seed++) {
            var rng = Rng.of(seed);
            var norm = new AdaIn(6, 8, DType.F32, rng);
            Tensor x = Tensor.randn(rng, 3, 6, 9, 7).mul(Math.pow(4, 2 - seed)).add(seed % 2), w = Tensor.randn(rng, 3, 8);
            var style = norm.style(w);
            double[] y = norm.forward(x, w, Pass.inference()).toDoubleArray(), scale = style.scale().toDoubleArray(),
                    shift = style.shift().toDoubleArray();
            for (int c = 0; c < 18; c++) {
                double mean = 0, square = 0;
                for (int i = 0; i < 63; i++) mean += y[c * 63 + i] / 63;
                for (int i = 0; i < 63; i++) square += Math.pow(y[c * 63 + i] - mean, 2) / 63;
                worst = Math.max(worst, Math.max(Math.abs(mean - shift[c]), Math.abs(Math.sqrt(square) - Math.abs(scale[c]))));
                channels++;
            }
        }
        Evidence.of("channels", channels, exactly(72));
        Evidence.of("largest gap of a channel's mean or deviation from the style's", worst, atMost(1e-5));
    }

    /** Mean over classes, pixels of the variance within a class, of 5,000 samples. */
    private static double variance(BigGanGenerator generator, double truncation, int classes) {
        int each = 5_000 / classes;
        var noise = new LatentNoise(generator.config().latent()).withTruncation(truncation);
        double sum = 0;
        for (int c = 0; c < classes; c++)
            sum += noise.through(generator, Tensor.full(DType.I64, (long) c, each)).sample(each, Rng.of(c)).var(0).mean().item() / classes;
        return sum;
    }

    @Acceptance(topic = "gan-family", clause = 4)
    @Test void truncationTakesVarietyFromEachClass() {
        var rng = Rng.of(3);
        var digits = Datasets.digits();
        var config = new BigGanConfig(8, 1, 10).withChannels(12).withLatent(16).withWidth(8);
        var generator = new BigGanGenerator(config, rng);
        var critic = SpectralNorm.attachAll(ProjectionCritic.images(config, rng), 1, rng);
        var gan = new Gan(new Adam(2e-3).withBetas(0, 0.9)).withLoss(GanLoss.hinge()).withAveraging(0.9)
                .withGeneratorRegularizer(Regularizer.orthogonalDirections(1e-4).on("*conv*.weight"));
        var pictures = digits.x().to(DType.F32).div(8).sub(1).reshape(digits.size(), 1, 8, 8).compute();
        var run = gan.start(generator, critic, GanGame.of(pictures, digits.y(), new LatentNoise(16), 32), rng);
        run.finish(40, Progress.SILENT);
        var trained = (BigGanGenerator) run.generator();
        double wide = variance(trained, 2, 10), usual = variance(trained, 1, 10), narrow = variance(trained, 0.5, 10);
        Evidence.of("variance at 2 over that at 1", wide / usual, above(1));
        Evidence.of("variance at 1 over that at 0.5", usual / narrow, above(1));
        Evidence.of("variance at 0.5", narrow, above(0));
        var classes = Tensor.arange(10);
        var z = Tensor.zeros(10, 16);
        double apart = trained.forward(z, classes, Pass.inference()).var(0).mean().item();
        Evidence.of("variance between classes at the same noise", apart, above(1e-4));
    }

    @Acceptance(topic = "gan-family", clause = 5)
    @Test void orthogonalPenaltiesAreThoseOfPyTorch() {
        double worst = 0, zero = 0, gradient = 0;
        int cases = 0;
        for (var c : Golden.load("golden/gan_family.json").cases("orthogonal")) {
            long[] shape = Arrays.stream(c.ints("input.shape")).asLongStream().toArray();
            var layer = new Weight(Tensor.of(c.doubles("input.w"), shape));
            for (var kind : new String[] {"relaxed", "strict"}) {
                var penalty = (kind.equals("relaxed") ? Regularizer.orthogonalDirections(1) : Regularizer.orthogonality(1)).penalty(layer);
                worst = Math.max(worst, Math.abs(penalty.item() - c.number("expected." + kind)));
                double[] found = Autograd.gradients(penalty, new Tensor[] {layer.weight}, false)[0].toDoubleArray(),
                        wanted = c.doubles("expected." + kind + "Gradient");
                for (int i = 0; i < wanted.length; i++) gradient = Math.max(gradient, Math.abs(found[i] - wanted[i]));
            }
            cases++;
        }
        for (int seed = 1; seed <= 5; seed++) {
            var rows = Qr.of(Tensor.randn(Rng.of(seed), DType.F64, 7, 4)).q().narrow(1, 0, 4).transpose();
            zero = Math.max(zero, Regularizer.orthogonalDirections(1).penalty(new Weight(rows)).item());
            zero = Math.max(zero, Regularizer.orthogonality(1).penalty(new Weight(rows)).item());
        }
        Evidence.of("weights", cases, exactly(4));
        Evidence.of("largest gap of a penalty", worst, atMost(1e-6));
        Evidence.of("largest gap of a gradient", gradient, atMost(1e-6));
        Evidence.of("penalty of orthonormal rows", zero, atMost(1e-12));
        var longer = new Weight(Tensor.of(new double[][] {{3, 0}, {0, 5}}));
        assertThat(Regularizer.orthogonalDirections(1).penalty(longer).item()).isZero(); // lengths are free
    }

    private static final class Weight extends Module {
        private final Tensor weight;

        Weight(Tensor weight) { this.weight = weight.copy().requiresGrad(); }

        @Override protected Tensor compute(Tensor x, Pass pass) { return x.matmul(weight); }
    }

    @Test void modulatedConvolutionAndAdaInEqualPyTorch() {
        var golden = Golden.load("golden/gan_family.json");
        var c = golden.cases("modulated").getFirst();
        var layer = new ModulatedConv2d(3, 4, 3, 5, true, DType.F64, Rng.of(1));
        layer.load(Map.of("weight", Tensor.of(c.doubles("input.w"), 4, 3, 3, 3), "bias", Tensor.zeros(DType.F64, 4), "affine.weight",
                Tensor.of(c.doubles("input.affine"), 3, 5), "affine.bias", Tensor.of(c.doubles("input.bias"), 3)));
        var x = Tensor.of(c.doubles("input.x"), 2, 3, 6, 6);
        assertThat(layer.forward(x, Tensor.of(c.doubles("input.style"), 2, 5), Pass.inference()).toDoubleArray())
                .containsExactly(c.doubles("expected.y"), offset(1e-10));
        var a = golden.cases("adain").getFirst();
        var style = new AdaIn.Style(Tensor.of(a.doubles("input.scale"), 2, 3), Tensor.of(a.doubles("input.shift"), 2, 3));
        assertThat(AdaIn.apply(x, style).toDoubleArray()).containsExactly(a.doubles("expected.y"), offset(1e-10));
    }

    @Test void stylesMixByLayerAndTruncateTowardsTheAverage() {
        for (var styling : StyleGeneratorConfig.Styling.values()) {
            var config = new StyleGeneratorConfig(8, 2).withChannels(6).withLatent(5).withWidth(7).withMappingLayers(2)
                    .withStyling(styling);
            var generator = new StyleGenerator(config, Rng.of(1));
            Tensor z = Tensor.randn(Rng.of(2), 3, 5), a = generator.styles(z), b = generator.styles(Tensor.randn(Rng.of(3), 3, 5));
            var picture = generator.forward(z);
            assertThat(picture.shape().toArray()).containsExactly(3, 2, 8, 8);
            assertThat(generator.synthesis(generator.mixed(a, b, 3), Pass.inference()).toDoubleArray()).isEqualTo(picture.toDoubleArray());
            assertThat(generator.synthesis(generator.mixed(a, b, 0), Pass.inference()).sub(generator.synthesis(b, Pass.inference())).abs()
                    .max().item()).isZero();
            var mixed = generator.synthesis(generator.mixed(a, b, 1), Pass.inference());
            assertThat(mixed.sub(picture).abs().max().item()).isGreaterThan(1e-3);
            generator.forward(z, Pass.training(Rng.of(4)));
            var average = generator.truncated(a, 0);
            assertThat(average.sub(average.narrow(0, 0, 1)).abs().max().item()).isZero();
            assertThat(average.norm().item()).isGreaterThan(0); // one learning pass has moved it
            var half = generator.truncated(a, 0.5);
            assertThat(half.sub(a.add(average).div(2)).abs().max().item()).isLessThan(1e-6);
            generator.load(noisy(generator));
            var noisy = generator.synthesis(a, Pass.sampling(Rng.of(5)));
            assertThat(noisy.sub(generator.synthesis(a, Pass.sampling(Rng.of(6)))).abs().max().item()).isGreaterThan(1e-3);
            assertThatThrownBy(() -> generator.mixed(a, b, 9)).hasMessageContaining("crossover is 9");
        }
    }

    private static Map<String, Tensor> noisy(StyleGenerator generator) {
        var state = generator.state();
        state.replaceAll((name, t) -> name.endsWith("noise_strength") ? t.detach().add(1) : t);
        return state;
    }

    @Test void spectralNormDividesByTheLargestSingularValueAndIsSaved(@TempDir Path folder) throws IOException {
        var rng = Rng.of(1);
        var layer = new Linear(Tensor.of(new double[][] {{3, 0, 0}, {0, 1, 0}}), Tensor.of(0.5, -1.0));
        var norm = new SpectralNorm(layer, 1, rng);
        layer.attach(norm);
        assertThat(norm.largest().item()).isCloseTo(3, offset(1e-9));
        assertThat(layer.forward(Tensor.of(new double[][] {{1, 2, 5}}), Pass.training(rng)).toDoubleArray())
                .containsExactly(new double[] {1.5, -1 + 2 / 3.0}, offset(1e-9));
        assertThat(layer.state()).containsOnlyKeys("weight", "bias", "weight_u", "weight_v");
        var gradient = Autograd.gradients(layer.forward(Tensor.of(new double[][] {{1, 2, 5}})).sum(), new Tensor[] {layer.weight()},
                false)[0];
        for (int i = 0; i < 6; i++) {
            double slope = 0;
            for (int side = -1; side <= 1; side += 2) {
                var w = layer.weight().toDoubleArray();
                w[i] += side * 1e-6;
                var moved = new Linear(Tensor.of(w, 2, 3), layer.bias());
                moved.attach(new SpectralNorm(moved, 1, rng));
                for (int k = 0; k < 3; k++) moved.forward(Tensor.zeros(DType.F64, 1, 3), Pass.training(rng));
                slope += side * moved.forward(Tensor.of(new double[][] {{1, 2, 5}})).sum().item() / 2e-6;
            }
            assertThat(gradient.flatten().item(i)).isCloseTo(slope, offset(1e-6));
        }
        var config = new BigGanConfig(8, 1, 3).withChannels(4).withLatent(4).withWidth(3);
        var critic = SpectralNorm.attachAll(ProjectionCritic.images(config, rng), 1, rng);
        Tensor x = Tensor.randn(rng, 5, 1, 8, 8), classes = Tensor.of(0, 1, 2, 0, 1).to(DType.I64);
        var copy = Module.copy(critic);
        var file = folder.resolve("critic.safetensors");
        critic.save(file);
        Autograd.noGrad(() -> critic.parameters().values().forEach(p -> p.mul_(3))); // the copy's own norms are of its own weights
        var before = copy.forward(x, classes, Pass.inference()).toDoubleArray();
        critic.load(file);
        assertThat(critic.forward(x, classes, Pass.inference()).toDoubleArray()).isEqualTo(before);
        assertThat(critic.forward(x, Pass.inference()).shape().toArray()).containsExactly(5);
        assertThatThrownBy(() -> new SpectralNorm(Linear.lazy(3, rng), 1, rng)).hasMessageContaining("with a weight");
    }

    @Test void truncatedNoiseStaysWithinAndKeepsItsShape() {
        var z = new LatentNoise(50).withTruncation(0.7).withDtype(DType.F64).sample(2_000, Rng.of(1));
        assertThat(z.abs().max().item()).isLessThanOrEqualTo(0.7).isGreaterThan(0.69);
        // Variance of a normal cut at t: 1 - 2 t phi(t) / (2 Phi(t) - 1)
        double phi = Math.exp(-0.245) / Math.sqrt(2 * Math.PI), inside = 0.5160727;
        assertThat(z.square().mean().item()).isCloseTo(1 - 1.4 * phi / inside, offset(0.002));
    }

    @Test void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> new BigGanConfig(12, 1, 2)).hasMessageContaining("4 times a power of 2");
        assertThatThrownBy(() -> new BigGanConfig(8, 1, 2).withLatent(7)).hasMessageContaining("multiple of the 2 chunks");
        assertThatThrownBy(() -> new StyleGeneratorConfig(8, 1).withMixing(2)).hasMessageContaining("[0, 1]");
        assertThatThrownBy(() -> new ModulatedConv2d(1, 1, 2, 3, true, DType.F32, Rng.of(1))).hasMessageContaining("odd");
        assertThatThrownBy(() -> new MappingNetwork(4, 4, 1, DType.F32, Rng.of(1)).forward(Tensor.zeros(2, 3)))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(
                () -> new AdaIn(2, 3, DType.F32, Rng.of(1)).forward(Tensor.zeros(1, 2, 2, 2), Tensor.zeros(2, 3), Pass.inference()))
                .isInstanceOf(ShapeException.class);
        var generator = new BigGanGenerator(new BigGanConfig(4, 1, 2), Rng.of(1));
        assertThatThrownBy(() -> generator.forward(Tensor.zeros(2, 20))).hasMessageContaining("BigGanGenerator: it needs a condition");
        assertThatThrownBy(() -> generator.forward(Tensor.zeros(2, 20), Tensor.of(0), Pass.inference())).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new LatentNoise(20).through(generator, Tensor.of(0)).sample(2, Rng.of(1))).hasMessageContaining("as many");
    }
}
