package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.diffusion.ClassifierFreeGuidance;
import lyceum.models.generative.diffusion.ConditionDropout;
import lyceum.models.generative.diffusion.FlowMatching;
import lyceum.models.generative.diffusion.FlowModel;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.VideoDiffusion;
import lyceum.models.generative.diffusion.VideoOptions;
import lyceum.models.generative.diffusion.VideoTransformer;
import lyceum.models.generative.diffusion.VideoTransformerConfig;
import lyceum.models.generative.latent.PromptEncoder;
import lyceum.models.multimodal.AutoregressivePainter;
import lyceum.models.multimodal.AutoregressivePainterConfig;
import lyceum.models.multimodal.CaptionWords;
import lyceum.models.multimodal.PatchCodes;
import lyceum.models.multimodal.TextToImage;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Twelve captions drawn by codes that follow a text and by noise that is taken away, judged by a reader of scenes. */
@Lab(topics = "text-to-image", title = "Two ways from a caption to pixels")
final class TextToImageLab implements LabBody {
    private static final int WORDS = 10;

    @Override public void run(LabContext lab) {
        int count = lab.param("pictures", 240, 60, 2400), codesEpochs = lab.param("epochs of the codes", 18, 1, 60);
        int epochs = lab.param("epochs of the diffusion", 4, 1, 200);
        double weight = lab.param("guidance", 3.0, 0.0, 8.0);
        var scenes = CaptionedScenes.of(16).withColours(3).withShapes(2).withRows(1).withColumns(2);
        var all = scenes.singles();
        var prompts = all.stream().map(scenes::caption).toList();
        var words = CaptionWords.of(prompts);
        // Words as fixed vectors, each place with its own numbers: a frozen encoder that knows the order
        int vocabulary = words.vocabulary();
        Function<String, int[]> tokens = text -> text.isEmpty() ? new int[0] : words.apply(text);
        PromptEncoder text = texts -> {
            var hot = new float[texts.size() * WORDS * vocabulary];
            for (int i = 0; i < texts.size(); i++) {
                int[] ids = tokens.apply(texts.get(i));
                for (int j = 0; j < ids.length; j++) hot[(i * WORDS + j) * vocabulary + ids[j]] = 1;
            }
            return Tensor.of(hot, texts.size(), WORDS, vocabulary);
        };
        var captions = IntStream.range(0, count).mapToObj(i -> prompts.get(i % 12)).toList();
        if (lab.testMode()) { // the same with less
            codesEpochs = Math.ceilDiv(2 * codesEpochs, 3);
            epochs = Math.ceilDiv(epochs, 4);
        }
        var pictures = Tensor.stack(0, IntStream.range(0, count).mapToObj(i -> scenes.picture(all.get(i % 12))).toArray(Tensor[]::new))
                .compute();

        var painter = new AutoregressivePainter(new AutoregressivePainterConfig(vocabulary, WORDS, 32, 2, 4, 0.5),
                PatchCodes.fit(pictures, 4, 32, lab.rng(1)), text, lab.rng(2));
        new Trainer(new AdamW(5e-3), codesEpochs).withBatchSize(40)
                .start(painter, count, painter.over(pictures, captions), null, lab.rng(3)).finish(lab.progress());

        var none = text.encode(List.of("")).get(0);
        var network = new VideoTransformer(new VideoTransformerConfig(3, 1, 4, 48, 2, 4, 0).withContextWidth(vocabulary), lab.rng(4));
        var model = new VideoDiffusion(network, new FlowMatching());
        var loss = model.over(pictures.mul(2).sub(1).unsqueeze(1).compute(), text.encode(captions), new ConditionDropout(0.1, none), 0);
        new Trainer(new AdamW(3e-3), epochs).withBatchSize(40).start(network, count, loss, null, lab.rng(5)).finish(lab.progress());
        var options = new VideoOptions(1, 16).withSolver(new FlowModel.Solver.Euler(12))
                .withGuidance(ClassifierFreeGuidance.of(weight, none));

        var lineages = List.<TextToImage>of(painter, TextToImage.of(model, text, options));
        var names = List.of("codes one by one", "noise taken away");
        var rows = new ArrayList<List<?>>();
        double obeyed = 0, again = 0;
        for (int k = 0; k < 2; k++) {
            var drawn = lineages.get(k).draw(prompts, NoiseStreams.of(lab.rng(6), 12), lab.progress());
            var images = new ArrayList<Image>();
            int right = 0;
            for (int i = 0; i < 12; i++) {
                boolean shows = scenes.shows(drawn.get(i), all.get(i));
                if (shows) right++;
                images.add(Image.rgb(prompts.get(i).substring(2) + (shows ? "" : " (not so)"), drawn.get(i, 0).toRows(),
                        drawn.get(i, 1).toRows(), drawn.get(i, 2).toRows()));
            }
            rows.add(List.of(names.get(k), k == 0 ? 16 : 12, right / 12.0));
            lab.figure(Figure.images(names.get(k), 4, images)
                    .describedAs("Twelve prompts, each with what this model drew; marked where the reader sees another scene."));
            obeyed = Math.max(obeyed, right / 12.0);
            again = Math.max(again,
                    drawn.sub(lineages.get(k).draw(prompts, NoiseStreams.of(lab.rng(6), 12), lab.progress())).abs().max().item());
        }
        lab.say("Codes are learned in a second or two. Diffusion wants more pictures and more epochs.");
        lab.table("Two lineages", List.of("drawn by", "calls of the network", "prompts obeyed"), rows);
        lab.shows("prompts obeyed by the better of both (by chance 0.083)", obeyed, above(0.3));
        lab.shows("the same seeds, another time: off by", again, exactly(0));
    }
}
