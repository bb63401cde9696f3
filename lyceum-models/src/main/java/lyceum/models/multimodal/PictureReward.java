package lyceum.models.multimodal;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.models.generative.latent.PromptEncoder;
import lyceum.models.vision.VisionBackbone;
import lyceum.models.vision.VisionEncoder;
import lyceum.nn.InBatches;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * A number for a picture and what was asked for, learned from preferences: of two pictures of one prompt the better has the higher reward, by the model of
 * Bradley and Terry.
 *
 * {@snippet :
 * var reward = new PictureReward(vision, 12 * 32, 64, rng);                  // texts of 12 vectors of 32
 * trainer.start(reward, n, reward.over(better, worse, texts), null, rng).finish(progress);
 * TextToImage chosen = painter.best(8, reward.scorer(text));
 * }
 *
 * <p>Unlike a cosine of towers that have seen true pictures alone it can learn what is wrong with drawn ones. Names: {@code vision}, {@code text}, {@code head}.
 *
 * @see <a href="https://arxiv.org/abs/2304.05977">Xu and others (2023), ImageReward</a>
 */
public final class PictureReward extends Module {
    /**
     * All that a file says of one.
     *
     * @param vision sees the pictures
     * @param textNumbers numbers of a text, T times the width of its vectors
     * @param hidden units of the layer that joins both
     */
    public record Plan(VisionBackbone vision, int textNumbers, int hidden) {
        public Plan { Objects.requireNonNull(vision, "vision"); }

        public PictureReward build(Rng rng) { return new PictureReward(vision.build(rng), textNumbers, hidden, rng); }
    }

    private final VisionEncoder vision;
    private final Linear text;
    private final Mlp head;

    /**
     * @param vision sees the pictures
     * @param textNumbers numbers of a text, T times the width of its vectors
     * @param hidden units of the layer that joins both
     */
    public PictureReward(VisionEncoder vision, int textNumbers, int hidden, Rng rng) {
        this.vision = vision;
        text = new Linear(textNumbers, vision.width(), rng);
        head = new Mlp(MlpConfig.regressor(3 * vision.width(), 1, hidden), rng);
    }

    /** Rewards (n). @param pictures (n, channels, height, width) @param texts (n, T, width) */
    public Tensor rewards(Tensor pictures, Tensor texts, Pass pass) {
        if (texts.rank() != 3 || texts.size(0) != pictures.size(0) || texts.size(1) * texts.size(2) != text.weight().size(1))
            throw new ShapeException("PictureReward: pictures " + pictures.shape() + " and texts " + texts.shape() + "; a text of "
                    + text.weight().size(1) + " numbers for each picture");
        Tensor seen = vision.encode(pictures, pass).pooled(), said = text.forward(texts.reshape(texts.size(0), -1), pass).relu();
        return head.forward(Tensor.concat(1, seen, said, seen.mul(said)), pass).squeeze(1);
    }

    /** The loss of preferences, {@code -log sigmoid(better - worse)}, of pictures (rows, ..) of the same texts (rows, T, width). */
    public BatchLoss over(Tensor better, Tensor worse, Tensor texts) {
        if (!better.shape().equals(worse.shape()) || texts.size(0) != better.size(0)) throw new ShapeException("PictureReward.over: better "
                + better.shape() + ", worse " + worse.shape() + " and texts " + texts.shape() + "; a row for each");
        return (rows, pass) -> {
            var said = texts.rows(rows);
            return rewards(worse.rows(rows), said, pass).sub(rewards(better.rows(rows), said, pass)).softplus().mean();
        };
    }

    /** For the choice among pictures of one prompt. @param text what the reward has learned with */
    public PictureScorer scorer(PromptEncoder text) {
        return (Tensor pictures, List<String> texts) -> {
            var said = text.encode(texts);
            var rows = Tensor.arange(texts.size());
            return InBatches.of(rows, 256, some -> rewards(pictures.indexSelect(0, some), said.indexSelect(0, some), Pass.inference()))
                    .to(DType.F64).toDoubleArray();
        };
    }

    /** A picture alone has no reward. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("PictureReward: a picture is judged with its text; call rewards");
    }
}
