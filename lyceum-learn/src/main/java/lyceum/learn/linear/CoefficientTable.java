package lyceum.learn.linear;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What a model says about each coefficient: its estimate, how far chance could have moved it, and its interval.
 *
 * @param statistic {@code "t"} or {@code "z"}: which distribution p-values and intervals come from
 * @param level of the intervals, such as 0.95
 * @param rows one a coefficient, the intercept first where there is one
 */
public record CoefficientTable(String statistic, double level, List<Coefficient> rows) {

    /**
     * One coefficient.
     *
     * @param statistic estimate / standardError
     * @param pValue two-sided, of the hypothesis that the coefficient is 0
     */
    public record Coefficient(String name, double estimate, double standardError, double statistic, double pValue, double low,
            double high) {}

    public CoefficientTable { rows = List.copyOf(rows); }

    /** The row called {@code name}. */
    public Coefficient row(String name) {
        for (var row : rows) if (row.name().equals(name)) return row;
        throw new IllegalArgumentException(
                "CoefficientTable: no coefficient is called " + name + "; there are " + rows.stream().map(Coefficient::name).toList());
    }

    /** The same table with these names for the slopes, in order; the intercept keeps its own. */
    public CoefficientTable named(List<String> names) {
        int first = !rows.isEmpty() && rows.getFirst().name().equals(INTERCEPT) ? 1 : 0;
        if (names.size() != rows.size() - first) {
            throw new IllegalArgumentException("CoefficientTable: " + names.size() + " names for " + (rows.size() - first) + " slopes");
        }
        var renamed = new ArrayList<Coefficient>();
        for (int i = 0; i < rows.size(); i++) {
            var r = rows.get(i);
            renamed.add(new Coefficient(i < first ? r.name() : names.get(i - first), r.estimate(), r.standardError(), r.statistic(),
                    r.pValue(), r.low(), r.high()));
        }
        return new CoefficientTable(statistic, level, renamed);
    }

    public double[] estimates() { return column(Coefficient::estimate); }

    public double[] standardErrors() { return column(Coefficient::standardError); }

    public double[] statistics() { return column(Coefficient::statistic); }

    public double[] pValues() { return column(Coefficient::pValue); }

    public double[] lows() { return column(Coefficient::low); }

    public double[] highs() { return column(Coefficient::high); }

    private double[] column(ToDoubleFunction<Coefficient> value) { return rows.stream().mapToDouble(value).toArray(); }

    static final String INTERCEPT = "(intercept)";

    static List<String> names(int slopes, boolean intercept) {
        var names = new ArrayList<String>();
        if (intercept) names.add(INTERCEPT);
        for (int j = 0; j < slopes; j++) names.add("x" + j);
        return names;
    }

    private static String percent(double level) {
        double percent = Math.rint(level * 1e6) / 1e4;
        return percent == Math.rint(percent) ? Long.toString((long) percent) : Double.toString(percent);
    }

    /** The table as aligned text. */
    @Override public String toString() {
        int width = rows.stream().mapToInt(r -> r.name().length()).max().orElse(8);
        var text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "%-" + width + "s %12s %12s %9s %9s %25s%n", "", "estimate", "std. error", statistic,
                "P>|" + statistic + "|", percent(level) + "% interval"));
        for (var r : rows) {
            text.append(String.format(Locale.ROOT, "%-" + width + "s %12.5g %12.5g %9.3f %9.3g %12.5g %12.5g%n", r.name(), r.estimate(),
                    r.standardError(), r.statistic(), r.pValue(), r.low(), r.high()));
        }
        return text.toString();
    }
}
