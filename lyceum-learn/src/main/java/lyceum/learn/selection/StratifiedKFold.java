package lyceum.learn.selection;

import java.util.HashMap;
import java.util.List;
import java.util.OptionalLong;
import lyceum.random.Rng;

/**
 * k parts in which every class has its share, within one row. Unshuffled, rows of a class go to the parts in order, as in scikit-learn.
 *
 * @param k at least 2
 * @param seed of the order in which rows of a class are dealt; empty for the order as it stands
 */
public record StratifiedKFold(int k, OptionalLong seed) implements FoldScheme.Shuffled {
    public StratifiedKFold {
        if (k < 2) throw new IllegalArgumentException("StratifiedKFold: k is " + k + "; at least 2 parts are needed");
    }

    public StratifiedKFold(int k) { this(k, OptionalLong.empty()); }

    @Override public StratifiedKFold shuffled(long seed) { return new StratifiedKFold(k, OptionalLong.of(seed)); }

    @Override public List<Fold> folds(Rows rows) {
        if (rows.labels() == null) throw new IllegalArgumentException("StratifiedKFold: the rows have no class labels; KFold needs none");
        int n = rows.n();
        // classes numbered by first appearance
        var numbers = new HashMap<Long, Integer>();
        var codes = new int[n];
        for (int i = 0; i < n; i++) codes[i] = numbers.computeIfAbsent(rows.labels()[i], label -> numbers.size());
        int classes = numbers.size(), largest = 0;
        var count = new int[classes];
        for (int c : codes) largest = Math.max(largest, ++count[c]);
        if (k > largest) throw new IllegalArgumentException(
                "StratifiedKFold: " + k + " parts, but the largest class has " + largest + " rows; k is at most that");
        var testFold = new int[n];
        var rng = seed.isPresent() ? Rng.of(seed.getAsLong()) : null;
        for (int c = 0, start = 0; c < classes; start += count[c++]) {
            int[] turns = turns(start, count[c]);
            if (rng != null) rng.shuffle(turns);
            for (int i = 0, next = 0; i < n; i++) if (codes[i] == c) testFold[i] = turns[next++];
        }
        return FoldScheme.fromTestFold(testFold, k);
    }

    /** Rows sorted by class are dealt round the parts: part f gets the places f, f + k, ... of which a class has {@code start .. start + count - 1}. */
    private int[] turns(int start, int count) {
        var share = new int[k];
        for (int place = start; place < start + count; place++) share[place % k]++;
        var turns = new int[count];
        for (int f = 0, at = 0; f < k; f++) for (int i = 0; i < share[f]; i++) turns[at++] = f;
        return turns;
    }
}
