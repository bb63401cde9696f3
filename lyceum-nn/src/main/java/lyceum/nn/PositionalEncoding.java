package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * How a network is told the order of its inputs: a value of {@link AttentionConfig#positions}. Without one, attention without a mask sees a bag.
 *
 * {@snippet :
 * var config = TransformerConfig.original(64, 4, 256);
 * var rotated = config.positioned(new RotaryEmbedding(16, 10_000));                     // queries and keys are turned
 * var biased = config.positioned(PositionalEncoding.alibi());                           // scores fall with the distance
 * var learned = config.positioned(PositionalEncoding.learned(512));                     // a table, added to the embeddings
 * Tensor y = new TransformerEncoder(rotated, 6, rng).forward(x);
 * }
 *
 * <p>It acts in one of three places. Codes are added to embeddings where a stack begins ({@link TransformerEncoder}, {@link TransformerDecoder}; a
 * {@link MultiHeadAttention} or {@link TransformerBlock} by itself leaves that to its caller). Queries and keys are turned, or scores changed, in each
 * attention of positions to each other; attention to a memory has no positions. Cached decoding goes on where the cache ends.
 *
 * <pre>
 * {@link #none}                          nowhere           nothing
 * {@link SinusoidalPositions}            embeddings        index
 * {@link #learned}                       embeddings        index, up to a maximum
 * {@link RotaryEmbedding}                queries, keys     distance; stretched by a {@link RopeScaling}
 * {@link #alibi}                         scores            distance, a falling line
 * {@link RelativePosition.Buckets}       scores            distance, a number a bucket (T5)
 * {@link RelativePosition.Offsets}       scores, values    distance, a vector an offset (Shaw)
 * {@link RelativePosition.Content}       scores            distance, by its sinusoid (Transformer-XL)
 * </pre>
 *
 * @see <a href="https://arxiv.org/abs/2102.11090">Dufter, Schmitt and Schütze (2022): a survey</a>
 */
public sealed interface PositionalEncoding permits PositionalEncoding.None, PositionalEncoding.Learned, PositionalEncoding.Alibi,
        SinusoidalPositions, RotaryEmbedding, RelativePosition {

    /** No encoding: a causal mask tells something of the order, nothing else does. */
    record None() implements PositionalEncoding {}

    /**
     * A vector for each place, added to the embeddings; see {@link AbsolutePosition}.
     *
     * @param maximum places
     * @param dropout on the sum, while learning
     * @param init of the table
     */
    record Learned(long maximum, double dropout, Init init) implements PositionalEncoding {
        public Learned {
            if (maximum < 1) throw new IllegalArgumentException("PositionalEncoding.learned: " + maximum + " places; at least 1");
            new Dropout(dropout);
        }

        @Override public PositionLayer atEmbeddings(int width, DType dtype, Rng rng) {
            return new AbsolutePosition(this, width, dtype, rng);
        }
    }

    /**
     * {@code slope |p - j|} is taken from the score of the query at p and the key at j, with a fixed slope a head, {@link Attention#alibiSlopes}; kernels
     * apply it without the matrix. A mask with {@linkplain Attention#alibi slopes} of its own keeps them.
     *
     * @see <a href="https://arxiv.org/abs/2108.12409">Press, Smith and Lewis (2022)</a>
     */
    record Alibi() implements PositionalEncoding {
        @Override public Attention on(Attention mask, int heads) {
            return mask.alibi() == null ? mask.withAlibi(Attention.alibiSlopes(heads)) : mask;
        }

        @Override public boolean isOfHeads() { return true; }
    }

    static None none() { return new None(); }

    /** The paper's sinusoids, embeddings scaled by the root of the width. */
    static SinusoidalPositions sinusoidal(int width) { return new SinusoidalPositions(width); }

    /** A table of that many places that begins normal with a deviation of 0.02, as BERT's and GPT-2's. */
    static Learned learned(long maximum) { return new Learned(maximum, 0, Init.normal(0.02)); }

    /** All dimensions of heads of that width in halves, base 10,000. */
    static RotaryEmbedding rotary(int headWidth) { return new RotaryEmbedding(headWidth, 10_000); }

    static Alibi alibi() { return new Alibi(); }

    /** What adds positions to embeddings of a width; null if this encoding acts elsewhere. */
    default PositionLayer atEmbeddings(int width, DType dtype, Rng rng) { return null; }

    /** Queries or keys (batch, heads, T, d) of positions {@code start ..}; as they are if this encoding acts elsewhere. */
    default Tensor turned(Tensor x, long start) { return x; }

    /** Whether cached keys wait unturned, since their turn depends on how many there are. */
    default boolean turnsLate() { return false; }

    /** What a mask becomes; itself if this encoding acts elsewhere. */
    default Attention on(Attention mask, int heads) { return mask; }

    /** What changes the scores of one layer; null if this encoding acts elsewhere or has no parameters. */
    default RelativeBias atScores(AttentionConfig config, Rng rng) { return null; }

    /** The same for a stack that sees no later positions. */
    default PositionalEncoding causal() { return this; }

    /** Whether all blocks of a stack have one {@link #atScores}. */
    default boolean isShared() { return false; }

    /** Whether heads differ in it, so that none can be left out. */
    default boolean isOfHeads() { return false; }

    /** Whether a token carries it along, so that tokens may be left out between others. */
    default boolean isOfTokens() { return !isOfHeads() && !turnsLate(); }

    /** Numbers in {@link #atScores} of one layer. */
    default long parameters(AttentionConfig config) { return 0; }

    /** @throws IllegalArgumentException if it does not fit a layer of that width and heads */
    default void check(int width, int headWidth) {}
}
