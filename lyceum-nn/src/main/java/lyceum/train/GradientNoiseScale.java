package lyceum.train;

import lyceum.ShapeException;
import lyceum.optim.GradientNoise;
import lyceum.tensor.Tensor;

/**
 * The gradient noise scale {@code B = tr(Sigma) / |G|^2}: the batch size at which the noise of a gradient equals the gradient. Below it a larger batch
 * saves steps, above it wastes examples.
 *
 * <p>From mean gradients of batches of two sizes b and B, {@code E|G_b|^2 = |G|^2 + tr(Sigma) / b} gives two unbiased estimates,
 * {@code |G|^2 = (B |G_B|^2 - b |G_b|^2) / (B - b)} and {@code tr(Sigma) = (|G_b|^2 - |G_B|^2) / (1/b - 1/B)}. Their ratio is not unbiased, so the two
 * are averaged over steps before they are divided ({@link Tracker}).
 *
 * @param signal estimate of {@code |G|^2}; of one step it may be negative
 * @param noise estimate of {@code tr(Sigma)}
 * @see <a href="https://arxiv.org/abs/1812.06162">McCandlish and others (2018), appendix A</a>
 */
public record GradientNoiseScale(double signal, double noise) {

    /**
     * From two batches.
     *
     * @param small units of the smaller batch
     * @param smallSquare squared norm of its mean gradient
     * @throws IllegalArgumentException unless {@code 0 < small < large}
     */
    public static GradientNoiseScale of(double small, double smallSquare, double large, double largeSquare) {
        if (!(small > 0 && small < large))
            throw new IllegalArgumentException("GradientNoiseScale: batches of " + small + " and " + large + "; the first is smaller");
        return new GradientNoiseScale((large * largeSquare - small * smallSquare) / (large - small),
                (smallSquare - largeSquare) / (1 / small - 1 / large));
    }

    /**
     * From the parts of one batch, micro-batches or data-parallel shards, which may differ in size: the mean over parts, weighted by their units, takes
     * the place of the smaller batch.
     *
     * @throws IllegalArgumentException if there are fewer than two parts
     */
    public static GradientNoiseScale of(GradientNorms norms) {
        int k = norms.partUnits().length;
        if (k < 2) throw new IllegalArgumentException(
                "GradientNoiseScale: a batch of " + k + " part; train with at least two shards or accumulated batches");
        double sum = 0;
        for (int i = 0; i < k; i++) sum += norms.partUnits()[i] * norms.partSquares()[i];
        return of(norms.units() / k, sum / norms.units(), norms.units(), norms.square());
    }

    /** From the gradients of n examples, a row each: the sample covariance, and the mean's square less its own noise. */
    public static GradientNoiseScale of(Tensor perExample) {
        var noise = GradientNoise.of(perExample);
        int n = noise.examples();
        if (n < 2) throw new ShapeException("GradientNoiseScale: gradients " + perExample.shape() + "; at least two examples are needed");
        double trace = noise.variance() * n / (n - 1);
        return new GradientNoiseScale(noise.signal() - trace / n, trace);
    }

    /** {@code tr(Sigma) / |G|^2}; infinite where the signal is not positive, lost in the noise. */
    public double value() { return signal > 0 ? noise / signal : Double.POSITIVE_INFINITY; }

    /** The batch size to take: the noise scale, at least 1. There a run needs twice the fewest steps and twice the fewest examples. */
    public long suggestedBatch() { return Math.max(1, Math.round(Math.min(value(), 1e15))); }

    /** Progress of a step with batches of b, as a part of that with the true gradient: {@code 1 / (1 + B / b)}. */
    public double progress(double b) { return 1 / (1 + value() / b); }

    /** Steps needed, over the fewest (those of huge batches): {@code 1 + B / b}. */
    public double steps(double b) { return 1 + value() / b; }

    /** Examples needed, over the fewest (those of batches of one, about): {@code 1 + b / B}. */
    public double examples(double b) { return 1 + b / value(); }

    /**
     * Listens to a run and averages both estimates exponentially over its steps, corrected for their start at zero. The run needs accumulated batches or
     * shards; it costs their norms.
     *
     * {@snippet :
     * var noise = new GradientNoiseScale.Tracker(0.95);
     * trainer.withAccumulated(4).withListener(noise).fit(model, loss, data, rng);
     * long batch = noise.scale().suggestedBatch();
     * }
     */
    public static final class Tracker implements Trainer.Listener {
        private final double decay;
        private double signal, noise, weight;

        /** @param decay of the averages, in [0, 1) */
        public Tracker(double decay) {
            if (!(decay >= 0 && decay < 1))
                throw new IllegalArgumentException("GradientNoiseScale.Tracker: decay is " + decay + "; it lies in [0, 1)");
            this.decay = decay;
        }

        /** One more estimate. */
        public void see(GradientNoiseScale step) {
            signal = decay * signal + (1 - decay) * step.signal;
            noise = decay * noise + (1 - decay) * step.noise;
            weight = decay * weight + (1 - decay);
        }

        /** The averaged estimate. @throws IllegalStateException before the first step */
        public GradientNoiseScale scale() {
            if (weight == 0) throw new IllegalStateException("GradientNoiseScale.Tracker: it has seen no step yet");
            return new GradientNoiseScale(signal / weight, noise / weight);
        }

        @Override public void epochEnded(TrainingRun run, History.Epoch epoch) {}

        /** A last batch that is too small for two parts is left out, and so is a step whose gradients overflowed. */
        @Override public void stepEnded(TrainingRun run, GradientNorms norms) {
            if (norms.partUnits().length < 2) return;
            var step = of(norms);
            if (Double.isFinite(step.signal) && Double.isFinite(step.noise)) see(step);
        }

        @Override public boolean wantsGradientNorms() { return true; }
    }
}
