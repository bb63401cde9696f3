package lyceum.train.peft;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.nn.Init;
import lyceum.nn.KvCache;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Learned keys and values before those of a sequence, in every attention: {@code 2 L p d} numbers for L layers, p positions and keys of width d (all heads
 * of them). What they do equals that of a cache that held them at the start, so positions turned by {@link lyceum.nn.RotaryEmbedding} begin at p.
 *
 * @param length p; 0 changes nothing
 * @param hidden 0 to train keys and values themselves; else they are {@code W2 tanh(W1 e + b1) + b2} of p trained vectors e over that many hidden units, in each layer
 * @param start standard deviation of the first values
 * @param targets attentions by name, or its end
 * @see <a href="https://arxiv.org/abs/2101.00190">Li and Liang (2021)</a>
 */
@Withers
public record PrefixTuning(int length, int hidden, double start, List<String> targets) implements PeftMethod, PrefixTuningWithers {
    public PrefixTuning {
        if (length < 0) throw new IllegalArgumentException("PrefixTuning: length is " + length + "; it is at least 0");
        if (hidden < 0) throw new IllegalArgumentException("PrefixTuning: hidden is " + hidden + "; it is at least 0");
        if (!(start >= 0 && Double.isFinite(start)))
            throw new IllegalArgumentException("PrefixTuning: start is " + start + "; it is at least 0");
        targets = List.copyOf(targets);
    }

    /** On every {@code attention}, keys and values themselves, begun with deviation 0.02. */
    public PrefixTuning(int length) { this(length, 0, 0.02, List.of("attention")); }

    @Override public List<Peft.Piece> pieces(Module model, String name, Rng rng) {
        var pieces = new ArrayList<Peft.Piece>();
        for (var place : PeftMethod.places("PrefixTuning", model, targets, m -> m instanceof MultiHeadAttention))
            pieces.add(new Peft.Piece(place.name(), place.module(),
                    new Layer(this, name, (MultiHeadAttention) place.module(), rng.split(pieces.size()))));
        return pieces;
    }

    /** Keys and values of one attention, (p, heads d) each. */
    static final class Layer extends Module implements MultiHeadAttention.Prefix {
        private final int length, heads;
        private final Map<String, Module> prefix_key, prefix_value, prefix_embedding, prefix_up, prefix_down;

        Layer(PrefixTuning c, String name, MultiHeadAttention host, Rng rng) {
            length = c.length;
            heads = host.config().keyHeads();
            var dtype = host.config().dtype();
            long d = (long) heads * host.config().headWidth();
            boolean direct = c.hidden == 0;
            prefix_key = direct ? Map.of(name, new Held(Init.normal(c.start).sample(rng, dtype, length, d))) : null;
            prefix_value = direct ? Map.of(name, new Held(Init.normal(c.start).sample(rng, dtype, length, d))) : null;
            prefix_embedding = direct ? null : Map.of(name, new Held(Tensor.randn(rng, dtype, length, d)));
            prefix_down = direct ? null : Map.of(name, new Linear(d, c.hidden, true, dtype, Init.torchLinear(d), rng));
            prefix_up = direct ? null : Map.of(name, new Linear(c.hidden, 2 * d, true, dtype, Init.normal(c.start), rng));
        }

        private static Module only(Map<String, Module> held) { return held.values().iterator().next(); }

        @Override public long length() { return length; }

        /** Keys and values of the prefix, (1, heads, p, d). */
        KvCache.Past past() {
            if (prefix_key != null)
                return new KvCache.Past(split(((Held) only(prefix_key)).weight()), split(((Held) only(prefix_value)).weight()));
            var both = only(prefix_up).forward(only(prefix_down).forward(((Held) only(prefix_embedding)).weight()).tanh()).chunk(-1, 2);
            return new KvCache.Past(split(both[0]), split(both[1]));
        }

        private Tensor split(Tensor t) { return t.reshape(1, length, heads, t.size(1) / heads).transpose(1, 2); }

        @Override public KvCache.Past before(KvCache.Past past) {
            if (length == 0) return past;
            var own = past();
            return new KvCache.Past(joined(own.keys(), past.keys()), joined(own.values(), past.values()));
        }

        private static Tensor joined(Tensor own, Tensor rest) {
            return Tensor.concat(2, own.expand(rest.size(0), own.size(1), own.size(2), own.size(3)), rest);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            throw new UnsupportedOperationException("a prefix alone computes nothing");
        }
    }
}
