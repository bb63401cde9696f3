package lyceum.learn.tree;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.random.Rng;

/**
 * Looks only at the borders of up to 255 bins a feature: a node's rows are added up by bin, without sorting, and then a few borders are scored.
 */
final class HistogramSplitter implements Splitter {
    private static final int PARALLEL_FROM = 50_000;

    private final TreeData data;
    private final Limits limits;
    private final Bins[] bins;
    private final double[][] categories;
    private final int[] rows, spare;

    HistogramSplitter(TreeData data, TreeOptions options, Limits limits) {
        if (data.criterion == SplitCriterion.ABSOLUTE_ERROR)
            throw new IllegalArgumentException("bins is " + options.bins() + "; the absolute error needs every row, use bins = 0");
        this.data = data;
        this.limits = limits;
        this.rows = data.rows.clone();
        this.spare = new int[data.n];
        this.bins = data.given.bins;
        this.categories = new double[data.p][];
        for (int f = 0; f < data.p; f++) if (data.categorical[f]) categories[f] = categories(f);
    }

    /** The value of each bin, where every bin is one category. */
    private double[] categories(int f) {
        var values = new double[bins[f].count() + 1];
        for (int i : rows) values[bins[f].codes()[i] & 0xff] = data.columns[f][i];
        return values;
    }

    @Override public int[] rows() { return rows; }

    @Override public int[] varying(int from, int to, int[] live) { return live; }

    @Override public Split best(int from, int to, int[] live, double[] statistics, ValueBounds bounds, Rng rng) {
        int grain = (long) (to - from) * live.length < PARALLEL_FROM ? live.length : (live.length + 7) / 8;
        if (live.length == 0) return new Split();
        var found = new Split[(live.length + grain - 1) / grain];
        Parallel.range(live.length, grain, (first, last) -> {
            var histogram = new double[256 * data.size];
            var counts = new int[256];
            var best = new Split();
            for (int i = (int) first; i < last; i++) look(live[i], from, to, statistics, bounds, histogram, counts, best);
            found[(int) (first / grain)] = best;
        });
        var best = found[0];
        for (var split : found) if (best.isBeatenBy(split.score)) best = split;
        return best;
    }

    private void look(int f, int from, int to, double[] total, ValueBounds bounds, double[] histogram, int[] counts, Split best) {
        int count = bins[f].count(), size = data.size;
        Arrays.fill(histogram, 0, (count + 1) * size, 0);
        Arrays.fill(counts, 0, count + 1, 0);
        fill(bins[f].codes(), from, to, histogram, counts);
        if (data.categorical[f]) {
            var groups = new Categories(size);
            for (int b = 0; b <= count; b++)
                if (counts[b] > 0) groups.add(b == count ? Double.NaN : categories[f][b], counts[b], histogram, b * size);
            groups.best(f, data, limits, total, best);
            return;
        }
        boolean missing = counts[count] > 0;
        scan(f, to - from, total, bounds, histogram, counts, false, missing, best);
        if (missing) scan(f, to - from, total, bounds, histogram, counts, true, true, best);
    }

    private void fill(byte[] codes, int from, int to, double[] histogram, int[] counts) {
        int size = data.size;
        double[] w = data.weights;
        if (data.codes != null) {
            int[] classes = data.codes;
            for (int i = from; i < to; i++) {
                int row = rows[i], bin = codes[row] & 0xff;
                counts[bin]++;
                histogram[bin * size + classes[row]] += w[row];
            }
            return;
        }
        for (int i = from; i < to; i++) {
            int row = rows[i], bin = codes[row] & 0xff;
            counts[bin]++;
            data.add(histogram, bin * size, row);
        }
    }

    private void scan(int f, int n, double[] total, ValueBounds bounds, double[] histogram, int[] counts, boolean missingLeft,
            boolean missing, Split best) {
        int size = data.size, count = bins[f].count(), onLeft = missingLeft ? counts[count] : 0;
        double[] left = new double[size], right = new double[size];
        if (missingLeft) System.arraycopy(histogram, count * size, left, 0, size);
        for (int b = 0; b < count; b++) {
            if (counts[b] == 0) continue;
            onLeft += counts[b];
            for (int s = 0; s < size; s++) left[s] += histogram[b * size + s];
            if (!limits.allow(onLeft, n - onLeft)) continue;
            for (int s = 0; s < size; s++) right[s] = total[s] - left[s];
            if (!limits.allow(data.weight(left, 0), data.weight(right, 0))) continue;
            if (bounds != null && !bounds.allow(f, left[0], left[1], right[0], right[1])) continue;
            double score = data.criterion.score(left, 0, size) + data.criterion.score(right, 0, size);
            if (best.isBeatenBy(score))
                best.take(score, f, b + 1 < count ? bins[f].cuts()[b] : Double.POSITIVE_INFINITY, missingLeft, missing);
        }
    }

    @Override public int part(int from, int to, int[] live, Split split) {
        return split.part(data.columns[split.feature], rows, from, to, spare);
    }
}
