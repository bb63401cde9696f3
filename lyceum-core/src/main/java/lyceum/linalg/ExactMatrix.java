package lyceum.linalg;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.Tensor;

/**
 * A matrix of whole numbers of any size, for a rank and a kernel without rounding. Fractions are scaled row by row to whole numbers, which changes
 * neither.
 *
 * {@snippet :
 * var a = ExactMatrix.of(new long[][] {{1, 2, 3}, {2, 4, 6}});
 * a.rank();                      // 1
 * a.kernel();                    // {(-2, 1, 0), (-3, 0, 1)}
 * }
 *
 * <p>Elimination is free of fractions: every division leaves no rest, and entries stay minors of the matrix, {@code O(n log n)} digits long. Immutable.
 *
 * @see <a href="https://doi.org/10.1090/S0025-5718-1968-0226829-0">Bareiss (1968), Sylvester's Identity and Multistep Integer-Preserving Gaussian Elimination</a>
 */
public final class ExactMatrix {
    private final BigInteger[][] a;
    private final int columns;
    private volatile Reduced reduced;

    /** Rows with a pivot first: {@code d} in the row's pivot column, 0 in the other pivot columns. */
    private record Reduced(BigInteger[][] rows, int[] pivots, BigInteger d) {}

    private ExactMatrix(BigInteger[][] a) {
        this.a = a;
        columns = a.length == 0 ? 0 : a[0].length;
        for (var row : a)
            if (row.length != columns)
                throw new ShapeException("exact matrix: a row of " + row.length + " numbers beside one of " + columns);
    }

    public static ExactMatrix of(long[][] rows) {
        return new ExactMatrix(Arrays.stream(rows).map(row -> Arrays.stream(row).mapToObj(BigInteger::valueOf).toArray(BigInteger[]::new))
                .toArray(BigInteger[][]::new));
    }

    public static ExactMatrix of(BigInteger[][] rows) {
        return new ExactMatrix(Arrays.stream(rows).map(BigInteger[]::clone).toArray(BigInteger[][]::new));
    }

    /** {@code numerators[i][j] / denominators[i][j]}, with row i times the least common multiple of its denominators. */
    public static ExactMatrix ofFractions(long[][] numerators, long[][] denominators) {
        if (numerators.length != denominators.length) throw new ShapeException(
                "exact matrix: " + numerators.length + " rows of numerators and " + denominators.length + " of denominators");
        var rows = new BigInteger[numerators.length][];
        for (int i = 0; i < rows.length; i++) {
            if (numerators[i].length != denominators[i].length) throw new ShapeException("exact matrix: row " + i + " has "
                    + numerators[i].length + " numerators and " + denominators[i].length + " denominators");
            var multiple = BigInteger.ONE;
            for (long d : denominators[i]) {
                if (d == 0) throw new IllegalArgumentException("exact matrix: a denominator in row " + i + " is 0; fractions have others");
                var big = BigInteger.valueOf(d);
                multiple = multiple.divide(multiple.gcd(big)).multiply(big).abs();
            }
            rows[i] = new BigInteger[numerators[i].length];
            for (int j = 0; j < rows[i].length; j++)
                rows[i][j] = BigInteger.valueOf(numerators[i][j]).multiply(multiple.divide(BigInteger.valueOf(denominators[i][j])));
        }
        return new ExactMatrix(rows);
    }

    /** The very numbers that a tensor {@code (m, n)} holds: each float is a whole number times a power of 2. */
    public static ExactMatrix of(Tensor a) {
        var rows = Matrices.rows("exact matrix", a);
        var whole = new BigInteger[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            var decimals = Arrays.stream(rows[i]).mapToObj(BigDecimal::new).toArray(BigDecimal[]::new);
            int digits = Arrays.stream(decimals).mapToInt(BigDecimal::scale).max().orElse(0);
            whole[i] = Arrays.stream(decimals).map(v -> v.movePointRight(Math.max(0, digits)).toBigIntegerExact())
                    .toArray(BigInteger[]::new);
        }
        return new ExactMatrix(whole);
    }

    public int rows() { return a.length; }

    public int columns() { return columns; }

    public BigInteger get(int row, int column) { return a[row][column]; }

    /** {@code A x}. */
    public BigInteger[] times(BigInteger... x) {
        if (x.length != columns) throw new ShapeException("exact matrix: " + x.length + " numbers for " + columns + " columns");
        var y = new BigInteger[a.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = BigInteger.ZERO;
            for (int j = 0; j < columns; j++) y[i] = y[i].add(a[i][j].multiply(x[j]));
        }
        return y;
    }

    public int rank() { return reduce().pivots.length; }

    /** {@code columns - rank} independent vectors with {@code A k = 0}, one a row; each in lowest terms. */
    public BigInteger[][] kernel() {
        var r = reduce();
        var kernel = new BigInteger[columns - r.pivots.length][];
        for (int free = 0, row = 0, found = 0; free < columns; free++) {
            if (row < r.pivots.length && r.pivots[row] == free) {
                row++;
                continue;
            }
            var k = new BigInteger[columns];
            Arrays.fill(k, BigInteger.ZERO);
            k[free] = r.d;
            for (int i = 0; i < r.pivots.length; i++) k[r.pivots[i]] = r.rows[i][free].negate();
            var common = BigInteger.ZERO;
            for (var v : k) common = common.gcd(v);
            if (r.d.signum() < 0) common = common.negate();
            for (int j = 0; j < columns; j++) k[j] = k[j].divide(common);
            kernel[found++] = k;
        }
        return kernel;
    }

    /** Gauss and Jordan without fractions: after each step every entry is a determinant of the matrix, and the last pivot divides the next. */
    private Reduced reduce() {
        var known = reduced;
        if (known != null) return known;
        var m = Arrays.stream(a).map(BigInteger[]::clone).toArray(BigInteger[][]::new);
        var pivots = new int[Math.min(m.length, columns)];
        int rank = 0;
        var last = BigInteger.ONE;
        for (int c = 0; c < columns && rank < m.length; c++) {
            int row = rank;
            while (row < m.length && m[row][c].signum() == 0) row++;
            if (row == m.length) continue;
            var swapped = m[row];
            m[row] = m[rank];
            m[rank] = swapped;
            var pivot = swapped[c];
            for (int i = 0; i < m.length; i++) {
                if (i == rank) continue;
                var factor = m[i][c];
                for (int j = 0; j < columns; j++) m[i][j] = pivot.multiply(m[i][j]).subtract(factor.multiply(swapped[j])).divide(last);
            }
            last = pivot;
            pivots[rank++] = c;
        }
        return reduced = new Reduced(m, Arrays.copyOf(pivots, rank), last);
    }
}
