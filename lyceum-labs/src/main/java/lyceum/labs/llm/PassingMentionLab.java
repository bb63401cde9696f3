package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.PromptedTask;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Three tasks that the training text mentions only in passing, asked for by a prompt; beside the model whose text leaves them out. */
@Lab(topics = "gpt-2", title = "Nobody taught it to")
final class PassingMentionLab implements LabBody {
    private static final int LETTERS = 8, LENGTH = 6;
    private static final String[] WORDS = {"backwards is", "twice said is", "begins with", "and", "or", "."};

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 155, 50, 3000);
        double share = lab.param("share of sentences that mention a task", 0.5, 0.05, 0.9);
        var with = trained(lab, steps, share);
        var without = trained(lab, steps, 0);
        double[] own = new double[3], ablated = new double[3];
        var rows = new ArrayList<List<?>>();
        for (int task = 0; task < 3; task++) {
            var prompted = new PromptedTask(new int[] {LETTERS + task}, new int[] {LETTERS + 5});
            var questions = new ArrayList<PromptedTask.Example>();
            for (int i = 0; i < LETTERS * LETTERS; i++) if (isHeld(i / LETTERS, i % LETTERS)) {
                int a = i / LETTERS, b = i % LETTERS;
                questions.add(new PromptedTask.Example(new int[] {a, b}, answer(task, a, b)));
            }
            own[task] = prompted.accuracy(with, List.of(List.of()), questions);
            ablated[task] = prompted.accuracy(without, List.of(List.of()), questions);
            var asked = questions.get(0);
            int[] prompt = prompted.prompt(List.of(), asked.question());
            rows.add(List.of(text(prompt), text(asked.answer()), text(prompted.complete(with, List.of(prompt), 3).get(0)),
                    text(prompted.complete(without, List.of(prompt), 3).get(0))));
        }
        lab.table("Prompts with words that no such sentence of the text had", List.of("prompt", "right", "written", "by the ablated model"),
                rows);
        lab.figure(Figure.bars("Answers that are right", new String[] {WORDS[0], WORDS[1], WORDS[2]},
                Series.of("text with such sentences", own), Series.of("text without them", ablated)).axes("task", "share").describedAs(
                        "Sentences that happen to show a task teach it; a model that never read one writes what such a text goes on with, which is chance."));
        lab.shows("share of reversals, less the ablated model's", own[0] - ablated[0], above(0.3));
        lab.shows("share of first letters, less the ablated model's", own[2] - ablated[2], above(0.1));
    }

    /** Words that only chatter mentions while the model learns. */
    private static boolean isHeld(int a, int b) { return a != b && (a + 3 * b) % 5 == 0; }

    private static int[] answer(int task, int a, int b) {
        return task == 0 ? new int[] {b, a} : task == 1 ? new int[] {a, b} : new int[] {a};
    }

    private static String text(int[] ids) {
        var text = new StringBuilder();
        for (int id : ids) {
            if (id < LETTERS) text.append((char) ('a' + id));
            else text.append(' ').append(WORDS[id - LETTERS]).append(' ');
        }
        return text.toString();
    }

    private static DecoderLM trained(LabContext lab, int steps, double share) {
        var model = new DecoderLM(DecoderConfig.gpt2(LETTERS + WORDS.length, LENGTH, 2, 32, 4).withDeviation(0.1), lab.rng(1));
        var adam = new AdamW(4e-3).over(model.parameters());
        var rng = lab.rng(2);
        for (int step : lab.progress("steps", steps)) try (var scope = Scope.open("step")) {
            var ids = new int[64 * LENGTH];
            for (int row = 0; row < 64; row++) sentence(rng, share, ids, row * LENGTH);
            model.zeroGrad();
            model.loss(Tensor.of(ids, 64, LENGTH), Pass.training(rng)).backward();
            adam.step();
        }
        return model;
    }

    /** Two letters, a word, and letters again: of a task, or of no meaning at all. */
    private static void sentence(Rng rng, double share, int[] ids, int at) {
        int a = rng.nextInt(LETTERS), b = rng.nextInt(LETTERS), task = rng.nextInt(3);
        boolean mentions = rng.nextDouble() < share && !isHeld(a, b);
        int[] behind = mentions ? answer(task, a, b) : new int[] {rng.nextInt(LETTERS), rng.nextInt(LETTERS)};
        ids[at] = a;
        ids[at + 1] = b;
        ids[at + 2] = LETTERS + (mentions ? task : 3 + rng.nextInt(2));
        for (int t = 3; t < LENGTH; t++) ids[at + t] = t - 3 < behind.length ? behind[t - 3] : LETTERS + 5;
    }
}
