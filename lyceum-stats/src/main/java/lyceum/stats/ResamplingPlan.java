package lyceum.stats;

import java.util.Arrays;
import java.util.function.Function;
import lyceum.random.Rng;

/**
 * Which rows a resample takes: what is drawn must be what is independent in the data.
 *
 * {@snippet :
 * Bootstrap.rows(ResamplingPlan.clusters(promptOfRow), rows -> accuracy(rows), 2_000, Rng.of(1));
 * Bootstrap.of(series, Descriptive::mean, ResamplingPlan.movingBlocks(series.length, 25), 2_000, Rng.of(1));
 * }
 */
public final class ResamplingPlan {
    private final int size;
    private final Function<Rng, int[]> draw;
    /** What the jackknife leaves out one by one; null where nothing is independent. */
    private final int[][] units;
    private final boolean independentRows;

    private ResamplingPlan(int size, Function<Rng, int[]> draw, int[][] units, boolean independentRows) {
        this.size = size;
        this.draw = draw;
        this.units = units;
        this.independentRows = independentRows;
    }

    /** n rows, each any of {@code 0 .. n - 1} (Efron 1979). */
    public static ResamplingPlan independent(int n) {
        positive("rows", n);
        return new ResamplingPlan(n, rng -> {
            var rows = new int[n];
            for (int i = 0; i < n; i++) rows[i] = rng.nextInt(n);
            return rows;
        }, eachRow(n), true);
    }

    /** Within each stratum, as many rows as it has; strata keep their sizes. @param strata of each row, from 0 */
    public static ResamplingPlan stratified(int... strata) {
        int[][] groups = groups("stratified", strata);
        return new ResamplingPlan(strata.length, rng -> {
            var rows = new int[strata.length];
            int at = 0;
            for (var g : groups) for (int i = 0; i < g.length; i++) rows[at++] = g[rng.nextInt(g.length)];
            return rows;
        }, eachRow(strata.length), true);
    }

    /** As many clusters as there are, each with all its rows: resamples differ in size if clusters do. @param clusters of each row, from 0 */
    public static ResamplingPlan clusters(int... clusters) {
        int[][] groups = groups("clusters", clusters);
        return new ResamplingPlan(clusters.length, rng -> {
            var drawn = new int[groups.length][];
            int total = 0;
            for (int c = 0; c < drawn.length; c++) total += (drawn[c] = groups[rng.nextInt(groups.length)]).length;
            var rows = new int[total];
            int at = 0;
            for (var g : drawn) {
                System.arraycopy(g, 0, rows, at, g.length);
                at += g.length;
            }
            return rows;
        }, groups, false);
    }

    /** Stretches of {@code length} neighbours that end inside the series (Künsch 1989); the last is cut so that n rows result. */
    public static ResamplingPlan movingBlocks(int n, int length) {
        block(n, length);
        return new ResamplingPlan(n, rng -> {
            var rows = new int[n];
            for (int i = 0; i < n; i += length) {
                int start = rng.nextInt(n - length + 1);
                for (int k = 0; k < length && i + k < n; k++) rows[i + k] = start + k;
            }
            return rows;
        }, null, false);
    }

    /** Stretches that may run over the end into the beginning, so that all rows are equally likely (Politis and Romano 1992). */
    public static ResamplingPlan circularBlocks(int n, int length) {
        block(n, length);
        return new ResamplingPlan(n, rng -> {
            var rows = new int[n];
            for (int i = 0; i < n; i += length) {
                int start = rng.nextInt(n);
                for (int k = 0; k < length && i + k < n; k++) rows[i + k] = (start + k) % n;
            }
            return rows;
        }, null, false);
    }

    /** Circular stretches of geometric length, so that the resample is stationary (Politis and Romano 1994). */
    public static ResamplingPlan stationary(int n, double meanLength) {
        positive("rows", n);
        if (!(meanLength >= 1))
            throw new IllegalArgumentException("stationary bootstrap: a mean length of " + meanLength + "; it is at least 1");
        return new ResamplingPlan(n, rng -> {
            var rows = new int[n];
            rows[0] = rng.nextInt(n);
            for (int i = 1; i < n; i++) rows[i] = rng.nextDouble() * meanLength < 1 ? rng.nextInt(n) : (rows[i - 1] + 1) % n;
            return rows;
        }, null, false);
    }

    /** The rows of one resample; a new array. */
    public int[] draw(Rng rng) { return draw.apply(rng); }

    /** Rows of the data. */
    public int size() { return size; }

    int[][] units() { return units; }

    boolean independentRows() { return independentRows; }

    private static int[][] eachRow(int n) {
        var units = new int[n][1];
        for (int i = 0; i < n; i++) units[i][0] = i;
        return units;
    }

    private static int[][] groups(String plan, int[] labels) {
        positive("rows", labels.length);
        int most = 0;
        for (int l : labels) {
            if (l < 0) throw new IllegalArgumentException(plan + ": a label is " + l + "; labels count from 0");
            most = Math.max(most, l);
        }
        if (most >= labels.length)
            throw new IllegalArgumentException(plan + ": label " + most + " for " + labels.length + " rows; number the groups from 0");
        var groups = new int[most + 1][0];
        var sizes = new int[most + 1];
        for (int l : labels) sizes[l]++;
        for (int g = 0; g <= most; g++) groups[g] = new int[sizes[g]];
        for (int i = labels.length - 1; i >= 0; i--) groups[labels[i]][--sizes[labels[i]]] = i;
        return Arrays.stream(groups).filter(g -> g.length > 0).toArray(int[][]::new);
    }

    private static void block(int n, int length) {
        positive("rows", n);
        if (length < 1 || length > n) throw new IllegalArgumentException("block bootstrap: blocks of " + length + " in " + n + " rows");
    }

    private static void positive(String what, int n) {
        if (n < 1) throw new IllegalArgumentException("bootstrap: " + n + " " + what + "; at least 1 is needed");
    }
}
