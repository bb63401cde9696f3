package lyceum.learn.table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.learn.calibration.CalibrationReport;
import lyceum.learn.leakage.Finding;
import lyceum.learn.metrics.ConfusionMatrix;
import lyceum.learn.selection.CrossValidationResult;
import lyceum.learn.selection.Scorer;
import lyceum.learn.table.TableColumn.Kind;
import lyceum.plot.Figure;
import lyceum.stats.Interval;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * What {@link TableFit} found out on its way to a model.
 *
 * @param given rows of the table
 * @param rows of them that were used: those with a target, sampled if there were more than the limit
 * @param findings of the audit for leaks; columns are numbered as {@code model.encoder().names()} is
 * @param scorers by which models were compared; the first decided
 * @param entries the baseline and each model, the best first
 * @param winner the name of the entry that was taken
 * @param calibrated whether its probabilities were
 * @param searched whether settings were drawn on the folds that the entries are compared on: their intervals flatter then
 * @param testScores of rows that were put aside, which no choice has seen
 * @param outputs what was said of those rows
 * @param importances of the table's columns, the greatest first; of more than 200 those that go with what the model says
 * @param model fitted to all rows
 */
public record TableStudy(TableTask task, String target, List<String> classes, long given, int rows, TableProfile profile,
        List<Finding> findings, List<Scorer> scorers, List<Entry> entries, String winner, boolean calibrated, boolean searched,
        Map<String, Double> testScores, int testRows, Outputs outputs, List<Importance> importances, TableModel model) {
    /** The entry that looks at no column. */
    public static final String BASELINE = "baseline";
    private static final double LEVEL = 0.95;
    private static final int SHOWN = 15;

    public TableStudy {
        findings = List.copyOf(findings);
        entries = List.copyOf(entries);
        importances = List.copyOf(importances);
    }

    /**
     * A learner that was compared.
     *
     * @param settings in a few words
     * @param result of cross-validation; null if it could not be fitted
     * @param trouble why not
     */
    public record Entry(String name, Learner learner, String settings, CrossValidationResult result, String trouble) {}

    /** By how much the deciding loss of the test rows rises when a column's values change rows: mean, least and most of five shuffles. */
    public record Importance(String column, double rise, double least, double most) {}

    /**
     * What was said of the rows put aside.
     *
     * @param truth (n): labels or numbers
     * @param said (n x classes) probabilities, or (n) numbers
     */
    public record Outputs(Tensor truth, Tensor said) {
        static Outputs of(Model model, Tensor x, Tensor truth) {
            return new Outputs(truth, model instanceof ClassificationModel c ? c.predictProba(x) : ((RegressionModel) model).predict(x));
        }
    }

    public Entry entry(String name) {
        return entries.stream().filter(e -> e.name.equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("TableStudy: there is no entry " + name));
    }

    /**
     * A 95% interval for how much lower the winner's loss is than that of another entry, corrected for overlapping folds; above 0 it is no luck, unless
     * settings were searched on these folds.
     */
    public Interval leadOver(String other) {
        var d = entry(winner).result.difference(entry(other).result, scorers.getFirst(), LEVEL);
        return new Interval(-d.high(), -d.low());
    }

    /** The next best model, or the baseline where there is no other. */
    public String runnerUp() {
        return entries.stream().filter(e -> e.result != null && !e.name.equals(winner)).map(Entry::name).findFirst().orElse(BASELINE);
    }

    /** Columns that tell the target nearly alone: often written after it was known. By the table's names. */
    public List<String> suspects() {
        int[][] groups = model.encoder().groups();
        var found = new ArrayList<String>();
        for (var finding : findings) {
            if (finding.kind() != Finding.Kind.PROXY && finding.kind() != Finding.Kind.WRITTEN_LATER) continue;
            for (int column : finding.columns()) {
                for (int g = 0; g < groups.length; g++)
                    if (Arrays.stream(groups[g]).anyMatch(j -> j == column)) found.add(model.columns().get(g));
            }
        }
        return found.stream().distinct().toList();
    }

    /** The pictures of a report: comparison, what matters, and how predictions meet the truth. */
    public List<Figure> figures() {
        var figures = new ArrayList<Figure>();
        figures.add(comparison());
        if (!importances.isEmpty()) figures.add(importance());
        if (task == TableTask.REGRESSION) {
            double low = Math.min(outputs.truth.min().item(), outputs.said.min().item()),
                    high = Math.max(outputs.truth.max().item(), outputs.said.max().item());
            figures.add(Figure.scatter("Predicted and true " + target, outputs.truth, outputs.said)
                    .line("equal", new double[] {low, high}, new double[] {low, high}).dashed().axes("true", "predicted")
                    .describedAs("Each point is a row that no choice has seen; on the line predictions are right."));
        } else {
            var names = classes.toArray(String[]::new);
            long[] labels = new long[names.length];
            for (int c = 0; c < labels.length; c++) labels[c] = c;
            var counts = ConfusionMatrix.of(outputs.truth.toLongArray(), outputs.said.argmax(-1).toLongArray(), labels, null).counts();
            figures.add(Figure.heatmap("What rows of each class were taken for", counts, names, names).cellLabels()
                    .axes("predicted", "true").describedAs("Counts of rows that no choice has seen."));
            figures.add(reliability().figure("Do the probabilities hold?"));
        }
        return figures;
    }

    /** Of the test rows, about twenty in a bin: of the second class where there are two, else of the class that was said. */
    public CalibrationReport reliability() {
        var report = classes.size() == 2 ? CalibrationReport.ofClass(outputs.truth, outputs.said, 1)
                : CalibrationReport.ofTopClass(outputs.truth, outputs.said);
        return report.withBins(Math.clamp(testRows / 20, 3, 15));
    }

    private Figure comparison() {
        var shown = entries.stream().filter(e -> e.result != null).toList();
        double[] at = new double[shown.size()], mean = at.clone(), low = at.clone(), high = at.clone();
        var plot = Figure.plot("Models compared on the same folds");
        for (int i = 0; i < at.length; i++) {
            var result = shown.get(i).result;
            var interval = result.interval(scorers.getFirst(), LEVEL);
            at[i] = i;
            mean[i] = result.mean(scorers.getFirst());
            low[i] = interval.low();
            high[i] = interval.high();
            plot = plot.note(i, high[i], shown.get(i).name);
        }
        return plot.errorBars("95% interval", at, low, high).points("mean", at, mean).axes("model, best first", scorers.getFirst().name())
                .describedAs("Mean " + scorers.getFirst().name() + " of " + shown.getFirst().result.folds().size()
                        + " folds with a 95% interval; lower is better.");
    }

    private Figure importance() {
        var top = importances.subList(0, Math.min(SHOWN, importances.size())).reversed();
        return Figure
                .bar("What the model rests on", top.stream().map(Importance::column).toArray(String[]::new),
                        top.stream().mapToDouble(Importance::rise).toArray())
                .horizontal().axes("rise of " + scorers.getFirst().name() + " when shuffled", "column")
                .describedAs("By how much the loss of unseen rows rises when a column's values change rows.");
    }

    /** The study in words, a finding a line. */
    public String summary() {
        var text = new StringBuilder();
        line(text, "%d rows%s, %d columns, %d of use; %s of %s%s", rows, rows < given ? " of " + given : "", profile.columns().size(),
                profile.taken().size(), task == TableTask.REGRESSION ? "regression" : "classification", target,
                classes.isEmpty() ? "" : " (" + String.join(", ", classes.size() > SHOWN ? classes.subList(0, SHOWN) : classes) + ")");
        for (var column : profile.columns())
            if (column.kind() == Kind.LEFT_OUT) line(text, "left out: %s, %s", column.name(), column.reason());
        for (var column : suspects())
            line(text, "LEAK? %s tells %s nearly alone: is it known when you predict? If not, drop it", column, target);
        for (var finding : findings) if (finding.kind() != Finding.Kind.PROXY) line(text, "LEAK? %s", finding);
        var first = scorers.getFirst();
        for (var entry : entries) {
            if (entry.result == null) {
                line(text, "%-9s could not be fitted: %s", entry.name, entry.trouble);
                continue;
            }
            var interval = entry.result.interval(first, LEVEL);
            line(text, "%-9s %s %.4g (%.4g to %.4g)%s", entry.name, first.name(), entry.result.mean(first), interval.low(), interval.high(),
                    entry.name.equals(winner) ? "  taken" : "");
        }
        say(text, BASELINE);
        if (!runnerUp().equals(BASELINE)) say(text, runnerUp());
        if (searched) line(text, "settings were chosen on the same folds, which flatters these intervals but not the rows put aside");
        if (entry(winner).result.mean(first) >= entry(BASELINE).result.mean(first))
            line(text, "no model is better than the baseline on average: do not use one");
        if (calibrated) line(text, "its probabilities are calibrated: that lowered the log loss of the folds");
        var scores = new LinkedHashMap<>(testScores);
        line(text, "on %d rows put aside: %s", testRows, String.join(", ",
                scores.entrySet().stream().map(e -> String.format(Locale.ROOT, "%s %.4g", e.getKey(), e.getValue())).toList()));
        var rests = importances.stream().limit(5).filter(i -> i.least > 0).map(Importance::column).toList();
        line(text, "rests on %s", rests.isEmpty() ? "no column that can be told from chance" : String.join(", ", rests));
        return text.toString();
    }

    private void say(StringBuilder text, String other) {
        var lead = leadOver(other);
        line(text, "%s over %s: %s (lead %.3g to %.3g)", winner, other,
                lead.low() > 0 ? "better beyond luck" : lead.high() < 0 ? "worse beyond luck" : "may be luck", lead.low(), lead.high());
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
