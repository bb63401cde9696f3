package lyceum.nn;

import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Encoder and decoder over token numbers: one table of embeddings for source, target and output, positions that are sinusoids unless the attention of a
 * {@link TransformerConfig} names others, and blocks by it.
 *
 * {@snippet :
 * var model = Transformer.base(37_000, rng);
 * Tensor logits = model.forward(source, target, pass);                                      // (batch, T, tokens)
 * double rate = Transformer.rate(512, 4000, step);                                           // warm-up, then the inverse root
 * var loss = new CrossEntropy().withLabelSmoothing(0.1).withIgnoreIndex(0);
 * var best = new BeamSearch(4, 0.6, 50).search(model, source, begin, end).getFirst();
 * }
 *
 * <p>The encoder and the decoder are {@link TransformerEncoder} and {@link TransformerDecoder}; either serves alone.
 *
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al. (2017)</a>
 */
public final class Transformer extends Module {
    private final Embedding embedding;
    private final TransformerEncoder encoder;
    private final TransformerDecoder decoder;
    private final SinusoidalPositions positions;
    private final Linear head;
    private final boolean scaled;
    private final Dropout dropout;

    /** What turns the decoder's last states into logits. */
    public enum Head {
        /** The table of embeddings. */
        TIED,
        /** The table, states divided by the root of the width (T5). */
        TIED_SCALED,
        /** A matrix of its own (T5 1.1). */
        OWN
    }

    /**
     * @param config of all blocks; the decoder's are made causal and look at the encoder's output
     * @param tokens in the shared table
     * @param layers of the encoder, and of the decoder
     */
    public Transformer(TransformerConfig config, int tokens, int layers, Rng rng) { this(config, tokens, layers, layers, Head.TIED, rng); }

    /**
     * With stacks of different depths and another head. Where positions are told at the scores, embeddings are dropped out as halves of blocks are; so are last states
     * before a head that is not {@code TIED}.
     */
    public Transformer(TransformerConfig config, int tokens, int encoderLayers, int decoderLayers, Head head, Rng rng) {
        embedding = new Embedding(
                Init.normal(1 / Math.sqrt(config.width())).sample(rng, config.attention().dtype(), tokens, config.width()));
        encoder = new TransformerEncoder(config, encoderLayers, rng);
        var encoding = config.attention().positions();
        decoder = new TransformerDecoder(config.withCross(true).positioned(encoding.causal()), decoderLayers, rng);
        boolean named = !(encoding instanceof PositionalEncoding.None);
        positions = named ? null : new SinusoidalPositions(config.width(), 10_000, true, Math.sqrt(config.width()), config.dropout());
        this.head = head != Head.OWN ? null
                : new Linear(config.width(), tokens, false, config.attention().dtype(), Init.normal(1 / Math.sqrt(config.width())), rng);
        scaled = head == Head.TIED_SCALED;
        boolean atScores = named && !(encoding instanceof PositionalEncoding.Learned) && !(encoding instanceof SinusoidalPositions);
        dropout = new Dropout(atScores ? config.dropout() : 0);
    }

    /** The paper's base model: 6 and 6 blocks, width 512, 8 heads, 2048 hidden units, dropout 0.1. */
    public static Transformer base(int tokens, Rng rng) {
        return new Transformer(TransformerConfig.original(512, 8, 2048).withDropout(0.1), tokens, 6, rng);
    }

    /** The paper's big model: width 1024, 16 heads, 4096 hidden units, dropout 0.3. */
    public static Transformer big(int tokens, Rng rng) {
        return new Transformer(TransformerConfig.original(1024, 16, 4096).withDropout(0.3), tokens, 6, rng);
    }

    /** The paper's learning rate at a step from 1 on: {@code width^-0.5 min(step^-0.5, step warmup^-1.5)}. */
    public static double rate(int width, int warmup, long step) {
        if (step < 1) throw new IllegalArgumentException("Transformer.rate: step is " + step + "; steps count from 1");
        return Math.pow(width, -0.5) * Math.min(Math.pow(step, -0.5), step * Math.pow(warmup, -1.5));
    }

    /** The table of source and target (tokens, width). */
    public Embedding embedding() { return embedding; }

    public TransformerEncoder encoder() { return encoder; }

    public TransformerDecoder decoder() { return decoder; }

    /** Source and target alike: an auto-encoder's logits. */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return through(ids, ids, null, pass); }

    /** Logits (batch, T, tokens) of what follows each target position. Source (batch, S) and target (batch, T) are I32 or I64. */
    public Tensor forward(Tensor source, Tensor target, Pass pass) { return forward(source, target, null, pass); }

    /** As above; {@code sourceLengths} (batch) says how much of each source is no padding, null that there is none. */
    public Tensor forward(Tensor source, Tensor target, Tensor sourceLengths, Pass pass) {
        return emit(source, through(source, target, sourceLengths, pass), pass);
    }

    private Tensor through(Tensor source, Tensor target, Tensor lengths, Pass pass) {
        return logits(decoder.forward(embedded(target, pass), encode(source, lengths, pass), null, memoryMask(lengths), pass), pass);
    }

    /** The memory (batch, S, width) of a source. */
    public Tensor encode(Tensor source, Tensor sourceLengths, Pass pass) {
        return encoder.forward(embedded(source, pass), seen(encoder.layers().getFirst().attention(), sourceLengths), pass);
    }

    /** What the attention sees of keys that are no padding. */
    private static Attention seen(MultiHeadAttention attention, Tensor lengths) {
        return lengths == null ? null : attention.config().attention().withKeyLengths(lengths);
    }

    private Attention memoryMask(Tensor lengths) { return seen(decoder.layers().getFirst().crossAttention(), lengths); }

    /** A decoder's state that has read a source. */
    public TransformerDecoder.State start(Tensor source, Tensor sourceLengths, Pass pass) {
        return decoder.start(encode(source, sourceLengths, pass), memoryMask(sourceLengths), pass);
    }

    /** Logits (batch, T, tokens) after target tokens (batch, T) that follow those of the state. */
    public Tensor forward(Tensor target, TransformerDecoder.State state, Pass pass) {
        return logits(decoder.forward(state.placed(positions, embedding.forward(target, pass), pass), state, pass), pass);
    }

    private Tensor embedded(Tensor ids, Pass pass) {
        var x = embedding.forward(ids, pass);
        return dropout.forward(positions == null ? x : positions.forward(x, pass), pass);
    }

    private Tensor logits(Tensor x, Pass pass) {
        if (head != null) return head.forward(dropout.forward(x, pass), pass);
        var last = scaled ? dropout.forward(x, pass).div(Math.sqrt(x.size(-1))) : x;
        return last.matmul(embedding.weight().transpose());
    }
}
