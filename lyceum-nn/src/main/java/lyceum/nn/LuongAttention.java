package lyceum.nn;

import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Multiplicative attention, and its kin, of decoder states h over source states, and what is made of both: {@code h~ = tanh(W_c [c; h])}.
 *
 * {@snippet :
 * var attention = new LuongAttention(new LuongConfig(64, 128).withScope(LuongConfig.Scope.LOCAL_P).withRadius(3), rng);
 * var read = attention.read(states, source, seen, null, pass);      // all steps at once: read.hidden(), read.context(), read.weights()
 * var decoder = new LuongCell(new LstmCell(32 + 64, 64, new LstmVariant(), true, DType.F32, rng), attention, true);   // step by step, with input feeding
 * }
 *
 * <p>Local attention takes the softmax within its window; the Gaussian of {@link LuongConfig.Scope#LOCAL_P} is multiplied afterwards and, as in the paper,
 * the weights are not made to sum to 1 again. Places and steps are counted from 0. A window without any place gives a context of zeros.
 *
 * @see <a href="https://arxiv.org/abs/1508.04025">Luong, Pham and Manning (2015)</a>
 */
public final class LuongAttention extends Module {
    private final LuongConfig config;
    private final AttentionScore score;
    private final Linear combine, position;
    private final Tensor centre;

    /**
     * What was read.
     *
     * @param hidden the attentional states (batch, queries, outputs)
     * @param context (batch, queries, width)
     * @param weights (batch, queries, places)
     */
    public record Read(Tensor hidden, Tensor context, Tensor weights) {}

    public LuongAttention(LuongConfig config, Rng rng) {
        this.config = config;
        int q = config.queryWidth(), e = config.sourceWidth();
        var dtype = config.dtype();
        score = switch (config.score()) {
            case DOT -> AttentionScore.dot();
            case GENERAL -> new AttentionScore.Bilinear(q, e, dtype, rng);
            case CONCAT -> new AttentionScore.Additive(q, e, config.hidden(), false, dtype, rng);
            case LOCATION -> new AttentionScore.Location(q, config.longest(), dtype, rng);
        };
        combine = new Linear(e + q, config.outputs(), false, dtype, Init.glorotUniform(), rng);
        boolean predicts = config.scope() == LuongConfig.Scope.LOCAL_P;
        position = predicts ? new Linear(q, config.hidden(), false, dtype, Init.glorotUniform(), rng) : null;
        centre = predicts ? Init.torchLinear(config.hidden()).sample(rng, dtype, config.hidden()).compute().requiresGrad() : null;
    }

    public LuongConfig config() { return config; }

    /** How well places fit (batch, queries, places), before any window, mask or softmax. */
    public Tensor scores(Tensor states, Tensor source) {
        check(states, source, null);
        return score.of(states, source);
    }

    /**
     * Reads.
     *
     * @param states (batch, queries, width), after the decoder's step
     * @param source (batch, places, width)
     * @param seen BOOL (batch, places), false where padding stands; or null
     * @param steps the number of each query's step, broadcasts to (batch, queries): where local-m looks; null for 0, 1, ..
     */
    public Read read(Tensor states, Tensor source, Tensor seen, Tensor steps, Pass pass) {
        check(states, source, seen);
        var mask = seen == null ? null : seen.unsqueeze(1);
        Tensor p = null;
        if (config.scope() != LuongConfig.Scope.GLOBAL) {
            p = centres(states, source, mask, steps, pass);
            var window = places(source, p).sub(p).abs().le(config.radius());
            mask = mask == null ? window : mask.and(window);
        }
        var weights = new AttentionMechanism(score).weights(states, source, mask).values();
        if (centre != null)
            weights = weights.mul(places(source, p).sub(p).square().mul(-2.0 / ((double) config.radius() * config.radius())).exp());
        weights = pass.point(this, "weights", weights);
        var context = weights.matmul(source);
        return new Read(emit(states, combine.forward(Tensor.concat(2, context, states), pass).tanh(), pass), context, weights);
    }

    /** Where each query's window stands (batch, queries, 1). */
    private Tensor centres(Tensor states, Tensor source, Tensor mask, Tensor steps, Pass pass) {
        var type = states.dtype();
        if (centre == null) return (steps == null ? Tensor.arange(states.size(1)) : steps).to(type).unsqueeze(-1);
        var length = mask == null ? Tensor.full(type, source.size(1)) : mask.to(type).sum(-1, true);
        var share = position.forward(states, pass).tanh().mul(centre).sum(-1, true).sigmoid();
        return pass.point(this, "centre", share.mul(length));
    }

    private static Tensor places(Tensor source, Tensor like) { return Tensor.arange(source.size(1)).to(like.dtype()); }

    private void check(Tensor states, Tensor source, Tensor seen) {
        if (states.rank() != 3 || states.size(2) != config.queryWidth() || source.rank() != 3 || source.size(2) != config.sourceWidth())
            throw new ShapeException("LuongAttention: states " + states.shape() + " and a source " + source.shape()
                    + "; they are (batch, queries, " + config.queryWidth() + ") and (batch, places, " + config.sourceWidth() + ")");
        if (seen != null && !seen.shape().equals(source.select(2, 0).shape()))
            throw new ShapeException("LuongAttention: seen has shape " + seen.shape() + " for a source of " + source.shape());
    }

    /** The attentional states of a sequence that looks at itself, if queries are as wide as the source. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return read(x, x, null, null, pass).hidden; }
}
