package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
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
import lyceum.models.multimodal.CaptionWords;
import lyceum.models.multimodal.PictureTuning;
import lyceum.models.multimodal.TextToImage;
import lyceum.models.multimodal.TextToImageAlignment;
import lyceum.nn.Module;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** A painter whose captions lied now and then, under guidance and after it was told which of its pictures are preferred. */
@Lab(topics = "t2i-alignment", title = "Captions that lied, and what mends it")
final class TextToImageAlignmentLab implements LabBody {
    private static final CaptionedScenes SCENES = new CaptionedScenes(8, 3, 2, 1, 1, 0);
    private static final List<Scene> ALL = SCENES.singles();
    private static final List<Scene> ASKED = IntStream.range(0, 60).mapToObj(i -> ALL.get(i % ALL.size())).toList();
    private static final int TEXT = CaptionWords.of(ALL.stream().map(SCENES::caption).toList()).vocabulary();

    @Override public void run(LabContext lab) {
        int count = lab.param("pictures", 240, 60, 1200), epochs = lab.param("epochs", 56, 2, 300);
        double lies = lab.param("share of false captions", 0.3, 0.0, 0.9), beta = lab.param("beta", 100.0, 1.0, 5000.0);
        var prompts = ALL.stream().map(SCENES::caption).toList();
        var words = CaptionWords.of(prompts);
        PromptEncoder text = texts -> Tensor.stack(0, texts.stream().map(t -> said(words, t)).toArray(Tensor[]::new)).compute();
        var none = said(words, "");
        int tuning = 30;
        if (lab.testMode()) { // the same with less
            epochs = Math.ceilDiv(epochs, 4);
            tuning = 8;
        }
        var rng = lab.rng(1);
        var clips = clips(IntStream.range(0, count).mapToObj(i -> SCENES.picture(ALL.get(i % ALL.size()))).toList());
        var captions = IntStream.range(0, count)
                .mapToObj(i -> prompts.get(rng.nextDouble() < lies ? rng.nextInt(ALL.size()) : i % ALL.size())).toList();
        var config = new VideoTransformerConfig(3, 1, 2, 36, 2, 2, 0).withMlpRatio(2).withContextWidth(TEXT);
        var model = new VideoDiffusion(new VideoTransformer(config, lab.rng(2)), new FlowMatching());
        new Trainer(new AdamW(5e-3), epochs)
                .withBatchSize(30).start(model.network(), count,
                        model.over(clips, text.encode(captions), new ConditionDropout(0.1, none), 0), null, lab.rng(3))
                .finish(lab.progress());

        List<List<?>> rows = new ArrayList<>();
        var reports = new ArrayList<TextToImageAlignment.Report>();
        for (double w : new double[] {0, 1, 3}) reports.add(shown(lab, "guidance " + w, drawn(lab, model, text, w, 4), rows));
        // Of two pictures of a prompt the one is preferred that is nearer to what was asked for
        Tensor first = drawn(lab, model, text, 1, 5), second = drawn(lab, model, text, 1, 6);
        List<Tensor> won = new ArrayList<>(), lost = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            var wanted = SCENES.picture(ASKED.get(i));
            boolean better = first.get(i).sub(wanted).square().sum().item() < second.get(i).sub(wanted).square().sum().item();
            won.add((better ? first : second).get(i));
            lost.add((better ? second : first).get(i));
        }
        var tuned = new VideoDiffusion(Module.copy(model.network()), model.matching());
        var said = text.encode(ASKED.stream().map(SCENES::caption).toList());
        var loss = new PictureTuning(tuned).preferences(model, clips(won), clips(lost), said, beta);
        new Trainer(new AdamW(5e-4), tuning).withBatchSize(30).start(tuned.network(), 60, loss, null, lab.rng(7)).finish(lab.progress());
        var after = shown(lab, "guidance 1.0, preferences learned", drawn(lab, tuned, text, 1, 4), rows);
        lab.table("What is wrong in 60 pictures", List.of("painter", "adherence", "diversity", "faults"), rows);
        lab.say("The painter believes its captions. Guidance overshoots them and pays in variety; preferences move what one draw gives.");
        lab.shows("adherence at guidance 3 less that at 0", reports.get(2).adherence() - reports.get(0).adherence(), above(0));
        lab.shows("diversity at guidance 0 less that at 3", reports.get(0).diversity() - reports.get(2).diversity(), above(0));
        lab.shows("adherence that preferences add at guidance 1", after.adherence() - reports.get(1).adherence(), atLeast(0));
    }

    private static Tensor said(CaptionWords words, String text) {
        var hot = new float[TEXT];
        for (int id : words.apply(text)) hot[id] = 1;
        return Tensor.of(hot, 1, TEXT);
    }

    private static Tensor clips(List<Tensor> pictures) {
        return Tensor.stack(0, pictures.toArray(Tensor[]::new)).mul(2).sub(1).unsqueeze(1).compute();
    }

    private static Tensor drawn(LabContext lab, VideoDiffusion model, PromptEncoder text, double guidance, int seed) {
        var options = new VideoOptions(1, 8).withSolver(new FlowModel.Solver.Euler(8))
                .withGuidance(ClassifierFreeGuidance.of(guidance, text.encode(List.of("")).get(0)));
        return TextToImage.of(model, text, options).draw(ASKED.stream().map(SCENES::caption).toList(), NoiseStreams.of(lab.rng(seed), 60),
                lab.progress());
    }

    private static TextToImageAlignment.Report shown(LabContext lab, String name, Tensor pictures, List<List<?>> rows) {
        var report = TextToImageAlignment.measure(SCENES, pictures, ASKED);
        rows.add(List.of(name, report.adherence(), report.diversity(), report.faults().toString()));
        var images = new ArrayList<Image>();
        for (int i = 0; i < 18; i++) {
            var wrong = TextToImageAlignment.faults(SCENES, pictures.get(i), ASKED.get(i));
            images.add(Image.rgb(SCENES.caption(ASKED.get(i)).substring(2) + (wrong.isEmpty() ? "" : " " + wrong),
                    pictures.get(i, 0).toRows(), pictures.get(i, 1).toRows(), pictures.get(i, 2).toRows()));
        }
        lab.figure(
                Figure.images(name, 6, images).describedAs("Prompts and what was drawn; behind a prompt stand the faults of its picture."));
        return report;
    }
}
