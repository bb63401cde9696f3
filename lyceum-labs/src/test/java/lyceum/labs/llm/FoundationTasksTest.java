package lyceum.labs.llm;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.corpus.Corpora;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.llm.weights.FoundationModel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.count.CountVectorizer;
import lyceum.text.count.TfIdf;
import lyceum.text.encoder.SentenceEncoder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Four uses of one MiniLM, each beside TF-IDF. */
class FoundationTasksTest {
    private static final int DRAWS = 10, LABELS = 16, WORDS = 40;

    private record Labelled(List<String> texts, int[] labels) {}

    /** Mails are kept as counts: each is a list of its words here, for both kinds of features. */
    private static Labelled mails(int each) {
        var all = Datasets.spamAssassin();
        var texts = new ArrayList<String>();
        var labels = new ArrayList<Integer>();
        int[] found = new int[2];
        for (int row : Rng.of(1).permutation(all.size())) {
            int label = all.labels()[row], from = all.rowStarts()[row], to = all.rowStarts()[row + 1];
            if (found[label] == each || to - from < 10) continue;
            found[label]++;
            var words = new ArrayList<String>();
            for (int e : Rng.of(row).permutation(to - from))
                if (words.size() < WORDS) words.add(all.vocabulary().get(all.columns()[from + e]));
            texts.add(String.join(" ", words));
            labels.add(label);
        }
        return new Labelled(texts, labels.stream().mapToInt(i -> i).toArray());
    }

    /** Paragraphs of three sentences. */
    private static Labelled topics(int each) {
        var genres = List.of("news", "religion", "hobbies", "science-fiction");
        var found = new int[4];
        var texts = new ArrayList<String>();
        var labels = new ArrayList<Integer>();
        try (var documents = Corpora.brown().open()) {
            for (var d = documents.next(); d != null; d = documents.next()) {
                int label = genres.indexOf(d.domain());
                if (label < 0) continue;
                var lines = d.text().split("\n");
                for (int i = 0; i + 3 <= lines.length && i < 3 * 8 && found[label] < each; i += 3) {
                    var words = (lines[i] + " " + lines[i + 1] + " " + lines[i + 2]).split(" ");
                    if (words.length < 20) continue;
                    texts.add(String.join(" ", Arrays.copyOf(words, Math.min(words.length, WORDS))));
                    labels.add(label);
                    found[label]++;
                }
            }
        }
        return new Labelled(texts, labels.stream().mapToInt(i -> i).toArray());
    }

    /** A verse and the same thing said in other words, one after the other. */
    private static List<String> pairs() throws IOException {
        var texts = new ArrayList<String>();
        for (var line : Files.readAllLines(Path.of("../lyceum-text/src/test/resources/meaning/paraphrases.tsv")))
            texts.addAll(List.of(line.split("\t")));
        return texts;
    }

    private static Tensor tfIdf(List<String> texts) {
        var counts = new CountVectorizer().fitTransform(texts);
        return new TfIdf().fit(counts).transform(counts).counts().toDense().to(DType.F32).compute();
    }

    /** Mean accuracy where 16 labels a class are known, the others are asked. */
    private static double accuracy(Tensor features, int[] labels, int classes) {
        double mean = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            var known = new int[classes];
            var train = new ArrayList<Integer>();
            var test = new ArrayList<Integer>();
            for (int i : Rng.of(100 + draw).permutation(labels.length)) (known[labels[i]]++ < LABELS ? train : test).add(i);
            int[] a = train.stream().mapToInt(i -> i).toArray(), b = test.stream().mapToInt(i -> i).toArray();
            var head = FoundationModel.linear(features.rows(a).compute(), Arrays.stream(a).map(i -> labels[i]).toArray(), classes);
            var guesses = head.of(features.rows(b).compute()).argmax(1).toLongArray();
            int right = 0;
            for (int i = 0; i < b.length; i++) if (guesses[i] == labels[b[i]]) right++;
            mean += (double) right / b.length / DRAWS;
        }
        return mean;
    }

    private static double clusters(Tensor features, int[] labels, int classes) {
        double mean = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            var rows = Arrays.copyOf(Rng.of(200 + draw).permutation(labels.length), labels.length * 2 / 3);
            var found = new KMeans(classes).withRestarts(3).withSeed(draw).fit(features.rows(rows).to(DType.F64).compute()).labels();
            mean += ClusterAgreement.of(found, Tensor.of(Arrays.stream(rows).map(i -> labels[i]).toArray())).adjustedRand() / DRAWS;
        }
        return mean;
    }

    /** Mean average precision: the one duplicate of each text among all others, 60 pairs a draw. */
    private static double duplicates(Tensor features) {
        double mean = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            var chosen = Arrays.copyOf(Rng.of(300 + draw).permutation((int) features.size(0) / 2), 60);
            var rows = IntStream.range(0, 120).map(i -> 2 * chosen[i / 2] + i % 2).toArray();
            var near = FoundationModel.neighbours().of(features.rows(rows).compute());
            for (int i = 0; i < 120; i++)
                for (int rank = 0; rank < 119; rank++) if (near[i][rank] == (i ^ 1)) mean += 1.0 / (rank + 1) / 120 / DRAWS;
        }
        return mean;
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "foundation-model", clause = 1)
    @Acceptance(topic = "foundation-model", clause = 2) void oneFrozenBackboneDoesFourThings() throws IOException {
        var model = FoundationModel.of(SentenceEncoder.miniLm());
        var before = model.hash();
        Labelled mails = mails(50), topics = topics(32);
        var pairs = pairs();
        ToDoubleFunction<Tensor> spam = x -> accuracy(x, mails.labels, 2), topic = x -> accuracy(x, topics.labels, 4),
                groups = x -> clusters(x, topics.labels, 4), same = FoundationTasksTest::duplicates;
        var report = List.of(model.transfer("spam", mails.texts, FoundationTasksTest::tfIdf, spam),
                model.transfer("topic", topics.texts, FoundationTasksTest::tfIdf, topic),
                model.transfer("clustering", topics.texts, FoundationTasksTest::tfIdf, groups),
                model.transfer("duplicates", pairs, FoundationTasksTest::tfIdf, same));
        var chance = Map.of("spam", 0.5, "topic", 0.25, "clustering", 0.0, "duplicates", 0.05);
        int better = 0;
        for (var task : report) {
            Evidence.of(task.task() + ", score on MiniLM's features, above chance", task.foundation(),
                    above(chance.get(task.task()) + 0.1));
            Evidence.of(task.task() + ", over TF-IDF's", task.gain(), above(-0.1));
            if (task.gain() > 0) better++;
        }
        Evidence.of("tasks done by one backbone", report.size(), exactly(4));
        Evidence.that("its hash is unchanged", before.equals(model.hash()));
        Evidence.of("tasks of 4 in which MiniLM beats TF-IDF, mean of 10 draws", better, atLeast(3));
    }
}
