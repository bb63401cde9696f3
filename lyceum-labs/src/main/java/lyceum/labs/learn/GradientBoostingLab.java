package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.ensemble.BoostingLoss;
import lyceum.learn.ensemble.GradientBoostingRegressor;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** What is left is fitted, again and again; rows held out say when it is only noise that is left. */
@Lab(topics = "gradient-boosting", title = "Fit what is left")
final class GradientBoostingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int stages = lab.param("stages at most", 300, 10, 1000), depth = lab.param("depth", 2, 1, 6);
        double rate = lab.param("learning rate", 0.1, 0.01, 1), noise = lab.param("noise", 0.3, 0, 1);
        String name = lab.choice("loss", "squared", "squared", "absolute", "huber", "0.9 quantile");
        var loss = switch (name) {
            case "absolute" -> BoostingLoss.absolute();
            case "huber" -> BoostingLoss.huber(0.9);
            case "0.9 quantile" -> BoostingLoss.quantile(0.9);
            default -> BoostingLoss.squared();
        };
        int n = 150;
        double[] xs = new double[n], ys = new double[n];
        var rng = lab.rng(0);
        for (int i = 0; i < n; i++) {
            xs[i] = rng.nextDouble();
            ys[i] = Math.sin(2 * Math.PI * xs[i]) + noise * rng.nextGaussian();
        }
        Tensor x = Tensor.of(xs, n, 1), y = Tensor.of(ys), grid = Tensor.linspace(0, 1, 300).reshape(300, 1);
        double[] at = grid.toDoubleArray();
        var learner = new GradientBoostingRegressor(loss).withMaxDepth(depth).withLearningRate(rate).withStages(stages);
        var model = learner.fit(x, y);

        var frames = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        for (int m : new int[] {0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 300, 500, 1000}) {
            if (m >= stages) break;
            var sum = model.first(m);
            double[] f = sum.predict(x).toDoubleArray(), left = new double[n];
            for (int i = 0; i < n; i++) left[i] = -loss.at(ys, f, ones(n)).gradient(ys[i], f[i]);
            var tree = model.boosting().trees().get(m);
            double[] step = new double[300];
            for (int i = 0; i < 300; i++) step[i] = tree.value(tree.leaf(at, i), 0);
            labels.add(Integer.toString(m));
            frames.add(Figure.row("After " + m + " trees",
                    Figure.scatter("The sum so far", xs, ys).named("rows").line("sum", at, sum.predict(grid).toDoubleArray()).axes("x",
                            "y"),
                    Figure.scatter("What is left, and the tree for it", xs, left).named("negative gradient")
                            .line("next tree, before the learning rate", at, step).step().axes("x", "negative gradient")));
        }
        lab.figure(Figure.frames("Stage by stage", "trees", frames).labelled(labels.toArray(String[]::new)).describedAs(
                "Each tree fits the negative gradient of the loss; for the squared loss that is the residual. In the end only noise is left."));

        var stopped = learner.withValidationShare(0.3).withPatience(20).withTolerance(0).withSeed(lab.seed()).fit(x, y);
        var all = learner.withValidationShare(0.3).withPatience(stages).withTolerance(0).withSeed(lab.seed()).fit(x, y);
        double[] train = model.boosting().trainLosses(), held = all.boosting().validationLosses();
        int best = stopped.boosting().stages();
        lab.figure(Figure.line("Loss by the number of trees", 1, train).named("training rows").line("rows held out", 1, held)
                .verticalLine(best, "early stop").axes("trees", "mean loss").describedAs(
                        "On the rows it is fitted to the loss falls on; on rows held out it turns, and early stopping keeps the trees up to there."));
        double[] least = Arrays.copyOf(held, Math.min(held.length, best + 20));
        double lowest = Arrays.stream(least).min().orElseThrow();
        lab.say("Training loss fell from %.4f to %.4f. Rows held out were best after %d trees, at %.4f; after all %d their loss was %.4f.",
                train[0], train[train.length - 1], best, lowest, stages, held[held.length - 1]);
        lab.shows("loss of the rows held out at the early stop less the least up to 20 trees later", held[best - 1] - lowest,
                atMost(1e-12));
        lab.shows("training loss, first over last", train[0] / train[train.length - 1], above(1));
    }

    private static double[] ones(int n) {
        var ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }
}
