package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.neural.MlpClassifier;
import lyceum.learn.uncertainty.ClassEnsemble;
import lyceum.learn.uncertainty.ForecastNetwork;
import lyceum.learn.uncertainty.NumberEnsemble;
import lyceum.learn.uncertainty.RiskCoverage;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.MlpFit;

/** Noise that stays and ignorance that goes as data are added; and what it is worth to turn the most doubtful digits away. */
@Lab(topics = "uncertainty-estimation", title = "The coin and the envelope")
final class UncertaintyLab implements LabBody {
    @Override public void run(LabContext lab) {
        int members = lab.param("networks", 3, 2, 10), steps = lab.param("steps of each", 600, 100, 3000),
                most = lab.param("data at most", 400, 50, 3000);
        double noise = lab.param("noise on the right", 0.5, 0.1, 1.5);
        int rows = lab.param("digits to learn from", 200, 100, 1000);

        var frames = new ArrayList<Figure>();
        int[] sizes = {most / 20, most};
        double[] ignorance = new double[2], spread = new double[2];
        Tensor grid = Tensor.linspace(-3.5, 3.5, 101).to(DType.F64);
        double[] at = grid.toDoubleArray();
        for (int s : lab.progress("sizes", 2)) {
            int n = sizes[s], epochs = Math.max(1, steps * Math.min(n, 32) / n);
            var world = world(n, noise, lab.rng(s));
            var learner = new ForecastNetwork(16).withEpochs(epochs).withBatchSize(32).withLearningRate(1e-2);
            var forecast = NumberEnsemble.fit(learner::withSeed, members, world[0], world[1]).forecast(grid.reshape(-1, 1));
            double[] mean = forecast.mean(), total = forecast.total(), own = forecast.epistemic();
            frames.add(Figure.plot(n + " data").band("noise and ignorance", at, around(mean, total, -1), around(mean, total, 1))
                    .band("ignorance alone", at, around(mean, own, -1), around(mean, own, 1)).line("mean", at, mean)
                    .points("data", world[0].select(1, 0), world[1]).axes("x", "y").limitY(-4, 4));
            for (int i = 0; i < at.length; i++) if (Math.abs(at[i]) <= 2) {
                ignorance[s] += forecast.epistemic()[i];
                spread[s] += Math.sqrt(forecast.aleatoric()[i]) / 57;
            }
        }
        lab.figure(Figure.frames("Two bands, each two standard deviations", "data", frames)
                .labelled(Arrays.stream(sizes).mapToObj(String::valueOf).toArray(String[]::new)).describedAs(
                        "The inner band, ignorance, shrinks with data and stays wide where there are none; the outer band keeps the noise."));

        var digits = Datasets.digits().scaled(1 / 16.0).shuffled(lab.rng(10));
        var train = digits.range(0, rows);
        var test = digits.range(rows, 1797);
        var learner = new MlpClassifier(24).withStandardize(false).withFit(new MlpFit().withRule(new Adam(1e-2)).withEpochs(25));
        var ensemble = ClassEnsemble.fit(learner::withSeed, members, train.x(), train.y());
        var forecast = ensemble.forecast(test.x());
        double[] errors = forecast.errors(test.y());
        var curve = RiskCoverage.of(forecast.total(), errors);
        lab.figure(curve.figure("Error among the digits that are kept"));
        double foreign = RiskCoverage.separation(forecast.epistemic(),
                ensemble.forecast(Tensor.rand(lab.rng(11), DType.F64, 300, 64)).epistemic());
        lab.say("Turning away the most doubtful fifth lowers the error from %.1f%% to %.1f%%. Pictures of noise are told from digits with an AUROC of %.2f.",
                100 * curve.riskAt(1), 100 * curve.riskAt(0.8), foreign);
        lab.shows("ignorance with all data over that with a twentieth, where data are", ignorance[1] / ignorance[0], below(0.7));
        lab.shows("mean noise sd learned over the true mean", spread[1] / ((0.1 + noise) / 2), between(0.5, 1.5));
        lab.shows("area under the error curve over random rejection's", curve.area() / curve.riskAt(1), below(0.6));
        lab.shows("AUROC of noise against digits", foreign, above(0.5));
    }

    /** Data on [-2, 2], noise growing from 0.1 to what is asked. */
    private static Tensor[] world(int n, double noise, Rng rng) {
        var x = new double[n][1];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i][0] = 4 * rng.nextDouble() - 2;
            y[i] = Math.sin(2 * x[i][0]) + (0.1 + (noise - 0.1) * (x[i][0] + 2) / 4) * rng.nextGaussian();
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(y)};
    }

    private static double[] around(double[] mean, double[] variance, int sign) {
        var edge = new double[mean.length];
        for (int i = 0; i < edge.length; i++) edge[i] = mean[i] + 2 * sign * Math.sqrt(variance[i]);
        return edge;
    }
}
