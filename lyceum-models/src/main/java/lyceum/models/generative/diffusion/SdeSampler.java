package lyceum.models.generative.diffusion;

import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.generative.Preview;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Solves the reverse equation of a {@link ScoreSde} by Euler and Maruyama's steps of equal length in time, each followed by corrections that leave the density
 * at its time as it is: steps of Langevin dynamics.
 *
 * @param steps of the predictor
 * @param corrections after each step; 0 for none
 * @param signalToNoise r of the corrections' step {@code 2 r^2 noise^2}: the ratio of their drift to their noise. The same for every row, so that rows do not
 *         depend on each other
 * @param cleaned whether the model's word for the clean data ends it
 * @see <a href="https://arxiv.org/abs/2011.13456">Song and others (2021), section 4 and appendix G</a>
 */
@Withers
public record SdeSampler(int steps, int corrections, double signalToNoise, boolean cleaned) implements DiffusionSampler, SdeSamplerWithers {
    public SdeSampler {
        if (steps < 1 || corrections < 0)
            throw new IllegalArgumentException("SdeSampler: " + steps + " steps with " + corrections + " corrections; at least 1 and 0");
        if (!(signalToNoise > 0 && signalToNoise < 1))
            throw new IllegalArgumentException("SdeSampler: signalToNoise is " + signalToNoise + "; it lies between 0 and 1");
    }

    /** Without corrections, cleaned in the end. */
    public SdeSampler(int steps) { this(steps, 0, 0.16, true); }

    /** With one correction a step. */
    public static SdeSampler predictorCorrector(int steps) { return new SdeSampler(steps, 1, 0.16, true); }

    @Override public Tensor sample(DiffusionModel model, Tensor start, Tensor condition, NoiseStreams noise, Progress progress) {
        if (!(model.path() instanceof ScoreSde sde))
            throw new IllegalArgumentException("SdeSampler: the model's path is " + model.path() + "; it is a ScoreSde");
        double h = (1 - sde.least()) / steps;
        return Autograd.noGrad(() -> {
            Tensor x = start;
            for (int k = 0; k < steps; k++) {
                double t = 1 - k * h, next = k == steps - 1 ? sde.least() : t - h;
                try (var scope = Scope.open("sampling step")) {
                    x = sde.reverseMean(model, x, t, h, condition).add(noise.like(x).mul(sde.diffusion(t) * Math.sqrt(h)));
                    for (int c = 0; c < corrections; c++) {
                        double step = 2 * Math.pow(signalToNoise * sde.noise(next), 2);
                        x = x.add(model.score(x, next, condition).mul(step)).add(noise.like(x).mul(Math.sqrt(2 * step)));
                    }
                    x = x.compute().keptBy(scope);
                    Tensor now = x;
                    Preview.step(progress, "reverse SDE", k + 1L, steps, x, () -> model.at(now, next, condition).clean());
                }
            }
            return cleaned ? model.at(x, sde.least(), condition).clean().compute() : x;
        });
    }
}
