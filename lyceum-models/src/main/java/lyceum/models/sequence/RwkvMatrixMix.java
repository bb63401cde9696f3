package lyceum.models.sequence;

import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.GroupNorm;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.LinearScan;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Time mixing of RWKV-6, a matrix S for each head, whose rows fade as the data says:
 *
 * <pre>
 * y_t = r_t (S_(t-1) + diag(u) k_t' v_t)      S_t = diag(w_t) S_(t-1) + k_t' v_t      w_t = exp(-exp(d + tanh(x_w W1) W2))
 * </pre>
 *
 * <p>How much each of w, k, v, r and g hears of the position before depends on the data as well. The output is {@code W_o (norm(y) * silu(g))}, the norm over each
 * head. Sequences are computed by {@link LinearScan}. Parameters are named as published.
 *
 * @see <a href="https://arxiv.org/abs/2404.05892">Peng et al. (2024), section 4</a>
 */
public final class RwkvMatrixMix extends RecurrentMixer {
    private static final int MIXED = 5;
    private final RwkvConfig config;
    private final int heads;
    private final Tensor time_maa_x, time_maa_w, time_maa_k, time_maa_v, time_maa_r, time_maa_g, time_maa_w1, time_maa_w2, time_decay,
            time_decay_w1, time_decay_w2, time_faaaa;
    private final Linear receptance, key, value, gate, output;
    private final GroupNorm ln_x;

    /** @param layer its number, by which mixing and decays begin */
    public RwkvMatrixMix(RwkvConfig config, int layer, Rng rng) {
        super(config.width());
        this.config = config;
        int n = config.width(), rank = config.rank(), size = config.headWidth();
        heads = n / size;
        var type = config.dtype();
        double depth = config.layers() == 1 ? 0 : (double) layer / (config.layers() - 1), power = 1 - (double) layer / config.layers();
        time_maa_x = past(n, power, 0, type);
        time_maa_w = past(n, power, 0, type);
        time_maa_k = past(n, power, 0, type);
        time_maa_v = past(n, power, 0.3 * depth, type);
        time_maa_r = past(n, 0.5 * power, 0, type);
        time_maa_g = past(n, 0.5 * power, 0, type);
        time_maa_w1 = Init.uniform(-1e-4, 1e-4).sample(rng, type, n, (long) MIXED * rank).compute().requiresGrad();
        time_maa_w2 = Init.uniform(-1e-4, 1e-4).sample(rng, type, MIXED, rank, n).compute().requiresGrad();
        double[] decay = new double[n], bonus = new double[n];
        for (int i = 0; i < n; i++) {
            double at = n == 1 ? 0 : i / (n - 1.0);
            decay[i] = -6 + 5 * Math.pow(at, 0.7 + 1.3 * depth);
            bonus[i] = depth * (1 - at) + ((i + 1) % 3 - 1) * 0.1;
        }
        time_decay = Tensor.of(decay).to(type).compute().requiresGrad();
        time_decay_w1 = Init.uniform(-1e-4, 1e-4).sample(rng, type, n, rank).compute().requiresGrad();
        time_decay_w2 = Init.uniform(-1e-4, 1e-4).sample(rng, type, rank, n).compute().requiresGrad();
        time_faaaa = Tensor.of(bonus, heads, size).to(type).compute().requiresGrad();
        receptance = RwkvBlock.linear(n, n, type, rng);
        key = RwkvBlock.linear(n, n, type, rng);
        value = RwkvBlock.linear(n, n, type, rng);
        gate = RwkvBlock.linear(n, n, type, rng);
        output = RwkvBlock.linear(n, n, type, rng);
        ln_x = new GroupNorm(heads, n, 64e-5, type);
    }

    private static Tensor past(int n, double power, double less, DType type) {
        return RwkvBlock.ramp(n, power, type).detach().rsub(1.0).sub(less).compute().requiresGrad();
    }

    @Override public RecurrentState initial(long batch) {
        return RecurrentState.of("x", Tensor.zeros(config.dtype(), batch, width()), "s",
                Tensor.zeros(config.dtype(), batch, heads, config.headWidth(), config.headWidth()));
    }

    @Override protected Output through(Tensor x, RecurrentState before, Pass pass) {
        long batch = x.size(0), length = x.size(1), n = width(), rank = config.rank();
        var back = RwkvBlock.shifted(x, before.get("x")).sub(x);
        // (5, batch T, width): what the data adds to each share of the past.
        var low = x.add(back.mul(time_maa_x)).matmul(time_maa_w1).tanh().reshape(batch * length, MIXED, rank).transpose(0, 1);
        var more = low.matmul(time_maa_w2).reshape(MIXED, batch, length, n);
        Tensor[] bases = {time_maa_w, time_maa_k, time_maa_v, time_maa_r, time_maa_g}, mixed = new Tensor[MIXED];
        for (int i = 0; i < MIXED; i++) mixed[i] = x.add(back.mul(bases[i].add(more.select(0, i))));
        var w = time_decay.add(mixed[0].matmul(time_decay_w1).tanh().matmul(time_decay_w2)).exp().neg().exp();
        Tensor k = headed(key.forward(mixed[1], pass)), v = headed(value.forward(mixed[2], pass)),
                r = headed(receptance.forward(mixed[3], pass));
        // Time first: (T, batch, heads, rows, columns).
        var written = k.unsqueeze(4).mul(v.unsqueeze(3));
        var states = LinearScan.of(headed(w).unsqueeze(4).expand(written.shape().toArray()), written, before.get("s"));
        var seen = states.size(0) == 1 ? before.get("s").unsqueeze(0)
                : Tensor.concat(0, before.get("s").unsqueeze(0), states.narrow(0, 0, length - 1));
        var y = r.unsqueeze(3).matmul(seen.add(written.mul(time_faaaa.unsqueeze(2)))).squeeze(3);
        var flat = ln_x.forward(y.transpose(0, 1).reshape(batch * length, n), pass).reshape(batch, length, n);
        var g = Activation.SILU.forward(gate.forward(mixed[4], pass), pass);
        return new Output(output.forward(flat.mul(g), pass),
                RecurrentState.of("x", x.select(1, length - 1), "s", states.select(0, length - 1)));
    }

    private Tensor headed(Tensor x) { return x.transpose(0, 1).reshape(x.size(1), x.size(0), heads, config.headWidth()); }
}
