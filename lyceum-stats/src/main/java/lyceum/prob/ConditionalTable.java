package lyceum.prob;

import java.util.Arrays;
import java.util.List;
import lyceum.tensor.Tensor;

/**
 * {@code P(of | given)}: for each context, a value for each of the variables {@code given}, a distribution over the variables {@code of}; none
 * where the context cannot happen.
 */
public final class ConditionalTable {
    private final Variables context, rest;
    /** Context number times width plus place in its row, ascending: entries that are positive. */
    final long[] cells;
    final double[] values;

    ConditionalTable(Variables context, Variables rest, long[] cells, double[] values) {
        this.context = context;
        this.rest = rest;
        this.cells = cells;
        this.values = values;
    }

    /**
     * From probabilities.
     *
     * @param probabilities an axis for each of {@code given}, then one for each of {@code of}; every row sums to 1 to 1e-9, or is all 0 where the
     *        context cannot happen
     */
    public static ConditionalTable of(List<String> given, List<String> of, Tensor probabilities) {
        int[] sizes = Arrays.stream(probabilities.shape().toArray()).mapToInt(Math::toIntExact).toArray();
        var both = new Variables(Variables.concat(given, of), sizes);
        Variables context = both.choose(given), rest = both.choose(of);
        double[] p = probabilities.toDoubleArray();
        int width = (int) rest.cells(), n = 0;
        for (int row = 0; row < p.length; row += width) {
            double sum = 0;
            for (int i = row; i < row + width; i++) {
                if (!(p[i] >= 0))
                    throw new IllegalArgumentException("ConditionalTable: P at " + both.describe(i) + " is " + p[i] + "; it is at least 0");
                sum += p[i];
            }
            if (sum != 0 && !(Math.abs(sum - 1) <= 1e-9)) throw new IllegalArgumentException("ConditionalTable: the row at "
                    + context.describe(row / width) + " sums to " + sum + "; it sums to 1, or is 0 where it cannot happen");
            for (int i = row; i < row + width; i++) if (p[i] > 0) n++;
        }
        var cells = new long[n];
        var values = new double[n];
        for (int i = 0, to = 0; i < p.length; i++) if (p[i] > 0) {
            cells[to] = i;
            values[to++] = p[i];
        }
        return new ConditionalTable(context, rest, cells, values);
    }

    Variables context() { return context; }

    Variables rest() { return rest; }

    /** The variables that are known. */
    public List<String> given() { return context.names(); }

    /** The variables that are spoken about. */
    public List<String> of() { return rest.names(); }

    /** The first entry of a context's row. */
    int first(long row) {
        int at = Arrays.binarySearch(cells, row * rest.cells());
        return at < 0 ? -at - 1 : at;
    }

    /** Past the last entry. */
    int end(long row, int first) {
        int end = first;
        while (end < cells.length && cells[end] / rest.cells() == row) end++;
        if (end == first)
            throw new IllegalArgumentException("ConditionalTable: P(" + context.describe(row) + ") is 0; nothing can be conditioned on it");
        return end;
    }

    /** False if the context has probability 0. */
    public boolean isDefined(int... context) {
        long row = this.context.cell(context);
        int at = first(row);
        return at < cells.length && cells[at] / rest.cells() == row;
    }

    /** How many contexts have probability 0. */
    public long undefined() {
        long defined = 0;
        for (int i = 0; i < cells.length; i++) if (i == 0 || cells[i] / rest.cells() != cells[i - 1] / rest.cells()) defined++;
        return context.cells() - defined;
    }

    /**
     * The distribution in a context: probabilities of all values, the last variable fastest.
     *
     * @throws IllegalArgumentException if the context has probability 0
     */
    public double[] row(int... context) {
        long row = this.context.cell(context);
        var p = new double[Math.toIntExact(rest.cells())];
        for (int at = first(row), end = end(row, at); at < end; at++) p[(int) (cells[at] % p.length)] = values[at];
        return p;
    }

    /** All of them, zeros too: an axis for each variable of {@link #given}, then one for each of {@link #of}; F64. */
    public Tensor probabilities() {
        var dense = new double[Math.toIntExact(context.with(rest).cells())];
        for (int i = 0; i < cells.length; i++) dense[(int) cells[i]] = values[i];
        return Tensor.of(dense, Arrays.stream(context.with(rest).sizes()).asLongStream().toArray());
    }

    /** Bayes' rule: {@code P(given | of)}, which is {@code P(of | given) P(given) / P(of)}. @param prior over the variables {@code given} */
    public ConditionalTable invert(JointTable prior) { return prior.times(this).conditional(given(), of()); }

    @Override public String toString() { return "P(" + String.join(", ", of()) + " | " + String.join(", ", given()) + ")"; }
}
