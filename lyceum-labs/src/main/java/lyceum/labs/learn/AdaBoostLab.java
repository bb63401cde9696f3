package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.ensemble.AdaBoostClassifier;
import lyceum.learn.ensemble.AdaBoostClassifierModel;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Rows that were missed gain weight, the next rule looks at them, and the boundary sharpens; the bound falls above the error. */
@Lab(topics = "adaboost", title = "The missed ones count for more")
final class AdaBoostLab implements LabBody {
    private static final String[] MOONS = {"upper moon", "lower moon"};

    @Override public void run(LabContext lab) {
        int stages = lab.param("stages", 60, 2, 300), depth = lab.param("questions of a member", 1, 1, 4);
        double noise = lab.param("noise", 0.25, 0.05, 0.6), flipped = lab.param("share of wrong labels", 0.0, 0, 0.3);
        Dataset train = Datasets.moons(lab.rng(0), 150, noise), test = Datasets.moons(lab.rng(1), 2000, noise);
        var labels = train.labels();
        var rng = lab.rng(2);
        for (int i = 0; i < labels.length; i++) if (rng.nextDouble() < flipped) labels[i] = 1 - labels[i];
        var y = Tensor.of(Arrays.stream(labels).asLongStream().toArray());
        var model = new AdaBoostClassifier(stages).withMember(new DecisionTreeClassifier().withMaxDepth(depth)).fit(train.x(), y);
        int count = model.members().size();

        // The weights once more, from the members' mistakes.
        int n = labels.length;
        var w = new double[n];
        Arrays.fill(w, 1.0 / n);
        var frames = new ArrayList<Figure>();
        var names = new ArrayList<String>();
        double[] bound = new double[count], error = new double[count], onTest = new double[count], stage = new double[count];
        double[] onTrain = model.stagedScores(train.x(), y), testScores = model.stagedScores(test.x(), test.y());
        double product = 1;
        for (int m : lab.progress("stages", count)) {
            if (m < 6 || m == 9 || m == 19 || m == 39 || m == count - 1) {
                frames.add(picture(model.first(m + 1), train, labels, w, m + 1));
                names.add(Integer.toString(m + 1));
            }
            long[] said = model.members().get(m).predict(train.x()).toLongArray();
            double sum = 0, e = model.errors()[m];
            for (int i = 0; i < n; i++) sum += w[i] *= said[i] != labels[i] ? Math.exp(model.memberWeights()[m]) : 1;
            for (int i = 0; i < n; i++) w[i] /= sum;
            stage[m] = m + 1;
            bound[m] = product *= 2 * Math.sqrt(e * (1 - e));
            error[m] = 1 - onTrain[m];
            onTest[m] = 1 - testScores[m];
        }
        lab.figure(Figure.frames("Rows by their weight, and the vote so far", "stage", frames).labelled(names.toArray(String[]::new))
                .describedAs(
                        "Rings grow with the weight that a row has when the stage's rule is fitted; the ground shows the vote after it."));
        lab.figure(Figure.line("Error by the number of stages", stage, error).named("training rows").line("new rows", stage, onTest)
                .line("bound on the training error", stage, bound).axes("stages", "share of rows")
                .describedAs("The product of 2 sqrt(e (1 - e)) lies above the training error; error on new rows may fall on after both."));
        double[] margins = model.margins(train.x(), y).toDoubleArray();
        lab.figure(Figure.histogram("Margins of the training rows", margins, 30).axes("lead of the true class in the votes", "rows")
                .describedAs("Rows right of zero are classified well; boosting pushes the smallest margins up."));
        double worst = Double.NEGATIVE_INFINITY;
        for (int m = 0; m < count; m++) worst = Math.max(worst, error[m] - bound[m]);
        lab.say("After %d stages %.1f%% of the training rows and %.1f%% of new rows are wrong; the bound stands at %.1f%%.", count,
                100 * error[count - 1], 100 * onTest[count - 1], 100 * bound[count - 1]);
        lab.shows("training error less its bound, at the worst stage", worst, atMost(1e-9));
        lab.shows("error on new rows over that of the first member", onTest[count - 1] / onTest[0], below(1.2));
    }

    /** Rings whose area tells the weight. */
    private static Plot picture(AdaBoostClassifierModel model, Dataset train, int[] labels, double[] w, int stage) {
        double[] xs = train.x().select(1, 0).toDoubleArray(), ys = train.x().select(1, 1).toDoubleArray();
        int corners = 13, n = w.length;
        double[] ringX = new double[n * (corners + 1)], ringY = new double[n * (corners + 1)];
        for (int i = 0; i < n; i++) {
            double radius = 0.03 * Math.sqrt(w[i] * n);
            for (int c = 0; c <= corners; c++) {
                double angle = 2 * Math.PI * c / (corners - 1);
                ringX[i * (corners + 1) + c] = c == corners ? Double.NaN : xs[i] + radius * Math.cos(angle);
                ringY[i * (corners + 1) + c] = c == corners ? Double.NaN : ys[i] + radius * Math.sin(angle);
            }
        }
        return Figure.regions("Stage " + stage, -1.9, 2.9, -1.6, 2.1, model::predict, MOONS).points(xs, ys, labels, MOONS)
                .line("weight", ringX, ringY).axes("x", "y");
    }
}
