package lyceum.data;

import java.util.Arrays;
import java.util.Locale;

/**
 * What {@link GroupBy#aggregate} makes of the rows of a group. Nulls are skipped; of no cells the mean, extremes and quantiles are null and the sum is 0.
 *
 * @param name   of the resulting column
 * @param kind   what is computed
 * @param column of which column; null for {@link Kind#ROWS}
 * @param q      the quantile, between 0 and 1; used by {@link Kind#QUANTILE} alone
 */
public record Aggregate(String name, Kind kind, String column, double q) {

    /** What is computed. */
    public enum Kind {
        ROWS, VALUES, DISTINCT, SUM, MEAN, VAR, STD, MIN, MAX, QUANTILE, FIRST, LAST
    }

    /** Number of rows, nulls too; named {@code rows}. */
    public static Aggregate rows() { return new Aggregate("rows", Kind.ROWS, null, 0); }

    /** Number of cells that are not null. */
    public static Aggregate values(String column) { return of(Kind.VALUES, column); }

    /** Number of different values, a null not counted. */
    public static Aggregate distinct(String column) { return of(Kind.DISTINCT, column); }

    /** Sum: I64 of I64 and BOOL columns (refused on overflow), F64 of F64 ones. */
    public static Aggregate sum(String column) { return of(Kind.SUM, column); }

    /** Arithmetic mean. */
    public static Aggregate mean(String column) { return of(Kind.MEAN, column); }

    /** Variance with n - 1; null of fewer than two cells. */
    public static Aggregate var(String column) { return of(Kind.VAR, column); }

    /** Standard deviation with n - 1; null of fewer than two cells. */
    public static Aggregate std(String column) { return of(Kind.STD, column); }

    /** Smallest cell, in the column's type. */
    public static Aggregate min(String column) { return of(Kind.MIN, column); }

    /** Largest cell, in the column's type. */
    public static Aggregate max(String column) { return of(Kind.MAX, column); }

    /** Median. */
    public static Aggregate median(String column) { return new Aggregate(column + "_median", Kind.QUANTILE, column, 0.5); }

    /** Quantile with linear interpolation between order statistics (Hyndman and Fan 1996, type 7), as NumPy's default. */
    public static Aggregate quantile(String column, double q) {
        if (!(q >= 0 && q <= 1)) throw new IllegalArgumentException("quantile: q is " + q + "; it lies between 0 and 1");
        return new Aggregate(column + "_q" + q, Kind.QUANTILE, column, q);
    }

    /** The first cell that is not null. */
    public static Aggregate first(String column) { return of(Kind.FIRST, column); }

    /** The last cell that is not null. */
    public static Aggregate last(String column) { return of(Kind.LAST, column); }

    private static Aggregate of(Kind kind, String column) {
        return new Aggregate(column + "_" + kind.name().toLowerCase(Locale.ROOT), kind, column, 0);
    }

    /** Another name for the resulting column. */
    public Aggregate as(String name) { return new Aggregate(name, kind, column, q); }

    /** Quantile {@code q} of sorted values. */
    static double quantile(double[] sorted, double q) {
        double at = q * (sorted.length - 1);
        int low = (int) Math.floor(at), high = Math.min(low + 1, sorted.length - 1);
        return sorted[low] == sorted[high] ? sorted[low] : sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }

    /** Sum of squared distances from the mean. */
    static double squares(double[] values) {
        double mean = mean(values), sum = 0;
        for (double value : values) sum += (value - mean) * (value - mean);
        return sum;
    }

    static double mean(double[] values) { return Arrays.stream(values).sum() / values.length; }
}
