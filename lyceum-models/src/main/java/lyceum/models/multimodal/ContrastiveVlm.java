package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.vision.VisionFeatures;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;

/**
 * An {@link ImageTextEncoder} that learns from pairs, by any {@link VlmObjective}.
 *
 * {@snippet :
 * var clip = new ContrastiveVlm(new ContrastiveVlmConfig(VlmObjective.clip()), encoder, rng);
 * clip.fit(images, ids, new Trainer(new AdamW(1e-3), 10).withBatchSize(64), rng, Progress.SILENT);
 * Tensor loss = clip.loss(images, ids, pass);                      // for a loop of one's own; then encoder.clampScale() behind each step
 * Tensor written = coca.caption(images, 1, 12);                    // where captions were learned as well
 * }
 *
 * <p>Children: {@code encoder}, and {@code captioner} if the objective weighs captions. Then the text tower is the decoder's lower half, which sees no picture;
 * the upper half looks at all tokens of the picture's tower, which have no attentional pooling between (Yu et al. 2022 have one).
 */
public final class ContrastiveVlm extends Module {
    /**
     * All that a file says of one.
     *
     * @param config of what is learned
     * @param encoder of pictures and texts
     */
    public record Plan(ContrastiveVlmConfig config, ImageTextEncoder.Plan encoder) {
        public Plan {
            Objects.requireNonNull(config, "config");
            Objects.requireNonNull(encoder, "encoder");
        }

        public ContrastiveVlm build(Rng rng) { return new ContrastiveVlm(config, encoder.build(rng), rng); }
    }

    private final ContrastiveVlmConfig config;
    private final ImageTextEncoder encoder;
    private final CaptionDecoder captioner;

    /** @throws IllegalArgumentException if captions are to be learned and the text tower is not causal */
    public ContrastiveVlm(ContrastiveVlmConfig config, ImageTextEncoder encoder, Rng rng) {
        var text = encoder.text().config();
        boolean captions = config.objective().captionWeight() > 0;
        if (captions && !text.causal())
            throw new IllegalArgumentException("ContrastiveVlm: captions are predicted by a causal text tower; take withCausal(true)");
        this.config = config;
        this.encoder = encoder;
        captioner = captions ? new CaptionDecoder(text, encoder.vision().width(), config.captionDepth(), rng) : null;
        if (config.lockedImages()) encoder.vision().module().freeze("*");
    }

    public ContrastiveVlmConfig config() { return config; }

    public ImageTextEncoder encoder() { return encoder; }

    /** Unit vectors of pictures. */
    @Override protected Tensor compute(Tensor images, Pass pass) { return pooled(images, pass); }

    /**
     * A loss and its parts.
     *
     * @param contrast between pictures and texts, with its weight
     * @param caption mean cross-entropy of the captions' ids, without its weight; null if captions are not learned
     * @param total the sum
     */
    public record Parts(Tensor contrast, Tensor caption, Tensor total) {}

    /** The loss of n pairs: pictures (n, channels, height, width) and ids (n, T). */
    public Tensor loss(Tensor images, Tensor ids, Pass pass) { return parts(images, ids, pass).total(); }

    /** {@link #loss} and what it is made of. */
    public Parts parts(Tensor images, Tensor ids, Pass pass) {
        if (images.rank() != 4 || ids.rank() != 2 || images.size(0) != ids.size(0))
            throw new ShapeException("ContrastiveVlm: pictures " + images.shape() + ", ids " + ids.shape() + "; row i of both is a pair");
        var objective = config.objective();
        if (captioner == null) {
            var contrast = objective.of(embedded(images, pass), read(ids, pass), encoder.logScale(), encoder.bias());
            return new Parts(contrast, null, contrast);
        }
        Tensor contrast, caption;
        if (config.microBatch() == 0) {
            var seen = seen(images, pass);
            var text = encoder.text().encode(ids, pass);
            boolean tokens = objective.isTokenWise();
            var u = tokens ? Embedded.ofTokens(encoder.projected(seen.tokens(), pass))
                    : Embedded.of(encoder.projected(seen.pooled(), pass));
            var v = tokens ? new Embedded(null, encoder.read(text.tokens(), pass), text.seen())
                    : Embedded.of(encoder.read(text.pooled(), pass));
            contrast = objective.of(u, v, encoder.logScale(), encoder.bias());
            caption = captionLoss(captioner.forward(text.tokens(), seen.tokens(), pass), ids, text.seen());
        } else {
            contrast = objective.of(embedded(images, pass), read(ids, pass), encoder.logScale(), encoder.bias());
            // Of the logits, which are large, only one micro-batch's are held.
            var sums = inParts(ids, pass, (from, some, inner) -> {
                var logits = captionLogits(images.narrow(0, from, some.size(0)), some, inner);
                return captionTokens(logits, some, encoder.text().seen(some)).sum().reshape(1);
            });
            caption = sums.sum().div(encoder.text().seen(ids).narrow(1, 1, ids.size(1) - 1).countNonZero().item());
        }
        return new Parts(contrast, caption, contrast.add(caption.mul(objective.captionWeight())));
    }

    /**
     * How near pictures are to texts, as the objective compares them: by cosine, or token by token, the mean of both directions. Nothing is recorded.
     *
     * @return (n, m), without scale and bias
     */
    public Tensor similarities(Tensor images, Tensor ids) {
        return Autograd.noGrad(() -> {
            var pass = Pass.inference();
            Embedded u = embedded(images, pass), v = read(ids, pass);
            if (!config.objective().isTokenWise()) return u.pooled().matmul(v.pooled().transpose()).compute();
            return VlmObjective.TokenMax.similarity(u.tokens(), null, v.tokens(), v.seen())
                    .add(VlmObjective.TokenMax.similarity(v.tokens(), v.seen(), u.tokens(), null).transpose()).div(2).compute();
        });
    }

    /** Logits (n, T, vocabulary), those at t of the id at t + 1, from the ids up to t and the picture. @throws IllegalStateException if captions are not learned */
    public Tensor captionLogits(Tensor images, Tensor ids, Pass pass) {
        requireCaptions();
        return captioner.forward(encoder.text().encode(ids, pass).tokens(), seen(images, pass).tokens(), pass);
    }

    /** Mean cross-entropy of logits (n, T, vocabulary) at t and ids (n, T) at t + 1 that are {@code seen}: each text's first id is given. */
    public static Tensor captionLoss(Tensor logits, Tensor ids, Tensor seen) { return captionTokens(logits, ids, seen).mean(); }

    private static CausalLmLoss.Tokens captionTokens(Tensor logits, Tensor ids, Tensor seen) {
        return new CausalLmLoss().tokens(logits, CausalLabels.of(ids).withPadding(seen));
    }

    /**
     * Captions by the likeliest id each, (n, length): they begin with an id that all texts begin with, and are padded behind the end.
     *
     * @param begin that id
     * @param length ids at most, no more than the text's positions
     */
    public Tensor caption(Tensor images, int begin, int length) {
        requireCaptions();
        var text = encoder.text().config();
        if (length < 1 || length > text.positions())
            throw new IllegalArgumentException("caption: " + length + " ids; 1 to " + text.positions());
        int n = (int) images.size(0);
        return Autograd.noGrad(() -> {
            Tensor picture = seen(images, Pass.inference()).tokens().compute(), ids = Tensor.full(DType.I64, (long) begin, n, 1);
            var ended = Tensor.zeros(DType.I64, n).ne(0);
            for (int t = 1; t < length; t++) {
                try (var scope = Scope.open("caption")) {
                    var logits = captioner.forward(encoder.text().forward(ids, Pass.inference()), picture, Pass.inference());
                    var next = ended.where(Tensor.full(DType.I64, (long) text.padding(), 1), logits.select(1, t - 1).argmax(1));
                    ended = ended.or(next.eq(text.end())).compute().keptBy(scope);
                    ids = Tensor.concat(1, ids, next.unsqueeze(1)).compute().keptBy(scope);
                }
            }
            return ids;
        });
    }

    private void requireCaptions() {
        if (captioner == null)
            throw new IllegalStateException("ContrastiveVlm: " + config.objective() + " learns no captions; take coca()");
    }

    /** What the picture's tower sees; locked, it predicts whatever the pass is in. */
    private VisionFeatures seen(Tensor images, Pass pass) {
        return config.lockedImages() ? Autograd.noGrad(() -> encoder.vision().encode(images, Pass.inference()))
                : encoder.vision().encode(images, pass);
    }

    private Tensor pooled(Tensor images, Pass pass) { return encoder.projected(seen(images, pass).pooled(), pass); }

    private Embedded embedded(Tensor images, Pass pass) {
        if (config.objective().isTokenWise())
            return Embedded.ofTokens(inParts(images, pass, (from, some, inner) -> encoder.projected(seen(some, inner).tokens(), inner)));
        return Embedded.of(inParts(images, pass, (from, some, inner) -> pooled(some, inner)));
    }

    private Embedded read(Tensor ids, Pass pass) {
        if (config.objective().isTokenWise())
            return new Embedded(null, inParts(ids, pass, (from, some, inner) -> encoder.textTokens(some, inner)), encoder.text().seen(ids));
        return Embedded.of(inParts(ids, pass, (from, some, inner) -> encoder.texts(some, inner)));
    }

    private interface Part {
        Tensor of(long from, Tensor some, Pass pass);
    }

    /** Of a batch, micro-batch by micro-batch, each of which keeps its input alone until its gradient is asked for (Gao et al. 2021). */
    private Tensor inParts(Tensor batch, Pass pass, Part part) {
        long n = batch.size(0);
        int size = config.microBatch();
        if (size == 0 || size >= n) return part.of(0, batch, pass);
        var parts = new ArrayList<Tensor>();
        for (long i = 0; i < n; i += size) {
            long from = i;
            var some = batch.narrow(0, from, Math.min(size, n - from));
            parts.add(pass.isTraining() && pass.rng() != null
                    ? Autograd.checkpoint((x, rng) -> part.of(from, x, Pass.training(rng)), some, pass.rng())
                    : Autograd.checkpoint(x -> part.of(from, x, pass), some));
        }
        return Tensor.concat(0, parts.toArray(Tensor[]::new));
    }

    /** The loss of rows of these pairs, for a {@link Trainer}. */
    public BatchLoss batchLoss(Tensor images, Tensor ids) { return (rows, pass) -> loss(images.rows(rows), ids.rows(rows), pass); }

    /**
     * A run that has not taken a step yet; behind each of its steps the scale is {@linkplain ImageTextEncoder#clampScale clamped}.
     *
     * @param images (n, channels, height, width)
     * @param ids (n, T)
     */
    public TrainingRun start(Tensor images, Tensor ids, Trainer trainer, Rng rng) {
        return trainer.withListener(Trainer.Listener.afterStep(run -> encoder.clampScale())).start(this, (int) images.size(0),
                batchLoss(images, ids), null, rng);
    }

    /** Trains from the present parameters on. @throws lyceum.progress.CancelledException if progress says so */
    public History fit(Tensor images, Tensor ids, Trainer trainer, Rng rng, Progress progress) {
        return start(images, ids, trainer, rng).finish(progress);
    }
}
