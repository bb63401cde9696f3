package lyceum.learn.table;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lyceum.LyceumException;
import lyceum.data.Frame;
import lyceum.data.Split;
import lyceum.data.Strata;
import lyceum.learn.calibration.CalibratedClassifier;
import lyceum.learn.calibration.PlattScaling;
import lyceum.learn.calibration.TemperatureScaling;
import lyceum.learn.leakage.Evaluation;
import lyceum.learn.leakage.Finding;
import lyceum.learn.leakage.LeakageAudit;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.GroupKFold;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.learn.selection.TimeSeriesSplit;
import lyceum.learn.tuning.HyperparameterSearch;
import lyceum.learn.tuning.RandomSearch;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Fits a table: which columns serve, which learner, whether its lead is real, whether its probabilities hold, what it rests on.
 *
 * {@snippet :
 * var table = Frame.of(Datasets.iris());
 * var study = new TableFit().withModels("linear", "gbdt").fit(table, "y");
 * System.out.println(study.summary());
 * var predictions = study.model().predict(table);
 * }
 *
 * <p>A fifth of the rows is put aside first and judged once, at the end. On the others a baseline and each model are cross-validated on the same folds; with a
 * {@code search} each model first gets that many draws of its settings. The best by log loss (classes) or root mean squared error (numbers) is taken; its
 * probabilities are calibrated if that lowers the log loss of the same folds. The model that is given is fitted to all rows in the end. The audit for leaks
 * looks at the training rows. Draws of a search are chosen on the folds that the models are then compared on: with one the intervals flatter, those against the
 * baseline most, and only the rows put aside do not. The model that is given was fitted to those, too; their scores are of its twin that was not.
 *
 * @param task null for what the target looks like
 * @param models of {@code linear}, {@code forest} and {@code gbdt}; all three by default
 * @param search settings drawn for each model; 0, the default, for those that usually serve
 * @param folds of the comparison, 5 by default
 * @param testShare of the rows, put aside; 0.2 by default
 * @param maxRows more rows than this are sampled, evenly by draw; 200,000 by default
 * @param dropped columns that are not looked at
 * @param group a column whose values never stand on both sides of a split, such as a customer; null for rows that are independent
 * @param time a column by which the latest rows are put aside and each fold tests what comes after its training rows; null for rows of one time. Neither is a
 *     feature, and neither goes with calibration, whose folds know of no groups
 * @param seed of folds, samples and learners
 */
@Withers
public record TableFit(TableTask task, List<String> models, int search, int folds, double testShare, int maxRows, List<String> dropped,
        String group, String time, long seed) implements TableFitWithers {
    private static final int FEWEST_ROWS = 10, BACKGROUND = 50, REPEATS = 5, MOST_JUDGED = 200;

    public TableFit {
        models = models.stream().distinct().toList();
        dropped = List.copyOf(dropped);
        models.forEach(Family::of);
        if (models.isEmpty()) throw new IllegalArgumentException("TableFit: there are no models to try");
        if (search < 0) throw new IllegalArgumentException("TableFit: search is " + search + "; it is a number of draws, 0 or more");
        if (folds < 2) throw new IllegalArgumentException("TableFit: " + folds + " folds; at least 2 are needed");
        if (!(testShare > 0 && testShare < 1))
            throw new IllegalArgumentException("TableFit: testShare is " + testShare + "; it lies between 0 and 1");
        if (group != null && time != null) throw new IllegalArgumentException(
                "TableFit: group " + group + " and time " + time + " are given; rows are split by one of both");
        if (maxRows < FEWEST_ROWS)
            throw new IllegalArgumentException("TableFit: maxRows is " + maxRows + "; at least " + FEWEST_ROWS + " are needed");
    }

    public TableFit() { this(null, List.of("linear", "forest", "gbdt"), 0, 5, 0.2, 200_000, List.of(), null, null, 0); }

    public TableFit withModels(String... models) { return withModels(List.of(models)); }

    public TableFit withDropped(String... columns) { return withDropped(List.of(columns)); }

    public TableStudy fit(Frame table, String target) { return fit(table, target, Progress.SILENT); }

    /**
     * @param progress hears of each model and can stop the work between them
     * @throws IllegalArgumentException if there is no such column, fewer than ten rows have a target, it has one value only, or no column is of use
     */
    public TableStudy fit(Frame table, String target, Progress progress) { return fit(table, target, table.size(), progress); }

    /**
     * The same for a sample of a longer table.
     *
     * @param given rows of that table, which the study tells beside those used
     */
    public TableStudy fit(Frame table, String target, long given, Progress progress) {
        var column = table.column(target);
        var by = group != null ? group : time;
        if (target.equals(by)) throw new IllegalArgumentException("TableFit: " + target + " is the target; rows cannot be split by it");
        if (dropped.contains(target)) throw new IllegalArgumentException("TableFit: " + target + " is the target and cannot be dropped");
        var known = answered(by == null ? table.dropNulls(target) : table.dropNulls(target, by), target);
        if (known.size() < FEWEST_ROWS) throw new IllegalArgumentException(
                "TableFit: " + known.size() + " rows have a " + target + "; at least " + FEWEST_ROWS + " are needed");
        var sampled = known.size() > maxRows ? known.sample(Rng.of(seed), maxRows) : known;
        var rows = time == null ? sampled : sampled.sort(time);
        var task = this.task == null ? TableTask.of(rows.column(target)) : this.task;
        if (task == TableTask.REGRESSION && !column.type().isNumeric()) throw new IllegalArgumentException("TableFit: " + target + " is "
                + (column.type().isText() ? "text" : "of type " + column.type()) + " and cannot be predicted as a number");
        var classes = task == TableTask.REGRESSION ? List.<String>of() : classes(rows, target);
        var y = answers(rows, target, classes);
        if (classes.size() == 1 || classes.isEmpty() && y.min().item() == y.max().item())
            throw new IllegalArgumentException("TableFit: every row has the same " + target + "; there is nothing to learn");
        return new Work(this, task, target, classes, table, given, rows, y, progress).study();
    }

    /** Rows whose target is a number, where it is a column of numbers. */
    private static Frame answered(Frame rows, String target) {
        if (!rows.column(target).type().isNumeric()) return rows;
        double[] y = rows.column(target).numbers();
        for (double v : y)
            if (Double.isInfinite(v))
                throw new IllegalArgumentException("TableFit: a " + target + " is " + v + "; it is finite or missing");
        int[] some = IntStream.range(0, y.length).filter(i -> !Double.isNaN(y[i])).toArray();
        return some.length == y.length ? rows : rows.rows(some);
    }

    private static List<String> classes(Frame rows, String target) {
        var texts = new TreeSet<String>();
        rows.column(target).toList().forEach(v -> texts.add(v.toString()));
        return List.copyOf(texts);
    }

    private static Tensor answers(Frame rows, String target, List<String> classes) {
        if (classes.isEmpty()) return Tensor.of(rows.column(target).numbers());
        return Tensor.of(rows.column(target).toList().stream().mapToLong(v -> Collections.binarySearch(classes, v.toString())).toArray());
    }

    /** The rows and what is known of them, while they are worked on. */
    private record Work(TableFit how, TableTask task, String target, List<String> classes, Frame table, long given, Frame rows, Tensor y,
            Progress progress) {

        private Scorer[] scorers() {
            if (task == TableTask.REGRESSION) return new Scorer[] {Scorer.ROOT_MEAN_SQUARED_ERROR, Scorer.MEAN_ABSOLUTE_ERROR, Scorer.R2};
            return classes.size() == 2 ? new Scorer[] {Scorer.LOG_LOSS, Scorer.ACCURACY, Scorer.ROC_AUC}
                    : new Scorer[] {Scorer.LOG_LOSS, Scorer.ACCURACY};
        }

        private Split split() {
            double test = how.testShare;
            var rng = Rng.of(how.seed).split(1);
            if (how.group != null) return Split.grouped(groups(rows), rng, 1 - test, test);
            if (how.time != null) {
                var part = new int[rows.size()];
                Arrays.fill(part, (int) Math.round((1 - test) * part.length), part.length, 1);
                return Split.fromAssignment(part, 2);
            }
            if (task == TableTask.REGRESSION) return Split.random(rows.size(), rng, 1 - test, test);
            int[] labels = Arrays.stream(y.toLongArray()).mapToInt(l -> (int) l).toArray();
            return Split.stratified(labels, rng, 1 - test, test);
        }

        private int[] groups(Frame of) { return Strata.codes(of.column(how.group).toList().stream().map(Object::toString).toList()); }

        TableStudy study() {
            var split = split();
            int[] trainRows = split.get(0), testRows = split.get(1);
            var train = rows.rows(trainRows);
            var profile = TableProfile.of(table, target, unseen());
            var encoder = TableEncoder.of(train, profile);
            if (encoder.width() == 0) throw new IllegalArgumentException("TableFit: no column is of use: "
                    + String.join("; ", profile.columns().stream().map(c -> c.name() + ", " + c.reason()).toList()));
            Tensor x = encoder.encode(train), truth = y.rows(trainRows), testX = encoder.encode(rows.rows(testRows)),
                    testY = y.rows(testRows);
            var validation = validation(train, truth);
            var findings = audit(encoder, x, truth, validation);
            var entries = compare(x, truth, validation);
            var best = entries.stream().filter(e -> e.result() != null && !e.name().equals(TableStudy.BASELINE)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("TableFit: no model could be fitted: " + entries.getFirst().trouble()));
            var chosen = calibrated(best, x, truth, validation);
            var judged = fitted(chosen, x, truth);
            var scores = new LinkedHashMap<String, Double>();
            for (var scorer : scorers()) scores.put(scorer.name(), scorer.score(judged, testX, testY, null));
            var all = encoder.encode(rows);
            var about = Map.of("made", LocalDate.now(ZoneOffset.UTC).toString(), "rows", String.valueOf(rows.size()), "model", best.name(),
                    "settings", best.settings(), "test", scores.toString());
            int[] some = rows.size() <= BACKGROUND ? IntStream.range(0, rows.size()).toArray()
                    : Rng.of(how.seed).split(2).sample(rows.size(), BACKGROUND);
            var model = new TableModel(target, task, encoder, classes, fitted(chosen, all, y), all.rows(some).contiguous(), about);
            return new TableStudy(task, target, classes, given, rows.size(), profile, findings, List.of(scorers()), entries, best.name(),
                    chosen != best.learner(), how.search > 0, scores, testRows.length, TableStudy.Outputs.of(judged, testX, testY),
                    importances(encoder, judged, testX, testY), model);
        }

        private Set<String> unseen() {
            var names = new HashSet<>(how.dropped);
            if (how.group != null) names.add(how.group);
            if (how.time != null) names.add(how.time);
            return names;
        }

        private CrossValidation validation(Frame train, Tensor truth) {
            if (how.time != null) return new CrossValidation(new TimeSeriesSplit(how.folds));
            if (how.group != null) {
                int[] groups = groups(train);
                int k = (int) Math.min(how.folds, Arrays.stream(groups).distinct().count());
                return new CrossValidation(new GroupKFold(k).shuffled(how.seed)).withGroups(groups);
            }
            if (task == TableTask.REGRESSION)
                return new CrossValidation(new KFold(Math.min(how.folds, (int) truth.size(0))).shuffled(how.seed));
            var counts = new int[classes.size()];
            for (long label : truth.toLongArray()) counts[(int) label]++;
            int rarest = Arrays.stream(counts).min().orElseThrow();
            if (rarest < 2) throw new IllegalArgumentException("TableFit: " + classes.get(rarestOf(counts)) + " has " + rarest
                    + " training rows; every class of " + target + " needs two");
            return new CrossValidation(new StratifiedKFold(Math.min(how.folds, rarest)).shuffled(how.seed));
        }

        private static int rarestOf(int[] counts) {
            int at = 0;
            for (int i = 1; i < counts.length; i++) if (counts[i] < counts[at]) at = i;
            return at;
        }

        private List<Finding> audit(TableEncoder encoder, Tensor x, Tensor truth, CrossValidation validation) {
            progress.step("fit: looking for leaks", 0, how.models.size() + 1);
            var evaluation = Evaluation.of(x, truth, validation.folds(x, truth)).withNames(encoder.names()).withGroups(validation.groups());
            var findings = new ArrayList<>(new LeakageAudit().audit(evaluation).findings());
            findings.addAll(CategoryProxies.of(encoder, x, truth, classes.size(), new LeakageAudit().proxy()));
            return findings;
        }

        private List<TableStudy.Entry> compare(Tensor x, Tensor truth, CrossValidation validation) {
            var entries = new ArrayList<TableStudy.Entry>();
            Learner nothing = task == TableTask.REGRESSION ? new Baseline.OfNumbers() : new Baseline.OfClasses();
            entries.add(scored(TableStudy.BASELINE, nothing, "says the same of every row", x, truth, validation));
            for (var word : how.models) {
                progress.step("fit: " + word, entries.size(), how.models.size() + 1);
                var family = Family.of(word);
                if (how.search == 0) {
                    entries.add(scored(word, family.learner(task, null, how.seed), "as it usually serves", x, truth, validation));
                    continue;
                }
                var study = new HyperparameterSearch(family.space(), new RandomSearch(how.search)).withSeed(how.seed)
                        .tune(c -> family.learner(task, c, how.seed), x, truth, validation, scorers()[0], progress);
                var found = study.best().configuration();
                entries.add(scored(word, family.learner(task, found, how.seed), found.toString(), x, truth, validation));
            }
            entries.sort((a, b) -> a.result() == null ? b.result() == null ? 0 : 1
                    : b.result() == null ? -1 : Double.compare(a.result().mean(scorers()[0]), b.result().mean(scorers()[0])));
            return entries;
        }

        /** A learner that cannot be fitted to these rows stands with its reason. */
        private TableStudy.Entry scored(String name, Learner learner, String settings, Tensor x, Tensor truth, CrossValidation validation) {
            try {
                return new TableStudy.Entry(name, learner, settings, validation.score(learner, x, truth, scorers()), "");
            } catch (IllegalArgumentException | LyceumException e) {
                return new TableStudy.Entry(name, learner, settings, null, e.getMessage());
            }
        }

        private Learner calibrated(TableStudy.Entry best, Tensor x, Tensor truth, CrossValidation validation) {
            if (!(best.learner() instanceof Classifier classifier) || how.group != null || how.time != null) return best.learner();
            var scheme = new StratifiedKFold(3).shuffled(how.seed);
            var other = new CalibratedClassifier(classifier, classes.size() == 2 ? new PlattScaling() : new TemperatureScaling(), scheme);
            var entry = scored("calibrated", other, "", x, truth, validation);
            return entry.result() != null && entry.result().mean(Scorer.LOG_LOSS) < best.result().mean(Scorer.LOG_LOSS) ? other
                    : best.learner();
        }

        private static Model fitted(Learner learner, Tensor x, Tensor y) {
            return learner instanceof Classifier classifier ? classifier.fit(x, y) : ((Regressor) learner).fit(x, y);
        }

        /** By how much the loss of the test rows rises when the values of a column change rows; of very many columns, of those that matter. */
        private List<TableStudy.Importance> importances(TableEncoder encoder, Model model, Tensor x, Tensor truth) {
            var scorer = scorers()[0];
            double before = scorer.score(model, x, truth, null);
            int n = (int) x.size(0), width = (int) x.size(1);
            double[] values = x.toDoubleArray();
            var found = new ArrayList<TableStudy.Importance>();
            int[][] groups = encoder.groups();
            for (int g : judged(groups, model, values, n, width)) {
                var rise = new double[REPEATS];
                for (int r = 0; r < REPEATS; r++) {
                    int[] order = Rng.of(how.seed).split(3 + r).permutation(n);
                    var shuffled = values.clone();
                    for (int j : groups[g]) for (int i = 0; i < n; i++) shuffled[i * width + j] = values[order[i] * width + j];
                    rise[r] = scorer.score(model, Tensor.of(shuffled, n, width), truth, null) - before;
                }
                found.add(new TableStudy.Importance(encoder.parts().get(g).name(), Arrays.stream(rise).average().orElseThrow(),
                        Arrays.stream(rise).min().orElseThrow(), Arrays.stream(rise).max().orElseThrow()));
            }
            found.sort((a, b) -> Double.compare(b.rise(), a.rise()));
            return found;
        }

        /** All columns of the table, or of very many those that go with what the model says of the rows, by the largest correlation. */
        private static int[] judged(int[][] groups, Model model, double[] values, int n, int width) {
            if (groups.length <= MOST_JUDGED) return IntStream.range(0, groups.length).toArray();
            double[] said = TableStudy.Outputs.of(model, Tensor.of(values, n, width), null).said().toDoubleArray();
            int outputs = said.length / n;
            var strength = new double[groups.length];
            double[] a = new double[n], b = new double[n];
            for (int g = 0; g < groups.length; g++) {
                for (int j : groups[g]) {
                    for (int c = 0; c < outputs; c++) {
                        for (int i = 0; i < n; i++) {
                            a[i] = Double.isNaN(values[i * width + j]) ? 0 : values[i * width + j];
                            b[i] = said[i * outputs + c];
                        }
                        strength[g] = Math.max(strength[g], squaredCorrelation(a, b));
                    }
                }
            }
            return IntStream.range(0, groups.length).boxed().sorted((g, h) -> Double.compare(strength[h], strength[g])).limit(MOST_JUDGED)
                    .mapToInt(Integer::intValue).toArray();
        }

        /** 0 where one of them is constant. */
        private static double squaredCorrelation(double[] a, double[] b) {
            double ma = Arrays.stream(a).average().orElseThrow(), mb = Arrays.stream(b).average().orElseThrow(), ab = 0, aa = 0, bb = 0;
            for (int i = 0; i < a.length; i++) {
                ab += (a[i] - ma) * (b[i] - mb);
                aa += (a[i] - ma) * (a[i] - ma);
                bb += (b[i] - mb) * (b[i] - mb);
            }
            return aa * bb == 0 ? 0 : ab * ab / (aa * bb);
        }
    }
}
