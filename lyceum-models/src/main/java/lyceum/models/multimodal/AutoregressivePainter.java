package lyceum.models.multimodal;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.latent.PromptEncoder;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * Draws a picture as a string: the vectors of its caption, then the codes of its patches one by one, each given all before it (DALL-E).
 *
 * {@snippet :
 * var painter = new AutoregressivePainter(config, PatchCodes.fit(pictures, 4, 64, rng), text, rng);
 * trainer.start(painter, n, painter.over(pictures, captions), null, rng).finish(progress);
 * Tensor drawn = painter.draw(prompts, NoiseStreams.seeds(1, 2), progress);
 * }
 *
 * <p>The text's encoder is not trained here.
 *
 * @see <a href="https://arxiv.org/abs/2102.12092">Ramesh and others (2021), Zero-shot text-to-image generation</a>
 */
public final class AutoregressivePainter extends Module implements TextToImage {
    private final AutoregressivePainterConfig config;
    private final PatchCodes codes;
    private final PromptEncoder text;
    private final Linear context;
    private final Embedding tokens, places;
    private final TransformerDecoder decoder;
    private final Linear head;

    public AutoregressivePainter(AutoregressivePainterConfig config, PatchCodes codes, PromptEncoder text, Rng rng) {
        this.config = config;
        this.codes = codes;
        this.text = Objects.requireNonNull(text, "text");
        int width = config.width();
        context = new Linear(config.contextWidth(), width, rng);
        tokens = new Embedding(Init.normal(0.1).sample(rng, DType.F32, codes.codes() + 1L, width));
        places = new Embedding(Init.normal(0.1).sample(rng, DType.F32, (long) config.contextLength() + codes.length(), width));
        var block = TransformerConfig.original(width, config.heads(), 4 * width).withPlacement(TransformerConfig.Placement.PRE)
                .withActivation(Activation.GELU);
        decoder = new TransformerDecoder(block, config.layers(), rng);
        head = new Linear(width, codes.codes(), rng);
    }

    public AutoregressivePainterConfig config() { return config; }

    public PatchCodes codes() { return codes; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("AutoregressivePainter: a picture follows a text; use draw, or logits(..)");
    }

    /** Logits (n, length, codes) of each code given the text and the codes before it. @param said the text's vectors (n, T, contextWidth) */
    public Tensor logits(Tensor said, Tensor ids, Pass pass) {
        var beginning = Tensor.full(DType.I64, (long) codes.codes(), ids.size(0), 1);
        var inputs = Tensor.concat(1, beginning, ids.to(DType.I64).narrow(1, 0, ids.size(1) - 1));
        var y = decoder.forward(Tensor.concat(1, read(said, pass), placed(inputs, 0, pass)), pass);
        return head.forward(y.narrow(1, said.size(1), ids.size(1)), pass);
    }

    private Tensor read(Tensor said, Pass pass) {
        if (said.rank() != 3 || said.size(1) > config.contextLength() || said.size(2) != config.contextWidth())
            throw new ShapeException("AutoregressivePainter: a text " + said.shape() + "; it is (n, at most " + config.contextLength()
                    + ", " + config.contextWidth() + ")");
        return context.forward(said, pass).add(places.forward(Tensor.arange(said.size(1)).to(DType.I64).add(codes.length()), pass));
    }

    private Tensor placed(Tensor ids, long from, Pass pass) {
        return tokens.forward(ids, pass).add(places.forward(Tensor.arange(ids.size(1)).to(DType.I64).add(from), pass));
    }

    /** The mean cross-entropy of the codes of pictures, for a trainer. */
    public BatchLoss over(Tensor pictures, List<String> captions) {
        if (captions.size() != pictures.size(0)) throw new IllegalArgumentException(
                "AutoregressivePainter: " + captions.size() + " captions for " + pictures.size(0) + " pictures; one for each");
        Tensor ids = codes.ids(pictures), said = text.encode(captions).compute();
        return (rows, pass) -> {
            var part = ids.rows(rows);
            return new CrossEntropy().of(logits(said.rows(rows), part, pass).reshape(-1, codes.codes()), part.flatten());
        };
    }

    @Override public Tensor draw(List<String> prompts, NoiseStreams noise, Progress progress) {
        return codes.pictures(ids(prompts, noise, progress));
    }

    /** The same as codes (n, length). */
    public Tensor ids(List<String> prompts, NoiseStreams noise, Progress progress) {
        if (prompts.isEmpty() || prompts.size() != noise.size()) throw new IllegalArgumentException(
                "AutoregressivePainter: " + prompts.size() + " prompts and " + noise.size() + " streams of noise; one for each");
        return Autograd.noGrad(() -> {
            int n = prompts.size();
            var state = decoder.start(null, null, Pass.inference());
            var said = text.encode(prompts);
            var out = new Tensor[codes.length()];
            var last = Tensor.full(DType.I64, (long) codes.codes(), n, 1);
            for (int i = 0; i < out.length; i++) {
                var x = placed(last, i, Pass.inference());
                var y = decoder.forward(i == 0 ? Tensor.concat(1, read(said, Pass.inference()), x) : x, state, Pass.inference());
                last = noise.choose(head.forward(y.select(1, y.size(1) - 1)), config.temperature()).reshape(n, 1).compute();
                out[i] = last;
                progress.step("codes", i + 1L, out.length);
            }
            return Tensor.concat(1, out).compute();
        });
    }
}
