package lyceum.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Categories as the mean target of their rows, drawn towards the mean of all: {@code (n_c mean_c + m mean) / (n_c + m)}. The rows that are fitted get the code
 * of a fit without their fold, since a row's own target in its own feature is a leak: use {@link #fitTransform} for them and the encoding for new rows.
 *
 * @param smoothing m; NaN, as by default, chooses it for each category as its variance over the variance of all (empirical Bayes)
 * @param folds at least 2, 5 by default
 * @see <a href="https://doi.org/10.1145/507533.507538">Micci-Barreca (2001)</a>
 */
@Withers
public record TargetEncoder(double smoothing, int folds) implements TargetEncoderWithers {
    public TargetEncoder {
        if (smoothing < 0 || Double.isInfinite(smoothing))
            throw new IllegalArgumentException("TargetEncoder: smoothing is " + smoothing + "; finite and at least 0, or NaN to choose it");
        if (folds < 2) throw new IllegalArgumentException("TargetEncoder: " + folds + " folds; at least 2");
    }

    public TargetEncoder() { this(Double.NaN, 5); }

    /** Codes of all rows' targets: for new rows. @param y (n), numbers or 0 and 1 */
    public Encoding fit(Frame frame, Tensor y) {
        double[] target = target(frame, y);
        var rows = new boolean[target.length];
        Arrays.fill(rows, true);
        var categories = frame.columns().stream().map(Categories::of).toList();
        return encoding(frame, categories, target, rows);
    }

    /** Codes of the rows themselves (n x columns), each from the other folds' targets; rows are dealt to folds by {@code rng}. */
    public Tensor fitTransform(Frame frame, Tensor y, Rng rng) {
        double[] target = target(frame, y);
        int n = target.length, p = frame.columns().size();
        if (n < folds) throw new FrameException("TargetEncoder.fitTransform: " + n + " rows for " + folds + " folds");
        var categories = frame.columns().stream().map(Categories::of).toList();
        int[] order = rng.permutation(n);
        var codes = new double[n * p];
        for (int f = 0; f < folds; f++) {
            var others = new boolean[n];
            Arrays.fill(others, true);
            for (int i = f; i < n; i += folds) others[order[i]] = false;
            var encoding = encoding(frame, categories, target, others);
            for (int j = 0; j < p; j++) {
                int[] found = categories.get(j).codes(frame.columns().get(j));
                for (int i = f; i < n; i += folds) codes[order[i] * p + j] = encoding.codes.get(j)[found[order[i]]];
            }
        }
        return Tensor.of(codes, n, p);
    }

    private static double[] target(Frame frame, Tensor y) {
        if (y.rank() != 1 || y.size(0) != frame.size())
            throw new ShapeException("TargetEncoder: " + frame.size() + " rows, but y has shape " + y.shape());
        double[] target = y.toDoubleArray();
        for (int i = 0; i < target.length; i++)
            if (!Double.isFinite(target[i])) throw new IllegalArgumentException("TargetEncoder: y is " + target[i] + " at row " + i);
        return target;
    }

    private Encoding encoding(Frame frame, List<Categories> categories, double[] y, boolean[] rows) {
        double mean = 0, variance = 0;
        int n = 0;
        for (int i = 0; i < y.length; i++) if (rows[i]) mean += (y[i] - mean) / ++n;
        for (int i = 0; i < y.length; i++) if (rows[i]) variance += (y[i] - mean) * (y[i] - mean) / n;
        var all = new ArrayList<double[]>();
        for (int j = 0; j < categories.size(); j++) {
            int[] found = categories.get(j).codes(frame.columns().get(j));
            double[] count = new double[categories.get(j).size()], of = new double[count.length], spread = new double[count.length];
            for (int i = 0; i < y.length; i++) if (rows[i]) of[found[i]] += (y[i] - of[found[i]]) / ++count[found[i]];
            for (int i = 0; i < y.length; i++) if (rows[i]) spread[found[i]] += (y[i] - of[found[i]]) * (y[i] - of[found[i]]);
            for (int c = 0; c < count.length; c++) {
                double own = Double.isNaN(smoothing) ? variance * count[c] / (variance * count[c] + spread[c] / count[c])
                        : count[c] / (count[c] + smoothing);
                of[c] = Double.isNaN(own) ? mean : own * of[c] + (1 - own) * mean;
            }
            all.add(of);
        }
        return new Encoding(categories, all, mean);
    }

    /** @param categories of each column @param codes of each category @param mean the code of an unknown one */
    public record Encoding(List<Categories> categories, List<double[]> codes, double mean) {
        /** Codes of new rows (n x columns), F64. */
        public Tensor transform(Frame frame) {
            int n = frame.size(), p = categories.size();
            var values = new double[n * p];
            for (int j = 0; j < p; j++) {
                int[] found = categories.get(j).codes(frame.column(categories.get(j).name()));
                for (int i = 0; i < n; i++) values[i * p + j] = found[i] < 0 ? mean : codes.get(j)[found[i]];
            }
            return Tensor.of(values, n, p);
        }
    }
}
