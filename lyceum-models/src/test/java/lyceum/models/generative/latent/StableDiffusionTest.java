package lyceum.models.generative.latent;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.data.scenes.SceneSample;
import lyceum.format.Safetensors;
import lyceum.models.generative.BetaSchedule;
import lyceum.models.generative.Observation;
import lyceum.models.generative.VaeConfig;
import lyceum.models.generative.diffusion.ConditionDropout;
import lyceum.models.generative.diffusion.DdimSampler;
import lyceum.models.generative.diffusion.Ddpm;
import lyceum.models.generative.diffusion.Denoiser;
import lyceum.models.generative.diffusion.DpmSolverSampler;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Index;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A toy pipeline on captioned scenes of three colours, two shapes and two places: autoencoder, text vectors and denoiser trained here. */
class StableDiffusionTest {
    private static final CaptionedScenes SCENES = CaptionedScenes.of(16).withColours(3).withShapes(2).withRows(1).withColumns(2);
    private static final int PICTURES = 1200, SEED = 1;

    private static final TextTowerConfig TEXT = new TextTowerConfig(SCENES.words().size() + 1, 8, 16, 1, 2);
    private static final ConditionalUNetConfig NET = ConditionalUNetConfig.small(4, 16, 16, 24);
    private static final AutoencoderKlConfig CODEC = AutoencoderKlConfig.small(3, 4, 8, 16);
    private static final VaeConfig CODES = new VaeConfig(Shape.of(4, 8, 8), new Observation.Gaussian(0.2, false), BetaSchedule.CONSTANT, 1);
    private static final Trainer FIRST = new Trainer(new AdamW(4e-3), 6).withBatchSize(30).withClip(Clip.norm(1)),
            SECOND = new Trainer(new AdamW(4e-3), 30).withBatchSize(40).withClip(Clip.norm(1)).withAveraging(0.98);

    /** Numbers of words from 1; 0 fills up, and stands alone for no prompt. */
    private static int[] tokens(String caption) {
        return caption.isEmpty() ? new int[] {0} : Stream.of(caption.split(" ")).mapToInt(w -> 1 + SCENES.words().indexOf(w)).toArray();
    }

    /** What is trained together. */
    private static final class Roof extends Module {
        private final TextTower text;
        private final ConditionalUNet unet;

        Roof(TextTower text, ConditionalUNet unet) {
            this.text = text;
            this.unet = unet;
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { throw new UnsupportedOperationException("of parts"); }
    }

    private record Toy(StableDiffusion model) {
        private static Toy toy;

        static synchronized Toy once() { return toy == null ? toy = trained() : toy; }
    }

    private static Toy trained() {
        var data = SceneSample.of(SCENES, PICTURES, Rng.of(SEED));
        var x = data.pictures().mul(2).sub(1).compute();
        var codec = new AutoencoderKl(CODEC, Rng.of(2));
        codec.vae(CODES).fit(FIRST, x, null, Rng.of(3), Progress.SILENT);
        var latents = LatentDiffusion.of(codec, x, 100);
        var z = latents.encode(x, 100);
        var ddpm = new Ddpm(NoiseSchedule.cosine(200)).withPrediction(Prediction.VELOCITY);
        var tower = new TextTower(TEXT, Rng.of(4));
        var unet = new ConditionalUNet(NET, Rng.of(5));
        var captions = tower.ids(data.captions(), StableDiffusionTest::tokens);
        Denoiser read = (noisy, t, ids, pass) -> unet.predict(noisy, t, tower.encode(ids, pass).tokens(), pass);
        var loss = ddpm.over(read, z, captions, new ConditionDropout(0.15, Tensor.zeros(DType.I32, TEXT.positions())));
        SECOND.start(new Roof(tower, unet), PICTURES, loss, null, Rng.of(6)).finish(Progress.SILENT);
        var all = new LinkedHashMap<String, Tensor>();
        tower.state().forEach((n, v) -> all.put("text." + n, v));
        unet.state().forEach((n, v) -> all.put("unet." + n, v));
        codec.state().forEach((n, v) -> all.put("vae." + n, v));
        all.put("mean", latents.scale().mean());
        all.put("deviation", latents.scale().deviation());
        var target = System.getProperty("lyceum.checkpoint"); // where the lab's weights are written to
        if (target != null) {
            all.replaceAll((n, v) -> v.to(DType.BF16));
            try {
                Safetensors.write(Path.of(target), all, provenance(data));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return new Toy(new StableDiffusion(PromptEncoder.of(tower, StableDiffusionTest::tokens), ddpm.model(unet), latents, 4, 2));
    }

    /** What a checkpoint says of its making. */
    private static Map<String, String> provenance(SceneSample data) {
        return Map.of("formatVersion", "1", "data", SCENES + ", " + PICTURES + " pictures", "dataHash", data.hash(), "seed", "" + SEED,
                "config", TEXT + "; " + NET + "; " + CODEC + "; " + CODES + "; codes by " + told(FIRST) + "; pictures by " + told(SECOND),
                "command", "StableDiffusionTest with -Dlyceum.checkpoint=FILE");
    }

    private static String told(Trainer t) { return t.rule() + ", " + t.epochs() + " epochs in batches of " + t.batchSize(); }

    private static double obeyed(StableDiffusion model, List<Scene> scenes, boolean told, PictureOptions options) {
        var prompts = scenes.stream().map(s -> told ? SCENES.caption(s) : "").toList();
        var pictures = model.imagine(prompts, options, NoiseStreams.of(Rng.of(9), prompts.size()), Progress.SILENT);
        int right = 0;
        for (int i = 0; i < scenes.size(); i++) if (SCENES.shows(pictures.get(i), scenes.get(i))) right++;
        return (double) right / scenes.size();
    }

    @Tag("heavy")
    @Acceptance(topic = "stable-diffusion", clause = 4)
    @Test void promptsAreObeyed() {
        var toy = Toy.once();
        var rng = Rng.of(77);
        var asked = new ArrayList<Scene>();
        for (int i = 0; i < 200; i++) asked.add(SCENES.draw(1, rng));
        var options = new PictureOptions(16).withGuidance(3).withSampler(new DdimSampler(20));
        Evidence.of("prompts obeyed of 200", obeyed(toy.model(), asked, true, options), atLeast(0.9));
        Evidence.of("pictures of empty prompts that show what was not asked", obeyed(toy.model(), asked, false, options), atMost(0.4));
        Evidence.of("prompts obeyed by DPM-Solver++ in 12 steps",
                obeyed(toy.model(), asked, true, options.withSampler(new DpmSolverSampler(12))), atLeast(0.8));
    }

    /** The same pipeline before it learned anything. */
    private static StableDiffusion untrained() {
        var text = PromptEncoder.of(new TextTower(TEXT, Rng.of(4)), StableDiffusionTest::tokens);
        var unet = new ConditionalUNet(ConditionalUNetConfig.small(4, 16, 8, 16), Rng.of(5));
        return StableDiffusion.of(text, new Ddpm(NoiseSchedule.scaledLinear(1000, 0.00085, 0.012)).model(unet.countingFromZero()),
                new AutoencoderKl(AutoencoderKlConfig.small(3, 4, 8, 8), Rng.of(2)), 0.18215);
    }

    private static double gap(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    @Acceptance(topic = "stable-diffusion", clause = 5)
    @Test void theSameSeedIsTheSamePicture() {
        var model = untrained();
        var options = new PictureOptions(16).withGuidance(2);
        var prompts = List.of("a red square on the left", "a blue circle on the right");
        for (var sampler : List.of(new DdimSampler(5), new DdimSampler(5).withEta(1), new DpmSolverSampler(5))) {
            var o = options.withSampler(sampler);
            var first = model.imagine(prompts, o, NoiseStreams.seeds(7, 8), Progress.SILENT);
            Evidence.of("pictures again by " + sampler, gap(first, model.imagine(prompts, o, NoiseStreams.seeds(7, 8), Progress.SILENT)),
                    exactly(0));
            var alone = model.imagine(prompts.subList(1, 2), o, NoiseStreams.seeds(8), Progress.SILENT);
            Evidence.of("the second alone", gap(first.narrow(0, 1, 1), alone), atMost(1e-5));
            Evidence.of("another seed's picture, off by",
                    gap(alone, model.imagine(prompts.subList(1, 2), o, NoiseStreams.seeds(9), Progress.SILENT)), atLeast(1e-2));
        }
    }

    @Acceptance(topic = "stable-diffusion", clause = 6)
    @Test void whatIsNotMaskedStays() {
        var model = untrained();
        var rng = Rng.of(3);
        Tensor pictures = Tensor.rand(rng, 2, 3, 16, 16), free = Tensor.zeros(2, 1, 16, 16);
        free.set_(1, Index.all(), Index.all(), Index.range(4, 9), Index.range(3, 12));
        var codes = model.encoded(pictures);
        var open = Tensor.zeros(2, 4, 8, 8); // codes of which any pixel is free
        open.set_(1, Index.all(), Index.all(), Index.range(2, 5), Index.range(1, 6));
        var prompts = List.of("a red square on the left", "a blue circle on the right");
        for (var sampler : List.of(new DdimSampler(10), new DdimSampler(10).withEta(1), new DpmSolverSampler(10))) {
            var o = new PictureOptions(16).withGuidance(3).withRescale(0.7).withSampler(sampler).withAvoid("a green circle on the left");
            var filled = model.fillCodes(codes, free, prompts, o, NoiseStreams.seeds(1, 2), Progress.SILENT);
            Tensor moved = filled.sub(codes).abs();
            double kept = moved.mul(open.rsub(1)).max().item(), drawn = moved.add(open.rsub(1).mul(9)).min().item();
            Evidence.of("codes outside the mask, off by, " + sampler, kept, atMost(1e-5));
            Evidence.of("every code inside it, changed by", drawn, above(0));
        }
    }

    @Test void aPictureIsVariedTheMoreTheStronger() {
        var model = untrained();
        var pictures = Tensor.rand(Rng.of(3), 1, 3, 16, 16);
        var o = new PictureOptions(16).withGuidance(1).withSampler(new DdimSampler(4));
        var codes = model.pictures(model.encoded(pictures));
        double[] moved = new double[2];
        for (int i = 0; i < 2; i++) {
            var varied = model.vary(pictures, i == 0 ? 0.005 : 0.9, List.of("a red square on the left"), o, NoiseStreams.seeds(1),
                    Progress.SILENT);
            moved[i] = varied.sub(codes).square().mean().item();
        }
        assertThat(moved[0]).isLessThan(moved[1] / 2);
        assertThatThrownBy(() -> model.imagine(List.of(""), new PictureOptions(15), NoiseStreams.seeds(1), Progress.SILENT))
                .hasMessageContaining("15 x 15 pixels; both are multiples of 2");
        assertThatThrownBy(() -> model.imagine(List.of("", ""), o, NoiseStreams.seeds(1), Progress.SILENT))
                .hasMessageContaining("one for each");
        assertThatThrownBy(() -> model.vary(pictures, 0, List.of(""), o, NoiseStreams.seeds(1), Progress.SILENT))
                .hasMessageContaining("strength is 0.0");
    }
}
