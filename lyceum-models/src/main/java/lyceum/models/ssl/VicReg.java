package lyceum.models.ssl;

import lyceum.tensor.Tensor;
import lyceum.train.CollapseDiagnostics;
import lyceum.withers.Withers;

/**
 * Variance, invariance, covariance: {@code i mean (z - z')^2 + v (V(z) + V(z')) / 2 + c (C(z) + C(z'))}, with
 * {@code V = mean_j max(0, 1 - sqrt(var_j + 1e-4))} and {@code C} the sum of squared covariances of different coordinates over d: the published code's, whose
 * variances and covariances divide by n - 1.
 *
 * @param invariance i, the weight of the views' agreement
 * @param variance v, of the floor under deviations; 0 lets all collapse
 * @param covariance c, of the coordinates' independence
 * @see <a href="https://arxiv.org/abs/2105.04906">Bardes, Ponce and LeCun (2022)</a>
 * @see CollapseDiagnostics#variancePenalty
 */
@Withers
public record VicReg(double invariance, double variance, double covariance) implements VicRegWithers, ViewObjective {
    public VicReg {
        if (!(invariance >= 0 && variance >= 0 && covariance >= 0)) throw new IllegalArgumentException(
                "VicReg: weights " + invariance + ", " + variance + ", " + covariance + "; they are at least 0");
    }

    /** 25, 25, 1. */
    public VicReg() { this(25, 25, 1); }

    /** Of projections (n, d) of both views. */
    public Tensor of(Tensor first, Tensor second) {
        BarlowTwins.requirePairs("VicReg", first, second, 2);
        var floor = CollapseDiagnostics.variancePenalty(first, 1).add(CollapseDiagnostics.variancePenalty(second, 1)).div(2);
        var redundancy = CollapseDiagnostics.covariancePenalty(first).add(CollapseDiagnostics.covariancePenalty(second));
        return first.sub(second).square().mean().mul(invariance).add(floor.mul(variance)).add(redundancy.mul(covariance));
    }

    @Override public Tensor loss(Outputs seen) { return of(seen.first(), seen.second()); }
}
