package lyceum.models.sequence;

import java.util.LinkedHashMap;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Time mixing of RWKV-4: {@code W_o (sigmoid(r) * wkv(k, v))}, where r, k and v come from a position mixed with the one before it. */
public final class RwkvTimeMix extends RecurrentMixer {
    private final RwkvConfig config;
    private final Tensor time_decay, time_first, time_mix_key, time_mix_value, time_mix_receptance;
    private final Linear key, value, receptance, output;

    /** @param layer its number, by which mixing and decays begin */
    public RwkvTimeMix(RwkvConfig config, int layer, Rng rng) {
        super(config.width());
        this.config = config;
        int n = config.width();
        var type = config.dtype();
        double depth = config.layers() == 1 ? 0 : (double) layer / (config.layers() - 1), power = 1 - (double) layer / config.layers();
        double[] decay = new double[n], first = new double[n];
        for (int i = 0; i < n; i++) {
            decay[i] = -5 + 8 * Math.pow(n == 1 ? 0 : i / (n - 1.0), 0.7 + 1.3 * depth);
            first[i] = Math.log(0.3) + ((i + 1) % 3 - 1) * 0.5;
        }
        time_decay = Tensor.of(decay).to(type).compute().requiresGrad();
        time_first = Tensor.of(first).to(type).compute().requiresGrad();
        time_mix_key = RwkvBlock.ramp(n, power, type);
        time_mix_value = RwkvBlock.ramp(n, power, type).detach().add(0.3 * depth).compute().requiresGrad();
        time_mix_receptance = RwkvBlock.ramp(n, 0.5 * power, type);
        key = RwkvBlock.linear(n, n, type, rng);
        value = RwkvBlock.linear(n, n, type, rng);
        receptance = RwkvBlock.linear(n, n, type, rng);
        output = RwkvBlock.linear(n, n, type, rng);
    }

    /** By what a channel's memory is multiplied at each position, (width). */
    public Tensor decays() { return time_decay.exp().neg().exp(); }

    @Override public RecurrentState initial(long batch) {
        var zeros = Tensor.zeros(config.dtype(), batch, width());
        return state(zeros, zeros, zeros, Tensor.full(config.dtype(), Wkv.NOTHING, batch, width()));
    }

    private static RecurrentState state(Tensor x, Tensor a, Tensor b, Tensor p) {
        var all = new LinkedHashMap<String, Tensor>();
        all.put("x", x);
        all.put("a", a);
        all.put("b", b);
        all.put("p", p);
        return RecurrentState.of(all);
    }

    @Override protected Output through(Tensor x, RecurrentState before, Pass pass) {
        var past = RwkvBlock.shifted(x, before.get("x"));
        var since = x.sub(past);
        var k = key.forward(past.add(since.mul(time_mix_key)), pass);
        var v = value.forward(past.add(since.mul(time_mix_value)), pass);
        var r = receptance.forward(past.add(since.mul(time_mix_receptance)), pass).sigmoid();
        var done = Wkv.of(k, v, time_decay.exp(), time_first, before.get("a"), before.get("b"), before.get("p"));
        return new Output(output.forward(r.mul(done.y()), pass), state(x.select(1, x.size(1) - 1), done.a(), done.b(), done.p()));
    }
}
