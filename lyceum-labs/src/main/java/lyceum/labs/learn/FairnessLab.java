package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.fairness.FairnessImpossibility;
import lyceum.learn.fairness.FairnessMetrics;
import lyceum.learn.fairness.GroupCounts;
import lyceum.learn.fairness.GroupRate;
import lyceum.learn.fairness.ScoredGroup;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** One scorer, two groups, a threshold for each: make one column equal and watch the others part. */
@Lab(topics = "fairness-bias", title = "Equal in which column?")
final class FairnessLab implements LabBody {
    private static final GroupRate[] SHOWN = {GroupRate.SELECTION, GroupRate.TRUE_POSITIVE, GroupRate.FALSE_POSITIVE,
            GroupRate.POSITIVE_PREDICTIVE_VALUE};
    private static final String[] NAMES = {"selected", "TPR", "FPR", "PPV"};

    @Override public void run(LabContext lab) {
        double thresholdA = lab.param("threshold of A", 0.5, -2.0, 3.0), thresholdB = lab.param("threshold of B", 0.5, -2.0, 3.0);
        double baseA = lab.param("base rate of A", 0.5, 0.05, 0.95), baseB = lab.param("base rate of B", 0.3, 0.05, 0.95);
        double separation = lab.param("separation", 1.0, 0.1, 3.0);
        String equal = lab.choice("equalise by B's threshold", "nothing", "nothing", "selected", "TPR", "FPR", "PPV");
        double[] thresholds = Tensor.linspace(-3, 4, 701).toDoubleArray();
        ScoredGroup a = ScoredGroup.binormal(separation, baseA, thresholds), b = ScoredGroup.binormal(separation, baseB, thresholds);
        var chosen = new FairnessMetrics(List.of(a.at(0, nearest(thresholds, thresholdA)), b.at(1, nearest(thresholds, thresholdB))));
        var rows = new ArrayList<List<Object>>();
        var figures = new ArrayList<Figure>();
        rows.add(row("as set", thresholdB, chosen));
        figures.add(bars("As set", chosen));
        FairnessMetrics shown = chosen;
        for (int r = 0; r < SHOWN.length; r++) {
            int k = nearest(b.rates(SHOWN[r]), chosen.group(0).rate(SHOWN[r]));
            var matched = new FairnessMetrics(List.of(chosen.group(0), b.at(1, k)));
            if (NAMES[r].equals(equal)) shown = matched;
            rows.add(row("equal " + NAMES[r], thresholds[k], matched));
            figures.add(bars("Equal " + NAMES[r], matched));
        }
        int start = equal.equals("nothing") ? 0 : 1 + List.of(NAMES).indexOf(equal);
        lab.figure(Figure.frames("Four columns, one of them equal", "B's threshold chosen for", figures)
                .labelled("nothing", "selected", "TPR", "FPR", "PPV").startingAt(start)
                .describedAs("Pairs of bars for the two groups; the pair that is made equal drives the others apart."));
        lab.table("Gaps between the groups", List.of("choice", "threshold of B", "selected", "TPR", "FPR", "PPV"), rows);
        lab.figure(Figure.line("Predictive value against true positive rate", a.truePositiveRates(), a.rates(SHOWN[3])).named("A")
                .line("B", b.truePositiveRates(), b.rates(SHOWN[3])).axes("true positive rate", "positive predictive value").limitX(0.02, 1)
                .describedAs("Where base rates differ the curves do not meet: at equal TPR, and so equal FPR here, PPV differs."));

        double[] grid = Tensor.linspace(-3, 4, 200).toDoubleArray();
        var search = FairnessImpossibility.search(ScoredGroup.binormal(separation, baseA, grid),
                ScoredGroup.binormal(separation, baseB, grid), 0.01, 0.05, 0.95);
        lab.say("Of %d pairs of thresholds %d agree in PPV, FPR and FNR within 0.01; the nearest is %.3f away.", search.pairs(),
                search.satisfying(), search.largestGap());
        var g = shown.group(1);
        double implied = FairnessImpossibility.falsePositiveRate(g.rate(GroupRate.LABEL), g.rate(GroupRate.POSITIVE_PREDICTIVE_VALUE),
                g.rate(GroupRate.FALSE_NEGATIVE));
        lab.shows("FPR of B less what the identity implies", Math.abs(implied - g.rate(GroupRate.FALSE_POSITIVE)), atMost(1e-12));
        if (Math.abs(baseA - baseB) >= 0.2 && separation <= 1) {
            lab.shows("pairs of thresholds that satisfy all three", search.satisfying(), exactly(0));
            lab.shows("gap of the nearest pair", search.largestGap(), above(0.01));
        }
    }

    private static Figure bars(String title, FairnessMetrics metrics) {
        return Figure.bars(title, NAMES, Series.of("A", rates(metrics.group(0))), Series.of("B", rates(metrics.group(1))))
                .axes("rate", "share of rows").limitY(0, 1).describedAs("The rates of both groups under this pair of thresholds.");
    }

    private static double[] rates(GroupCounts group) {
        var values = new double[SHOWN.length];
        for (int r = 0; r < values.length; r++) values[r] = group.rate(SHOWN[r]);
        return values;
    }

    private static List<Object> row(String choice, double threshold, FairnessMetrics metrics) {
        var row = new ArrayList<Object>(List.of(choice, threshold));
        for (var rate : SHOWN) row.add(metrics.gap(rate));
        return row;
    }

    /** The place of the value nearest to {@code wanted}. */
    private static int nearest(double[] values, double wanted) {
        int best = 0;
        for (int k = 0; k < values.length; k++) if (Math.abs(values[k] - wanted) < Math.abs(values[best] - wanted)) best = k;
        return best;
    }
}
