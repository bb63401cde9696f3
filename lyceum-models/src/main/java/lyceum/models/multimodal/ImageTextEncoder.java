package lyceum.models.multimodal;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Similarity;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionBackbone;
import lyceum.models.vision.VisionEncoder;
import lyceum.nn.InBatches;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A tower for pictures and one for texts, projected into one space of unit vectors; similarities there are cosines times a learned scale, plus a learned bias
 * where a sigmoid decides.
 *
 * {@snippet :
 * var encoder = new ImageTextEncoder(new ImageTextConfig(64), new VisionTransformer(vision, rng), new TextTower(text, rng), rng);
 * Tensor u = encoder.imageVectors(images, 64);                       // (n, 64), frozen, 64 pictures at a time
 * Tensor v = encoder.textVectors(encoder.text().ids(captions, tokens), 64);
 * var retrieval = PairRetrieval.of(u, v);
 * var classifier = encoder.classifier(List.of("dog", "truck"), List.of("a photo of a {}", "a drawing of a {}"), tokens);
 * }
 *
 * <p>Names: {@code vision}, {@code text}, {@code visual_projection}, {@code text_projection} (no bias), {@code logit_scale} (its logarithm),
 * {@code logit_bias}.
 *
 * @see <a href="https://arxiv.org/abs/2103.00020">Radford et al. (2021)</a>
 */
public final class ImageTextEncoder extends Module {
    /**
     * All that a file says of one.
     *
     * @param config of the space
     * @param vision tower of pictures
     * @param text tower of texts
     */
    public record Plan(ImageTextConfig config, VisionBackbone vision, TextTowerConfig text) {
        public Plan {
            Objects.requireNonNull(config, "config");
            Objects.requireNonNull(vision, "vision");
            Objects.requireNonNull(text, "text");
        }

        public ImageTextEncoder build(Rng rng) { return new ImageTextEncoder(config, vision.build(rng), new TextTower(text, rng), rng); }
    }

    private final ImageTextConfig config;
    private final VisionEncoder vision;
    private final TextTower text;
    private final Linear visual_projection, text_projection;
    private final Tensor logit_scale, logit_bias;

    /** @throws IllegalArgumentException if pictures are not projected and their tower is not as wide as the space */
    public ImageTextEncoder(ImageTextConfig config, VisionEncoder vision, TextTower text, Rng rng) {
        if (!config.projectsImages() && vision.width() != config.embedding()) throw new IllegalArgumentException(
                "ImageTextEncoder: pictures of width " + vision.width() + " are not projected; embedding is " + config.embedding());
        this.config = config;
        this.vision = vision;
        this.text = text;
        var type = text.config().dtype();
        visual_projection = config.projectsImages() ? projection(vision.width(), config.embedding(), type, rng) : null;
        text_projection = projection(text.config().width(), config.embedding(), type, rng);
        logit_scale = Tensor.full(type, Math.log(config.scale())).compute().requiresGrad();
        logit_bias = config.biased() ? Tensor.full(type, config.bias()).compute().requiresGrad() : null;
    }

    private static Linear projection(int from, int to, DType type, Rng rng) {
        return new Linear(from, to, false, type, Init.normal(1 / Math.sqrt(from)), rng);
    }

    public ImageTextConfig config() { return config; }

    public VisionEncoder vision() { return vision; }

    public TextTower text() { return text; }

    /** The logarithm of the scale, a parameter. */
    public Tensor logScale() { return logit_scale; }

    /** The bias, a parameter; null if there is none. */
    public Tensor bias() { return logit_bias; }

    /** What cosines are multiplied by. */
    public double scale() { return Math.exp(logit_scale.item()); }

    /**
     * Puts a scale above the maximum back to it: to be called behind each step of a training loop of one's own. The parameter itself is written, so that its
     * gradient is alive at the limit and the scale can fall again.
     */
    public void clampScale() { clamp(logit_scale, config.maximumScale()); }

    /** Puts the logarithm of a scale to one whose exponential, in the parameter's type, is not above the maximum. */
    static void clamp(Tensor logScale, double maximum) {
        double log = Math.log(maximum);
        if (!(logScale.item() > log)) return;
        boolean exact = logScale.dtype() == DType.F64 || Math.exp((float) log) <= maximum;
        Autograd.noGrad(() -> logScale.copy_(Tensor.full(logScale.dtype(), exact ? log : Math.nextDown((float) log))));
    }

    @Override protected Tensor compute(Tensor images, Pass pass) { return images(images, pass); }

    /** Unit vectors (n, embedding) of pictures. */
    public Tensor images(Tensor images, Pass pass) { return projected(vision.encode(images, pass).pooled(), pass); }

    /** Unit vectors (n, positions, embedding) of all that the tower sees in pictures, a class token among them. */
    public Tensor imageTokens(Tensor images, Pass pass) { return projected(vision.encode(images, pass).tokens(), pass); }

    /** What the picture's tower gave, pooled (n, width) or tokens (n, k, width), in the space. */
    public Tensor projected(Tensor seen, Pass pass) {
        return Similarity.normalise(visual_projection == null ? seen : visual_projection.forward(seen, pass));
    }

    /** Unit vectors (n, embedding) of texts. */
    public Tensor texts(Tensor ids, Pass pass) { return read(text.encode(ids, pass).pooled(), pass); }

    /** Unit vectors (n, T, embedding) of all tokens; {@link TextTower#seen} tells those that are padding. */
    public Tensor textTokens(Tensor ids, Pass pass) { return read(text.encode(ids, pass).tokens(), pass); }

    /** What the text's tower gave, pooled or tokens, in the space. */
    public Tensor read(Tensor seen, Pass pass) { return Similarity.normalise(text_projection.forward(seen, pass)); }

    /** {@link #images} predicting, some at a time: nothing is recorded. */
    public Tensor imageVectors(Tensor images, int batch) { return InBatches.of(images, batch, part -> images(part, Pass.inference())); }

    /** {@link #texts} predicting, some at a time. */
    public Tensor textVectors(Tensor ids, int batch) { return InBatches.of(ids, batch, part -> texts(part, Pass.inference())); }

    /** {@code scale u . v + bias} of vectors (n, embedding) and (m, embedding): (n, m). */
    public Tensor logits(Tensor images, Tensor texts) {
        var logits = images.matmul(texts.transpose()).mul(logit_scale.exp());
        return logit_bias == null ? logits : logits.add(logit_bias);
    }

    /** A softmax over these texts: CLIP's zero-shot reading. @return (n, m) */
    public Tensor probabilities(Tensor images, Tensor texts) { return logits(images, texts).softmax(1); }

    /** A sigmoid of each pair by itself, several or none of which may be true: SigLIP's reading. @return (n, m) */
    public Tensor pairProbabilities(Tensor images, Tensor texts) { return logits(images, texts).sigmoid(); }

    /**
     * A classifier of pictures from nothing but names.
     *
     * @param names of the classes
     * @param templates of sentences in which <code>{}</code> stands for the name
     * @param tokens ids of a text
     */
    public PromptClassifier classifier(List<String> names, List<String> templates, Function<String, int[]> tokens) {
        return PromptClassifier.of(this, names, templates, tokens);
    }
}
