package lyceum.learn.metrics;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/** A confusion matrix as text: the cells with their totals, or, where there are too many to read, the confusions that weigh most. */
final class ConfusionTable {
    private static final int MOST_CLASSES = 24, HEAVIEST = 12;

    private ConfusionTable() {}

    static String text(ConfusionMatrix matrix) { return matrix.classes() <= MOST_CLASSES ? whole(matrix) : heaviest(matrix); }

    private static String whole(ConfusionMatrix matrix) {
        int k = matrix.classes();
        var cells = new String[k + 2][k + 2];
        cells[0][0] = "true \\ predicted";
        cells[0][k + 1] = cells[k + 1][0] = "total";
        for (int i = 0; i < k; i++) {
            cells[0][i + 1] = cells[i + 1][0] = Long.toString(matrix.labels()[i]);
            cells[i + 1][k + 1] = number(matrix.support(i));
            cells[k + 1][i + 1] = number(matrix.predicted(i));
            for (int j = 0; j < k; j++) cells[i + 1][j + 1] = number(matrix.count(i, j));
        }
        cells[k + 1][k + 1] = number(matrix.total());
        var width = IntStream.range(0, k + 2).map(j -> Arrays.stream(cells).mapToInt(row -> row[j].length()).max().orElse(0)).toArray();
        var text = new StringBuilder();
        for (var row : cells) {
            for (int j = 0; j < row.length; j++)
                text.append(j == 0 ? "" : "  ").append(" ".repeat(width[j] - row[j].length())).append(row[j]);
            text.append('\n');
        }
        return text.toString();
    }

    private static String heaviest(ConfusionMatrix matrix) {
        int k = matrix.classes();
        var worst = IntStream.range(0, k * k).filter(at -> at / k != at % k && matrix.count(at / k, at % k) > 0).boxed()
                .sorted((a, b) -> Double.compare(matrix.count(b / k, b % k), matrix.count(a / k, a % k))).limit(HEAVIEST).toList();
        var text = new StringBuilder(String.format(Locale.ROOT, "%d classes, total %s, %.1f%% on the diagonal%n", k, number(matrix.total()),
                100 * matrix.accuracy()));
        for (int at : worst)
            text.append(String.format(Locale.ROOT, "true %d, predicted %d: %s%n", matrix.labels()[at / k], matrix.labels()[at % k],
                    number(matrix.count(at / k, at % k))));
        return text.toString();
    }

    private static String number(double weight) {
        return weight == Math.rint(weight) && Math.abs(weight) < 1e15 ? Long.toString((long) weight)
                : String.format(Locale.ROOT, "%.4g", weight);
    }
}
