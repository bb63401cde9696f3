package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Additive attention over a source, for decoders that ask again and again: {@code e_j = v . tanh(W q + U h_j + b)}, weights {@code softmax(e)}, context
 * {@code sum_j weight_j h_j}. What depends on the source alone is computed once.
 *
 * {@snippet :
 * var attention = new BahdanauAttention(64, 128, 64, rng);
 * var source = attention.source(states, seen);                      // once a sentence
 * var read = attention.read(query, source, null, pass);             // read.context(), read.weights()
 * var decoder = new BahdanauCell(new GruCell(32 + 128, 64, true, true, DType.F32, rng), attention);
 * }
 *
 * <p>With coverage, a place's score also hears how much weight it has had so far, {@code + w c_j} inside of the tanh: what has been read need not be read
 * again.
 *
 * @see <a href="https://arxiv.org/abs/1409.0473">Bahdanau, Cho and Bengio (2015)</a>
 * @see <a href="https://arxiv.org/abs/1704.04368">See, Liu and Manning (2017) for the coverage</a>
 */
public final class BahdanauAttention extends Module {
    private final AttentionScore.Additive score;
    private final Tensor cover;
    private final int queryWidth, sourceWidth;

    /**
     * A source ready to be read.
     *
     * @param values (batch, places, width)
     * @param projected {@code U h + b} (batch, places, hidden)
     * @param seen BOOL (batch, places), false where padding stands; or null
     */
    public record Source(Tensor values, Tensor projected, Tensor seen) {}

    /**
     * What was read.
     *
     * @param context (batch, queries, width)
     * @param weights (batch, queries, places), of sum 1; exactly 0 where nothing is to be seen
     * @param coverage all weights so far (batch, 1, places), these included; null without coverage
     */
    public record Read(Tensor context, Tensor weights, Tensor coverage) {
        /** {@code sum_j min(weight_j, coverage_j before)} (batch, queries): what to add to a loss so that nothing is read twice. */
        public Tensor repeated() {
            if (coverage == null) throw new IllegalStateException("repeated: this attention has no coverage");
            return weights.minimum(coverage.sub(weights.sum(1, true))).sum(-1);
        }
    }

    /** Without coverage, F32. */
    public BahdanauAttention(int queryWidth, int sourceWidth, int hidden, Rng rng) {
        this(queryWidth, sourceWidth, hidden, false, DType.F32, rng);
    }

    /** @param coverage whether scores hear of earlier weights */
    public BahdanauAttention(int queryWidth, int sourceWidth, int hidden, boolean coverage, DType dtype, Rng rng) {
        this.queryWidth = queryWidth;
        this.sourceWidth = sourceWidth;
        score = new AttentionScore.Additive(queryWidth, sourceWidth, hidden, dtype, rng);
        cover = coverage ? Init.torchLinear(hidden).sample(rng, dtype, hidden).compute().requiresGrad() : null;
    }

    public int queryWidth() { return queryWidth; }

    public int sourceWidth() { return sourceWidth; }

    public boolean hasCoverage() { return cover != null; }

    /**
     * Prepares a source.
     *
     * @param states (batch, places, width)
     * @param seen BOOL (batch, places), false where padding stands; or null
     */
    public Source source(Tensor states, Tensor seen) {
        if (states.rank() != 3 || states.size(2) != sourceWidth) throw new ShapeException(
                "BahdanauAttention: a source of shape " + states.shape() + "; it is (batch, places, " + sourceWidth + ")");
        if (seen != null && !seen.shape().equals(states.select(2, 0).shape()))
            throw new ShapeException("BahdanauAttention: seen has shape " + seen.shape() + " for a source of " + states.shape());
        return new Source(states, score.project(states), seen);
    }

    /**
     * Reads.
     *
     * @param query (batch, queries, width)
     * @param coverage what the last reading gave, null at first; queries that come together have one coverage
     */
    public Read read(Tensor query, Source source, Tensor coverage, Pass pass) {
        if (query.rank() != 3 || query.size(2) != queryWidth) throw new ShapeException(
                "BahdanauAttention: a query of shape " + query.shape() + "; it is (batch, queries, " + queryWidth + ")");
        var keys = source.projected;
        if (cover != null && coverage != null) keys = keys.add(coverage.transpose().mul(cover));
        var seen = source.seen == null ? null : source.seen.unsqueeze(1);
        var weights = pass.point(this, "weights", new AttentionMechanism(score::ofProjected).weights(query, keys, seen).values());
        var context = emit(query, weights.matmul(source.values), pass);
        if (cover == null) return new Read(context, weights, null);
        var now = weights.sum(1, true);
        return new Read(context, weights, coverage == null ? now : coverage.add(now));
    }

    /** A sequence reads itself: the context of every place (batch, places, width), if queries are as wide as the source. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return read(x, source(x, null), null, pass).context; }
}
