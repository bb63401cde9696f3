package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.loss.NoiseContrastive;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.plot.Figure;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A bell curve that does not know its own area learns it by telling data from noise. */
@Lab(topics = "nce", title = "Learning the normaliser by classification")
final class NoiseContrastiveLab implements LabBody {

    @Override public void run(LabContext lab) {
        double variance = lab.param("variance", 1.5, 0.2, 5.0), noise = lab.param("noise deviation", 2.0, 0.5, 6.0);
        int size = lab.param("most data", 10_000, 1000, 50_000);
        double truth = -0.5 * Math.log(2 * Math.PI * variance);
        var all = Tensor.randn(lab.rng(1), DType.F64, size).mul(Math.sqrt(variance)).compute();
        var from = new Normal(0, noise);
        int[] draws = {1, 5, 25};
        var plot = Figure.plot("The constant converges to minus log Z");
        var rows = new ArrayList<List<?>>();
        double gap = 0;
        for (int i : lab.progress("draws a datum", draws.length)) {
            int k = draws[i];
            double[] sizes = new double[7], found = new double[7];
            for (int s = 0; s < 7; s++) {
                int n = (int) (size / Math.pow(2, 6 - s));
                var theta = fit(all.narrow(0, 0, n), from, k, lab.rng(10 + i).split(s).nextLong());
                sizes[s] = n;
                found[s] = theta[1];
                if (s == 6) rows.add(List.of(k, n, theta[1], truth, Math.exp(theta[0]), variance));
            }
            plot = plot.add("k = " + k, sizes, found);
            gap = Math.abs(found[6] - truth);
        }
        lab.figure(plot.horizontalLine(truth, "-log sqrt(2 pi s^2)").logX().axes("data", "learned constant (nats)").describedAs(String
                .format(Locale.ROOT, "Three lines, for 1, 5 and 25 noise draws a datum, settle at %.3f; with more draws sooner.", truth)));
        lab.table("With all the data", List.of("k", "data", "constant", "-log Z", "variance", "true variance"), rows);
        lab.say("Maximum likelihood would let the constant run to infinity; here too large a one calls noise data, and it stops at %.3f.",
                truth);
        lab.shows("constant for k = 25 beside -log Z", gap, atMost(0.05));
    }

    /** The log variance and the constant. */
    private static double[] fit(Tensor data, Normal noise, int k, long seed) {
        int n = (int) data.size(0);
        var draws = noise.sample(Rng.of(seed), n * k).reshape(n, k);
        Tensor atData = noise.logDensity(data), atDraws = noise.logDensity(draws);
        return new Lbfgs().withGradientTolerance(1e-6).minimize(Objective.of(theta -> {
            Tensor precision = theta.select(0, 0).neg().exp();
            return new NoiseContrastive().withLogNormaliser(theta.select(0, 1)).of(data.square().mul(precision).mul(-0.5), atData,
                    draws.square().mul(precision).mul(-0.5), atDraws);
        }), new double[2]).x();
    }
}
