package lyceum.models.multimodal;

import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionEncoder;
import lyceum.nn.loss.InfoNce;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * CLIP: two towers, a softmax over the batch in both directions, a learned scale that is kept at or below 100.
 *
 * {@snippet :
 * var clip = Clip.of(new VisionTransformer(vision, rng), text, 64, rng);
 * clip.fit(images, clip.encoder().text().ids(captions, tokens), trainer, rng, Progress.SILENT);
 * var classifier = clip.encoder().classifier(names, List.of("a photo of a {}"), tokens);
 * }
 *
 * @see <a href="https://arxiv.org/abs/2103.00020">Radford et al. (2021), Learning Transferable Visual Models From Natural Language Supervision</a>
 */
public final class Clip {
    private Clip() {}

    /** The whole batch at once. @param embedding width of the common space */
    public static ContrastiveVlm of(VisionEncoder vision, TextTowerConfig text, int embedding, Rng rng) {
        return of(vision, text, embedding, new ContrastiveVlmConfig(VlmObjective.clip()), rng);
    }

    /** With micro-batches, a locked tower or another objective, at CLIP's scale: 1 / 0.07 at first, at most 100. */
    public static ContrastiveVlm of(VisionEncoder vision, TextTowerConfig text, int embedding, ContrastiveVlmConfig config, Rng rng) {
        return new ContrastiveVlm(config, new ImageTextEncoder(new ImageTextConfig(embedding), vision, new TextTower(text, rng), rng), rng);
    }

    /**
     * {@code (CE(rows) + CE(columns)) / 2} of the scaled cosines of n pictures and their n texts.
     *
     * @param images (n, d), of any length
     * @param texts (n, d), of any length
     * @param logScale a scalar, the logarithm of the scale
     */
    public static Tensor loss(Tensor images, Tensor texts, Tensor logScale) {
        return new InfoNce().withLogScale(logScale).symmetric(images, texts).loss();
    }
}
