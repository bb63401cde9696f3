package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.vector.EmbeddingTable.Neighbour;
import lyceum.text.vector.FastText;
import lyceum.text.vector.FastTextClassifier;
import lyceum.text.vector.FastTextClassifier.Labelled;
import lyceum.text.vector.FastTextModel;
import lyceum.text.vector.SubwordBuckets;

/** A word that nobody ever wrote, its pieces, and the company that they find for it. */
@Lab(topics = "fasttext", title = "Made of letters")
final class FastTextLab implements LabBody {
    @Override public void run(LabContext lab) {
        var word = lab.choice("word", "unrighteousnesses", "unrighteousnesses", "walketh", "mountaineth", "kingdomly", "gold", "xyzzy");
        int dimension = lab.param("dimension", 16, 4, 100), shortest = lab.param("shortest n-gram", 3, 1, 6),
                longest = lab.param("longest n-gram", 5, 1, 8);
        int buckets = lab.param("buckets", 20_000, 10, 2_000_000), epochs = lab.param("epochs", 3, 1, 20);
        List<List<String>> verses = new ArrayList<>();
        Corpora.kingJames().stream().limit(200).forEach(chapter -> {
            for (var verse : chapter.text().toLowerCase(Locale.ROOT).split("\n"))
                verses.add(List.of(verse.replaceAll("[^a-z]+", " ").strip().split(" ")));
        });
        var model = FastText.skipGram(dimension).withLetters(Math.min(shortest, longest), longest).withBuckets(buckets).withEpochs(epochs)
                .withMinCount(3).withSubsample(1e-4).withLearningRate(0.15).fit(verses, lab.progress());

        lab.say("\"%s\" %s. Marked and cut, it has %d pieces, in rows that they share with others.", word,
                model.contains(word) ? "stands in the text" : "never stands in the text", model.pieces(word).size());
        var rows = new ArrayList<List<?>>();
        for (var piece : model.pieces(word).stream().limit(12).toList())
            rows.add(List.of(piece, "%08x".formatted(SubwordBuckets.hash(piece)),
                    new SubwordBuckets(shortest, Math.max(shortest, longest), buckets).bucket(piece)));
        lab.table("Pieces", List.of("piece", "FNV-1a", "bucket"), rows);
        lab.table("Nearest of " + model.words().size() + " words", List.of("word", "cosine"),
                model.nearest(word, 8).stream().map(n -> List.of(n.name(), n.score())).toList());
        float[] vector = model.vector(word);
        var sum = new double[dimension];
        int[] own = model.rows(word);
        for (int row : own) for (int d = 0; d < dimension; d++) sum[d] += model.row(row)[d] / own.length;
        double gap = IntStream.range(0, dimension).mapToDouble(d -> Math.abs(sum[d] - vector[d])).max().orElseThrow();
        lab.shows("vector less the mean of its rows", gap, below(1e-6));

        // How many buckets are enough: the share of pieces that have a row for themselves.
        var pieces = model.words().stream().flatMap(w -> model.pieces(w).stream()).distinct().toList();
        var sizes = new double[] {100, 1000, 10_000, 100_000, 1_000_000};
        var alone = new double[sizes.length];
        for (int s = 0; s < sizes.length; s++) {
            var table = new SubwordBuckets(3, 3, (int) sizes[s]);
            var taken = new int[(int) sizes[s]];
            for (var piece : pieces) taken[table.bucket(piece)]++;
            alone[s] = pieces.stream().filter(p -> taken[table.bucket(p)] == 1).count() / (double) pieces.size();
        }
        lab.figure(Figure.line("Who has a row to itself", sizes, alone).logX().axes("buckets", "share of " + pieces.size() + " pieces")
                .describedAs("A rising line: with few buckets nearly every piece shares its row, with a million nearly none."));

        var lines = books();
        List<Labelled> train = new ArrayList<>(), test = new ArrayList<>();
        for (int i : lab.rng(2).permutation(lines.size())) (i % 10 == 9 ? test : train).add(lines.get(i)); // learnt in this order
        FastTextModel who = new FastTextClassifier(10).withRuns(2).withBuckets(20_000).withLearningRate(0.3).fit(train, lab.progress());
        lab.table("Whose line is it? The supervised mode", List.of("line", "book"),
                List.of("the lord is my shepherd", "go to the ant thou sluggard", "and god said let there be light").stream()
                        .map(l -> List.of(l, who.predict(List.of(l.split(" ")), 2).stream().map(Neighbour::toString).toList())).toList());
        double right = test.stream().filter(l -> l.labels().contains(who.predict(l.words(), 1).getFirst().name())).count()
                / (double) test.size();
        lab.say("Of %d verses kept back it names the book of %.1f%%.", test.size(), 100 * right);
        lab.shows("verses told by their book", right, atLeast(0.7));
    }

    private static List<Labelled> books() {
        var lines = new ArrayList<Labelled>();
        Corpora.kingJames().stream().filter(c -> List.of("Genesis", "Psalms", "Proverbs").contains(c.metadata().get("book")))
                .forEach(chapter -> {
                    for (var verse : chapter.text().toLowerCase(Locale.ROOT).split("\n"))
                        lines.add(new Labelled(List.of(chapter.metadata().get("book")),
                                List.of(verse.replaceAll("[^a-z]+", " ").strip().split(" "))));
                });
        return lines;
    }
}
