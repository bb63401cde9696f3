package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.text.vector.EmbeddingTable;
import lyceum.text.vector.SkipGramPairs;
import lyceum.text.vector.Word2Vec;

/** The pairs that a window emits, how often each distance is met, and what rare words gain over CBOW. */
@Lab(topics = "skip-gram", title = "One word, many examples")
final class SkipGramLab implements LabBody {
    private static final List<String> SENTENCE = List.of("the quick brown fox jumps over the lazy dog".split(" "));

    @Override public void run(LabContext lab) {
        int window = lab.param("window", 2, 1, 8), epochs = lab.param("epochs", 10, 1, 30),
                rare = lab.param("times a rare word is met", 6, 1, 10);
        boolean dynamic = lab.flag("dynamic window", true);

        int n = SENTENCE.size();
        int[] ids = IntStream.range(0, n).toArray();
        var fixed = SkipGramPairs.within(window).list(ids, lab.rng(0));
        var rows = new ArrayList<List<String>>();
        for (int i = 0; i < n; i++) {
            int centre = i;
            rows.add(List.of(SENTENCE.get(i),
                    String.join(", ", Arrays.stream(fixed).filter(p -> p[0] == centre).map(p -> SENTENCE.get(p[1])).toList())));
        }
        lab.say("%d words and a window of %d make %d examples.", n, window, fixed.length);
        lab.table("What each centre predicts", List.of("centre", "contexts"), rows);
        int expected = IntStream.rangeClosed(1, Math.min(window, n - 1)).map(d -> 2 * (n - d)).sum();
        lab.shows("pairs less twice the sum of n - d", fixed.length - expected, exactly(0));

        var counts = new double[window];
        var pairs = SkipGramPairs.within(window).withDynamicWindow(dynamic);
        int[] text = IntStream.range(0, 2000).toArray();
        var rng = lab.rng(1);
        for (int r = 0; r < 50; r++) pairs.forEach(text, rng, (a, b) -> counts[Math.abs(a - b) - 1] += 1 / 200_000.0);
        double[] law = IntStream.rangeClosed(1, window).mapToDouble(d -> dynamic ? (window - d + 1.0) / window : 1).toArray();
        lab.figure(Figure
                .bars("How often a neighbour is used", Figure.numbered(1, window), Series.of("counted", counts), Series.of("law", law))
                .axes("distance (words)", "share of neighbours used").describedAs(
                        "A dynamic window weighs neighbours by (w - d + 1) / w without a weight: it draws its width anew for each centre."));

        var sentences = sentences(lab.rng(2), rare);
        var skip = precision(Word2Vec.skipGram(24).withSubsample(0).withMinCount(1).withEpochs(epochs).learn(sentences, lab.progress()));
        var cbow = precision(Word2Vec.cbow(24).withSubsample(0).withMinCount(1).withEpochs(epochs).learn(sentences, lab.progress()));
        lab.say("Words met %d times, among the ten nearest of each: %.0f%% of its class by skip-gram, %.0f%% by CBOW; chance gives about 10%%.",
                rare, 100 * skip, 100 * cbow);
        lab.figure(Figure
                .bar("Neighbours of rare words that are of their class", new String[] {"skip-gram", "CBOW"}, new double[] {skip, cbow})
                .axes("mode", "share of the ten nearest")
                .describedAs("Each meeting of a rare word is several examples of its own, not a part of one mean."));
        lab.shows("skip-gram less CBOW", skip - cbow, above(0));
    }

    /** Ten classes of words, in each ten that are met a few times only. */
    private static List<List<String>> sentences(Rng rng, int rare) {
        var sentences = new ArrayList<List<String>>();
        for (int s = 0; s < 1000; s++) {
            int c = s % 10;
            var text = new ArrayList<String>();
            for (int i = 0; i < 8; i++) text.add(rng.nextInt(10) < 3 ? "any" + rng.nextInt(50) : "c" + c + "_" + rng.nextInt(20));
            if (s < 100 * rare) text.set(rng.nextInt(8), "r" + c + "_" + s / 10 % 10);
            sentences.add(text);
        }
        var order = rng.permutation(sentences.size());
        return Arrays.stream(order).mapToObj(sentences::get).toList();
    }

    private static double precision(EmbeddingTable table) {
        return table.names().stream().filter(w -> w.charAt(0) == 'r')
                .mapToDouble(w -> table.nearest(w, 10).stream()
                        .filter(near -> near.name().charAt(0) != 'a' && near.name().charAt(1) == w.charAt(1)).count() / 10.0)
                .average().orElse(Double.NaN);
    }
}
