package lyceum.labs.llm;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.TaskDecoder;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.SequenceLayout;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Is a verse of the Law, the Psalms, the Gospels or the Epistles? From few labels, by a decoder that read the rest first, and by one that did not. */
@Lab(topics = "gpt-1", title = "Read first, learn the task later")
final class GptFineTuningLab implements LabBody {
    private static final Map<String, Integer> GROUPS = Map.ofEntries(Map.entry("Genesis", 0), Map.entry("Exodus", 0),
            Map.entry("Leviticus", 0), Map.entry("Psalms", 1), Map.entry("Proverbs", 1), Map.entry("Matthew", 2), Map.entry("Mark", 2),
            Map.entry("Luke", 2), Map.entry("Romans", 3), Map.entry("1 Corinthians", 3), Map.entry("2 Corinthians", 3),
            Map.entry("Hebrews", 3), Map.entry("James", 3), Map.entry("1 Peter", 3));
    private static final int WORDS = 400, LONGEST = 20, TEST = 200;

    private record Verse(int[] ids, int group) {}

    @Override public void run(LabContext lab) {
        int steps = lab.param("pretraining steps", 200, 50, 3000), epochs = lab.param("epochs", 6, 1, 30);
        double lambda = lab.param("lambda", 0.5, 0.0, 2.0);
        var verses = verses(lab);
        var test = verses.subList(0, TEST);
        var body = new DecoderLM(DecoderConfig.gpt1(WORDS, LONGEST + 2, 1, 32, 4).withDeviation(0.15), lab.rng(1));
        var read = pretrained(lab, body, verses.subList(TEST, verses.size()), steps);
        double[] labels = {16, 32, 64}, scratch = new double[3], pretrained = new double[3];
        for (int i = 0; i < 3; i++) {
            var some = verses.subList(TEST, TEST + (int) labels[i]);
            scratch[i] = accuracy(lab, body, some, test, epochs, lambda);
            pretrained[i] = accuracy(lab, read, some, test, epochs, lambda);
        }
        lab.figure(Figure.plot("Four groups of books, " + TEST + " unseen verses").line("from scratch", labels, scratch)
                .line("pretrained", labels, pretrained).logX().axes("labelled verses", "accuracy")
                .describedAs("A decoder this small, after a few hundred steps, gains nothing from reading; larger and longer it does."));
        lab.say("With 64 labels: %.2f from scratch, %.2f after %d steps of reading.", scratch[2], pretrained[2], steps);
        lab.shows("loss of unseen verses after reading over that before", loss(read, test) / loss(body, test), below(0.9));
    }

    private static double loss(DecoderLM model, List<Verse> verses) {
        return Autograd.noGrad(() -> verses.stream().filter(v -> v.ids.length > 1)
                .mapToDouble(v -> model.loss(Tensor.of(v.ids, 1, v.ids.length), Pass.inference()).item()).average().orElseThrow());
    }

    /** Verses of the four groups in random order, as ids of the most frequent words; 0 is any other. */
    private static List<Verse> verses(LabContext lab) {
        var texts = new ArrayList<String[]>();
        var groups = new ArrayList<Integer>();
        var counts = new HashMap<String, Integer>();
        Corpora.kingJames().stream().filter(c -> GROUPS.containsKey(c.metadata().get("book"))).forEach(chapter -> {
            for (var line : chapter.text().split("\n")) {
                var words = line.toLowerCase(Locale.ROOT).replaceAll("[^a-z ]", "").strip().split(" +");
                for (var word : words) counts.merge(word, 1, Integer::sum);
                texts.add(words);
                groups.add(GROUPS.get(chapter.metadata().get("book")));
            }
        });
        var ids = new HashMap<String, Integer>();
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey())).limit(WORDS - 1)
                .forEach(e -> ids.put(e.getKey(), ids.size() + 1));
        var verses = new ArrayList<Verse>();
        for (int i : lab.rng(7).permutation(texts.size()))
            verses.add(
                    new Verse(Arrays.stream(texts.get(i)).limit(LONGEST).mapToInt(w -> ids.getOrDefault(w, 0)).toArray(), groups.get(i)));
        return verses;
    }

    private static DecoderLM pretrained(LabContext lab, DecoderLM first, List<Verse> verses, int steps) {
        var model = Module.copy(first);
        var adam = new AdamW(8e-3).over(model.parameters()).scheduledBy(new Schedule.Cosine(steps).warmedUp(20));
        var rng = lab.rng(2);
        for (int step : lab.progress("reading", steps)) try (var scope = Scope.open("step")) {
            var ids = new int[16 * LONGEST];
            var lengths = new int[16];
            for (int row = 0; row < 16; row++) {
                int[] verse = verses.get(rng.nextInt(verses.size())).ids;
                System.arraycopy(verse, 0, ids, row * LONGEST, lengths[row] = verse.length);
            }
            model.zeroGrad();
            model.loss(Tensor.of(ids, 16, LONGEST), SequenceLayout.rightPadded(LONGEST, lengths), Pass.training(rng)).backward();
            adam.step();
        }
        return model;
    }

    private static double accuracy(LabContext lab, DecoderLM body, List<Verse> labelled, List<Verse> test, int epochs, double lambda) {
        var task = new TaskDecoder(body, 4, lab.rng(3));
        var adam = new AdamW(2e-3).over(task.parameters());
        for (int epoch : lab.progress("fine-tuning", epochs))
            for (int from = 0; from < labelled.size(); from += 16) try (var scope = Scope.open("step")) {
                var batch = labelled.subList(from, from + 16);
                task.zeroGrad();
                task.loss(rows(task, batch), Tensor.of(batch.stream().mapToLong(Verse::group).toArray()), lambda,
                        Pass.training(lab.rng(100 + epoch))).backward();
                adam.step();
            }
        long[] best = Autograd.noGrad(() -> task.logits(rows(task, test), Pass.inference())).argmax(-1).toLongArray();
        int right = 0;
        for (int i = 0; i < best.length; i++) if (best[i] == test.get(i).group) right++;
        return (double) right / best.length;
    }

    private static List<int[]> rows(TaskDecoder task, List<Verse> verses) { return verses.stream().map(v -> task.single(v.ids)).toList(); }
}
