package lyceum.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import lyceum.plot.Figure;
import lyceum.plot.Series;

/** Ratios as bars: a series for each peer and number of threads, and a line where both are as fast. */
final class Chart {
    /** One row far ahead would make all others unreadable. */
    private static final double LONGEST = 5;

    private Chart() {}

    /** Of the rows that have a ratio. */
    static Figure of(String suite, List<Row> rows) {
        var categories = new LinkedHashSet<String>();
        var series = new LinkedHashMap<String, Map<String, Double>>();
        for (var row : rows) {
            if (Double.isNaN(row.ratio())) continue;
            var category = row.name() + " " + row.shape() + " " + row.dtype();
            categories.add(category);
            series.computeIfAbsent(row.peerName() + ", " + row.threads() + (row.threads() == 1 ? " thread" : " threads"),
                    k -> new LinkedHashMap<>()).put(category, row.ratio());
        }
        var bars = new ArrayList<Series>();
        series.forEach((name, values) -> bars
                .add(Series.of(name, categories.stream().mapToDouble(c -> values.getOrDefault(c, Double.NaN)).toArray())));
        double most = rows.stream().mapToDouble(Row::ratio).filter(Double::isFinite).max().orElse(1);
        var bound = most > LONGEST ? " Bars longer than " + Table.compact(LONGEST) + " are cut." : "";
        return Figure.bars("Lyceum beside others: " + suite, categories.toArray(String[]::new), bars.toArray(Series[]::new)).horizontal()
                .axes("times as good", "").verticalLine(1, "equal").limitX(0, most > LONGEST ? LONGEST : Double.NaN)
                .describedAs("How many times as good Lyceum is in each row of the suite " + suite + ", on " + Cpu.name()
                        + "; beyond the line it is better." + bound);
    }
}
