package lyceum.stats.missing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** The rows of a table by which of their cells are there: what the normal's likelihood needs of each kind of row, whatever their number. */
record Patterns(int columns, int rows, List<Pattern> all) {

    /**
     * Rows that have the same cells.
     *
     * @param seen columns that are there
     * @param hidden the others
     * @param count of the rows
     * @param mean of the columns there
     * @param scatter sum of {@code (x - mean)(x - mean)'} over the columns there
     */
    record Pattern(int[] seen, int[] hidden, int count, double[] mean, double[][] scatter) {}

    /** Rows without any cell say nothing and are left out. @throws IllegalArgumentException if a column has no value, or a cell is infinite */
    static Patterns of(String operation, Tensor x) {
        if (x.rank() != 2 || x.size(0) == 0 || x.size(1) == 0)
            throw new ShapeException(operation + ": x has shape " + x.shape() + "; it needs rows and columns");
        double[][] rows = x.toRows();
        int p = rows[0].length, kept = 0;
        var groups = new LinkedHashMap<String, List<double[]>>();
        var has = new boolean[p];
        for (int i = 0; i < rows.length; i++) {
            var key = new StringBuilder();
            for (int j = 0; j < p; j++) {
                if (Double.isInfinite(rows[i][j]))
                    throw new IllegalArgumentException(operation + ": x is " + rows[i][j] + " at row " + i + ", column " + j);
                boolean there = !Double.isNaN(rows[i][j]);
                has[j] |= there;
                key.append(there ? '1' : '0');
            }
            if (key.indexOf("1") < 0) continue;
            kept++;
            groups.computeIfAbsent(key.toString(), k -> new ArrayList<>()).add(rows[i]);
        }
        for (int j = 0; j < p; j++)
            if (!has[j]) throw new IllegalArgumentException(operation + ": column " + j + " has no value at all; drop it");
        var all = new ArrayList<Pattern>();
        groups.forEach((key, members) -> all.add(pattern(key, members)));
        return new Patterns(p, kept, all);
    }

    private static Pattern pattern(String key, List<double[]> rows) {
        int p = key.length(), k = 0;
        for (int j = 0; j < p; j++) if (key.charAt(j) == '1') k++;
        int[] seen = new int[k], hidden = new int[p - k];
        for (int j = 0, s = 0, h = 0; j < p; j++) {
            if (key.charAt(j) == '1') seen[s++] = j;
            else hidden[h++] = j;
        }
        double[] mean = new double[k], d = new double[k];
        var scatter = new double[k][k];
        for (var row : rows) for (int a = 0; a < k; a++) mean[a] += row[seen[a]] / rows.size();
        for (var row : rows) {
            for (int a = 0; a < k; a++) d[a] = row[seen[a]] - mean[a];
            for (int a = 0; a < k; a++) for (int b = 0; b < k; b++) scatter[a][b] += d[a] * d[b];
        }
        return new Pattern(seen, hidden, rows.size(), mean, scatter);
    }

    /** The part of a symmetric matrix. */
    static double[][] part(double[][] matrix, int[] rows, int[] columns) {
        var part = new double[rows.length][columns.length];
        for (int a = 0; a < rows.length; a++) for (int b = 0; b < columns.length; b++) part[a][b] = matrix[rows[a]][columns[b]];
        return part;
    }
}
