package lyceum.learn.imbalance;

import java.util.Arrays;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.learner.Labels;
import lyceum.tensor.Tensor;

/**
 * Mini-batches in which classes are equally frequent, for training loops: each class has {@code batchSize / K} rows of a batch, those that are left over go to
 * classes drawn at random, and rows of a class are drawn with replacement. A batch follows from the seed and its number, so batches may be made in any order.
 *
 * {@snippet :
 * var batches = BalancedBatches.of(labels, 32, Rng.of(1));
 * int[] rows = batches.batch(0);
 * }
 *
 * @param members the rows of each class
 * @param batchSize at least 1
 */
public record BalancedBatches(int[][] members, int batchSize, Rng rng) {
    public BalancedBatches {
        if (batchSize < 1) throw new IllegalArgumentException("BalancedBatches: a batch of " + batchSize + " rows; at least 1 is needed");
        if (members.length == 0) throw new IllegalArgumentException("BalancedBatches: there are no rows");
        for (int[] rows : members) if (rows.length == 0) throw new IllegalArgumentException("BalancedBatches: a class has no rows");
    }

    /** @param labels (n), integers */
    public static BalancedBatches of(Tensor labels, int batchSize, Rng rng) {
        return new BalancedBatches(Resampler.members(Labels.of(labels.to(DType.I64).toLongArray())), batchSize, rng);
    }

    /** The row numbers of a batch, in random order. @param number from 0 */
    public int[] batch(long number) {
        int classes = members.length, each = batchSize / classes, at = 0;
        var draws = rng.split(number);
        var turns = new int[classes];
        Arrays.fill(turns, each);
        for (int c : draws.sample(classes, batchSize - each * classes)) turns[c]++;
        var rows = new int[batchSize];
        for (int c = 0; c < classes; c++) for (int i = 0; i < turns[c]; i++) rows[at++] = members[c][draws.nextInt(members[c].length)];
        draws.shuffle(rows);
        return rows;
    }
}
