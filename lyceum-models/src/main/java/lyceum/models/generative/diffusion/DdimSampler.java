package lyceum.models.generative.diffusion;

import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.linalg.Slerp;
import lyceum.memory.Scope;
import lyceum.models.generative.Preview;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Jumps over steps: from step t take the model's word for data and noise, and go to the noise level of an earlier step s,
 * {@code x_s = sqrt(alphaBar_s) clean + sqrt(1 - alphaBar_s - sigma^2) noise + sigma xi}, with
 * {@code sigma = eta sqrt((1 - alphaBar_s) / (1 - alphaBar_t)) sqrt(1 - alphaBar_t / alphaBar_s)}.
 *
 * {@snippet :
 * var sampler = new DdimSampler(50);
 * Tensor drawn = sampler.sample(model, start, null, noise, Progress.SILENT);
 * Tensor code = sampler.invert(model, drawn, null, Progress.SILENT);         // the noise that leads there, about
 * Tensor strip = sampler.interpolate(model, start.get(0), start.get(1), 9, null, Progress.SILENT);
 * }
 *
 * <p>With eta 0 nothing is drawn: it is a first-order solver of the probability-flow equation. With eta 1 and all steps it is ancestral sampling with the
 * posterior's variance.
 *
 * @param steps how many, at most the schedule's
 * @param eta from 0 to 1
 * @param spacing which steps
 * @param clip limits the guess of the data to [-clip, clip]; infinity for no limit
 * @see <a href="https://arxiv.org/abs/2010.02502">Song, Meng and Ermon (2021)</a>
 */
@Withers
public record DdimSampler(int steps, double eta, Spacing spacing, double clip) implements DiffusionSampler, DdimSamplerWithers {

    /** Which steps are visited. The last one always is, with pure noise; so is 0, the data. */
    public enum Spacing {
        /** Evenly: the k-th of K from the data is {@code T k / K}. */
        UNIFORM,
        /** {@code T (k / K)^2}: denser near the data. */
        QUADRATIC
    }

    public DdimSampler {
        if (steps < 1) throw new IllegalArgumentException("DdimSampler: " + steps + " steps; at least one is needed");
        if (!(eta >= 0 && eta <= 1)) throw new IllegalArgumentException("DdimSampler: eta is " + eta + "; it lies in [0, 1]");
        Objects.requireNonNull(spacing, "spacing");
        if (!(clip > 0)) throw new IllegalArgumentException("DdimSampler: clip is " + clip + "; it is above 0, infinity for none");
    }

    /** Without randomness or limit, evenly. */
    public DdimSampler(int steps) { this(steps, 0, Spacing.UNIFORM, Double.POSITIVE_INFINITY); }

    /** The steps visited, from T down to 0; where two would fall together, one less. @throws IllegalArgumentException if there are more than the schedule has */
    public int[] visited(NoiseSchedule schedule) {
        int last = schedule.steps();
        if (steps > last) throw new IllegalArgumentException("DdimSampler: " + steps + " steps of a schedule that has " + last);
        return IntStream.rangeClosed(0, steps).map(i -> {
            double share = (double) (steps - i) / steps;
            return (int) Math.round(last * (spacing == Spacing.UNIFORM ? share : share * share));
        }).distinct().toArray();
    }

    /** {@code x_s = onClean clean + onNoise noise + sigma xi}. */
    public record Coefficients(double onClean, double onNoise, double sigma) {}

    /** Those of a jump from step t to an earlier s. */
    public Coefficients jump(NoiseSchedule schedule, int t, int s) {
        if (s >= t) throw new IllegalArgumentException("DdimSampler: from step " + t + " to " + s + "; it goes to an earlier one");
        double from = schedule.alphaBar(t), to = schedule.alphaBar(s);
        double sigma = eta == 0 ? 0 : eta * Math.sqrt((1 - to) / (1 - from) * (1 - from / to));
        return new Coefficients(Math.sqrt(to), Math.sqrt(Math.max(0, 1 - to - sigma * sigma)), sigma);
    }

    @Override public Tensor sample(DiffusionModel model, Tensor start, Tensor condition, NoiseStreams noise, Progress progress) {
        var schedule = schedule(model);
        int[] at = visited(schedule);
        return Autograd.noGrad(() -> {
            Tensor x = start;
            for (int k = 0; k + 1 < at.length; k++) {
                try (var scope = Scope.open("sampling step")) {
                    var said = limited(model, model.at(x, at[k], condition), x, at[k]);
                    var c = jump(schedule, at[k], at[k + 1]);
                    x = said.clean().mul(c.onClean).add(said.noise().mul(c.onNoise));
                    if (c.sigma > 0) x = x.add(noise.like(x).mul(c.sigma));
                    x = x.compute().keptBy(scope);
                    Preview.step(progress, "denoising", k + 1L, at.length - 1L, x, said.clean());
                }
            }
            return x;
        });
    }

    /**
     * The noise from which data come, by the same jumps the other way and without randomness; the better the more steps. Neither eta nor the limit plays a part:
     * a guess that is cut off cannot be found again.
     */
    public Tensor invert(DiffusionModel model, Tensor data, Tensor condition, Progress progress) {
        var schedule = schedule(model);
        int[] at = visited(schedule);
        return Autograd.noGrad(() -> {
            Tensor x = data;
            for (int k = at.length - 1; k > 0; k--) {
                try (var scope = Scope.open("inversion step")) {
                    // At step 0 there is no noise to be asked about: the first noisy step answers.
                    var said = model.at(x, Math.max(1, at[k]), condition);
                    Tensor clean = at[k] == 0 ? x : said.clean();
                    x = clean.mul(schedule.signal(at[k - 1])).add(said.noise().mul(schedule.noise(at[k - 1]))).compute().keptBy(scope);
                    Preview.step(progress, "inverting", at.length - k, at.length - 1L, x, clean);
                }
            }
            return x;
        });
    }

    /**
     * Data (points, ..) along the arc between two items of noise, both ends among them. Without randomness, whatever eta is.
     *
     * @param condition (points, ..), or null
     */
    public Tensor interpolate(DiffusionModel model, Tensor from, Tensor to, int points, Tensor condition, Progress progress) {
        if (points < 2) throw new IllegalArgumentException("interpolate: " + points + " points; both ends are two");
        var arc = new Tensor[points];
        for (int i = 0; i < points; i++)
            arc[i] = Slerp.of(from.flatten(), to.flatten(), (double) i / (points - 1)).reshape(from.shape().toArray());
        return withEta(0).sample(model, Tensor.stack(0, arc), condition, NoiseStreams.of(Rng.of(0), points), progress);
    }

    private DiffusionModel.Estimate limited(DiffusionModel model, DiffusionModel.Estimate said, Tensor x, int t) {
        if (clip == Double.POSITIVE_INFINITY) return said;
        Tensor clean = said.clean().clamp(-clip, clip);
        return new DiffusionModel.Estimate(clean, x.sub(clean.mul(model.path().signal(t))).div(model.path().noise(t)), said.variance());
    }

    private static NoiseSchedule schedule(DiffusionModel model) {
        if (model.path() instanceof NoiseSchedule schedule) return schedule;
        throw new IllegalArgumentException("DdimSampler: the model's path is " + model.path()
                + "; steps are those of a NoiseSchedule, and OdeSampler is for continuous time");
    }
}
