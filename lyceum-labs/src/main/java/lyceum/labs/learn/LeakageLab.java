package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.leakage.Evaluation;
import lyceum.learn.leakage.Finding;
import lyceum.learn.leakage.LeakageAudit;
import lyceum.learn.leakage.Preparation;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.neighbors.NeighborWeights;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.Scorer;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/** Two pipelines that look alike score 98% and 50%; two leaks, one through a column and one through the split, and what each is worth on fresh rows. */
@Lab(topics = {"data-leakage", "leakage-audit"}, title = "Where did the score come from?")
final class LeakageLab implements LabBody {
    /** Keeps the columns that differ most between the classes of the rows it is fitted to. */
    private record BestColumns(int keep) implements Transformer {
        @Override public Kept fit(Tensor x, Tensor y, Tensor weights) {
            var signs = y.to(DType.F64).sub(y.to(DType.F64).mean()).unsqueeze(1);
            return new Kept(x.mul(signs).sum(0).abs().argsort(0, true).narrow(0, 0, keep), (int) x.size(1));
        }
    }

    private record Kept(Tensor columns, int nFeatures) implements FittedTransformer {
        @Override public int nOutputs() { return (int) columns.count(); }

        @Override public Tensor transform(Tensor x) { return x.indexSelect(1, columns); }
    }

    @Override public void run(LabContext lab) {
        int columns = lab.param("columns", 2000, 100, 5000), keep = lab.param("kept columns", 100, 5, 200);
        double copies = lab.param("share of copies", 0.3, 0.0, 0.8), telling = lab.param("what the late column tells", 2.5, 0.0, 5.0);

        // pure noise, two pipelines
        var rng = lab.rng(0);
        var noise = Tensor.randn(rng, DType.F64, 50, columns);
        var labels = new long[50];
        int[] order = rng.permutation(50);
        for (int i = 0; i < 25; i++) labels[order[i]] = 1;
        var selector = new BestColumns(Math.min(keep, columns));
        var plain = evaluation(noise, labels).withLearner(new KNeighborsClassifier(1)).withScorer(Scorer.ACCURACY);
        var outside = new LeakageAudit().audit(plain.withPreparation(Preparation.outside(selector)));
        var inside = new LeakageAudit().audit(plain.withPreparation(Preparation.inside(selector)));
        lab.table("Two pipelines on pure noise", List.of("columns are chosen", "accuracy", "the audit says"),
                List.of(List.of("on all rows, then folds", mean(outside.scores()), outside.toString()),
                        List.of("in each fold", mean(inside.scores()), inside.toString())));
        lab.shows("data-leakage", "error with columns chosen on all rows", 1 - mean(outside.scores()), below(0.2));
        lab.shows("data-leakage", "error with columns chosen in each fold", 1 - mean(inside.scores()), between(0.3, 0.75));
        lab.shows("data-leakage", "of the two flagged rightly",
                (outside.has(Finding.Kind.FITTED_ON_TEST_LABELS) ? 1 : 0) + (inside.isClean() ? 1 : 0), exactly(2));

        // two leaks
        int n = 500;
        double[][] x = rows(rng, n), live = rows(rng, 5_000);
        long[] y = answers(rng, x), liveAnswers = answers(rng, live);
        double[] predicted = new double[n], written = new double[n];
        for (int i = 0; i < n; i++) {
            x[i][2] = telling * y[i] + rng.nextGaussian();
            written[i] = predicted[i] + (rng.nextDouble() < 0.8 ? 1 : -1);
        }
        var late = new LeakageAudit().audit(evaluation(Tensor.of(x), y).withLearner(new LogisticRegression()).withPredictedAt(predicted)
                .withWrittenAt(Map.of(2, written)));
        for (double[] row : x) row[2] = 0;
        double lateFresh = fresh(new LogisticRegression(), x, y, live, liveAnswers);
        int more = (int) (copies * n);
        var doubled = new double[n + more][];
        var doubledAnswers = new long[n + more];
        for (int i = 0; i < n + more; i++) {
            int of = i < n ? i : rng.nextInt(n);
            doubled[i] = x[of];
            doubledAnswers[i] = y[of];
        }
        var near = new KNeighborsClassifier(7).withWeights(NeighborWeights.DISTANCE);
        var twice = new LeakageAudit().audit(evaluation(Tensor.of(doubled), doubledAnswers).withLearner(near));
        double twiceFresh = fresh(near, x, y, live, liveAnswers);

        var found = new ArrayList<List<Object>>();
        var reports = List.of(late, twice);
        double[] before = new double[2], after = new double[2], truth = {lateFresh, twiceFresh};
        for (int r = 0; r < 2; r++) {
            before[r] = mean(reports.get(r).scores());
            after[r] = before[r];
            for (var f : reports.get(r).findings()) {
                found.add(List.of(f.type().toString(), f.kind().toString(), f.evidence(), f.inflationOr(Double.NaN)));
                if (f.inflation() != null) after[r] = mean(f.inflation().after());
            }
        }
        lab.table("What the audit finds", List.of("type", "kind", "evidence", "inflation"), found);
        lab.figure(Figure
                .bars("The area under the ROC curve, three times", new String[] {"a column written later", "copied rows"},
                        Series.of("as evaluated", before), Series.of("cause removed", after), Series.of("5,000 fresh rows", truth))
                .axes("leak", "area").limitY(0, 1)
                .describedAs("With the cause removed the cross-validated area is that of fresh rows, for either leak."));
        for (int r = 0; r < 2; r++)
            lab.shows("leakage-audit", "repaired less fresh area: " + (r == 0 ? "late column" : "copies"), Math.abs(after[r] - truth[r]),
                    atMost(0.08));
        if (copies >= 0.2) lab.shows("leakage-audit", "inflation by the copies", before[1] - after[1], atLeast(0.02));
        if (telling >= 1) lab.shows("leakage-audit", "inflation by the late column", before[0] - after[0], atLeast(0.02));
    }

    private static Evaluation evaluation(Tensor x, long[] y) {
        return Evaluation.of(x, Tensor.of(y), new KFold(5).shuffled(1).folds(new FoldScheme.Rows(y.length, y, null)));
    }

    private static double[][] rows(Rng rng, int n) {
        var x = new double[n][3];
        for (double[] row : x) for (int j = 0; j < 2; j++) row[j] = rng.nextGaussian();
        return x;
    }

    private static long[] answers(Rng rng, double[][] x) {
        var y = new long[x.length];
        for (int i = 0; i < y.length; i++) y[i] = rng.nextDouble() < 1 / (1 + Math.exp(-1.3 * x[i][0] + 0.9 * x[i][1])) ? 1 : 0;
        return y;
    }

    private static double fresh(Classifier learner, double[][] x, long[] y, double[][] live, long[] answers) {
        return Scorer.ROC_AUC.score(learner.fit(Tensor.of(x), Tensor.of(y)), Tensor.of(live), Tensor.of(answers), null);
    }

    private static double mean(double[] scores) { return Tensor.of(scores).mean().item(); }
}
