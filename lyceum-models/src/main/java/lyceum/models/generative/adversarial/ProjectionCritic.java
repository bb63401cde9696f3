package lyceum.models.generative.adversarial;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Pooling;
import lyceum.nn.Conv2d;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A critic of items of classes: {@code psi(f) + e_y . f} with features f of the item and a vector e for each class, the form that the log ratio of two class-conditional
 * densities has.
 *
 * @see <a href="https://arxiv.org/abs/1802.05637">Miyato and Koyama (2018)</a>
 */
public final class ProjectionCritic extends Conditioned {
    private final Module features;
    private final Linear linear;
    private final Embedding embed;

    /** @param features from items to (n, width) */
    public ProjectionCritic(Module features, int width, int classes, DType dtype, Rng rng) {
        this.features = features;
        linear = new Linear(width, 1, true, dtype, Init.torchLinear(width), rng);
        embed = new Embedding(new EmbeddingConfig(classes, width).withDtype(dtype), rng);
    }

    /** BigGAN's, of pictures: residual blocks that halve the side to 4, ReLU, a sum over places. */
    public static ProjectionCritic images(BigGanConfig config, Rng rng) {
        return new ProjectionCritic(new Pictures(config, rng), config.channels(), config.classes(), config.dtype(), rng);
    }

    /** Scores (n) of items and class numbers (n). */
    @Override public Tensor forward(Tensor x, Tensor classes, Pass pass) {
        var f = features.forward(x, pass);
        return emit(x, linear.forward(f, pass).squeeze(1).add(embed.forward(classes, pass).mul(f).sum(1)), pass);
    }

    /** Scores (n) without the classes' part. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return linear.forward(features.forward(x, pass), pass).squeeze(1); }

    private static final class Pictures extends Module {
        private final List<Block> blocks;

        Pictures(BigGanConfig config, Rng rng) {
            var made = new ArrayList<Block>();
            int count = BigGanConfig.blocks("ProjectionCritic", config.resolution());
            for (int i = 0; i <= count; i++)
                made.add(new Block(i == 0 ? config.colours() : config.channels(), i < count, i == 0, config, rng));
            blocks = List.copyOf(made);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            for (var block : blocks) x = block.forward(x, pass);
            return x.relu().sum(2, 3);
        }
    }

    private static final class Block extends Module {
        private final boolean halved, first;
        private final Conv2d conv1, conv2, conv_sc;

        Block(int inputs, boolean halved, boolean first, BigGanConfig config, Rng rng) {
            this.halved = halved;
            this.first = first;
            conv1 = BigGanGenerator.conv(inputs, config.channels(), 3, config, rng);
            conv2 = BigGanGenerator.conv(config.channels(), config.channels(), 3, config, rng);
            conv_sc = BigGanGenerator.conv(inputs, config.channels(), 1, config, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            var h = conv2.forward(conv1.forward(first ? x : x.relu(), pass).relu(), pass).add(conv_sc.forward(x, pass));
            return halved ? h.avgPool(new Pooling(2)) : h;
        }
    }
}
