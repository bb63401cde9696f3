package lyceum.learn.tree;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.random.Rng;

/**
 * Looks at every threshold: each feature's rows are sorted once and stay sorted within every node, because parting keeps their order. Work at a
 * level is proportional to rows times features that still vary.
 */
final class ExactSplitter implements Splitter {
    private static final int PARALLEL_FROM = 30_000;

    private final TreeData data;
    private final TreeOptions options;
    private final Limits limits;
    private final int[] rows;
    private final int[][] order;
    private final double[][] values;
    private final boolean[] left;

    ExactSplitter(TreeData data, TreeOptions options, Limits limits) {
        this.data = data;
        this.options = options;
        this.limits = limits;
        this.rows = data.rows.clone();
        this.order = new int[data.p][];
        this.values = new double[data.p][data.n];
        this.left = new boolean[data.weights.length];
        Parallel.range(data.p, 1, 4.0 * data.n, (from, to) -> {
            for (int f = (int) from; f < to; f++) {
                order[f] = kept(data.given.order[f]);
                for (int i = 0; i < data.n; i++) values[f][i] = data.columns[f][order[f][i]];
            }
        });
    }

    /** The rows of positive weight, in the order of the column. */
    private int[] kept(int[] all) {
        if (data.n == all.length) return all.clone();
        var kept = new int[data.n];
        int count = 0;
        for (int row : all) if (data.weights[row] > 0) kept[count++] = row;
        return kept;
    }

    @Override public int[] rows() { return rows; }

    @Override public int[] varying(int from, int to, int[] live) {
        var kept = new int[live.length];
        int count = 0;
        for (int f : live) if (Double.compare(values[f][from], values[f][to - 1]) != 0) kept[count++] = f;
        return Arrays.copyOf(kept, count);
    }

    @Override public Split best(int from, int to, int[] live, double[] statistics, ValueBounds bounds, Rng rng) {
        var absolute = data.criterion == SplitCriterion.ABSOLUTE_ERROR ? new AbsoluteError(data, rows, from, to) : null;
        if ((long) (to - from) * live.length < PARALLEL_FROM || live.length < 2) {
            var scan = new ExactScan(data, limits, absolute, from, to, statistics, bounds);
            var best = new Split();
            for (int f : live) look(scan, f, best, rng);
            return best;
        }
        int grain = (live.length + 7) / 8;
        var found = new Split[(live.length + grain - 1) / grain];
        Parallel.range(live.length, grain, (first, last) -> {
            var scan = new ExactScan(data, limits, absolute, from, to, statistics, bounds);
            var best = new Split();
            for (int i = (int) first; i < last; i++) look(scan, live[i], best, rng);
            found[(int) (first / grain)] = best;
        });
        var best = found[0];
        for (var split : found) if (best.isBeatenBy(split.score)) best = split;
        return best;
    }

    private void look(ExactScan scan, int f, Split best, Rng rng) {
        if (data.categorical[f]) scan.categories(f, order[f], values[f], best);
        else if (options.randomThresholds()) scan.randomThreshold(f, order[f], values[f], best, rng.split(f));
        else scan.thresholds(f, order[f], values[f], best);
    }

    @Override public int part(int from, int to, int[] live, Split split) {
        double[] column = data.columns[split.feature];
        for (int i = from; i < to; i++) left[rows[i]] = split.goesLeft(column[rows[i]]);
        int middle = part(rows, null, from, to, new int[to - from], null);
        int grain = (long) (to - from) * live.length < PARALLEL_FROM ? live.length : (live.length + 7) / 8;
        Parallel.range(live.length, grain, (first, last) -> {
            var spare = new int[to - from];
            var spareValues = new double[to - from];
            for (int i = (int) first; i < last; i++) part(order[live[i]], values[live[i]], from, to, spare, spareValues);
        });
        return middle;
    }

    private int part(int[] order, double[] values, int from, int to, int[] spare, double[] spareValues) {
        int toLeft = from, toRight = 0;
        for (int i = from; i < to; i++) {
            int row = order[i];
            // Both are written and one place moves on: no branch to guess wrong.
            int goes = left[row] ? 1 : 0;
            order[toLeft] = row;
            spare[toRight] = row;
            if (values != null) {
                double value = values[i];
                values[toLeft] = value;
                spareValues[toRight] = value;
            }
            toLeft += goes;
            toRight += 1 - goes;
        }
        System.arraycopy(spare, 0, order, toLeft, toRight);
        if (values != null) System.arraycopy(spareValues, 0, values, toLeft, toRight);
        return toLeft;
    }
}
