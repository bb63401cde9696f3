package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.metrics.ClassificationMetrics;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.metrics.Thresholds;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.prob.Normal;

/** One inbox, three thresholds: block almost nothing wrongly, balance, or miss almost nothing. Then a screening with a promise, and the map of F1. */
@Lab(topics = {"precision", "recall", "f1-score"}, title = "Three ways to cut an inbox")
final class PrecisionRecallLab implements LabBody {
    @Override public void run(LabContext lab) {
        double precision = lab.param("precision", 0.99, 0.8, 0.999), recall = lab.param("recall", 0.9, 0.5, 0.99),
                confidence = lab.param("confidence", 0.9, 0.6, 0.99);
        int words = lab.param("words", 2000, 50, 4000), repetitions = lab.param("repetitions", 600, 200, 5000);
        var boxes = Mails.scored(words, lab.rng(0));
        inbox(lab, boxes[0], boxes[1], precision, recall, confidence);
        f1Map(lab, boxes[0], boxes[1]);
        screening(lab, recall, confidence, repetitions);
    }

    private static void inbox(LabContext lab, Mails tune, Mails test, double precision, double recall, double confidence) {
        String[] names = {"precision at least " + precision, "largest F1", "recall at least " + recall + ", guaranteed"};
        double[] cuts = {Thresholds.forPrecision(tune.spam(), tune.scores(), precision).threshold(),
                Thresholds.maximisingFBeta(tune.spam(), tune.scores(), 1).threshold(),
                Thresholds.guaranteeingRecall(tune.spamScores(), recall, confidence)};
        double[] caught = new double[3], missed = new double[3], blocked = new double[3];
        var rows = new ArrayList<List<Object>>();
        for (int c = 0; c < 3; c++) {
            caught[c] = test.caught(cuts[c]);
            missed[c] = test.allSpam() - caught[c];
            blocked[c] = test.blocked(cuts[c]);
            rows.add(List.of(names[c], cuts[c], (int) caught[c], (int) missed[c], (int) blocked[c], test.precision(cuts[c]),
                    test.recall(cuts[c])));
        }
        lab.table("An inbox of " + test.size() + " mails at three thresholds",
                List.of("chosen for", "threshold", "spam caught", "spam missed", "good mail blocked", "precision", "recall"), rows);
        lab.figure(Figure.bars("What happens to the mails", names, Series.of("spam caught", caught), Series.of("spam missed", missed),
                Series.of("good mail blocked", blocked)).axes("threshold chosen for", "mails").describedAs(
                        "The strict cut blocks hardly any good mail and misses much spam; the lenient one catches nearly all spam at the price of good mail."));
        lab.say("Chosen for precision the cut blocks %.0f good mails and misses %.0f of %d spams; chosen for recall it blocks %.0f and misses %.0f.",
                blocked[0], missed[0], test.allSpam(), blocked[2], missed[2]);
        lab.check("precision", 5, "precision on new mails of the cut tuned for " + precision, test.precision(cuts[0]),
                atLeast(precision - 0.01));
        lab.shows("recall", "recall on new mails of the guaranteed cut", test.recall(cuts[2]), atLeast(recall - 0.03));
        double prevalence = test.allSpam() / (double) test.size(), all = ClassificationMetrics.fBeta(prevalence, 1, 1);
        lab.shows("recall", "flagging all: recall", test.recall(Double.NEGATIVE_INFINITY), exactly(1));
        lab.shows("recall", "flagging all: precision - prevalence", test.precision(Double.NEGATIVE_INFINITY) - prevalence, exactly(0));
        lab.shows("f1-score", "flagging all: F1 - 2p / (1 + p)", Math.abs(all - 2 * prevalence / (1 + prevalence)), below(1e-15));
    }

    private static void f1Map(LabContext lab, Mails tune, Mails test) {
        var roc = RocCurve.of(test.spam(), test.scores(), null);
        int n = roc.thresholds().length - 1, points = Math.min(n, 150);
        double[] recalls = new double[points], precisions = new double[points];
        for (int i = 0; i < points; i++) {
            int at = 1 + (int) ((long) i * (n - 1) / Math.max(1, points - 1));
            recalls[i] = test.recall(roc.thresholds()[at]);
            precisions[i] = test.precision(roc.thresholds()[at]);
        }
        double best = Thresholds.maximisingFBeta(tune.spam(), tune.scores(), 1).threshold();
        lab.figure(Figure.plot("F1 over recall and precision, and the path of falling thresholds")
                .surface(0, 1, 0, 1, (r, p) -> ClassificationMetrics.fBeta(p, r, 1)).contours().line("", recalls, precisions)
                .points("largest F1 on the tuning mails", new double[] {test.recall(best)}, new double[] {test.precision(best)})
                .axes("recall", "precision").describedAs(
                        "Lines of equal F1 bend round the corner of 1 and 1; the path runs along the top and falls off at the right, nearest to the corner where F1 is largest."));
    }

    private static void screening(LabContext lab, double recall, double confidence, int repetitions) {
        Normal sick = new Normal(1.8, 1), well = new Normal(0, 1);
        int cases = 100, people = 10_000;
        double[] followUps = new double[60], missed = new double[60];
        for (int i = 0; i < 60; i++) {
            double cut = 4 - i * 0.1;
            followUps[i] = (people - cases) * well.survival(cut) + cases * sick.survival(cut);
            missed[i] = cases * sick.cdf(cut);
        }
        int failed = 0, plainFailed = 0;
        var rng = lab.rng(3);
        for (int r : lab.progress("screenings", repetitions)) {
            double[] scores = sick.sample(rng, 150).toDoubleArray();
            if (sick.survival(Thresholds.guaranteeingRecall(scores, recall, confidence)) < recall) failed++;
            Arrays.sort(scores);
            if (sick.survival(scores[(int) (150 * (1 - recall))]) < recall) plainFailed++;
        }
        lab.figure(Figure.line("Screening 10,000 people of whom 100 are ill", followUps, missed)
                .horizontalLine(cases * (1 - recall), "promised").axes("people asked to come again", "ill people missed").logX()
                .describedAs(
                        "Every miss avoided costs more follow-ups than the last: the first cases are cheap, the last ones bring in nearly everybody."));
        lab.say("A threshold read from the 150 ill people at hand keeps its promise of recall %.2f in %.0f%% of %d repetitions; the one with a binomial margin in %.0f%%.",
                recall, 100 - 100.0 * plainFailed / repetitions, repetitions, 100 - 100.0 * failed / repetitions);
        lab.shows("recall", "share of repetitions that break the guarantee", failed / (double) repetitions, atMost(1 - confidence + 0.015));
    }
}
