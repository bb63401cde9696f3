package lyceum.models.generative.diffusion;

import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.generative.Preview;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * DPM-Solver++(2M) over a {@link NoiseSchedule}: second order by the last two guesses of the data, one evaluation a step; the last step, to the data, is of the first
 * order. {@link OdeSampler} is for continuous time.
 *
 * {@snippet :
 * Tensor x = new DpmSolverSampler(20).sample(model, start, text, noise, Progress.SILENT);
 * }
 *
 * @param steps how many, evenly, at most the schedule's
 * @see <a href="https://arxiv.org/abs/2211.01095">Lu and others (2022)</a>
 */
public record DpmSolverSampler(int steps) implements DiffusionSampler {
    public DpmSolverSampler {
        if (steps < 1) throw new IllegalArgumentException("DpmSolverSampler: " + steps + " steps; at least one is needed");
    }

    @Override public Tensor sample(DiffusionModel model, Tensor start, Tensor condition, NoiseStreams noise, Progress progress) {
        if (!(model.path() instanceof NoiseSchedule schedule)) throw new IllegalArgumentException(
                "DpmSolverSampler: the model's path is " + model.path() + "; it is a NoiseSchedule, and OdeSampler is for continuous time");
        int[] at = new DdimSampler(steps).visited(schedule);
        return Autograd.noGrad(() -> {
            Tensor x = start, last = null;
            for (int k = 0; k + 1 < at.length; k++) {
                try (var scope = Scope.open("sampling step")) {
                    var clean = model.at(x, at[k], condition).clean();
                    // Step T may be noise alone, where the ratio of signal to noise has no logarithm to go by.
                    boolean two = last != null && schedule.alphaBar(at[k - 1]) > 0;
                    x = at[k + 1] == 0 ? clean : schedule.alphaBar(at[k]) == 0 ? renoised(schedule, x, clean, at[k + 1])
                            : OdeSampler.multistep(schedule, x, clean, two ? last : null, two ? at[k - 1] : 0, at[k], at[k + 1]);
                    x = x.compute().keptBy(scope);
                    last = clean.compute().keptBy(scope);
                    Preview.step(progress, "denoising", k + 1L, at.length - 1L, x, last);
                }
            }
            return x;
        });
    }

    private static Tensor renoised(NoiseSchedule schedule, Tensor noise, Tensor clean, int t) {
        return clean.mul(schedule.signal(t)).add(noise.mul(schedule.noise(t)));
    }
}
