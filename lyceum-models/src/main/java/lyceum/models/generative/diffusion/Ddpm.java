package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Denoising diffusion: noise is added in many small steps, and a network learns to take each one back. Forward
 * {@code x_t = sqrt(1 - beta_t) x_(t-1) + sqrt(beta_t) epsilon}, so {@code x_t = sqrt(alphaBar_t) x_0 + sqrt(1 - alphaBar_t) epsilon}; backward a normal law
 * whose mean is that of {@code q(x_(t-1) | x_t, x_0)} with the network's word for x_0.
 *
 * {@snippet :
 * var ddpm = new Ddpm(NoiseSchedule.cosine(1000));
 * var trainer = new Trainer(new Adam(1e-3), 50).withAveraging(0.999);
 * trainer.start(network, n, ddpm.over(network, data), null, Rng.of(1)).finish(Progress.SILENT);
 * Tensor drawn = ddpm.model(network).generator(ddpm.sampler(), DType.F32, 2).sample(1000, Rng.of(2));
 * }
 *
 * <p>Data are (n, ..), scaled to about [-1, 1] or unit variance. The loss is a mean over all numbers; the bound is in nats a row.
 *
 * @param schedule of noise
 * @param prediction what the network says
 * @param variance of the backward steps
 * @param objective what is minimised
 * @param bins of the data for the bound: 256 for pictures of bytes scaled to [-1, 1], 0 for continuous data
 * @see <a href="https://arxiv.org/abs/2006.11239">Ho, Jain and Abbeel (2020)</a>
 * @see <a href="https://arxiv.org/abs/2102.09672">Nichol and Dhariwal (2021), on learned variances</a>
 */
@Withers
public record Ddpm(NoiseSchedule schedule, Prediction prediction, Variance variance, Objective objective, int bins)
        implements DiffusionObjective, DdpmWithers {

    /** Of the backward steps. */
    public enum Variance {
        /** beta_t: right for data that are normal noise themselves. */
        BETA,
        /** {@code beta_t (1 - alphaBar_(t-1)) / (1 - alphaBar_t)}: right for data at one point. The first step's, which is 0, counts as the second's in the bound. */
        POSTERIOR,
        /** Between both on a logarithmic scale, by a second half of the network's answer along axis 1: -1 is the posterior's, 1 is beta. */
        LEARNED
    }

    /** What is minimised. */
    public enum Objective {
        /** The squared error of the prediction. */
        SIMPLE,
        /** The squared error weighted by {@code min(signal-to-noise, 5)} in terms of clean data (Hang and others 2023). */
        MIN_SNR,
        /** The bound on the negative log-likelihood, by one random step of it. */
        VARIATIONAL,
        /** SIMPLE for the mean and a thousandth of VARIATIONAL for the variance. */
        HYBRID
    }

    public Ddpm {
        Objects.requireNonNull(schedule, "schedule");
        Objects.requireNonNull(prediction, "prediction");
        Objects.requireNonNull(variance, "variance");
        Objects.requireNonNull(objective, "objective");
        if (bins < 0 || bins == 1) throw new IllegalArgumentException("Ddpm: bins is " + bins + "; at least 2, or 0 for continuous data");
    }

    /** Predicts noise by the simple loss, with steps of variance beta. */
    public Ddpm(NoiseSchedule schedule) { this(schedule, Prediction.NOISE, Variance.BETA, Objective.SIMPLE, 0); }

    /** A denoiser as a model to draw from. @throws IllegalArgumentException if the prediction tells nothing of the data at the schedule's end */
    public DiffusionModel model(Denoiser denoiser) {
        requireTelling();
        return new DiffusionModel(schedule, prediction, denoiser);
    }

    private void requireTelling() {
        if (prediction != Prediction.CLEAN && prediction != Prediction.VELOCITY && schedule.alphaBar(schedule.steps()) == 0)
            throw new IllegalArgumentException("Ddpm: the schedule ends in noise alone, where the " + prediction
                    + " tells nothing of the data; predict VELOCITY or CLEAN");
    }

    /** The sampler that goes back step by step. */
    public AncestralSampler sampler() { return new AncestralSampler(variance); }

    /** One step forward, from step t - 1 to t: {@code sqrt(1 - beta_t) x + sqrt(beta_t) epsilon}. */
    public Tensor step(Tensor x, int t, Tensor epsilon) {
        double beta = schedule.beta(t);
        return x.mul(Math.sqrt(1 - beta)).add(epsilon.mul(Math.sqrt(beta)));
    }

    /** All steps up to t at once. */
    public Tensor noised(Tensor x, int t, Tensor epsilon) { return x.mul(schedule.signal(t)).add(epsilon.mul(schedule.noise(t))); }

    /** The mean of {@code q(x_(t-1) | x_t, x_0)}; its variance is {@link NoiseSchedule#posteriorVariance}. */
    public Tensor posteriorMean(Tensor clean, Tensor x, int t) {
        return clean.mul(schedule.posteriorOnClean(t)).add(x.mul(schedule.posteriorOnNoisy(t)));
    }

    @Override public Tensor loss(Denoiser denoiser, Tensor x, Tensor condition, Pass pass) {
        if (pass.rng() == null) throw new IllegalArgumentException("Ddpm.loss: the pass has no random stream; use Pass.training(rng)");
        var t = Tensor.randint(pass.rng(), 1, schedule.steps() + 1, x.size(0)).to(x.dtype().accumulator());
        return loss(denoiser, x, t, Tensor.randn(pass.rng(), x.dtype(), x.shape().toArray()), condition, pass);
    }

    /** The mean loss at given steps t (n), with given noise. */
    public Tensor loss(Denoiser denoiser, Tensor x, Tensor t, Tensor epsilon, Tensor condition, Pass pass) {
        if (variance == Variance.LEARNED && (objective == Objective.SIMPLE || objective == Objective.MIN_SNR))
            throw new IllegalArgumentException("Ddpm: the objective " + objective + " teaches no variance; take HYBRID or VARIATIONAL");
        requireTelling();
        var noisy = schedule.noised(x, t, epsilon);
        var answer = Answer.of(this, denoiser.predict(noisy, t, condition, pass), noisy, t);
        long each = x.count() / x.size(0);
        return switch (objective) {
            case SIMPLE -> answer.error(x, epsilon).mean();
            case MIN_SNR -> answer.error(x, epsilon).mul(minSnr(t, x)).mean();
            case VARIATIONAL -> answer.term(x).mean().mul((double) schedule.steps() / each);
            case HYBRID -> answer.error(x, epsilon).mean().add(answer.withMeanFixed().term(x).mean().mul(1e-3 * schedule.steps() / each));
        };
    }

    private Tensor minSnr(Tensor t, Tensor x) {
        return NoisePath.each(step -> {
            double bar = schedule.alphaBar((int) step), ratio = bar / (1 - bar), least = Math.min(5, ratio);
            return switch (prediction) {
                case CLEAN -> least;
                case NOISE -> least / ratio;
                case VELOCITY -> least / (ratio + 1);
                case SCORE -> least / ratio * (1 - bar);
            };
        }, t, x);
    }

    /**
     * One term of the bound for each row (n), in nats: at step 1 the negative log-likelihood of the data, at a later one the divergence of the backward step
     * from the posterior.
     *
     * @param t (n) steps
     * @param epsilon the noise that takes the data to those steps
     */
    public Tensor term(Denoiser denoiser, Tensor x, Tensor t, Tensor epsilon, Tensor condition) {
        var noisy = schedule.noised(x, t, epsilon);
        return Answer.of(this, denoiser.predict(noisy, t, condition, Pass.inference()), noisy, t).term(x);
    }

    /** The divergence of the last step from normal noise for each row (n), in nats: what no network changes. */
    public Tensor priorTerm(Tensor x) {
        double bar = schedule.alphaBar(schedule.steps());
        var squares = x.square().mul(bar).add(-bar - Math.log1p(-bar)).mul(0.5);
        return squares.reshape(x.size(0), -1).sum(1);
    }

    /**
     * The bound on the negative log-likelihood of each row (n), in nats, by one draw of noise for each step.
     *
     * @param noise a stream for each row
     */
    public Tensor bound(Denoiser denoiser, Tensor x, Tensor condition, NoiseStreams noise) {
        var sum = priorTerm(x);
        for (int t = schedule.steps(); t >= 1; t--)
            sum = sum.add(term(denoiser, x, Tensor.full(x.dtype().accumulator(), t, x.size(0)), noise.like(x), condition)).compute();
        return sum;
    }
}
