package lyceum.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.LyceumException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Mini-batch gradient descent: cuts examples into batches, and drives an optimiser with them.
 *
 * {@snippet :
 * var history = new Minibatches(n, 32).run(new Sgd(0.1).over(w), batch -> loss(x.rows(batch), y.rows(batch)), 10, Rng.of(1));
 * }
 *
 * @param examples how many there are
 * @param size examples in a batch
 * @param order which examples come next
 * @param last what happens to the examples that do not fill a batch
 * @param accumulated batches whose gradients are added up, weighted by their size, before each step: a larger batch in the memory of a small one
 */
@Withers
public record Minibatches(int examples, int size, Order order, Last last, int accumulated) implements MinibatchesWithers {

    /** Which examples come next. */
    public enum Order {
        /** A new random order each epoch: every example once. */
        SHUFFLED,
        /** 0, 1, 2, ... */
        IN_ORDER,
        /** Each place drawn from all examples, so that some come twice and others not at all. */
        WITH_REPLACEMENT
    }

    /** What happens to the examples that do not fill a batch. */
    public enum Last {
        /** They make a smaller one. */
        KEEP,
        /** They are left out of this epoch. */
        DROP,
        /** The batch is filled up with the epoch's first examples. */
        FILL
    }

    /** The loss of a batch, averaged over its examples. */
    @FunctionalInterface
    public interface Loss {
        Tensor of(int[] batch);
    }

    /**
     * What happened at each step.
     *
     * @param examples used up to and including the step
     * @param losses of the batches that the step used, before it
     */
    public record History(long[] examples, double[] losses) {
        public int steps() { return losses.length; }
    }

    public Minibatches {
        Settings.atLeast("Minibatches", "examples", examples, 1);
        if (size < 1 || size > examples)
            throw new IllegalArgumentException("Minibatches: size is " + size + "; it is 1 to the " + examples + " examples there are");
        Objects.requireNonNull(order, "order");
        Objects.requireNonNull(last, "last");
        Settings.atLeast("Minibatches", "accumulated", accumulated, 1);
    }

    /** Shuffled, a smaller last batch, a step for each. */
    public Minibatches(int examples, int size) { this(examples, size, Order.SHUFFLED, Last.KEEP, 1); }

    /** The batches of one epoch, as numbers of examples. The next epoch draws on from {@code rng}. */
    public List<int[]> epoch(Rng rng) {
        var sequence = new int[examples];
        for (int i = 0; i < examples; i++) sequence[i] = order == Order.WITH_REPLACEMENT ? rng.nextInt(examples) : i;
        if (order == Order.SHUFFLED) rng.shuffle(sequence);
        var batches = new ArrayList<int[]>();
        for (int from = 0; from < examples; from += size) {
            int length = Math.min(size, examples - from);
            if (length < size && last == Last.DROP) break;
            var batch = new int[last == Last.FILL ? size : length];
            for (int i = 0; i < batch.length; i++) batch[i] = sequence[(from + i) % examples];
            batches.add(batch);
        }
        return batches;
    }

    /** Runs {@code epochs} epochs, silently. */
    public History run(Optimizer optimizer, Loss loss, int epochs, Rng rng) { return run(optimizer, loss, epochs, rng, Progress.SILENT); }

    /**
     * Runs {@code epochs} epochs: for each {@code accumulated} batches one step along the gradient of their joint mean loss. Steps do not reach
     * across epochs.
     *
     * @throws LyceumException if a loss is not finite: names the step
     */
    public History run(Optimizer optimizer, Loss loss, int epochs, Rng rng, Progress progress) {
        Settings.atLeast("Minibatches", "epochs", epochs, 0);
        var used = new ArrayList<Long>();
        var losses = new ArrayList<Double>();
        long seen = 0;
        for (int epoch = 0; epoch < epochs; epoch++) {
            var batches = epoch(rng);
            for (int from = 0; from < batches.size(); from += accumulated) {
                var group = batches.subList(from, Math.min(batches.size(), from + accumulated));
                double value = accumulate(optimizer, loss, group);
                if (!Double.isFinite(value)) throw new LyceumException("Minibatches: the loss is " + value + " at step " + losses.size()
                        + "; lower the learning rate or look at the data");
                optimizer.step();
                for (var batch : group) seen += batch.length;
                used.add(seen);
                losses.add(value);
                progress.step("step", losses.size(), (long) epochs * ((batches.size() + accumulated - 1) / accumulated), "loss", value);
            }
        }
        return new History(used.stream().mapToLong(Long::longValue).toArray(), losses.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** Leaves the gradient of the group's mean loss in the parameters and returns that loss. */
    private static double accumulate(Optimizer optimizer, Loss loss, List<int[]> group) {
        optimizer.zeroGrad();
        if (group.size() == 1) {
            var value = loss.of(group.getFirst());
            value.backward();
            return value.item();
        }
        int total = 0;
        for (var batch : group) total += batch.length;
        double sum = 0;
        for (var batch : group) {
            var part = loss.of(batch).mul((double) batch.length / total);
            part.backward();
            sum += part.item();
        }
        return sum;
    }
}
