package lyceum.learn.tree;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.random.Rng;

/**
 * Looks at every threshold of the few features that are drawn for a node, and sorts the node's rows by those alone: by counting where the
 * feature has few values, else by comparing ranks.
 */
final class SampledSplitter implements Splitter {
    private static final int PARALLEL_FROM = 30_000;

    private final TreeData data;
    private final TreeOptions options;
    private final Limits limits;
    private final int[] rows, spare;

    SampledSplitter(TreeData data, TreeOptions options, Limits limits) {
        this.data = data;
        this.options = options;
        this.limits = limits;
        this.rows = data.rows.clone();
        this.spare = new int[data.n];
    }

    @Override public int[] rows() { return rows; }

    @Override public int[] varying(int from, int to, int[] live) {
        var kept = new int[live.length];
        int count = 0;
        for (int f : live) {
            int[] ranks = data.given.ranks[f];
            int first = ranks[rows[from]], i = from + 1;
            while (i < to && ranks[rows[i]] == first) i++;
            if (i < to) kept[count++] = f;
        }
        return Arrays.copyOf(kept, count);
    }

    @Override public Split best(int from, int to, int[] live, double[] statistics, ValueBounds bounds, Rng rng) {
        int m = to - from, grain = (long) m * live.length < PARALLEL_FROM ? live.length : 1;
        var absolute = data.criterion == SplitCriterion.ABSOLUTE_ERROR ? new AbsoluteError(data, rows, from, to) : null;
        var found = new Split[(live.length + grain - 1) / grain];
        Parallel.range(live.length, grain, (first, last) -> {
            var scan = new ExactScan(data, limits, absolute, 0, m, statistics, bounds);
            var order = new int[m];
            var values = new double[m];
            var best = new Split();
            for (int i = (int) first; i < last; i++) {
                int f = live[i];
                sort(f, from, to, order);
                for (int k = 0; k < m; k++) values[k] = data.columns[f][order[k]];
                if (data.categorical[f]) scan.categories(f, order, values, best);
                else if (options.randomThresholds()) scan.randomThreshold(f, order, values, best, rng.split(f));
                else scan.thresholds(f, order, values, best);
            }
            found[(int) (first / grain)] = best;
        });
        var best = found[0];
        for (var split : found) if (best.isBeatenBy(split.score)) best = split;
        return best;
    }

    /** The node's rows by ascending value, equal ones in their order. */
    private void sort(int f, int from, int to, int[] order) {
        int m = to - from, distinct = data.given.distinct[f];
        int[] ranks = data.given.ranks[f];
        if (distinct <= 2 * m) {
            var starts = new int[distinct + 1];
            for (int i = from; i < to; i++) starts[ranks[rows[i]] + 1]++;
            for (int r = 0; r < distinct; r++) starts[r + 1] += starts[r];
            for (int i = from; i < to; i++) order[starts[ranks[rows[i]]]++] = rows[i];
            return;
        }
        var keys = new long[m];
        for (int i = 0; i < m; i++) keys[i] = (long) ranks[rows[from + i]] << 32 | rows[from + i];
        Arrays.sort(keys);
        for (int i = 0; i < m; i++) order[i] = (int) keys[i];
    }

    @Override public int part(int from, int to, int[] live, Split split) {
        return split.part(data.columns[split.feature], rows, from, to, spare);
    }
}
