package lyceum.text.lm;

import java.util.Arrays;
import lyceum.text.lm.NGramSmoothing.AbsoluteDiscount;
import lyceum.text.lm.NGramSmoothing.JelinekMercer;
import lyceum.text.lm.NGramSmoothing.Katz;
import lyceum.text.lm.NGramSmoothing.KneserNey;

/** What each order takes off its counts. */
final class NGramDiscounts {
    private final double[][] off; // by order and count; the last is for all larger ones
    private final double[][] weights;
    private final boolean interpolated;

    NGramDiscounts(NGramEstimator by, int[][] counts) {
        off = new double[counts.length][];
        for (int n = 0; n < counts.length; n++) off[n] = switch (by.smoothing()) {
            case AbsoluteDiscount a -> plain(a.discount(), counts[n]);
            case KneserNey k -> k.modified() ? modified(counts[n]) : plain(k.discount(), counts[n]);
            case Katz k -> katz(k.k(), counts[n]);
            default -> new double[1];
        };
        interpolated = switch (by.smoothing()) {
            case AbsoluteDiscount a -> a.interpolated();
            case KneserNey k -> k.interpolated();
            case Katz _ -> false;
            default -> true;
        };
        weights = by.smoothing() instanceof JelinekMercer j ? new double[counts.length][j.classes()] : null;
        if (weights != null) for (var row : weights) Arrays.fill(row, ((JelinekMercer) by.smoothing()).weight());
    }

    boolean interpolated() { return interpolated; }

    /** Of Jelinek and Mercer, by order and class. */
    double[][] weights() { return weights; }

    /** Contexts of about as many counts share a weight. */
    static int classOf(long total, int classes) { return Math.min(classes - 1, 63 - Long.numberOfLeadingZeros(total)); }

    /** What is taken off a count of at least 1 in a context of that total. */
    double off(int n, int count, long total) {
        if (weights != null) return count * (1 - weights[n][classOf(total, weights[n].length)]);
        return off[n][Math.min(count, off[n].length - 1)];
    }

    /** {@code n_1} to {@code n_most}, at their places. */
    private static double[] ofCounts(int[] counts, int most) {
        var n = new double[most + 1];
        for (int c : counts) if (c > 0 && c <= most) n[c]++;
        return n;
    }

    private static double[] plain(double given, int[] counts) {
        double[] n = ofCounts(counts, 2);
        double d = n[1] / (n[1] + 2 * n[2]);
        return new double[] {Double.isNaN(given) ? d > 0 && d < 1 ? d : 0.75 : given};
    }

    private static double[] modified(int[] counts) {
        double[] n = ofCounts(counts, 4), d = new double[4];
        double y = n[1] / (n[1] + 2 * n[2]);
        for (int r = 1; r <= 3; r++) {
            d[r] = r - (r + 1) * y * n[r + 1] / n[r];
            if (!(d[r] > 0 && d[r] < r)) return new double[] {0, 0.5, 1, 1.5};
        }
        return d;
    }

    private static double[] katz(int most, int[] counts) {
        double[] n = ofCounts(counts, most + 1);
        for (int k = most; k > 0; k--) {
            var d = new double[k + 2];
            double g = (k + 1) * n[k + 1] / n[1];
            boolean fits = true;
            for (int r = 1; r <= k && fits; r++) {
                double kept = ((r + 1) * n[r + 1] / (n[r] * r) - g) / (1 - g);
                fits = kept > 0 && kept < 1;
                d[r] = r * (1 - kept);
            }
            if (fits) return d;
        }
        return new double[1];
    }
}
