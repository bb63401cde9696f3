package lyceum.models.generative.energy;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.bayes.AnnealedImportanceSampling;
import lyceum.bayes.ImportanceSampling;
import lyceum.memory.Scope;
import lyceum.models.generative.Generator;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.generative.diffusion.ScoreMatching;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.NoiseContrastive;
import lyceum.prob.Distribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * A density known up to its constant, {@code p(x) = exp(-E(x)) / Z}, of any network E that gives a number an item.
 *
 * {@snippet :
 * var model = new EnergyModel(new Mlp(MlpConfig.regressor(2, 1, 64, 64).withActivation(Activation.SILU), rng));
 * var walk = new EnergySampler.Langevin(0.05);
 * BatchLoss loss = model.contrastiveDivergence(x, new ContrastiveDivergence(walk, 10).withChains(256));   // or
 * BatchLoss smooth = model.scoreMatching(x, ScoreMatching.sliced(1));                                     // or
 * BatchLoss guess = model.noiseContrastive(x, noise, 5);
 * trainer.start(model, (int) x.size(0), loss, null, rng).finish(progress);
 * double logZ = model.annealed(new AnnealedImportanceSampling(500, 200), walk, 3, rng, 2).logNormaliser();
 * }
 *
 * <p>State: {@code energy.*}, and {@code log_normaliser}, which only noise-contrastive estimation learns. Score matching needs a smooth network: with ReLU
 * second derivatives are 0. It sees neither Z nor, where modes lie apart, their shares.
 *
 * @see <a href="https://arxiv.org/abs/2101.03288">Song and Kingma (2021), How to train your energy-based models</a>
 */
public final class EnergyModel extends Module {
    private final Layer energy;
    private final Tensor log_normaliser;

    /** @param energy from items (n, ..) to (n) or (n, 1), each from its own item */
    public EnergyModel(Layer energy) {
        this.energy = energy;
        var type = energy instanceof Module m && !m.parameters().isEmpty() ? m.parameters().values().iterator().next().dtype() : DType.F64;
        log_normaliser = Tensor.zeros(type).requiresGrad();
    }

    /** {@code c} in {@code log p = -E + c}, as learned by {@link #noiseContrastive}: an estimate of {@code -ln Z}; 0 before. */
    public double logNormaliser() { return log_normaliser.item(); }

    /** {@code E} of items (n, ..): (n), recorded. Lower is likelier. */
    public Tensor energy(Tensor x) { return forward(x, Pass.inference()); }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var e = energy.forward(x, pass);
        if (e.count() != x.size(0))
            throw new ShapeException("EnergyModel: energies " + e.shape() + " of items " + x.shape() + "; a number an item");
        return e.reshape(x.size(0));
    }

    /** {@code -grad E}, the score, in the shape of x; differentiable in the parameters. */
    public Tensor score(Tensor x) { return ScoreMatching.ofEnergy(this::energy).apply(x); }

    /** {@code ln p} of items (n, ..): (n), by a known or estimated {@code ln Z}, nats. Not recorded. */
    public Tensor logDensity(Tensor x, double logPartition) { return Autograd.noGrad(() -> energy(x).neg().sub(logPartition).compute()); }

    /**
     * A loss whose gradient is {@code mean grad E(data) - mean grad E(chains)}: that of minus the mean log-likelihood, if the chains are long enough. Its value says
     * nothing of the likelihood.
     *
     * @param data (n, ..)
     */
    public BatchLoss contrastiveDivergence(Tensor data, ContrastiveDivergence how) {
        requireFinite(data);
        var kept = new Tensor[1];
        return (rows, pass) -> {
            Tensor batch = data.rows(rows), chains = how.chains() == 0 ? batch : begun(kept[0], batch, how, pass.rng());
            if (how.jitter() > 0) batch = batch.add(Tensor.randn(pass.rng(), batch.dtype(), batch.shape().toArray()).mul(how.jitter()));
            chains = how.sampler().walk(this::energy, chains, how.k(), pass.rng());
            if (how.chains() > 0) {
                try (var outside = Scope.outside()) {
                    kept[0] = chains.copy();
                }
            }
            Tensor real = forward(batch, pass), own = forward(chains.detach(), pass), loss = real.mean().sub(own.mean());
            return how.energyPenalty() == 0 ? loss : loss.add(real.square().mean().add(own.square().mean()).mul(how.energyPenalty()));
        };
    }

    /** Persistent chains before their walk: rows of the batch at first, and where they begin anew. */
    private static Tensor begun(Tensor kept, Tensor batch, ContrastiveDivergence how, Rng rng) {
        if (kept != null && how.restart() == 0) return kept;
        var fresh = batch.indexSelect(0, Tensor.randint(rng, 0, batch.size(0), how.chains()));
        if (kept == null) return fresh.compute();
        var wide = new long[kept.rank()];
        Arrays.fill(wide, 1);
        wide[0] = how.chains();
        return Tensor.rand(rng, wide).lt(how.restart()).where(fresh, kept).compute();
    }

    /**
     * Score matching of {@code -grad E} in any of its forms: no chains, no constant. The denoising form has one level of noise and predicts the score; the fit is
     * then to the data with that noise added.
     *
     * @param data (n, d)
     */
    public BatchLoss scoreMatching(Tensor data, ScoreMatching form) {
        requireFinite(data);
        if (form.form() == ScoreMatching.Form.DENOISING && (form.ladder().levels() != 1 || form.prediction() != Prediction.SCORE))
            throw new IllegalArgumentException(
                    "EnergyModel.scoreMatching: an energy has one level of noise and predicts the score, not " + form.ladder().levels()
                            + " and " + form.prediction() + "; give new NoiseLadder(sigma) and withPrediction(Prediction.SCORE)");
        return form.over((x, t, condition, pass) -> score(x), data);
    }

    /**
     * Noise-contrastive estimation, which learns {@link #logNormaliser} as well.
     *
     * @param data (n, d)
     * @param noise of d dimensions, spread at least as wide as the data
     * @param k draws of it for each datum, at least 1
     */
    public BatchLoss noiseContrastive(Tensor data, Distribution noise, int k) {
        requireFinite(data);
        if (k < 1) throw new IllegalArgumentException("EnergyModel.noiseContrastive: k is " + k + "; it is at least 1");
        var loss = new NoiseContrastive().withLogNormaliser(log_normaliser);
        var atData = Autograd.noGrad(() -> noise.logDensity(data.to(DType.F64)).to(data.dtype()).compute());
        return (rows, pass) -> {
            var draws = noise.sample(pass.rng(), rows.length * k);
            var atDraws = noise.logDensity(draws).to(data.dtype()).reshape(rows.length, k);
            var own = forward(draws.to(data.dtype()), pass).neg().reshape(rows.length, k);
            return loss.of(forward(data.rows(rows), pass).neg(), atData.rows(rows), own, atDraws);
        };
    }

    /** Items at the ends of chains. @param start where they begin, such as noise or data */
    public Generator generator(EnergySampler sampler, int steps, Generator start) {
        return (n, rng) -> sampler.walk(this::energy, start.sample(n, rng), steps, rng).compute();
    }

    /**
     * {@code Z} by annealed importance sampling from a known law, normal or coin flips as the sampler has it: {@link ImportanceSampling#logNormaliser} is
     * {@code ln Z}, its draws (flattened) are weighted for this density. The chains walk side by side.
     *
     * @param how chains, temperatures and moves at each
     * @param sampler that leaves each density in turn unchanged: Gibbs, or a corrected Langevin at temperature 1
     * @param spread deviation of the normal law, at least that of the density
     * @param shape of an item
     */
    public ImportanceSampling annealed(AnnealedImportanceSampling how, EnergySampler sampler, double spread, Rng rng, long... shape) {
        if (sampler instanceof EnergySampler.Langevin l && !(l.corrected() && l.temperature() == 1)) throw new IllegalArgumentException(
                "EnergyModel.annealed: " + l + "; it is corrected and has temperature 1, or the weights mean nothing");
        var whole = new long[shape.length + 1];
        whole[0] = how.chains();
        System.arraycopy(shape, 0, whole, 1, shape.length);
        var x = sampler.start(spread, log_normaliser.dtype(), whole, rng);
        var logs = new double[how.chains()];
        double last = 0;
        for (int t = 1; t <= how.temperatures(); t++) {
            double b = t == how.temperatures() ? 1 : Math.pow((double) t / how.temperatures(), how.power());
            var at = x;
            double[] gain = Autograd.noGrad(() -> sampler.startEnergy(spread, at).sub(energy(at))).toDoubleArray();
            for (int i = 0; i < logs.length; i++) logs[i] += (b - last) * gain[i];
            last = b;
            if (b < 1)
                x = sampler.walk(z -> sampler.startEnergy(spread, z).mul(1 - b).add(energy(z).mul(b)), x, how.moves(), rng).compute();
        }
        return ImportanceSampling.of(x.reshape(how.chains(), -1).toRows(), logs);
    }

    private static void requireFinite(Tensor data) {
        if (data.rank() < 2) throw new ShapeException("EnergyModel: data " + data.shape() + "; they are (n, ..)");
        if (!data.isFinite().all().toBooleanArray()[0]) throw new IllegalArgumentException("EnergyModel: data hold NaN or infinity");
    }
}
