package lyceum.learn.selection;

import java.util.List;
import java.util.OptionalLong;
import lyceum.random.Rng;

/**
 * k parts of equal size within one row, each the test part once. Unshuffled the parts are consecutive, as in scikit-learn, so rows that are sorted by class
 * or by source want {@link #shuffled}.
 *
 * @param k at least 2
 * @param seed of the order in which rows are dealt; empty for the order as it stands
 */
public record KFold(int k, OptionalLong seed) implements FoldScheme.Shuffled {
    public KFold {
        if (k < 2) throw new IllegalArgumentException("KFold: k is " + k + "; at least 2 parts are needed");
    }

    public KFold(int k) { this(k, OptionalLong.empty()); }

    @Override public KFold shuffled(long seed) { return new KFold(k, OptionalLong.of(seed)); }

    @Override public List<Fold> folds(Rows rows) {
        int n = rows.n();
        if (k > n) throw new IllegalArgumentException("KFold: " + k + " parts of " + n + " rows; k is at most the number of rows");
        int[] order = seed.isPresent() ? Rng.of(seed.getAsLong()).permutation(n) : null;
        var testFold = new int[n];
        for (int f = 0, at = 0; f < k; f++) {
            int size = n / k + (f < n % k ? 1 : 0);
            for (int i = 0; i < size; i++, at++) testFold[order == null ? at : order[at]] = f;
        }
        return FoldScheme.fromTestFold(testFold, k);
    }
}
