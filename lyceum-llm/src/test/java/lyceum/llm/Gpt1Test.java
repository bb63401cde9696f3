package lyceum.llm;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.SequenceLayout;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** GPT-1: its size, its heads, and what pretraining is worth to 64 labelled verses. */
class Gpt1Test {

    @Acceptance(topic = "gpt-1", clause = 1)
    @Test void thePublishedConfigurationCounts() {
        Evidence.of("GPT-1", DecoderLM.skeleton(DecoderConfig.gpt1()).parameterCount(), exactly(116_534_784));
    }

    private static TaskDecoder task(int classes) {
        return new TaskDecoder(new DecoderLM(DecoderConfig.gpt1(30, 32, 2, 16, 4).withDeviation(0.2), Rng.of(1)), classes, Rng.of(2));
    }

    private static List<int[]> texts(long seed, int count) {
        var rng = Rng.of(seed);
        var texts = new ArrayList<int[]>();
        for (int i = 0; i < count; i++) {
            var text = new int[1 + rng.nextInt(12)];
            for (int t = 0; t < text.length; t++) text[t] = rng.nextInt(30);
            texts.add(text);
        }
        return texts;
    }

    @Acceptance(topic = "gpt-1", clause = 2)
    @Test void similarityDoesNotKnowWhichTextStandsFirst() {
        var task = task(3);
        var a = texts(3, 40);
        var b = texts(4, 40);
        Tensor one = task.similarity(a, b, Pass.inference()), other = task.similarity(b, a, Pass.inference());
        int different = 0;
        double[] x = one.toDoubleArray(), y = other.toDoubleArray();
        for (int i = 0; i < x.length; i++) if (x[i] != y[i]) different++;
        Evidence.of("logits of 40 pairs that a swap changes", different, exactly(0));
        // A head that read one order alone would know the difference.
        var pairs = new ArrayList<int[]>();
        var swapped = new ArrayList<int[]>();
        for (int i = 0; i < 40; i++) {
            pairs.add(task.pair(a.get(i), b.get(i)));
            swapped.add(task.pair(b.get(i), a.get(i)));
        }
        double apart = task.logits(pairs, Pass.inference()).sub(task.logits(swapped, Pass.inference())).abs().max().item();
        Evidence.of("largest difference of the two orders by themselves", apart, above(0.01));
        var sum = task.forward(task.states(pairs, Pass.inference()).add(task.states(swapped, Pass.inference())), Pass.inference());
        assertThat(one.sub(sum).abs().max().item()).isLessThan(1e-6);
    }

    @Acceptance(topic = "gpt-1", clause = 3)
    @Test void withoutTheAuxiliaryLossTheGradientIsTheTasks() {
        var task = task(4);
        var rows = texts(5, 12).stream().map(task::single).toList();
        var labels = Tensor.arange(12).mod(4);
        var own = gradients(task, task.loss(rows, labels, 0, Pass.inference()));
        // The same by hand: each row alone, its last state, the head, minus log softmax.
        Tensor sum = null;
        for (int r = 0; r < 12; r++) {
            var hidden = task.body().hidden(Tensor.of(rows.get(r), 1, rows.get(r).length), Pass.inference());
            var z = task.forward(hidden.select(1, rows.get(r).length - 1), Pass.inference());
            var loss = z.logSumExp(-1).sub(z.narrow(1, r % 4, 1).squeeze(1)).sum();
            sum = sum == null ? loss : sum.add(loss);
        }
        var pure = gradients(task, sum.div(12));
        var both = gradients(task, task.loss(rows, labels, 0.5, Pass.inference()));
        var gap = Gap.absolute();
        double moved = 0;
        for (var name : own.keySet()) {
            gap.see(name, own.get(name), pure.get(name));
            for (int i = 0; i < own.get(name).length; i++) moved = Math.max(moved, Math.abs(own.get(name)[i] - both.get(name)[i]));
        }
        Evidence.of("lambda 0 against the pure task loss", gap, atMost(1e-6));
        Evidence.of("what lambda 0.5 changes", moved, above(1e-3));
    }

    private static Map<String, double[]> gradients(TaskDecoder task, Tensor loss) {
        task.zeroGrad();
        loss.backward();
        var all = new LinkedHashMap<String, double[]>();
        task.parameters().forEach((name, p) -> { if (p.grad() != null) all.put(name, p.grad().toDoubleArray()); });
        return all;
    }

    @Test void choicesAndEntailmentAreRowsOfPairs() {
        var choice = task(1);
        var contexts = texts(6, 3);
        List<List<int[]>> answers = List.of(texts(7, 4), texts(8, 4), texts(9, 4));
        double[][] scores = choice.choice(contexts, answers, Pass.inference()).toRows();
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 4; k++)
                assertThat(choice.logits(List.of(choice.pair(contexts.get(i), answers.get(i).get(k))), Pass.inference()).item())
                        .isCloseTo(scores[i][k], within(1e-5));
        assertThat(choice.pair(new int[] {1}, new int[] {2, 3})).containsExactly(30, 1, 31, 2, 3, 32);
        assertThat(choice.single(5, 6)).containsExactly(30, 5, 6, 32);
        assertThatThrownBy(() -> task(2).choice(contexts, answers, Pass.inference())).hasMessageContaining("2 outputs");
        assertThatThrownBy(() -> choice.loss(contexts, null, -1, Pass.inference())).hasMessageContaining("lambda is -1");
    }

    private static final Map<String, Integer> GROUPS = groups();
    private static final int WORDS = 1000, LONGEST = 30, STEPS = 800;

    /** Law, Psalms and Proverbs, Gospels, Epistles. */
    private static Map<String, Integer> groups() {
        var groups = new HashMap<String, Integer>();
        for (var book : List.of("Genesis", "Exodus", "Leviticus", "Numbers", "Deuteronomy")) groups.put(book, 0);
        for (var book : List.of("Psalms", "Proverbs")) groups.put(book, 1);
        for (var book : List.of("Matthew", "Mark", "Luke", "John")) groups.put(book, 2);
        for (var book : List.of("Romans", "1 Corinthians", "2 Corinthians", "Galatians", "Ephesians", "Philippians", "Colossians",
                "1 Thessalonians", "2 Thessalonians", "1 Timothy", "2 Timothy", "Titus", "Philemon", "Hebrews", "James", "1 Peter",
                "2 Peter", "1 John", "2 John", "3 John", "Jude"))
            groups.put(book, 3);
        return groups;
    }

    private record Verse(int[] ids, int group) {}

    /** Verses as ids of the most frequent words, 0 for others; group -1 outside the four. */
    private static List<Verse> verses() {
        var texts = new ArrayList<String[]>();
        var books = new ArrayList<String>();
        var counts = new HashMap<String, Integer>();
        Corpora.kingJames().stream().forEach(chapter -> {
            for (var line : chapter.text().split("\n")) {
                var words = line.toLowerCase(Locale.ROOT).replaceAll("[^a-z ]", "").strip().split(" +");
                for (var word : words) counts.merge(word, 1, Integer::sum);
                texts.add(words);
                books.add(chapter.metadata().get("book"));
            }
        });
        var ids = new HashMap<String, Integer>();
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey())).limit(WORDS - 1)
                .forEach(e -> ids.put(e.getKey(), ids.size() + 1));
        var verses = new ArrayList<Verse>();
        for (int i = 0; i < texts.size(); i++)
            verses.add(new Verse(Arrays.stream(texts.get(i)).limit(LONGEST).mapToInt(w -> ids.getOrDefault(w, 0)).toArray(),
                    GROUPS.getOrDefault(books.get(i), -1)));
        return verses;
    }

    @Acceptance(topic = "gpt-1", clause = 3)
    @Tag("heavy")
    @Test void pretrainingIsWorthFivePointsWithSixtyFourLabels() {
        var all = verses();
        double gain = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(10 + seed);
            var labelled = new ArrayList<Verse>();
            var test = new ArrayList<Verse>();
            var plain = new ArrayList<Verse>();
            var of = new int[4];
            for (int i : rng.permutation(all.size())) {
                var verse = all.get(i);
                if (verse.group >= 0 && of[verse.group] < 16) {
                    of[verse.group]++;
                    labelled.add(verse);
                } else if (verse.group >= 0 && test.size() < 1000) {
                    test.add(verse);
                    continue;
                }
                plain.add(verse);
            }
            var body = new DecoderLM(DecoderConfig.gpt1(WORDS, LONGEST + 2, 2, 48, 4).withDeviation(0.1), Rng.of(seed));
            double without = accuracy(body, labelled, test, seed);
            pretrain(body, plain, rng);
            double with = accuracy(body, labelled, test, seed);
            gain += (with - without) / 3;
        }
        Evidence.of("accuracy of 1,000 verses, pretrained less from scratch, mean of 3 seeds", gain, atLeast(0.05));
    }

    private static void pretrain(DecoderLM model, List<Verse> verses, Rng rng) {
        var adam = new AdamW(3e-3).over(model.parameters()).scheduledBy(new Schedule.Cosine(STEPS).warmedUp(20)).clippedBy(Clip.norm(1));
        for (int step = 0; step < STEPS; step++) try (var scope = Scope.open()) {
            var ids = new int[32 * LONGEST];
            var lengths = new int[32];
            for (int row = 0; row < 32; row++) {
                int[] verse = verses.get(rng.nextInt(verses.size())).ids;
                System.arraycopy(verse, 0, ids, row * LONGEST, lengths[row] = verse.length);
            }
            model.zeroGrad();
            model.loss(Tensor.of(ids, 32, LONGEST), SequenceLayout.rightPadded(LONGEST, lengths), Pass.training(rng)).backward();
            adam.step();
        }
    }

    /** Of test verses, after the same fine-tuning of 64 labelled ones. */
    private static double accuracy(DecoderLM body, List<Verse> labelled, List<Verse> test, int seed) {
        var task = new TaskDecoder(body, 4, Rng.of(seed));
        int epochs = 15;
        var adam = new AdamW(1e-3).over(task.parameters()).scheduledBy(new Schedule.Cosine(4 * epochs)).clippedBy(Clip.norm(1));
        var rng = Rng.of(50 + seed);
        for (int epoch = 0; epoch < epochs; epoch++) {
            int[] order = rng.permutation(labelled.size());
            for (int from = 0; from < order.length; from += 16) try (var scope = Scope.open()) {
                var batch = Arrays.stream(order, from, from + 16).mapToObj(labelled::get).toList();
                var labels = Tensor.of(batch.stream().mapToLong(Verse::group).toArray());
                task.zeroGrad();
                task.loss(batch.stream().map(v -> task.single(v.ids)).toList(), labels, 0.5, Pass.training(rng)).backward();
                adam.step();
            }
        }
        int right = 0;
        for (int from = 0; from < test.size(); from += 100) try (var scope = Scope.open()) {
            var batch = test.subList(from, from + 100);
            long[] best = Autograd.noGrad(() -> task.logits(batch.stream().map(v -> task.single(v.ids)).toList(), Pass.inference()))
                    .argmax(-1).toLongArray();
            for (int i = 0; i < best.length; i++) if (best[i] == batch.get(i).group) right++;
        }
        return (double) right / test.size();
    }
}
