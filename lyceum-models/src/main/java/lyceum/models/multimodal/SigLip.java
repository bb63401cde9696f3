package lyceum.models.multimodal;

import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionEncoder;
import lyceum.nn.loss.SigmoidContrastiveLoss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * SigLIP: two towers and a yes or no for every pair, by a sigmoid of the scaled cosine and a bias, both learned.
 *
 * {@snippet :
 * var siglip = SigLip.of(new VisionTransformer(vision, rng), text, 64, rng);
 * siglip.fit(images, ids, trainer, rng, Progress.SILENT);
 * Tensor p = siglip.encoder().pairProbabilities(u, v);          // of each pair by itself: several or none may be true
 * }
 *
 * @see <a href="https://arxiv.org/abs/2303.15343">Zhai, Mustafa, Kolesnikov and Beyer (2023), Sigmoid Loss for Language Image Pre-Training</a>
 */
public final class SigLip {
    private SigLip() {}

    /** The whole batch at once, from a scale of 10 and a bias of -10. @param embedding width of the common space */
    public static ContrastiveVlm of(VisionEncoder vision, TextTowerConfig text, int embedding, Rng rng) {
        return of(vision, text, embedding, new ContrastiveVlmConfig(VlmObjective.siglip()), rng);
    }

    /** With micro-batches, blocks of similarities or a locked tower. */
    public static ContrastiveVlm of(VisionEncoder vision, TextTowerConfig text, int embedding, ContrastiveVlmConfig config, Rng rng) {
        return new ContrastiveVlm(config, new ImageTextEncoder(ImageTextConfig.sigmoid(embedding), vision, new TextTower(text, rng), rng),
                rng);
    }

    /**
     * {@code 1/n sum_ij softplus(-z_ij (scale cos_ij + bias))}, z 1 for pairs and -1 elsewhere.
     *
     * @param images (n, d), of any length
     * @param texts (n, d), of any length
     * @param chunk side of the blocks of similarities that are held at once; 0 for all
     */
    public static Tensor loss(Tensor images, Tensor texts, Tensor logScale, Tensor bias, int chunk) {
        return new SigmoidContrastiveLoss(logScale, bias).withChunk(chunk).of(images, texts);
    }
}
