package lyceum.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Rows to learn from: inputs, targets, and their names. Immutable; every method returns a new dataset.
 *
 * {@snippet :
 * var iris = Datasets.iris();
 * var parts = Split.random(iris, Rng.of(1), 0.8, 0.2);
 * var petals = parts.get(0).select("petal_length", "petal_width");
 * }
 *
 * @param x            inputs, first axis the rows: usually F64 of shape (n, p), for pictures (n, height, width)
 * @param y            targets of shape (n): I64 class numbers 0, 1, ... or F64 targets; (n, k) for several targets
 * @param featureNames one name for each column of {@code x}, or empty if columns have no names
 * @param classNames   the name of each class number; empty for a regression
 * @param description  where the rows come from, in a sentence or two
 */
public record Dataset(Tensor x, Tensor y, List<String> featureNames, List<String> classNames, String description) {

    /** Checks that the parts fit together. @throws ShapeException or IllegalArgumentException saying which do not */
    public Dataset {
        Objects.requireNonNull(description, "description");
        if (x.rank() == 0 || y.rank() == 0)
            throw new ShapeException("Dataset: x and y need rows, their shapes are " + x.shape() + " and " + y.shape());
        if (x.size(0) != y.size(0)) throw new ShapeException("Dataset: x has " + x.size(0) + " rows and y has " + y.size(0));
        if (x.size(0) > Integer.MAX_VALUE) throw new ShapeException("Dataset: " + x.size(0) + " rows; at most " + Integer.MAX_VALUE);
        featureNames = List.copyOf(featureNames);
        classNames = List.copyOf(classNames);
        if (!featureNames.isEmpty() && (x.rank() < 2 || x.size(1) != featureNames.size()))
            throw new ShapeException("Dataset: " + featureNames.size() + " feature names for x of shape " + x.shape());
        if (!classNames.isEmpty()) checkLabels(y, classNames.size());
    }

    /** Inputs and targets without names. */
    public static Dataset of(Tensor x, Tensor y) { return new Dataset(x, y, List.of(), List.of(), ""); }

    private static void checkLabels(Tensor y, int classes) {
        if (y.dtype().isFloat()) throw new lyceum.DTypeException("Dataset: class numbers are I64, y is " + y.dtype());
        if (y.count() == 0) return;
        double low = y.min().item(), high = y.max().item();
        if (low < 0 || high >= classes) throw new IllegalArgumentException(
                "Dataset: class number " + (long) (low < 0 ? low : high) + " with " + classes + " class names");
    }

    /** Number of rows. */
    public int size() { return (int) x.size(0); }

    /** Number of columns of {@code x}; 1 where it has none. */
    public int features() { return x.rank() < 2 ? 1 : (int) x.size(1); }

    /** Number of classes: as many as there are names, else the largest class number plus one; 0 for a regression. */
    public int classes() {
        if (!classNames.isEmpty()) return classNames.size();
        return y.dtype().isFloat() || y.count() == 0 ? 0 : (int) y.max().item() + 1;
    }

    /** Whether {@code y} holds class numbers. */
    public boolean isClassification() { return !y.dtype().isFloat(); }

    /** Class numbers as an array. @throws IllegalStateException for a regression */
    public int[] labels() {
        if (!isClassification()) throw new IllegalStateException("labels: y holds " + y.dtype() + " targets, not class numbers");
        return y.toIntArray();
    }

    /** How many rows each class has. */
    public int[] classCounts() {
        var counts = new int[classes()];
        for (int label : labels()) counts[label]++;
        return counts;
    }

    /** The rows with these numbers, in this order; numbers may repeat. */
    public Dataset rows(int... numbers) {
        for (int row : numbers) if (row < 0 || row >= size()) throw new IndexOutOfBoundsException("rows: row " + row + " of " + size());
        return with(x.rows(numbers), y.rows(numbers));
    }

    /** Rows {@code from} up to but not including {@code to}, without copying them. */
    public Dataset range(int from, int to) {
        Objects.checkFromToIndex(from, to, size());
        return with(x.narrow(0, from, to - from), y.narrow(0, from, to - from));
    }

    /** The first {@code n} rows, or all if there are fewer. */
    public Dataset head(int n) { return range(0, Math.min(n, size())); }

    /** All rows in random order. */
    public Dataset shuffled(Rng rng) { return rows(rng.permutation(size())); }

    /** The columns with these names, in this order. @throws IllegalArgumentException naming the known ones */
    public Dataset select(String... names) {
        var columns = new int[names.length];
        for (int i = 0; i < names.length; i++) {
            columns[i] = featureNames.indexOf(names[i]);
            if (columns[i] < 0)
                throw new IllegalArgumentException("select: no feature '" + names[i] + "'; there are " + String.join(", ", featureNames));
        }
        return columns(columns);
    }

    /** The columns with these numbers, in this order. */
    public Dataset columns(int... columns) {
        var names = new ArrayList<String>();
        for (int column : columns) {
            Objects.checkIndex(column, features());
            if (!featureNames.isEmpty()) names.add(featureNames.get(column));
        }
        return new Dataset(x.indexSelect(1, Tensor.of(columns)), y, names, classNames, description);
    }

    /** Only the rows of these classes, renumbered 0, 1, ... in the order given; for two-class examples. */
    public Dataset onlyClasses(int... keep) {
        var renumbered = new int[classes()];
        Arrays.fill(renumbered, -1);
        for (int i = 0; i < keep.length; i++) renumbered[Objects.checkIndex(keep[i], renumbered.length)] = i;
        var labels = labels();
        var rows = new int[labels.length];
        var kept = new long[labels.length];
        int n = 0;
        for (int i = 0; i < labels.length; i++) {
            if (renumbered[labels[i]] < 0) continue;
            rows[n] = i;
            kept[n++] = renumbered[labels[i]];
        }
        var names = classNames.isEmpty() ? classNames : Arrays.stream(keep).mapToObj(classNames::get).toList();
        return new Dataset(x.rows(Arrays.copyOf(rows, n)), Tensor.of(Arrays.copyOf(kept, n)), featureNames, names, description);
    }

    /** Each input as one row of numbers: pictures (n, height, width) become (n, height * width). */
    public Dataset flat() { return x.rank() == 2 ? this : new Dataset(x.reshape(size(), -1), y, List.of(), classNames, description); }

    /** With the inputs in another element type. */
    public Dataset to(DType type) { return withX(x.to(type)); }

    /** Replaces the inputs, with as many rows; feature names are kept if the number of columns is. */
    public Dataset withX(Tensor x) {
        boolean named = x.rank() == 2 && x.size(1) == featureNames.size();
        return new Dataset(x, y, named ? featureNames : List.of(), classNames, description);
    }

    /** Replaces the targets, with as many rows; class names are kept if the targets are class numbers. */
    public Dataset withY(Tensor y) { return new Dataset(x, y, featureNames, y.dtype().isFloat() ? List.of() : classNames, description); }

    private Dataset with(Tensor x, Tensor y) { return new Dataset(x, y, featureNames, classNames, description); }

    /** With every value of x multiplied by {@code factor}, in x's type: {@code digits().to(DType.F32).scaled(1.0 / 16)} has pixels from 0 to 1. */
    public Dataset scaled(double factor) { return withX(x.mul(factor).compute()); }

    /**
     * With every feature less its mean and divided by its standard deviation (that of the n rows, not n - 1), x as F64; a constant feature becomes 0.
     * Means and deviations are those of all rows, so splitting afterwards leaks the test rows into the training part.
     */
    public Dataset standardised() {
        var wide = x.to(DType.F64);
        var centred = wide.sub(wide.mean(0));
        var deviation = centred.square().mean(0).sqrt();
        return withX(centred.div(Tensor.where(deviation.eq(0), deviation.onesLike(), deviation)).compute());
    }

    @Override public String toString() {
        var answers = isClassification() ? classes() + " classes" : "target " + y.dtype();
        return "Dataset[x " + x.dtype() + x.shape() + ", " + answers + (description.isEmpty() ? "]" : ": " + description + "]");
    }
}
