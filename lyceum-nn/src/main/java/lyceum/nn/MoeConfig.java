package lyceum.nn;

import java.util.ArrayList;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Experts in the place of a {@link TransformerBlock}'s feed-forward half, each a network of the kind that the block's configuration names.
 *
 * {@snippet :
 * var mixtral = llama.withMoe(new MoeConfig(new MoeRouterConfig(4096, 8, 2), 14_336));
 * var qwen = llama.withMoe(new MoeConfig(new MoeRouterConfig(2048, 60, 4).withRenormalised(false), 1408, 5632, true));
 * }
 *
 * @param router over the block's width
 * @param hidden units of each expert
 * @param shared hidden units of one that all tokens pass; 0 for none
 * @param sharedGate whether what it gives is multiplied by a sigmoid of the token (Qwen 2)
 * @param dropout on the hidden units of experts that are not gated, while learning; negative for the block's
 */
public record MoeConfig(MoeRouterConfig router, int hidden, int shared, boolean sharedGate, double dropout) {
    public MoeConfig {
        if (hidden < 1 || shared < 0) throw new IllegalArgumentException(
                "MoeConfig: " + hidden + " hidden units of an expert, " + shared + " of the shared one; at least 1 and 0");
        if (sharedGate && shared == 0) throw new IllegalArgumentException("MoeConfig: a gate of what is shared, and nothing is shared");
        if (dropout >= 0) new Dropout(dropout);
    }

    /** Dropout is the block's. */
    public MoeConfig(MoeRouterConfig router, int hidden, int shared, boolean sharedGate) { this(router, hidden, shared, sharedGate, -1); }

    /** Nothing is shared. */
    public MoeConfig(MoeRouterConfig router, int hidden) { this(router, hidden, 0, false); }

    MixtureOfExperts build(TransformerConfig block, Rng rng) {
        if (router.width() != block.width()) throw new IllegalArgumentException(
                "MoeConfig: a router of tokens of width " + router.width() + " in a block of " + block.width());
        if (dropout > 0 && block.gated())
            throw new IllegalArgumentException("MoeConfig: a dropout of " + dropout + " inside gated experts; they have none");
        var experts = new ArrayList<Module>();
        var each = dropout < 0 ? block : block.withDropout(dropout);
        for (int e = 0; e < router.experts(); e++) experts.add(TransformerBlock.feedForward(each, hidden, rng));
        var own = shared == 0 ? null : TransformerBlock.feedForward(block, shared, rng);
        return new MixtureOfExperts(new MoeRouter(router, rng), new ExpertList(experts),
                sharedGate ? new GatedExpert(own, block, rng) : own);
    }

    long parameters(TransformerConfig block) {
        long all = router.experts() * (block.width() + block.feedForwardParameters(hidden));
        return all + (shared == 0 ? 0 : block.feedForwardParameters(shared)) + (sharedGate ? block.width() : 0);
    }

    /** {@code sigmoid(g . x) f(x)}. */
    private static final class GatedExpert extends Module {
        private final Module expert;
        private final Linear gate;

        GatedExpert(Module expert, TransformerConfig block, Rng rng) {
            this.expert = expert;
            gate = new Linear(block.width(), 1, false, block.attention().dtype(), Init.torchLinear(block.width()), rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return expert.forward(x, pass).mul(gate.forward(x, pass).sigmoid()); }
    }
}
