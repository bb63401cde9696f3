package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.linalg.OdeSolver;
import lyceum.nn.Pass;
import lyceum.prob.ProbabilityFlow;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Noising in continuous time, {@code dx = drift(t) x dt + diffusion(t) dW} for t from 0 to 1, and its ways back: the reverse equation
 * {@code dx = (drift x - diffusion^2 score) dt + diffusion dW} ({@link SdeSampler}) and the flow without noise
 * {@code dx/dt = drift x - diffusion^2 score / 2} ({@link OdeSampler}), which also gives exact likelihoods.
 *
 * <p>With {@code beta(t) = low + t (high - low)} and B its integral:
 * <ul>
 * <li>VP: drift {@code -beta / 2}, diffusion {@code sqrt(beta)}; signal {@code exp(-B / 2)}, noise {@code sqrt(1 - exp(-B))}. The limit of DDPM.
 * <li>sub-VP: the same drift, diffusion {@code sqrt(beta (1 - exp(-2 B)))}; noise {@code 1 - exp(-B)}.
 * <li>VE: no drift; with {@code sigma(t) = low (high / low)^t}, noise {@code sqrt(sigma(t)^2 - low^2)}. The limit of a {@link NoiseLadder}.
 * </ul>
 *
 * {@snippet :
 * var sde = ScoreSde.variancePreserving();
 * trainer.start(network, n, sde.over(network, data), null, rng).finish(progress);
 * Tensor x = sde.model(network).generator(new OdeSampler(OdeSampler.Method.DPM_SOLVER_2, 20), DType.F32, 2).sample(1000, rng);
 * Tensor logp = sde.logDensity(sde.model(network), x, new OdeSolver().withRelative(1e-5));
 * }
 *
 * @param kind of noising
 * @param low of beta, or of the deviations
 * @param high likewise
 * @param least time of training and the end of sampling, as the score grows without bound toward 0; in (0, 1)
 * @param prediction what the network says
 * @param likelihoodWeighted whether a squared error of the score weighs {@code diffusion^2}, a bound on the likelihood, or {@code noise^2}
 * @see <a href="https://arxiv.org/abs/2011.13456">Song and others (2021)</a>
 */
@Withers
public record ScoreSde(Kind kind, double low, double high, double least, Prediction prediction, boolean likelihoodWeighted)
        implements NoisePath, DiffusionObjective, ScoreSdeWithers {

    /** Of noising. */
    public enum Kind {
        VARIANCE_PRESERVING, SUB_VARIANCE_PRESERVING, VARIANCE_EXPLODING
    }

    public ScoreSde {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(prediction, "prediction");
        if (!(low > 0 && high > low && high < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ScoreSde: from " + low + " to " + high + "; they rise from above 0");
        if (!(least > 0 && least < 1)) throw new IllegalArgumentException("ScoreSde: least time is " + least + "; it lies between 0 and 1");
    }

    private static ScoreSde of(Kind kind, double low, double high) { return new ScoreSde(kind, low, high, 1e-4, Prediction.NOISE, false); }

    /** Beta from 0.1 to 20, least time 1e-4; the network predicts noise. */
    public static ScoreSde variancePreserving() { return of(Kind.VARIANCE_PRESERVING, 0.1, 20); }

    /** Likewise. */
    public static ScoreSde subVariancePreserving() { return of(Kind.SUB_VARIANCE_PRESERVING, 0.1, 20); }

    /** @param high well above the greatest distance between data */
    public static ScoreSde varianceExploding(double low, double high) { return of(Kind.VARIANCE_EXPLODING, low, high); }

    private double beta(double t) { return low + t * (high - low); }

    private double integral(double t) { return t * (low + t * (high - low) / 2); }

    /** The factor of x in the drift. */
    public double drift(double t) { return kind == Kind.VARIANCE_EXPLODING ? 0 : -beta(t) / 2; }

    /** g(t). */
    public double diffusion(double t) {
        return switch (kind) {
            case VARIANCE_PRESERVING -> Math.sqrt(beta(t));
            case SUB_VARIANCE_PRESERVING -> Math.sqrt(-beta(t) * Math.expm1(-2 * integral(t)));
            case VARIANCE_EXPLODING -> low * Math.pow(high / low, t) * Math.sqrt(2 * Math.log(high / low));
        };
    }

    @Override public double signal(double t) { return kind == Kind.VARIANCE_EXPLODING ? 1 : Math.exp(-integral(t) / 2); }

    @Override public double noise(double t) {
        return switch (kind) {
            case VARIANCE_PRESERVING -> Math.sqrt(-Math.expm1(-integral(t)));
            case SUB_VARIANCE_PRESERVING -> -Math.expm1(-integral(t));
            case VARIANCE_EXPLODING -> low * Math.sqrt(Math.expm1(2 * t * Math.log(high / low)));
        };
    }

    @Override public double end() { return 1; }

    /** The time of half a log signal-to-noise ratio: the inverse of {@link #logSnr}. */
    public double timeOf(double logSnr) {
        if (kind == Kind.VARIANCE_EXPLODING) return Math.log1p(Math.exp(-2 * (logSnr + Math.log(low)))) / (2 * Math.log(high / low));
        double integral;
        if (kind == Kind.VARIANCE_PRESERVING) integral = logSnr < -300 ? -2 * logSnr : Math.log1p(Math.exp(-2 * logSnr));
        else {
            // a / (1 - a^2) = r for the signal a = exp(-B / 2); written so that large r loses no digits.
            double r = Math.exp(logSnr), rest = 2 / (2 * r + 1 + Math.sqrt(1 + 4 * r * r)); // 1 - a
            integral = -2 * Math.log1p(-rest);
        }
        double slope = high - low;
        return 2 * integral / (low + Math.sqrt(low * low + 2 * slope * integral));
    }

    /** VP in steps: a schedule of betas {@code beta(i / steps) / steps}, of which this equation is the limit. */
    public NoiseSchedule discretised(int steps) {
        if (kind != Kind.VARIANCE_PRESERVING)
            throw new IllegalStateException("ScoreSde.discretised: only the VP equation has DDPM's steps");
        return NoiseSchedule.of(steps, i -> beta((double) i / steps) / steps);
    }

    /** A denoiser as a model to draw from. */
    public DiffusionModel model(Denoiser denoiser) { return new DiffusionModel(this, prediction, denoiser); }

    @Override public Tensor loss(Denoiser denoiser, Tensor x, Tensor condition, Pass pass) {
        if (pass.rng() == null) throw new IllegalArgumentException("ScoreSde.loss: the pass has no random stream; use Pass.training(rng)");
        Tensor t = Tensor.rand(pass.rng(), x.dtype(), x.size(0)).mul(1 - least).add(least);
        var epsilon = Tensor.randn(pass.rng(), x.dtype(), x.shape().toArray());
        Tensor a = signals(t, x), s = noises(t, x), noisy = x.mul(a).add(epsilon.mul(s));
        var error = prediction.noise(denoiser.predict(noisy, t, condition, pass), noisy, a, s).sub(epsilon).square();
        return (likelihoodWeighted ? error.mul(NoisePath.each(v -> Math.pow(diffusion(v) / noise(v), 2), t, x)) : error).mean();
    }

    /** {@code dx/dt} of the flow without noise. */
    public Tensor velocity(DiffusionModel model, Tensor x, double t, Tensor condition) {
        double g = diffusion(t);
        return x.mul(drift(t)).add(model.at(x, t, condition).noise().mul(g * g / 2 / noise(t)));
    }

    /** The mean of x a time h before t by Euler's step of the reverse equation: {@code x - h (drift x - diffusion^2 score)}. */
    public Tensor reverseMean(DiffusionModel model, Tensor x, double t, double h, Tensor condition) {
        double g = diffusion(t);
        return x.mul(1 - h * drift(t)).sub(model.at(x, t, condition).noise().mul(h * g * g / noise(t)));
    }

    /**
     * The log density (n) of data (n, d) under the flow, in nats, by integrating the exact divergence from {@link #least} to 1: a pull-back a dimension.
     *
     * @param solver with tolerances below the accuracy that is wanted
     */
    public Tensor logDensity(DiffusionModel model, Tensor x, OdeSolver solver) {
        return flow(model, solver).logDensity(x, least, 1, prior());
    }

    /** The same with the divergence estimated along random signs (Hutchinson), the same for the whole path: unbiased, one pull-back a probe. */
    public Tensor logDensity(DiffusionModel model, Tensor x, OdeSolver solver, int probes, Rng rng) {
        return flow(model, solver).logDensity(x, least, 1, prior(), ProbabilityFlow.signs(probes, x, rng));
    }

    /** The flow, to move points by or to ask for densities. */
    public ProbabilityFlow flow(DiffusionModel model, OdeSolver solver) {
        if (!equals(model.path())) throw new IllegalArgumentException("ScoreSde: the model's path is " + model.path() + ", not " + this);
        return new ProbabilityFlow((t, x) -> x.mul(drift(t)), this::diffusion, (t, x) -> {
            if (x.rank() != 2) throw new ShapeException("ScoreSde: data " + x.shape() + "; they are (n, d)");
            return model.score(x, t, null);
        }, solver);
    }

    private java.util.function.UnaryOperator<Tensor> prior() {
        double deviation = endDeviation();
        return z -> z.div(deviation).square().add(Math.log(2 * Math.PI) + 2 * Math.log(deviation)).mul(-0.5).sum(1);
    }
}
