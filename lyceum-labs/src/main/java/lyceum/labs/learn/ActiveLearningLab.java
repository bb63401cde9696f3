package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.Arrays;
import java.util.LinkedHashMap;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.active.ActiveLearner;
import lyceum.learn.active.KCenter;
import lyceum.learn.active.Oracle;
import lyceum.learn.active.Queries;
import lyceum.learn.active.Query;
import lyceum.learn.active.Uncertainty;
import lyceum.learn.linear.LogisticRegression;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Accuracy against labels on digits, by who chooses what is labelled; and where three queries look on a plane. */
@Lab(topics = "active-learning", title = "Which label is worth its price")
final class ActiveLearningLab implements LabBody {
    @Override public void run(LabContext lab) {
        int batch = lab.param("batch", 20, 5, 50), budget = lab.param("labels", 200, 60, 600), repeats = lab.param("repeats", 2, 1, 10);
        double spread = lab.param("spread of the classes", 1.2, 0.3, 3.0);
        var queries = new LinkedHashMap<String, Query>();
        queries.put("random", Queries.random());
        queries.put("margin", Uncertainty.MARGIN);
        queries.put("margin, diverse", Queries.diverse(Uncertainty.MARGIN, 3));
        queries.put("k-center", new KCenter());

        var learner = new LogisticRegression().withTolerance(1e-4);
        var digits = Datasets.digits().scaled(1 / 16.0);
        var names = queries.keySet().toArray(String[]::new);
        var curves = new double[names.length][];
        double[] labels = null;
        for (int r : lab.progress("repeats", repeats)) {
            var rows = digits.shuffled(lab.rng(r));
            Dataset pool = rows.range(0, 900), test = rows.range(900, 1500);
            var start = new int[20];
            Arrays.setAll(start, i -> i);
            for (int q = 0; q < names.length; q++) {
                var run = new ActiveLearner(learner, queries.get(names[q]), batch, budget).run(pool.x(), Oracle.of(pool.y()), start,
                        lab.rng(r));
                double[] curve = run.curve(learner, pool.x(), test.x(), test.y());
                if (curves[q] == null) curves[q] = new double[curve.length];
                for (int i = 0; i < curve.length; i++) curves[q][i] += curve[i] / repeats;
                labels = Arrays.stream(run.rounds()).asDoubleStream().toArray();
            }
        }
        var plot = Figure.plot("Accuracy on digits by what was labelled");
        for (int q = 0; q < names.length; q++) plot = plot.line(names[q], labels, curves[q]);
        lab.figure(plot.axes("labels", "accuracy on 600 other digits")
                .describedAs("Asking where the two best classes are close climbs fastest; random rows need about twice the labels."));

        var plane = Datasets.blobs(lab.rng(100), 240, new double[][] {{0, 0}, {4, 0}, {2, 3.5}}, spread);
        lab.figure(Figure.row("Where twelve questions go", asked(plane, "random", Queries.random(), lab),
                asked(plane, "margin", Uncertainty.MARGIN, lab), asked(plane, "k-center", new KCenter(), lab)).describedAs(
                        "Random questions fall into the crowd, margin questions onto the borders between classes, k-center ones at the outskirts."));
        int last = labels.length - 1, reached = 0;
        while (reached < last && curves[1][reached] < curves[0][last]) reached++;
        lab.say("With %.0f labels random sampling reaches %.1f%%. Margin queries are there after %.0f.", labels[last],
                100 * curves[0][last], labels[reached]);
        lab.shows("accuracy of margin queries less that of random ones", curves[1][last] - curves[0][last], above(0));
        lab.shows("labels of margin queries over random's, for the same accuracy", labels[reached] / labels[last], atMost(0.8));
    }

    private static Plot asked(Dataset plane, String name, Query query, LabContext lab) {
        int[] start = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
        var run = new ActiveLearner(new LogisticRegression(), query, 3, 24).run(plane.x(), Oracle.of(plane.y()), start, lab.rng(101));
        Tensor chosen = plane.x().rows(Arrays.copyOfRange(run.asked(), 12, 24));
        return Figure.scatter(name, plane.x(), plane.labels(), "class 1", "class 2", "class 3").points("asked", chosen)
                .axes("first feature", "second feature");
    }
}
