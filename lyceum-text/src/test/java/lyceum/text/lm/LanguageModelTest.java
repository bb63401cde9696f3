package lyceum.text.lm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.GptBlock;
import lyceum.nn.Linear;
import lyceum.nn.Lstm;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RnnConfig;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Temperature;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.lm.NGramSmoothing.Mle;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LanguageModelTest {
    private static final String TOPIC = "language-model";
    private static final int SYMBOLS = 4, END = 4, START = 5;

    /** Every causal kind over four symbols and an end mark. */
    private static Map<String, LanguageModel> models() {
        var models = new LinkedHashMap<String, LanguageModel>();
        var rng = Rng.of(146);
        var texts = new ArrayList<int[]>();
        for (int i = 0; i < 12; i++) {
            var text = new int[rng.nextInt(6)];
            for (int t = 0; t < text.length; t++) text[t] = Math.min(rng.nextInt(SYMBOLS), rng.nextInt(SYMBOLS + 1));
            texts.add(text);
        }
        var estimator = new NGramEstimator(3, 6).withMarks(START, END);
        for (var smoothing : NGramLanguageModelTest.SMOOTHED)
            models.put(smoothing.toString(), estimator.withSmoothing(smoothing).fit(texts));
        models.put("unigram", estimator.withOrder(1).fit(texts));
        models.put("pruned", estimator.fit(texts).pruned(1e-3));
        models.put("LSTM", new RecurrentLanguageModel(table(6, 8, rng), new Lstm(new RnnConfig(8, 12).withDtype(DType.F64), rng),
                new Linear(Tensor.randn(rng, DType.F64, 6, 12), Tensor.randn(rng, DType.F64, 6)), START, END));
        models.put("GPT", gpt(rng));
        return models;
    }

    private static Embedding table(int count, int width, Rng rng) {
        return new Embedding(new EmbeddingConfig(count, width).withDtype(DType.F64), rng);
    }

    private static LanguageModel gpt(Rng rng) {
        Embedding tokens = table(6, 8, rng), places = table(16, 8, rng);
        var block = new GptBlock(8, 2, 0, DType.F64, rng);
        var head = new Linear(Tensor.randn(rng, DType.F64, 6, 8), Tensor.randn(rng, DType.F64, 6));
        return new CausalLanguageModel(
                ids -> head.forward(block.forward(tokens.forward(ids).add(places.forward(Tensor.arange((int) ids.size(1)))))), 6, START,
                END);
    }

    private static int[] text(int number, int length) {
        var ids = new int[length];
        for (int t = 0; t < length; t++, number /= SYMBOLS) ids[t] = number % SYMBOLS;
        return ids;
    }

    private static double sum(LanguageModel.State state) { return Arrays.stream(state.logProbabilities()).map(Math::exp).sum(); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void allThatAModelCanSayAddsUpToOne() {
        double worstNext = 0, worst = 0, least = 1;
        var models = models();
        for (var model : models.values()) {
            double mass = 0, open = 0;
            for (int length = 0, count = 1; length <= 6; length++, count *= SYMBOLS) {
                var texts = new ArrayList<int[]>();
                for (int number = 0; number < count; number++) texts.add(length == 6 ? text(number, length) : ended(text(number, length)));
                double all = Arrays.stream(model.scores(texts)).map(Math::exp).sum();
                if (length == 6) open = all;
                else mass += all;
                for (int number = 0; number < count && length <= 3; number++) {
                    int[] ids = text(number, length);
                    var state = model.start();
                    for (int id : ids) state = state.next(id);
                    worstNext = Math.max(worstNext, Math.abs(1 - sum(state)));
                }
            }
            worst = Math.max(worst, Math.abs(1 - mass - open));
            least = Math.min(least, open);
        }
        Evidence.of("models", models.size(), exactly(14));
        Evidence.of("largest |sum of next tokens - 1|", worstNext, atMost(1e-9));
        Evidence.of("largest |mass of texts up to 5 + open remainder - 1|", worst, atMost(1e-9));
        assertThat(least).as("some mass is open in every model").isGreaterThan(1e-4);
        var mle = new NGramEstimator(2, 6).withMarks(START, END).withSmoothing(new Mle()).fit(List.of(new int[] {0, 1}, new int[] {0, 2}));
        assertThat(sum(mle.start().next(0))).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-12));
        assertThat(Math.exp(mle.score(0, 1, END)) + Math.exp(mle.score(0, 2, END))).isCloseTo(1,
                org.assertj.core.data.Offset.offset(1e-12));
    }

    private static int[] ended(int[] ids) {
        var all = Arrays.copyOf(ids, ids.length + 1);
        all[ids.length] = END;
        return all;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void carriedStatesScoreAsWholeSequencesDo() {
        double worst = 0;
        int compared = 0;
        for (var model : models().values()) {
            var rng = Rng.of(2);
            var texts = new ArrayList<int[]>();
            var sums = new ArrayList<Double>();
            for (int i = 0; i < 50; i++, compared++) {
                int[] ids = ended(text(rng.nextInt(1 << 20), 1 + i % 10));
                double sum = 0;
                var state = model.start();
                for (int id : ids) {
                    sum += state.logProbability(id);
                    state = state.next(id);
                }
                worst = Math.max(worst, Math.abs(sum - whole(model, ids)));
                texts.add(ids);
                sums.add(sum);
            }
            double[] batch = model.scores(texts);
            for (int i = 0; i < batch.length; i++) worst = Math.max(worst, Math.abs(sums.get(i) - batch[i]));
        }
        Evidence.of("sequences", compared, exactly(14 * 50));
        Evidence.of("largest difference, nats", worst, atMost(1e-6));
    }

    /** Networks take one pass; counts are asked with each whole history afresh. */
    private static double whole(LanguageModel model, int[] ids) {
        if (!(model instanceof NGramLanguageModel counts)) return model.score(ids);
        var read = new int[ids.length + 1];
        read[0] = START;
        System.arraycopy(ids, 0, read, 1, ids.length);
        double sum = 0;
        for (int t = 0; t < ids.length; t++) sum += Math.log(counts.probability(ids[t], Arrays.copyOf(read, t + 1)));
        return sum;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void pseudoLikelihoodIsTheSumOfSeparatePasses() {
        var rng = Rng.of(3);
        Embedding tokens = table(7, 8, rng), places = table(12, 8, rng);
        var encoder = Module.to(new TransformerEncoder(TransformerConfig.original(8, 2, 16), 2, rng), DType.F64);
        var head = new Linear(Tensor.randn(rng, DType.F64, 7, 8), Tensor.randn(rng, DType.F64, 7));
        var model = new MaskedLanguageModel(
                ids -> head.forward(encoder.forward(tokens.forward(ids).add(places.forward(Tensor.arange((int) ids.size(1)))))), 7, 6, 3);
        double worst = 0, worstSum = 0, worstHidden = 0, spread = 0;
        for (int i = 0; i < 20; i++) {
            int[] ids = text(rng.nextInt(1 << 20), 2 + i % 10);
            double sum = 0;
            for (int t = 0; t < ids.length; t++) {
                var hidden = ids.clone();
                hidden[t] = 6;
                Tensor e = tokens.forward(Tensor.of(hidden, 1, hidden.length)).add(places.forward(Tensor.arange(hidden.length)));
                double[] logs = head.forward(encoder.forward(e)).get(0).get(t).logSoftmax(0).toDoubleArray();
                sum += logs[ids[t]];
                double[] own = model.logProbabilities(ids, t);
                worstSum = Math.max(worstSum, Math.abs(1 - Arrays.stream(own).map(Math::exp).sum()));
                var other = ids.clone();
                other[t] = (ids[t] + 1) % SYMBOLS;
                double[] again = model.logProbabilities(other, t);
                for (int v = 0; v < 7; v++) worstHidden = Math.max(worstHidden, Math.abs(own[v] - again[v]));
                if (t + 1 < ids.length) {
                    other = ids.clone();
                    other[t + 1] = (ids[t + 1] + 1) % SYMBOLS;
                    spread = Math.max(spread, Math.abs(own[0] - model.logProbabilities(other, t)[0]));
                }
            }
            worst = Math.max(worst, Math.abs(sum - model.pseudoLogLikelihood(ids)));
        }
        Evidence.of("largest |sum of a conditional - 1|", worstSum, atMost(1e-9));
        Evidence.of("pseudo-log-likelihood less the sum of separate passes", worst, atMost(1e-6));
        Evidence.of("change of a conditional with the token that it hides", worstHidden, exactly(0));
        Evidence.of("change with a neighbour's", spread, atLeast(1e-3));
        assertThatThrownBy(() -> model.logProbabilities(new int[] {1}, 1)).hasMessageContaining("place 1 of 1");
        assertThatThrownBy(() -> new MaskedLanguageModel(ids -> ids, 7, 7, 1)).hasMessageContaining("mask 7");
    }

    private static int[] letters(String line) {
        return line.replaceAll("[^a-z]+", " ").strip().chars().map(c -> c == ' ' ? 2 : c - 'a' + 3).toArray();
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void oneCallRanksUnigramTrigramAndLstmOnTheKingJamesBible() {
        List<int[]> train = new ArrayList<>(), heldOut = new ArrayList<>();
        var lines = Verses.lines();
        for (int i = 0; i < lines.size(); i++) (i % 600 == 599 ? heldOut : train).add(letters(lines.get(i)));
        var estimator = new NGramEstimator(3, 29).withMarks(0, 1);
        var trigram = estimator.fit(train);
        var unigram = estimator.withOrder(1).fit(train);
        var lstm = trained(train);
        var perplexities = new ArrayList<Double>();
        for (LanguageModel model : List.of(unigram, trigram, lstm)) perplexities.add(model.evaluate(heldOut).perplexity());
        Evidence.of("perplexity of a letter, trigram over unigram; " + perplexities, perplexities.get(1) / perplexities.get(0), below(1));
        Evidence.of("perplexity of a letter, LSTM over trigram", perplexities.get(2) / perplexities.get(1), below(1));
        assertThat(perplexities.get(0)).isBetween(10.0, 20.0);
        assertThat(lstm.sample(new int[0], 20, new Temperature(1), Rng.of(1))).hasSizeGreaterThan(0).doesNotContain(0, 1);
    }

    private static RecurrentLanguageModel trained(List<int[]> train) {
        var rng = Rng.of(4);
        var stream = new int[train.stream().mapToInt(t -> t.length + 2).sum()];
        int at = 0;
        for (var text : train) {
            at++;
            for (int id : text) stream[at++] = id;
            stream[at++] = 1;
        }
        var model = new RecurrentLanguageModel(new Embedding(29, 24, rng), new Lstm(new RnnConfig(24, 80), rng), new Linear(80, 29, rng), 0,
                1);
        var optimizer = new Adam(1e-2).over(model.parameters());
        int batch = 32, steps = 40;
        for (int step = 0; step < 260; step++) {
            try (var scope = Scope.open()) {
                int[] x = new int[batch * steps], y = new int[batch * steps];
                for (int b = 0; b < batch; b++) {
                    int from = rng.nextInt(stream.length - steps - 1);
                    System.arraycopy(stream, from, x, b * steps, steps);
                    System.arraycopy(stream, from + 1, y, b * steps, steps);
                }
                optimizer.zeroGrad();
                new CrossEntropy().of(model.logits(Tensor.of(x, batch, steps), Pass.inference()).reshape(batch * steps, 29), Tensor.of(y))
                        .backward();
                optimizer.step();
            }
        }
        return model;
    }

    @Test void sequencesWithoutAStartMarkHaveATermLess() {
        var rng = Rng.of(5);
        var lstm = new RecurrentLanguageModel(table(6, 8, rng), new Lstm(new RnnConfig(8, 12).withDtype(DType.F64), rng),
                new Linear(Tensor.randn(rng, DType.F64, 6, 12), Tensor.randn(rng, DType.F64, 6)), -1, END);
        assertThat(lstm.logProbabilities(1, 2, 3)).hasSize(2);
        assertThat(lstm.logProbabilities(1)).isEmpty();
        assertThat(lstm.evaluate(List.of(new int[] {1, 2})).tokens()).isEqualTo(2);
        assertThatThrownBy(() -> lstm.start().logProbabilities()).hasMessageContaining("nothing was read");
        assertThatThrownBy(() -> new CausalLanguageModel(ids -> ids, 6, 6, 4)).hasMessageContaining("marks 6 and 4");
        var wrong = new CausalLanguageModel(ids -> Tensor.zeros(DType.F32, 1, 2, 3), 6, 5, 4);
        assertThatThrownBy(() -> wrong.score(1, 2, 3)).hasMessageContaining("logits");
        var evaluation = new LanguageModelEvaluation(4, -4 * Math.log(8), 0);
        assertThat(evaluation.perplexity()).isCloseTo(8, org.assertj.core.data.Offset.offset(1e-12));
        assertThat(evaluation.bitsPerToken()).isCloseTo(3, org.assertj.core.data.Offset.offset(1e-12));
        assertThat(evaluation.bitsPerByte(24)).isCloseTo(0.5, org.assertj.core.data.Offset.offset(1e-12));
        assertThatThrownBy(() -> evaluation.bitsPerByte(0)).hasMessageContaining("0 bytes");
    }
}
