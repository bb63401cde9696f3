package lyceum.models.generative;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.InBatches;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * A picture as a sentence of pixels, {@code p(x) = prod p(x_i | x_<i)} in reading order and, within a pixel, channel by channel. Masked convolutions give all conditionals
 * in one pass, so that the likelihood is exact and cheap; drawing takes a pass a number (a pass a pixel with a {@link LogisticMixture}).
 *
 * {@snippet :
 * var model = new PixelCnn(new PixelCnnConfig(1, 14, 14, 2).withFilters(16), rng);
 * new Trainer(new Adam(2e-3), 5).start(model, (int) x.size(0), model.over(x), null, rng).finish(Progress.SILENT);
 * double bits = model.bitsPerDimension(y);
 * Tensor halves = model.complete(y, 7, rng, Progress.SILENT);    // keeps the upper seven rows
 * }
 *
 * <p>Pictures are (n, channels, height, width) of whole numbers from 0 to levels - 1, in any type.
 *
 * @see <a href="https://arxiv.org/abs/1601.06759">van den Oord, Kalchbrenner and Kavukcuoglu (2016)</a>
 * @see <a href="https://arxiv.org/abs/1606.05328">van den Oord et al. (2016), gated</a>
 * @see <a href="https://arxiv.org/abs/1701.05517">Salimans, Karpathy, Chen and Kingma (2017), PixelCNN++</a>
 */
public final class PixelCnn extends Module implements Generator {
    private static final int BATCH = 100;

    private final PixelCnnConfig config;
    private final Module network;

    public PixelCnn(PixelCnnConfig config, Rng rng) {
        this.config = config;
        network = config.architecture() == PixelCnnConfig.Architecture.PLUS_PLUS ? new PixelPyramid(config, rng)
                : new PixelStacks(config, rng);
    }

    public PixelCnnConfig config() { return config; }

    private LogisticMixture mixture() { return new LogisticMixture(config.channels(), config.levels(), config.components()); }

    /**
     * Of pictures, what is said of each pixel by those before it: logits (n, channels x levels, h, w), the levels of a channel together, or the parameters of the mixture.
     */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() != 4 || x.size(1) != config.channels() || x.size(3) != config.width() || x.size(2) > config.height())
            throw new ShapeException("PixelCnn: pictures " + x.shape() + "; they are (n, " + config.channels() + ", " + config.height()
                    + ", " + config.width() + ")");
        return network.forward(x.to(config.dtype()).mul(2.0 / (config.levels() - 1)).sub(1), pass);
    }

    /** The log probability (n) of whole pictures, in nats, recorded. */
    public Tensor logProbability(Tensor x, Pass pass) {
        if (x.rank() != 4 || x.size(2) != config.height())
            throw new ShapeException("PixelCnn: pictures " + x.shape() + " of another height than " + config.height());
        var said = forward(x, pass);
        long n = x.size(0), c = config.channels(), h = config.height(), w = config.width();
        if (config.components() > 0) return mixture().logMass(said, x).reshape(n, -1).sum(1);
        var logs = said.reshape(n, c, config.levels(), h, w).logSoftmax(2);
        return logs.gather(2, x.to(DType.I64).unsqueeze(2)).reshape(n, -1).sum(1);
    }

    /** The same, not recorded. @throws IllegalArgumentException if x has numbers that are no level */
    public Tensor logProbability(Tensor x) {
        requireLevels(x);
        return InBatches.of(x, BATCH, part -> logProbability(part, Pass.inference()).to(DType.F64));
    }

    private void requireLevels(Tensor x) {
        double low = x.count() == 0 ? 0 : x.min().item(), high = x.count() == 0 ? 0 : x.max().item();
        if (!(low >= 0 && high <= config.levels() - 1) || x.dtype().isFloat() && x.ne(x.round()).any().item() != 0)
            throw new IllegalArgumentException(
                    "PixelCnn: numbers from " + low + " to " + high + "; they are whole, from 0 to " + (config.levels() - 1));
    }

    /** The mean negative log probability of a number of the pictures, in bits: what a perfect coder would spend. */
    public double bitsPerDimension(Tensor x) {
        return GenerativeMetrics.bitsPerDimension(logProbability(x), config.channels() * config.height() * config.width());
    }

    /** The mean negative log probability of a number, in nats, of a batch. */
    public BatchLoss over(Tensor x) {
        requireLevels(x);
        double numbers = config.channels() * config.height() * config.width();
        return (rows, pass) -> logProbability(x.rows(rows), pass).mean().div(-numbers);
    }

    @Override public Tensor sample(int n, Rng rng) { return sample(n, rng, Progress.SILENT); }

    /** New pictures, a step of progress a pixel. @throws lyceum.progress.CancelledException if progress says so */
    public Tensor sample(int n, Rng rng, Progress progress) {
        if (n < 1) throw new IllegalArgumentException("PixelCnn.sample: " + n + " pictures; at least 1");
        return complete(Tensor.zeros(config.dtype(), n, config.channels(), config.height(), config.width()), 0, rng, progress);
    }

    /**
     * Pictures that keep their first rows and go on by the model: exact draws of what may follow.
     *
     * @param rows that are kept, from 0 to the height
     */
    public Tensor complete(Tensor x, int rows, Rng rng, Progress progress) {
        requireLevels(x);
        int n = (int) x.size(0), c = config.channels(), h = config.height(), w = config.width(), levels = config.levels();
        if (x.rank() != 4 || x.size(1) != c || x.size(2) != h || x.size(3) != w || rows < 0 || rows > h)
            throw new ShapeException("PixelCnn.complete: pictures " + x.shape() + ", of which " + rows + " rows stay; there are " + h);
        double[] values = x.to(DType.F64).toDoubleArray();
        int together = config.components() > 0 ? c : 1, block = 1 << config.scales() - 1;
        for (int i = rows; i < h; i++) for (int j = 0; j < w; j++) {
            int row = i, column = j, seen = Math.min(h, (i / block + 1) * block); // what is below cannot matter
            for (int k = 0; k < c; k += together) {
                int channel = k;
                double[] drawn = Autograd.noGrad(() -> {
                    try (var scope = Scope.open("pixel")) {
                        var said = forward(Tensor.of(values, n, c, h, w).narrow(2, 0, seen)).narrow(2, row, 1).narrow(3, column, 1);
                        return config.components() > 0 ? mixture().sample(said, rng).to(DType.F64).toDoubleArray()
                                : draw(said.narrow(1, (long) channel * levels, levels).reshape(n, levels), rng);
                    }
                });
                for (int b = 0; b < n; b++)
                    for (int t = 0; t < together; t++) values[((b * c + channel + t) * h + row) * w + column] = drawn[b * together + t];
            }
            progress.step("pixels", (long) (i - rows) * w + j + 1, (long) (h - rows) * w);
        }
        return Tensor.of(values, n, c, h, w).to(config.dtype()).compute();
    }

    private static double[] draw(Tensor logits, Rng rng) {
        var rows = logits.to(DType.F64).softmax(1).toRows();
        return IntStream.range(0, rows.length).mapToDouble(b -> {
            double u = rng.nextDouble();
            int level = 0;
            while (level < rows[b].length - 1 && (u -= rows[b][level]) >= 0) level++;
            return level;
        }).toArray();
    }

    /**
     * Which pixels a pixel's prediction depends on, found by gradients at a picture: exactly 0 where it cannot.
     *
     * @return (height, width) sums of absolute derivatives of all that is said of the pixel at (row, column)
     */
    public Tensor receptiveField(Tensor picture, int row, int column) {
        var x = picture.to(config.dtype()).detach().reshape(1, config.channels(), config.height(), config.width()).compute();
        var jacobian = Autograd.jacobian(v -> forward(v).narrow(2, row, 1).narrow(3, column, 1), x);
        return jacobian.abs().sum(0).reshape(config.channels(), config.height(), config.width()).sum(0);
    }
}
