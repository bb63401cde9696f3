package lyceum.models.sequence;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A block of {@link Rwkv}: {@code x + time(norm(x))}, then {@code x + channel(norm(x))}. Children as published: {@code pre_ln}, {@code ln1}, {@code attention}, {@code ln2}, {@code feed_forward}. */
public final class RwkvBlock extends RecurrentMixer {
    private final LayerNorm pre_ln, ln1, ln2;
    private final RecurrentMixer attention, feed_forward;

    /** @param layer its number; the first normalises the embeddings before all else */
    public RwkvBlock(RwkvConfig config, int layer, Rng rng) {
        super(config.width());
        pre_ln = layer == 0 ? new LayerNorm(1e-5, config.dtype(), config.width()) : null;
        ln1 = new LayerNorm(1e-5, config.dtype(), config.width());
        ln2 = new LayerNorm(1e-5, config.dtype(), config.width());
        attention = config.version() == RwkvConfig.Version.V4 ? new RwkvTimeMix(config, layer, rng) : new RwkvMatrixMix(config, layer, rng);
        feed_forward = new ChannelMix(config, layer, rng);
    }

    /** The time mixing. */
    public RecurrentMixer attention() { return attention; }

    @Override public RecurrentState initial(long batch) {
        return RecurrentState
                .join(new LinkedHashMap<>(Map.of("attention", attention.initial(batch), "feed_forward", feed_forward.initial(batch))));
    }

    @Override protected Output through(Tensor x, RecurrentState before, Pass pass) {
        if (pre_ln != null) x = pre_ln.forward(x, pass);
        var time = attention.run(ln1.forward(x, pass), before.part("attention"), pass);
        x = x.add(time.y());
        var channel = feed_forward.run(ln2.forward(x, pass), before.part("feed_forward"), pass);
        var after = new LinkedHashMap<String, RecurrentState>();
        after.put("attention", time.state());
        after.put("feed_forward", channel.state());
        return new Output(x.add(channel.y()), RecurrentState.join(after));
    }

    /** x moved one position on: the last of those before, then all but the last. */
    static Tensor shifted(Tensor x, Tensor last) {
        return x.size(1) == 1 ? last.unsqueeze(1) : Tensor.concat(1, last.unsqueeze(1), x.narrow(1, 0, x.size(1) - 1));
    }

    /** {@code (i / width)^power}: how much of the present position each channel begins with. */
    static Tensor ramp(int width, double power, DType dtype) {
        var t = new double[width];
        for (int i = 0; i < width; i++) t[i] = Math.pow((double) i / width, power);
        return Tensor.of(t).to(dtype).compute().requiresGrad();
    }

    static Linear linear(int inputs, int outputs, DType dtype, Rng rng) {
        return new Linear(inputs, outputs, false, dtype, Init.torchLinear(inputs), rng);
    }

    /** {@code sigmoid(W_r x_r) * W_v relu(W_k x_k)^2}, where x_k and x_r are mixed of a position and the one before it. */
    private static final class ChannelMix extends RecurrentMixer {
        private final DType dtype;
        private final Tensor time_mix_key, time_mix_receptance;
        private final Linear key, receptance, value;

        ChannelMix(RwkvConfig c, int layer, Rng rng) {
            super(c.width());
            dtype = c.dtype();
            double power = 1 - (double) layer / c.layers();
            time_mix_key = ramp(c.width(), power, dtype);
            time_mix_receptance = ramp(c.width(), power, dtype);
            key = linear(c.width(), c.hidden(), dtype, rng);
            receptance = linear(c.width(), c.width(), dtype, rng);
            value = linear(c.hidden(), c.width(), dtype, rng);
        }

        @Override public RecurrentState initial(long batch) { return RecurrentState.of("x", Tensor.zeros(dtype, batch, width())); }

        @Override protected Output through(Tensor x, RecurrentState before, Pass pass) {
            var past = shifted(x, before.get("x"));
            var k = key.forward(past.add(x.sub(past).mul(time_mix_key)), pass).relu().square();
            var r = receptance.forward(past.add(x.sub(past).mul(time_mix_receptance)), pass).sigmoid();
            return new Output(r.mul(value.forward(k, pass)), RecurrentState.of("x", x.select(1, x.size(1) - 1)));
        }
    }
}
