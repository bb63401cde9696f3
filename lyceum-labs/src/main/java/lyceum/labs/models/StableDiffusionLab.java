package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.format.Safetensors;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.diffusion.DdimSampler;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.DpmSolverSampler;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.generative.latent.AutoencoderKl;
import lyceum.models.generative.latent.AutoencoderKlConfig;
import lyceum.models.generative.latent.ConditionalUNet;
import lyceum.models.generative.latent.ConditionalUNetConfig;
import lyceum.models.generative.latent.LatentDiffusion;
import lyceum.models.generative.latent.LatentScale;
import lyceum.models.generative.latent.PictureOptions;
import lyceum.models.generative.latent.PromptEncoder;
import lyceum.models.generative.latent.StableDiffusion;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A pipeline in small, with weights that were trained on captioned scenes: what it draws to a prompt, by guidance, and what a step costs in codes and in pixels. */
@Lab(topics = {"stable-diffusion", "latent-diffusion"}, title = "A picture from a sentence, through codes")
final class StableDiffusionLab implements LabBody {
    static final CaptionedScenes SCENES = CaptionedScenes.of(16).withColours(3).withShapes(2).withRows(1).withColumns(2);
    static final TextTowerConfig TEXT = new TextTowerConfig(SCENES.words().size() + 1, 8, 16, 1, 2);
    static final ConditionalUNetConfig NET = ConditionalUNetConfig.small(4, 16, 16, 24);
    static final AutoencoderKlConfig CODEC = AutoencoderKlConfig.small(3, 4, 8, 16);

    @Override public void run(LabContext lab) {
        String colour = lab.choice("colour", "RED", "RED", "GREEN", "BLUE"), shape = lab.choice("shape", "SQUARE", "SQUARE", "CIRCLE"),
                side = lab.choice("side", "left", "left", "right"), solver = lab.choice("sampler", "DDIM", "DDIM", "DPM-Solver++");
        int steps = lab.param("steps", 12, 1, 50);
        double guidance = lab.param("guidance", 3.0, 0.0, 10.0);
        var model = model();
        var scene = Scene.of(Scene.Colour.valueOf(colour), Scene.Shape.valueOf(shape), 0, side.equals("left") ? 0 : 1);
        var options = new PictureOptions(16).withSampler(solver.equals("DDIM") ? new DdimSampler(steps) : new DpmSolverSampler(steps));
        var images = new ArrayList<Image>();
        for (double weight : new double[] {0, 1, guidance}) {
            var drawn = model.imagine(List.of(SCENES.caption(scene), SCENES.caption(scene)), options.withGuidance(weight),
                    NoiseStreams.of(lab.rng(1), 2), lab.progress());
            for (int i = 0; i < 2; i++) images.add(image("guidance " + weight, drawn.get(i)));
        }
        lab.say("The prompt: %s", SCENES.caption(scene));
        lab.figure(Figure.images("By guidance, two seeds each", 2, images).pixels(0, 1)
                .describedAs("Without the prompt any shape comes; with it the one that was asked for, on its side."));

        var all = SCENES.singles();
        var prompts = all.stream().map(SCENES::caption).toList();
        var told = model.imagine(prompts, options.withGuidance(guidance), NoiseStreams.of(lab.rng(2), all.size()), lab.progress());
        var grid = new ArrayList<Image>();
        double right = 0;
        for (int i = 0; i < all.size(); i++) {
            grid.add(image(all.get(i).only().name() + SCENES.place(all.get(i).only()), told.get(i)));
            if (SCENES.shows(told.get(i), all.get(i))) right += 1.0 / all.size();
        }
        lab.figure(Figure.images("All twelve prompts", 4, grid).pixels(0, 1)
                .describedAs("A picture for each of the twelve prompts there are."));
        lab.shows("stable-diffusion", "share of the twelve that show what was asked", right,
                atLeast(guidance >= 1.5 && steps >= 8 ? 0.6 : 0));

        Tensor picture = SCENES.picture(scene).unsqueeze(0), codes = model.encoded(picture), back = model.pictures(codes);
        lab.figure(Figure
                .images("A picture, its four channels of codes, and back", 6,
                        List.of(image("picture", picture.get(0)), channel(codes, 0), channel(codes, 1), channel(codes, 2),
                                channel(codes, 3), image("back", back.get(0))))
                .pixels(0, 1).describedAs("768 numbers, 256 of them as codes of half the side, and the picture again."));
        lab.shows("latent-diffusion", "mean squared error of a picture that comes back", back.sub(picture).square().mean().item(),
                atMost(0.02));
        long small = work(NET, 8), large = work(NET.withInputs(3).withOutputs(3), 16);
        lab.table("What a step costs", List.of("where", "numbers", "operations"),
                List.of(List.of("codes, 4 x 8 x 8", 256, small), List.of("pixels, 3 x 16 x 16", 768, large)));
        lab.shows("latent-diffusion", "operations of a step in codes over one in pixels", (double) small / large, below(0.3));
    }

    private static Image image(String caption, Tensor p) {
        return Image.rgb(caption, p.get(0).toRows(), p.get(1).toRows(), p.get(2).toRows());
    }

    private static Image channel(Tensor codes, int c) { return Image.gray("channel " + c, codes.get(0, c).mul(0.2).add(0.5).clamp(0, 1)); }

    private static long work(ConditionalUNetConfig config, int side) {
        var net = new ConditionalUNet(config, Rng.of(1));
        var count = FlopCounter.count(() -> net
                .predict(Tensor.zeros(1, config.inputs(), side, side), Tensor.ones(1), Tensor.zeros(1, 8, 16), Pass.inference()).compute());
        return count.products() + count.others();
    }

    /** From the weights that StableDiffusionTest of lyceum-models trained. */
    private static StableDiffusion model() {
        Map<String, Tensor> stored;
        try (var in = StableDiffusionLab.class.getResourceAsStream("captioned-scenes.safetensors")) {
            stored = Safetensors.read(MemorySegment.ofArray(in.readAllBytes())).tensors();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var rng = Rng.of(1);
        var text = filled(new TextTower(TEXT, rng), "text.", stored);
        var unet = filled(new ConditionalUNet(NET, rng), "unet.", stored);
        var codec = filled(new AutoencoderKl(CODEC, rng), "vae.", stored);
        var scale = new LatentScale(stored.get("mean").to(DType.F32), stored.get("deviation").to(DType.F32));
        var prompts = PromptEncoder.of(text,
                p -> p.isEmpty() ? new int[] {0} : Stream.of(p.split(" ")).mapToInt(w -> 1 + SCENES.words().indexOf(w)).toArray());
        return new StableDiffusion(prompts, new DiffusionModel(NoiseSchedule.cosine(200), Prediction.VELOCITY, unet),
                new LatentDiffusion(codec, scale), 4, 2);
    }

    private static <M extends Module> M filled(M module, String prefix, Map<String, Tensor> stored) {
        var own = new LinkedHashMap<String, Tensor>();
        stored.forEach((name, t) -> { if (name.startsWith(prefix)) own.put(name.substring(prefix.length()), t.to(DType.F32)); });
        module.load(own);
        return module;
    }
}
