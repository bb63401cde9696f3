package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.EncoderDecoderConfig;
import lyceum.llm.EncoderDecoderLM;
import lyceum.llm.TextToText;
import lyceum.llm.train.SpanCorruption;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;

/** A verse with holes and what filled them; then one model, one sentence, four prefixes. */
@Lab(topics = "t5", title = "Say what you want in front")
final class T5Lab implements LabBody {
    private final List<String> words = new ArrayList<>(List.of("<pad>", "</s>"));
    private final TextToText translation = TextToText.translation("English", "German"), question = TextToText.question(),
            count = TextToText.regression("count", List.of("sentence"), 1, 3, 0.5),
            same = TextToText.classification("ends", List.of("sentence"), List.of("apart", "alike"));

    @Override public void run(LabContext lab) {
        var corruption = new SpanCorruption(999, 1).withDensity(lab.param("density", 0.3, 0.05, 0.5));
        int steps = lab.param("steps", 80, 20, 2000);
        var verse = "in the beginning god created the heaven and the earth and the earth was without form and void";
        int[] text = Arrays.copyOf(ids(verse), verse.split(" ").length);
        var pair = corruption.of(text, lab.rng(1));
        lab.table("What is read and what is to be written", List.of("side", "text"),
                List.of(List.of("original", verse), List.of("input", text(pair.input())), List.of("target", text(pair.target()))));
        lab.shows("first word that differs once the target is put back, -1 for none", Arrays.mismatch(corruption.restored(pair), text),
                equalTo(-1, 0));
        var rng = lab.rng(2);
        for (int i = 0; i < 400; i++) for (var part : draw(i % 4, rng)) ids(part);
        var model = new EncoderDecoderLM(EncoderDecoderConfig.t5(words.size(), 1, 32, 4, 64), lab.rng(3));
        var adam = new Adam(1e-2).over(model.parameters());
        for (int step : lab.progress("steps", steps)) try (var scope = Scope.open("step")) {
            List<int[]> sources = new ArrayList<>(), targets = new ArrayList<>();
            for (int task = 0; task < 4; task++) add(task, 8, rng, sources, targets);
            adam.zeroGrad();
            model.loss(sources, targets, Pass.training(rng.split(step))).backward();
            adam.step();
        }
        var asked = List.of(translation.input("w1 w2 w1"), same.input("w1 w2 w1"), question.input("middle", "w1 w2 w1"),
                count.input("w1 w2 w1"));
        lab.table("One sentence, four prefixes", List.of("read", "written"),
                asked.stream().map(input -> List.of(input, text(model.generate(List.of(ids(input)), 4).getFirst()))).toList());
        double[] after = right(model);
        lab.figure(Figure.bar("Answers that are right", new String[] {"translation", "class", "question", "number"}, after)
                .axes("task", "share of 100").describedAs("The same model and the same loss: which task it is stands in the text alone."));
        lab.shows("mean share right", Arrays.stream(after).average().orElseThrow(), above(0.3));
    }

    private int[] ids(String text) {
        var parts = text.split(" ");
        var ids = new int[parts.length + 1];
        for (var part : parts) if (!words.contains(part)) words.add(part);
        Arrays.setAll(ids, i -> i < parts.length ? words.indexOf(parts[i]) : 1);
        return ids;
    }

    private String text(int... ids) {
        return String.join(" ", Arrays.stream(ids).mapToObj(id -> id < words.size() ? words.get(id) : "<" + (999 - id) + ">").toList());
    }

    private String[] draw(int task, Rng rng) {
        int[] w = {rng.nextInt(4), rng.nextInt(4), rng.nextInt(4)};
        var sentence = "w" + w[0] + " w" + w[1] + " w" + w[2];
        return switch (task) {
            case 0 -> new String[] {translation.input(sentence), sentence.replace('w', 'v')};
            case 1 -> new String[] {same.input(sentence), same.target(w[0] == w[2] ? 1 : 0)};
            case 2 -> new String[] {question.input(List.of("first", "middle", "last").get(w[1] % 3), sentence), "w" + w[w[1] % 3]};
            default -> new String[] {count.input(sentence), count.numeral(Arrays.stream(w).distinct().count())};
        };
    }

    private void add(int task, int count, Rng rng, List<int[]> sources, List<int[]> targets) {
        for (int i = 0; i < count; i++) {
            var drawn = draw(task, rng);
            sources.add(ids(drawn[0]));
            targets.add(ids(drawn[1]));
        }
    }

    private double[] right(EncoderDecoderLM model) {
        var shares = new double[4];
        for (int task = 0; task < 4; task++) {
            List<int[]> sources = new ArrayList<>(), answers = new ArrayList<>();
            add(task, 100, Rng.of(70 + task), sources, answers);
            var written = model.generate(sources, 4).stream().map(this::text).toList();
            for (int i = 0; i < 100; i++) if (written.get(i).concat(" </s>").strip().equals(text(answers.get(i)))) shares[task] += 0.01;
        }
        return shares;
    }
}
