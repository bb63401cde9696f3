package lyceum.models.ssl;

import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Simple siamese networks: a predictor says of one view what the same network, its gradient stopped, says of the other, {@code -cos(q(z), z')}, the mean of
 * both ways. Without the stopped gradient it collapses.
 *
 * @param predictor whether a predictor stands on the projection
 * @param stopGradient whether targets are constants
 * @see <a href="https://arxiv.org/abs/2011.10566">Chen and He (2021)</a>
 */
@Withers
public record SimSiam(boolean predictor, boolean stopGradient) implements SimSiamWithers, ViewObjective {
    public SimSiam() { this(true, true); }

    /** The mean of {@code -cos} over the rows (n, d). */
    public static Tensor of(Tensor predictions, Tensor targets) {
        BarlowTwins.requirePairs("SimSiam", predictions, targets, 1);
        return Similarity.dot(Similarity.normalise(predictions), Similarity.normalise(targets)).mean().neg();
    }

    @Override public Tensor loss(Outputs seen) {
        return of(seen.first(), seen.secondTarget()).add(of(seen.second(), seen.firstTarget())).div(2);
    }

    @Override public Target target() { return stopGradient ? Target.STOPPED : Target.ITSELF; }

    @Override public boolean isPredicting() { return predictor; }
}
