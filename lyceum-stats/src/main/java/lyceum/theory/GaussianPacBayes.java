package lyceum.theory;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * PAC-Bayes for models whose weights are drawn from independent normals: Seeger's bound ({@link PacBayes}) is a function of their means and deviations, and can
 * be minimised itself.
 *
 * {@snippet :
 * var bayes = new GaussianPacBayes(Tensor.zeros(DType.F64, 2), 1, 4, 0.05);
 * var risk = GaussianPacBayes.Risk.linear(Tensor.of(new double[][] {{1, 2}, {2, 1}, {-1, -1}, {-2, 0}}), Tensor.of(1, 1, -1, -1));
 * var posterior = bayes.minimize(risk, bayes.prior(), 100);
 * double certified = bayes.bound(risk, posterior);
 * }
 *
 * @param prior of the weights, fixed before the n samples were seen
 * @param samples n
 * @param delta probability that the bound fails
 * @see <a href="https://arxiv.org/abs/1703.11008">Dziugaite and Roy (2017)</a>
 */
@Withers
public record GaussianPacBayes(Weights prior, long samples, double delta) implements GaussianPacBayesWithers {

    /** Means and standard deviations of the weights, (d) both. */
    public record Weights(Tensor mean, Tensor sd) {
        public Weights {
            if (mean.rank() != 1 || !mean.shape().equals(sd.shape())) throw new ShapeException(
                    "GaussianPacBayes: means " + mean.shape() + " and deviations " + sd.shape() + "; they are (d) both");
            mean = mean.to(DType.F64).compute();
            sd = sd.to(DType.F64).compute();
            if (!(sd.min().item() > 0))
                throw new IllegalArgumentException("GaussianPacBayes: a deviation of " + sd.min().item() + "; all above 0");
        }

        /** One draw. */
        public Tensor draw(Rng rng) { return mean.add(sd.mul(Tensor.randn(rng, DType.F64, mean.count()))).compute(); }

        /** {@code KL(this | other)} in nats. */
        public double kl(Weights other) { return divergence(mean, sd, other).item(); }
    }

    /** All deviations alike. */
    public GaussianPacBayes(Tensor priorMean, double priorSd, long samples, double delta) {
        this(new Weights(priorMean, Tensor.full(DType.F64, priorSd, priorMean.count())), samples, delta);
    }

    /** The expected training error of a model whose weights are drawn, or what stands for it in an optimisation: in [0, 1], a differentiable function of means and deviations. */
    @FunctionalInterface
    public interface Risk {
        Tensor of(Tensor mean, Tensor sd);

        /**
         * Of the sign of {@code w x} in closed form: {@code Phi(-y mean x / sqrt(sum sd^2 x^2))}, averaged over rows.
         *
         * @param x (n, d), no row 0
         * @param labels (n), -1 or 1
         */
        static Risk linear(Tensor x, Tensor labels) {
            Tensor rows = x.to(DType.F64), squares = rows.square(), y = labels.to(DType.F64);
            return (mean, sd) -> rows.matmul(mean).mul(y).div(squares.matmul(sd.square()).sqrt()).mul(Math.sqrt(0.5)).erfc().mean().div(2);
        }

        /**
         * A smooth stand-in for any model: {@code sigmoid(-sharpness y score)} averaged over rows and over draws of the weights, the same in every call.
         *
         * @param model scores (n) of inputs by flat weights (d)
         */
        static Risk sampled(Model model, Tensor x, Tensor labels, double sharpness, int draws, Rng rng) {
            var y = labels.to(DType.F64).mul(-sharpness).compute();
            return (mean, sd) -> {
                var sum = Tensor.scalar(0);
                for (int s = 0; s < draws; s++) {
                    var noise = Tensor.randn(rng.split(s), DType.F64, mean.count());
                    sum = sum.add(model.scores(mean.add(sd.mul(noise)), x).mul(y).sigmoid().mean());
                }
                return sum.div((double) draws);
            };
        }
    }

    /** A model of two classes: scores (n) of inputs (n, p) by flat weights (d). The sign decides. */
    @FunctionalInterface
    public interface Model {
        Tensor scores(Tensor weights, Tensor x);
    }

    private static Tensor divergence(Tensor mean, Tensor sd, Weights prior) {
        var scaled = sd.square().add(mean.sub(prior.mean).square()).div(prior.sd.square());
        return scaled.sub(1).div(2).add(prior.sd.log()).sub(sd.log()).sum();
    }

    /** Seeger's bound for this risk, which must be the expected 0-1 loss for it to certify anything. */
    public double bound(Risk risk, Weights posterior) {
        return GradMode.with(false,
                () -> PacBayes.Bound.seeger().of(risk.of(posterior.mean, posterior.sd).item(), posterior.kl(prior), samples, delta));
    }

    /**
     * The posterior with the least bound that L-BFGS finds from {@code start}, over means and logarithms of deviations; never with a larger bound than the start has. The
     * slopes of the inverse are {@code db/dc = 1 / kl_p(r, b)} and {@code db/dr = -kl_r(r, b) / kl_p(r, b)}.
     */
    public Weights minimize(Risk risk, Weights start, int maxIterations) {
        int d = (int) prior.mean.count();
        if (start.mean.count() != d) throw new ShapeException("GaussianPacBayes: " + start.mean.count() + " weights, the prior has " + d);
        Objective objective = (x, gradient) -> {
            var at = Tensor.of(x);
            var r = Autograd.valueAndGrad(v -> risk.of(v.narrow(0, 0, d), v.narrow(0, d, d).exp()), at);
            var k = Autograd.valueAndGrad(v -> divergence(v.narrow(0, 0, d), v.narrow(0, d, d).exp(), prior), at);
            double q = r.value().item(), kl = Math.max(0, k.value().item());
            if (!(q >= 0 && q <= 1)) return Double.NaN;
            double b = PacBayes.klInverse(q, PacBayes.complexity(q, kl, samples, delta));
            double byP = (b - q) / (b * (1 - b)), byQ = q == 0 ? 0 : Math.log(q / b) - Math.log((1 - q) / (1 - b));
            double[] ofRisk = r.gradient().toDoubleArray(), ofKl = k.gradient().toDoubleArray();
            for (int i = 0; i < x.length; i++) gradient[i] = (ofKl[i] / samples - byQ * ofRisk[i]) / byP;
            return b;
        };
        double[] from = Arrays.copyOf(start.mean.toDoubleArray(), 2 * d);
        System.arraycopy(start.sd.log().toDoubleArray(), 0, from, d, d);
        var found = Tensor.of(new Lbfgs().withMaxIterations(maxIterations).minimize(objective, from).x());
        return new Weights(found.narrow(0, 0, d), found.narrow(0, d, d).exp());
    }

    /**
     * What holds of a model whose expected error is only sampled.
     *
     * @param risk mean training error of the draws
     * @param riskBound what the expected one is at most, by the draws
     * @param kl of the posterior from the prior
     * @param bound on the true error of a model drawn from the posterior
     */
    public record Certificate(double risk, double riskBound, double kl, double bound) {}

    /** Seeger's bound of the 0-1 loss by draws of the weights: holds with probability {@code 1 - delta - drawDelta} (Langford and Caruana 2001). */
    public Certificate certify(Model model, Tensor x, Tensor labels, Weights posterior, int draws, double drawDelta, Rng rng) {
        if (x.size(0) != samples) throw new ShapeException("GaussianPacBayes: " + x.size(0) + " rows; the bound is over " + samples);
        double risk = error(model, x, labels, posterior, draws, rng), most = PacBayes.klInverse(risk, Math.log(2 / drawDelta) / draws);
        double kl = posterior.kl(prior);
        return new Certificate(risk, most, kl, PacBayes.Bound.seeger().of(most, kl, samples, delta));
    }

    /** Mean 0-1 error over draws of the weights; a score of 0 is wrong. */
    public static double error(Model model, Tensor x, Tensor labels, Weights posterior, int draws, Rng rng) {
        var y = labels.to(DType.F64);
        return GradMode.with(false, () -> {
            double wrong = 0;
            for (int s = 0; s < draws; s++) wrong += model.scores(posterior.draw(rng.split(s)), x).mul(y).le(0).to(DType.F64).mean().item();
            return wrong / draws;
        });
    }
}
