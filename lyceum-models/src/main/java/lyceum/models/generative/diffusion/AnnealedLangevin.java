package lyceum.models.generative.diffusion;

import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.generative.Preview;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Goes down a {@link NoiseLadder}: at each level some steps of Langevin dynamics, {@code x + a score / 2 + sqrt(a) xi} with {@code a = step sigma^2}, from the
 * noisiest to the least noisy, and a last guess of the clean data.
 *
 * @param stepsPerLevel at least 1
 * @param step relative to the level's variance, in (0, 4): stable below 4 for noise alone
 * @param cleaned whether the model's word for the clean data ends it, which takes the last level's grain away
 * @see <a href="https://arxiv.org/abs/1907.05600">Song and Ermon (2019), algorithm 1</a>
 */
@Withers
public record AnnealedLangevin(int stepsPerLevel, double step, boolean cleaned) implements DiffusionSampler, AnnealedLangevinWithers {
    public AnnealedLangevin {
        if (stepsPerLevel < 1)
            throw new IllegalArgumentException("AnnealedLangevin: " + stepsPerLevel + " steps a level; at least one is needed");
        if (!(step > 0 && step < 4)) throw new IllegalArgumentException("AnnealedLangevin: step is " + step + "; it lies between 0 and 4");
    }

    /** Cleaned in the end. */
    public AnnealedLangevin(int stepsPerLevel, double step) { this(stepsPerLevel, step, true); }

    @Override public Tensor sample(DiffusionModel model, Tensor start, Tensor condition, NoiseStreams noise, Progress progress) {
        if (!(model.path() instanceof NoiseLadder ladder))
            throw new IllegalArgumentException("AnnealedLangevin: the model's path is " + model.path() + "; it goes down a NoiseLadder");
        return Autograd.noGrad(() -> {
            Tensor x = start;
            long total = (long) ladder.levels() * stepsPerLevel, done = 0;
            for (int level = ladder.levels(); level >= 1; level--) {
                double sigma = ladder.noise(level);
                for (int k = 0; k < stepsPerLevel; k++) {
                    try (var scope = Scope.open("Langevin step")) {
                        var said = model.at(x, level, condition);
                        // a / 2 score = -step sigma^2 / 2 noise / sigma
                        x = x.sub(said.noise().mul(step * sigma / 2)).add(noise.like(x).mul(Math.sqrt(step) * sigma)).compute()
                                .keptBy(scope);
                        Preview.step(progress, "Langevin", ++done, total, x, said.clean());
                    }
                }
            }
            return cleaned ? model.at(x, 1, condition).clean().compute() : x;
        });
    }
}
