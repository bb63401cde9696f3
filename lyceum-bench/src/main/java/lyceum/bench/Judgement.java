package lyceum.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;

/**
 * Rows of one type, threads and peer that share a target, judged together: the median of their ratios reaches it and none falls below 0.9 of it.
 *
 * @param median of the ratios
 * @param worst the least ratio, in {@code worstRow}
 */
record Judgement(String suite, String dtype, int threads, String peer, double target, int rows, double median, double worst,
        String worstRow) {

    /** One for each set of rows with a target, in the order of their first rows; a limit counts as a peer that takes as long as it says. */
    static List<Judgement> of(List<Row> rows) {
        record Key(String suite, String dtype, int threads, String peer, double target) {}
        var groups = new LinkedHashMap<Key, List<Row>>();
        for (var row : rows) {
            if (Double.isNaN(ratio(row)) || Double.isNaN(row.target())) continue;
            var key = row.hasPeer() ? new Key(row.suite(), row.dtype(), row.threads(), row.peerName(), row.target())
                    : new Key(row.suite(), row.dtype(), row.threads(), "its limit", 1);
            groups.computeIfAbsent(key, k -> new ArrayList<>()).add(row);
        }
        var all = new ArrayList<Judgement>();
        groups.forEach((key, group) -> {
            var worst = group.getFirst();
            for (var row : group) if (ratio(row) < ratio(worst)) worst = row;
            double median = median(group.stream().mapToDouble(Judgement::ratio).sorted().toArray());
            all.add(new Judgement(key.suite, key.dtype, key.threads, key.peer, key.target, group.size(), median, ratio(worst),
                    worst.name() + " " + worst.shape()));
        });
        return all;
    }

    boolean isMet() { return median >= target && Verdict.atLeast(target, worst) != Verdict.MISSED; }

    String sentence() {
        return String.format(Locale.ROOT, "%s %s, %d %s, beside %s: median %.2f of %d %s, worst %.2f (%s); target %s: %s", suite, dtype,
                threads, threads == 1 ? "thread" : "threads", peer, median, rows, rows == 1 ? "row" : "rows", worst, worstRow,
                Table.compact(target), isMet() ? "met" : "missed");
    }

    private static double ratio(Row row) { return row.hasPeer() ? row.ratio() : row.target() / row.ours(); }

    private static double median(double[] sorted) {
        int n = sorted.length;
        return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }
}
