package lyceum.learn.explain;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/**
 * One output split among the columns.
 *
 * @param baseline the output without information
 * @param shares of the columns
 * @param output what is explained
 */
public record Attribution(double baseline, double[] shares, double output) {
    /** A copy. */
    @Override public double[] shares() { return shares.clone(); }

    /** The report on completeness: {@code output - baseline - sum of shares}, 0 up to rounding where a method is complete. */
    public double missing() { return output - baseline - Arrays.stream(shares).sum(); }

    /** A waterfall from the baseline to the output, the largest shares first. @param names of the columns */
    public Plot figure(String title, List<String> names) {
        int p = shares.length;
        int[] order = IntStream.range(0, p).boxed().sorted((a, b) -> Double.compare(Math.abs(shares[b]), Math.abs(shares[a])))
                .mapToInt(Integer::intValue).toArray();
        double[] from = new double[p], to = new double[p], height = new double[p];
        double at = baseline;
        for (int k = 0; k < p; k++) {
            from[k] = at;
            to[k] = at += shares[order[k]];
            height[k] = p - k;
        }
        var plot = Figure.plot(title).arrows("shares", from, height, to, height).verticalLine(baseline, "baseline").verticalLine(output,
                "output");
        for (int k = 0; k < p; k++) plot = plot.note(Math.max(from[k], to[k]), height[k], names.get(order[k]));
        return plot.axes("output", "columns, largest share on top").describedAs(
                String.format(Locale.ROOT, "Arrows lead from %.4g to %.4g, one a column; %.2g is left over.", baseline, output, missing()));
    }
}
