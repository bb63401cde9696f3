package lyceum.train.regime;

import java.util.Objects;
import java.util.function.DoubleSupplier;
import lyceum.data.Dataset;
import lyceum.data.Sampler;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;

/**
 * Rows from easy to hard: at each time, batches are drawn uniformly from the part of the rows that is open, the easiest
 * {@code ceil(share n)} of n.
 *
 * {@snippet :
 * var curriculum = new Curriculum(Pacing.competence(0.1), 2000, Difficulty.length(lengths));   // all rows from step 2,000 on
 * curriculum.fit(trainer, network, Loss::crossEntropy, data, Rng.of(1));
 * curriculum.reversed();                           // the controls: hard first,
 * curriculum.inRandomOrder(Rng.of(2));             // and the same pacing over rows in no order
 * DataLoader.of(n, 32, rng).withSampler(curriculum.sampler(500));
 * }
 *
 * <p>Times are optimiser steps. What is open depends on the step alone, so that a run resumes bit for bit. The same steps see the same
 * number
 * of rows whatever the order: compare with {@link #inRandomOrder} and with plain shuffling. Immutable.
 *
 * @see <a href="https://doi.org/10.1145/1553374.1553380">Bengio, Louradour, Collobert and Weston (2009)</a>
 * @see <a href="https://arxiv.org/abs/2012.03107">Wu, Dyer and Neyshabur (2021), for the controls</a>
 */
public final class Curriculum {
    private final Pacing pacing;
    private final long steps;
    private final int[] order;

    /**
     * @param steps after which all rows are open, at least 1
     * @param difficulty of each row; the least comes first
     */
    public Curriculum(Pacing pacing, long steps, double... difficulty) { this(pacing, steps, Difficulty.ascending(difficulty)); }

    private Curriculum(Pacing pacing, long steps, int[] order) {
        this.pacing = Objects.requireNonNull(pacing, "pacing");
        if (steps < 1) throw new IllegalArgumentException("Curriculum: steps is " + steps + "; it is at least 1");
        if (order.length == 0) throw new IllegalArgumentException("Curriculum: no difficulty; there is one a row");
        this.steps = steps;
        this.order = order;
    }

    /** The anti-curriculum: the hardest rows come first. */
    public Curriculum reversed() {
        var hardest = new int[order.length];
        for (int i = 0; i < hardest.length; i++) hardest[i] = order[order.length - 1 - i];
        return new Curriculum(pacing, steps, hardest);
    }

    /** The control: as many rows at each time, in an order that has nothing to do with difficulty. */
    public Curriculum inRandomOrder(Rng rng) { return new Curriculum(pacing, steps, rng.permutation(order.length)); }

    /** All rows, in the order in which they are opened. */
    public int[] order() { return order.clone(); }

    /** How many rows are open at a step: {@code ceil(share n)}, at least 1. */
    public int open(long step) {
        double share = pacing.share(Math.min(1, (double) step / steps));
        if (!(share >= 0 && share <= 1))
            throw new IllegalStateException("Curriculum: the pacing gives a share of " + share + " at step " + step);
        return Math.clamp((long) Math.ceil(share * order.length), 1, order.length);
    }

    /** An open row for each row number of a pass over all rows: uniform numbers give uniform open rows. */
    public int[] rows(long step, int... visited) {
        int open = open(step);
        var rows = new int[visited.length];
        for (int i = 0; i < rows.length; i++)
            rows[i] = order[(int) ((long) Objects.checkIndex(visited[i], order.length) * open / order.length)];
        return rows;
    }

    /** Independent draws from what is open at a step. */
    public Sampler sampler(long step) {
        return (n, rng) -> {
            if (n != order.length) throw new IllegalArgumentException("Curriculum: " + order.length + " difficulties for " + n + " rows");
            return rows(step, Sampler.replacement().order(n, rng));
        };
    }

    /**
     * A run that has not taken a step yet. Its passes visit numbers as many as there are rows; each stands for an
     * {@linkplain #rows open row}, which is so seen
     * about equally often in a pass.
     *
     * @param loss of rows by their own numbers
     */
    public TrainingRun start(Trainer trainer, Module model, BatchLoss loss, DoubleSupplier validation, Rng rng) {
        var run = new TrainingRun[1];
        BatchLoss paced = (rows, pass) -> loss.of(rows(run[0].steps(), rows), pass);
        run[0] = trainer.start(model, order.length, paced.weighing(rows -> loss.units(rows(run[0].steps(), rows))), validation, rng);
        return run[0];
    }

    /** Trains to the end, silently. */
    public History fit(Trainer trainer, Module model, Loss loss, Dataset data, Rng rng) {
        return fit(trainer, model, loss, data, rng, Progress.SILENT);
    }

    /** @throws lyceum.progress.CancelledException if progress says so; the model then holds the parameters of the last step */
    public History fit(Trainer trainer, Module model, Loss loss, Dataset data, Rng rng, Progress progress) {
        if (data.size() != order.length)
            throw new IllegalArgumentException("Curriculum: " + order.length + " difficulties for " + data.size() + " rows");
        return start(trainer, model, BatchLoss.of(model, loss, data), null, rng).finish(progress);
    }
}
