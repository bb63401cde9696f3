package lyceum.models.generative;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.generative.flow.AutoregressiveFlow;
import lyceum.models.generative.flow.FlowLayer;
import lyceum.models.generative.flow.GlowConfig;
import lyceum.models.generative.flow.MafConfig;
import lyceum.models.generative.flow.RealNvpConfig;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.stats.learner.DensityModel;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * A density by an invertible map f from data to standard normal noise: {@code log p(x) = log N(f(x); 0, 1) + log |det df/dx|}, exact, in nats. Samples are
 * {@code f^-1} of noise.
 *
 * {@snippet :
 * var flow = NormalizingFlow.realNvp(new RealNvpConfig(2, 6, 64, 64), rng);
 * new Trainer(new Adam(1e-3), 30).withBatchSize(128).start(flow.transform(), (int) x.size(0), flow.over(x), null, rng).finish(Progress.SILENT);
 * Tensor logs = flow.logDensity(x);
 * Tensor drawn = flow.sample(1000, rng);
 * }
 *
 * <p>Items are rows (n, d) or pictures (n, c, h, w); where a {@link DensityModel} is asked, flat rows are taken as well and given. Pictures of bytes
 * want uniform noise of one level first, or the density grows without bound on the levels.
 *
 * @see <a href="https://arxiv.org/abs/1605.08803">Dinh, Sohl-Dickstein and Bengio (2017)</a>
 * @see <a href="https://arxiv.org/abs/1807.03039">Kingma and Dhariwal (2018)</a>
 * @see <a href="https://arxiv.org/abs/1705.07057">Papamakarios, Pavlakou and Murray (2017)</a>
 */
public final class NormalizingFlow implements Generator, DensityModel {
    private final FlowLayer transform;
    private final DType dtype;
    private final long[] shape, noiseShape;

    /**
     * @param transform from data to noise
     * @param dtype of its parameters
     * @param shape of an item
     */
    public NormalizingFlow(FlowLayer transform, DType dtype, long... shape) {
        this.transform = Objects.requireNonNull(transform, "transform");
        this.dtype = dtype;
        this.shape = shape.clone();
        if (shape.length == 0 || Arrays.stream(shape).anyMatch(s -> s < 1))
            throw new ShapeException("NormalizingFlow: items of shape " + Arrays.toString(shape) + "; every axis has at least 1");
        noiseShape = transform.outputShape(dtype, batch(1, shape)).toArray();
    }

    private static long[] batch(long n, long[] shape) {
        var whole = new long[shape.length + 1];
        System.arraycopy(shape, 0, whole, 1, shape.length);
        whole[0] = n;
        return whole;
    }

    /** Couplings with masks in turn, for rows. */
    public static NormalizingFlow realNvp(RealNvpConfig config, Rng rng) {
        return new NormalizingFlow(config.build(rng), config.dtype(), config.features());
    }

    /** Actnorm, invertible convolutions and couplings over several scales, for pictures. */
    public static NormalizingFlow glow(GlowConfig config, Rng rng) {
        return new NormalizingFlow(config.build(rng), config.dtype(), config.channels(), config.height(), config.width());
    }

    /** Masked autoregressive layers: a density in one pass of each network, a sample in d. */
    public static NormalizingFlow maf(MafConfig config, Rng rng) {
        return new NormalizingFlow(config.build(AutoregressiveFlow.Direction.DENSITY_FAST, rng), config.dtype(), config.features());
    }

    /** Inverse autoregressive layers: a sample in one pass of each network, a density in d. */
    public static NormalizingFlow iaf(MafConfig config, Rng rng) {
        return new NormalizingFlow(config.build(AutoregressiveFlow.Direction.SAMPLING_FAST, rng), config.dtype(), config.features());
    }

    /** The flow of the inverse map on the same weights: of a MAF the IAF, which draws what the MAF makes of noise as if it were data. */
    public NormalizingFlow inverted() {
        return new NormalizingFlow(transform.inverted(), dtype, Arrays.copyOfRange(noiseShape, 1, noiseShape.length));
    }

    /** The map from data to noise: the module that is trained, saved and loaded. */
    public FlowLayer transform() { return transform; }

    @Override public int nFeatures() { return (int) Arrays.stream(shape).reduce(1, Math::multiplyExact); }

    private Tensor items(Tensor x) {
        long[] whole = batch(x.rank() == 0 ? 0 : x.size(0), shape);
        boolean flat = x.rank() == 2 && x.size(1) == nFeatures();
        if (!flat && !Arrays.equals(x.shape().toArray(), whole))
            throw new ShapeException("NormalizingFlow: data " + x.shape() + " for items of shape " + Arrays.toString(shape));
        return x.to(dtype).reshape(whole);
    }

    /** Of each item (n), in nats, recorded. */
    public Tensor logDensity(Tensor x, Pass pass) {
        var moved = transform.transform(items(x), pass);
        var base = moved.value().square().add(Math.log(2 * Math.PI)).mul(-0.5).reshape(moved.value().size(0), -1).sum(1);
        return base.add(moved.logDet());
    }

    @Override public Tensor logDensity(Tensor x) { return Autograd.noGrad(() -> logDensity(x, Pass.inference()).compute()); }

    /** The mean negative log density of a batch: exact maximum likelihood. */
    public BatchLoss over(Tensor x) { return (rows, pass) -> logDensity(x.rows(rows), pass).mean().neg(); }

    /** Noise that data come from. */
    public Tensor encode(Tensor x) { return Autograd.noGrad(() -> transform.transform(items(x), Pass.inference()).value().compute()); }

    /** Data of noise, which has the shape that {@link #encode} gives. */
    public Tensor decode(Tensor noise) {
        return Autograd.noGrad(() -> transform.inverse(noise.to(dtype), Pass.inference()).value().compute());
    }

    @Override public Tensor sample(int n, Rng rng) { return sample(n, 1, rng); }

    /** @param temperature standard deviation of the noise: below 1 draws are likelier and less diverse than the model's */
    public Tensor sample(int n, double temperature, Rng rng) {
        if (n < 1 || !(temperature > 0)) throw new IllegalArgumentException(
                "NormalizingFlow.sample: " + n + " items at temperature " + temperature + "; at least 1, above 0");
        long[] noise = noiseShape.clone();
        noise[0] = n;
        return decode(Tensor.randn(rng, dtype, noise).mul(temperature));
    }

    /** Flat rows (n, {@link #nFeatures}). */
    @Override public Tensor sample(Rng rng, int n) { return sample(n, rng).reshape(n, -1); }

    /** Writes the weights, {@link FlowLayer#state}; {@link #load} reads them into a flow of the same make. */
    @Override public void save(Path file) {
        try {
            transform.save(file);
        } catch (IOException e) {
            throw new LyceumException("NormalizingFlow.save: " + e.getMessage(), e);
        }
    }

    /** Reads what {@link #save} wrote. Returns this. @throws lyceum.FormatException if it is of another make */
    public NormalizingFlow load(Path file) {
        try {
            transform.load(file);
            return this;
        } catch (IOException e) {
            throw new LyceumException("NormalizingFlow.load: " + e.getMessage(), e);
        }
    }
}
