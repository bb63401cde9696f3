package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.text.lm.LanguageModel;
import lyceum.text.lm.MixtureLanguageModel;
import lyceum.text.lm.NGramEstimator;
import lyceum.text.lm.NeuralLanguageModel;
import lyceum.text.lm.NeuralLanguageModelConfig;
import lyceum.text.vector.EmbeddingTable;
import lyceum.text.vector.EmbeddingTable.Neighbour;
import lyceum.train.Trainer;

/** A phrase that was never written, but could have been: what counts think of it, and what vectors do. */
@Lab(topics = {"neural-probabilistic-lm", "neural-language-model"}, title = "Feed the hamster")
final class UnseenPhrasesLab implements LabBody {
    private static final List<List<String>> KINDS = List.of(List.of("feed", "stroke", "wash", "see", "buy"),
            List.of("cat", "dog", "hamster", "rabbit", "horse", "goat", "duck"), List.of("open", "lock", "paint", "measure", "fix"),
            List.of("door", "gate", "window", "box", "cellar", "shed", "drawer"), List.of("the", "a", "my", "her"),
            List.of("sleeps", "eats", "runs", "hides"), List.of("creaks", "closes", "breaks", "leaks"));

    @Override public void run(LabContext lab) {
        int sentences = lab.param("sentences", 1000, 200, 20_000), epochs = lab.param("epochs", 6, 1, 50);
        int width = lab.param("width of a vector", 8, 2, 64), units = lab.param("hidden units", 24, 4, 128);
        var kind = lab.choice("network", "window", "window", "LSTM", "transformer");
        List<String> words = new ArrayList<>(List.of("<s>", "</s>"));
        KINDS.forEach(words::addAll);
        List<int[]> all = new ArrayList<>(), seen;
        var rng = lab.rng(1);
        for (int i = 0; i < sentences * 6 / 5; i++) all.add(sentence(words, rng));
        seen = all.stream().filter(s -> !isWithheld(s)).toList();
        List<int[]> unseen = all.stream().filter(UnseenPhrasesLab::isWithheld).toList(), train = seen.subList(0, seen.size() * 9 / 10),
                validation = seen.subList(train.size(), seen.size());

        int v = words.size();
        var config = switch (kind) {
            case "LSTM" -> NeuralLanguageModelConfig.lstm(v).withWidth(width).withUnits(units);
            case "transformer" -> NeuralLanguageModelConfig.transformer(v).withHeads(1).withWidth(width / 2 * 2).withUnits(units);
            default -> NeuralLanguageModelConfig.window(v).withOrder(3).withWidth(width).withUnits(units);
        };
        var network = new NeuralLanguageModel(config, lab.rng(2));
        network.fit(train, List.of(), new Trainer(new Adam(1e-2), epochs).withBatchSize(64), lab.rng(3), lab.progress());
        var counts = new NGramEstimator(3, v).withMarks(0, 1).fit(train);
        var mixture = MixtureLanguageModel.fitted(validation, network, counts);

        var rows = new ArrayList<List<?>>();
        var ratios = new ArrayList<Double>();
        for (var phrase : List.of("feed the cat", "feed the hamster", "open my shed", "feed the gate", "paint her duck")) {
            int[] ids = Arrays.stream(phrase.split(" ")).mapToInt(words::indexOf).toArray();
            boolean written = train.stream().anyMatch(s -> Arrays.equals(s, ids));
            double own = last(network, ids), counted = last(counts, ids);
            ratios.add(own / counted);
            rows.add(List.of(phrase, written ? "yes" : "no", counted, own, last(mixture, ids)));
        }
        lab.table("Probability of the last word", List.of("phrase", "was written", "Kneser-Ney trigram", kind, "mixture"), rows);
        var table = EmbeddingTable.of(words, network.vectors().weight());
        var near = new ArrayList<List<String>>();
        for (var word : List.of("hamster", "gate", "stroke", "my"))
            near.add(List.of(word, String.join(", ", table.nearest(word, 4).stream().map(Neighbour::name).toList())));
        lab.table("Neighbours by learned vectors", List.of("word", "nearest"), near);

        var cloud = table.only(words.subList(2, v)).normalised().centred().vectors();
        var classes = new int[v - 2];
        for (int k = 0, at = 0; k < KINDS.size(); k++) for (int i = 0; i < KINDS.get(k).size(); i++) classes[at++] = k;
        lab.figure(Figure
                .scatter("Words that stand in like places", cloud.matmul(Svd.of(cloud).v().slice(1, 0, 2, 1)), classes, "care", "animals",
                        "work", "things", "small words", "of animals", "of things")
                .axes("first principal axis", "second principal axis")
                .describedAs("A point a word, on the two axes in which vectors differ most: classes that nobody named lie together."));
        double own = network.evaluate(unseen).perplexity(), counted = counts.evaluate(unseen).perplexity();
        lab.say("%d sentences hold a pair that was never written. A word of theirs has a perplexity of %.1f by counts and of %.1f by the network; "
                + "the mixture gives the network a share of %.2f.", unseen.size(), counted, own, mixture.weights()[0]);
        lab.shows("neural-probabilistic-lm", "perplexity of unseen sentences, network over counts", own / counted, below(1));
        lab.shows("neural-language-model", "\"feed the hamster\", network over counts", ratios.get(1), above(1));
    }

    private static double last(LanguageModel model, int[] ids) { return Math.exp(model.logProbabilities(ids)[ids.length - 1]); }

    private static int[] sentence(List<String> words, Rng rng) {
        int k = rng.nextInt(2); // "feed my goat" or "the goat eats", and the same of things
        var pattern = rng.nextInt(2) == 0 ? List.of(KINDS.get(2 * k), KINDS.get(4), KINDS.get(2 * k + 1))
                : List.of(KINDS.get(4), KINDS.get(2 * k + 1), KINDS.get(5 + k));
        return pattern.stream().mapToInt(l -> words.indexOf(l.get(rng.nextInt(l.size())))).toArray();
    }

    /** Each verb never met some of its nouns, "feed" not "hamster". */
    private static boolean isWithheld(int[] s) { return s[0] < 26 && (s[0] + s[2]) % 5 == 1; }
}
