package lyceum.learn.leakage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.math.Incomplete;
import lyceum.stats.Ranks;
import lyceum.stats.learner.Labels;
import lyceum.tensor.Tensor;

/** What each column's ranks tell: the answer, and who trains. */
final class ColumnChecks {
    /** More distinct values than these are numbers, not kinds. */
    private static final int KINDS = 50;

    private final Evaluation e;
    private final LeakageAudit audit;
    private final int n, p;
    private final Labels labels;
    private final double[] answerRanks;
    /** Of each column: how it ranks the answer, and the largest z by which its ranks differ between training and test rows of a fold. */
    private final double[] telling, parting;

    ColumnChecks(Evaluation e, LeakageAudit audit) {
        this.e = e;
        this.audit = audit;
        n = e.rows();
        p = (int) e.x().size(1);
        labels = e.isClassification() ? Labels.of(e.y().to(DType.I64).toLongArray()) : null;
        answerRanks = labels == null ? Ranks.of(e.y().toDoubleArray()) : null;
        telling = new double[p];
        parting = new double[p];
        double[] x = e.x().toDoubleArray();
        Parallel.range(p, 16, 200.0 * n, (from, to) -> {
            for (int j = (int) from; j < to; j++) {
                var column = new double[n];
                for (int i = 0; i < n; i++) column[i] = Double.isNaN(x[i * p + j]) ? Double.NEGATIVE_INFINITY : x[i * p + j];
                double[] ranks = Ranks.of(column);
                telling[j] = telling(column, ranks);
                parting[j] = parting(ranks);
            }
        });
    }

    List<Finding> proxies(Repair repair) {
        var found = new ArrayList<Finding>();
        for (int j = 0; j < p; j++)
            if (telling[j] >= audit.proxy()) found
                    .add(new Finding(
                            Finding.Kind.PROXY, List.of(j), List.of(), "'%s' alone ranks the answer with %s of %.3f"
                                    .formatted(e.names().get(j), labels == null ? "a correlation" : "an area", telling[j]),
                            telling[j], repair.withoutColumns(j)));
        return found;
    }

    private double telling(double[] column, double[] ranks) {
        if (labels == null) return Math.abs(correlation(ranks, answerRanks));
        double area = area(ranks), byMeans = 0;
        int kinds = Math.min(KINDS, n / 10);
        if (labels.count() == 2 && Arrays.stream(column).distinct().limit(kinds + 1).count() <= kinds)
            byMeans = area(Ranks.of(outOfFoldMeans(column)));
        return Math.max(area, byMeans);
    }

    /** The mean over pairs of classes of the area with which ranks part them, in whichever direction. */
    private double area(double[] ranks) {
        double sum = 0;
        int pairs = 0, classes = labels.count();
        for (int a = 0; a < classes; a++) for (int b = a + 1; b < classes; b++, pairs++) sum += area(ranks, a, b);
        return pairs == 0 ? 0 : sum / pairs;
    }

    private double area(double[] ranks, int a, int b) {
        double[] of;
        if (labels.count() == 2) of = ranks;
        else {
            // ranks among the rows of the two classes
            int m = 0;
            var values = new double[n];
            for (int i = 0; i < n; i++) if (labels.codes()[i] == a || labels.codes()[i] == b) values[m++] = ranks[i];
            of = Ranks.of(Arrays.copyOf(values, m));
        }
        double sum = 0, first = 0, second = 0;
        int at = 0;
        for (int i = 0; i < n; i++) {
            int code = labels.codes()[i];
            if (code != a && code != b) continue;
            double rank = of[at++];
            if (code == b) {
                sum += rank;
                second++;
            } else first++;
        }
        double area = (sum - second * (second + 1) / 2) / (first * second);
        return Math.max(area, 1 - area);
    }

    /** For each row the share of the second class among the rows of other fifths with the same value. */
    private double[] outOfFoldMeans(double[] column) {
        var totals = new HashMap<Double, double[]>();
        for (int i = 0; i < n; i++) {
            var t = totals.computeIfAbsent(column[i], v -> new double[10]);
            t[i % 5] += labels.codes()[i];
            t[5 + i % 5]++;
        }
        var means = new double[n];
        for (int i = 0; i < n; i++) {
            var t = totals.get(column[i]);
            double ones = -t[i % 5], all = -t[5 + i % 5];
            for (int f = 0; f < 5; f++) {
                ones += t[f];
                all += t[5 + f];
            }
            // one row of each class as prior
            means[i] = (ones + 1) / (all + 2);
        }
        return means;
    }

    private static double correlation(double[] a, double[] b) {
        double meanA = Arrays.stream(a).average().orElseThrow(), meanB = Arrays.stream(b).average().orElseThrow(), ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (a[i] - meanA) * (b[i] - meanB);
            aa += (a[i] - meanA) * (a[i] - meanA);
            bb += (b[i] - meanB) * (b[i] - meanB);
        }
        return aa == 0 || bb == 0 ? 0 : ab / Math.sqrt(aa * bb);
    }

    /** The largest |z| of the rank sums of test rows among the rows of a fold (Mann and Whitney); of groups the mean ranks, as their rows hang together. */
    private double parting(double[] ranks) {
        double most = 0;
        for (var fold : e.folds()) {
            double[] train = units(ranks, fold.train()), test = units(ranks, fold.test());
            int a = train.length, b = test.length;
            if (a == 0 || b == 0) continue;
            double sum = Arrays.stream(test).sum(), mean = (Arrays.stream(train).sum() + sum) / (a + b), square = 0;
            for (double r : train) square += (r - mean) * (r - mean);
            for (double r : test) square += (r - mean) * (r - mean);
            // the variance of a sum of b of the a + b ranks drawn without replacement
            double variance = square / (a + b - 1) * a * b / (a + b);
            if (variance > 0) most = Math.max(most, Math.abs(sum - b * mean) / Math.sqrt(variance));
        }
        return most;
    }

    private double[] units(double[] ranks, int[] rows) {
        if (e.groups() == null) {
            var units = new double[rows.length];
            for (int i = 0; i < units.length; i++) units[i] = ranks[rows[i]];
            return units;
        }
        var groups = new HashMap<Integer, double[]>();
        for (int row : rows) {
            var total = groups.computeIfAbsent(e.groups()[row], g -> new double[2]);
            total[0] += ranks[row];
            total[1]++;
        }
        return groups.values().stream().mapToDouble(t -> t[0] / t[1]).toArray();
    }

    List<Finding> distinguishable() {
        var found = new ArrayList<Finding>();
        double bar = -Incomplete.normalQuantile(audit.level() / 2 / p / e.folds().size());
        for (int j = 0; j < p; j++)
            if (parting[j] > bar) found.add(new Finding(Finding.Kind.DISTINGUISHABLE, List.of(j), List.of(),
                    "'%s' differs between training and test rows by %.1f standard errors".formatted(e.names().get(j), parting[j]),
                    parting[j], null));
        if (found.isEmpty() && e.folds().size() == 1) forest(found);
        return found;
    }

    /** For a plain split: a forest is to tell its parts from each other. */
    private void forest(List<Finding> found) {
        var fold = e.folds().getFirst();
        int a = fold.train().length, b = fold.test().length;
        if (a < 10 || b < 10 || !Arrays.stream(e.x().toDoubleArray()).allMatch(Double::isFinite)) return;
        var rows = Tensor.concat(0, e.x().rows(fold.train()), e.x().rows(fold.test()));
        var tested = new long[a + b];
        Arrays.fill(tested, a, a + b, 1);
        var learner = new RandomForestClassifier().withTrees(50).withMinSamplesLeaf(3);
        double[] scores = new CrossValidation(new StratifiedKFold(3).shuffled(audit.seed())).predictProba(learner, rows, Tensor.of(tested))
                .select(1, 1).toDoubleArray();
        var positive = new boolean[a + b];
        Arrays.fill(positive, a, a + b, true);
        double area = RocCurve.of(positive, scores, null).auc(), error = Math.sqrt((a + b + 1.0) / (12.0 * a * b));
        // folds share training rows: a wider bar than that of independent rows
        if (area - 0.5 > 2 * error * -Incomplete.normalQuantile(audit.level())) found.add(new Finding(Finding.Kind.DISTINGUISHABLE,
                List.of(), List.of(), "a forest tells test rows from training rows with an area of %.3f".formatted(area), area, null));
    }
}
