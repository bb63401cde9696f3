package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.CovarianceShrinkage;
import lyceum.learn.linear.LinearDiscriminantAnalysis;
import lyceum.learn.linear.QuadraticDiscriminantAnalysis;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Two normal classes in the plane whose covariances can be drawn apart: the straight boundary, the curved one, and who wins. */
@Lab(topics = "lda-qda", title = "Straight or curved: it is the covariances")
final class DiscriminantLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 200, 20, 5000);
        double distance = lab.param("distance of the means", 2.0, 0.0, 6.0), ratio = lab.param("spread of the second class", 2.5, 0.3, 4.0),
                tilt = lab.param("correlation in the first class", 0.6, -0.9, 0.9),
                prior = lab.param("prior of the second class", 0.5, 0.05, 0.95);
        var train = draw(lab.rng(0), rows, distance, ratio, tilt, prior);
        var test = draw(lab.rng(1), 20_000, distance, ratio, tilt, prior);
        var linear = new LinearDiscriminantAnalysis().fit(train.x, train.y);
        var quadratic = new QuadraticDiscriminantAnalysis().fit(train.x, train.y);
        double byLine = 1 - linear.score(test.x, test.y), byCurve = 1 - quadratic.score(test.x, test.y);
        lab.figure(Figure
                .row("Where the class changes", picture("LDA: one covariance, a line", linear::predict, train, distance, ratio),
                        picture("QDA: two covariances, a conic", quadratic::predict, train, distance, ratio))
                .describedAs("LDA cuts the plane by a straight line; QDA bends the boundary around the class that spreads less."));

        var sizes = new int[] {6, 10, 20, 40, 80, 160, 320};
        double[] ns = new double[sizes.length], lines = new double[sizes.length], curves = new double[sizes.length];
        for (int s : lab.progress("sizes", sizes.length)) {
            ns[s] = sizes[s];
            for (int r = 0; r < 10; r++) {
                var few = draw(lab.rng(10 + 20 * s + r), sizes[s], distance, ratio, tilt, 0.5);
                lines[s] += 10 * (1 - new LinearDiscriminantAnalysis().fit(few.x, few.y).score(test.x, test.y));
                curves[s] += 10 * (1
                        - new QuadraticDiscriminantAnalysis(new CovarianceShrinkage.Fixed(0.01)).fit(few.x, few.y).score(test.x, test.y));
            }
        }
        lab.figure(Figure.line("Error by number of rows", ns, lines).named("LDA").line("QDA", ns, curves)
                .axes("rows to learn from", "error in %").logX()
                .describedAs("With few rows the line is safer; with many the curve wins, if the covariances differ."));

        var iris = Datasets.iris();
        var flowers = new LinearDiscriminantAnalysis().fit(iris.x(), iris.y());
        lab.figure(Figure
                .scatter("Iris on its two discriminants", flowers.transform(iris.x()), iris.labels(),
                        iris.classNames().toArray(String[]::new))
                .equalScales().axes("first discriminant, in deviations within classes", "second discriminant, in deviations")
                .describedAs("The first direction separates all three kinds; the second adds little."));
        lab.table("Error on 20,000 new rows", List.of("rule", "error in %"),
                List.of(List.of("LDA", 100 * byLine), List.of("QDA", 100 * byCurve)));
        lab.say("%.1f%% of the scatter between the three kinds of iris lies along the first discriminant.",
                100 * flowers.explainedVarianceRatio()[0]);
        lab.shows("error of LDA less that of QDA in points", 100 * (byLine - byCurve), above(ratio > 1.5 ? 0 : -2));
        lab.shows("error of QDA", byCurve, below(0.5));
        lab.shows("directions that three classes span", flowers.nOutputs(), atMost(2));
    }

    private record Rows(Tensor x, Tensor y) {}

    private static Rows draw(Rng rng, int n, double distance, double ratio, double tilt, double prior) {
        var x = new double[n][2];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            // Three rows of each class come first, so that every draw has a covariance.
            y[i] = i < 6 ? i % 2 : rng.nextDouble() < prior ? 1 : 0;
            double a = rng.nextGaussian(), b = rng.nextGaussian();
            x[i] = y[i] == 0 ? new double[] {a, tilt * a + Math.sqrt(1 - tilt * tilt) * b} : new double[] {distance + ratio * a, ratio * b};
        }
        return new Rows(Tensor.of(x), Tensor.of(y));
    }

    private static Plot picture(String title, UnaryOperator<Tensor> rule, Rows rows, double distance, double ratio) {
        double reach = 3 * Math.max(1, ratio);
        var y = rows.y.toIntArray();
        return Figure.regions(title, -reach, distance + reach, -reach, reach, rule, "first class", "second class")
                .points(rows.x, y, "first class", "second class").equalScales().axes("x", "y");
    }
}
