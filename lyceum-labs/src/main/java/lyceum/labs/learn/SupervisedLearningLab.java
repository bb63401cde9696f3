package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.Learners;
import lyceum.math.Incomplete;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/** One table through ten learners, beside the error below which nobody gets. */
@Lab(topics = "supervised-learning", title = "Ten learners and a floor")
final class SupervisedLearningLab implements LabBody {
    private static final List<String> NAMES = List.of("logistic regression", "linear discriminant analysis",
            "quadratic discriminant analysis", "naive Bayes", "nearest neighbours", "decision tree", "random forest",
            "bagged decision trees", "AdaBoost", "perceptron");

    @Override public void run(LabContext lab) {
        int n = lab.param("rows", 800, 50, 3_000), noise = lab.param("noiseColumns", 2, 0, 20);
        double apart = lab.param("apart", 2.0, 0.5, 4.0);

        var learners = new LinkedHashMap<String, Classifier>();
        for (var name : NAMES) learners.put(name, Learners.classifiers().get(name));
        Tensor[] train = rows(lab.rng(1), n, apart, noise), test = rows(lab.rng(2), 4_000, apart, noise);
        double floor = Incomplete.normalCdf(-apart / 2);
        record Entry(String name, double seen, double unseen) {}
        var entries = new ArrayList<Entry>();
        for (int l : lab.progress("learners", NAMES.size())) {
            var name = NAMES.get(l);
            var model = learners.get(name).fit(train[0], train[1]);
            entries.add(new Entry(name, 1 - model.score(train[0], train[1]), 1 - model.score(test[0], test[1])));
        }
        entries.sort(Comparator.comparingDouble(Entry::unseen));
        lab.figure(Figure
                .bars("Errors of ten learners, rows seen and unseen", entries.stream().map(Entry::name).toArray(String[]::new),
                        Series.of("on the rows seen", entries.stream().mapToDouble(Entry::seen).toArray()),
                        Series.of("on 4,000 unseen", entries.stream().mapToDouble(Entry::unseen).toArray()))
                .horizontal().axes("learner", "share wrong").describedAs(
                        "Trees and neighbours make few errors on rows they know and more on others; no learner's true error is below the Bayes error."));
        lab.say("The best possible rule errs on %.1f%%. The best of the ten: %s, %.1f%% on unseen rows.", 100 * floor,
                entries.getFirst().name(), 100 * entries.getFirst().unseen());

        int[] sizes = {50, 100, 200, 400, 800, 1_600};
        double[] rows = new double[sizes.length];
        var plot = Figure.plot("More rows, less error");
        Tensor[] more = rows(lab.rng(3), 1_600, apart, noise);
        for (var name : List.of("logistic regression", "nearest neighbours", "decision tree", "random forest")) {
            var errors = new double[sizes.length];
            for (int i = 0; i < sizes.length; i++) {
                rows[i] = sizes[i];
                errors[i] = 1
                        - learners.get(name).fit(more[0].narrow(0, 0, sizes[i]), more[1].narrow(0, 0, sizes[i])).score(test[0], test[1]);
            }
            plot = plot.line(name, rows, errors);
        }
        lab.figure(plot.line("Bayes error", 50, 1_600, v -> floor).logX().axes("rows to learn from", "share of unseen rows wrong")
                .describedAs("Errors fall towards the Bayes error with more rows; the line gets there first, a full tree stays above."));
        double error = Math.sqrt(floor * (1 - floor) / 4_000);
        lab.shows("Bayes error less the best learner's, in standard errors", (floor - entries.getFirst().unseen()) / error, atMost(3.5));
    }

    /** Two normal classes, apart along a slanted line, and columns that mean nothing. */
    private static Tensor[] rows(Rng rng, int n, double apart, int noise) {
        double[][] x = new double[n][2 + noise];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i % 2;
            double along = (labels[i] - 0.5) * apart + rng.nextGaussian(), across = rng.nextGaussian();
            x[i][0] = 0.6 * along - 0.8 * across;
            x[i][1] = 0.8 * along + 0.6 * across;
            for (int j = 0; j < noise; j++) x[i][2 + j] = rng.nextGaussian();
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(labels)};
    }
}
