package lyceum.models.generative.adversarial;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * BigGAN's generator of pictures of classes: residual blocks that double the side, each normalised under the class and a chunk of the noise.
 *
 * {@snippet :
 * var config = new BigGanConfig(32, 3, 10);
 * var gan = new Gan(new Adam(2e-4).withBetas(0, 0.999)).withLoss(GanLoss.hinge()).withCriticSteps(2).withAveraging(0.9999)
 *         .withGeneratorRegularizer(Regularizer.orthogonalDirections(1e-4).on("*conv*.weight"));
 * var critic = SpectralNorm.attachAll(ProjectionCritic.images(config, rng), 1, rng);
 * var noise = new LatentNoise(config.latent());
 * GanRun run = gan.start(new BigGanGenerator(config, rng), critic, GanGame.of(pictures, classes, noise, 64), rng);
 * }
 *
 * <p>Outputs are within (-1, 1). Self-attention, which the paper has at one resolution, is left out.
 *
 * @see <a href="https://arxiv.org/abs/1809.11096">Brock, Donahue and Simonyan (2019)</a>
 */
public final class BigGanGenerator extends Conditioned {
    private final BigGanConfig config;
    private final Embedding shared;
    private final Linear linear;
    private final List<Block> blocks;
    private final BatchNorm output_norm;
    private final Conv2d output_conv;

    public BigGanGenerator(BigGanConfig config, Rng rng) {
        this.config = config;
        int count = BigGanConfig.blocks("BigGanGenerator", config.resolution()), chunk = config.latent() / (count + 1);
        shared = new Embedding(new EmbeddingConfig(config.classes(), config.width()).withDtype(config.dtype()), rng);
        linear = new Linear(chunk, 16L * config.channels(), true, config.dtype(), Init.orthogonal(1), rng);
        var made = new ArrayList<Block>();
        for (int i = 0; i < count; i++) made.add(new Block(config, config.width() + chunk, rng));
        blocks = List.copyOf(made);
        output_norm = new BatchNorm(config.channels(), 1e-5, 0.1, config.dtype());
        output_conv = conv(config.channels(), config.colours(), 3, config, rng);
    }

    public BigGanConfig config() { return config; }

    static Conv2d conv(int inputs, int outputs, int kernel, BigGanConfig config, Rng rng) {
        return new Conv2d(inputs, outputs, new int[] {kernel}, new Convolution().withPadding(kernel / 2), true, config.dtype(),
                Init.orthogonal(1), rng);
    }

    /** Each pixel four times. */
    static Tensor doubled(Tensor x) { return x.repeatInterleave(2, 2).repeatInterleave(3, 2); }

    /** Pictures (n, colours, side, side) of noise (n, latent) and class numbers (n). */
    @Override public Tensor forward(Tensor z, Tensor classes, Pass pass) {
        if (z.rank() != 2 || z.size(1) != config.latent() || classes.rank() != 1 || classes.size(0) != z.size(0))
            throw new ShapeException("BigGanGenerator: noise " + z.shape() + " and classes " + classes.shape() + "; they are (n, "
                    + config.latent() + ") and (n)");
        var chunks = z.chunk(1, blocks.size() + 1);
        var embedded = shared.forward(classes, pass);
        var x = linear.forward(chunks[0], pass).reshape(z.size(0), config.channels(), 4, 4);
        for (int i = 0; i < blocks.size(); i++) x = blocks.get(i).forward(x, Tensor.concat(1, embedded, chunks[i + 1]), pass);
        return emit(z, output_conv.forward(output_norm.forward(x, pass).relu(), pass).tanh(), pass);
    }

    private static final class Block extends Conditioned {
        private final ConditionalBatchNorm bn1, bn2;
        private final Conv2d conv1, conv2, conv_sc;

        Block(BigGanConfig config, int width, Rng rng) {
            int channels = config.channels();
            bn1 = new ConditionalBatchNorm(channels, width, config.dtype(), rng);
            bn2 = new ConditionalBatchNorm(channels, width, config.dtype(), rng);
            conv1 = conv(channels, channels, 3, config, rng);
            conv2 = conv(channels, channels, 3, config, rng);
            conv_sc = conv(channels, channels, 1, config, rng);
        }

        @Override public Tensor forward(Tensor x, Tensor condition, Pass pass) {
            var h = conv1.forward(doubled(bn1.forward(x, condition, pass).relu()), pass);
            h = conv2.forward(bn2.forward(h, condition, pass).relu(), pass);
            return emit(x, h.add(conv_sc.forward(doubled(x), pass)), pass);
        }
    }
}
