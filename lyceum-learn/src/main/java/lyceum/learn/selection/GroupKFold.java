package lyceum.learn.selection;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import lyceum.data.Strata;
import lyceum.random.Rng;

/**
 * k parts that share no group: all rows of a patient, a user or a document are tested together. The largest groups come first, each into the part that
 * has fewest rows so far.
 *
 * @param k at least 2
 * @param seed of the order of groups of equal size; empty for descending numbers, as scikit-learn's
 */
public record GroupKFold(int k, OptionalLong seed) implements FoldScheme.Shuffled {
    public GroupKFold {
        if (k < 2) throw new IllegalArgumentException("GroupKFold: k is " + k + "; at least 2 parts are needed");
    }

    public GroupKFold(int k) { this(k, OptionalLong.empty()); }

    @Override public GroupKFold shuffled(long seed) { return new GroupKFold(k, OptionalLong.of(seed)); }

    @Override public List<Fold> folds(Rows rows) {
        if (rows.groups() == null)
            throw new IllegalArgumentException("GroupKFold: the rows have no groups; CrossValidation.withGroups gives them");
        var strata = Strata.of(rows.groups());
        int[] counts = strata.counts();
        if (k > counts.length) throw new IllegalArgumentException(
                "GroupKFold: " + k + " parts of " + counts.length + " groups; k is at most the number of groups");
        int[] tie = seed.isPresent() ? Rng.of(seed.getAsLong()).permutation(counts.length) : IntStream.range(0, counts.length).toArray();
        var order = IntStream.range(0, counts.length).boxed()
                .sorted((a, b) -> counts[a] != counts[b] ? counts[b] - counts[a] : tie[b] - tie[a]).toList();
        var size = new int[k];
        var testFold = new int[rows.n()];
        for (int group : order) {
            int lightest = 0;
            for (int f = 1; f < k; f++) if (size[f] < size[lightest]) lightest = f;
            size[lightest] += counts[group];
            int to = lightest;
            Arrays.stream(strata.rows(group)).forEach(row -> testFold[row] = to);
        }
        return FoldScheme.fromTestFold(testFold, k);
    }
}
