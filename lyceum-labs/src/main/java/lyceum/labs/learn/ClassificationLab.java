package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.DecisionBoundary;
import lyceum.learn.Learners;
import lyceum.learn.linear.LinearDiscriminantAnalysis;
import lyceum.math.Incomplete;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A dozen classifiers on moons, circles and blobs: each draws the line in its own hand. */
@Lab(topics = "classification", title = "Twelve hands")
final class ClassificationLab implements LabBody {
    private static final List<String> NAMES = List.of("logistic regression", "linear discriminant analysis",
            "quadratic discriminant analysis", "naive Bayes", "nearest neighbours", "support vectors", "decision tree", "random forest",
            "boosted decision trees", "AdaBoost", "perceptron", "network of classes");
    private static final int GRID = 31;

    @Override public void run(LabContext lab) {
        String shape = lab.choice("shape", "moons", "moons", "circles", "blobs");
        int n = lab.param("points", 200, 40, 800);
        double noise = lab.param("noise", 0.25, 0.05, 1.0);

        Tensor[] train = cloud(shape, n, noise, lab.rng(1)), test = cloud(shape, 1_000, noise, lab.rng(2));
        double reach = 2.2;
        String[] rows = new String[GRID], columns = new String[GRID];
        for (int k = 0; k < GRID; k++) {
            rows[k] = "%.1f".formatted(reach - 2 * reach * k / (GRID - 1));
            columns[k] = "%.1f".formatted(-reach + 2 * reach * k / (GRID - 1));
        }
        var table = new ArrayList<List<?>>();
        for (int l : lab.progress("classifiers", NAMES.size())) {
            var name = NAMES.get(l);
            var model = Learners.classifiers().get(name).fit(train[0], train[1]);
            double seen = model.score(train[0], train[1]), unseen = model.score(test[0], test[1]);
            var boundary = DecisionBoundary.of(model, -reach, reach, -reach, reach, GRID);
            table.add(List.of(name, seen, unseen, boundary.points().length));
            if (List.of("logistic regression", "nearest neighbours", "support vectors", "decision tree", "random forest", "AdaBoost")
                    .contains(name))
                lab.figure(Figure
                        .heatmap("%s: %.1f%% of unseen points right".formatted(name, 100 * unseen), boundary.labels(), rows, columns)
                        .measuring("class").axes("first column", "second column").describedAs("The plane as " + name + " divides it."));
        }
        lab.table("Twelve classifiers on " + shape,
                List.of("classifier", "right on points seen", "on 1,000 unseen", "places on the boundary"), table);

        double sum = 0;
        int places = 0;
        Tensor[] normal = cloud("normal", 5_000, 1, lab.rng(3));
        var model = new LinearDiscriminantAnalysis().fit(normal[0], normal[1]);
        for (double[] p : DecisionBoundary.of(model, -3, 3, -2, 2, 41).points()) {
            sum += Math.abs(p[0]);
            places++;
        }
        lab.say("On two normal clouds 2 apart the best rule is right on %.1f%%; linear discriminants of 5,000 points on %.1f%%.",
                100 * Incomplete.normalCdf(1), 100 * model.score(normal[0], normal[1]));
        lab.shows("its boundary's mean distance from the Bayes line", sum / places, atMost(0.1));
    }

    private static Tensor[] cloud(String shape, int n, double noise, Rng rng) {
        if (shape.equals("moons") || shape.equals("circles")) {
            Dataset data = shape.equals("moons") ? Datasets.moons(rng, n, noise) : Datasets.circles(rng, n, noise / 2, 0.45);
            var x = data.x().to(DType.F64);
            return new Tensor[] {x.sub(x.mean(0)).div(x.std(0)).compute(), data.y()};
        }
        double[][] x = new double[n][2];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i % 2;
            double apart = shape.equals("normal") ? 1 : 0.8;
            x[i][0] = (labels[i] == 1 ? apart : -apart) + (shape.equals("normal") ? 1 : 0.4 + noise) * rng.nextGaussian();
            x[i][1] = (shape.equals("normal") ? 1 : 0.4 + noise) * rng.nextGaussian();
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(labels)};
    }
}
