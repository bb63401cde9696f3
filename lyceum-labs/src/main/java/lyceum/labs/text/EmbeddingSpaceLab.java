package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.SentenceEncoder;
import lyceum.text.vector.EmbeddingGeometry;
import lyceum.text.vector.EmbeddingSpace;
import lyceum.text.vector.EmbeddingTable.Nearness;

/** Sixty words as points: who is near whom, a map before and after whitening, and what half of the coordinates still know. */
@Lab(topics = "embedding-space", title = "A space without units")
final class EmbeddingSpaceLab implements LabBody {
    private static final List<List<String>> TOPICS = List.of(
            List.of("dog", "horse", "cow", "sheep", "lion", "rabbit", "goat", "wolf", "tiger", "pig"),
            List.of("apple", "banana", "cherry", "grape", "peach", "plum", "lemon", "pear", "melon", "strawberry"),
            List.of("car", "truck", "bus", "train", "bicycle", "tram", "motorcycle", "van", "lorry", "taxi"),
            List.of("lawyer", "teacher", "nurse", "engineer", "accountant", "carpenter", "journalist", "plumber", "surgeon", "librarian"),
            List.of("violin", "piano", "guitar", "trumpet", "flute", "cello", "clarinet", "harp", "drum", "saxophone"),
            List.of("shirt", "trousers", "skirt", "coat", "jacket", "scarf", "glove", "sock", "sweater", "hat"));

    @Override public void run(LabContext lab) {
        var word = lab.choice("word", "violin", "violin", "wolf", "pear", "nurse", "taxi", "scarf");
        double ridge = lab.param("ridge of the whitening", 0.1, 0.001, 10);
        int k = lab.param("neighbours", 5, 1, 20);

        var words = TOPICS.stream().flatMap(List::stream).toList();
        int[] topics = IntStream.range(0, 60).map(i -> i / 10).toArray();
        var space = (SentenceEncoder.hasMiniLm() ? new EmbeddingSpace("all-MiniLM-L6-v2", words, SentenceEncoder.miniLm().encode(words))
                : planted(lab, words, topics)).normalised();
        if (!SentenceEncoder.hasMiniLm())
            lab.say("MiniLM is not on the class path, so these vectors are drawn: a centre a topic, a direction shared by all, noise.");
        var white = space.whitened(ridge).normalised();
        lab.say("%s. The nearest to '%s' is '%s', with a cosine of %.2f; whitened, %.2f: the number says nothing without its space.", space,
                word, space.nearest(word, 1).getFirst().name(), space.nearest(word, 1).getFirst().score(),
                white.nearest(word, 1).getFirst().score());
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < k; i++) rows.add(List.of(space.nearest(word, k).get(i), white.nearest(word, k).get(i)));
        lab.table("Nearest to '" + word + "'", List.of("as they are", "whitened"), rows);
        lab.figure(Figure.row("Sixty words on their two main axes", map("as they are", space, topics), map("whitened", white, topics))
                .describedAs(
                        "Each word at its two main principal coordinates, one colour a topic, before and after all variances were made equal."));

        lab.table("The space in numbers", List.of("", "mean cosine", "IsoScore", "hubness", "nearest of the same topic"),
                List.of(row("as they are", space, topics), row("whitened", white, topics)));
        int d = space.dimension();
        var kept = space.truncation(k, d, d / 2, d / 4, d / 8, d / 16);
        lab.figure(Figure
                .line("What the first coordinates still know", Tensor.of(kept.stream().mapToDouble(t -> t.dimension()).toArray()),
                        Tensor.of(kept.stream().mapToDouble(t -> t.recall()).toArray()))
                .axes("coordinates kept", "share of the neighbours found")
                .describedAs("The share of each word's nearest that are still its nearest when only the first coordinates are kept."));

        var exact = space.as(DType.F64).normalised();
        int same = 0;
        int[][] cosine = exact.orders(exact.vectors()), distance = exact.by(Nearness.EUCLIDEAN).orders(exact.vectors());
        for (int i = 0; i < 60; i++) if (Arrays.equals(cosine[i], distance[i])) same++;
        lab.shows("words whose order by distance is that by cosine", same, atLeast(59));
        lab.shows("share found with all coordinates", kept.getFirst().recall(), exactly(1));
        lab.shows("share of words whose nearest is of their topic", EmbeddingGeometry.neighbourAgreement(space.vectors(), topics),
                above(0.8));
    }

    private static EmbeddingSpace planted(LabContext lab, List<String> words, int[] topics) {
        var rng = lab.rng(1);
        var shared = Tensor.randn(rng, DType.F64, 1, 64);
        return new EmbeddingSpace("drawn", words,
                Tensor.randn(rng, DType.F64, 6, 64).get(Tensor.of(topics)).add(Tensor.randn(rng, DType.F64, 60, 64).mul(0.7)).add(shared));
    }

    private static List<Object> row(String name, EmbeddingSpace space, int[] topics) {
        var report = space.geometry();
        return List.of(name, report.meanCosine(), report.isoScore(), report.hubness(),
                EmbeddingGeometry.neighbourAgreement(space.vectors(), topics));
    }

    private static Figure map(String name, EmbeddingSpace space, int[] topics) {
        var x = space.vectors().to(DType.F64).sub(space.vectors().to(DType.F64).mean(0));
        var plane = x.matmul(Svd.of(x).v().slice(1, 0, 2, 1));
        return Figure.plot(name).points(plane, topics, "animals", "fruit", "vehicles", "professions", "instruments", "clothes")
                .axes("first principal axis", "second");
    }
}
