package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.eval.NeedleInHaystack;
import lyceum.llm.eval.NeedleInHaystack.Needle;
import lyceum.llm.eval.Ruler;
import lyceum.llm.eval.RulerReaders;
import lyceum.llm.train.LongContextRecipe;
import lyceum.llm.train.LongContextRecipe.Part;
import lyceum.llm.train.LongContextTrainer;
import lyceum.llm.train.LongContextTrainer.Stage;
import lyceum.nn.RopeScaling;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.train.Trainer;

/** A small decoder learns to find a value by its key in short texts; then it is asked in longer ones, as it is, with stretched positions, and after more training. */
@Lab(topics = {"long-context-pretraining", "long-context-recipes"}, title = "Reading four times as far")
final class LongContextLab implements LabBody {
    private static final int FILLERS = 16, KEYS = 4, VALUES = 4, ASK = FILLERS + KEYS * VALUES, VALUE = ASK + KEYS;

    /** Statements of keys with values among filler, and questions; asked for is what was stated. */
    private static int[] text(int length, Rng rng) {
        var ids = new int[length];
        for (int i = 0; i < length; i++) ids[i] = rng.nextInt(FILLERS);
        int[] keys = rng.sample(KEYS, 2), at = rng.sample(length / 2, 2);
        for (int k = 0; k < 2; k++) {
            int value = rng.nextInt(VALUES);
            ids[at[k]] = FILLERS + keys[k] * VALUES + value;
            for (int asked = at[k] + 1 + rng.nextInt(4); asked + 1 < length; asked += 4 + rng.nextInt(length / 3))
                if (ids[asked] < FILLERS && ids[asked + 1] < FILLERS) {
                    ids[asked] = ASK + keys[k];
                    ids[asked + 1] = VALUE + value;
                }
        }
        return ids;
    }

    private static Part part(int length, double share) { return new Part(length + " tokens", rng -> text(length, rng), share, length); }

    @Override public void run(LabContext lab) {
        int length = lab.param("length of training", 32, 16, 128), factor = lab.param("factor", 4, 2, 8),
                steps = lab.param("steps", 250, 20, 5000), more = lab.param("steps at the new length", 60, 10, 5000),
                trials = lab.param("trials a cell", 6, 2, 100);
        int longer = factor * length;
        var config = DecoderConfig.llama(VALUE + VALUES, length, 2, 24, 2, 2, 48).withDeviation(0.12).withRotaryBase(2.0 * length);
        var trainer = new Trainer(new AdamW(8e-3), 1).withBatchSize(16).withClip(Clip.norm(1));
        var base = new LongContextTrainer(trainer, new Stage(length, p -> p, steps, new LongContextRecipe(part(length, 1))))
                .train(new DecoderLM(config, lab.rng(1)), lab.rng(2), Progress.SILENT);
        var scaling = new RopeScaling.Linear(factor);
        var recipe = new LongContextRecipe(part(length, 0.5), part(longer, 0.5)).withUnit(LongContextRecipe.Unit.TOKENS);
        var names = List.of("as it was", "positions stretched", "and trained on");
        var models = List.of(LongContextTrainer.extended(base, longer, p -> p),
                LongContextTrainer.extended(base, longer, p -> p.scaled(scaling)),
                new LongContextTrainer(trainer.withBatchSize(4), new Stage(longer, p -> p.scaled(scaling), more, recipe)).train(base,
                        lab.rng(3), Progress.SILENT));

        var hay = new int[2000];
        var draw = lab.rng(4);
        for (int i = 0; i < hay.length; i++) hay[i] = draw.nextInt(FILLERS);
        int[] lengths = {length / 2, length, 2 * length, longer};
        double[] depths = {0, 0.25, 0.5, 0.75, 1};
        NeedleInHaystack.Needles needle = (depth, rng) -> {
            int key = rng.nextInt(KEYS), value = rng.nextInt(VALUES);
            return List.of(new Needle(depth, new int[] {FILLERS + key * VALUES + value}, new int[] {ASK + key}, new int[] {VALUE + value}));
        };
        var figures = new Figure[3];
        var far = new double[3];
        for (int m : lab.progress("models", 3)) {
            var grid = new NeedleInHaystack(hay, lengths, depths).withTrials(trials).run(NeedleInHaystack.reader(models.get(m)), needle,
                    lab.rng(5), Progress.SILENT);
            figures[m] = Figure
                    .heatmap(names.get(m), grid.scores(), Arrays.stream(lengths).mapToObj(String::valueOf).toArray(String[]::new),
                            Arrays.stream(depths).mapToObj(d -> String.format(Locale.ROOT, "%.2f", d)).toArray(String[]::new))
                    .axes("depth", "length, tokens");
            far[m] = grid.byLength()[3];
        }
        lab.figure(Figure.row("Needles found, by length and depth", figures).describedAs("Share of needles found in texts of half to "
                + factor + " times the trained length, before, with stretched positions, and after training on longer texts."));

        var ruler = new Ruler(text -> text.split("\\s+").length);
        double[][] oracle = ruler.run(RulerReaders.oracle(), new int[] {400}, 5, lab.rng(6), Progress.SILENT),
                copying = ruler.run(RulerReaders.nearestMatch(4, 1), new int[] {400}, 5, lab.rng(6), Progress.SILENT);
        var rows = new ArrayList<List<?>>();
        for (var task : Ruler.Task.values())
            rows.add(
                    List.of(task.name().toLowerCase(Locale.ROOT).replace('_', ' '), oracle[task.ordinal()][0], copying[task.ordinal()][0]));
        lab.table("RULER's tasks at 400 words: who understands, and who copies what stands nearest", List.of("task", "oracle", "copier"),
                rows);
        lab.say("At %d tokens the model finds %.0f%% as it was, %.0f%% with stretched positions, %.0f%% after %d more steps.", longer,
                100 * far[0], 100 * far[1], 100 * far[2], more);
        lab.shows("long-context-pretraining", "found at the new length, above the model as it was", far[2] - far[0], above(0));
        lab.shows("long-context-recipes", "least score of the oracle",
                IntStream.range(0, oracle.length).mapToDouble(t -> oracle[t][0]).min().orElseThrow(), exactly(1));
    }
}
