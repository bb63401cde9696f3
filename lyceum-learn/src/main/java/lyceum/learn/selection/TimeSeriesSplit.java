package lyceum.learn.selection;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.withers.Withers;

/**
 * Walks forward through rows that stand in order of time: every fold tests the rows that follow its training rows. Early rows are never tested.
 *
 * @param splits number of folds, at least 1
 * @param gap rows left out between training and test, so that labels that take time to ripen do not leak; 0 for none
 * @param maxTrain the most training rows, the latest ones being kept; 0 for no limit
 * @param testSize test rows of a fold; 0 for {@code n / (splits + 1)}
 */
@Withers
public record TimeSeriesSplit(int splits, int gap, int maxTrain, int testSize) implements TimeSeriesSplitWithers, FoldScheme {
    public TimeSeriesSplit {
        if (splits < 1) throw new IllegalArgumentException("TimeSeriesSplit: " + splits + " splits; at least 1 is needed");
        if (gap < 0 || maxTrain < 0 || testSize < 0) throw new IllegalArgumentException(
                "TimeSeriesSplit: gap " + gap + ", maxTrain " + maxTrain + ", testSize " + testSize + "; none is negative");
    }

    public TimeSeriesSplit(int splits) { this(splits, 0, 0, 0); }

    @Override public List<Fold> folds(Rows rows) {
        int n = rows.n(), size = testSize == 0 ? n / (splits + 1) : testSize;
        if (size == 0 || n - gap - (long) size * splits <= 0) {
            throw new IllegalArgumentException("TimeSeriesSplit: " + splits + " test parts of " + size + " rows and a gap of " + gap
                    + " leave no training rows of " + n);
        }
        var folds = new ArrayList<Fold>(splits);
        for (int from = n - splits * size; from < n; from += size) {
            int end = from - gap, start = maxTrain > 0 ? Math.max(0, end - maxTrain) : 0;
            folds.add(new Fold(IntStream.range(start, end).toArray(), IntStream.range(from, from + size).toArray()));
        }
        return folds;
    }
}
