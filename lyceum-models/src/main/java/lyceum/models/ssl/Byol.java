package lyceum.models.ssl;

import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Bootstrap your own latent: the online network predicts what a slowly following copy of it says of another view, {@code 2 - 2 cos(q(z), z')}, both ways
 * added. Without predictor and stopped gradient it collapses.
 *
 * <p>The loss says little about the state of training; {@link TwoViewHistory#spreads} does. Scale the momentum to the length of the run: at 0.996 a weight's
 * influence halves in 173 steps.
 *
 * @param momentum of the target at the first step; it rises to 1 at the last along {@linkplain EmaTeacher#cosine a cosine}
 * @param predictor whether a predictor stands on the online projection
 * @param stopGradient whether targets come from the following copy; without it both views come from the online network, and gradients flow into both
 * @see <a href="https://arxiv.org/abs/2006.07733">Grill and others (2020)</a>
 */
@Withers
public record Byol(double momentum, boolean predictor, boolean stopGradient) implements ByolWithers, ViewObjective {
    public Byol {
        if (!(momentum >= 0 && momentum <= 1)) throw new IllegalArgumentException("Byol: momentum is " + momentum + "; it lies in [0, 1]");
    }

    /** From 0.996. */
    public Byol() { this(0.996, true, true); }

    /** The mean of {@code 2 - 2 cos} over the rows (n, d): the squared distance of unit vectors. */
    public static Tensor of(Tensor predictions, Tensor targets) {
        BarlowTwins.requirePairs("Byol", predictions, targets, 1);
        return Similarity.normalise(predictions).sub(Similarity.normalise(targets)).square().sum(1).mean();
    }

    @Override public Tensor loss(Outputs seen) { return of(seen.first(), seen.secondTarget()).add(of(seen.second(), seen.firstTarget())); }

    @Override public Target target() { return stopGradient ? Target.TEACHER : Target.ITSELF; }

    @Override public boolean isPredicting() { return predictor; }

    @Override public double momentum(long step, long steps) { return EmaTeacher.cosine(momentum, step, steps); }
}
