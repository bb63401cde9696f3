package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.cluster.GaussianMixture;
import lyceum.learn.cluster.GaussianMixture.Covariance;
import lyceum.learn.cluster.GaussianMixtureModel;
import lyceum.linalg.Cholesky;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Ellipses that EM moves and turns step by step over three stretched clouds, and BIC over their number and kind. */
@Lab(topics = "gmm", title = "Ellipses that find their clouds")
final class MixtureLab implements LabBody {
    @Override public void run(LabContext lab) {
        int k = lab.param("components", 3, 1, 6), rows = lab.param("rows", 400, 60, 2000), steps = lab.param("steps shown", 24, 2, 60);
        double apart = lab.param("distance of the clouds", 4.0, 0.0, 10.0);
        var type = Covariance.valueOf(lab.choice("covariance", "FULL", "FULL", "TIED", "DIAGONAL", "SPHERICAL"));
        var x = clouds(lab, rows, apart);
        var learner = new GaussianMixture(k).withCovariance(type).withStart(new GaussianMixture.Start.RandomRows()).withSeed(lab.seed())
                .withTolerance(0);
        var frames = new ArrayList<Plot>();
        int[] shown = IntStream.rangeClosed(1, steps).filter(t -> t <= 8 || t % 4 == 0).toArray();
        for (int t : shown) frames.add(picture("After step " + t, x, learner.withMaxIterations(t).fit(x)));
        lab.figure(Figure.frames("EM from random rows", "step", frames)
                .labelled(Arrays.stream(shown).mapToObj(Integer::toString).toArray(String[]::new)).describedAs(
                        "Ellipses of two deviations start as copies of the whole cloud at random rows, then move, shrink and turn until each covers one cloud."));
        double[] history = learner.withMaxIterations(steps).fit(x).history();
        double rise = 0;
        for (int t = 1; t < history.length; t++) rise = Math.max(rise, history[t - 1] - history[t]);
        lab.figure(Figure.line("Mean log-likelihood by step", 0, history).axes("step", "mean log-likelihood in nats")
                .describedAs("The likelihood rises at every step, slowly where two ellipses compete for one cloud."));

        var best = new GaussianMixture(k).withRestarts(5).withSeed(lab.seed());
        var plot = Figure.plot("BIC by number and kind of components").axes("components", "BIC");
        var table = new ArrayList<List<?>>();
        for (var each : Covariance.values()) {
            var bic = new double[6];
            for (int c = 1; c <= 6; c++) bic[c - 1] = best.withCovariance(each).withComponents(c).fit(x).bic();
            plot = plot.line(each.name().toLowerCase(Locale.ROOT), 1, bic);
            int least = 0;
            for (int c = 1; c < 6; c++) if (bic[c] < bic[least]) least = c;
            table.add(List.of(each.name(), least + 1, bic[least]));
        }
        lab.figure(plot.describedAs(
                "The lowest point of all curves is the model that BIC takes; simpler ellipses need more of them for the same rows."));
        lab.table("What BIC takes", List.of("covariance", "components", "BIC"), table);
        var full = best.withCovariance(Covariance.FULL).withComponents(3).fit(x);
        double unsure = full.responsibilities(x).max(1).lt(0.95).to(DType.F64).mean().item();
        lab.say("With three full ellipses %.1f%% of the rows belong to none by more than 95%%.", 100 * unsure);
        lab.shows("largest fall of the mean log-likelihood", rise, atMost(1e-6));
        lab.shows("components that BIC takes with full covariances", best.countByBic(x, 6), exactly(3));
        lab.shows("mean log-likelihood of three components over one", full.logLikelihood() - best.withComponents(1).fit(x).logLikelihood(),
                above(0));
    }

    /** Three stretched clouds, turned by different angles. */
    private static Tensor clouds(LabContext lab, int rows, double apart) {
        var parts = new Tensor[3];
        double[][] maps = {{1.5, 0.9, 0, 0.5}, {0.5, 0, -0.4, 1.3}, {1, -0.8, 0, 0.4}};
        for (int c = 0; c < 3; c++) {
            double angle = Math.PI / 2 + 2 * Math.PI * c / 3;
            var centre = Tensor.of(new double[] {apart * Math.cos(angle), apart * Math.sin(angle)});
            parts[c] = Tensor.randn(lab.rng(c), DType.F64, rows / 3, 2).matmul(Tensor.of(maps[c], 2, 2)).add(centre);
        }
        return Tensor.concat(0, parts).compute();
    }

    private static Plot picture(String title, Tensor x, GaussianMixtureModel model) {
        var plot = Figure.plot(title).points("rows", x).equalScales().axes("x", "y");
        for (int c = 0; c < model.nClusters(); c++) {
            var turns = Tensor.arange(61).to(DType.F64).mul(2 * Math.PI / 60);
            var circle = Tensor.stack(1, turns.cos(), turns.sin()).mul(2);
            var ellipse = circle.matmul(Cholesky.of(model.covariance(c)).lower().transpose()).add(model.means().select(0, c));
            plot = plot.line("component " + (c + 1), ellipse.select(1, 0), ellipse.select(1, 1));
        }
        return plot;
    }
}
