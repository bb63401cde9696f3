package lyceum.labs.catalogue;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Compares measured values as they stand in the ledger: words with numbers among them. */
final class ValueText {

    private static final Pattern NUMBER = Pattern.compile("(?<![\\p{L}\\p{N}_.])-?\\d+(\\.\\d+)?([eE]-?\\d+)?(?![\\p{L}\\p{N}_])");
    /** A bound: {@code gap 4.4e-12 (below 1e-9)}. */
    private static final Pattern BOUND = Pattern.compile("\\([^)]*\\)");
    private static final double TENTH = 0.1;

    private ValueText() {}

    /** Whether words and bounds are equal and each number is within a tenth of its partner, or both are below 1e-6. */
    static boolean alike(String a, String b) {
        if (!bounds(a).equals(bounds(b))) return false;
        if (!NUMBER.matcher(a).replaceAll("#").equals(NUMBER.matcher(b).replaceAll("#"))) return false;
        var x = numbers(a);
        var y = numbers(b);
        for (int i = 0; i < x.size(); i++) {
            double p = x.get(i);
            double q = y.get(i);
            double size = Math.max(Math.abs(p), Math.abs(q));
            if (size > 1e-6 && Math.abs(p - q) > TENTH * size) return false;
        }
        return true;
    }

    private static List<String> bounds(String text) { return BOUND.matcher(text).results().map(m -> m.group()).toList(); }

    private static List<Double> numbers(String text) {
        var numbers = new ArrayList<Double>();
        var m = NUMBER.matcher(text);
        while (m.find()) {
            numbers.add(Double.parseDouble(m.group()));
        }
        return numbers;
    }
}
