package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.count.CountVectorizer;
import lyceum.text.count.DocumentTermMatrix;

/** Documents by terms before and after sorting by their latent directions: blocks appear, and synonyms meet. */
@Lab(topics = "document-term-matrix", title = "Blocks in a table of words")
final class DocumentTermsLab implements LabBody {
    private static final String[][] WORDS = {{"car", "automobile", "engine", "wheel", "road", "driver", "brake", "garage"},
            {"banana", "sugar", "flour", "oven", "butter", "cake", "recipe", "bake"},
            {"galaxy", "star", "telescope", "orbit", "planet", "comet", "lens", "night"}};

    @Override public void run(LabContext lab) {
        int documents = lab.param("documents", 36, 12, 120), length = lab.param("words", 10, 4, 40), rank = lab.param("rank", 3, 1, 8);
        var weighting = DocumentTermMatrix.Weighting
                .valueOf(lab.choice("weighting", "LOG_ENTROPY", "COUNT", "BINARY", "TF_IDF", "BM25", "LOG_ENTROPY"));
        var rng = lab.rng(0);
        var texts = new ArrayList<String>();
        for (int d = 0; d < documents; d++) {
            var topic = WORDS[rng.nextInt(3)];
            var text = new StringBuilder();
            // "car" and "automobile" never meet in one document
            int name = rng.nextInt(2);
            for (int i = 0; i < length; i++) {
                int w = rng.nextInt(topic.length);
                text.append(topic == WORDS[0] && w < 2 ? topic[name] : topic[w]).append(' ');
                if (rng.nextInt(8) == 0) text.append(WORDS[rng.nextInt(3)][2 + rng.nextInt(6)]).append(' ');
            }
            texts.add(text.toString());
        }
        var counts = new CountVectorizer().fitTransform(texts);
        var matrix = counts.weighted(weighting);
        var latent = matrix.latent(rank, lab.seed());
        var terms = order(latent.basis().toRows());
        var rows = order(latent.vectors().toRows());
        double[][] plain = matrix.counts().toDense().toRows();
        lab.figure(heat("Documents by terms, in the order of the alphabet", plain, numbers(plain.length), numbers(plain[0].length),
                counts.terms()));
        lab.figure(heat("The same, sorted by the strongest latent direction", plain, rows, terms, counts.terms()));

        double[] byWord = matrix.counts().toDense().select(1, counts.terms().indexOf("car")).toDoubleArray(),
                byMeaning = latent.similarities("car").toDoubleArray();
        double best = 0, raw = 0;
        for (int d = 0; d < documents; d++) {
            if (!texts.get(d).contains("automobile ") || texts.get(d).contains("car ")) continue;
            best = Math.max(best, byMeaning[d]);
            raw = Math.max(raw, byWord[d]);
        }
        lab.say("Asked for \"car\", the best document that says only \"automobile\" scores %.2f by words and %.2f in %d latent directions.",
                raw, best, rank);
        lab.shows("weight of car in documents that say automobile", raw, exactly(0));
        lab.shows("their best latent cosine with car", best, above(0.5));
        lab.table("Where each is found", List.of("term", "documents"),
                IntStream.range(0, 6)
                        .mapToObj(
                                t -> List.of(counts.terms().get(terms[t]), String.join(" ", counts.postings(counts.terms().get(terms[t])))))
                        .toList());
    }

    /** By the direction in which a row is longest, then by how long. */
    private static int[] order(double[][] rows) {
        return IntStream.range(0, rows.length).boxed()
                .sorted(Comparator.<Integer>comparingInt(i -> longest(rows[i])).thenComparing(i -> -Math.abs(rows[i][longest(rows[i])])))
                .mapToInt(i -> i).toArray();
    }

    private static int longest(double[] row) {
        int best = 0;
        for (int j = 1; j < row.length; j++) if (Math.abs(row[j]) > Math.abs(row[best])) best = j;
        return best;
    }

    private static int[] numbers(int n) { return IntStream.range(0, n).toArray(); }

    private static Figure heat(String title, double[][] values, int[] rows, int[] columns, List<String> terms) {
        var sorted = new double[rows.length][columns.length];
        for (int i = 0; i < rows.length; i++) for (int j = 0; j < columns.length; j++) sorted[i][j] = values[rows[i]][columns[j]];
        return Figure
                .heatmap(title, sorted, IntStream.of(rows).mapToObj(r -> "d" + r).toArray(String[]::new),
                        IntStream.of(columns).mapToObj(terms::get).toArray(String[]::new))
                .axes("term", "document").describedAs(
                        "Each cell is the weight of a term in a document; sorted, documents about one thing and its words form a block.");
    }
}
