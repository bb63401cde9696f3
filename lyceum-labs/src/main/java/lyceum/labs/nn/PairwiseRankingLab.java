package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.loss.MetricChange;
import lyceum.nn.loss.PairwiseRankingLoss;
import lyceum.nn.loss.PairwiseRankingLoss.Form;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Pairs of a relevant and an irrelevant item: training moves their score differences across zero, and the area under the ROC curve with them. */
@Lab(topics = "pairwise-ranking", title = "Pairs that change sides")
final class PairwiseRankingLab implements LabBody {
    private static final int ITEMS = 60, FEATURES = 5;

    @Override public void run(LabContext lab) {
        String form = lab.choice("loss", "LOGISTIC", "HINGE", "LOGISTIC", "EXPONENTIAL");
        boolean lambda = lab.flag("LambdaRank weights", false);
        double noise = lab.param("noise", 0.7, 0.0, 3.0);
        int steps = lab.param("steps", 60, 10, 500);
        var x = Tensor.randn(lab.rng(1), DType.F64, ITEMS, FEATURES).compute();
        var truth = Tensor.of(1.0, -1, 0.5, 0, 0);
        var y = x.matmul(truth).add(Tensor.randn(lab.rng(2), DType.F64, ITEMS).mul(noise)).gt(0.5).to(DType.F64).compute();

        var loss = new PairwiseRankingLoss(Form.valueOf(form)).withChange(lambda ? MetricChange.ndcg(10) : null);
        var w = Tensor.of(-0.5, 0.4, 0, 0.3, -0.3).requiresGrad();
        var optimizer = new Adam(0.1).over(w);
        var frames = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        double[] area = new double[steps + 1], value = new double[steps + 1];
        for (int step : lab.progress("steps", steps + 1)) {
            var scores = x.matmul(w);
            area[step] = 1 - PairwiseRankingLoss.wrongPairs(scores.detach(), y);
            if (step % Math.max(1, steps / 6) == 0) {
                frames.add(Figure.histogram("Score of the relevant item less the other's", differences(scores.detach(), y), 30)
                        .axes("difference of scores", "pairs").verticalLine(0, "tie").describedAs(String.format(Locale.ROOT,
                                "Differences of all pairs; those left of zero are ordered wrongly, and the AUC is %.3f.", area[step])));
                labels.add(String.format(Locale.ROOT, "step %d, AUC %.3f", step, area[step]));
            }
            optimizer.zeroGrad();
            var of = loss.of(scores, y);
            value[step] = of.item();
            of.backward();
            optimizer.step();
        }
        lab.figure(Figure.frames("Pairs move across zero", "step", frames).labelled(labels.toArray(String[]::new)).startingAt(0)
                .describedAs("Step by step the bulk of the score differences moves from the left of zero to its right."));
        lab.figure(Figure
                .row("The loss falls, the area grows", Figure.line("Loss", value).axes("step", "loss"),
                        Figure.line("Area under the ROC curve", area).axes("step", "AUC").limitY(0, 1))
                .describedAs("The pairwise loss falls while one minus the share of wrong pairs, which is the AUC, rises."));
        lab.say("The share of wrong pairs falls from %.1f%% to %.1f%%; one minus it is the AUC, exactly.", 100 * (1 - area[0]),
                100 * (1 - area[steps]));
        lab.shows("AUC gained", area[steps] - area[0], above(0.1));
    }

    private static double[] differences(Tensor scores, Tensor y) {
        double[] s = scores.toDoubleArray(), relevance = y.toDoubleArray(), found = new double[ITEMS * ITEMS];
        int n = 0;
        for (int i = 0; i < ITEMS; i++) for (int j = 0; j < ITEMS; j++) if (relevance[i] > relevance[j]) found[n++] = s[i] - s[j];
        return Arrays.copyOf(found, n);
    }
}
