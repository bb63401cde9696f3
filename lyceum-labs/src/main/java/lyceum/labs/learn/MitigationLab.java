package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.fairness.AdversarialDebiasing;
import lyceum.learn.fairness.BiasMitigation;
import lyceum.learn.fairness.DisparateImpactRepair;
import lyceum.learn.fairness.FairReductions;
import lyceum.learn.fairness.FairnessCriterion;
import lyceum.learn.fairness.GroupRate;
import lyceum.learn.fairness.GroupThresholds;
import lyceum.learn.fairness.Reweighing;
import lyceum.learn.fairness.TradeOff;
import lyceum.learn.linear.LogisticRegression;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Three doors at which to intervene, each with its dial: what a smaller gap costs in accuracy on fresh rows. */
@Lab(topics = "bias-mitigation", title = "Three doors to a smaller gap")
final class MitigationLab implements LabBody {
    private record Applicants(Tensor x, Tensor labels, Tensor groups) {
        static Applicants draw(Rng rng, int n, double bonus) {
            var cells = new double[3 * n];
            long[] labels = new long[n], groups = new long[n];
            for (int i = 0; i < n; i++) {
                groups[i] = rng.nextDouble() < 0.4 ? 1 : 0;
                cells[3 * i] = rng.nextGaussian() + 0.5 * groups[i];
                cells[3 * i + 1] = rng.nextGaussian() + groups[i];
                cells[3 * i + 2] = groups[i];
                double odds = 1.2 * cells[3 * i] + 0.3 * cells[3 * i + 1] + bonus * groups[i] - 0.7;
                labels[i] = rng.nextDouble() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
            }
            return new Applicants(Tensor.of(cells, n, 3), Tensor.of(labels), Tensor.of(groups));
        }
    }

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 4_000, 500, 50_000);
        double bonus = lab.param("bonus of group 1 in the labels", 0.8, 0.0, 3.0);
        var wanted = FairnessCriterion.valueOf(lab.choice("criterion", "DEMOGRAPHIC_PARITY", "DEMOGRAPHIC_PARITY", "EQUALISED_ODDS"));
        Applicants train = Applicants.draw(lab.rng(0), rows, bonus), test = Applicants.draw(lab.rng(1), 20_000, bonus);
        var base = new LogisticRegression();
        var table = new ArrayList<List<Object>>();
        var plain = reached(table, "unconstrained", "", BiasMitigation.none(base), wanted, train, test);
        var weighed = reached(table, "before: reweighing", "", new Reweighing(base), wanted, train, test);
        var repairs = new ArrayList<TradeOff>();
        for (double level : new double[] {0.25, 0.5, 0.75, 1})
            repairs.add(reached(table, "before: repair", "level " + level, new DisparateImpactRepair(base, level), wanted, train, test));
        var reductions = new ArrayList<TradeOff>();
        for (double tolerance : new double[] {0.16, 0.08, 0.04, 0.01})
            reductions.add(reached(table, "during: reductions", "tolerance " + tolerance,
                    new FairReductions(base, wanted, tolerance, 0.005, 20), wanted, train, test));
        var adversary = reached(table, "during: adversary", "", new AdversarialDebiasing(wanted).withIterations(150), wanted, train, test);
        var thresholds = reached(table, "after: thresholds", "", new GroupThresholds(base, wanted), wanted, train, test);
        lab.figure(Figure.plot("Accuracy against gap on fresh rows").points("unconstrained", gaps(plain), accuracies(plain))
                .points("before: reweighing", gaps(weighed), accuracies(weighed))
                .line("before: repair", gaps(repairs.toArray(TradeOff[]::new)), accuracies(repairs.toArray(TradeOff[]::new)))
                .line("during: reductions", gaps(reductions.toArray(TradeOff[]::new)), accuracies(reductions.toArray(TradeOff[]::new)))
                .points("during: adversary", gaps(adversary), accuracies(adversary))
                .points("after: thresholds", gaps(thresholds), accuracies(thresholds))
                .axes("largest gap between groups in " + wanted, "expected accuracy")
                .describedAs("A smaller gap costs accuracy as these labels count it; up and to the left is better."));
        lab.table("Every method", List.of("stage", "dial", "accuracy", "gap", "selected in 0", "selected in 1"), table);
        double dearest = Math.max(weighed.accuracy(), Math.max(adversary.accuracy(), thresholds.accuracy())) - plain.accuracy();
        lab.say("Without intervention the gap is %.3f at accuracy %.3f; thresholds for each group leave %.3f at %.3f.", plain.gap(),
                plain.accuracy(), thresholds.gap(), thresholds.accuracy());
        lab.shows("accuracy gained by any of them", dearest, atMost(0.02));
        if (bonus >= 0.5 && rows >= 2_000) lab.shows("gap after thresholds over gap before", thresholds.gap() / plain.gap(), below(0.3));
    }

    private static TradeOff reached(List<List<Object>> table, String stage, String dial, BiasMitigation way, FairnessCriterion wanted,
            Applicants train, Applicants test) {
        var found = way.fit(train.x, train.labels, train.groups).tradeOff(test.x, test.labels, test.groups, wanted);
        table.add(List.of(stage, dial, found.accuracy(), found.gap(), found.metrics().group(0).rate(GroupRate.SELECTION),
                found.metrics().group(1).rate(GroupRate.SELECTION)));
        return found;
    }

    private static double[] gaps(TradeOff... points) { return List.of(points).stream().mapToDouble(TradeOff::gap).toArray(); }

    private static double[] accuracies(TradeOff... points) { return List.of(points).stream().mapToDouble(TradeOff::accuracy).toArray(); }
}
