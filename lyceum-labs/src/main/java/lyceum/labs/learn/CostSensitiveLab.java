package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.cost.CostCurve;
import lyceum.learn.cost.CostMatrix;
import lyceum.learn.cost.CostReport;
import lyceum.learn.cost.CostSensitive;
import lyceum.learn.cost.CostThreshold;
import lyceum.learn.linear.LogisticRegression;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What decisions cost as the threshold moves: the theory's cut, the tuned one, and the dear mistake of counting the costs twice. */
@Lab(topics = "cost-sensitive", title = "A miss costs ten")
final class CostSensitiveLab implements LabBody {
    private record Scans(Tensor x, Tensor labels) {}

    @Override public void run(LabContext lab) {
        double miss = lab.param("cost of a miss", 10.0, 1.0, 100.0), alarm = lab.param("cost of a false alarm", 1.0, 0.1, 20.0);
        double apart = lab.param("distance of the classes", 1.5, 0.3, 4.0), ill = lab.param("share of the ill", 0.2, 0.02, 0.8);
        int rows = lab.param("training rows", 800, 100, 5000);
        var costs = CostMatrix.binary(alarm, miss);
        var train = scans(lab.rng(1), rows, ill, apart);
        var test = scans(lab.rng(2), 10_000, ill, apart);
        long[] labels = test.labels.toLongArray();
        var truth = new boolean[labels.length];
        for (int i = 0; i < truth.length; i++) truth[i] = labels[i] == 1;

        var plain = new LogisticRegression();
        var model = plain.fit(train.x, train.labels);
        double[] p = model.predictProba(test.x).select(1, 1).toDoubleArray();
        var tuned = new CostSensitive(plain, costs).withMethod(CostSensitive.Method.TUNED_THRESHOLD).fit(train.x, train.labels);
        lab.figure(CostReport.figure(costs, truth, p).verticalLine(tuned.threshold(), "tuned").verticalLine(0.5, "argmax"));
        var best = CostThreshold.of(truth, p, alarm, miss);
        lab.say("Theory cuts at %.3f, tuning on the training rows at %.3f, and on these very test rows the best is %.3f.",
                costs.threshold(), tuned.threshold(), best.threshold());

        var table = new ArrayList<List<Object>>();
        double argmax = add(table, "argmax", costs, test, model.predict(test.x));
        double byTheory = Double.NaN, worst = 0;
        for (var method : CostSensitive.Method.values()) {
            var minded = new CostSensitive(plain, costs).withMethod(method).withMembers(lab.testMode() ? 5 : 20).fit(train.x, train.labels);
            double cost = add(table, method.toString(), costs, test, minded.predict(test.x));
            if (method == CostSensitive.Method.EXPECTED_COST) byTheory = cost;
            worst = Math.max(worst, cost);
        }
        // weights move the probabilities; a threshold of costs on top of them counts the costs twice
        var weighted = new CostSensitive(plain, costs).withMethod(CostSensitive.Method.WEIGHTS).fit(train.x, train.labels).model();
        double twice = add(table, "WEIGHTS and the threshold", costs, test, costs.decide(weighted.predictProba(test.x)));
        lab.table("What a scan costs", List.of("decided by", "mean cost", "called ill", "missed", "savings"), table);
        lab.figure(CostCurve.of(truth, p).figure("The cost curve"));

        double[] ratios = {1, 2, 5, 10, 20, 50, 100}, cuts = Arrays.stream(ratios).map(r -> CostMatrix.binary(1, r).threshold()).toArray();
        lab.figure(Figure.line("The cut by the ratio of costs", ratios, cuts).axes("a miss over a false alarm", "threshold").logX()
                .limitY(0, 0.6).describedAs("The cut falls as misses grow dearer: 1/2 for equal costs, 1/11 for ten to one."));
        lab.shows("theory's cost less the best threshold's on these rows", byTheory - best.cost() / truth.length, atMost(0.05));
        if (miss >= 5 * alarm && ill <= 0.5) {
            lab.shows("dearest of the five methods less argmax", worst - argmax, below(0));
            lab.shows("theory's cost less that of costs counted twice", byTheory - twice, below(0));
        }
    }

    private static double add(List<List<Object>> table, String name, CostMatrix costs, Scans test, Tensor decided) {
        var report = CostReport.of(costs, test.labels, decided);
        double[][] c = report.counts();
        table.add(List.of(name, report.mean(), (c[1][0] + c[1][1]) / report.rows(), c[0][1] / (c[0][1] + c[1][1]), report.savings()));
        return report.mean();
    }

    private static Scans scans(Rng rng, int n, double ill, double apart) {
        double[][] x = new double[n][2];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i < ill * n ? 1 : 0;
            x[i][0] = rng.nextGaussian() + (labels[i] == 1 ? apart : 0);
            x[i][1] = rng.nextGaussian();
        }
        return new Scans(Tensor.of(x), Tensor.of(labels));
    }
}
