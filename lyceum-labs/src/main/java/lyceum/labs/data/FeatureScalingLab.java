package lyceum.labs.data;

import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.preprocessing.MaxAbsScaler;
import lyceum.learn.preprocessing.MinMaxScaler;
import lyceum.learn.preprocessing.PowerTransformer;
import lyceum.learn.preprocessing.QuantileTransformer;
import lyceum.learn.preprocessing.RobustScaler;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.StandardScaler;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/** The unit of a column decides who is near to whom, and how long a descent takes. */
@Lab(topics = "feature-scaling", title = "Grams of proline against shades of hue")
final class FeatureScalingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int k = lab.param("k", 5, 1, 25), steps = lab.param("steps", 40, 5, 200);
        double ratio = lab.param("spread of the second column", 10.0, 1.0, 30.0);
        var wine = Datasets.wine();
        var two = wine.select("hue", "proline");
        lab.figure(Figure
                .row("Who is near", map("In grams and shades", two, k, null), map("In standard deviations", two, k, new StandardScaler()))
                .describedAs("Unscaled, the border between the cultivars is a stack of horizontal stripes, since only proline counts."));

        var folds = new CrossValidation(new StratifiedKFold(5));
        var knn = new KNeighborsClassifier(k);
        double raw = folds.score(knn, wine.x(), wine.y(), Scorer.ACCURACY).mean();
        var rows = new ArrayList<List<Object>>();
        rows.add(List.of("none", 100 * raw));
        double standard = 0;
        for (Transformer scaler : List.of(new StandardScaler(), new MinMaxScaler(), new MaxAbsScaler(), new RobustScaler(),
                new QuantileTransformer(), new PowerTransformer())) {
            double scaled = folds.score(Pipeline.of(scaler, knn), wine.x(), wine.y(), Scorer.ACCURACY).mean();
            rows.add(List.of(scaler.name(), 100 * scaled));
            if (scaler instanceof StandardScaler) standard = scaled;
        }
        lab.table("Neighbours on all 13 columns, five folds", List.of("scaler", "accuracy in %"), rows);
        lab.say("Each fold's scaler is fitted on its training rows alone, as the pipeline sees to it.");
        lab.check(4, "accuracy gained by standard scaling", standard - raw, atLeast(0.20));

        var paths = Figure.row("Descent on a bowl", descent("Spreads 1 and " + ratio, ratio, steps), descent("Both spreads 1", 1, steps));
        lab.figure(paths.describedAs(
                "In the long valley the steps that suit the steep side hardly move along the flat one; in the round bowl one is enough."));
        lab.shows("remaining loss after the steps, long valley over round bowl", (left(ratio, steps) + 1e-12) / (left(1, steps) + 1e-12),
                atLeast(10));
    }

    private static Plot map(String title, Dataset data, int k, Transformer scaler) {
        var knn = new KNeighborsClassifier(k);
        var model = scaler == null ? knn.fit(data.x(), data.y()) : Pipeline.of(scaler, knn).fit(data.x(), data.y());
        return Figure.regions(title, 0.4, 1.8, 250, 1700, model::predict, "class 0", "class 1", "class 2")
                .points(data.x(), data.labels(), "class 0", "class 1", "class 2").axes("hue", "proline in mg/l");
    }

    /** Half of {@code a^2 + (spread b)^2}, from (1, 1), with steps of 0.9 over the largest curvature. */
    private static double[][] path(double spread, int steps) {
        double[][] at = new double[2][steps + 1];
        at[0][0] = at[1][0] = 1;
        double length = 0.9 / Math.max(1, spread * spread);
        for (int i = 0; i < steps; i++) {
            at[0][i + 1] = at[0][i] * (1 - length);
            at[1][i + 1] = at[1][i] * (1 - length * spread * spread);
        }
        return at;
    }

    private static double left(double spread, int steps) {
        var at = path(spread, steps);
        return (at[0][steps] * at[0][steps] + spread * spread * at[1][steps] * at[1][steps]) / 2;
    }

    private static Plot descent(String title, double spread, int steps) {
        var at = path(spread, steps);
        return Figure.plot(title).surface(-1.2, 1.2, -1.2, 1.2, (a, b) -> (a * a + spread * spread * b * b) / 2)
                .line("path", Tensor.of(at[0]), Tensor.of(at[1])).axes("first coefficient", "second coefficient");
    }
}
