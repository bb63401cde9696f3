package lyceum.llm.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.eval.ScalingRun;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Small trainings of several sizes on several amounts of text, for a law of loss. Each is a run of its own whose rate warms up and falls along half a cosine to a tenth at
 * its own end: the middle of a longer run would be too high.
 *
 * {@snippet :
 * var sweep = new ScalingSweep(sizes, trainer, 100_000, 300_000, 1_000_000);
 * ScalingLaw law = new ScalingLawFit().fit(sweep.run(text, held, Rng.of(1), Progress.SILENT));
 * }
 *
 * @param sizes models
 * @param trainer rule, rows of a batch, clipping; its schedule is not read
 * @param warmUp share of the steps
 * @param embeddings whether the table of tokens counts among the parameters N; leaving it out tilts the exponents of small models
 * @param tokens amounts of text, each rounded to whole steps
 */
@Withers
public record ScalingSweep(List<DecoderConfig> sizes, Trainer trainer, double warmUp, boolean embeddings, long... tokens)
        implements ScalingSweepWithers {
    private static final double FLOOR = 0.1;

    public ScalingSweep {
        sizes = List.copyOf(sizes);
        tokens = tokens.clone();
        Objects.requireNonNull(trainer, "trainer");
        if (sizes.isEmpty() || tokens.length == 0 || !(warmUp >= 0 && warmUp < 1))
            throw new IllegalArgumentException("ScalingSweep: " + sizes.size() + " sizes, " + tokens.length
                    + " amounts of text, a warm-up of " + warmUp + "; at least one of each, and a share of the steps");
    }

    /** A twentieth of the steps warms up; all parameters count. */
    public ScalingSweep(List<DecoderConfig> sizes, Trainer trainer, long... tokens) { this(sizes, trainer, 0.05, true, tokens); }

    /**
     * Every size on every amount, sizes outside.
     *
     * @param held text that is not trained on; the loss is that of its tokens, in nats
     * @throws lyceum.progress.CancelledException if progress says so, between two runs
     */
    public List<ScalingRun> run(PackedText text, PackedText held, Rng rng, Progress progress) {
        var runs = new ArrayList<ScalingRun>();
        long foretold = held.targets(IntStream.range(0, held.size()).toArray());
        long perStep = (long) trainer.batchSize() * trainer.accumulated() * text.length();
        for (var size : sizes) for (long amount : tokens) {
            long steps = Math.max(1, Math.round((double) amount / perStep));
            var draw = rng.split(runs.size());
            var model = new DecoderLM(size, draw.split(0));
            var schedule = new Schedule.Cosine(steps).withFloor(FLOOR).warmedUp(warmUp, steps);
            var pretrainer = new Pretrainer(trainer.withSchedule(schedule), steps);
            var run = pretrainer.start(model, text, draw.split(1));
            while (run.steps() < steps && run.step());
            long counted = embeddings ? size.parameterCount()
                    : size.parameterCount() - (long) size.vocabulary() * size.width() * (size.tied() ? 1 : 2);
            runs.add(new ScalingRun(counted, steps * perStep, pretrainer.nats(model, held) / foretold));
            progress.step("scaling sweep", runs.size(), (long) sizes.size() * tokens.length, "loss", runs.getLast().loss());
        }
        return runs;
    }
}
