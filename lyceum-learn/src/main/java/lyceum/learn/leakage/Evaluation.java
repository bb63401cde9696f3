package lyceum.learn.leakage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Dataset;
import lyceum.data.Frame;
import lyceum.learn.selection.Fold;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.Scorer;
import lyceum.stats.learner.Learner;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * What a {@link LeakageAudit} looks at: rows, how they are split, what is done to them, and what is known about them. All but rows, answers and folds may be
 * left out; what is not told cannot be checked.
 *
 * @param x (n x p), F64; NaN is a missing value
 * @param y (n): labels of an integer type, or numbers
 * @param names of the columns; empty for {@code column 0, column 1, ...}
 * @param folds who trains and tests; one fold for a plain split
 * @param preparation of the rows, none by default
 * @param learner to estimate inflation with, or null
 * @param scorer of the learner; null for the area under the ROC curve (labels) or R2 (numbers)
 * @param groups the patient, user or document of each row, or null
 * @param times when each row was observed, in any unit, or null
 * @param predictedAt when the prediction for each row would be made, or null
 * @param writtenAt by column, when the value in each row was written
 * @param texts a text of each row whose near copies count as duplicates, or null
 */
@Withers
public record Evaluation(Tensor x, Tensor y, List<String> names, List<Fold> folds, Preparation preparation, Learner learner, Scorer scorer,
        int[] groups, double[] times, double[] predictedAt, Map<Integer, double[]> writtenAt, List<String> texts)
        implements EvaluationWithers {
    public Evaluation {
        if (x.rank() != 2 || y.rank() != 1 || y.size(0) != x.size(0))
            throw new ShapeException("Evaluation: x has shape " + x.shape() + " and y " + y.shape() + "; (n x p) and (n) are needed");
        x = x.to(DType.F64);
        int n = (int) x.size(0), p = (int) x.size(1);
        names = names.isEmpty() ? IntStream.range(0, p).mapToObj(j -> "column " + j).toList() : List.copyOf(names);
        if (names.size() != p) throw new ShapeException("Evaluation: " + names.size() + " names for " + p + " columns");
        folds = List.copyOf(folds);
        if (folds.isEmpty()) throw new IllegalArgumentException("Evaluation: there are no folds");
        for (var fold : folds)
            for (int[] side : List.of(fold.train(), fold.test()))
                for (int row : side)
                    if (row < 0 || row >= n) throw new IllegalArgumentException("Evaluation: a fold has row " + row + " of " + n);
        if (scorer == null) scorer = y.dtype().isFloat() ? Scorer.R2 : Scorer.ROC_AUC;
        checkLength("groups", groups == null ? n : groups.length, n);
        checkLength("times", times == null ? n : times.length, n);
        checkLength("predictedAt", predictedAt == null ? n : predictedAt.length, n);
        checkLength("texts", texts == null ? n : texts.size(), n);
        writtenAt = Map.copyOf(writtenAt);
        for (var e : writtenAt.entrySet()) {
            if (e.getKey() < 0 || e.getKey() >= p)
                throw new IllegalArgumentException("Evaluation: writtenAt names column " + e.getKey() + " of " + p);
            checkLength("writtenAt of column " + e.getKey(), e.getValue().length, n);
            if (predictedAt == null)
                throw new IllegalArgumentException("Evaluation: writtenAt is given without predictedAt; both are needed");
        }
        texts = texts == null ? null : List.copyOf(texts);
    }

    private static void checkLength(String what, int length, int n) {
        if (length != n) throw new ShapeException("Evaluation: " + length + " " + what + " for " + n + " rows");
    }

    /** Rows and answers under these folds. */
    public static Evaluation of(Tensor x, Tensor y, List<Fold> folds) {
        return new Evaluation(x, y, List.of(), folds, Preparation.none(), null, null, null, null, null, Map.of(), null);
    }

    /** Under a scheme that needs no groups. */
    public static Evaluation of(Dataset data, FoldScheme scheme) {
        long[] labels = data.isClassification() ? data.y().toLongArray() : null;
        return of(data.x(), data.y(), scheme.folds(new FoldScheme.Rows(data.size(), labels, null))).withNames(data.featureNames());
    }

    /** A plain split. */
    public static Evaluation of(Dataset train, Dataset test) {
        int n = train.size(), all = n + test.size();
        return of(Tensor.concat(0, train.x(), test.x()), Tensor.concat(0, train.y(), test.y()),
                List.of(new Fold(IntStream.range(0, n).toArray(), IntStream.range(n, all).toArray()))).withNames(train.featureNames());
    }

    /**
     * A table: numbers as they are, categories as their places, moments as microseconds, a null as NaN; texts of a row together are searched for near copies.
     *
     * @param target its name; labels if it is no F64
     */
    public static Evaluation of(Frame frame, String target, FoldScheme scheme) {
        var names = new ArrayList<String>();
        var columns = new ArrayList<Tensor>();
        var texts = new String[frame.size()];
        boolean anyText = false;
        for (var column : frame.columns()) {
            if (column.name().equals(target)) continue;
            if (column.type() == ColumnType.TEXT) {
                for (int i = 0; i < texts.length; i++)
                    texts[i] = (texts[i] == null ? "" : texts[i] + " ") + (column.isNull(i) ? "" : column.get(i));
                anyText = true;
                continue;
            }
            names.add(column.name());
            columns.add(Tensor.of(numbers(column)));
        }
        var answers = frame.column(target);
        Tensor y;
        if (answers.type() == ColumnType.TEXT) {
            var places = new TreeMap<String, Long>();
            answers.toList().forEach(v -> places.put(String.valueOf(v), 0L));
            long next = 0;
            for (var e : places.entrySet()) e.setValue(next++);
            y = Tensor.of(answers.toList().stream().mapToLong(v -> places.get(String.valueOf(v))).toArray());
        } else y = answers.type() == ColumnType.F64 ? answers.tensor() : answers.tensor().to(DType.I64);
        if (columns.isEmpty()) throw new IllegalArgumentException("Evaluation: the frame has no column but '" + target + "' and texts");
        var folds = scheme.folds(new FoldScheme.Rows(frame.size(), y.dtype().isFloat() ? null : y.toLongArray(), null));
        var evaluation = of(Tensor.stack(1, columns.toArray(Tensor[]::new)), y, folds).withNames(names);
        return anyText ? evaluation.withTexts(List.of(texts)) : evaluation;
    }

    private static double[] numbers(Column column) {
        if (!column.type().isText()) return column.numbers();
        var places = column.dictionary();
        return IntStream.range(0, column.size()).mapToDouble(i -> column.isNull(i) ? Double.NaN : places.indexOf(column.get(i))).toArray();
    }

    int rows() { return (int) x.size(0); }

    boolean isClassification() { return !y.dtype().isFloat(); }
}
