package lyceum.learn.calibration;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Checked scores.
 *
 * @param rows one row each; a single column where there are two classes and one score
 */
record Scores(double[][] rows, boolean single) {

    static Scores of(String operation, Tensor scores) {
        if (scores.rank() != 1 && !(scores.rank() == 2 && scores.size(1) >= 2))
            throw new ShapeException(operation + ": scores have shape " + scores.shape() + "; it is (n) for two classes, or (n x classes)");
        boolean single = scores.rank() == 1;
        var rows = (single ? scores.reshape(-1, 1) : scores).to(DType.F64).toRows();
        for (int i = 0; i < rows.length; i++)
            for (double v : rows[i])
                if (!Double.isFinite(v))
                    throw new IllegalArgumentException(operation + ": a score of row " + i + " is " + v + "; scores are finite");
        return new Scores(rows, single);
    }

    int classes() { return single ? 2 : rows[0].length; }

    /** Scores with as many columns as a map was fitted to. */
    static Scores of(String operation, Tensor scores, int columns) {
        var checked = of(operation, scores);
        int found = checked.single ? 1 : (int) scores.size(1);
        if (found != columns) throw new ShapeException(operation + ": scores have " + found + " columns; the map was fitted to " + columns);
        return checked;
    }

    double[] column(int c) {
        var column = new double[rows.length];
        for (int i = 0; i < column.length; i++) column[i] = rows[i][c];
        return column;
    }

    int[] truth(String operation, Tensor truth) {
        if (truth.rank() != 1 || truth.size(0) != rows.length)
            throw new ShapeException(operation + ": truth has shape " + truth.shape() + " for " + rows.length + " rows of scores");
        if (rows.length == 0) throw new ShapeException(operation + ": there are no rows; at least one is needed");
        int[] classes = truth.toIntArray();
        for (int i = 0; i < classes.length; i++)
            if (classes[i] < 0 || classes[i] >= classes()) throw new IllegalArgumentException(
                    operation + ": class " + classes[i] + " in row " + i + "; classes are 0 to " + (classes() - 1));
        return classes;
    }

    double[] weights(String operation, Tensor weights) {
        var w = new double[rows.length];
        if (weights == null) {
            Arrays.fill(w, 1);
            return w;
        }
        if (weights.rank() != 1 || weights.size(0) != w.length)
            throw new ShapeException(operation + ": weights have shape " + weights.shape() + " for " + w.length + " rows of scores");
        w = weights.toDoubleArray();
        double sum = 0;
        for (int i = 0; i < w.length; i++) {
            if (!(w[i] >= 0 && w[i] < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException(operation + ": weight " + i + " is " + w[i] + "; weights are finite and at least 0");
            sum += w[i];
        }
        if (sum == 0) throw new IllegalArgumentException(operation + ": all weights are 0; at least one must be positive");
        return w;
    }

    /** Probabilities of class 1 as two columns, or of each class against the rest scaled to sum 1; equal ones where all are 0. */
    static Tensor normalised(double[][] each) {
        int n = each[0].length, k = each.length;
        var p = new double[n][Math.max(2, k)];
        for (int i = 0; i < n; i++) {
            if (k == 1) {
                p[i][0] = 1 - each[0][i];
                p[i][1] = each[0][i];
                continue;
            }
            double sum = 0;
            for (int c = 0; c < k; c++) sum += each[c][i];
            for (int c = 0; c < k; c++) p[i][c] = sum > 0 ? each[c][i] / sum : 1.0 / k;
        }
        return n == 0 ? Tensor.zeros(DType.F64, 0, Math.max(2, k)) : Tensor.of(p);
    }
}
