package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.multimodal.CaptionWords;
import lyceum.models.multimodal.Clip;
import lyceum.models.multimodal.PairRetrieval;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Twelve kinds of pictures and their names: the matrix of similarities turns diagonal, and a name ranks the pictures. */
@Lab(topics = "clip", title = "The diagonal appears")
final class ClipLab implements LabBody {
    private static final CaptionedScenes WORLD = new CaptionedScenes(12, 4, 3, 1, 1, 1);
    private static final String[] NAMES = WORLD.singles().stream().map(s -> s.only().name()).toArray(String[]::new);
    private static final List<String> TEMPLATES = List.of("a {}", "a picture of a {}");

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 6, 1, 40), each = lab.param("pictures of each", 48, 8, 200);
        var label = lab.choice("label", "red circle", NAMES);

        var words = CaptionWords.of(IntStream.range(0, 24).mapToObj(i -> sentence(i % 12, i / 12)).toList());
        var rng = lab.rng(1);
        var vision = new VisionTransformer(new VisionTransformerConfig(12, 4, 3, 32, 2, 2).withHidden(64), rng);
        var clip = Clip.of(vision, new TextTowerConfig(words.vocabulary(), 8, 32, 1, 2).withHidden(64), 24, rng);
        var encoder = clip.encoder();
        var captions = IntStream.range(0, 12 * each).mapToObj(i -> sentence(i % 12, rng.nextInt(2))).toList();
        Tensor ids = encoder.text().ids(captions, words), images = pictures(each, rng), test = pictures(1, lab.rng(2)),
                names = encoder.text().ids(captions.subList(0, 12), words);

        var frames = new ArrayList<Figure>();
        var scales = new ArrayList<Double>();
        var losses = new ArrayList<Double>();
        Trainer.Listener watch = (run, epoch) -> {
            frames.add(similarities(encoder.imageVectors(test, 12).matmul(encoder.textVectors(names, 12).transpose()), run.epochs()));
            scales.add(encoder.scale());
            losses.add(epoch.loss());
        };
        frames.add(similarities(encoder.imageVectors(test, 12).matmul(encoder.textVectors(names, 12).transpose()), 0));
        clip.fit(images, ids, new Trainer(new AdamW(4e-3), epochs).withBatchSize(24).withListener(watch), rng, lab.progress());

        lab.figure(Figure.frames("Cosines of new pictures and captions", "pass", frames).describedAs(
                "Twelve pictures against twelve captions, pass by pass: the diagonal of true pairs grows brighter than the rest."));
        double[] loss = losses.stream().mapToDouble(d -> d).toArray(), scale = scales.stream().mapToDouble(d -> d).toArray();
        lab.figure(Figure.row("What is learned", Figure.line("Loss", 1, loss).axes("pass", "nats"),
                Figure.line("Scale", 1, scale).axes("pass", "scale"))
                .describedAs("The mean loss falls from about the logarithm of the batch; the scale of the cosines rises from 1 / 0.07."));

        // A label nobody trained a classifier for, and the pictures by their similarity to it.
        var wanted = encoder.classifier(List.of(label), TEMPLATES, words);
        long[] order = wanted.logits(test).select(1, 0).neg().argsort(0).toLongArray();
        lab.figure(Figure
                .images("Nearest to \"" + label + "\" first", 6,
                        IntStream.range(0, 12).mapToObj(i -> image(test.select(0, (int) order[i]))).toList())
                .pixels(0, 1).describedAs("The twelve new pictures, ordered by their similarity to the label."));
        var classifier = encoder.classifier(List.of(NAMES), TEMPLATES, words);
        double right = classifier.accuracy(test, Tensor.arange(12));
        var found = PairRetrieval.of(encoder.imageVectors(test, 12), encoder.textVectors(names, 12));
        lab.table("After " + epochs + " passes", List.of("zero-shot accuracy over 12 names", "text recall@1", "picture recall@1", "scale"),
                List.of(List.of(right, found.textRecall(1), found.imageRecall(1), encoder.scale())));
        lab.shows("zero-shot accuracy over 12 names (chance 0.08)", right, atLeast(epochs < 6 || each < 48 ? 0 : 0.5));
        lab.shows("scale, which is clamped", encoder.scale(), atMost(100));
        lab.shows("scale", encoder.scale(), above(0));
    }

    private static Image image(Tensor picture) {
        return Image.rgb("", picture.get(0).toRows(), picture.get(1).toRows(), picture.get(2).toRows());
    }

    private static String sentence(int kind, int template) { return TEMPLATES.get(template).replace("{}", NAMES[kind]); }

    private static Figure similarities(Tensor cosines, int pass) {
        return Figure.heatmap("After " + pass + " passes", cosines.toRows(), NAMES, NAMES).axes("caption", "picture")
                .describedAs("Cosines of each picture with each caption.");
    }

    private static Tensor pictures(int each, Rng rng) {
        var kinds = WORLD.singles();
        return WORLD.pictures(IntStream.range(0, 12 * each).mapToObj(i -> kinds.get(i % 12)).toList(), 0.08, rng).clamp(0, 1).compute();
    }
}
