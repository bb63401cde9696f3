package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.cluster.KMeans;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.text.vector.EmbeddingTable;
import lyceum.text.vector.EmbeddingTable.Neighbour;
import lyceum.text.vector.PpmiEmbeddings;
import lyceum.text.vector.SemanticSpace;

/** Three hundred nouns of the Bible by the company they keep, and what is left when all words are dealt anew. */
@Lab(topics = "semantic-space", title = "What shuffling destroys")
final class SemanticSpaceLab implements LabBody {
    private static final Set<String> BEFORE_NOUNS = Set.of("the", "a", "his", "thy", "my", "their", "of", "your");

    @Override public void run(LabContext lab) {
        int chapters = lab.param("chapters", 350, 100, 1189), dimension = lab.param("dimension", 20, 5, 200),
                window = lab.param("window", 4, 1, 10), nouns = lab.param("nouns on the map", 300, 50, 1000),
                groups = lab.param("groups", 8, 2, 20);
        double power = lab.param("power of singular values", 0.5, 0.0, 1.0), shift = lab.param("shift", 1.0, 1.0, 20.0);
        List<List<String>> verses = new ArrayList<>();
        Corpora.kingJames().stream().limit(chapters).forEach(chapter -> {
            for (var verse : chapter.text().toLowerCase(Locale.ROOT).split("\n"))
                verses.add(List.of(verse.replaceAll("[^a-z]+", " ").strip().split(" ")));
        });
        var how = new PpmiEmbeddings(dimension).withWindow(window).withMinCount(15).withEigenvalueWeight(power).withShift(shift);
        var space = SemanticSpace.of(how, verses, lab.progress());
        var nothing = SemanticSpace.of(how, SemanticSpace.shuffled(verses, lab.rng(1)), lab.progress());
        EmbeddingTable table = space.table(), dealt = nothing.table();

        var rows = new ArrayList<List<String>>();
        for (var word : List.of("water", "father", "gold", "day", "sword", "eyes"))
            if (table.contains(word)) rows.add(List.of(word, nearest(table, word), nearest(dealt, word)));
        lab.say("%,d words and %,d weights above zero, of which the best table of rank %d loses %.0f%%.", table.size(),
                space.weights().entries(), dimension, 100 * space.error(dimension) / space.error(0));
        lab.table("Neighbours", List.of("word", "in the text", "in the same words, shuffled"), rows);

        var names = nouns(verses, table, nouns);
        var cloud = table.only(names).normalised().centred();
        int[] group = new KMeans(groups).withSeed(lab.seed()).fit(cloud.vectors().to(DType.F64)).labels().to(DType.I32).toIntArray();
        Tensor unit = cloud.vectors(), plane = unit.matmul(Svd.of(unit).v().narrow(1, 0, 2));
        lab.figure(Figure
                .scatter(names.size() + " nouns in " + groups + " groups", plane, group,
                        IntStream.range(0, groups)
                                .mapToObj(g -> String.join(", ",
                                        IntStream.range(0, group.length).filter(i -> group[i] == g).limit(3).mapToObj(names::get).toList()))
                                .toArray(String[]::new))
                .axes("first principal axis", "second principal axis")
                .describedAs("A point a noun, on the two axes in which they differ most; groups are found in all axes."));
        double[] real = space.factors().s().toDoubleArray(), chance = nothing.factors().s().toDoubleArray();
        lab.figure(Figure.plot("Singular values").line("text", 1, real).line("shuffled", 1, chance).axes("number", "singular value")
                .describedAs("Two falling lines: the text's first values stand far above those of shuffled words."));

        double near = agreement(table, dealt, names);
        lab.shows("third singular value, text over shuffled", real[2] / chance[2], above(1));
        lab.shows("share of ten neighbours that survive shuffling", near, below(0.1));
    }

    private static String nearest(EmbeddingTable table, String word) {
        return String.join(", ", table.nearest(word, 5).stream().map(Neighbour::name).toList());
    }

    private static double agreement(EmbeddingTable a, EmbeddingTable b, List<String> names) {
        return names.stream().limit(60).mapToDouble(name -> {
            var near = b.nearest(name, 10).stream().map(Neighbour::name).toList();
            return a.nearest(name, 10).stream().map(Neighbour::name).filter(near::contains).count() / 10.0;
        }).average().orElseThrow();
    }

    /** The commonest words that stand behind an article, a possessive or "of" in more than half of their uses. */
    private static List<String> nouns(List<List<String>> verses, EmbeddingTable table, int most) {
        var uses = new HashMap<String, int[]>();
        for (var verse : verses) {
            for (int i = 0; i < verse.size(); i++) {
                int[] use = uses.computeIfAbsent(verse.get(i), _ -> new int[2]);
                use[0]++;
                if (i > 0 && BEFORE_NOUNS.contains(verse.get(i - 1))) use[1]++;
            }
        }
        return table.names().stream().filter(w -> 2 * uses.get(w)[1] > uses.get(w)[0] && w.length() > 2)
                .sorted(Comparator.comparingInt(w -> -uses.get(w)[0])).limit(most).toList();
    }
}
