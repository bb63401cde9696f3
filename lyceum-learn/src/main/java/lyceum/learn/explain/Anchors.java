package lyceum.learn.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.learn.explain.Anchor.Bounds;
import lyceum.random.Rng;
import lyceum.stats.ProportionInterval;
import lyceum.tensor.Tensor;

/**
 * The search for an {@link Anchor}: greedily the column whose quarter of the data, fixed around x, makes the decision surest; until a
 * fresh sample shows
 * by a one-sided exact bound that the precision is reached. Bounds that several tries share are paid for by dividing delta.
 */
final class Anchors {
    private static final int SCREEN = 400, CONFIRM = 3_000;

    private final UnaryOperator<Tensor> predict;
    private final double[][] columns;
    private final double[] x;
    private final boolean positive;

    Anchors(UnaryOperator<Tensor> predict, Tensor data, double[] x) {
        this.predict = predict;
        this.x = x;
        int n = (int) data.size(0), p = x.length;
        double[] rows = data.toDoubleArray();
        columns = new double[p][n];
        for (int i = 0; i < rows.length; i++) columns[i % p][i / p] = rows[i];
        for (var c : columns) Arrays.sort(c);
        positive = predict.apply(Tensor.of(x, 1, p)).item(0) > 0;
    }

    Anchor find(double precision, double delta, Tensor data, Rng rng) {
        List<Bounds> rule = List.of();
        int p = x.length;
        for (int size = 0;; size++) {
            double share = share(rule, CONFIRM, rng);
            int right = (int) Math.round(share * CONFIRM);
            if (size == 2 * p || lower(right, delta / (2 * p + 1)) >= precision) return new Anchor(rule, share, coverage(rule, data));
            List<Bounds> best = null;
            double most = -1;
            for (int j = 0; j < p; j++) {
                var longer = longer(rule, j);
                if (longer == null) continue;
                double found = share(longer, SCREEN, rng);
                if (found > most) {
                    most = found;
                    best = longer;
                }
            }
            if (best == null) return new Anchor(rule, share, coverage(rule, data)); // each column is at x's own value
            rule = best;
        }
    }

    private static double lower(int right, double delta) { return ProportionInterval.clopperPearson(right, CONFIRM, 1 - 2 * delta).low(); }

    /** Column j within its quarter of the data, or, if it is already, at x's own value. Null if it is there too. */
    private List<Bounds> longer(List<Bounds> rule, int j) {
        var longer = new ArrayList<Bounds>();
        boolean known = false;
        for (var b : rule) {
            if (b.feature() != j) longer.add(b);
            else if (b.low() == b.high()) return null;
            else known = true;
        }
        double[] c = columns[j];
        int place = Arrays.binarySearch(c, x[j]), at = Math.min(c.length - 1, place < 0 ? -place - 1 : place),
                quarter = Math.min(3, 4 * at / c.length);
        double low = Math.min(x[j], c[quarter * c.length / 4]),
                high = Math.max(x[j], c[Math.min(c.length - 1, (quarter + 1) * c.length / 4)]);
        longer.add(known ? new Bounds(j, x[j], x[j]) : new Bounds(j, low, high));
        return longer;
    }

    /** The share of {@code n} neighbours with x's decision. */
    double share(List<Bounds> rule, int n, Rng rng) {
        int p = x.length, same = 0;
        for (double out : predict.apply(Tensor.of(neighbours(rule, n, rng), n, p)).toDoubleArray()) if (out > 0 == positive) same++;
        return (double) same / n;
    }

    /** Columns are drawn from the data one by one, those under the rule from its bounds. */
    double[] neighbours(List<Bounds> rule, int n, Rng rng) {
        int p = x.length;
        int[] from = new int[p], to = new int[p];
        Arrays.fill(to, columns[0].length);
        for (var b : rule) {
            double[] c = columns[b.feature()];
            while (from[b.feature()] < c.length && c[from[b.feature()]] < b.low()) from[b.feature()]++;
            while (to[b.feature()] > 0 && c[to[b.feature()] - 1] > b.high()) to[b.feature()]--;
        }
        var rows = new double[n * p];
        for (int i = 0; i < rows.length; i++) {
            int j = i % p, width = to[j] - from[j];
            rows[i] = width > 0 ? columns[j][from[j] + rng.nextInt(width)] : x[j];
        }
        return rows;
    }

    private double coverage(List<Bounds> rule, Tensor data) {
        var anchor = new Anchor(rule, 0, 0);
        int n = (int) data.size(0), hits = 0;
        for (int i = 0; i < n; i++) if (anchor.appliesTo(data.select(0, i).toDoubleArray())) hits++;
        return (double) hits / n;
    }
}
