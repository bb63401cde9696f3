package lyceum.optim;

import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How much the gradient of a batch can be trusted, from the gradients of all examples at one point.
 *
 * <p>Variances are of vectors: the expected squared distance from the full gradient, that is the trace of the covariance.
 *
 * @param examples how many
 * @param mean the full gradient
 * @param variance {@code s^2}: mean squared distance of an example's gradient from the full one
 * @see <a href="https://arxiv.org/abs/1812.06162">McCandlish and others (2018)</a>
 */
public record GradientNoise(int examples, double[] mean, double variance) {

    /** From gradients by example: a matrix with a row each, as {@link lyceum.autograd.Autograd#perSample} gives. */
    public static GradientNoise of(Tensor perExample) {
        if (perExample.rank() != 2 || perExample.size(0) == 0)
            throw new ShapeException("GradientNoise: gradients " + perExample.shape() + "; they are a matrix with a row for each example");
        var rows = perExample.to(lyceum.DType.F64);
        var mean = rows.mean(0);
        return new GradientNoise((int) rows.size(0), mean.toDoubleArray(), rows.sub(mean).square().sum(1).mean().item());
    }

    /** Squared length of the full gradient. */
    public double signal() { return Vectors.dot(mean, mean); }

    /** {@code s^2 / b}: variance of the mean gradient of b examples drawn with replacement. */
    public double withReplacement(int b) {
        Settings.atLeast("GradientNoise", "b", b, 1);
        return variance / b;
    }

    /** {@code s^2 / b * (n - b) / (n - 1)}: the same for b different examples; 0 when they are all. */
    public double withoutReplacement(int b) {
        if (b < 1 || b > examples) throw new IllegalArgumentException("GradientNoise: b is " + b + "; it is 1 to " + examples);
        return examples == 1 ? 0 : variance / b * (examples - b) / (examples - 1);
    }

    /** Squared length of the full gradient over the variance of a batch of b, drawn without replacement. */
    public double signalToNoise(int b) { return signal() / withoutReplacement(b); }

    /** The batch size at which noise equals signal, {@code s^2 / |mean|^2}: larger batches buy little. */
    public double criticalSize() { return variance / signal(); }

    /**
     * What batches really do: the mean squared distance of at least {@code draws} batch gradients from the full one. Compare it with
     * {@link #withReplacement} or {@link #withoutReplacement}.
     *
     * @param perExample the gradients that {@link #of} was given
     * @param batches how batches are drawn; the smaller last batch of an epoch is left out
     */
    public double observed(Tensor perExample, Minibatches batches, int draws, Rng rng) {
        var rows = perExample.toRows();
        var whole = batches.withLast(Minibatches.Last.DROP);
        double sum = 0;
        int drawn = 0;
        while (drawn < draws) {
            for (var batch : whole.epoch(rng)) {
                var error = new double[mean.length];
                for (int i : batch) Vectors.addScaled(error, 1.0 / batch.length, rows[i]);
                Vectors.addScaled(error, -1, mean);
                sum += Vectors.dot(error, error);
                drawn++;
            }
        }
        return sum / drawn;
    }
}
