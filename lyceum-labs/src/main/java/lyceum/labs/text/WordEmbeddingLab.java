package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.cluster.KMeans;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.text.vector.EmbeddingEvaluation;
import lyceum.text.vector.EmbeddingTable.Neighbour;
import lyceum.text.vector.PpmiEmbeddings;
import lyceum.text.vector.Word2Vec;
import lyceum.text.vector.WordVectorLearner;

/** Counting against prediction: neighbours in the Bible by surprise of company, and ten classes that no label told apart. */
@Lab(topics = "word-embedding", title = "Known by the company it keeps")
final class WordEmbeddingLab implements LabBody {
    private static final int CLASSES = 10, WORDS = 20;

    @Override public void run(LabContext lab) {
        int dimension = lab.param("dimension", 20, 5, 60), window = lab.param("window", 4, 1, 10),
                least = lab.param("least count", 120, 20, 500);
        double smoothing = lab.param("context smoothing", 0.75, 0.1, 1.0), weight = lab.param("eigenvalue weight", 0.5, 0.0, 1.0);
        var learner = lab.choice("classes by", "PPMI and SVD", "PPMI and SVD", "skip-gram");

        List<List<String>> verses = new ArrayList<>();
        Corpora.kingJames().stream().limit(400).forEach(chapter -> {
            for (var verse : chapter.text().toLowerCase(Locale.ROOT).split("\n"))
                verses.add(List.of(verse.replaceAll("[^a-z]+", " ").strip().split(" ")));
        });
        var ppmi = new PpmiEmbeddings(dimension).withWindow(window).withMinCount(least).withSmoothing(smoothing)
                .withEigenvalueWeight(weight);
        var bible = ppmi.learn(verses, lab.progress());
        var rows = new ArrayList<List<String>>();
        for (var word : List.of("water", "son", "king", "gold", "day", "eat"))
            if (bible.contains(word))
                rows.add(List.of(word, String.join(", ", bible.nearest(word, 6).stream().map(Neighbour::name).toList())));
        lab.say("%,d words of 400 chapters in %d dimensions, by nothing but counts.", bible.size(), dimension);
        lab.table("Neighbours in the Bible", List.of("word", "nearest"), rows);

        WordVectorLearner by = learner.equals("skip-gram") ? Word2Vec.skipGram(dimension).withSubsample(0).withEpochs(5)
                : new PpmiEmbeddings(dimension).withSmoothing(smoothing).withEigenvalueWeight(weight);
        var table = by.learn(corpus(lab.rng(1)), lab.progress());
        var categories = new HashMap<String, String>();
        var names = new ArrayList<String>();
        var classes = new int[CLASSES * WORDS];
        for (int c = 0; c < CLASSES; c++) {
            for (int i = 0; i < WORDS; i++) {
                classes[names.size()] = c;
                names.add("c" + c + "_" + i);
                categories.put("c" + c + "_" + i, "class " + c);
            }
        }
        var score = EmbeddingEvaluation.categorisation(table, categories, new KMeans(CLASSES).withRestarts(5).withSeed(lab.seed()));
        var cloud = table.only(names).normalised().centred().vectors();
        var plane = cloud.matmul(Svd.of(cloud).v().slice(1, 0, 2, 1));
        lab.figure(Figure
                .scatter("Ten classes of words by " + learner, plane, classes,
                        IntStream.range(0, CLASSES).mapToObj(c -> "class " + c).toArray(String[]::new))
                .axes("first principal axis", "second principal axis").describedAs(
                        "Two hundred words on the two axes in which they differ most; no label was used. More axes part the classes that overlap here."));
        lab.say("Ten clusters of the vectors are %.1f%% pure.", 100 * score.value());
        lab.shows("purity of the clusters", score.value(), atLeast(0.9));
    }

    /** Sentences of eight words of one class, three in ten of them of any kind. */
    private static List<List<String>> corpus(Rng rng) {
        return IntStream.range(0, 1500).mapToObj(_ -> {
            int c = rng.nextInt(CLASSES);
            return IntStream.range(0, 8).mapToObj(_ -> rng.nextInt(10) < 3 ? "any" + rng.nextInt(50) : "c" + c + "_" + rng.nextInt(WORDS))
                    .toList();
        }).toList();
    }
}
