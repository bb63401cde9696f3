package lyceum.nn;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.FlopCounter;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Many feed-forward networks of which each token passes through few: {@code y = sum over the chosen e of gate_e f_e(x)}, and what always works beside them. In the
 * place of a {@link FeedForward}: (.., width) to (.., width).
 *
 * {@snippet :
 * var config = new MoeRouterConfig(512, 8, 2).withBalancing(new MoeBalancing.Auxiliary(0.01));
 * var layer = new MixtureOfExperts(config, 2048, rng);                     // SwiGLU experts, dropless
 * var block = new TransformerBlock(transformer, layer, rng);
 * Routing routing = layer.routing(x, pass);                                // who works on what
 * }
 *
 * <p>Tokens are sorted by expert, each expert is one product over its group (with {@link MoeRouterConfig.Overflow#PAD} all are one batched product), and the parts
 * are added up where they came from. Arithmetic a token does not depend on E. While learning, the router's {@link MoeBalancing} adds its price by
 * {@link Pass#penalty}. A token that all its experts turned away gets 0 of them: the residual path carries it on.
 *
 * @see <a href="https://arxiv.org/abs/1701.06538">Shazeer et al. (2017)</a>
 * @see <a href="https://arxiv.org/abs/2211.15841">Gale et al. (2023)</a>
 */
public final class MixtureOfExperts extends Module {
    private final MoeRouter router;
    private final Experts experts;
    private final Layer shared;

    /** SwiGLU experts without biases. */
    public MixtureOfExperts(MoeRouterConfig config, int hidden, Rng rng) {
        this(new MoeRouter(config, rng.split(1)),
                new StackedExperts(config.experts(), config.width(), hidden, Activation.SILU, true, false, config.dtype(), rng.split(2)),
                null);
    }

    /**
     * @param router and {@code experts}: both null for none
     * @param shared what all tokens pass as well, with weight 1; null for none
     */
    public MixtureOfExperts(MoeRouter router, Experts experts, Layer shared) {
        if ((router == null) != (experts == null) || experts == null && shared == null)
            throw new IllegalArgumentException("MixtureOfExperts: a router and its experts come together, or a shared layer alone");
        if (router != null && router.config().experts() != experts.count()) throw new IllegalArgumentException(
                "MixtureOfExperts: the router knows " + router.config().experts() + " experts, there are " + experts.count());
        this.router = router;
        this.experts = experts;
        this.shared = shared;
    }

    /** The layer of 2017: noisy top-k gates, ReLU experts with biases, importance and load losses of 0.1 each. */
    public static MixtureOfExperts noisyTopK(int width, int hidden, int experts, int k, Rng rng) {
        var config = new MoeRouterConfig(width, experts, k).withKind(MoeRouterConfig.Kind.NOISY)
                .withBalancing(new MoeBalancing.Variation(0.1, 0.1));
        return new MixtureOfExperts(new MoeRouter(config, rng.split(1)),
                new StackedExperts(experts, width, hidden, Activation.RELU, false, true, config.dtype(), rng.split(2)), null);
    }

    /** Null if there is only a shared layer. */
    public MoeRouter router() { return router; }

    /** Null if there is only a shared layer. */
    public Experts experts() { return experts; }

    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, pass); }

    /** @param ids of the tokens, for a router that hashes them */
    public Tensor forward(Tensor x, Tensor ids, Pass pass) { return forward(x, ids, null, pass); }

    /**
     * For a padded batch: padding asks no expert, takes no place at one and does not count for the balance. It gets what is shared, and 0 of the experts.
     *
     * @param ids of the tokens, for a router that hashes them; or null
     * @param real BOOL, of the shape of x without its last axis: true for a token, false for padding; null for no padding
     */
    public Tensor forward(Tensor x, Tensor ids, Tensor real, Pass pass) {
        return emit(x, real == null ? through(x, ids, pass) : amongPadding(x, ids, real, pass), pass);
    }

    private Tensor amongPadding(Tensor x, Tensor ids, Tensor real, Pass pass) {
        long[] tokens = Arrays.copyOf(x.shape().toArray(), Math.max(0, x.rank() - 1));
        if (real.dtype() != DType.BOOL || !Arrays.equals(real.shape().toArray(), tokens))
            throw new ShapeException("MixtureOfExperts: " + real.dtype() + " " + real.shape() + " tells padding of " + x.shape()
                    + "; it is BOOL, of that shape without the last axis");
        boolean[] isReal = real.toBooleanArray();
        var places = Tensor.of(IntStream.range(0, isReal.length).filter(i -> isReal[i]).asLongStream().toArray());
        var flat = x.reshape(-1, x.size(-1));
        var y = flat.zerosLike();
        if (router != null && places.count() > 0) {
            var own = flat.indexSelect(0, places);
            y = routed(own, ids == null ? null : ids.flatten().indexSelect(0, places), pass).segmentSum(places, flat.size(0));
        }
        return withShared(x, y.reshape(x.shape().toArray()), pass);
    }

    /** Who works on which of the tokens (.., width). While learning it counts for the balance as a pass does. */
    public Routing routing(Tensor x, Pass pass) { return router.route(x, pass); }

    private Tensor through(Tensor x, Tensor ids, Pass pass) {
        if (router == null) return shared.forward(x, pass);
        return withShared(x, routed(x, ids, pass), pass);
    }

    private Tensor withShared(Tensor x, Tensor y, Pass pass) {
        if (shared == null) return y;
        return y.add(part("shared", () -> shared.forward(x.reshape(-1, x.size(-1)), pass)).reshape(x.shape().toArray()));
    }

    /** What the experts say. */
    private Tensor routed(Tensor x, Tensor ids, Pass pass) {
        if (x.rank() < 1 || x.size(-1) != router.config().width())
            throw new ShapeException("MixtureOfExperts: input " + x.shape() + " for tokens of width " + router.config().width());
        var routing = router.route(x, ids, pass);
        router.config().balancing().penalise(routing, pass);
        if (pass.wants(this, "gates")) pass.point(this, "gates", routing.dense());
        return worked(x, routing, pass);
    }

    /** The value at x (.., width) under a given routing of its tokens. */
    public Tensor at(Tensor x, Routing routing, Pass pass) { return withShared(x, worked(x, routing, pass), pass); }

    private Tensor worked(Tensor x, Routing routing, Pass pass) {
        var tokens = x.reshape(-1, x.size(-1));
        if (routing.tokens().length == 0) return x.zerosLike();
        var index = Tensor.of(routing.tokens());
        var rows = part("experts", () -> grouped(tokens.indexSelect(0, index), routing, pass));
        return rows.mul(routing.gates().to(rows.dtype()).unsqueeze(1)).segmentSum(index, tokens.size(0)).reshape(x.shape().toArray());
    }

    private static Tensor part(String name, Supplier<Tensor> body) { return FlopCounter.part(name, body); }

    private Tensor grouped(Tensor rows, Routing routing, Pass pass) {
        if (router.config().overflow() != MoeRouterConfig.Overflow.PAD) return experts.forward(rows, routing.counts(), pass);
        int[] counts = routing.counts(), full = new int[counts.length];
        var seats = new long[routing.tokens().length];
        for (int e = 0, at = 0; e < counts.length; e++) {
            full[e] = routing.capacity();
            for (int i = 0; i < counts[e]; i++) seats[at++] = (long) e * routing.capacity() + i;
        }
        var seat = Tensor.of(seats);
        return experts.forward(rows.segmentSum(seat, (long) counts.length * routing.capacity()), full, pass).indexSelect(0, seat);
    }
}
