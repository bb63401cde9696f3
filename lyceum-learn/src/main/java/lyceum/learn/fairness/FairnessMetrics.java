package lyceum.learn.fairness;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.TreeMap;
import lyceum.ShapeException;
import lyceum.learn.calibration.CalibrationReport;
import lyceum.prob.Binomial;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;
import lyceum.stats.Interval;
import lyceum.tensor.Tensor;

/**
 * Labels and decisions counted by group, and how far the groups are apart.
 *
 * {@snippet :
 * long[] labels = {1, 1, 0, 0, 1, 0, 0, 0}, decisions = {1, 0, 1, 0, 1, 0, 0, 0}, groups = {0, 0, 0, 0, 1, 1, 1, 1};
 * var fairness = FairnessMetrics.of(labels, decisions, groups);
 * fairness.gap(FairnessCriterion.EQUALISED_ODDS);                        // 0.5
 * fairness.difference(GroupRate.SELECTION, 0, 1);                        // 0.25
 * fairness.interval(GroupRate.SELECTION, 0, 1, 0.95, 1_000, Rng.of(1));  // contains 0: eight rows show nothing
 * System.out.println(fairness);
 * }
 *
 * <p>Labels are taken at face value: where they are the trace of past discrimination every number here is of the wrong variable.
 *
 * @param groups the counts of each group, ascending by its value
 * @see <a href="https://arxiv.org/abs/1610.02413">Hardt, Price and Srebro (2016), Equality of Opportunity in Supervised Learning</a>
 * @see <a href="https://doi.org/10.1089/big.2016.0047">Chouldechova (2017), Fair Prediction with Disparate Impact</a>
 */
public record FairnessMetrics(List<GroupCounts> groups) {
    public FairnessMetrics {
        groups = List.copyOf(groups);
        if (groups.isEmpty()) throw new IllegalArgumentException("FairnessMetrics: there is no group");
    }

    /** Integer or BOOL vectors (n): labels and decisions 0 or 1, groups of any value. */
    public static FairnessMetrics of(Tensor labels, Tensor decisions, Tensor groups) {
        return of(labels.toLongArray(), decisions.toLongArray(), groups.toLongArray());
    }

    /** Every row weighs 1. */
    public static FairnessMetrics of(long[] labels, long[] decisions, long[] groups) { return of(labels, decisions, groups, null); }

    /**
     * @param labels 0 or 1
     * @param decisions 0 or 1
     * @param groups of any value
     * @param weights of the rows, null for 1
     * @throws ShapeException if lengths differ
     */
    public static FairnessMetrics of(long[] labels, long[] decisions, long[] groups, double[] weights) {
        int n = labels.length;
        if (decisions.length != n || groups.length != n || weights != null && weights.length != n)
            throw new ShapeException("FairnessMetrics: " + n + " labels, " + decisions.length + " decisions, " + groups.length + " groups"
                    + (weights == null ? "" : " and " + weights.length + " weights"));
        var cells = new TreeMap<Long, double[]>();
        for (int i = 0; i < n; i++) {
            int cell = 2 * (1 - bit("label", i, labels[i])) + 1 - bit("decision", i, decisions[i]);
            cells.computeIfAbsent(groups[i], _ -> new double[4])[cell] += weights == null ? 1 : weights[i];
        }
        return new FairnessMetrics(cells.entrySet().stream().map(e -> counts(e.getKey(), e.getValue())).toList());
    }

    /**
     * Expected counts of randomised decisions.
     *
     * @param labels 0 or 1
     * @param acceptance the probability of decision 1, a row
     * @param groups of any value
     */
    public static FairnessMetrics expected(long[] labels, double[] acceptance, long[] groups) {
        if (acceptance.length != labels.length || groups.length != labels.length) throw new ShapeException(
                "FairnessMetrics: " + labels.length + " labels, " + acceptance.length + " probabilities, " + groups.length + " groups");
        var cells = new TreeMap<Long, double[]>();
        for (int i = 0; i < labels.length; i++) {
            if (!(acceptance[i] >= 0 && acceptance[i] <= 1)) throw new IllegalArgumentException(
                    "FairnessMetrics: probability " + i + " is " + acceptance[i] + "; it lies between 0 and 1");
            var counts = cells.computeIfAbsent(groups[i], _ -> new double[4]);
            int row = 2 * (1 - bit("label", i, labels[i]));
            counts[row] += acceptance[i];
            counts[row + 1] += 1 - acceptance[i];
        }
        return new FairnessMetrics(cells.entrySet().stream().map(e -> counts(e.getKey(), e.getValue())).toList());
    }

    private static int bit(String what, int row, long value) {
        if (value != 0 && value != 1)
            throw new IllegalArgumentException("FairnessMetrics: " + what + " " + row + " is " + value + "; it is 0 or 1");
        return (int) value;
    }

    private static GroupCounts counts(long group, double[] c) { return new GroupCounts(group, c[0], c[1], c[2], c[3]); }

    /** The counts of one group. @throws IllegalArgumentException if no row belongs to it */
    public GroupCounts group(long value) {
        return groups.stream().filter(g -> g.group() == value).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "FairnessMetrics: no row of group " + value + "; there are " + groups.stream().map(GroupCounts::group).toList()));
    }

    /** Group {@code a}'s rate less group {@code b}'s. */
    public double difference(GroupRate rate, long a, long b) { return group(a).rate(rate) - group(b).rate(rate); }

    /** The largest rate of a group less the smallest; NaN if a group has no such rate. */
    public double gap(GroupRate rate) {
        double[] rates = groups.stream().mapToDouble(g -> g.rate(rate)).toArray();
        double low = rates[0], high = rates[0];
        for (double r : rates) {
            low = Math.min(low, r);
            high = Math.max(high, r);
        }
        return high - low;
    }

    /** The largest {@linkplain #gap(GroupRate) gap} of the rates that the criterion wants alike; 0 if it holds. */
    public double gap(FairnessCriterion criterion) {
        double worst = 0;
        for (var rate : criterion.rates()) worst = Math.max(worst, gap(rate)); // Math.max keeps a NaN
        return worst;
    }

    /** The smallest rate over the largest: below 0.8 for {@link GroupRate#SELECTION} breaks the four-fifths rule of US employment law. */
    public double ratio(GroupRate rate) {
        double[] rates = groups.stream().mapToDouble(g -> g.rate(rate)).sorted().toArray();
        return rates[0] / rates[rates.length - 1];
    }

    /**
     * Percentile bootstrap interval of {@link #difference}: each group's rows are drawn again from that group, which is a multinomial draw
     * of its four counts. Resamples in which a rate does not exist are left out.
     *
     * @param level such as 0.95, in (0, 1)
     * @param resamples at least 20, some thousands are usual
     * @throws IllegalArgumentException if counts are weighted, or a rate exists in no resample
     */
    public Interval interval(GroupRate rate, long a, long b, double level, int resamples, Rng rng) {
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("FairnessMetrics.interval: level is " + level + "; it lies between 0 and 1");
        if (resamples < 20) throw new IllegalArgumentException("FairnessMetrics.interval: " + resamples + " resamples; 20 are the least");
        GroupCounts first = group(a), second = group(b);
        var values = new double[resamples];
        for (int r = 0; r < resamples; r++) values[r] = drawn(first, rng).rate(rate) - drawn(second, rng).rate(rate);
        values = Arrays.stream(values).filter(v -> v == v).toArray();
        if (values.length == 0) throw new IllegalArgumentException(
                "FairnessMetrics.interval: " + rate + " of groups " + a + " and " + b + " exists in no resample");
        double[] ends = Descriptive.quantiles(values, (1 - level) / 2, (1 + level) / 2);
        return new Interval(ends[0], ends[1]);
    }

    /** Each count is binomial given those before it. */
    private static GroupCounts drawn(GroupCounts counts, Rng rng) {
        double[] cells = {counts.truePositives(), counts.falseNegatives(), counts.falsePositives(), counts.trueNegatives()},
                draw = new double[4];
        for (double c : cells)
            if (c != Math.rint(c))
                throw new IllegalArgumentException("FairnessMetrics.interval: a count is " + c + "; weighted rows cannot be drawn");
        double mass = counts.total();
        long left = (long) mass;
        for (int i = 0; i < 4 && left > 0; i++) {
            if (cells[i] == 0) continue;
            draw[i] = new Binomial(left, Math.min(1, cells[i] / mass)).sample(rng);
            left -= (long) draw[i];
            mass -= cells[i];
        }
        return counts(counts.group(), draw);
    }

    /**
     * Within-group calibration: a report for each group, ascending.
     *
     * @param labels 0 or 1 (n)
     * @param probabilities of label 1 (n)
     * @param groups of any value (n)
     */
    public static SequencedMap<Long, CalibrationReport> calibration(long[] labels, double[] probabilities, long[] groups) {
        if (labels.length != probabilities.length || labels.length != groups.length)
            throw new ShapeException("FairnessMetrics.calibration: " + labels.length + " labels, " + probabilities.length
                    + " probabilities and " + groups.length + " groups");
        var reports = new TreeMap<Long, CalibrationReport>();
        for (long group : Arrays.stream(groups).distinct().toArray()) {
            int size = 0;
            var truth = new boolean[labels.length];
            var scores = new double[labels.length];
            for (int i = 0; i < labels.length; i++) {
                if (groups[i] != group) continue;
                truth[size] = bit("label", i, labels[i]) == 1;
                scores[size++] = probabilities[i];
            }
            reports.put(group, CalibrationReport.of(Arrays.copyOf(truth, size), Arrays.copyOf(scores, size)));
        }
        return reports;
    }

    /** A line a group and one for the gaps. */
    @Override public String toString() {
        var text = new StringBuilder("group       rows");
        for (var rate : GroupRate.values()) text.append(String.format(Locale.ROOT, "  %s", rate));
        for (var g : groups) {
            text.append(String.format(Locale.ROOT, "%n%-8d %7.0f", g.group(), g.total()));
            for (var rate : GroupRate.values()) text.append(cell(rate, g.rate(rate)));
        }
        text.append(String.format(Locale.ROOT, "%n%-16s", "gap"));
        for (var rate : GroupRate.values()) text.append(cell(rate, gap(rate)));
        return text.toString();
    }

    private static String cell(GroupRate rate, double value) {
        return String.format(Locale.ROOT, "  %" + rate.name().length() + ".3f", value);
    }
}
