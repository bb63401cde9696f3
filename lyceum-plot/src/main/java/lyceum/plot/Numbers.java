package lyceum.plot;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/** An immutable list of doubles that compares by value, so that the records of a figure do. NaN and infinities may stand in it: they are gaps. */
public final class Numbers {
    /** No numbers. */
    public static final Numbers NONE = new Numbers(new double[0]);

    private final double[] values;

    private Numbers(double[] values) { this.values = values; }

    /**
     * A copy of these values.
     *
     * @param values any doubles
     */
    public static Numbers of(double... values) {
        if (values == null) throw new FigureException("the numbers are missing (null); an empty array is fine");
        return values.length == 0 ? NONE : new Numbers(values.clone());
    }

    /** The numbers {@code 0, 1, ..., n - 1}. */
    public static Numbers upTo(int n) {
        var v = new double[n];
        for (int i = 0; i < n; i++) v[i] = i;
        return new Numbers(v);
    }

    /** All rows of a rectangular matrix, one after the other. */
    static Numbers flat(String what, double[][] rows) {
        Check.present(what, rows);
        int columns = rows.length == 0 ? 0 : Check.present(what + " row 0", rows[0]).length;
        if ((long) rows.length * columns > 50_000_000)
            throw new FigureException(what + " is " + rows.length + " by " + columns + "; a figure holds at most 50 million values");
        var v = new double[rows.length * columns];
        for (int r = 0; r < rows.length; r++) {
            Check.sameLength(what, "row 0", columns, "row " + r, Check.present(what + " row " + r, rows[r]).length);
            System.arraycopy(rows[r], 0, v, r * columns, columns);
        }
        return new Numbers(v);
    }

    /** How many there are. */
    public int size() { return values.length; }

    /** The value at {@code i}, from 0. */
    public double get(int i) { return values[i]; }

    /** A copy as an array. */
    public double[] toArray() { return values.clone(); }

    /** The values in order. */
    public DoubleStream stream() { return Arrays.stream(values); }

    /** The smallest finite value, NaN when there is none. */
    public double min() {
        double m = Double.NaN;
        for (double v : values) if (Double.isFinite(v) && !(v >= m)) m = v;
        return m;
    }

    /** The largest finite value, NaN when there is none. */
    public double max() {
        double m = Double.NaN;
        for (double v : values) if (Double.isFinite(v) && !(v <= m)) m = v;
        return m;
    }

    @Override public boolean equals(Object other) { return other instanceof Numbers n && Arrays.equals(values, n.values); }

    @Override public int hashCode() { return Arrays.hashCode(values); }

    @Override public String toString() {
        return values.length <= 8 ? Arrays.toString(values)
                : "[" + values[0] + ", ..., " + values[values.length - 1] + "] (" + values.length + " values)";
    }
}
