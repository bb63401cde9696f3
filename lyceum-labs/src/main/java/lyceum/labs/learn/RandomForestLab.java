package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.ensemble.RandomForestClassifierModel;
import lyceum.learn.ensemble.RandomForestRegressor;
import lyceum.learn.selection.PermutationImportance;
import lyceum.learn.selection.Scorer;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** A boundary of rectangles melts into a curve as trees are added; importances are put beside columns that are known to be noise. */
@Lab(topics = "random-forest", title = "From one tree to a forest")
final class RandomForestLab implements LabBody {
    private static final String[] MOONS = {"upper moon", "lower moon"};

    @Override public void run(LabContext lab) {
        int trees = lab.param("trees", 300, 1, 1000), leaf = lab.param("least rows of a leaf", 1, 1, 50);
        double noise = lab.param("noise", 0.3, 0.05, 0.6);
        boolean extra = lab.flag("draw thresholds at random too", false);
        var learner = (extra ? RandomForestClassifier.extraTrees() : new RandomForestClassifier()).withMinSamplesLeaf(leaf)
                .withSeed(lab.seed());

        Dataset train = Datasets.moons(lab.rng(0), 300, noise), test = Datasets.moons(lab.rng(1), 2000, noise);
        var forest = learner.withTrees(trees).fit(train.x(), train.y());
        var frames = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        double[] count = new double[12], error = new double[12];
        int steps = 0;
        for (int b : new int[] {1, 2, 3, 5, 10, 20, 50, 100, 200, 300, 500, 1000}) {
            if (b > trees) break;
            var some = new RandomForestClassifierModel(forest.classes(), forest.forest().first(b), forest.oobVotes(), forest.oobScore());
            count[steps] = b;
            error[steps++] = 100 * (1 - some.score(test.x(), test.y()));
            labels.add(Integer.toString(b));
            frames.add(Figure.regions(b == 1 ? "1 tree" : b + " trees", -1.9, 2.9, -1.6, 2.1, some::predict, MOONS)
                    .points(train.x(), train.labels(), MOONS).axes("x", "y"));
        }
        lab.figure(
                Figure.frames("The boundary by the number of trees", "trees", frames).labelled(labels.toArray(String[]::new)).describedAs(
                        "One tree cuts rectangles around single rows; many trees that differ vote for a boundary that is nearly smooth."));
        lab.figure(Figure.line("Error on new rows by the number of trees", first(count, steps), first(error, steps)).logX()
                .axes("trees", "error in %").describedAs("More trees do no harm; after a hundred they bring little."));
        if (forest.forest().trees().size() > 20 && !extra)
            lab.say("Rows judged by the trees that have not seen them: %.1f%% right. New rows: %.1f%% right.", 100 * forest.oobScore(),
                    100 * forest.score(test.x(), test.y()));

        // Five true features, and the same five shuffled: shadows that can say nothing.
        Dataset rows = Datasets.friedman1(lab.rng(2), 400, 5, 1);
        var columns = new ArrayList<Tensor>();
        for (int f = 0; f < 5; f++) columns.add(rows.x().select(1, f));
        for (int f = 0; f < 5; f++) columns.add(rows.x().select(1, f).rows(lab.rng(3 + f).permutation(400)));
        var x = Tensor.stack(1, columns.toArray(Tensor[]::new));
        Tensor fitted = x.narrow(0, 0, 200), held = x.narrow(0, 200, 200), y = rows.y().narrow(0, 0, 200), t = rows.y().narrow(0, 200, 200);
        var numbers = new RandomForestRegressor().withMinSamplesLeaf(leaf).withSeed(lab.seed()).fit(fitted, y);
        double[] gains = numbers.forest().importances(),
                drops = new PermutationImportance(Scorer.R2, 5, lab.seed()).of(numbers, held, t).mean();
        var names = new String[10];
        for (int f = 0; f < 10; f++) names[f] = f < 5 ? "x" + (f + 1) : "shadow of x" + (f - 4);
        lab.figure(Figure
                .bars("Importance of five features and of their shuffled shadows", names,
                        Series.of("share of impurity gains in training", gains), Series.of("drop of R2 on new rows when shuffled", drops))
                .horizontal().axes("feature", "importance")
                .describedAs("Training gains credit even shadows with something; shuffling on new rows leaves them near zero."));
        double shadow = 0, truth = 1;
        for (int f = 0; f < 5; f++) {
            shadow = Math.max(shadow, drops[f + 5]);
            truth = Math.min(truth, drops[f]);
        }
        lab.say("Shadows have %.0f%% of the training gains. On new rows the best of them is worth %.3f of R2, the weakest true feature %.3f.",
                100 * (gains[5] + gains[6] + gains[7] + gains[8] + gains[9]), shadow, truth);
        lab.shows("drop of R2 by the weakest true feature less that of the best shadow", truth - shadow, above(0));
        lab.shows("error of all trees over that of one", error[steps - 1] / error[0], below(1.1));
    }

    private static double[] first(double[] values, int count) { return Arrays.copyOf(values, count); }
}
