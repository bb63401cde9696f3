package lyceum.bench;

import java.math.BigDecimal;
import java.util.Locale;

/** Rows as lines of text. */
final class Table {
    private static final String LINE = "%-50s %3s %5s %10s %10s %8s %6s %6s %6s  %-9s %-22s %s";

    private Table() {}

    static String head() {
        return String.format(LINE, "", "thr", "line", "ours", "peer", "ratio", "best", "+-", "peer+-", "unit", "target", "beside")
                .stripTrailing();
    }

    static String line(Row row) {
        boolean found = Double.isNaN(row.ratio()) && !Double.isNaN(row.peer());
        var name = row.name() + (row.shape().isEmpty() ? "" : " " + row.shape()) + (row.dtype().isEmpty() ? "" : " " + row.dtype())
                + (row.level().isEmpty() ? "" : ", " + row.level());
        return String.format(LINE, name, row.threads(), nanos(row.handover()), digits(row.ours(), found), digits(row.peer(), found),
                times(row.ratio()), times(row.bestRatio()), percent(row.ourSpread()), percent(row.peerSpread()), row.unit(), target(row),
                row.peerName()).stripTrailing();
    }

    private static String target(Row row) {
        if (Double.isNaN(row.target())) return row.verdict().words();
        return (row.hasPeer() ? compact(row.target()) + "x" : "at most " + compact(row.target())) + ": " + row.verdict().words();
    }

    /** Without trailing zeros. */
    static String compact(double value) { return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString(); }

    private static String nanos(double value) { return Double.isNaN(value) ? "" : Math.round(value) + "ns"; }

    private static String times(double ratio) { return Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "%.2f", ratio); }

    private static String percent(double part) { return Double.isNaN(part) ? "" : Math.round(100 * part) + "%"; }

    /** Four digits of a measurement, nine of what both should agree on. */
    private static String digits(double value, boolean found) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, found ? "%.9g" : "%.4g", value);
    }
}
