package lyceum.stats.learner;

import java.util.Arrays;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Checked rows: what every {@code fit} and {@code predict} begins with, so that bad data is refused everywhere in the same words.
 *
 * {@snippet :
 * var input = LearnerInput.forFit(this, x);          // (n x p), float, finite, at least one row and one column
 * double[] w = input.weights(weights);               // ones if weights is null
 * Tensor target = input.target(y);                   // (n), finite, in the type of x
 * Labels labels = input.labels(y);                   // classes and codes
 * // in the methods of the model
 * var z = LearnerInput.forModel(this, x).x();        // as many columns as the model was fitted on
 * }
 *
 * @param operation what messages start with, such as {@code Ridge.fit}
 * @param x the rows: (n x p), F64 or F32
 */
public record LearnerInput(String operation, Tensor x) {

    /** Rows to fit {@code learner} to. */
    public static LearnerInput forFit(Learner learner, Tensor x) {
        var tags = learner.tags();
        String operation = learner.name() + ".fit";
        var input = matrix(operation, x, tags.contains(Tag.ALLOWS_NAN));
        if (input.rows() == 0)
            throw new ShapeException(operation + ": x has shape " + x.shape() + " and so no rows; at least one is needed");
        if (tags.contains(Tag.POSITIVE_ONLY)) input.checkNotNegative();
        return input;
    }

    /** Rows for a model's {@code predict}, {@code transform} and the like; there may be none of them. */
    public static LearnerInput forModel(Model model, Tensor x) { return forModel(nameOf(model), x, model.nFeatures(), false); }

    /** Like {@link #forModel(Model, Tensor)}, where NaN is data. */
    public static LearnerInput forModelWithNaN(Model model, Tensor x) { return forModel(nameOf(model), x, model.nFeatures(), true); }

    /** Rows for a {@code score}: at least one; the values are left for {@code predict} to judge. */
    static LearnerInput forScore(Model model, Tensor x) {
        var input = forModel(nameOf(model) + ".score", x, model.nFeatures(), true);
        if (input.rows() == 0)
            throw new ShapeException(input.operation + ": x has shape " + x.shape() + " and so no rows; at least one is needed");
        return input;
    }

    private static LearnerInput forModel(String operation, Tensor x, int nFeatures, boolean allowNaN) {
        var input = matrix(operation, x, allowNaN);
        if (input.columns() != nFeatures) {
            throw new ShapeException(operation + ": x has " + columns(input.columns()) + "; the model was fitted on " + nFeatures);
        }
        return input;
    }

    static String nameOf(Model model) { return model.getClass().getSimpleName(); }

    private static String columns(int n) { return n == 1 ? "1 column" : n + " columns"; }

    /** Rows under another operation's name: (n x p), float, finite. */
    public static LearnerInput matrix(String operation, Tensor x, boolean allowNaN) {
        if (x == null) throw new IllegalArgumentException(operation + ": x is null");
        if (x.rank() == 1) throw new ShapeException(operation + ": x has shape " + x.shape()
                + "; it needs rows and columns: reshape(-1, 1) makes one column of it, reshape(1, -1) one row");
        if (x.rank() != 2) throw new ShapeException(operation + ": x has shape " + x.shape() + "; it needs two axes, rows and columns");
        if (x.size(1) == 0)
            throw new ShapeException(operation + ": x has shape " + x.shape() + " and so no columns; at least one is needed");
        if (x.size(0) > Integer.MAX_VALUE || x.size(1) > Integer.MAX_VALUE)
            throw new ShapeException(operation + ": x has shape " + x.shape() + "; at most 2^31 - 1 rows and columns");
        var input = new LearnerInput(operation, floats(x.detach()));
        input.checkFinite("x", input.x, allowNaN);
        return input;
    }

    private static Tensor floats(Tensor t) {
        return switch (t.dtype()) {
            case F64, F32 -> t;
            case F16, BF16 -> t.to(DType.F32);
            default -> t.to(DType.F64);
        };
    }

    public int rows() { return (int) x.size(0); }

    public int columns() { return (int) x.size(1); }

    /** One weight a row: {@code weights} checked, or ones if it is {@code null}. */
    public double[] weights(Tensor weights) {
        int n = rows();
        if (weights == null) {
            var ones = new double[n];
            Arrays.fill(ones, 1);
            return ones;
        }
        checkVector("weights", weights);
        double[] w = weights.toDoubleArray();
        double sum = 0;
        for (int i = 0; i < n; i++) {
            if (!(w[i] >= 0) || w[i] == Double.POSITIVE_INFINITY) {
                throw new IllegalArgumentException(operation + ": weight " + i + " is " + w[i] + "; weights are finite and at least 0");
            }
            sum += w[i];
        }
        if (sum == 0) throw new IllegalArgumentException(operation + ": all weights are 0; at least one must be positive");
        return w;
    }

    /** For learners with {@link Tag#NO_WEIGHTS}. */
    public void refuseWeights(Tensor weights) {
        if (weights != null) throw new IllegalArgumentException(operation + ": this learner takes no sample weights; pass null");
    }

    /** One target a row (n), finite, in the type of {@code x}; (n x 1) is flattened. */
    public Tensor target(Tensor y) {
        var t = targets(y);
        if (t.rank() == 2 && t.size(1) != 1) {
            throw new ShapeException(operation + ": y has shape " + y.shape() + "; this learner has one target, fit one model a column");
        }
        return t.rank() == 2 ? t.reshape(-1) : t;
    }

    /** One or several targets a row, (n) or (n x m), finite, in the type of {@code x}. */
    public Tensor targets(Tensor y) {
        if (y == null) throw new IllegalArgumentException(operation + ": y is null");
        if (y.rank() == 0 || y.rank() > 2 || y.size(0) != rows()) {
            throw new ShapeException(operation + ": x has " + rows() + " rows but y has shape " + y.shape());
        }
        if (y.count() == 0) throw new ShapeException(operation + ": y has shape " + y.shape() + " and so no targets");
        var t = y.detach().to(x.dtype());
        checkFinite("y", t, false);
        return t;
    }

    /** One label a row as classes and codes. @throws DTypeException if they are not integers or BOOL */
    public Labels labels(Tensor labels) { return Labels.of(labelValues(labels)); }

    /** {@link #labels(Tensor)} of a learner that needs several classes. @throws IllegalArgumentException if there is one only */
    public Labels severalLabels(Tensor labels) {
        var found = labels(labels);
        if (found.count() < 2)
            throw new IllegalArgumentException(operation + ": all labels are " + found.classes()[0] + "; at least two classes are needed");
        return found;
    }

    long[] labelValues(Tensor labels) {
        if (labels == null) throw new IllegalArgumentException(operation + ": labels is null");
        checkVector("labels", labels);
        if (labels.dtype().isFloat()) throw new DTypeException(
                operation + ": labels are " + labels.dtype() + "; a classifier takes integers or BOOL, to(DType.I64) converts");
        return labels.to(DType.I64).toLongArray();
    }

    private void checkVector(String what, Tensor v) {
        if (v.rank() != 1 || v.size(0) != rows()) {
            throw new ShapeException(operation + ": x has " + rows() + " rows but " + what + " has shape " + v.shape());
        }
    }

    private void checkNotNegative() {
        if (x.count() == 0 || !(x.min().item() < 0)) return;
        refuse("x", x, v -> v < 0, "values are at least 0 here");
    }

    private void checkFinite(String what, Tensor t, boolean allowNaN) {
        if (t.count() == 0) return;
        // A sum is finite if every value is, except for overflow: the quick test that passes almost always.
        if (Double.isFinite(t.to(DType.F64).sum().item())) return;
        refuse(what, t, v -> allowNaN ? Double.isInfinite(v) : !Double.isFinite(v),
                allowNaN ? "infinite values must be replaced" : "fill or drop missing values first");
    }

    private interface Bad {
        boolean is(double value);
    }

    private void refuse(String what, Tensor t, Bad bad, String fix) {
        double[] values = t.toDoubleArray();
        int width = t.rank() == 2 ? (int) t.size(1) : 1;
        for (int i = 0; i < values.length; i++) {
            if (!bad.is(values[i])) continue;
            String place = t.rank() == 2 ? "row " + i / width + ", column " + i % width : "row " + i;
            throw new IllegalArgumentException(operation + ": " + what + " is " + values[i] + " at " + place + "; " + fix);
        }
    }
}
