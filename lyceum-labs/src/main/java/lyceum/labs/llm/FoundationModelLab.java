package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.weights.FoundationModel;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.count.CountVectorizer;
import lyceum.text.count.TfIdf;
import lyceum.text.encoder.SentenceEncoder;

/** One frozen MiniLM for several tasks: few labels on its features and on TF-IDF, and what the tasks cost together. */
@Lab(topics = "foundation-model", title = "One backbone, many heads")
final class FoundationModelLab implements LabBody {
    @Override public void run(LabContext lab) {
        int each = lab.param("texts a class", 14, 10, 100), words = lab.param("words a text", 14, 5, 60),
                draws = lab.param("draws", 5, 1, 20);
        var texts = new ArrayList<String>();
        var topics = new ArrayList<Integer>();
        var genres = List.of("news", "religion", "hobbies");
        var found = new int[3];
        try (var documents = Corpora.brown().open()) {
            for (var d = documents.next(); d != null; d = documents.next()) {
                int genre = genres.indexOf(d.domain());
                for (var line : genre < 0 ? new String[0] : d.text().split("\n")) {
                    var parts = line.split(" ");
                    if (parts.length < words || found[genre] == each) continue;
                    texts.add(String.join(" ", List.of(parts).subList(0, words)));
                    topics.add(genre);
                    found[genre]++;
                }
            }
        }
        int[] labels = topics.stream().mapToInt(i -> i).toArray();
        var model = FoundationModel.of(SentenceEncoder.miniLm());
        var features = model.features(texts);
        var counts = new CountVectorizer().fitTransform(texts);
        var lexical = new TfIdf().fit(counts).transform(counts).counts().toDense().to(DType.F32).compute();
        double[] known = {1, 2, 4, 8}, ours = new double[4], theirs = new double[4];
        for (int i = 0; i < 4; i++) for (int draw = 0; draw < draws; draw++) {
            ours[i] += accuracy(features, labels, (int) known[i], lab.rng(draw)) / draws;
            theirs[i] += accuracy(lexical, labels, (int) known[i], lab.rng(draw)) / draws;
        }
        lab.figure(Figure.line("Topic of a sentence from few labels", known, ours).named("MiniLM, frozen").line("TF-IDF", known, theirs)
                .axes("labels a class", "accuracy")
                .describedAs("Frozen features need fewer labels than word counts for the same accuracy."));
        var topic = model.register("topic", FoundationModel.linear(features, labels, 3));
        long one = model.bytes();
        var sacred = new int[labels.length];
        for (int i = 0; i < labels.length; i++) sacred[i] = labels[i] == 1 ? 1 : 0;
        var religious = model.register("religious", FoundationModel.linear(features, sacred, 2));
        var near = model.register("duplicates", FoundationModel.neighbours());
        long before = model.passes();
        var answers = model.run(texts.subList(0, 5), topic, religious, near);
        double passes = model.passes() - before;
        lab.table("Nearest sentences", List.of("sentence", "nearest of five"), List
                .of(List.of(texts.get(0), texts.get(answers.get(near)[0][0])), List.of(texts.get(1), texts.get(answers.get(near)[1][0]))));
        lab.say("Three tasks take %.4f times the memory of one, and one pass of the backbone.", (double) model.bytes() / one);
        lab.shows("passes for three heads", passes, exactly(1));
        lab.shows("accuracy above TF-IDF's with 8 labels a class", ours[3] - theirs[3], above(0));
    }

    private static double accuracy(Tensor features, int[] labels, int each, Rng rng) {
        var known = new int[3];
        List<Integer> train = new ArrayList<>(), test = new ArrayList<>();
        for (int i : rng.permutation(labels.length)) (known[labels[i]]++ < each ? train : test).add(i);
        int[] a = train.stream().mapToInt(i -> i).toArray(), b = test.stream().mapToInt(i -> i).toArray();
        var own = new int[a.length];
        for (int i = 0; i < a.length; i++) own[i] = labels[a[i]];
        var guesses = FoundationModel.linear(features.rows(a).compute(), own, 3).of(features.rows(b).compute()).argmax(1).toLongArray();
        double right = 0;
        for (int i = 0; i < b.length; i++) if (guesses[i] == labels[b[i]]) right++;
        return right / b.length;
    }
}
