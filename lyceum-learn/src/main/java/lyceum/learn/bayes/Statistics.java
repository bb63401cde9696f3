package lyceum.learn.bayes;

import java.util.Arrays;
import lyceum.DType;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * What has been counted so far: sums of counts or presences, means and squared deviations, or counts of categories, a class each.
 *
 * @param columns p
 * @param classWeights total weight of each class
 * @param first (classes x p) sums, or means for the Gaussian; (classes x total categories) counts for categories
 * @param second (classes x p) sums of squared deviations, Gaussian only
 * @param rows of positive weight seen
 * @param columnMeans of all rows, unweighted; Gaussian only
 * @param columnSquares sums of squared deviations of all rows, unweighted; Gaussian only
 * @param offsets where each feature's categories begin (p + 1); categories only
 */
public record Statistics(int columns, double[] classWeights, double[] first, double[] second, double rows, double[] columnMeans,
        double[] columnSquares, int[] offsets) {

    static Statistics empty(EventModel events, int classes, int p) {
        boolean gaussian = events instanceof EventModel.Gaussian;
        var offsets = new int[events instanceof EventModel.Categorical ? p + 1 : 0];
        if (events instanceof EventModel.Categorical(double alpha, int categories))
            for (int j = 0; j <= p; j++) offsets[j] = j * categories;
        int width = offsets.length > 0 ? offsets[p] : p;
        return new Statistics(p, new double[classes], new double[classes * width], new double[gaussian ? classes * p : 0], 0,
                new double[gaussian ? p : 0], new double[gaussian ? p : 0], offsets);
    }

    private Statistics copy() {
        return new Statistics(columns, classWeights.clone(), first.clone(), second.clone(), rows, columnMeans.clone(),
                columnSquares.clone(), offsets);
    }

    private Statistics withRows(double rows) {
        return new Statistics(columns, classWeights, first, second, rows, columnMeans, columnSquares, offsets);
    }

    int classes() { return classWeights.length; }

    Statistics add(EventModel events, String operation, double[] x, int[] codes, double[] w) {
        return switch (events) {
            case EventModel.Gaussian g -> addNumbers(x, codes, w);
            case EventModel.Categorical c -> addCategories(operation, x, codes, w);
            case EventModel.Bernoulli(double alpha, double threshold) -> addSums(x, codes, w, threshold, true);
            default -> addSums(x, codes, w, 0, false);
        };
    }

    private Statistics addSums(double[] x, int[] codes, double[] w, double threshold, boolean presence) {
        var sums = copy();
        double[] first = sums.first;
        int p = columns;
        for (int i = 0; i < codes.length; i++) {
            sums.classWeights[codes[i]] += w[i];
            for (int j = 0, at = i * p, to = codes[i] * p; j < p; j++)
                first[to + j] += presence ? x[at + j] > threshold ? w[i] : 0 : w[i] * x[at + j];
        }
        return sums;
    }

    /** Entries of sparse rows; absent ones are 0 and add nothing. */
    Statistics add(Csr x, int[] codes, double[] w, double threshold, boolean presence) {
        var sums = copy();
        double[] values = x.values().to(DType.F64).toDoubleArray();
        for (int i = 0; i < codes.length; i++) {
            sums.classWeights[codes[i]] += w[i];
            for (int e = x.rowStart(i); e < x.rowStart(i + 1); e++) {
                sums.first[codes[i] * columns + x.column(e)] += presence ? values[e] > threshold ? w[i] : 0 : w[i] * values[e];
            }
        }
        return sums;
    }

    /** Two passes over the batch, then the formula of Chan, Golub and LeVeque (1979) to join it with what was there. */
    private Statistics addNumbers(double[] x, int[] codes, double[] w) {
        var joined = copy();
        int k = classes(), p = columns;
        double[] mass = new double[k], mean = new double[k * p], squares = new double[k * p], ones = new double[codes.length];
        for (int i = 0; i < ones.length; i++) ones[i] = w[i] > 0 ? 1 : 0;
        moments(x, codes, w, mass, mean, squares, p);
        for (int c = 0; c < k; c++) join(joined.classWeights, c, joined.first, joined.second, c * p, mass[c], mean, squares, p);
        double[] count = new double[1], allMean = new double[p], allSquares = new double[p], seen = {rows};
        moments(x, new int[codes.length], ones, count, allMean, allSquares, p);
        join(seen, 0, joined.columnMeans, joined.columnSquares, 0, count[0], allMean, allSquares, p);
        return joined.withRows(seen[0]);
    }

    private static void moments(double[] x, int[] codes, double[] w, double[] mass, double[] mean, double[] squares, int p) {
        for (int i = 0; i < codes.length; i++) {
            mass[codes[i]] += w[i];
            for (int j = 0; j < p; j++) mean[codes[i] * p + j] += w[i] * x[i * p + j];
        }
        for (int s = 0; s < mean.length; s++) if (mass[s / p] > 0) mean[s] /= mass[s / p];
        for (int i = 0; i < codes.length; i++) {
            for (int j = 0; j < p; j++) {
                double d = x[i * p + j] - mean[codes[i] * p + j];
                squares[codes[i] * p + j] += w[i] * d * d;
            }
        }
    }

    private static void join(double[] masses, int c, double[] means, double[] squares, int at, double mass, double[] mean, double[] square,
            int p) {
        double all = masses[c] + mass;
        if (!(mass > 0)) return;
        for (int j = at; j < at + p; j++) {
            double d = mean[j] - means[j];
            squares[j] += square[j] + d * d * (masses[c] / all) * mass;
            means[j] += d * (mass / all);
        }
        masses[c] = all;
    }

    private Statistics addCategories(String operation, double[] x, int[] codes, double[] w) {
        int p = columns;
        var most = new int[p];
        for (int j = 0; j < p; j++) most[j] = offsets[j + 1] - offsets[j];
        for (int i = 0; i < codes.length * p; i++) {
            double v = x[i];
            if (v != Math.rint(v) || v < 0 || v > 1_000_000) {
                throw new IllegalArgumentException(operation + ": x is " + v + " at row " + i / p + ", column " + i % p
                        + "; categories are whole numbers from 0 to 1000000");
            }
            most[i % p] = Math.max(most[i % p], (int) v + 1);
        }
        var wider = widened(most);
        int width = wider.offsets[p];
        for (int i = 0; i < codes.length; i++) {
            wider.classWeights[codes[i]] += w[i];
            for (int j = 0; j < p; j++) wider.first[codes[i] * width + wider.offsets[j] + (int) x[i * p + j]] += w[i];
        }
        return wider;
    }

    private Statistics widened(int[] most) {
        int p = columns, k = classes(), width = offsets[p];
        var to = new int[p + 1];
        for (int j = 0; j < p; j++) to[j + 1] = to[j] + most[j];
        var counts = new double[k * to[p]];
        for (int c = 0; c < k; c++)
            for (int j = 0; j < p; j++)
                System.arraycopy(first, c * width + offsets[j], counts, c * to[p] + to[j], offsets[j + 1] - offsets[j]);
        return new Statistics(p, classWeights.clone(), counts, second, rows, columnMeans, columnSquares, to);
    }

    /** What is added to every variance. */
    double smoothing(double share) {
        double largest = 0;
        for (double s : columnSquares) largest = Math.max(largest, rows > 0 ? s / rows : 0);
        return share * largest;
    }

    Tensor tensor(double[] table) { return Tensor.of(Arrays.copyOf(table, table.length), classes(), table.length / classes()); }
}
