package lyceum.nn;

import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Multi-scale retention: what a position said n positions ago counts {@code g^n} now, with a g for each head.
 *
 * <pre>
 * parallel    Y = (Q K' * D) V             D_nm = g^(n-m) for n >= m, else 0
 * recurrent   S_n = g S_(n-1) + k_n' v_n   y_n = q_n S_n
 * output      (silu(X W_G) * norm(Y)) W_O
 * </pre>
 *
 * {@snippet :
 * var layer = new Retention(new RetentionConfig(256, 4), rng);            // chunks of 64
 * var state = layer.start();
 * Tensor next = layer.forward(token, state, pass);                        // memory of one size
 * var config = TransformerConfig.original(256, 4, 1024).withMixer(new RetentionConfig(256, 4));
 * }
 *
 * <p>Queries and keys are turned by their positions, keys scaled by {@code 1 / sqrt(keyWidth)}; {@code norm} is over each head of each position. The
 * published scaling of D's rows is left out: the norm takes it out again. Parameters: {@code q_proj}, {@code k_proj}, {@code v_proj}, {@code g_proj},
 * {@code out_proj}, {@code group_norm}. Hooks find {@code retained}, before the norm.
 *
 * @see <a href="https://arxiv.org/abs/2307.08621">Sun et al. (2023)</a>
 */
public final class Retention extends SequenceMixer {
    private final RetentionConfig config;
    private final LinearRecurrence recurrence;
    private final Linear q_proj, k_proj, v_proj, g_proj, out_proj;
    private final GroupNorm group_norm;

    public Retention(RetentionConfig config, Rng rng) {
        this.config = config;
        recurrence = new LinearRecurrence(IntStream.range(0, config.heads()).mapToDouble(config::decay).toArray(), config.chunk());
        int keys = config.heads() * config.keyWidth(), values = config.heads() * config.valueWidth();
        q_proj = projection(config.width(), keys, rng);
        k_proj = projection(config.width(), keys, rng);
        v_proj = projection(config.width(), values, rng);
        g_proj = config.gated() ? projection(config.width(), values, rng) : null;
        out_proj = projection(values, config.width(), rng);
        group_norm = new GroupNorm(config.heads(), values, config.epsilon(), config.dtype());
    }

    private Linear projection(int inputs, int outputs, Rng rng) {
        return new Linear(inputs, outputs, config.bias(), config.dtype(), Init.glorotUniform(), rng);
    }

    public RetentionConfig config() { return config; }

    /** The state S of each head, (batch, heads, keyWidth, valueWidth). */
    @Override public MixerSummary start() { return new MixerSummary(); }

    @Override protected Tensor compute(Tensor x, Pass pass) { return joined(run(x, 0, null, pass).y(), x, pass); }

    @Override public Tensor forward(Tensor x, MixerState state, Pass pass) {
        var summary = state(MixerSummary.class, state);
        var run = run(x, summary.length(), summary.tensors() == null ? null : summary.tensors().get("s"), pass);
        var y = joined(run.y(), x, pass);
        summary.follow(RecurrentState.of("s", run.state()), x.size(1));
        return emit(x, y, pass);
    }

    private LinearRecurrence.Run run(Tensor x, long start, Tensor before, Pass pass) {
        Tensor q = turned(heads(q_proj, x, config.keyWidth(), pass), start),
                k = turned(heads(k_proj, x, config.keyWidth(), pass), start).div(Math.sqrt(config.keyWidth()));
        return recurrence.of(q, k, heads(v_proj, x, config.valueWidth(), pass), null, before);
    }

    private Tensor turned(Tensor x, long start) {
        return config.rotary() == null ? x : config.rotary().at(start, x.size(2), x.dtype()).of(x);
    }

    private Tensor heads(Linear projection, Tensor x, int width, Pass pass) {
        return LinearRecurrence.wide(projection.forward(x, pass)).reshape(x.size(0), x.size(1), config.heads(), width).transpose(1, 2);
    }

    private Tensor joined(Tensor y, Tensor x, Pass pass) {
        long values = (long) config.heads() * config.valueWidth();
        var found = pass.point(this, "retained", y).transpose(1, 2).reshape(x.size(0) * x.size(1), values);
        var normal = group_norm.forward(found, pass).reshape(x.size(0), x.size(1), values).to(x.dtype());
        return out_proj.forward(g_proj == null ? normal : Activation.SILU.forward(g_proj.forward(x, pass), pass).mul(normal), pass);
    }
}
