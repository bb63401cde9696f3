package lyceum.llm.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.llm.DecoderLM;
import lyceum.nn.Module;
import lyceum.nn.RotaryEmbedding;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Teaches a finished decoder to read longer texts: in stages of growing length its rotary positions are changed and it goes on learning, on long documents and on
 * short ones that keep what it could.
 *
 * {@snippet :
 * var stage = new LongContextTrainer.Stage(256, p -> p.scaled(new RopeScaling.Linear(4)), 200, recipe);
 * DecoderLM longer = new LongContextTrainer(trainer, stage).train(model, Rng.of(1), Progress.SILENT);
 * }
 *
 * <p>Documents that share a row neither see nor predict each other. Each stage warms the rate up over a tenth of its steps and lets it fall along half a cosine to a tenth.
 *
 * @param trainer rule, rows of a batch, clipping; its schedule is not read
 * @param endMark set behind each document, or -1
 * @param stages the shortest first
 * @see <a href="https://arxiv.org/abs/2309.16039">Xiong et al. (2023)</a>
 */
@Withers
public record LongContextTrainer(Trainer trainer, int endMark, List<Stage> stages) implements LongContextTrainerWithers {

    /**
     * One length.
     *
     * @param length positions that the model reads from now on
     * @param positions what becomes of the rotary positions that the model came with, of no stage before: another base, a scaling, or the same
     * @param steps of the optimiser; 0 changes the positions alone
     * @param recipe documents, none longer than that length
     */
    public record Stage(int length, UnaryOperator<RotaryEmbedding> positions, long steps, LongContextRecipe recipe) {
        public Stage {
            Objects.requireNonNull(positions, "positions");
            if (length < 2 || steps < 0 || steps > 0 && recipe == null) throw new IllegalArgumentException("LongContextTrainer: a stage of "
                    + steps + " steps at a length of " + length + (recipe == null ? " without a recipe" : ""));
        }
    }

    public LongContextTrainer {
        Objects.requireNonNull(trainer, "trainer");
        stages = List.copyOf(stages);
        for (int i = 1; i < stages.size(); i++)
            if (stages.get(i).length < stages.get(i - 1).length) throw new IllegalArgumentException("LongContextTrainer: a stage of "
                    + stages.get(i).length + " behind one of " + stages.get(i - 1).length + "; lengths grow");
    }

    /** Without an end mark. */
    public LongContextTrainer(Trainer trainer, Stage... stages) { this(trainer, -1, List.of(stages)); }

    /**
     * A model that reads other lengths: the same weights, of its own, at other positions.
     *
     * @throws IllegalArgumentException if a block does not turn its positions
     */
    public static DecoderLM extended(DecoderLM model, int length, UnaryOperator<RotaryEmbedding> positions) {
        var config = model.config().withContextLength(length).eachBlock(block -> {
            if (block.attention().rotary() == null) throw new IllegalArgumentException(
                    "LongContextTrainer: positions are told by " + block.attention().positions() + "; only rotary ones can be stretched");
            return block.positioned(positions.apply(block.attention().rotary()));
        });
        var values = new LinkedHashMap<String, Tensor>(model.state());
        return DecoderLM.copy(Module.with(DecoderLM.skeleton(config), values));
    }

    /**
     * Through all stages; the given model stays as it is.
     *
     * @throws lyceum.progress.CancelledException if progress says so, between two steps
     */
    public DecoderLM train(DecoderLM model, Rng rng, Progress progress) {
        var original = model.config().blocks();
        var current = model;
        long done = 0, all = stages.stream().mapToLong(Stage::steps).sum();
        for (int s = 0; s < stages.size(); s++) {
            var stage = stages.get(s);
            int[] block = {0};
            current = extended(current, stage.length, _ -> stage.positions.apply(original.get(block[0]++).attention().rotary()));
            if (stage.steps == 0) continue;
            int rows = Math.toIntExact(stage.steps * trainer.batchSize() * trainer.accumulated());
            var text = stage.recipe.packed(rows, stage.length, endMark, rng.split(2L * s));
            var schedule = new Schedule.Cosine(stage.steps).withFloor(0.1).warmedUp(0.1, stage.steps);
            var run = new Pretrainer(trainer.withSchedule(schedule), stage.steps).start(current, text, rng.split(2L * s + 1));
            while (run.steps() < stage.steps && run.step())
                progress.step("long context", ++done, all, Map.of("loss", run.lastLoss(), "length", (double) stage.length));
        }
        return current;
    }
}
