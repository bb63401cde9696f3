package lyceum.learn.leakage;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.learn.selection.Fold;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Overwrites the test rows of a fold and looks whether its training rows are prepared otherwise than before: then what prepared them had seen test rows. */
final class Nonsense {
    private static final double ROUNDING = 1e-9;

    private final Evaluation e;
    private final long seed;

    Nonsense(Evaluation e, long seed) {
        this.e = e;
        this.seed = seed;
    }

    List<Finding> findings(Repair repair) {
        double rows = 0, labels = 0;
        for (int f = 0; f < e.folds().size() && labels <= ROUNDING; f++) {
            var fold = e.folds().get(f);
            var rng = Rng.of(seed).split(f);
            double[][] usual = prepared(e.x(), e.y(), fold);
            rows = Math.max(rows, change(usual, prepared(otherRows(fold, rng), e.y(), fold)));
            labels = Math.max(labels, change(usual, prepared(e.x(), otherAnswers(fold, rng), fold)));
        }
        if (labels > ROUNDING) return List.of(new Finding(Finding.Kind.FITTED_ON_TEST_LABELS, List.of(), List.of(),
                "training rows are prepared otherwise (by %.3g of a column's scale) when the labels of test rows are overwritten"
                        .formatted(labels),
                labels, repair.prepared()));
        if (rows > ROUNDING) return List.of(new Finding(Finding.Kind.FITTED_ON_TEST_ROWS, List.of(), List.of(),
                "training rows are prepared otherwise (by %.3g of a column's scale) when test rows are overwritten".formatted(rows), rows,
                repair.prepared()));
        return List.of();
    }

    private double[][] prepared(Tensor x, Tensor y, Fold fold) {
        return e.preparation().prepare(x, y, fold).train().transpose(0, 1).toRows();
    }

    /** The largest difference over the largest number of its column; infinite if there are more or fewer numbers. */
    private static double change(double[][] a, double[][] b) {
        if (a.length != b.length) return Double.POSITIVE_INFINITY;
        double worst = 0;
        for (int j = 0; j < a.length; j++) worst = Math.max(worst, change(a[j], b[j]));
        return worst;
    }

    private static double change(double[] a, double[] b) {
        if (a.length != b.length) return Double.POSITIVE_INFINITY;
        double scale = Double.MIN_NORMAL, most = 0;
        for (int i = 0; i < a.length; i++) {
            if (Double.isNaN(a[i]) != Double.isNaN(b[i])) return Double.POSITIVE_INFINITY;
            if (Double.isNaN(a[i])) continue;
            scale = Math.max(scale, Math.max(Math.abs(a[i]), Math.abs(b[i])));
            most = Math.max(most, Math.abs(a[i] - b[i]));
        }
        return most / scale;
    }

    /** Test rows taken from others, their columns moved on, stretched threefold and shifted. */
    private Tensor otherRows(Fold fold, Rng rng) {
        double[] values = e.x().toDoubleArray();
        int p = (int) e.x().size(1), n = e.rows();
        double[] old = values.clone();
        for (int row : fold.test()) {
            int other = rng.nextInt(n) * p, on = rng.nextInt(p);
            double shift = 1 + rng.nextDouble();
            for (int j = 0; j < p; j++) values[row * p + j] = 3 * old[other + (j + on) % p] + shift;
        }
        return Tensor.of(values, n, p);
    }

    /** Answers of test rows replaced by other classes, or by numbers far off. */
    private Tensor otherAnswers(Fold fold, Rng rng) {
        if (!e.isClassification()) {
            double[] y = e.y().toDoubleArray(), old = y.clone();
            for (int row : fold.test()) y[row] = 3 * old[rng.nextInt(old.length)] + rng.nextGaussian();
            return Tensor.of(y);
        }
        long[] y = e.y().to(DType.I64).toLongArray(), classes = Arrays.stream(y).distinct().sorted().toArray();
        for (int row : fold.test()) {
            int code = Arrays.binarySearch(classes, y[row]);
            y[row] = classes[(code + 1 + rng.nextInt(Math.max(1, classes.length - 1))) % classes.length];
        }
        return Tensor.of(y);
    }
}
