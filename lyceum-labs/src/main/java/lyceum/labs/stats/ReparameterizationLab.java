package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.prob.GradientEstimator;
import lyceum.prob.Reparameterized;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The same gradient estimated twice: through the draw, and around it. */
@Lab(topics = "reparameterization-trick", title = "Through the noise")
final class ReparameterizationLab implements LabBody {
    private static final int WIDE = 8, LATENT = 2;

    @Override public void run(LabContext lab) {
        int dimensions = lab.param("dimensions", 10, 1, 50), draws = lab.param("draws an estimate", 10, 2, 200),
                repeats = lab.param("estimates", 400, 50, 2_000);
        int steps = lab.param("VAE steps", 300, 50, 2_000);
        double rate = lab.param("learning rate", 0.02, 0.001, 0.1);

        // d/d mu_1 of E sum (z_i - 2)^2 at mu = 0, sigma = 1 is -4
        double[][] found = new double[3][repeats];
        for (var estimator : GradientEstimator.values()) for (int r = 0; r < repeats; r++) {
            var mean = Tensor.zeros(DType.F64, dimensions).requiresGrad();
            var z = Reparameterized.normal(mean, Tensor.full(DType.F64, 1.0, dimensions));
            estimator.expectation(z, x -> x.sub(2).square().sum(1), draws, lab.rng(r)).backward();
            found[estimator.ordinal()][r] = mean.grad().item(0);
        }
        lab.figure(Figure.histogram("Pathwise estimates of the gradient", found[0]).axes("d/d mu of E (z - 2)^2", "estimates")
                .verticalLine(-4, "truth").describedAs("Estimates through the draws lie close about the truth of -4."));
        lab.figure(Figure.histogram("Score-function estimates of the same gradient", found[1]).axes("d/d mu of E (z - 2)^2", "estimates")
                .verticalLine(-4, "truth").describedAs("Around the same mean the score-function estimates spread tens of times wider."));
        double path = variance(found[0]), score = variance(found[1]), baseline = variance(found[2]);
        lab.table("Variance of one estimate", List.of("estimator", "mean", "variance", "over pathwise"),
                List.of(List.of("pathwise", Arrays.stream(found[0]).average().orElseThrow(), path, 1.0), List
                        .of("score, leave-one-out baseline", Arrays.stream(found[2]).average().orElseThrow(), baseline, baseline / path),
                        List.of("score", Arrays.stream(found[1]).average().orElseThrow(), score, score / path)));

        double[] through = train(lab, true, steps, rate), around = train(lab, false, steps, rate);
        lab.figure(Figure.plot("A linear VAE, trained both ways").line("pathwise", 0, through).line("score function", 0, around).dashed()
                .axes("step", "ELBO (nats an item)")
                .describedAs("With gradients through the draw the bound rises quickly; with the score function it lags behind."));
        lab.say("ELBO at the end: %.2f through the draw, %.2f around it.", through[steps - 1], around[steps - 1]);
        if (dimensions >= 10) lab.shows("score-function variance over pathwise", score / path, atLeast(10));
        lab.shows("ELBO of the score function less that of the pathwise gradient", around[steps - 1] - through[steps - 1], below(0));
    }

    private static double variance(double[] x) {
        double mean = Arrays.stream(x).average().orElseThrow();
        return Arrays.stream(x).map(v -> (v - mean) * (v - mean)).sum() / (x.length - 1);
    }

    /** Smoothed bounds: encoder to mean and log deviation, decoder to the mean of x with noise 0.5, all linear. */
    private static double[] train(LabContext lab, boolean isPathwise, int steps, double rate) {
        var rng = lab.rng(99);
        Tensor factors = Tensor.randn(rng, LATENT, WIDE),
                data = Tensor.randn(rng, 512, LATENT).matmul(factors).add(Tensor.randn(rng, 512, WIDE).mul(0.5));
        Tensor mean = weights(rng, WIDE, LATENT), spread = weights(rng, WIDE, LATENT), decoder = weights(rng, LATENT, WIDE);
        var optimizer = new Adam(rate).over(List.of(mean, spread, decoder));
        var bounds = new double[steps];
        for (int i = 0; i < steps; i++) {
            var x = data.narrow(0, 64L * (i % 8), 64);
            Tensor m = x.matmul(mean), log = x.matmul(spread).sub(1);
            var q = Reparameterized.normal(m, log.exp());
            var z = isPathwise ? q.rsample(rng) : q.sample(rng);
            var fit = x.sub(z.matmul(decoder)).square().sum(1).mul(-2).sub(WIDE * Math.log(0.5 * Math.sqrt(2 * Math.PI)));
            var toPrior = m.square().add(log.mul(2).exp()).sub(1).mul(0.5).sub(log).sum(1);
            var bound = fit.sub(toPrior);
            bounds[i] = i == 0 ? bound.mean().item() : 0.95 * bounds[i - 1] + 0.05 * bound.mean().item();
            // Around the draw: each item's fit, less the batch's mean, times the gradient of its log density
            var surrogate = isPathwise ? bound : bound.add(fit.detach().sub(fit.detach().mean()).mul(q.logDensity(z).sum(1)));
            optimizer.zeroGrad();
            surrogate.mean().neg().backward();
            optimizer.step();
        }
        return bounds;
    }

    private static Tensor weights(Rng rng, long rows, long columns) {
        return Tensor.randn(rng, rows, columns).mul(0.1).compute().detach().requiresGrad();
    }
}
