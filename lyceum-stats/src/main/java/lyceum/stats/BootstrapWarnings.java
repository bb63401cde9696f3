package lyceum.stats;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Signs of the bootstrap's known failures: see {@link Bootstrap#warnings()}. */
final class BootstrapWarnings {
    private BootstrapWarnings() {}

    static List<String> ofSize(int n) {
        return n >= 10 ? List.of()
                : List.of("the sample has " + n + " values: resamples cannot show a tail that it did not; intervals will be short");
    }

    static List<String> ofSample(double[] x, boolean independentRows) {
        var found = new ArrayList<>(ofSize(x.length));
        int n = x.length;
        if (n < 10) return found;
        double mean = Descriptive.mean(x), sum = 0, largest = 0, lag = 0;
        for (int i = 0; i < n; i++) {
            double d = x[i] - mean;
            sum += d * d;
            largest = Math.max(largest, d * d);
            if (i > 0) lag += d * (x[i - 1] - mean);
        }
        if (largest > 0.5 * sum)
            found.add("one value makes up more than half of the variance: without a variance the bootstrap of a mean fails");
        if (independentRows && lag / sum > 4 / Math.sqrt(n))
            found.add(String.format(Locale.ROOT, "neighbouring values correlate (%.2f): if their order is time, draw blocks", lag / sum));
        return found;
    }

    static List<String> of(double estimate, double[] values, double[] sorted, List<String> ofData) {
        var found = new ArrayList<>(ofData);
        if (sorted.length < values.length)
            found.add((values.length - sorted.length) + " of " + values.length + " resamples gave NaN and were left out of quantiles");
        if (sorted.length == 0) return found;
        int longest = 0;
        for (int i = 0; i < sorted.length;) {
            int end = i;
            while (end < sorted.length && sorted[end] == sorted[i]) end++;
            longest = Math.max(longest, end - i);
            i = end;
        }
        if (longest > 0.1 * sorted.length) found.add(
                Math.round(100.0 * longest / sorted.length) + "% of the resamples share one value: the statistic hangs on single points");
        if (sorted[0] >= estimate || sorted[sorted.length - 1] <= estimate) found.add(
                "no resample passes the estimate on one side: a statistic at the edge, such as a maximum; no interval made from these resamples covers");
        return List.copyOf(found);
    }
}
