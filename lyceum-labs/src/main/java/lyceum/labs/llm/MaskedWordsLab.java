package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.Bert;
import lyceum.llm.MaskedLM;
import lyceum.llm.train.Masking;
import lyceum.memory.Scope;
import lyceum.nn.BertConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A small BERT learns to restore hidden words of the first chapter of Genesis, then fills the gaps of a sentence. What stands behind a gap counts as much as what stands before. */
@Lab(topics = {"masked-language-model", "bert"}, title = "Fill in the blank")
final class MaskedWordsLab implements LabBody {
    private static final int PAD = 0, MASK = 1, UNKNOWN = 2, LENGTH = 10;

    @Override public void run(LabContext lab) {
        int steps = lab.param("training steps", 250, 20, 5000), width = lab.param("width", 48, 16, 128);
        double rate = lab.param("share selected", 0.25, 0.05, 0.6);
        var sentence = lab.choice("sentence", "and god saw that it _ good", "and god saw that it _ good", "in the _ god created the heaven",
                "and the evening and the _ were the first day");
        var unit = lab.choice("unit", "TOKEN", "TOKEN", "SPAN");
        var lines = Corpora.kingJames().stream().limit(1).flatMap(d -> d.text().toLowerCase(Locale.ROOT).lines())
                .map(v -> v.replaceAll("[^a-z]+", " ").strip().split(" ")).filter(v -> v.length >= LENGTH).toList();
        var counts = new LinkedHashMap<String, Integer>();
        for (var line : lines) for (var word : line) counts.merge(word, 1, Integer::sum);
        List<String> words = new ArrayList<>(List.of("[PAD]", "[MASK]", "[UNK]"));
        counts.entrySet().stream().sorted((a, b) -> b.getValue() - a.getValue()).limit(150).forEach(e -> words.add(e.getKey()));
        var ids = new LinkedHashMap<String, Integer>();
        for (var word : words) ids.put(word, ids.size());
        var config = new BertConfig(words.size(), width, 1, 4, 2 * width, LENGTH).withDropout(0).withAttentionDropout(0);
        var model = new MaskedLM(config, lab.rng(1));
        var masking = new Masking(words.size(), MASK, PAD, UNKNOWN).withRate(rate).withUnit(Masking.Unit.valueOf(unit));
        var adam = new Adam(3e-3).over(new ArrayList<>(model.parameters().values()));
        var losses = new double[steps];
        var rng = lab.rng(2);
        for (int step : lab.progress("steps", steps)) try (var scope = Scope.open()) {
            var rows = new int[32 * LENGTH];
            for (int r = 0; r < 32; r++) {
                var line = lines.get(rng.nextInt(lines.size()));
                for (int t = 0, from = rng.nextInt(line.length - LENGTH + 1); t < LENGTH; t++)
                    rows[r * LENGTH + t] = ids.getOrDefault(line[from + t], UNKNOWN);
            }
            var batch = masking.batch(Tensor.of(rows, 32, LENGTH), rng);
            adam.zeroGrad();
            var loss = model.loss(batch.ids(), batch.labels(), null, Pass.training(rng));
            loss.backward();
            adam.step();
            losses[step] = loss.item();
        }
        var parts = sentence.split(" ");
        int gap = Arrays.asList(parts).indexOf("_");
        int[] read = Arrays.stream(parts).mapToInt(w -> w.equals("_") ? MASK : ids.getOrDefault(w, UNKNOWN)).toArray();
        var best = model.fill(read, gap, 8);
        lab.figure(Figure.line("Loss on hidden words", losses).axes("step", "nats a hidden word")
                .describedAs("The loss over the training steps; it starts at the logarithm of the vocabulary."));
        lab.figure(Figure
                .bar("What may stand in the gap of \"" + sentence + "\"", best.stream().map(f -> words.get(f.id())).toArray(String[]::new),
                        best.stream().mapToDouble(MaskedLM.Filler::probability).toArray())
                .axes("word", "probability").describedAs("The eight likeliest words and their probabilities."));
        // how far the answer moves when a word of the sentence is hidden as well: both sides count
        double[] p = probabilities(model, read, gap), moved = IntStream.range(0, read.length).mapToDouble(t -> {
            var less = read.clone();
            less[t] = MASK;
            double[] q = probabilities(model, less, gap);
            return IntStream.range(0, p.length).mapToDouble(i -> Math.abs(p[i] - q[i])).sum() / 2;
        }).toArray();
        lab.figure(Figure
                .bar("What the gap's answer depends on",
                        IntStream.range(0, parts.length).mapToObj(t -> t + " " + parts[t]).toArray(String[]::new), moved)
                .axes("word that is hidden too", "change of the answer (total variation)")
                .describedAs("How much the distribution over the gap moves when one more word is hidden."));
        lab.say("BERT-base of 2018 had %,d parameters, this one %,d.", Bert.skeleton(BertConfig.base()).parameterCount(),
                model.parameterCount());
        double end = Arrays.stream(losses, steps - steps / 5, steps).average().orElseThrow();
        lab.shows("bert", "loss at the end, less that of a uniform guess", end - Math.log(words.size()), atMost(-0.5));
        lab.shows("masked-language-model", "most change by a word behind the gap",
                Arrays.stream(moved, gap + 1, moved.length).max().orElseThrow(), above(0.01));
    }

    private static double[] probabilities(MaskedLM model, int[] ids, int gap) {
        return Autograd.noGrad(() -> model.logits(Tensor.of(ids, 1, ids.length), null, Pass.inference()).get(0).get(gap).softmax(0))
                .toDoubleArray();
    }
}
