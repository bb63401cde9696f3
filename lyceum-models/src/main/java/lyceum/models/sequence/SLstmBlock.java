package lyceum.models.sequence;

import java.util.LinkedHashMap;
import lyceum.backend.Convolution;
import lyceum.nn.Conv1d;
import lyceum.nn.GroupNorm;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * An sLSTM and a gated feed-forward network behind it, about both of which the stream passes (post up-projection):
 *
 * <pre>
 * i, f: W silu(conv(norm(x))) + R h + b      z, o: W norm(x) + R h + b            R by heads
 * c' = f c + exp(i) tanh(z)                  n' = f n + exp(i)                    h' = sigmoid(o) c' / n'
 * </pre>
 *
 * <p>c and n are kept over {@code exp(m)}, {@code m' = max(log f + m, i)}. {@code early} has the weights of i and f, {@code late} those of z and o, {@code recurrent} (heads, d, 4 d) and {@code bias} all four.
 *
 * @see <a href="https://arxiv.org/abs/2405.04517">Beck et al. (2024), section 2.2</a>
 */
public final class SLstmBlock extends RecurrentMixer {
    private final XLstmConfig config;
    private final LayerNorm norm, ffn_norm;
    private final Conv1d conv1d;
    private final Linear early, late;
    private final Tensor recurrent, bias;
    private final GroupNorm group_norm;
    private final Linear up, down;

    public SLstmBlock(XLstmConfig config, Rng rng) {
        super(config.width());
        this.config = config;
        int n = config.width(), d = n / config.heads();
        var type = config.dtype();
        norm = new LayerNorm(1e-5, type, n);
        conv1d = config.kernel() == 0 ? null
                : new Conv1d(n, n, new int[] {config.kernel()}, new Convolution().withGroups(n), true, type, null, rng);
        early = new Linear(n, 2L * n, false, type, Init.torchLinear(n), rng);
        late = new Linear(n, 2L * n, false, type, Init.torchLinear(n), rng);
        recurrent = Init.torchLinear(d).sample(rng, type, config.heads(), d, 4L * d).compute().requiresGrad();
        var first = new double[4 * n];
        for (int i = 0; i < n; i++) first[n + i] = n == 1 ? 3 : 3 + 3.0 * i / (n - 1);
        bias = Tensor.of(first).to(type).compute().requiresGrad();
        group_norm = new GroupNorm(config.heads(), n, 1e-5, type);
        ffn_norm = new LayerNorm(1e-5, type, n);
        up = new Linear(n, 2L * config.hidden(), false, type, Init.torchLinear(n), rng);
        down = new Linear(config.hidden(), n, false, type, Init.torchLinear(config.hidden()), rng);
    }

    @Override public RecurrentState initial(long batch) {
        var all = new LinkedHashMap<String, Tensor>();
        var zeros = Tensor.zeros(config.dtype(), batch, width());
        if (conv1d != null) all.put("conv", Tensor.zeros(config.dtype(), batch, width(), config.kernel() - 1L));
        all.put("h", zeros);
        all.put("c", zeros);
        all.put("n", zeros);
        all.put("m", Tensor.full(config.dtype(), MatrixMemory.NOTHING, batch, width()));
        return RecurrentState.of(all);
    }

    @Override protected Output through(Tensor x, RecurrentState before, Pass pass) {
        long batch = x.size(0), n = width();
        int length = (int) x.size(1);
        var after = new LinkedHashMap<String, Tensor>();
        var z = norm.forward(x, pass);
        var a = MLstmBlock.convolved(conv1d, z, before, after, pass);
        var given = Tensor.concat(2, early.forward(a, pass), late.forward(z, pass)).add(bias).transpose(0, 1);
        Tensor h = before.get("h"), c = before.get("c"), norms = before.get("n"), m = before.get("m");
        var outputs = new Tensor[length];
        for (int t = 0; t < length; t++) {
            var gates = given.select(0, t).add(byHeads(h)).chunk(1, 4);
            var kept = XLstm.logForget(config.forget(), gates[1]).add(m);
            m = kept.maximum(gates[0]).detach();
            Tensor f = kept.sub(m).exp(), i = gates[0].sub(m).exp();
            c = f.mul(c).add(i.mul(gates[2].tanh()));
            norms = f.mul(norms).add(i);
            h = gates[3].sigmoid().mul(c.div(norms));
            outputs[t] = h;
        }
        after.put("h", h);
        after.put("c", c);
        after.put("n", norms);
        after.put("m", m);
        var y = Tensor.stack(1, outputs);
        x = x.add(group_norm.forward(y.reshape(batch * length, n), pass).reshape(batch, length, n));
        var halves = up.forward(ffn_norm.forward(x, pass), pass).chunk(2, 2);
        return new Output(x.add(down.forward(halves[0].gelu().mul(halves[1]), pass)), RecurrentState.of(after));
    }

    /** R h, (batch, 4 width) in the order of the gates. */
    private Tensor byHeads(Tensor h) {
        long batch = h.size(0), heads = config.heads(), d = width() / heads;
        return h.reshape(batch, heads, d).transpose(0, 1).matmul(recurrent).reshape(heads, batch, 4, d).permute(1, 2, 0, 3).reshape(batch,
                4L * width());
    }
}
