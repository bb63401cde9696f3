package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.VectorQuantizer;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.multimodal.JointVocabulary;
import lyceum.models.multimodal.JointVocabulary.Modality;
import lyceum.models.multimodal.MediaCodes;
import lyceum.models.multimodal.PatchCodes;
import lyceum.models.multimodal.UnifiedModel;
import lyceum.models.multimodal.UnifiedModelConfig;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Words, pictures, tones and clips of digits, each turned into each other by one decoder. */
@Lab(topics = "any-to-any", title = "One model, twelve translations")
final class UnifiedModelLab implements LabBody {
    private static final List<String> WORDS = List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");
    private static final int WINDOW = 32, WINDOWS = 4, FRAMES = 3;
    private final Tensor digits = Datasets.digits().x().div(16).reshape(-1, 1, 8, 8);

    /** The first ten pictures of the set are 0 to 9. */
    private Tensor items(Modality kind, int[] ids, Rng rng) {
        return Tensor.stack(0, IntStream.of(ids).mapToObj(d -> switch (kind) {
            case IMAGE -> digits.get(d).add(Tensor.randn(rng, 1, 8, 8).mul(0.1));
            case VIDEO -> Tensor.stack(0, digits.get(d), digits.get(d).transpose(1, 2), digits.get(d))
                    .add(Tensor.randn(rng, FRAMES, 1, 8, 8).mul(0.1));
            default -> Tensor.arange(WINDOW * WINDOWS).mul(2 * Math.PI * (d + 1) / WINDOW).add(2 * Math.PI * rng.nextInt(4) / 4).sin();
        }).toArray(Tensor[]::new)).to(DType.F32).compute();
    }

    private List<int[]> segments(JointVocabulary v, Modality kind, int[] ids, Rng rng) {
        return kind == Modality.TEXT ? IntStream.of(ids).mapToObj(d -> v.text(WORDS.get(d))).toList()
                : v.segments(kind, items(kind, ids, rng));
    }

    @Override public void run(LabContext lab) {
        int kinds = lab.param("digits", 4, 2, 10), count = lab.param("pairs of a map", 60, 20, 600), epochs = lab.param("epochs", 6, 1, 40);
        if (lab.testMode()) count /= 3; // the same with less
        int[] some = IntStream.range(0, 80).map(i -> i % kinds).toArray(), each = IntStream.range(0, kinds).toArray();
        var rng = lab.rng(1);
        var images = PatchCodes.fit(items(Modality.IMAGE, some, rng), 4, 24, lab.rng(2));
        var frames = PatchCodes.fit(items(Modality.VIDEO, some, rng).reshape(-1, 1, 8, 8), 4, 32, lab.rng(3));
        var book = new VectorQuantizer(new VectorQuantizerConfig(40, WINDOW), lab.rng(4));
        book.start(items(Modality.AUDIO, some, rng).reshape(-1, WINDOW), 20, lab.rng(5));
        var v = new JointVocabulary(new MediaCodes.Pictures(images), new MediaCodes.Windows(book, WINDOWS),
                new MediaCodes.Clips(frames, FRAMES));

        var documents = new ArrayList<UnifiedModel.Document>();
        int[] drawn = IntStream.range(0, count).map(i -> i % kinds).toArray();
        for (var from : Modality.values()) for (var to : Modality.values()) {
            if (from == to) continue;
            List<int[]> given = segments(v, from, drawn, rng), wanted = segments(v, to, drawn, rng);
            for (int i = 0; i < drawn.length; i++) documents.add(UnifiedModel.Document.of(1, given.get(i), wanted.get(i)));
        }
        var model = new UnifiedModel(new UnifiedModelConfig(32, 48, 2, 4), v, lab.rng(6));
        new Trainer(new AdamW(4e-3), epochs).withBatchSize(40).start(model, documents.size(), model.over(documents), null, lab.rng(7))
                .finish(lab.progress());

        var pictures = new ArrayList<Image>();
        var rows = new ArrayList<List<?>>();
        int words = 0, strange = 0;
        for (var from : Modality.values()) {
            var row = new ArrayList<Object>(List.of(from));
            for (var to : Modality.values()) {
                if (from == to) {
                    row.add("");
                    continue;
                }
                var answers = model.answer(segments(v, from, each, rng), to, 6, 0, NoiseStreams.of(lab.rng(8), kinds), lab.progress());
                for (int[] a : answers)
                    for (int k = 1; k < a.length - 1; k++) if (a[k] < v.low(to) || a[k] >= v.low(to) + v.codes(to)) strange++;
                if (to == Modality.TEXT) for (int d = 0; d < kinds; d++) if (v.text(answers.get(d)).equals(WORDS.get(d))) words++;
                row.add(to == Modality.TEXT ? String.join(" ", answers.stream().map(v::text).toList())
                        : answers.getLast().length - 2 + " codes each");
                if (to == Modality.IMAGE) for (int d = 0; d < kinds; d++)
                    pictures.add(Image.gray(WORDS.get(d) + " of " + from, v.items(to, answers).get(d, 0).clamp(0.0, 1.0)));
            }
            rows.add(row);
        }
        lab.table("What came of what", List.of("from", "TEXT", "IMAGE", "AUDIO", "VIDEO"), rows);
        lab.figure(Figure.images("Pictures of words, tones and clips", kinds, pictures)
                .describedAs("A row for each kind that was given, a digit a column."));
        lab.shows("words right of all that were asked", words / (3.0 * kinds), above(0.5));
        lab.shows("codes of another kind than the open one", strange, exactly(0));
    }
}
