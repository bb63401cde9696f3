package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.learn.linear.LogisticModel;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.LogisticRegression.Solver;
import lyceum.learn.linear.Separation;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** The probability of a benign tumour over two measurements, the line where it is one half, and the factor by which each unit multiplies the odds. */
@Lab(topics = "logistic-regression", title = "Odds multiply")
final class LogisticRegressionLab implements LabBody {
    @Override public void run(LabContext lab) {
        double c = lab.param("c", 1e6, 1e-3, 1e6);
        var data = Datasets.breastCancer().columns(1, 4).standardised();
        var x = data.x();
        var model = new LogisticRegression().withC(c).fit(x, data.y());
        lab.figure(surface(data, model));

        var free = new LogisticRegression().unpenalised().withTolerance(1e-11).fit(x, data.y());
        var summary = free.summary().named(data.featureNames());
        double[] odds = summary.oddsRatios(), low = summary.oddsRatioLows(), high = summary.oddsRatioHighs();
        var rows = new ArrayList<List<Object>>();
        for (int i = 0; i < odds.length; i++) {
            var r = summary.coefficients().rows().get(i);
            rows.add(List.of(r.name(), r.estimate(), r.standardError(), r.statistic(), r.pValue(), odds[i], low[i], high[i]));
        }
        lab.table("Odds of a benign tumour, by standard deviation of each feature",
                List.of("coefficient", "log odds", "standard error", "z", "p", "odds ratio", "from", "to"), rows);
        lab.say("One standard deviation more %s multiplies the odds of a benign tumour by %.2f (%.2f to %.2f).", data.featureNames().get(0),
                odds[1], low[1], high[1]);

        var error = free.predictProba(x).select(1, 1).sub(data.y().to(DType.F64));
        lab.shows("max |X'(p - y)|, unpenalised", x.transpose().matmul(error).abs().max().item(), below(1e-8));
        lab.shows("mean probability less the base rate", Math.abs(error.mean().item()), below(1e-8));
        var gap = new Worst();
        for (var solver : new Solver[] {Solver.LBFGS, Solver.COORDINATE_DESCENT, Solver.SAGA}) {
            gap.see(new LogisticRegression().withSolver(solver).fit(x, data.y()).coefficients(),
                    new LogisticRegression().fit(x, data.y()).coefficients());
        }
        lab.shows("largest difference between solvers", gap.value(), below(1e-5));
        Tensor left = x.narrow(0, 0, 100), right = x.narrow(0, 100, 100);
        var bend = logOdds(free, left.add(right).mul(0.5)).sub(logOdds(free, left).add(logOdds(free, right)).mul(0.5));
        lab.shows("log odds half way, less the mean of the ends", bend.abs().max().item(), below(1e-10));
        separation(lab);
    }

    private static Tensor logOdds(LogisticModel model, Tensor x) {
        var p = model.predictProba(x);
        return p.select(1, 1).log().sub(p.select(1, 0).log());
    }

    private static Figure surface(Dataset data, LogisticModel model) {
        return Figure.plot("Probability of a benign tumour").surface(-2.5, 4.5, -3, 4, places -> model.predictProba(places).select(1, 1))
                .measuring("probability").contours(0.1, 0.9).contours(0.5).named("even odds: 50%")
                .points(data.x(), data.labels(), data.classNames().toArray(String[]::new))
                .axes(data.featureNames().get(0) + " (standard deviations)", data.featureNames().get(1) + " (standard deviations)")
                .describedAs(
                        "A surface that falls from 1 at the lower left to 0 at the upper right along straight parallel lines at 0.9, 0.5 and 0.1; most benign cases lie below the middle line and most malignant ones above.");
    }

    private static void separation(LabContext lab) {
        int found = 0, latest = 0, sets = 50;
        for (int s : lab.progress("separable data sets", sets)) {
            var rng = lab.rng(s);
            var x = Tensor.randn(rng, DType.F64, 40, 3);
            var score = x.matmul(Tensor.randn(rng, DType.F64, 3));
            var model = new LogisticRegression().unpenalised().fit(x, score.gt(score.mean()).to(DType.I64));
            if (model.separation() == Separation.COMPLETE) found++;
            latest = Math.max(latest, model.separatedAt());
        }
        lab.shows("separable data sets reported, of 50", found, exactly(sets));
        lab.shows("latest iteration of a report", latest, atMost(50));
    }
}
