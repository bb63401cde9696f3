package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.llm.train.Masking;
import lyceum.memory.Scope;
import lyceum.nn.BertConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.encoder.SentenceEncoder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BertTest {
    private static final String TOPIC = "bert";
    private static final BertConfig TINY = new BertConfig(24, 32, 2, 2, 64, 40).withDropout(0).withAttentionDropout(0);

    /** Clause 1: MiniLM's states and sentence vectors are ONNX Runtime's to 1e-4 on 200 sentences. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void miniLmIsOnnxRuntimes() {
        var bert = Bert.of(BertConfig.miniLm(), SentenceEncoder.miniLm().model().checkpoint());
        var golden = MiniLmStates.read();
        double states = golden.worst(1, ids -> Autograd.noGrad(() -> bert.encoder().hiddenStates(ids, null, null, Pass.inference())));
        Evidence.of("sentences", golden.compared(), exactly(200));
        Evidence.of("largest gap of a hidden state, or of a token's signed sum", states, atMost(1e-4));
        double vectors = 0;
        for (int text = 0; text < golden.texts(); text++) { // behind each two words of padding
            int[] ids = golden.ids(text);
            var padded = Tensor.of(Arrays.copyOf(ids, ids.length + 2), 1, ids.length + 2);
            var own = Autograd.noGrad(() -> bert.sentences(padded, new int[] {ids.length}, Pass.inference())).get(0);
            double[] a = own.to(DType.F64).toDoubleArray(), b = golden.vector(text).to(DType.F64).toDoubleArray();
            for (int j = 0; j < a.length; j++) vectors = Math.max(vectors, Math.abs(a[j] - b[j]));
        }
        Evidence.of("largest gap of a sentence vector's number", vectors, atMost(1e-4));
        assertThatThrownBy(() -> bert.pooled(Tensor.zeros(1, 2, 384), Pass.inference())).hasMessageContaining("no pooler");
    }

    /** Clause 2: the parameters of the base preset. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void baseHasAHundredAndNineMillionParameters() {
        Evidence.of("parameters", Bert.skeleton(BertConfig.base()).parameterCount(), exactly(109_482_240));
    }

    /** Clause 3: masking shares. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void masksAreFifteenAndEightyTenTen() {
        var shares = MaskingShares.of(new Masking(30_522, 103, 0, 100, 101, 102), 300_000, 104);
        Evidence.of("share selected", shares.selected(), between(0.14, 0.16));
        Evidence.of("of these masked", shares.masked(), between(0.79, 0.81));
        Evidence.of("replaced", shares.replaced(), between(0.09, 0.11));
        Evidence.of("kept", shares.kept(), between(0.09, 0.11));
    }

    /** Clause 4: what is not asked for gets no gradient: logits of such positions may be anything. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void lossIgnoresUnmaskedPositions() {
        var model = new BertPretraining(TINY, Rng.of(1));
        var ids = Tensor.of(Rng.of(3).ints(60, 1, 23).toArray(), 6, 10);
        var batch = new Masking(24, 23, 0).withRate(0.3).batch(ids, Rng.of(4));
        var states = Autograd.noGrad(() -> model.bert().forward(batch.ids(), Pass.inference())).detach().copy().requiresGrad();
        model.predictions().loss(states, batch.labels(), Pass.inference()).backward();
        double[] size = states.grad().abs().sum(2).flatten().toDoubleArray();
        int[] label = batch.labels().toIntArray();
        double unasked = 0, least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < label.length; i++) if (label[i] < 0) unasked = Math.max(unasked, size[i]);
        else least = Math.min(least, size[i]);
        Evidence.of("largest gradient where nothing is asked", unasked, exactly(0));
        Evidence.of("smallest where something is", least, atLeast(1e-9));
        // and the two tasks add up
        var follows = Tensor.of(new int[] {0, 1, 0, 1, 1, 0});
        var types = Tensor.of(Rng.of(5).ints(60, 0, 2).toArray(), 6, 10);
        double both = model.loss(batch.ids(), types, batch.labels(), follows, null, Pass.inference()).item();
        double one = model.loss(batch.ids(), types, batch.labels(), null, null, Pass.inference()).item();
        double[][] z = Autograd.noGrad(() -> model.next(batch.ids(), types, null, Pass.inference())).toRows();
        double next = 0;
        int[] f = follows.toIntArray();
        for (int r = 0; r < 6; r++) next += (Math.log(Math.exp(z[r][0]) + Math.exp(z[r][1])) - z[r][f[r]]) / 6;
        Evidence.of("both tasks less their sum", Math.abs(both - one - next), atMost(1e-5));
    }

    private static final int PAD = 0, MASK = 1, UNKNOWN = 2, LENGTH = 24;

    /** Verses as words and marks of punctuation; every tenth is held out. */
    private record Words(List<int[]> train, List<int[]> held, int vocabulary) {
        static Words ofKingJames() {
            var pattern = Pattern.compile("[a-z']+|[.,;:?!()]");
            var verses = Corpora.kingJames().stream().flatMap(d -> d.text().toLowerCase(Locale.ROOT).lines())
                    .map(v -> pattern.matcher(v).results().map(m -> m.group()).toList()).filter(v -> v.size() >= 6).toList();
            var counts = new HashMap<String, Integer>();
            for (int i = 0; i < verses.size(); i++) if (i % 10 != 9) verses.get(i).forEach(w -> counts.merge(w, 1, Integer::sum));
            var ids = new LinkedHashMap<String, Integer>();
            counts.entrySet().stream().filter(e -> Character.isLetter(e.getKey().charAt(0)))
                    .sorted(Map.Entry.<String, Integer>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey())).limit(3000)
                    .forEach(e -> ids.put(e.getKey(), 3 + ids.size()));
            for (var mark : ".,;:?!()".split("")) ids.put(mark, 3 + ids.size());
            List<int[]> train = new ArrayList<>(), held = new ArrayList<>();
            for (int i = 0; i < verses.size(); i++) {
                var row = new int[LENGTH];
                var verse = verses.get(i);
                for (int t = 0; t < Math.min(LENGTH, verse.size()); t++) row[t] = ids.getOrDefault(verse.get(t), UNKNOWN);
                (i % 10 == 9 ? held : train).add(row);
            }
            return new Words(train, held, 3 + ids.size());
        }

        Tensor rows(List<int[]> of, int from, int count) {
            var ids = new int[count * LENGTH];
            for (int r = 0; r < count; r++) System.arraycopy(of.get(from + r), 0, ids, r * LENGTH, LENGTH);
            return Tensor.of(ids, count, LENGTH);
        }
    }

    private static Attention padded(Tensor ids) {
        int rows = (int) ids.size(0);
        int[] all = ids.toIntArray(), lengths = new int[rows];
        for (int i = 0; i < all.length; i++) if (all[i] != PAD) lengths[i / LENGTH]++;
        return new Attention().withKeyLengths(Tensor.of(lengths));
    }

    /** Clause 5: words hidden in held-out verses, against the commonest word and the counts of words. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Tag("heavy")
    @Test void aTinyBertRestoresWordsFarBetterThanTheirCounts() {
        int steps = 1800, batchSize = 48, width = 96;
        var words = Words.ofKingJames();
        var model = new BertPretraining(
                new BertConfig(words.vocabulary(), width, 1, 4, 2 * width, LENGTH).withDropout(0).withAttentionDropout(0), Rng.of(1));
        var masking = new Masking(words.vocabulary(), MASK, PAD, UNKNOWN);
        var adam = new AdamW(3e-3).withWeightDecay(0.01).over(model.parameters()).scheduledBy(new Schedule.Cosine(steps).warmedUp(100))
                .clippedBy(Clip.norm(1));
        var rng = Rng.of(2);
        for (int step = 0; step < steps; step++) try (var scope = Scope.open()) {
            var some = new ArrayList<int[]>();
            for (int r = 0; r < batchSize; r++) some.add(words.train().get(rng.nextInt(words.train().size())));
            var batch = masking.batch(words.rows(some, 0, batchSize), rng);
            model.zeroGrad();
            model.loss(batch.ids(), null, batch.labels(), null, padded(batch.ids()), Pass.training(rng)).backward();
            adam.step();
        }
        var counts = new double[words.vocabulary()];
        double total = 0;
        for (var row : words.train()) for (int id : row) if (id > UNKNOWN) {
            counts[id]++;
            total++;
        }
        int best = 0;
        for (int id = 0; id < counts.length; id++) if (counts[id] > counts[best]) best = id;
        double right = 0, common = 0, own = 0, unigram = 0, n = 0;
        var hidden = masking.withRandom(0).withMasked(1); // every selected word is hidden
        for (int from = 0; from + 100 <= words.held().size(); from += 100) try (var scope = Scope.open()) {
            var batch = hidden.batch(words.rows(words.held(), from, 100), Rng.of(1000 + from));
            int[] labels = batch.labels().toIntArray();
            var states = Autograd.noGrad(() -> model.bert().states(batch.ids(), null, padded(batch.ids()), Pass.inference()));
            double[][] z = Autograd.noGrad(() -> model.predictions().forward(states, Pass.inference()))
                    .reshape(labels.length, words.vocabulary()).toRows();
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] < 0) continue;
                int first = 0;
                double sum = 0;
                for (int id = 0; id < z[i].length; id++) {
                    sum += Math.exp(z[i][id]);
                    if (z[i][id] > z[i][first]) first = id;
                }
                if (first == labels[i]) right++;
                if (best == labels[i]) common++;
                own += Math.log(sum) - z[i][labels[i]];
                unigram -= Math.log((counts[labels[i]] + 1) / (total + counts.length));
                n++;
            }
        }
        Evidence.of("hidden words", n, atLeast(5000));
        Evidence.of("words of the vocabulary, with 8 marks of punctuation", words.vocabulary() - 3, exactly(3008));
        Evidence.of("top-1 accuracy over that of the commonest word", right / common, atLeast(2));
        Evidence.of("perplexity over that of counted words", Math.exp((own - unigram) / n), atMost(0.5));
    }

    /** Clause 6: what stands behind a text does not reach it, however long. */
    @Acceptance(topic = TOPIC, clause = 6)
    @Test void paddingDoesNotMatter() {
        var bert = new Bert(TINY, Rng.of(1));
        int[] lengths = {3, 9, 17};
        double states = 0, pooled = 0, sentences = 0;
        for (int longest : new int[] {17, 18, 25, 40}) for (int r = 0; r < 3; r++) {
            int n = lengths[r], row = r;
            var alone = Tensor.of(Rng.of(r).ints(n, 1, 24).toArray(), 1, n);
            var all = Rng.of(77).ints(3 * longest, 0, 24).toArray(); // padding of any ids
            System.arraycopy(alone.toIntArray(), 0, all, r * longest, n);
            var batch = Tensor.of(all, 3, longest);
            var gap = Autograd.noGrad(() -> {
                var a = bert.states(alone, null, null, Pass.inference());
                var b = bert.states(batch, null, new Attention().withKeyLengths(Tensor.of(lengths)), Pass.inference()).narrow(0, row, 1)
                        .narrow(1, 0, n);
                var e = bert.sentences(alone, new int[] {n}, Pass.inference()).get(0)
                        .sub(bert.sentences(batch, lengths, Pass.inference()).get(row));
                return new double[] {a.sub(b).abs().max().item(),
                        bert.pooled(a, Pass.inference()).sub(bert.pooled(b, Pass.inference())).abs().max().item(), e.abs().max().item()};
            });
            states = Math.max(states, gap[0]);
            pooled = Math.max(pooled, gap[1]);
            sentences = Math.max(sentences, gap[2]);
        }
        Evidence.of("states", states, atMost(1e-5));
        Evidence.of("pooled", pooled, atMost(1e-5));
        Evidence.of("sentence vectors", sentences, atMost(1e-5));
    }

    @Test void headsLearnTheirTasks() {
        var rng = Rng.of(1);
        var kinds = List.of(BertTask.Kind.SEQUENCE, BertTask.Kind.TOKENS, BertTask.Kind.SPAN);
        for (var kind : kinds) {
            var ids = Tensor.of(Rng.of(3).ints(8 * 6, 1, 24).toArray(), 8, 6);
            var labels = switch (kind) {
                case SEQUENCE -> Tensor.of(Rng.of(4).ints(8, 0, 2).toArray());
                case TOKENS -> Tensor.of(Rng.of(4).ints(48, 0, 2).toArray(), 8, 6);
                case SPAN -> Tensor.of(Rng.of(4).ints(16, 0, 6).toArray(), 8, 2);
            };
            var task = new BertTask(new Bert(TINY, rng), kind, 2, 0, rng);
            var adam = new Adam(3e-3).over(task.parameters());
            double first = 0, last = 0;
            for (int step = 0; step < 60; step++) {
                task.zeroGrad();
                var loss = task.loss(ids, null, null, labels, Pass.training(rng));
                loss.backward();
                adam.step();
                last = loss.item();
                if (step == 0) first = last;
            }
            assertThat(last).as(kind.name()).isLessThan(0.5 * first);
        }
        assertThat(BertTask.span(Tensor.of(new double[] {0, 1, 5, 0, 4, 3, 0, 9}, 4, 2), 2)).containsExactly(2, 3);
        assertThatThrownBy(() -> new BertTask(new Bert(TINY, rng), BertTask.Kind.SPAN, 3, 0, rng)).hasMessageContaining("2 for a span");
    }

    @Test void checkpointsComeBack() {
        var model = new BertPretraining(TINY, Rng.of(1));
        var saved = model.checkpoint();
        assertThat(saved).containsKeys("bert.pooler.dense.weight", "cls.seq_relationship.bias", "cls.predictions.bias");
        var back = Bert.of(TINY, saved);
        var ids = Tensor.of(new int[] {1, 5, 23, 7}, 1, 4);
        var gap = Autograd.noGrad(() -> back.pooled(back.forward(ids, Pass.inference()), Pass.inference())
                .sub(model.bert().pooled(model.bert().forward(ids, Pass.inference()), Pass.inference()))).abs().max().item();
        assertThat(gap).isZero();
        var half = new LinkedHashMap<>(saved);
        half.remove("bert.pooler.dense.bias");
        assertThatThrownBy(() -> Bert.of(TINY, half)).isInstanceOf(FormatException.class).hasMessageContaining("pooler.dense.bias");
    }
}
