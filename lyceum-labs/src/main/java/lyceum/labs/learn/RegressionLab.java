package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.kernel.Rbf;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LassoCv;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.PolynomialFeatures;
import lyceum.learn.linear.QuantileRegression;
import lyceum.learn.linear.Ridge;
import lyceum.learn.linear.TransformedTarget;
import lyceum.learn.metrics.RegressionMetrics;
import lyceum.learn.neighbors.KNeighborsRegressor;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.League;
import lyceum.learn.selection.Scorer;
import lyceum.learn.svm.KernelRidge;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/** Three answers to one question, each right for its loss; then eight learners on one table. */
@Lab(topics = "regression", title = "Mean, median or quantile")
final class RegressionLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("deliveries", 600, 50, 3_000), degree = lab.param("degree", 3, 1, 6);
        double skew = lab.param("skew", 0.8, 0.1, 1.5), tau = lab.param("tau", 0.9, 0.05, 0.95);

        var rng = lab.rng(1);
        double[] x = new double[n], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = 10 * rng.nextDouble(); // kilometres
            y[i] = 8 + 2 * x[i] + 0.15 * x[i] * x[i] + 6 * Math.exp(skew * rng.nextGaussian());
        }
        Tensor rows = Tensor.of(x).unsqueeze(1), minutes = Tensor.of(y);
        var powers = new PolynomialFeatures(degree);
        RegressionModel mean = Pipeline.of(powers, new LinearRegression()).fit(rows, minutes),
                median = Pipeline.of(powers, new QuantileRegression(0.5)).fit(rows, minutes),
                quantile = Pipeline.of(powers, new QuantileRegression(tau)).fit(rows, minutes);
        lab.figure(Figure.plot("Deliveries: three curves through one cloud").points("deliveries", x, y)
                .line("mean, by squared error", 0, 10, at(mean)).line("median, by absolute error", 0, 10, at(median))
                .line("%.2f quantile, by pinball loss".formatted(tau), 0, 10, at(quantile)).axes("distance (km)", "time (minutes)")
                .describedAs(
                        "The mean lies above the median where late deliveries pull it up; the quantile leaves its share of the points below."));
        var table = new ArrayList<List<?>>();
        for (var model : List.of(mean, median, quantile)) {
            var metrics = new RegressionMetrics(minutes, model.predict(rows));
            table.add(List.of(model == mean ? "mean" : model == median ? "median" : "quantile", metrics.rootMeanSquaredError(),
                    metrics.meanAbsoluteError(), metrics.pinball(tau), minutes.lt(model.predict(rows)).to(DType.F64).mean().item()));
        }
        lab.table("Each is the best by its own loss",
                List.of("curve", "root mean squared error", "mean absolute error", "pinball loss", "share below"), table);
        lab.shows("share below the quantile curve less tau", Math.abs((double) table.get(2).get(4) - tau), atMost(0.02));

        Tensor cost = Tensor.of(y).sub(8).div(10).exp().compute(); // a target with a long tail
        var log = new TransformedTarget(new LinearRegression(), TransformedTarget.Transform.LOG);
        double total = cost.sum().item();
        lab.table("The total of a skewed target, fitted through its logarithm", List.of("turned back", "total over the truth"),
                List.of(List.of("as it is", log.fit(rows, cost).predict(rows).sum().item() / total),
                        List.of("smeared", log.withSmearing(true).fit(rows, cost).predict(rows).sum().item() / total)));

        var data = Datasets.diabetes();
        var learners = new LinkedHashMap<String, Learner>();
        learners.put("linear", new LinearRegression());
        learners.put("ridge", new Ridge(0.1));
        learners.put("lasso, chosen by folds", new LassoCv());
        learners.put("median line", new QuantileRegression(0.5));
        learners.put("kernel ridge", new KernelRidge(new Rbf(0.5), 0.1));
        learners.put("20 neighbours", new KNeighborsRegressor(20));
        learners.put("tree of depth 3", new DecisionTreeRegressor().withMaxDepth(3));
        learners.put("full tree", new DecisionTreeRegressor());
        var league = League.play(new CrossValidation(new KFold(5).shuffled(1)), learners, data.x(), data.y(), Scorer.R2);
        lab.figure(Figure
                .bars("Diabetes: eight regressors on five folds", league.entries().stream().map(League.Entry::name).toArray(String[]::new),
                        Series.of("mean R2", league.entries().stream().mapToDouble(League.Entry::mean).toArray()))
                .axes("learner", "mean R2 on unseen patients")
                .describedAs("Penalised lines lead; a full tree is worse than always answering the mean, whose R2 is 0."));
        lab.say("Best: %s.", league.entries().getFirst().name());
    }

    private static DoubleUnaryOperator at(RegressionModel model) { return v -> model.predict(Tensor.of(new double[][] {{v}})).item(); }
}
