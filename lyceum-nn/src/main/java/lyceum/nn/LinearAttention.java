package lyceum.nn;

import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Attention whose softmax is a product of features, so that the sums over keys are taken once, not once for each query:
 *
 * <pre>
 * y_t = phi(q_t) S_t / (phi(q_t) z_t)    S_t = S_(t-1) + phi(k_t)' v_t    z_t = z_(t-1) + phi(k_t)'
 * </pre>
 *
 * {@snippet :
 * var layer = new LinearAttention(new LinearAttentionConfig(256, 4), rng);                        // linear in the length
 * var performer = new LinearAttentionConfig(256, 4).withFeatures(LinearAttentionConfig.Features.FAVOR);
 * var state = layer.start();                                                                      // of one size, whatever it has seen
 * Tensor next = layer.forward(token, state, pass);
 * }
 *
 * <p>The parallel form, chunks and the recurrence are one computation at different sizes of {@link LinearAttentionConfig#chunk}. Sums of F16 and BF16 are kept in F32. Parameters: {@code q_proj},
 * {@code k_proj}, {@code v_proj}, {@code o_proj}, with the delta rule {@code beta_proj}; random directions are a buffer, {@code directions}.
 *
 * @see <a href="https://arxiv.org/abs/2006.16236">Katharopoulos et al. (2020)</a>
 * @see <a href="https://arxiv.org/abs/2009.14794">Choromanski et al. (2021)</a>
 * @see <a href="https://arxiv.org/abs/2102.11174">Schlag, Irie and Schmidhuber (2021)</a>
 */
public final class LinearAttention extends SequenceMixer {
    private static final double TINY = 1e-20;
    private final LinearAttentionConfig config;
    private final Linear q_proj, k_proj, v_proj, beta_proj, o_proj;
    private final Tensor directions;

    public LinearAttention(LinearAttentionConfig config, Rng rng) {
        this.config = config;
        int inner = config.heads() * config.headWidth();
        q_proj = projection(config.width(), inner, rng);
        k_proj = projection(config.width(), inner, rng);
        v_proj = projection(config.width(), inner, rng);
        beta_proj = isDelta() ? projection(config.width(), config.heads(), rng) : null;
        o_proj = projection(inner, config.width(), rng);
        directions = config.features() == LinearAttentionConfig.Features.FAVOR ? drawn(rng) : null;
    }

    private Linear projection(int inputs, int outputs, Rng rng) {
        return new Linear(inputs, outputs, config.bias(), config.dtype(), Init.glorotUniform(), rng);
    }

    private Tensor drawn(Rng rng) {
        return PositiveFeatures.draw(config.featureCount(), config.headWidth(), true, config.dtype(), rng).directions();
    }

    private boolean isDelta() { return config.update() == LinearAttentionConfig.Update.DELTA; }

    public LinearAttentionConfig config() { return config; }

    /** Draws other random directions, as Performers do from time to time while they learn. @throws IllegalStateException if there are none */
    public void redraw(Rng rng) {
        if (directions == null)
            throw new IllegalStateException("redraw: the features are " + config.features() + "; only FAVOR draws directions");
        Autograd.noGrad(() -> directions.copy_(drawn(rng)));
    }

    /**
     * Attends, without projections: what a layer does with its heads.
     *
     * @param map of queries and keys
     * @param q (batch, heads, T, d), k likewise
     * @param v (batch, heads, T, e)
     * @param causal whether a query sees only keys up to its own
     * @param chunk as {@link LinearAttentionConfig#chunk}
     */
    public static Tensor of(FeatureMap map, Tensor q, Tensor k, Tensor v, boolean causal, int chunk) {
        Tensor queries = map.ofQueries(q), keys = map.of(k), counted = counted(v);
        return normalised(causal ? new LinearRecurrence(null, chunk).of(queries, keys, counted, null, null).y()
                : queries.matmul(keys.transpose().matmul(counted)));
    }

    /** Values and a column of ones, whose sum is the normaliser. */
    private static Tensor counted(Tensor v) { return Tensor.concat(3, v, v.narrow(3, 0, 1).onesLike()); }

    private static Tensor normalised(Tensor y) {
        long e = y.size(3) - 1;
        return y.narrow(3, 0, e).div(y.narrow(3, e, 1).maximum(TINY));
    }

    /** The sums over all positions before, (batch, heads, features, d + 1): its size does not depend on how many. @throws UnsupportedOperationException unless causal */
    @Override public MixerSummary start() {
        if (!config.causal()) throw new UnsupportedOperationException("LinearAttention: a state needs causal attention");
        return new MixerSummary();
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (config.causal()) return joined(run(x, null, pass).y(), x, pass);
        var map = features();
        return joined(of(map, heads(q_proj, x, pass), heads(k_proj, x, pass), heads(v_proj, x, pass), false, 1), x, pass);
    }

    @Override public Tensor forward(Tensor x, MixerState state, Pass pass) {
        var summary = state(MixerSummary.class, state);
        var run = run(x, summary.tensors() == null ? null : summary.tensors().get("s"), pass);
        var y = joined(run.y(), x, pass);
        summary.follow(RecurrentState.of("s", run.state()), x.size(1));
        return emit(x, y, pass);
    }

    private FeatureMap features() {
        return switch (config.features()) {
            case ELU -> FeatureMap.elu();
            case FAVOR -> scaled(new PositiveFeatures(directions), Math.pow(config.headWidth(), -0.25));
        };
    }

    private static FeatureMap scaled(FeatureMap map, double factor) {
        return new FeatureMap() {
            @Override public Tensor of(Tensor x) { return map.of(x.mul(factor)); }

            @Override public Tensor ofQueries(Tensor q) { return map.ofQueries(q.mul(factor)); }
        };
    }

    private LinearRecurrence.Run run(Tensor x, Tensor before, Pass pass) {
        var map = features();
        Tensor q = map.ofQueries(heads(q_proj, x, pass)), k = map.of(heads(k_proj, x, pass)), v = heads(v_proj, x, pass);
        var recurrence = new LinearRecurrence(null, config.chunk());
        if (!isDelta()) {
            var run = recurrence.of(q, k, counted(v), null, before);
            return new LinearRecurrence.Run(normalised(run.y()), run.state());
        }
        var beta = LinearRecurrence.wide(beta_proj.forward(x, pass)).sigmoid().transpose(1, 2).unsqueeze(3);
        return recurrence.of(q.div(q.sum(-1, true)), k.div(k.sum(-1, true).maximum(TINY)), v, beta, before);
    }

    private Tensor heads(Linear projection, Tensor x, Pass pass) {
        return LinearRecurrence.wide(projection.forward(x, pass)).reshape(x.size(0), x.size(1), config.heads(), config.headWidth())
                .transpose(1, 2);
    }

    private Tensor joined(Tensor z, Tensor x, Pass pass) {
        var heads = pass.point(this, "z", z.to(x.dtype()));
        return o_proj.forward(heads.transpose(1, 2).reshape(x.size(0), x.size(1), (long) config.heads() * config.headWidth()), pass);
    }
}
