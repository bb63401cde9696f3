package lyceum.models.generative.diffusion;

import java.util.Arrays;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The perfect denoiser of a mixture of round Gaussians: what a network would learn from endless data, by formula. For tests of samplers, and to see what a
 * sampler does without a network's errors.
 *
 * {@snippet :
 * var data = MixtureDenoiser.ring(NoiseSchedule.linear(1000), Prediction.NOISE, 8, 2, 0.2);
 * Tensor x = data.draw(1000, Rng.of(1));
 * Tensor s = data.score(x, 300);
 * }
 *
 * <p>A condition (n), of whole numbers, picks a row's component; a number that is no component's means any of them. Differentiable by x.
 */
public final class MixtureDenoiser implements Denoiser {
    private final NoisePath path;
    private final Prediction prediction;
    private final double[][] centres;
    private final double[] deviations, weights;

    /**
     * @param centres (components, d)
     * @param deviations of each component, above 0
     * @param weights of each component, above 0; divided by their sum
     */
    public MixtureDenoiser(NoisePath path, Prediction prediction, double[][] centres, double[] deviations, double[] weights) {
        this.path = Objects.requireNonNull(path, "path");
        this.prediction = Objects.requireNonNull(prediction, "prediction");
        if (centres.length == 0 || deviations.length != centres.length || weights.length != centres.length)
            throw new ShapeException("MixtureDenoiser: " + centres.length + " centres, " + deviations.length + " deviations, "
                    + weights.length + " weights; there are equally many, at least one");
        double sum = 0;
        for (int k = 0; k < centres.length; k++) {
            if (!(deviations[k] > 0 && weights[k] > 0)) throw new IllegalArgumentException("MixtureDenoiser: component " + k
                    + " has deviation " + deviations[k] + " and weight " + weights[k] + "; both are above 0");
            sum += weights[k];
        }
        double total = sum;
        this.centres = Arrays.stream(centres).map(double[]::clone).toArray(double[][]::new);
        this.deviations = deviations.clone();
        this.weights = Arrays.stream(weights).map(w -> w / total).toArray();
    }

    /** One normal law in one dimension. */
    public static MixtureDenoiser normal(NoisePath path, Prediction prediction, double mean, double deviation) {
        return new MixtureDenoiser(path, prediction, new double[][] {{mean}}, new double[] {deviation}, new double[] {1});
    }

    /** Equal components evenly on a circle in the plane, the first at (radius, 0). */
    public static MixtureDenoiser ring(NoisePath path, Prediction prediction, int components, double radius, double deviation) {
        var centres = new double[components][];
        var deviations = new double[components];
        var weights = new double[components];
        Arrays.fill(deviations, deviation);
        Arrays.fill(weights, 1);
        for (int k = 0; k < components; k++) {
            double angle = 2 * Math.PI * k / components;
            centres[k] = new double[] {radius * Math.cos(angle), radius * Math.sin(angle)};
        }
        return new MixtureDenoiser(path, prediction, centres, deviations, weights);
    }

    /** As a model to draw from. */
    public DiffusionModel model() { return new DiffusionModel(path, prediction, this); }

    public double[][] centres() { return Arrays.stream(centres).map(double[]::clone).toArray(double[][]::new); }

    /** The mean of the data given noisy x: (n, d). @param t (n) @param condition (n) component numbers, or null */
    public Tensor posteriorMean(Tensor x, Tensor t, Tensor condition) {
        if (x.rank() != 2 || x.size(1) != centres[0].length)
            throw new ShapeException("MixtureDenoiser: data " + x.shape() + "; they are (n, " + centres[0].length + ")");
        Tensor a = path.signals(t, x), s = path.noises(t, x), r = responsibilities(x, a, s, condition);
        Tensor sum = null;
        for (int k = 0; k < centres.length; k++) {
            double variance = deviations[k] * deviations[k];
            Tensor c = centre(k, x), gain = a.mul(variance).div(a.square().mul(variance).add(s.square()));
            Tensor part = c.add(x.sub(c.mul(a)).mul(gain)).mul(r.narrow(1, k, 1));
            sum = sum == null ? part : sum.add(part);
        }
        return sum;
    }

    /** Logarithm of the density of noisy x, all at time t: (n). */
    public Tensor logDensity(Tensor x, double t) {
        var times = Tensor.full(x.dtype().accumulator(), t, x.size(0));
        return logits(x, path.signals(times, x), path.noises(times, x)).logSumExp(1).sub(centres[0].length / 2.0 * Math.log(2 * Math.PI));
    }

    /** Its gradient in x. */
    public Tensor score(Tensor x, double t) { return model().score(x, t, null); }

    private Tensor responsibilities(Tensor x, Tensor a, Tensor s, Tensor condition) {
        if (centres.length == 1) return Tensor.ones(x.dtype(), x.size(0), 1);
        var free = logits(x, a, s).softmax(1);
        if (condition == null) return free;
        var components = Tensor.arange(centres.length).reshape(1, -1);
        var chosen = components.eq(condition.reshape(-1, 1));
        return Tensor.where(chosen.any(1, true), chosen.to(x.dtype()), free);
    }

    /** log weight + log density except for the constant, (n, components). */
    private Tensor logits(Tensor x, Tensor a, Tensor s) {
        var parts = new Tensor[centres.length];
        for (int k = 0; k < centres.length; k++) {
            Tensor variance = a.square().mul(deviations[k] * deviations[k]).add(s.square());
            parts[k] = x.sub(centre(k, x).mul(a)).square().sum(1, true).div(variance).add(variance.log().mul(centres[k].length)).mul(-0.5)
                    .add(Math.log(weights[k]));
        }
        return Tensor.concat(1, parts);
    }

    private Tensor centre(int k, Tensor x) { return Tensor.of(centres[k]).to(x.dtype()); }

    @Override public Tensor predict(Tensor x, Tensor t, Tensor condition, Pass pass) {
        Tensor clean = posteriorMean(x, t, condition), a = path.signals(t, x), s = path.noises(t, x);
        return prediction.of(clean, x.sub(clean.mul(a)).div(s), a, s);
    }

    /** Data of the mixture, F64 (n, d). */
    public Tensor draw(int n, Rng rng) { return draw(n, rng, new long[n]); }

    /** The same, with the component of each row written to {@code components} (n). */
    public Tensor draw(int n, Rng rng, long[] components) {
        int d = centres[0].length;
        var values = new double[n * d];
        for (int i = 0; i < n; i++) {
            double u = rng.nextDouble();
            int k = 0;
            while (k + 1 < weights.length && (u -= weights[k]) >= 0) k++;
            components[i] = k;
            for (int c = 0; c < d; c++) values[i * d + c] = centres[k][c] + deviations[k] * rng.nextGaussian();
        }
        return Tensor.of(values, n, d);
    }
}
