package lyceum.models.generative.diffusion;

import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/** What a denoiser is trained to minimise: a regression on data that are noised anew in each step. */
@FunctionalInterface
public interface DiffusionObjective {
    /** The mean loss of rows x, with times and noise drawn from the pass. @param condition (n, ..), or null */
    Tensor loss(Denoiser denoiser, Tensor x, Tensor condition, Pass pass);

    /** The loss for a {@link lyceum.train.Trainer} of data (rows, ..). */
    default BatchLoss over(Denoiser denoiser, Tensor data) { return over(denoiser, data, null, null); }

    /**
     * The same with conditions.
     *
     * @param conditions (rows, ..), or null
     * @param dropout hides some of them, so that guidance is possible later; null for none
     */
    default BatchLoss over(Denoiser denoiser, Tensor data, Tensor conditions, ConditionDropout dropout) {
        return (rows, pass) -> {
            var condition = conditions == null ? null : conditions.rows(rows);
            if (condition != null && dropout != null) {
                if (pass.rng() == null) throw new IllegalArgumentException(
                        "DiffusionObjective: conditions are dropped at random, and the pass has no random stream; use Pass.training(rng)");
                condition = dropout.apply(condition, pass.rng());
            }
            return loss(denoiser, data.rows(rows), condition, pass);
        };
    }
}
