package lyceum.text.lm;

import java.util.Arrays;
import java.util.List;
import lyceum.text.lm.NGramSmoothing.JelinekMercer;

/** The weights of interpolation under which held-out texts are likeliest, by expectation and maximisation. */
final class HeldOutWeights {
    private final JelinekMercer by;
    private final int[][] ids, starts, counts;
    private final long[][] totals;
    private final int order, outcomes;

    /** @param outcomes of the uniform base, or 0 if there is none */
    HeldOutWeights(JelinekMercer by, int[][] ids, int[][] starts, int[][] counts, int outcomes) {
        this.by = by;
        this.ids = ids;
        this.starts = starts;
        this.counts = counts;
        this.outcomes = outcomes;
        order = ids.length;
        totals = new long[order][];
        for (int n = 0; n < order; n++) {
            int contexts = n == 0 ? 1 : ids[n - 1].length;
            totals[n] = new long[contexts];
            for (int c = 0; c < contexts; c++) {
                int to = n == 0 ? ids[0].length : starts[n - 1][c + 1];
                for (int i = n == 0 ? 0 : starts[n - 1][c]; i < to; i++) totals[n][c] += counts[n][i];
            }
        }
    }

    void learn(List<int[]> texts, int given, double[][] weights) {
        int tokens = texts.stream().mapToInt(t -> Math.max(0, t.length - given)).sum(), at = 0;
        var shares = new double[tokens][order];
        var classes = new byte[tokens][order];
        for (var text : texts) for (int t = given; t < text.length; t++, at++) look(text, t, shares[at], classes[at]);
        double before = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < by.iterations(); i++) {
            double reached = step(shares, classes, weights);
            if (reached - before <= 1e-9 * Math.abs(reached)) return;
            before = reached;
        }
    }

    /** The relative frequency of a token after each of its contexts, and the class of the context, -1 for one never seen. */
    private void look(int[] text, int t, double[] shares, byte[] classes) {
        for (int n = 0; n < order; n++) {
            classes[n] = -1;
            if (n > t) continue;
            int from = 0, to = ids[0].length, context = 0;
            for (int k = 0; k < n && from < to; k++) {
                context = Arrays.binarySearch(ids[k], from, to, text[t - n + k]);
                from = context < 0 ? 0 : starts[k][context];
                to = context < 0 ? 0 : starts[k][context + 1];
            }
            long total = from < to ? totals[n][context] : 0;
            if (total == 0) continue;
            int place = Arrays.binarySearch(ids[n], from, to, text[t]);
            shares[n] = place < 0 ? 0 : counts[n][place] / (double) total;
            classes[n] = (byte) NGramDiscounts.classOf(total, by.classes());
        }
    }

    /** One step; gives the log-likelihood that was before it. */
    private double step(double[][] shares, byte[][] classes, double[][] weights) {
        double[][] chosen = new double[order][by.classes()], reached = new double[order][by.classes()];
        var part = new double[order];
        double sum = 0;
        for (int i = 0; i < shares.length; i++) {
            double left = 1, p = 0;
            for (int n = order - 1; n >= 0; n--) {
                part[n] = 0;
                if (classes[i][n] < 0) continue;
                double w = n == 0 && outcomes == 0 ? 1 : weights[n][classes[i][n]];
                p += part[n] = left * w * shares[i][n];
                left *= 1 - w;
            }
            double below = outcomes == 0 ? 0 : left / outcomes;
            p += below;
            if (!(p > 0)) continue; // impossible whatever the weights
            sum += Math.log(p);
            below /= p;
            for (int n = 0; n < order; n++) {
                if (classes[i][n] < 0) continue;
                below += part[n] / p;
                chosen[n][classes[i][n]] += part[n] / p;
                reached[n][classes[i][n]] += below;
            }
        }
        for (int n = 0; n < order; n++)
            for (int c = 0; c < by.classes(); c++) if (reached[n][c] > 0) weights[n][c] = chosen[n][c] / reached[n][c];
        return sum;
    }
}
