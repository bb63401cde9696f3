package lyceum.text.lm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.text.lm.ElmoConfig.Characters;
import lyceum.text.lm.ElmoConfig.Filters;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElmoTest {
    private static final String TOPIC = "elmo";
    private static final Characters LETTERS = new Characters(4, 9, List.of(new Filters(1, 3), new Filters(2, 4), new Filters(3, 2)), 1);

    private static List<String> words(int n) { return IntStream.range(0, n).mapToObj(i -> "word" + i * i).toList(); }

    @Test void layersAndProbabilitiesAreThoseOfPyTorch() {
        var golden = Golden.load("golden/elmo.json");
        var words = List.of("<s>", "</s>", "cat", "né", "cats", "a");
        var config = new ElmoConfig(6, 5, 7).withCharacters(LETTERS);
        var elmo = Module.to(new Elmo(config, words, Rng.of(1)), DType.F64);
        var r = new Recipe(17);
        var given = new LinkedHashMap<String, Tensor>();
        var names = golden.named("names").texts("input.names");
        for (int i = 0; i < names.size(); i++) {
            long[] shape = Arrays.stream(golden.named("names").texts("input.shapes").get(i).split(" ")).mapToLong(Long::parseLong)
                    .toArray();
            given.put(names.get(i), Tensor.of(r.bells((int) Arrays.stream(shape).reduce(1, (a, b) -> a * b))).mul(0.5).reshape(shape));
        }
        elmo.load(given);
        Gap layers = Gap.absolute(), logs = Gap.absolute();
        for (var c : golden.cases("text")) {
            var text = c.texts("input.words");
            layers.see(c, "expected.layers", elmo.layers(text).flatten().toDoubleArray());
            if (!c.has("expected.ahead")) continue;
            int[] ids = text.stream().mapToInt(words::indexOf).toArray(), ended = Arrays.copyOf(ids, ids.length + 1),
                    begun = new int[ended.length];
            ended[ids.length] = 1;
            for (int t = 0; t < ids.length; t++) begun[t] = ids[ids.length - 1 - t];
            layers.see(c, "expected.layers", elmo.forward(Tensor.of(ids, 1, ids.length)).flatten().toDoubleArray());
            logs.see("ahead", elmo.ahead().score(ended), c.number("expected.ahead"));
            logs.see("back", elmo.back().score(begun), c.number("expected.back"));
        }
        assertThat(layers.seen()).isEqualTo(3 * 10 * (12 + 9));
        assertThat(layers.worst()).isLessThan(1e-7);
        assertThat(logs.worst()).isLessThan(1e-7);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void statesDoNotKnowTheOtherSide() {
        long moved = 0, ahead = 0, back = 0;
        int edits = 0;
        for (var config : List.of(new ElmoConfig(30, 8, 16), new ElmoConfig(30, 8, 12).withLayers(3).withCharacters(LETTERS))) {
            var elmo = new Elmo(config, words(30), Rng.of(1));
            var rng = Rng.of(2);
            for (int i = 0; i < 100; i++, edits++) {
                int n = 1 + rng.nextInt(2), length = 2 + rng.nextInt(8), row = rng.nextInt(n), at = rng.nextInt(length);
                var ids = IntStream.range(0, n * length).map(_ -> 2 + rng.nextInt(28)).toArray();
                var other = ids.clone();
                other[row * length + at] = 2 + (ids[row * length + at] - 1) % 28;
                assertThat(other[row * length + at]).isNotEqualTo(ids[row * length + at]);
                float[] x = layers(elmo, ids, n), y = layers(elmo, other, n);
                int layers = elmo.depth(), w = config.width();
                for (int j = 0; j < layers; j++)
                    for (int b = 0; b < n; b++) for (int t = 0; t < length; t++) for (int d = 0; d < 2 * w; d++) {
                        int place = ((j * n + b) * length + t) * 2 * w + d;
                        boolean same = Float.floatToRawIntBits(x[place]) == Float.floatToRawIntBits(y[place]);
                        if (b != row || d < w && t < at) ahead += same ? 0 : 1;
                        else if (d >= w && t > at) back += same ? 0 : 1;
                        else if (j > 0 && !same) moved++;
                    }
            }
        }
        Evidence.of("random edits", edits, exactly(200));
        Evidence.of("numbers of forward states that an edit behind them changed", ahead, exactly(0));
        Evidence.of("numbers of backward states that an edit before them changed", back, exactly(0));
        Evidence.of("numbers of states on their own side that it changed", moved, atLeast(10_000));
    }

    private static float[] layers(Elmo elmo, int[] ids, int n) {
        return Autograd.noGrad(() -> elmo.forward(Tensor.of(ids, n, ids.length / n))).flatten().toFloatArray();
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void oneHotWeightsGiveTheLayer() {
        int compared = 0;
        double worst = 0, between = Double.POSITIVE_INFINITY;
        for (int depth : new int[] {1, 2, 4}) {
            var elmo = new Elmo(new ElmoConfig(12, 6, 10).withLayers(depth), null, Rng.of(depth));
            var ids = Tensor.of(new int[] {3, 5, 7, 2, 11, 4}, 2, 3);
            var layers = elmo.forward(ids);
            for (int j = 0; j <= depth; j++, compared++) {
                var embedding = new ElmoEmbedding(elmo);
                var weights = new double[depth + 1];
                Arrays.fill(weights, -1e4);
                weights[j] = 0;
                embedding.mix().load(new LinkedHashMap<>(Map.of("weights", Tensor.of(weights), "gamma", Tensor.of(1.0).reshape())));
                var mixed = embedding.forward(ids);
                worst = Math.max(worst, mixed.sub(layers.get(j)).abs().max().item());
                between = Math.min(between, mixed.sub(layers.get(j == 0 ? 1 : j - 1)).abs().max().item());
                assertThat(embedding.mix().shares()[j]).isEqualTo(1);
            }
        }
        Evidence.of("layers compared", compared, exactly(2 + 3 + 5));
        Evidence.of("output less that layer", worst, exactly(0));
        Evidence.of("least distance to another layer", between, atLeast(1e-3));
    }

    /** Four topics of ten words; eight forms, each of two topics: which, only the words around it tell. */
    private record Ambiguous(List<int[]> texts, int[] places, int[] senses) {
        static final int TOPICS = 4, WORDS = 10, FORMS = 8, FIRST = 2, FORM = FIRST + TOPICS * WORDS, VOCABULARY = FORM + FORMS, LENGTH = 7;

        static Ambiguous draw(int n, Rng rng) {
            var texts = new ArrayList<int[]>();
            int[] places = new int[n], senses = new int[n];
            for (int i = 0; i < n; i++) {
                int form = i / 2 % FORMS, sense = i % 2, topic = (form + (sense == 0 ? 0 : 1 + form % 3)) % TOPICS;
                var ids = new int[LENGTH];
                for (int t = 0; t < LENGTH; t++) ids[t] = FIRST + topic * WORDS + rng.nextInt(WORDS);
                places[i] = rng.nextInt(LENGTH);
                ids[places[i]] = FORM + form;
                senses[i] = 2 * form + sense;
                texts.add(ids);
            }
            return new Ambiguous(texts, places, senses);
        }

        Tensor ids(int... rows) {
            var all = new int[rows.length * LENGTH];
            for (int i = 0; i < rows.length; i++) System.arraycopy(texts.get(rows[i]), 0, all, i * LENGTH, LENGTH);
            return Tensor.of(all, rows.length, LENGTH);
        }

        Tensor at(Tensor vectors, int... rows) {
            var flat = vectors.reshape(rows.length * LENGTH, vectors.size(2));
            return flat.indexSelect(0, Tensor.of(IntStream.range(0, rows.length).map(i -> i * LENGTH + places[rows[i]]).toArray()));
        }
    }

    /** Share of senses that a linear layer on the vectors names. */
    private static double probed(ElmoEmbedding vectors, Ambiguous train, Ambiguous test, int epochs) {
        var head = new Linear(vectors.elmo().width(), 2 * Ambiguous.FORMS, Rng.of(5));
        var task = new Sequential(vectors, head);
        BatchLoss loss = (rows, pass) -> new CrossEntropy().of(head.forward(train.at(vectors.forward(train.ids(rows), pass), rows), pass),
                Tensor.of(Arrays.stream(rows).map(i -> train.senses[i]).toArray()));
        new Trainer(new Adam(2e-2), epochs).withBatchSize(64).start(task, train.senses.length, loss, null, Rng.of(6))
                .finish(Progress.SILENT);
        int[] rows = IntStream.range(0, test.senses.length).toArray();
        int[] said = Autograd.noGrad(() -> head.forward(test.at(vectors.forward(test.ids(rows)), rows))).argmax(1).to(DType.I32)
                .toIntArray();
        return IntStream.of(rows).filter(i -> said[i] == test.senses[i]).count() / (double) rows.length;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aLinearProbeTellsSensesThatNoStaticVectorCan() {
        Ambiguous text = Ambiguous.draw(1280, Rng.of(1)), train = Ambiguous.draw(640, Rng.of(2)), test = Ambiguous.draw(320, Rng.of(3));
        var elmo = new Elmo(new ElmoConfig(Ambiguous.VOCABULARY, 12, 24), null, Rng.of(4));
        elmo.fit(text.texts, List.of(), new Trainer(new Adam(2e-2), 4).withBatchSize(64), Rng.of(5), Progress.SILENT);
        var vectors = new ElmoEmbedding(elmo);
        vectors.freeze("elmo.*");
        double frozen = elmo.state().values().stream().mapToDouble(t -> t.detach().square().sum().item()).sum();
        double own = probed(vectors, train, test, 10);
        assertThat(elmo.state().values().stream().mapToDouble(t -> t.detach().square().sum().item()).sum()).isEqualTo(frozen);
        // whatever a form's one vector is, it names one of its two senses, each of which is half of its occurrences
        var counts = new int[2 * Ambiguous.FORMS];
        for (int sense : test.senses) counts[sense]++;
        int best = IntStream.range(0, Ambiguous.FORMS).map(f -> Math.max(counts[2 * f], counts[2 * f + 1])).sum();
        var still = new ElmoEmbedding(elmo); // layer 0 alone: a vector a form
        still.freeze("*");
        still.mix().load(Map.of("weights", Tensor.of(new double[] {0, -1e4, -1e4}), "gamma", Tensor.of(1.0).reshape()));
        Evidence.of("accuracy of a linear probe on ELMo's vectors", own, atLeast(0.95));
        Evidence.of("accuracy of the best answer by form", best / (double) test.senses.length, exactly(0.5));
        Evidence.of("accuracy of a linear probe on a vector a form", probed(still, train, test, 3), atMost(0.5));
    }

    @Test void bothHalvesLearnAndPaddingIsNotRead(@TempDir Path folder) throws Exception {
        var texts = new ArrayList<int[]>();
        for (int i = 0; i < 96; i++) {
            int word = 2 + i % 4, n = 2 + i % 5;
            texts.add(IntStream.range(0, n).map(t -> 2 + (word + t) % 8).toArray());
        }
        for (var config : List.of(new ElmoConfig(10, 8, 16).withDropout(0.05),
                new ElmoConfig(10, 8, 8).withLayers(1).withCharacters(LETTERS))) {
            var elmo = new Elmo(config, words(10), Rng.of(1));
            double ahead = elmo.ahead().evaluate(texts).perplexity(), back = elmo.back().evaluate(texts).perplexity();
            var history = elmo.fit(texts, texts.subList(0, 20), new Trainer(new Adam(2e-2), 10).withBatchSize(16), Rng.of(2),
                    Progress.SILENT);
            assertThat(history.epochs().getLast().validation()).isLessThan(history.epochs().getFirst().validation());
            var backwards = texts.stream().map(t -> IntStream.range(0, t.length).map(i -> t[t.length - 1 - i]).toArray()).toList();
            assertThat(elmo.ahead().evaluate(texts).perplexity()).isLessThan(0.5 * ahead);
            assertThat(elmo.back().evaluate(backwards).perplexity()).isLessThan(0.5 * back);
            assertThat(elmo.back().evaluate(texts).perplexity()).isGreaterThan(elmo.back().evaluate(backwards).perplexity());
            var padded = elmo.layers(Tensor.of(new int[] {3, 4, 5, 2, 7, 8, 0, 0}, 2, 4), new int[] {4, 2}, Pass.inference());
            var alone = elmo.forward(Tensor.of(new int[] {7, 8}, 1, 2));
            assertThat(padded.narrow(1, 1, 1).narrow(2, 0, 2).sub(alone).abs().max().item()).isLessThan(1e-6);
            elmo.save(folder.resolve("elmo"));
            var again = new Elmo(config, words(10), Rng.of(9));
            again.load(folder.resolve("elmo"));
            assertThat(again.ahead().score(3, 4)).isEqualTo(elmo.ahead().score(3, 4));
        }
        var spelled = new Elmo(new ElmoConfig(10, 8, 8).withCharacters(LETTERS), words(10), Rng.of(1));
        assertThat(spelled.layers(List.of("never", "seen")).shape().toArray()).containsExactly(3, 2, 16);
        assertThat(spelled.layers(List.of("word4")).sub(spelled.forward(Tensor.of(new int[] {2}, 1, 1)).squeeze(1)).abs().max().item())
                .isEqualTo(0, within(1e-6));
        assertThatThrownBy(
                () -> spelled.fit(texts, List.of(), new Trainer(new Adam(1e-2), 1), Rng.of(1), Progress.SILENT.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }

    @Test void refusals() {
        var plain = new Elmo(new ElmoConfig(10, 4, 8), null, Rng.of(1));
        assertThatThrownBy(() -> plain.layers(List.of("a"))).hasMessageContaining("characters");
        assertThatThrownBy(() -> plain.forward(Tensor.of(new int[] {1}))).hasMessageContaining("(batch, T)");
        assertThatThrownBy(() -> plain.layers(Tensor.of(new int[] {2, 3}, 1, 2), new int[] {3}, Pass.inference()))
                .hasMessageContaining("length of 3");
        assertThatThrownBy(() -> plain.fit(List.of(new int[0]), List.of(), new Trainer(new Adam(1), 1), Rng.of(1), Progress.SILENT))
                .hasMessageContaining("no token");
        assertThatThrownBy(() -> new Elmo(new ElmoConfig(10, 4, 8).withCharacters(LETTERS), null, Rng.of(1)))
                .hasMessageContaining("no words");
        assertThatThrownBy(() -> new Elmo(new ElmoConfig(10, 4, 8), words(9), Rng.of(1))).hasMessageContaining("9 words");
        assertThatThrownBy(() -> new ElmoConfig(10, 4, 8).withEndMark(0)).hasMessageContaining("differ");
        assertThatThrownBy(() -> new ElmoConfig(10, 4, 8).withDropout(1)).hasMessageContaining("dropout is 1.0");
        assertThatThrownBy(() -> new Characters(4, 2, List.of(new Filters(1, 1)), 0)).hasMessageContaining("longest 2");
        assertThatThrownBy(() -> new ElmoMix(0)).hasMessageContaining("0 layers");
        assertThatThrownBy(() -> new ElmoMix(3).forward(Tensor.zeros(DType.F32, 2, 4))).hasMessageContaining("first axis is 3");
        assertThat(ElmoConfig.published(100).characters().filters().stream().mapToInt(Filters::count).sum()).isEqualTo(2048);
    }
}
