package lyceum.labs.data;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.WordNet;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.Hierarchy;
import lyceum.data.imagenet.HogFeatures;
import lyceum.data.imagenet.Preprocessing;
import lyceum.data.imagenet.TopErrors;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LogisticRegression;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;

/** What stands between a picture and its score: a tree of nouns, a crop, and three ways to count a mistake. */
@Lab(topics = "imagenet", title = "How wrong is a beagle?")
final class ImageNetLab implements LabBody {
    private static final String[] SHAPES = {"round", "stroke", "open", "double", "stroke", "open", "round", "stroke", "double", "round"};

    @Override public void run(LabContext lab) {
        var word = lab.choice("synset", "beagle", "beagle", "tabby", "goldfish", "bus", "crane");
        int height = lab.param("height", 375, 64, 600), width = lab.param("width", 500, 64, 600),
                labelled = lab.param("labelled digits", 300, 100, 1000);
        if (WordNet.isInstalled()) browse(lab, word);
        else lab.say("WordNet is not on this machine (apt-get install wordnet-base), so its tree is left out.");

        var protocol = new Preprocessing();
        var geometry = protocol.geometry(height, width);
        var picture = Raster.make(3, height, width,
                (c, y, x) -> (float) (0.5 + 0.5 * Math.sin((c + 1) * x / 40.0) * Math.cos(y / (20.0 + 10 * c))));
        var resized = picture.resized(geometry.height(), geometry.width());
        var plain = protocol.withMean(new float[3]).withDeviation(new float[] {1, 1, 1});
        lab.figure(Figure.images("From file to network, a quarter of the size", 4, shown("as it is", picture),
                shown("short side 256", resized), shown("central 224", plain.evaluation().apply(picture, lab.rng(0))),
                shown("a training crop", plain.training().apply(picture, lab.rng(1))))
                .describedAs("To judge, the centre of the resized picture; to train, a random part, stretched and perhaps flipped."));
        lab.table("Sizes and offsets", List.of("step", "height", "width", "top", "left"),
                List.of(List.of("file", height, width, 0, 0), List.of("short side 256", geometry.height(), geometry.width(), 0, 0),
                        List.of("crop 224", 224, 224, geometry.top(), geometry.left())));
        lab.shows("short side after resizing", Math.min(geometry.height(), geometry.width()), exactly(256));

        var digits = Datasets.digits().shuffled(lab.rng(2));
        digits = digits.withX(digits.x().div(16).reshape(digits.size(), 8, 8).to(DType.F32).compute());
        Dataset train = digits.range(0, labelled), test = digits.range(labelled, Math.min(digits.size(), labelled + 600));
        var parents = new HashMap<String, List<String>>();
        for (int d = 0; d < 10; d++) {
            parents.put(Integer.toString(d), List.of(SHAPES[d]));
            parents.put(SHAPES[d], List.of("digit"));
        }
        var tree = new Hierarchy(IntStream.range(0, 10).mapToObj(Integer::toString).toList(), parents);
        TopErrors pixels = errors(pixels(train), train, pixels(test), test, tree),
                gradients = errors(hog(train), train, hog(test), test, tree);
        lab.table("Two pipelines on handwritten digits, errors in %", List.of("features", "top-1", "top-5", "mean height", "best of five"),
                List.of(row("pixels", pixels), row("oriented gradients", gradients)));
        lab.say("Top-5 forgives nearly all; a mistake between two strokes costs 1 and one between a stroke and a ring costs 2.");
        lab.shows("top-5 error less top-1 error", Math.max(pixels.top5() - pixels.top1(), gradients.top5() - gradients.top1()), atMost(0));
        lab.shows("mean height over the largest, less top-1 error", pixels.hierarchical() / 2 - pixels.top1(), atMost(0));
    }

    private static List<Object> row(String name, TopErrors e) {
        return List.of(name, 100 * e.top1(), 100 * e.top5(), e.hierarchical(), e.hierarchical5());
    }

    private static Tensor pixels(Dataset data) { return data.x().reshape(data.size(), 64).to(DType.F64).compute(); }

    private static Tensor hog(Dataset data) {
        var hog = new HogFeatures(4, 2, 9);
        var rows = new double[data.size()][];
        for (int i = 0; i < rows.length; i++) {
            float[] features = hog.of(Raster.of(data.x().get(i)).resized(16, 16));
            rows[i] = IntStream.range(0, features.length).mapToDouble(k -> features[k]).toArray();
        }
        return Tensor.of(rows);
    }

    private static TopErrors errors(Tensor seen, Dataset train, Tensor unseen, Dataset test, Hierarchy tree) {
        return TopErrors.of(new LogisticRegression().fit(seen, train.y()).predictProba(unseen), test.y(), tree);
    }

    private static Image shown(String caption, Raster p) {
        var small = p.resized(p.height() / 4, p.width() / 4).tensor();
        return Image.rgb(caption, small.get(0).toRows(), small.get(1).toRows(), small.get(2).toRows());
    }

    private static void browse(LabContext lab, String word) {
        var wordnet = WordNet.installed();
        var synset = wordnet.senses(word).getFirst();
        var rows = new ArrayList<List<Object>>();
        for (var id : wordnet.path(synset.id())) {
            var step = wordnet.synset(id);
            rows.add(List.of(id, String.join(", ", step.words()), wordnet.hyponyms(id).size()));
        }
        lab.table("From everything down to " + word, List.of("synset", "words", "kinds below"), rows);
        lab.say("%s: %s", synset.name(), synset.gloss());
    }
}
