package lyceum.plot;

import java.util.Arrays;

/** Counts values into equal bins. */
final class Bins {
    private Bins() {}

    static Layer.Histogram count(String name, double[] values) {
        var v = finite(name, values);
        return count(name, v, edges(v, freedmanDiaconis(v)));
    }

    static Layer.Histogram count(String name, double[] values, int bins) {
        if (bins < 1 || bins > 10_000) throw new FigureException("histogram '" + name + "' has " + bins + " bins; between 1 and 10000");
        var v = finite(name, values);
        return count(name, v, edges(v, bins));
    }

    /** Counts into given bins; what lies outside is widened for, so that no value is lost. */
    static Layer.Histogram count(String name, double[] values, Numbers like) {
        var v = finite(name, values);
        if (v.length == 0 || like.size() < 2) return count(name, v, like.size() < 2 ? edges(v, freedmanDiaconis(v)) : like.toArray());
        double width = like.get(1) - like.get(0);
        double low = like.get(0);
        double high = like.get(like.size() - 1);
        double before = Math.max(0, Math.ceil((low - v[0]) / width));
        double after = Math.max(0, Math.ceil((v[v.length - 1] - high) / width));
        if (before + after + like.size() > 2_000) return count(name, v, edges(v, freedmanDiaconis(v)));
        var edges = new double[(int) (before + after) + like.size()];
        for (int i = 0; i < edges.length; i++) {
            int j = i - (int) before;
            edges[i] = j < 0 ? low + j * width : j >= like.size() ? high + (j - like.size() + 1) * width : like.get(j);
        }
        return count(name, v, edges);
    }

    private static Layer.Histogram count(String name, double[] sorted, double[] edges) {
        var counts = new double[Math.max(0, edges.length - 1)];
        for (double x : sorted) {
            int at = Arrays.binarySearch(edges, x);
            int bin = at >= 0 ? at : -at - 2;
            counts[Math.clamp(bin, 0, counts.length - 1)]++;
        }
        return new Layer.Histogram(name, Numbers.of(edges), Numbers.of(counts));
    }

    private static double[] finite(String name, double[] values) {
        return Arrays.stream(Check.present("histogram '" + name + "': values", values)).filter(Double::isFinite).sorted().toArray();
    }

    private static int freedmanDiaconis(double[] sorted) {
        int n = sorted.length;
        if (n < 2) return 1;
        double spread = sorted[n - 1] - sorted[0];
        double iqr = sorted[(int) (0.75 * (n - 1))] - sorted[(int) (0.25 * (n - 1))];
        double width = 2 * iqr / Math.cbrt(n);
        double bins = width > 0 ? Math.ceil(spread / width) : Math.ceil(Math.log(n) / Math.log(2)) + 1;
        if (wholeNumbers(sorted) && spread >= 1 && spread < 60) return (int) spread + 1;
        return Double.isNaN(bins) ? 5 : (int) Math.clamp(bins, 5, 60);
    }

    private static boolean wholeNumbers(double[] v) {
        for (double x : v) if (x != Math.rint(x)) return false;
        return true;
    }

    /** Equal bins over the values; few whole numbers get a bin each, centred on them. */
    private static double[] edges(double[] sorted, int bins) {
        if (sorted.length == 0) return new double[0];
        double low = sorted[0];
        double high = sorted[sorted.length - 1];
        if (wholeNumbers(sorted) && high - low + 1 == bins) {
            low -= 0.5;
            high += 0.5;
        } else if (low == high) {
            double pad = Math.max(Math.abs(low) * 1e-3, 0.5);
            low -= pad;
            high += pad;
        }
        var edges = new double[bins + 1];
        for (int i = 0; i <= bins; i++) edges[i] = low + (high - low) * ((double) i / bins);
        if (!Double.isFinite(high - low))
            for (int i = 0; i <= bins; i++) edges[i] = low * (1 - (double) i / bins) + high * ((double) i / bins);
        edges[bins] = high;
        for (int i = 1; i <= bins; i++) if (edges[i] <= edges[i - 1]) return new double[] {Math.nextDown(low), Math.nextUp(high)};
        return edges;
    }
}
