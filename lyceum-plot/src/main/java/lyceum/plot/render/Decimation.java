package lyceum.plot.render;

import java.util.Arrays;
import lyceum.plot.Numbers;

/** Drops what cannot be seen: of very many values only those stay that reach a pixel of their own. */
final class Decimation {
    private Decimation() {}

    /**
     * Places of a line that stay: in each of {@code columns} columns the first, lowest, highest and last value; gaps stay gaps.
     * A line that runs back and forth keeps the places that move by a pixel. O(n).
     */
    static int[] line(Numbers x, Numbers y, int columns) {
        int n = x.size();
        if (n <= 4 * columns) return all(n);
        double low = x.min();
        double high = x.max();
        boolean forward = true;
        for (int i = 1; i < n && forward; i++) forward = !(x.get(i) < x.get(i - 1));
        return forward && high > low ? byColumn(x, y, columns, low, high) : byDistance(x, y, columns);
    }

    private static int[] byColumn(Numbers x, Numbers y, int columns, double low, double high) {
        int n = x.size();
        var kept = new int[n];
        int k = 0;
        int i = 0;
        while (i < n) {
            int column = column(x.get(i), low, high, columns);
            int from = i;
            int min = i;
            int max = i;
            int gap = -1;
            while (i < n && column(x.get(i), low, high, columns) == column) {
                double v = y.get(i);
                if (!Double.isFinite(v) || !Double.isFinite(x.get(i))) gap = i;
                if (v < y.get(min) || !Double.isFinite(y.get(min))) min = i;
                if (v > y.get(max) || !Double.isFinite(y.get(max))) max = i;
                i++;
            }
            var places = gap < 0 ? new int[] {from, min, max, i - 1} : new int[] {from, min, max, gap, i - 1};
            Arrays.sort(places);
            for (int j = 0; j < places.length; j++) if (j == 0 || places[j] != places[j - 1]) kept[k++] = places[j];
        }
        return Arrays.copyOf(kept, k);
    }

    private static int column(double x, double low, double high, int columns) {
        return Double.isFinite(x) ? (int) ((x / 2 - low / 2) / (high / 2 - low / 2) * columns) : -1;
    }

    private static int[] byDistance(Numbers x, Numbers y, int columns) {
        double dx = (x.max() - x.min()) / columns;
        double dy = (y.max() - y.min()) / columns;
        int n = x.size();
        var kept = new int[n];
        int k = 0;
        int last = -1;
        for (int i = 0; i < n; i++) {
            boolean gap = !Double.isFinite(x.get(i)) || !Double.isFinite(y.get(i));
            boolean lastGap = last < 0 || !Double.isFinite(x.get(last)) || !Double.isFinite(y.get(last));
            boolean moved = last < 0 || gap != lastGap
                    || !gap && (Math.abs(x.get(i) - x.get(last)) >= dx || Math.abs(y.get(i) - y.get(last)) >= dy);
            if (moved || i == n - 1) {
                kept[k++] = i;
                last = i;
            }
        }
        kept = Arrays.copyOf(kept, k);
        return k <= 20_000 ? kept : stride(kept, 20_000);
    }

    /** Places of points that stay: the first in each cell of a grid, then evenly thinned to {@code most}. O(n). */
    static int[] points(Numbers x, Numbers y, int columns, int rows, int most) {
        int n = x.size();
        if (n <= Math.min(most, 2_000)) return all(n);
        double lowX = x.min();
        double lowY = y.min();
        double spanX = x.max() - lowX;
        double spanY = y.max() - lowY;
        var seen = new boolean[(columns + 1) * (rows + 1)];
        var kept = new int[n];
        int k = 0;
        for (int i = 0; i < n; i++) {
            if (!Double.isFinite(x.get(i)) || !Double.isFinite(y.get(i))) continue;
            int c = spanX > 0 ? Math.clamp((int) ((x.get(i) - lowX) / spanX * columns), 0, columns) : 0;
            int r = spanY > 0 ? Math.clamp((int) ((y.get(i) - lowY) / spanY * rows), 0, rows) : 0;
            int cell = r * (columns + 1) + c;
            if (!seen[cell]) {
                seen[cell] = true;
                kept[k++] = i;
            }
        }
        kept = Arrays.copyOf(kept, k);
        return k <= most ? kept : stride(kept, most);
    }

    /** Evenly spaced places, the first and the last among them. */
    static int[] evenly(int n, int most) { return n <= most ? all(n) : stride(all(n), most); }

    private static int[] stride(int[] places, int most) {
        var out = new int[most];
        for (int i = 0; i < most; i++) out[i] = places[(int) ((long) i * (places.length - 1) / (most - 1))];
        return out;
    }

    private static int[] all(int n) {
        var out = new int[n];
        for (int i = 0; i < n; i++) out[i] = i;
        return out;
    }

    static double[] pick(Numbers values, int[] places) {
        var out = new double[places.length];
        for (int i = 0; i < places.length; i++) out[i] = values.get(places[i]);
        return out;
    }
}
