package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.tree.DecisionTree;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.learn.tree.DecisionTreeClassifierModel;
import lyceum.learn.tree.PruningSearch;
import lyceum.learn.tree.SplitCriterion;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.plot.Plot;

/** A tree grows beside its partition of the plane; grown too far it learns the noise, and pruning takes that back. */
@Lab(topics = "decision-tree", title = "Grow too far, then cut back")
final class DecisionTreeLab implements LabBody {
    private static final List<String> NAMES = List.of("x", "y");
    private static final String[] MOONS = {"upper moon", "lower moon"};

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 300, 50, 2000), depth = lab.param("depth", 5, 1, 10);
        double noise = lab.param("noise", 0.35, 0.05, 0.6);
        var criterion = SplitCriterion.valueOf(lab.choice("criterion", "gini", "gini", "entropy").toUpperCase(Locale.ROOT));
        var train = Datasets.moons(lab.rng(0), rows, noise);
        var test = Datasets.moons(lab.rng(1), 4000, noise);
        var learner = new DecisionTreeClassifier(criterion);

        var growing = new ArrayList<Figure>();
        for (int d = 1; d <= depth; d++) growing.add(picture("Depth " + d, train, learner.withMaxDepth(d).fit(train.x(), train.y())));
        lab.figure(Figure.frames("A growing tree and its partition of the plane", "depth", growing).labelled(Figure.numbered(1, depth))
                .describedAs("Each further question cuts one rectangle in two; after a few, rectangles form around single rows."));

        var full = learner.fit(train.x(), train.y());
        var path = full.tree().pruningPath();
        int n = path.alphas().length;
        double[] leaves = new double[n], onTrain = new double[n], onTest = new double[n];
        for (int i : lab.progress("pruned trees", n)) {
            var pruned = full.pruned(Math.max(0, path.alphas()[i]) * (1 + 1e-9));
            leaves[i] = pruned.tree().leaves();
            onTrain[i] = 100 * pruned.score(train.x(), train.y());
            onTest[i] = 100 * pruned.score(test.x(), test.y());
        }
        var search = PruningSearch.of(learner, train.x(), train.y(), 5, lab.rng(2));
        var chosen = full.pruned(search.best());
        lab.figure(Figure.line("Accuracy by size of the pruned tree", leaves, onTrain).named("training rows")
                .line("new rows", leaves, onTest).verticalLine(chosen.tree().leaves(), "chosen by cross-validation")
                .axes("leaves", "accuracy in %").describedAs(
                        "On the training rows a larger tree is always better; on new rows a small one is best and the full one loses."));
        lab.figure(pruningSlider(full, train, path.alphas()));
        double before = full.score(test.x(), test.y()), after = chosen.score(test.x(), test.y());
        lab.say("The full tree has %d leaves and is right on %.1f%% of new rows; pruned by cross-validation to %d leaves it is right on %.1f%%.",
                full.tree().leaves(), 100 * before, chosen.tree().leaves(), 100 * after);
        lab.say("The rules that are left%n%s", chosen.tree().rules(NAMES));

        lab.shows("accuracy of the full tree on its rows", full.score(train.x(), train.y()), exactly(1));
        lab.shows("accuracy on new rows, pruned minus full", after - before, atLeast(-0.01));
        lab.shows("leaves of the full tree over the pruned one's", (double) full.tree().leaves() / chosen.tree().leaves(), atLeast(1));
    }

    private static Figure pruningSlider(DecisionTreeClassifierModel full, Dataset train, double[] alphas) {
        var figures = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        int step = Math.max(1, alphas.length / 8);
        for (int i = alphas.length - 1; i >= 0; i -= step) {
            var pruned = full.pruned(Math.max(0, alphas[i]) * (1 + 1e-9));
            if (pruned.tree().leaves() > 40) break;
            labels.add(String.format(Locale.ROOT, "%.4f", alphas[i]));
            figures.add(picture(pruned.tree().leaves() + " leaves", train, pruned));
        }
        return Figure.frames("Pruning by alpha, the price of a leaf", "alpha", figures).labelled(labels.toArray(String[]::new))
                .describedAs("As the price of a leaf falls the tree grows back, from one answer for all to a patchwork.");
    }

    private static Figure picture(String title, Dataset data, DecisionTreeClassifierModel model) {
        Plot plane = Figure.regions("Its partition", -1.9, 2.9, -1.6, 2.1, model::predict, MOONS).points(data.x(), data.labels(), MOONS)
                .axes("x", "y");
        return Figure.row(title, drawing(model.tree()), plane);
    }

    private static Figure drawing(DecisionTree tree) {
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        int[] left = tree.left(), right = tree.right();
        for (int i = 0; i < tree.nodes(); i++) {
            if (tree.isLeaf(i)) {
                double lower = tree.value(i)[1];
                nodes.add(new Node("n" + i, String.format(Locale.ROOT, "%.0f%%", 100 * Math.max(lower, 1 - lower)),
                        lower > 0.5 ? MOONS[1] : MOONS[0]));
                continue;
            }
            // Two short lines: the boxes are narrow where a level has many.
            nodes.add(Node.of("n" + i, String.format(Locale.ROOT, "%s <=|%.2f", NAMES.get(tree.feature()[i]), tree.threshold()[i])));
            edges.add(new Edge("n" + i, "n" + left[i], "yes"));
            edges.add(new Edge("n" + i, "n" + right[i], "no"));
        }
        return Figure.tree("The tree, leaves with the share of their answer", nodes, edges);
    }
}
