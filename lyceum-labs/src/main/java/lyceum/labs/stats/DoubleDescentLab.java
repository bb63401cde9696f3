package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.theory.DoubleDescent;
import lyceum.theory.DoubleDescent.FeatureMap;
import lyceum.theory.DoubleDescent.Sample;

/** The spike where a model has just enough parameters, and what a small penalty does to it. */
@Lab(topics = "double-descent", title = "Worse, then better again")
final class DoubleDescentLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("samples", 100, 40, 200);
        double signal = lab.param("signal", 3.0, 0.0, 5.0), noise = lab.param("noise", 1.0, 0.1, 3.0);
        double ridge = lab.param("ridge", 0.1, 0.0, 2.0);

        double[] gammas = {0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 4, 6};
        double[] bare = new double[gammas.length], ridged = new double[gammas.length];
        for (int i = 0; i < gammas.length; i++) {
            int p = (int) Math.round(n * gammas[i]);
            bare[i] = DoubleDescent.isotropic(n, p, 0, 10, lab.rng(i)).of(signal, noise);
            ridged[i] = DoubleDescent.isotropic(n, p, ridge, 10, lab.rng(i)).of(signal, noise);
        }
        lab.figure(Figure.plot("Independent columns, %d samples: theory and draws".formatted(n))
                .line("least norm, n to infinity", 0.06, 6, g -> told(g, signal, noise, 0))
                .line("ridge %.2f".formatted(ridge), 0.06, 6, g -> told(g, signal, noise, ridge)).points("least norm, drawn", gammas, bare)
                .points("ridge, drawn", gammas, ridged).axes("features a sample, p / n", "excess risk").logY().limitY(0.05, 200)
                .describedAs(
                        "Excess risk climbs to a spike where features are as many as samples and falls beyond; a ridge cuts the spike off."));
        double worst = 0;
        for (int i = 0; i < gammas.length; i++)
            if (Math.abs(gammas[i] - 1) > 0.15)
                worst = Math.max(worst, Math.abs(bare[i] / DoubleDescent.asymptoticRisk(gammas[i], signal, noise, 0) - 1));
        lab.shows("largest relative distance of ten draws from the formula, away from p = n", worst, atMost(0.25));

        var digits = Datasets.digits().to(DType.F64).shuffled(lab.rng(99));
        var x = digits.x().div(16.0);
        var y = Tensor.eye(DType.F64, 10).indexSelect(0, digits.y());
        Sample train = new Sample(x.narrow(0, 0, n), y.narrow(0, 0, n)), held = new Sample(x.narrow(0, n, 300), y.narrow(0, n, 300)),
                test = new Sample(x.narrow(0, n + 300, 700), y.narrow(0, n + 300, 700));
        int[] widths = {n / 10, n / 4, n / 2, 3 * n / 4, 9 * n / 10, n, 11 * n / 10, 5 * n / 4, 3 * n / 2, 2 * n, 4 * n, 10 * n, 20 * n};
        var curve = new DoubleDescent(FeatureMap.relu(7), new double[] {0, 1e-4, 1e-3, 1e-2, 0.1, 1}).sweep(train, held, test, widths);
        var p = Arrays.stream(widths).asDoubleStream().toArray();
        lab.figure(Figure.plot("Digits through random ReLU features, %d of them to learn from".formatted(n))
                .line("least norm, unseen digits", p, curve.test()[0]).line("ridge chosen on held-out digits", p, curve.tuned())
                .line("least norm, training digits", p, Arrays.stream(curve.train()[0]).map(e -> Math.max(e, 1e-4)).toArray()).logX().logY()
                .axes("features, p", "mean squared error").describedAs(
                        "The training error reaches zero near p = n, where the error on unseen digits spikes; far beyond it is lower than before. The tuned ridge has no spike."));
        lab.say("Without a ridge the worst width is %d of %d samples.", curve.peak(0), n);
        double[] least = curve.test()[0];
        lab.shows("error at the spike over that at 20 n", Arrays.stream(least).max().orElseThrow() / least[widths.length - 1], atLeast(5));
    }

    private static double told(double gamma, double signal, double noise, double ridge) {
        return Math.min(1e3, DoubleDescent.asymptoticRisk(gamma, signal, noise, ridge));
    }
}
