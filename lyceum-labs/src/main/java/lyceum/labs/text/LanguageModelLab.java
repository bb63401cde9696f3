package lyceum.labs.text;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Lstm;
import lyceum.nn.Pass;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.text.lm.LanguageModel;
import lyceum.text.lm.MaskedLanguageModel;
import lyceum.text.lm.NGramEstimator;
import lyceum.text.lm.RecurrentLanguageModel;

/** One sentence letter by letter through four kinds of model, and one call that compares those which go from left to right. */
@Lab(topics = "language-model", title = "Four kinds of model read one sentence")
final class LanguageModelLab implements LabBody {
    private static final int SIZE = 30, STEPS = 24, BATCH = 16, MASK = 29;

    @Override public void run(LabContext lab) {
        int steps = lab.param("training steps of the LSTM", 40, 10, 2000), units = lab.param("units", 32, 8, 256);
        var text = lab.choice("sentence", "and god said", "and god said", "the tail of the dog", "in the beginning", "xylophone quartz");
        var lines = Corpora.kingJames().stream().flatMap(d -> d.text().toLowerCase(Locale.ROOT).lines()).map(LanguageModelLab::letters)
                .limit(3000).toList();
        List<int[]> train = lines.subList(0, 2980), heldOut = lines.subList(2980, 3000);
        var estimator = new NGramEstimator(3, SIZE).withMarks(0, 1);
        var models = new LinkedHashMap<String, LanguageModel>(Map.of("letters alone", estimator.withOrder(1).fit(train)));
        models.put("trigram", estimator.fit(train));
        models.put("LSTM", lstm(lab, train, steps, units));

        // both neighbours of a letter, as counts: the simplest model that sees the right side too
        var between = new double[SIZE * SIZE][SIZE];
        for (var row : between) Arrays.fill(row, 0.01);
        for (var line : train) for (int t = 1; t + 1 < line.length; t++) between[line[t - 1] * SIZE + line[t + 1]][line[t]]++;
        var table = new Embedding(Tensor.of(between).log());
        var masked = new MaskedLanguageModel(x -> {
            var padded = x.pad(1, 1, 1, 2);
            return table.forward(padded.narrow(1, 0, x.size(1)).mul(SIZE).add(padded.narrow(1, 2, x.size(1))));
        }, SIZE, MASK, 32);
        int[] ids = letters(text);
        var figure = Figure.plot("Log-probability of each letter of \"" + text + "\"").axes("letter", "log-probability (nats)").describedAs(
                "Four lines over the letters: low where a model was surprised. The masked one sees the letter behind as well.");
        var rows = new ArrayList<List<?>>();
        double worst = 0;
        for (var each : models.entrySet()) {
            figure = figure.line(each.getKey(), 1, each.getValue().logProbabilities(ids));
            double left = each.getValue().score(ids);
            var result = each.getValue().evaluate(heldOut);
            rows.add(List.of(each.getKey(), left, result.perplexity(), result.bitsPerToken()));
            var state = each.getValue().start();
            for (int t = 0; t < ids.length; state = state.next(ids[t++])) left -= state.logProbability(ids[t]);
            worst = Math.max(worst, Math.abs(left));
        }
        lab.figure(figure.line("masked", 1,
                IntStream.range(0, ids.length).mapToDouble(t -> masked.logProbabilities(ids, t)[ids[t]]).toArray()));
        lab.table("One evaluation call", List.of("model", "log p of the sentence", "perplexity of a letter", "bits a letter"), rows);
        lab.say("The masked model's %.1f is a pseudo-score: it ranks sentences, no more.", masked.pseudoLogLikelihood(ids));
        lab.shows("carried state less whole sequence, nats", worst, atMost(1e-4));
        lab.shows("perplexity, trigram over letters alone", (double) rows.get(1).get(2) / (double) rows.get(0).get(2), below(1));
    }

    private static RecurrentLanguageModel lstm(LabContext lab, List<int[]> train, int steps, int units) {
        var rng = lab.rng(1);
        var model = new RecurrentLanguageModel(new Embedding(SIZE, 16, rng), new Lstm(new RnnConfig(16, units), rng),
                new Linear(units, SIZE, rng), 0, 1);
        var optimizer = new Adam(2e-2).over(model.parameters());
        int[] line = null;
        for (int step : lab.progress("steps", steps)) {
            try (var scope = Scope.open()) {
                int[] x = new int[BATCH * STEPS], y = new int[BATCH * STEPS];
                for (int i = 0; i < x.length; i++) { // the beginning of a verse a row
                    int t = i % STEPS;
                    if (t == 0) line = train.get(rng.nextInt(train.size()));
                    x[i] = t == 0 ? 0 : t <= line.length ? line[t - 1] : 1;
                    y[i] = t < line.length ? line[t] : 1;
                }
                optimizer.zeroGrad();
                new CrossEntropy().of(model.logits(Tensor.of(x, BATCH, STEPS), Pass.inference()).reshape(BATCH * STEPS, SIZE), Tensor.of(y))
                        .backward();
                optimizer.step();
            }
        }
        return model;
    }

    private static int[] letters(String s) {
        return s.replaceAll("[^a-z]+", " ").strip().chars().map(c -> c == ' ' ? 2 : c - 'a' + 3).toArray();
    }
}
