package lyceum.models.generative.diffusion;

import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.PseudoInverse;
import lyceum.nn.Pass;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minimum;
import lyceum.optim.Objective;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Learns the score, the gradient of the log density in the data, without knowing the density's constant. Half the expected squared distance of the model's score
 * s from the true one is, except for a constant, the mean of {@code |s|^2 / 2 + trace of ds/dx} (explicit); the trace may be estimated along random directions,
 * {@code v' (ds/dx) v} (sliced), or avoided by regressing on the score of added noise, {@code |s(x + sigma e) + e / sigma|^2 / 2} (denoising).
 *
 * {@snippet :
 * Minimum fitted = ScoreMatching.fit((theta, x) -> x.square().mul(theta).sum(1).div(2), data, new double[] {1, 1}, Progress.SILENT);
 * var objective = ScoreMatching.denoising(NoiseLadder.geometric(0.1, 10, 10));
 * trainer.start(network, n, objective.over(network, data), null, rng).finish(progress);
 * Tensor drawn = objective.model(network).generator(new AnnealedLangevin(20, 0.1), DType.F32, 2).sample(100, rng);
 * }
 *
 * <p>Data are (n, d), a denoising objective's (n, ..). A network for the explicit and sliced forms says the score itself and needs smooth activations: with ReLU
 * the trace is zero almost everywhere, and so is the minimum. They ask it at time 0.
 *
 * @param form which objective
 * @param projections random directions a row, for {@link Form#SLICED}
 * @param ladder levels of noise, for {@link Form#DENOISING}; null otherwise
 * @param prediction what the network says, for {@link Form#DENOISING}
 * @param weightPower p of the weight {@code sigma^p} on a level's squared error of the score; 2 makes levels count alike
 * @see <a href="https://jmlr.org/papers/v6/hyvarinen05a.html">Hyvärinen (2005)</a>
 * @see <a href="https://arxiv.org/abs/1905.07088">Song, Garg, Shi and Ermon (2019), sliced</a>
 * @see <a href="https://doi.org/10.1162/NECO_a_00142">Vincent (2011), denoising</a>
 */
@Withers
public record ScoreMatching(Form form, int projections, NoiseLadder ladder, Prediction prediction, double weightPower)
        implements DiffusionObjective, ScoreMatchingWithers {

    /** Which objective. */
    public enum Form {
        EXPLICIT, SLICED, DENOISING
    }

    public ScoreMatching {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(prediction, "prediction");
        if (projections < 1) throw new IllegalArgumentException("ScoreMatching: " + projections + " projections; at least one is needed");
        if (form == Form.DENOISING && ladder == null)
            throw new IllegalArgumentException("ScoreMatching: denoising needs levels of noise; give a NoiseLadder");
        if (!Double.isFinite(weightPower)) throw new IllegalArgumentException("ScoreMatching: weightPower is " + weightPower);
    }

    /** The exact trace, a pull-back a dimension. */
    public static ScoreMatching explicit() { return new ScoreMatching(Form.EXPLICIT, 1, null, Prediction.SCORE, 2); }

    /** The trace by random signs, a pull-back a direction. */
    public static ScoreMatching sliced(int projections) { return new ScoreMatching(Form.SLICED, projections, null, Prediction.SCORE, 2); }

    /** Regression on noise at many levels, which the network predicts. */
    public static ScoreMatching denoising(NoiseLadder ladder) { return new ScoreMatching(Form.DENOISING, 1, ladder, Prediction.NOISE, 2); }

    /** What {@link #denoising} trained, to draw from by {@link AnnealedLangevin} or to ask for scores. */
    public DiffusionModel model(Denoiser denoiser) {
        if (form != Form.DENOISING)
            throw new IllegalStateException("ScoreMatching.model: the " + form + " form has no levels to draw through");
        return new DiffusionModel(ladder, prediction, denoiser);
    }

    @Override public Tensor loss(Denoiser denoiser, Tensor x, Tensor condition, Pass pass) {
        if (pass.rng() == null)
            throw new IllegalArgumentException("ScoreMatching.loss: the pass has no random stream; use Pass.training(rng)");
        UnaryOperator<Tensor> score = z -> denoiser.predict(z, Tensor.zeros(z.dtype(), z.size(0)), condition, pass);
        return switch (form) {
            case EXPLICIT -> explicit(score, x).mean();
            case SLICED -> {
                Tensor sum = null;
                for (int k = 0; k < projections; k++) {
                    var signs = Tensor.rand(pass.rng(), x.shape().toArray()).lt(0.5).to(x.dtype()).mul(2).sub(1);
                    var part = sliced(score, x, signs).mean();
                    sum = sum == null ? part : sum.add(part);
                }
                yield sum.div(projections);
            }
            case DENOISING -> {
                var t = Tensor.randint(pass.rng(), 1, ladder.levels() + 1, x.size(0)).to(x.dtype());
                var epsilon = Tensor.randn(pass.rng(), x.dtype(), x.shape().toArray());
                Tensor noisy = ladder.noised(x, t, epsilon), a = ladder.signals(t, x), s = ladder.noises(t, x);
                var guess = prediction.noise(denoiser.predict(noisy, t, condition, pass), noisy, a, s);
                var error = guess.sub(epsilon).square();
                yield (weightPower == 2 ? error : error.mul(s.pow(weightPower - 2))).mean();
            }
        };
    }

    /** {@code |s|^2 / 2 + trace of ds/dx} for each row (n) of x (n, d). Differentiable by what the score reads. @param score of rows, each by itself */
    public static Tensor explicit(UnaryOperator<Tensor> score, Tensor x) {
        requireRows(x);
        var pulled = Autograd.pullback(score, x);
        requireSame(pulled.value(), x);
        Tensor sum = pulled.value().square().sum(1).div(2);
        for (int k = 0; k < x.size(1); k++) {
            var axis = Tensor.arange(x.size(1)).eq(k).to(x.dtype()).reshape(1, -1).expand(x.shape().toArray());
            sum = sum.add(pulled.back().apply(axis).select(1, k));
        }
        return sum;
    }

    /** {@code |s|^2 / 2 + v' (ds/dx) v} for each row (n): {@link #explicit} in the mean over directions of identity covariance. @param v (n, d) */
    public static Tensor sliced(UnaryOperator<Tensor> score, Tensor x, Tensor v) {
        requireRows(x);
        var pulled = Autograd.pullback(score, x);
        requireSame(pulled.value(), x);
        return pulled.value().square().sum(1).div(2).add(pulled.back().apply(v).mul(v).sum(1));
    }

    /** {@code |s(x + sigma e) - target|^2 / 2} for each row (n), the target being {@link #target}. */
    public static Tensor denoising(UnaryOperator<Tensor> score, Tensor x, double sigma, Tensor epsilon) {
        var noisy = x.add(epsilon.mul(sigma));
        return score.apply(noisy).sub(target(x, noisy, sigma)).square().reshape(x.size(0), -1).sum(1).div(2);
    }

    /** The score of the noise that took x to {@code noisy}: {@code (x - noisy) / sigma^2}. Its mean over all x behind a noisy point is the score there. */
    public static Tensor target(Tensor x, Tensor noisy, double sigma) {
        if (!(sigma > 0)) throw new IllegalArgumentException("ScoreMatching: sigma is " + sigma + "; it is above 0");
        return x.sub(noisy).div(sigma * sigma);
    }

    /** The score of an unnormalised density {@code exp(-energy)}. @param energy of rows (n, d): (n) */
    public static UnaryOperator<Tensor> ofEnergy(UnaryOperator<Tensor> energy) {
        return x -> Autograd.grad((Tensor z) -> energy.apply(z).sum()).apply(x).neg();
    }

    /**
     * The parameters of an unnormalised density {@code exp(-energy(theta, x))} that fit data best, by the explicit objective and L-BFGS.
     *
     * @param energy of theta (p) and rows (n, d), F64: (n), twice differentiable in x
     * @param x (n, d), F64
     * @param start of theta
     */
    public static Minimum fit(BinaryOperator<Tensor> energy, Tensor x, double[] start, Progress progress) {
        if (x.dtype() != DType.F64) throw new DTypeException("ScoreMatching.fit: data are " + x.dtype() + "; they are F64");
        requireRows(x);
        if (!x.isFinite().all().toBooleanArray()[0]) throw new IllegalArgumentException("ScoreMatching.fit: data hold NaN or infinity");
        UnaryOperator<Tensor> loss = theta -> explicit(ofEnergy(z -> energy.apply(theta, z)), x).mean();
        return polished(loss, new Lbfgs().withGradientTolerance(1e-11).minimize(Objective.of(loss), start, progress));
    }

    /** Newton's steps to the last digits, which a search by values cannot see; one is enough where the energy is linear in its parameters. */
    private static Minimum polished(UnaryOperator<Tensor> loss, Minimum found) {
        for (int step = 0; step < 3; step++) {
            var theta = Tensor.of(found.x());
            var shift = PseudoInverse.of(Autograd.hessian(loss, theta)).solve(Tensor.of(found.gradient()));
            double[] next = theta.sub(shift).toDoubleArray(), gradient = new double[next.length];
            double value = Objective.of(loss).at(next, gradient);
            var better = new Minimum(next, value, gradient, found.iterations(), found.evaluations() + 1, found.stop());
            if (!(better.gradientNorm() < found.gradientNorm())) return found;
            found = better;
        }
        return found;
    }

    private static void requireRows(Tensor x) {
        if (x.rank() != 2) throw new ShapeException("ScoreMatching: data " + x.shape() + "; they are (n, d)");
    }

    private static void requireSame(Tensor s, Tensor x) {
        if (!s.shape().equals(x.shape())) throw new ShapeException("ScoreMatching: a score " + s.shape() + " of data " + x.shape());
    }
}
