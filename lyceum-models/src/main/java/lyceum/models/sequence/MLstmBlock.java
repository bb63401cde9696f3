package lyceum.models.sequence;

import java.util.LinkedHashMap;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
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
 * An mLSTM between an up and a down projection, about which the stream passes (pre up-projection):
 *
 * <pre>
 * u, z = W_up norm(x)      a = silu(conv(u))      q, k = W a      v = W u
 * y = x + W_down ((norm(memory(q / sqrt(d), k, v)) + s a) * silu(z))
 * </pre>
 *
 * @see MatrixMemory
 */
public final class MLstmBlock extends RecurrentMixer {
    private final XLstmConfig config;
    private final int inner;
    private final LayerNorm norm;
    private final Linear proj_up, q_proj, k_proj, v_proj, igate, fgate, proj_down;
    private final Conv1d conv1d;
    private final GroupNorm outnorm;
    private final Tensor learnable_skip;

    public MLstmBlock(XLstmConfig config, Rng rng) {
        super(config.width());
        this.config = config;
        inner = config.expand() * config.width();
        var type = config.dtype();
        norm = new LayerNorm(1e-5, type, config.width());
        proj_up = linear(config.width(), 2 * inner, false, rng);
        conv1d = config.kernel() == 0 ? null
                : new Conv1d(inner, inner, new int[] {config.kernel()}, new Convolution().withGroups(inner), true, type, null, rng);
        q_proj = linear(inner, inner, false, rng);
        k_proj = linear(inner, inner, false, rng);
        v_proj = linear(inner, inner, false, rng);
        igate = linear(3 * inner, config.heads(), true, rng);
        fgate = linear(3 * inner, config.heads(), true, rng);
        outnorm = new GroupNorm(config.heads(), inner, 1e-5, type);
        learnable_skip = Tensor.ones(type, inner).compute().requiresGrad();
        proj_down = linear(inner, config.width(), false, rng);
        // Gates begin the same for all inputs; heads forget at different rates.
        Autograd.noGrad(() -> {
            igate.weight().fill_(0.0);
            fgate.weight().fill_(0.0);
            igate.bias().copy_(Tensor.randn(rng, type, config.heads()).mul(0.1));
            fgate.bias().copy_(Tensor.linspace(3, 6, config.heads()).to(type));
        });
    }

    private Linear linear(int inputs, int outputs, boolean bias, Rng rng) {
        return new Linear(inputs, outputs, bias, config.dtype(), Init.torchLinear(inputs), rng);
    }

    @Override public RecurrentState initial(long batch) {
        long heads = config.heads(), d = inner / heads;
        var type = config.dtype();
        var all = new LinkedHashMap<String, Tensor>();
        if (conv1d != null) all.put("conv", Tensor.zeros(type, batch, inner, config.kernel() - 1L));
        all.put("c", Tensor.zeros(type, batch, heads, d, d));
        all.put("n", Tensor.zeros(type, batch, heads, d));
        all.put("m", Tensor.full(type, MatrixMemory.NOTHING, batch, heads));
        return RecurrentState.of(all);
    }

    @Override protected Output through(Tensor x, RecurrentState before, Pass pass) {
        long batch = x.size(0), length = x.size(1), heads = config.heads(), d = inner / heads;
        var halves = proj_up.forward(norm.forward(x, pass), pass).chunk(2, 2);
        var after = new LinkedHashMap<String, Tensor>();
        var a = convolved(conv1d, halves[0], before, after, pass);
        Tensor q = q_proj.forward(a, pass), k = k_proj.forward(a, pass), v = v_proj.forward(halves[0], pass),
                qkv = Tensor.concat(2, q, k, v);
        var input = pass.point(this, "input", igate.forward(qkv, pass).transpose(1, 2));
        var forget = pass.point(this, "forget", XLstm.logForget(config.forget(), fgate.forward(qkv, pass).transpose(1, 2)));
        var done = new MatrixMemory(config.chunk()).of(headed(q).div(Math.sqrt(d)), headed(k), headed(v), input, forget,
                new MatrixMemory.State(before.get("c"), before.get("n"), before.get("m")));
        var y = outnorm.forward(done.y().transpose(1, 2).reshape(batch * length, inner), pass).reshape(batch, length, inner);
        after.put("c", done.state().c());
        after.put("n", done.state().n());
        after.put("m", done.state().m());
        y = y.add(a.mul(learnable_skip)).mul(Activation.SILU.forward(halves[1], pass));
        return new Output(x.add(proj_down.forward(y, pass)), RecurrentState.of(after));
    }

    private Tensor headed(Tensor x) { return x.reshape(x.size(0), x.size(1), config.heads(), inner / config.heads()).transpose(1, 2); }

    /** {@code silu(conv(x))} of x (batch, T, channels) behind the inputs that the state knows; x itself without a convolution. */
    static Tensor convolved(Conv1d conv, Tensor x, RecurrentState before, LinkedHashMap<String, Tensor> after, Pass pass) {
        if (conv == null) return x;
        var seen = Tensor.concat(2, before.get("conv"), x.transpose(1, 2));
        after.put("conv", seen.narrow(2, x.size(1), before.get("conv").size(2)));
        return Activation.SILU.forward(conv.forward(seen, pass).transpose(1, 2), pass);
    }
}
