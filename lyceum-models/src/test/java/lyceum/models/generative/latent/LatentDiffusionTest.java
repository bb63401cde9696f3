package lyceum.models.generative.latent;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.models.generative.BetaSchedule;
import lyceum.models.generative.GenerativeMetrics;
import lyceum.models.generative.Observation;
import lyceum.models.generative.VaeConfig;
import lyceum.models.generative.VectorQuantizer;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.models.generative.diffusion.DdimSampler;
import lyceum.models.generative.diffusion.Ddpm;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.DiffusionTransformer;
import lyceum.models.generative.diffusion.DiffusionTransformerConfig;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.generative.diffusion.VideoTransformer;
import lyceum.models.generative.diffusion.VideoTransformerConfig;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.ConvTranspose2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatentDiffusionTest {
    private static final int PICTURES = 4000, DRAWN = 2000;
    private static final ConditionalUNetConfig NET = new ConditionalUNetConfig(4, 4, List.of(48), List.of(false), 2, 0, 4, 4, DType.F32);

    /** Clothes of 28 x 28 in [-1, 1]. */
    private static Dataset clothes(Dataset d) {
        return d.withX(d.x().to(DType.F32).div(127.5).sub(1).reshape(d.size(), 1, 28, 28).compute());
    }

    private record Trained(AutoencoderKl codec, LatentDiffusion latents, Tensor codes, Dataset train, Dataset test) {
        private static Trained trained;

        static synchronized Trained once() {
            if (trained != null) return trained;
            Dataset train = clothes(Datasets.fashionMnist().train().head(PICTURES)),
                    test = clothes(Datasets.fashionMnist().test().head(DRAWN));
            var codec = new AutoencoderKl(AutoencoderKlConfig.small(1, 4, 8, 16, 32), Rng.of(1));
            var vae = new VaeConfig(Shape.of(4, 7, 7), new Observation.Gaussian(0.15, false), BetaSchedule.CONSTANT, 1);
            codec.vae(vae).fit(new Trainer(new AdamW(3e-3), 4).withBatchSize(32).withClip(Clip.norm(10))
                    .withSchedule(new Schedule.Cosine(4 * PICTURES / 32)), train.x(), null, Rng.of(2), Progress.SILENT);
            var latents = LatentDiffusion.of(codec, train.x(), 200);
            return trained = new Trained(codec, latents, latents.encode(train.x(), 200), train, test);
        }
    }

    @Tag("heavy")
    @Acceptance(topic = "latent-diffusion", clause = 1)
    @Acceptance(topic = "latent-diffusion", clause = 2)
    @Test void clothesComeBackFromSmallCodesOfDeviationOne() {
        var t = Trained.once();
        assertThat(t.codes().shape()).isEqualTo(Shape.of(PICTURES, 4, 7, 7));
        double error = 0;
        for (int from = 0; from < DRAWN; from += 200) {
            var x = t.test().x().narrow(0, from, 200);
            error += t.codec().reconstruct(x).sub(x).div(2).square().mean().item() * 200 / DRAWN; // pixels in [0, 1]
        }
        Evidence.of("mean squared error of held-out clothes back from 4 x 7 x 7", error, atMost(0.02));
        Evidence.of("deviation of held-out codes, scaled by the training set",
                t.latents().encode(t.test().x(), 200).flatten().std(0, 0, false).item(), between(0.95, 1.05));
    }

    /** The same network, but for its channels, on pictures and on their codes; of one level, and of two with attention and a text. */
    @Acceptance(topic = "latent-diffusion", clause = 3)
    @Test void aStepInCodesCostsLessThanAnEighth() {
        var texted = new ConditionalUNetConfig(4, 4, List.of(8, 16), List.of(true, true), 1, 8, 2, 4, DType.F32);
        for (var net : List.of(NET, texted)) {
            int side = net == NET ? 28 : 32;
            var x = Tensor.randn(Rng.of(2), 2, 1, side, side);
            var latents = LatentDiffusion.of(new AutoencoderKl(AutoencoderKlConfig.small(1, 4, 8, 8, 8), Rng.of(1)), x, 2);
            x = x.narrow(0, 0, 1);
            var text = net == NET ? null : Tensor.randn(Rng.of(4), 1, 3, 8);
            var pixels = new ConditionalUNet(net.withInputs(1).withOutputs(1), Rng.of(1));
            var codes = new ConditionalUNet(net, Rng.of(1));
            var z = latents.encode(x, 1);
            var told = net.widths().size() + (text == null ? " level" : " levels and a text");
            Evidence.of("operations of a training step in codes over one in pixels, " + told,
                    learned(codes, z, text) / learned(pixels, x, text), between(1e-3, 1.0 / 8));
            Evidence.of("operations of a sampling step in codes over one in pixels, " + told,
                    asked(codes, z, text) / asked(pixels, x, text), between(1e-3, 1.0 / 8));
        }
    }

    private static double learned(ConditionalUNet net, Tensor x, Tensor text) {
        return operations(() -> new Ddpm(NoiseSchedule.cosine(100)).loss(net, x, text, Pass.training(Rng.of(3))).backward());
    }

    private static double asked(ConditionalUNet net, Tensor x, Tensor text) {
        var model = new DiffusionModel(NoiseSchedule.cosine(100), Prediction.NOISE, net);
        return operations(() -> new DdimSampler(1).sample(model, x, text, NoiseStreams.of(Rng.of(5), 1), Progress.SILENT));
    }

    private static double operations(Runnable work) {
        var counted = FlopCounter.count(work);
        return counted.products() + counted.others();
    }

    @Tag("heavy")
    @Acceptance(topic = "latent-diffusion", clause = 4)
    @Test void drawnCodesAreBetterThanNormalOnesOfTheirMoments() {
        var t = Trained.once();
        var net = new ConditionalUNet(NET, Rng.of(4));
        var ddpm = new Ddpm(NoiseSchedule.cosine(200)).withPrediction(Prediction.VELOCITY);
        int epochs = 6;
        new Trainer(new AdamW(2e-3), epochs).withBatchSize(50).withClip(Clip.norm(1)).withAveraging(0.99)
                .withSchedule(new Schedule.Cosine(epochs * PICTURES / 50)).start(net, PICTURES, ddpm.over(net, t.codes()), null, Rng.of(5))
                .finish(Progress.SILENT);
        var drawn = t.latents().sample(ddpm.model(net), new DdimSampler(25), null, NoiseStreams.of(Rng.of(6), DRAWN), Progress.SILENT, 4, 7,
                7);
        var normal = t.latents().generator((n, rng) -> Tensor.randn(rng, n, 4, 7, 7)).sample(DRAWN, Rng.of(7));
        var judge = new Sequential(Layer.of(x -> x.reshape(x.size(0), -1)), new Linear(784, 64, Rng.of(8)), Activation.RELU,
                new Linear(64, 32, Rng.of(9)), Activation.RELU, new Linear(32, 10, Rng.of(10)));
        new Trainer(new Adam(1e-3), 8).withBatchSize(50).fit(judge, Loss::crossEntropy, t.train(), Rng.of(11));
        var features = new Sequential(judge.layers().subList(0, 5).toArray(Layer[]::new));
        Tensor real = seen(features, t.test().x());
        double ours = GenerativeMetrics.frechet(real, seen(features, drawn)),
                theirs = GenerativeMetrics.frechet(real, seen(features, normal));
        Evidence.of("Frechet distance of drawn codes over that of normal codes of the same moments", ours / theirs, atMost(0.5));
    }

    private static Tensor seen(Sequential features, Tensor x) {
        return Autograd.noGrad(() -> features.forward(x, Pass.inference()).to(DType.F64).compute());
    }

    /** Without a time it is time 0, and an adapter changes an answer once. */
    @Test void denoisersAreModulesToo() {
        var networks = List.of(new ConditionalUNet(NET, Rng.of(1)),
                new DiffusionTransformer(new DiffusionTransformerConfig(8, 4, 2, 8, 1, 2, 0), Rng.of(1)),
                new VideoTransformer(new VideoTransformerConfig(4, 1, 2, 12, 1, 2, 0), Rng.of(1)));
        for (var network : networks) {
            var x = network instanceof VideoTransformer ? Tensor.randn(Rng.of(2), 2, 3, 4, 8, 8) : Tensor.randn(Rng.of(2), 2, 4, 8, 8);
            network.attach((in, out, pass) -> out.add(1));
            var told = network.predict(x, 0, null);
            assertThat(network.forward(x).sub(told).abs().max().item()).isZero();
            network.detach(network.adapters().getFirst());
            assertThat(told.sub(1).sub(network.forward(x)).abs().max().item()).isLessThan(1e-6);
        }
        assertThatThrownBy(() -> new ConditionalUNet(ConditionalUNetConfig.small(4, 8, 8, 8), Rng.of(1)).forward(Tensor.zeros(1, 4, 8, 8)))
                .hasMessageContaining("the context is missing");
    }

    @Test void codesAreScaledByTheirMoments() {
        var codes = Tensor.randn(Rng.of(1), DType.F64, 50, 3, 2, 2).mul(Tensor.of(new double[] {1, 5, 0}).reshape(1, 3, 1, 1)).add(2);
        var scale = LatentScale.of(codes);
        var z = scale.apply(codes).moveAxis(1, 0).reshape(3, -1);
        assertThat(z.std(1, 0, false).sub(Tensor.of(new double[] {1, 1, 0})).abs().max().item()).isLessThan(1e-12);
        assertThat(scale.undo(scale.apply(codes)).sub(codes).abs().max().item()).isLessThan(1e-12);
        assertThat(LatentScale.factor(0.5, codes).apply(codes).get(0, 0, 0, 0).item()).isEqualTo(codes.get(0, 0, 0, 0).item() / 2);
        assertThatThrownBy(() -> new AutoencoderKl(AutoencoderKlConfig.small(1, 4, 8, 8), Rng.of(1)).encode(Tensor.zeros(1, 1, 7, 8)))
                .hasMessageContaining("sides that 2 divides");
        assertThatThrownBy(() -> NET.withGroups(0)).hasMessageContaining("4 heads, 0 groups");
        assertThatThrownBy(() -> NET.withHeads(0)).hasMessageContaining("0 heads");
    }

    /** The codes are those before the book, and a code off its entries is taken for the nearest. */
    @Test void aCodebookServesAsWell(@TempDir Path folder) throws IOException {
        var x = Datasets.digits().x().to(DType.F32).reshape(-1, 1, 8, 8).div(16).narrow(0, 0, 400).compute();
        AutoencoderVq codec = quantised(1), other = quantised(2);
        double before = codec.reconstruct(x).sub(x).square().mean().item();
        var history = codec.fit(new Trainer(new Adam(0.01), 12).withBatchSize(50), x, x, Rng.of(3), Progress.SILENT);
        double error = codec.reconstruct(x).sub(x).square().mean().item();
        assertThat(error).isLessThan(before / 3).isCloseTo(history.epochs().getLast().score(), Offset.offset(1e-9));
        Tensor z = codec.encode(x), ids = codec.ids(x);
        assertThat(z.shape()).isEqualTo(Shape.of(400, 4, 4, 4));
        assertThat(ids.shape()).isEqualTo(Shape.of(400, 4, 4));
        assertThat(codec.quantizer().perplexity(ids)).isGreaterThan(8);
        var book = codec.quantizer().codebook().toRows();
        double[] at = z.get(7).moveAxis(0, 2).get(2, 1).toDoubleArray();
        int nearest = 0;
        for (int i = 1; i < book.length; i++) if (distance(book[i], at) < distance(book[nearest], at)) nearest = i;
        assertThat((int) ids.item(7, 2, 1)).isEqualTo(nearest);
        assertThat(codec.decodeIds(ids).sub(codec.decode(z)).abs().max().item()).isZero();
        assertThat(codec.forward(x).sub(codec.decode(z)).abs().max().item()).isLessThan(1e-5);
        var latents = LatentDiffusion.of(codec, x, 100);
        assertThat(latents.decode(latents.encode(x, 100)).sub(x).square().mean().item()).isCloseTo(error, Offset.offset(0.05 * error));
        codec.save(folder.resolve("codec"));
        other.load(folder.resolve("codec"));
        assertThat(other.ids(x).toLongArray()).containsExactly(ids.toLongArray());
        assertThatThrownBy(() -> new AutoencoderVq(Layer.of(y -> y), codec.quantizer(), Layer.of(y -> y)).encode(x))
                .hasMessageContaining("as wide as the book");
    }

    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }

    private static AutoencoderVq quantised(int seed) {
        var rng = Rng.of(seed);
        var halve = new Convolution().withStride(2).withPadding(1);
        return new AutoencoderVq(new Conv2d(1, 4, 4, halve, rng), new VectorQuantizer(new VectorQuantizerConfig(32, 4), rng),
                new ConvTranspose2d(4, 1, 4, halve, rng));
    }
}
