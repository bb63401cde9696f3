package lyceum.learn.leakage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import lyceum.learn.selection.Fold;
import lyceum.withers.Withers;

/**
 * Looks for leaks in an evaluation: columns that tell the answer, rows that train and test, and procedures that have looked at test rows.
 *
 * {@snippet :
 * var evaluation = Evaluation.of(data, new KFold(5)).withPreparation(Preparation.outside(selector)).withGroups(patients)
 *         .withLearner(new KNeighborsClassifier(5));
 * var report = new LeakageAudit().audit(evaluation);
 * System.out.println(report);
 * report.targetLeakage();
 * report.findings().getFirst().inflation();       // the score before, and with the cause removed
 * }
 *
 * <p>Checks: a column that ranks the answer with an area of at least {@code proxy} (by value, a missing value being lowest, or by out-of-fold means of a few
 * distinct values); values written after the prediction; equal rows, nearly equal rows and texts across the split, where chance does not make them; groups and
 * times across the split; preparation whose training rows come out otherwise when test rows, or only their labels, are overwritten with nonsense; columns, or
 * for a plain split a forest, that tell training from test rows. An empty report is no proof: what nobody told (who fills a field, and when) no audit can see.
 *
 * @param level expected number of false findings of each check that tests chance, 0.001 by default
 * @param proxy area under the ROC curve (absolute rank correlation for numbers) from which a column is a finding, 0.98 by default
 * @param likeness Jaccard similarity of word triples from which texts are near duplicates, 0.8 by default
 * @param seed of the nonsense
 * @see <a href="https://doi.org/10.1145/2382577.2382579">Kaufman, Rosset, Perlich and Stitelman (2012)</a>
 * @see <a href="https://doi.org/10.1016/j.patter.2023.100804">Kapoor and Narayanan (2023)</a>
 */
@Withers
public record LeakageAudit(double level, double proxy, double likeness, long seed) implements LeakageAuditWithers {
    /** The most pairs of rows that a finding names. */
    public static final int SHOWN = 1_000;

    public LeakageAudit {
        if (!(level > 0 && level < 1)) throw new IllegalArgumentException("LeakageAudit: level is " + level + "; it lies between 0 and 1");
        if (!(proxy > 0.5 && proxy <= 1))
            throw new IllegalArgumentException("LeakageAudit: proxy is " + proxy + "; it lies above 0.5 and up to 1");
        if (!(likeness > 0 && likeness <= 1))
            throw new IllegalArgumentException("LeakageAudit: likeness is " + likeness + "; it lies above 0 and up to 1");
    }

    public LeakageAudit() { this(1e-3, 0.98, 0.8, 0); }

    /** Audits an evaluation. Costs two fits of the preparation a fold and, with a learner, one evaluation for the scores and one for each finding. */
    public LeakageReport audit(Evaluation e) {
        var found = new ArrayList<Finding>();
        var repair = new Repair(e);
        var columns = new ColumnChecks(e, this);
        found.addAll(columns.proxies(repair));
        found.addAll(writtenLater(e, repair));
        found.addAll(duplicates(e, repair));
        found.addAll(groups(e, repair));
        boolean forward = e.times() != null && timeOrder(e, repair, found);
        found.addAll(new Nonsense(e, seed).findings(repair));
        if (!forward) found.addAll(columns.distinguishable());
        return new LeakageReport(found, repair.before());
    }

    private static List<Finding> writtenLater(Evaluation e, Repair repair) {
        var found = new ArrayList<Finding>();
        e.writtenAt().entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(column -> {
            double[] written = column.getValue();
            int late = 0;
            for (int i = 0; i < written.length; i++) if (written[i] > e.predictedAt()[i]) late++;
            int j = column.getKey();
            if (late > 0) found.add(new Finding(Finding.Kind.WRITTEN_LATER, List.of(j), List.of(),
                    "'%s' was written after the prediction in %d of %d rows".formatted(e.names().get(j), late, written.length),
                    (double) late / written.length, repair.withoutColumns(j)));
        });
        return found;
    }

    private List<Finding> duplicates(Evaluation e, Repair repair) {
        var found = new ArrayList<Finding>();
        double[][] rows = e.x().toRows();
        double[][] different = NearDuplicates.differentRows(rows);
        // where values are so coarse that unrelated rows agree, agreement tells nothing, and there would be very many pairs
        if (different.length < rows.length && chanceOfEqualRows(different) <= level)
            across(e, NearDuplicates.equalRows(rows), found, Finding.Kind.DUPLICATES, "equal rows", repair);
        boolean finite = Arrays.stream(rows).flatMapToDouble(Arrays::stream).allMatch(Double::isFinite);
        if (finite) across(e, NearDuplicates.rows(e.x(), level), found, Finding.Kind.NEAR_DUPLICATES,
                "rows nearer than chance lets rows be", repair);
        if (e.texts() != null) across(e, NearDuplicates.texts(e.texts(), 3, likeness), found, Finding.Kind.NEAR_DUPLICATES,
                "texts with a Jaccard similarity of at least " + likeness, repair);
        return found;
    }

    /** Expected pairs of equal rows if columns were independent. */
    private static double chanceOfEqualRows(double[][] rows) {
        double n = Math.max(2, rows.length), expected = n * (n - 1) / 2;
        for (int j = 0; j < rows[0].length; j++) {
            var counts = new HashMap<Double, Integer>();
            for (double[] row : rows) counts.merge(row[j], 1, Integer::sum);
            double same = 0;
            for (int c : counts.values()) same += c * (c - 1.0);
            // values that occur once say that equality is rare, not that it cannot be
            expected *= Math.max(same, 1) / (n * (n - 1));
        }
        return expected;
    }

    private static void across(Evaluation e, List<NearDuplicates.Pair> alike, List<Finding> found, Finding.Kind kind, String what,
            Repair repair) {
        var shown = new ArrayList<Finding.Pair>();
        var tested = new HashSet<Integer>();
        var remove = new ArrayList<Set<Integer>>();
        long count = 0;
        for (var fold : e.folds()) {
            boolean[] train = marked(fold.train(), e.rows()), test = marked(fold.test(), e.rows());
            var removed = new HashSet<Integer>();
            for (var pair : alike) {
                for (int turn = 0; turn < 2; turn++) {
                    int a = turn == 0 ? pair.first() : pair.second(), b = turn == 0 ? pair.second() : pair.first();
                    if (!train[a] || !test[b]) continue;
                    if (shown.size() < SHOWN) shown.add(new Finding.Pair(a, b));
                    count++;
                    tested.add(b);
                    removed.add(a);
                }
            }
            remove.add(removed);
        }
        if (count > 0) found.add(new Finding(kind, List.of(), shown,
                "%d test rows meet %s among the training rows, in %d pairs".formatted(tested.size(), what, count),
                (double) tested.size() / e.rows(), repair.withoutTrainingRows(remove)));
    }

    private static boolean[] marked(int[] rows, int n) {
        var marks = new boolean[n];
        for (int row : rows) marks[row] = true;
        return marks;
    }

    private static List<Finding> groups(Evaluation e, Repair repair) {
        if (e.groups() == null) return List.of();
        var shared = new HashSet<Integer>();
        var pairs = new ArrayList<Finding.Pair>();
        for (var fold : e.folds()) {
            var first = new HashMap<Integer, Integer>();
            for (int row : fold.train()) first.putIfAbsent(e.groups()[row], row);
            for (int row : fold.test()) {
                var train = first.get(e.groups()[row]);
                if (train == null) continue;
                shared.add(e.groups()[row]);
                if (pairs.size() < SHOWN) pairs.add(new Finding.Pair(train, row));
            }
        }
        if (shared.isEmpty()) return List.of();
        long groups = Arrays.stream(e.groups()).distinct().count();
        return List.of(new Finding(Finding.Kind.SHARED_GROUPS, List.of(), pairs,
                "%d of %d groups have training and test rows in one fold".formatted(shared.size(), groups), (double) shared.size() / groups,
                repair.byGroups()));
    }

    /** Adds a finding if training rows are later than test rows; true if all are earlier. */
    private static boolean timeOrder(Evaluation e, Repair repair, List<Finding> found) {
        long later = 0, all = 0;
        var pairs = new ArrayList<Finding.Pair>();
        for (var fold : e.folds()) {
            int earliest = IntStream.of(fold.test()).boxed().min((a, b) -> Double.compare(e.times()[a], e.times()[b])).orElse(-1);
            if (earliest < 0) continue;
            IntPredicate isLater = row -> e.times()[row] > e.times()[earliest];
            for (int row : fold.train()) {
                all++;
                if (!isLater.test(row)) continue;
                later++;
                if (pairs.size() < SHOWN) pairs.add(new Finding.Pair(row, earliest));
            }
        }
        if (later > 0) found.add(new Finding(Finding.Kind.TIME_ORDER, List.of(), pairs,
                "%d of %d training rows are later than the first test row of their fold".formatted(later, all), (double) later / all,
                repair.byTime()));
        return later == 0;
    }

    /** A fold without some of its training rows. */
    static Fold without(Fold fold, Set<Integer> rows) {
        return new Fold(Arrays.stream(fold.train()).filter(row -> !rows.contains(row)).toArray(), fold.test());
    }
}
