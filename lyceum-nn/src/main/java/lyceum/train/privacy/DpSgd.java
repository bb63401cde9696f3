package lyceum.train.privacy;

import java.util.Objects;
import lyceum.data.Dataset;
import lyceum.nn.BatchNorm;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Training whose result would be about as likely without any one row. Each step takes each row with probability {@code q = lotSize / n}, shortens each
 * taken row's gradient to length C, and steps along
 * <pre>
 * (sum of the shortened gradients + N(0, sigma^2 C^2)) / lotSize.
 * </pre>
 * What the rule makes of it costs nothing more: with Adam it is DP-Adam.
 *
 * {@snippet :
 * var settings = DpSgd.within(2, 1e-5, train.size(), new Adam(1e-2), 1.0, 256, 500);
 * var run = settings.fit(network, Loss::crossEntropy, train, Rng.of(1), Progress.SILENT);
 * run.epsilon(1e-5);                                                    // at most 2
 * }
 *
 * <p>The promise covers the model that is left, for neighbours that have a row more, and only if the seed stays secret, is not used again and
 * nothing else was fitted to the data (learning rates, scalings). Noise is from Philox, which is no cryptographic generator.
 *
 * @param rule turns the noisy mean into a step
 * @param clip C, above 0; infinity only without noise
 * @param noise sigma, at least 0; 0 promises nothing
 * @param lotSize expected rows of a step
 * @param steps at least 1
 * @param microBatch rows whose gradients are in memory at once; the result does not depend on it, up to rounding
 * @param method how gradients are shortened and added
 * @see <a href="https://arxiv.org/abs/1607.00133">Abadi and others (2016), algorithm 1</a>
 */
@Withers
public record DpSgd(UpdateRule rule, double clip, double noise, int lotSize, int steps, int microBatch, PerExampleClipping method)
        implements DpSgdWithers {
    public DpSgd {
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(method, "method");
        if (!(clip > 0)) throw new IllegalArgumentException("DpSgd: clip is " + clip + "; it is above 0");
        if (!(noise >= 0) || Double.isInfinite(noise))
            throw new IllegalArgumentException("DpSgd: noise is " + noise + "; it is at least 0 and finite");
        if (noise > 0 && Double.isInfinite(clip))
            throw new IllegalArgumentException("DpSgd: noise of " + noise + " times an infinite clip; give clip a finite length");
        if (lotSize < 1 || steps < 1 || microBatch < 1) throw new IllegalArgumentException(
                "DpSgd: lotSize is " + lotSize + ", steps " + steps + ", microBatch " + microBatch + "; all are at least 1");
    }

    /** Gradients vectorised, 256 at once. */
    public DpSgd(UpdateRule rule, double clip, double noise, int lotSize, int steps) {
        this(rule, clip, noise, lotSize, steps, 256, PerExampleClipping.VECTORISED);
    }

    /** The least noise with which all steps stay within (epsilon, delta) on so many rows. */
    public static DpSgd within(double epsilon, double delta, int rows, UpdateRule rule, double clip, int lotSize, int steps) {
        return new DpSgd(rule, clip, PrivacyAccountant.noiseFor(epsilon, delta, q(lotSize, rows), steps), lotSize, steps);
    }

    static double q(int lotSize, int rows) {
        if (lotSize > rows) throw new IllegalArgumentException("DpSgd: lotSize is " + lotSize + " of " + rows + " rows; take fewer");
        return (double) lotSize / rows;
    }

    /** What all steps cost on so many rows. */
    public PrivacyAccountant cost(int rows) { return PrivacyAccountant.start().sampledGaussian(q(lotSize, rows), noise, steps); }

    /** A run that has not taken a step. @throws IllegalArgumentException if the model has batch statistics, which mix rows */
    public PrivateRun start(Module model, Loss loss, Dataset data, Rng rng) {
        model.modules().forEach((name, module) -> {
            if (module instanceof BatchNorm) throw new IllegalArgumentException(
                    "DpSgd: " + name + " is a BatchNorm, whose statistics show rows to each other; use GroupNorm or LayerNorm");
        });
        return new PrivateRun(this, model, loss, data, rng);
    }

    /** Runs to the end. @throws lyceum.progress.CancelledException if progress says so, between two steps */
    public PrivateRun fit(Module model, Loss loss, Dataset data, Rng rng, Progress progress) {
        var run = start(model, loss, data, rng);
        while (run.step()) progress.step("private training", run.steps(), steps);
        return run;
    }
}
