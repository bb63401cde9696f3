package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Locale;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.gbdt.BoostedTree;
import lyceum.learn.gbdt.GbdtOptions;
import lyceum.learn.gbdt.GbdtRegressor;
import lyceum.learn.gbdt.GbdtRegressorModel;
import lyceum.learn.gbdt.Growth;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.plot.Series;

/** The same gradients, three ways to spend eight leaves: level by level, best leaf first, one question a level. */
@Lab(topics = "gbdt-family", title = "Three shapes of one formula")
final class GbdtLab implements LabBody {
    private static final Growth[] SHAPES = {Growth.LEVEL, Growth.LEAF, Growth.SYMMETRIC};
    private static final String[] NAMES = {"level by level (XGBoost)", "best leaf first (LightGBM)", "symmetric (CatBoost)"};

    @Override public void run(LabContext lab) {
        int depth = lab.param("depth", 3, 1, 5), rounds = lab.param("rounds", 100, 5, 500), rows = lab.param("rows", 400, 50, 4000);
        double rate = lab.param("learning rate", 0.1, 0.01, 1), l2 = lab.param("penalty lambda", 1.0, 0, 100),
                noise = lab.param("noise", 1.0, 0, 5);
        Dataset train = Datasets.friedman1(lab.rng(0), rows, 8, noise), test = Datasets.friedman1(lab.rng(1), 2000, 8, noise);
        var options = GbdtOptions.DEFAULT.withRounds(rounds).withLearningRate(rate).withL2(l2).withMinSamplesLeaf(5)
                .withMaxLeaves(1 << depth);

        var models = new ArrayList<GbdtRegressorModel>();
        for (int s : lab.progress("shapes", 3)) {
            int most = SHAPES[s] == Growth.LEAF ? 3 * depth : depth;
            models.add(new GbdtRegressor(options.withGrowth(SHAPES[s]).withMaxDepth(most)).fit(train.x(), train.y()));
        }
        var frames = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        for (int r : new int[] {0, 1, 4, 19, 49, 99}) {
            if (r >= rounds) break;
            var drawings = new Figure[3];
            for (int s = 0; s < 3; s++) drawings[s] = drawing(NAMES[s], models.get(s).trees().trees().get(r));
            frames.add(Figure.row("Round " + (r + 1), drawings));
            labels.add(Integer.toString(r + 1));
        }
        lab.figure(Figure.frames("Trees of at most " + (1 << depth) + " leaves", "round", frames).labelled(labels.toArray(String[]::new))
                .describedAs(
                        "Level by level fills a triangle, best leaf first grows where the gain is, a symmetric tree asks all nodes of a level the same."));

        double[] steps = new double[rounds];
        for (int r = 0; r < rounds; r++) steps[r] = r + 1;
        var plot = Figure.plot("Error by rounds").axes("rounds", "mean squared error").logY().describedAs(
                "Best leaf first fits the training rows hardest; what that is worth on new rows depends on how many rows there are.");
        double[] last = new double[3], fitted = new double[3];
        for (int s = 0; s < 3; s++) {
            double[] onTest = new double[rounds], onTrain = models.get(s).trees().trainLosses();
            for (int r = 0; r < rounds; r++) {
                onTrain[r] *= 2; // the loss is half the squared error
                onTest[r] = r % 5 == 0 || r == rounds - 1
                        ? models.get(s).first(r + 1).predict(test.x()).sub(test.y()).square().mean().item() : Double.NaN;
            }
            for (int r = 1; r < rounds; r++) if (Double.isNaN(onTest[r])) onTest[r] = onTest[r - 1];
            plot = plot.line(NAMES[s] + ", new rows", steps, onTest).line(NAMES[s] + ", training rows", steps, onTrain).dashed();
            last[s] = onTest[rounds - 1];
            fitted[s] = onTrain[rounds - 1];
        }
        lab.figure(plot);
        var series = new Series[3];
        for (int s = 0; s < 3; s++) series[s] = Series.of(NAMES[s], models.get(s).trees().importances());
        lab.figure(Figure
                .bars("Share of the gain by feature", new String[] {"x1", "x2", "x3", "x4", "x5", "x6 (noise)", "x7 (noise)", "x8 (noise)"},
                        series)
                .axes("feature", "share of all gains")
                .describedAs("All three find the five features that matter; a little gain is always found in noise."));
        lab.say("Mean squared error on new rows: %.2f level by level, %.2f best leaf first, %.2f symmetric; on the training rows %.2f, %.2f and %.2f.",
                last[0], last[1], last[2], fitted[0], fitted[1], fitted[2]);
        lab.shows("training error, best leaf first over level by level", fitted[1] / fitted[0], atMost(1.05));
        lab.shows("largest error on new rows over that of the first tree", Math.max(last[0], Math.max(last[1], last[2]))
                / models.get(0).first(1).predict(test.x()).sub(test.y()).square().mean().item(), below(1));
    }

    private static Figure drawing(String title, BoostedTree tree) {
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        for (int v = 0; v < tree.nodes(); v++) {
            if (tree.isLeaf(v)) {
                nodes.add(new Node("n" + v, String.format(Locale.ROOT, "%+.2f", tree.value()[v]), tree.value()[v] > 0 ? "up" : "down"));
                continue;
            }
            nodes.add(Node.of("n" + v, String.format(Locale.ROOT, "x%d <|%.2f", tree.feature()[v] + 1, tree.threshold()[v])));
            edges.add(new Edge("n" + v, "n" + tree.left()[v], "yes"));
            edges.add(new Edge("n" + v, "n" + tree.right()[v], "no"));
        }
        return Figure.tree(title, nodes, edges);
    }
}
