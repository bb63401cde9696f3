package lyceum.llm.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.llm.CausalLM;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;
import lyceum.withers.Withers;

/**
 * Next-token training of a language model on packed text. The {@link Trainer} says how: rule, rows of a batch, accumulation, schedule, clipping, mixed precision. Micro-batches
 * are weighted by the tokens they predict, so that accumulation changes nothing.
 *
 * {@snippet :
 * var trainer = new Trainer(new AdamW(3e-3), 1).withBatchSize(16).withClip(Clip.norm(1)).withSchedule(new Schedule.Cosine(1000).warmedUp(50));
 * var pretrainer = new Pretrainer(trainer, 1000).withCheckpoint(Path.of("run.safetensors"));
 * var curve = pretrainer.train(model, text, held, heldBytes, Rng.of(1), Progress.SILENT);
 * }
 *
 * <p>A run that finds its checkpoint goes on from it bit for bit: parameters, the rule's state, the place in the data and what is drawn.
 *
 * @param trainer its epochs are not read: the text is gone through as often as the steps ask for
 * @param steps of the optimiser
 * @param boundaries whether documents of a row see each other and are predicted across their ends; true keeps them apart
 * @param evaluateEvery steps from one held-out figure to the next; there is one at the end in any case
 * @param checkpoint file that is written at each evaluation and read at the start, or null
 * @see <a href="https://arxiv.org/abs/2203.15556">Hoffmann et al. (2022)</a>
 */
@Withers
public record Pretrainer(Trainer trainer, long steps, boolean boundaries, long evaluateEvery, Path checkpoint)
        implements PretrainerWithers {
    public Pretrainer {
        Objects.requireNonNull(trainer, "trainer");
        if (steps < 1 || evaluateEvery < 1) throw new IllegalArgumentException(
                "Pretrainer: " + steps + " steps, evaluated every " + evaluateEvery + "; both are at least 1");
    }

    /** Documents apart, evaluated at the end, no file. */
    public Pretrainer(Trainer trainer, long steps) { this(trainer, steps, true, steps, null); }

    /**
     * Held-out figures of a run.
     *
     * @param steps at which
     * @param bitsPerByte then
     */
    public record Curve(List<Long> steps, List<Double> bitsPerByte) {
        public double last() { return bitsPerByte.getLast(); }
    }

    /** The mean loss of rows, by the tokens that they predict. */
    public BatchLoss loss(CausalLM model, PackedText text) {
        BatchLoss loss = (rows, pass) -> of(model, text, pass, rows);
        return loss.weighing(rows -> targets(text, rows));
    }

    private Tensor of(CausalLM model, PackedText text, Pass pass, int... rows) {
        var ids = text.ids(rows);
        if (boundaries) return model.loss(ids, text.layout(rows), pass);
        return text.isFull(rows) ? model.loss(ids, pass) : model.loss(ids, text.joined(rows), pass);
    }

    private long targets(PackedText text, int... rows) { return boundaries ? text.targets(rows) : text.joinedTargets(rows); }

    /** A run that has not taken a step; {@link TrainingRun#save} and {@link TrainingRun#resume} stop and go on. */
    public <M extends Module & CausalLM> TrainingRun start(M model, PackedText text, Rng rng) {
        if (text.size() == 0) throw new IllegalArgumentException("Pretrainer: the text has no row with a token to predict");
        if (text.length() > model.contextLength()) throw new IllegalArgumentException(
                "Pretrainer: rows of " + text.length() + " ids; the model reads " + model.contextLength() + ": pack shorter rows");
        long batch = (long) trainer.batchSize() * trainer.accumulated(), whole = Math.max(1, text.size() / batch);
        return trainer.withEpochs((int) Math.min(Integer.MAX_VALUE, (steps + whole - 1) / whole)).start(model, text.size(),
                loss(model, text), null, rng);
    }

    /**
     * All steps, or those that are left of a run whose checkpoint is there.
     *
     * @param held text that is not trained on
     * @param heldBytes of it in UTF-8
     * @throws lyceum.progress.CancelledException if progress says so; with a checkpoint the run goes on from its last evaluation
     */
    public <M extends Module & CausalLM> Curve train(M model, PackedText text, PackedText held, long heldBytes, Rng rng, Progress progress)
            throws IOException {
        var run = start(model, text, rng);
        if (checkpoint != null && Files.exists(checkpoint)) run.resume(checkpoint);
        var at = new ArrayList<Long>();
        var bits = new ArrayList<Double>();
        long taken = run.steps();
        for (boolean goesOn = taken < steps; goesOn;) {
            goesOn = run.step() && run.steps() < steps;
            if (run.steps() % evaluateEvery == 0 || !goesOn) {
                at.add(run.steps());
                bits.add(bitsPerByte(model, held, heldBytes));
                if (checkpoint != null) run.save(checkpoint);
                progress.step("pretraining", run.steps(), steps, Map.of("loss", run.lastLoss(), "bits per byte", bits.getLast()));
            } else progress.step("pretraining", run.steps(), steps, "loss", run.lastLoss());
        }
        if (at.isEmpty()) {
            at.add(taken);
            bits.add(bitsPerByte(model, held, heldBytes));
        }
        return new Curve(List.copyOf(at), List.copyOf(bits));
    }

    /** Surprise at a text, of each byte. What a row's first token costs is not in it, so that short rows look better. @param bytes of the text in UTF-8 */
    public double bitsPerByte(CausalLM model, PackedText text, long bytes) { return nats(model, text) / bytes / Math.log(2); }

    /** {@code -ln p} of all that is predicted, summed. */
    public double nats(CausalLM model, PackedText text) {
        int most = Math.max(1, 4096 / text.length());
        double sum = 0;
        for (int from = 0; from < text.size(); from += most) try (var scope = Scope.open("evaluation")) {
            int[] rows = IntStream.range(from, Math.min(text.size(), from + most)).toArray();
            sum += targets(text, rows) * Autograd.noGrad(() -> of(model, text, Pass.inference(), rows).item());
        }
        return sum;
    }
}
