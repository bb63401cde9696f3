package lyceum.nn;

import java.util.ArrayList;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Causal attention within segments, mixed head by head with what is found in a store of the segments before:
 *
 * <pre>
 * y = g found + (1 - g) local     g = sigmoid(gate)
 * neighbours: found = softmax over the k largest q . k_i / sqrt(d), of all that was
 * compressive: found = s(q) M / (s(q) . z)     M &lt;- M + s(K)' (V - s(K) M / (s(K) z))     z &lt;- z + sum s(k_t)     s = elu + 1
 * </pre>
 *
 * {@snippet :
 * var config = new SegmentAttentionConfig(new AttentionConfig(64, 4), 16, SegmentAttentionConfig.Store.COMPRESSIVE);
 * var decoder = DecoderConfig.llama(100, 4096, 2, 64, 4, 4, 128).eachBlock(b -> b.withMixer(config));
 * }
 *
 * <p>The store is read and written without positions; within a segment these count from its beginning. It is written when a segment is whole, so that parts of any
 * length give what the whole sequence gives. In a pass without a state gradients reach the writes of the compressive store, never those of neighbours; while a store
 * is empty, local attention stands alone. Without the delta rule the subtracted term is left out. Of products that are equal to the k-th all are read.
 *
 * <p>Parameters: {@code q_proj}, {@code k_proj}, {@code v_proj}, {@code o_proj} and {@code gate} (heads), which begins at 0.
 *
 * @see <a href="https://arxiv.org/abs/2203.08913">Wu, Rabe, Hutchins and Szegedy (2022)</a>
 * @see <a href="https://arxiv.org/abs/2404.07143">Munkhdalai, Faruqui and Gopal (2024)</a>
 */
public final class SegmentAttention extends SequenceMixer {
    private final SegmentAttentionConfig config;
    private final Linear q_proj, k_proj, v_proj, o_proj;
    private final Tensor gate;

    public SegmentAttention(SegmentAttentionConfig config, Rng rng) {
        this.config = config;
        var a = config.attention();
        int queries = a.heads() * a.headWidth(), keys = a.keyHeads() * a.headWidth();
        q_proj = linear(a.width(), queries, a.bias(), rng);
        k_proj = linear(a.width(), keys, a.bias(), rng);
        v_proj = linear(a.width(), keys, a.bias(), rng);
        o_proj = linear(queries, a.width(), a.bias() && a.outputBias(), rng);
        gate = config.store() == SegmentAttentionConfig.Store.NONE ? null : Tensor.zeros(a.dtype(), a.heads()).requiresGrad();
    }

    private Linear linear(int inputs, int outputs, boolean bias, Rng rng) {
        return new Linear(inputs, outputs, bias, config.attention().dtype(), Init.glorotUniform(), rng);
    }

    public SegmentAttentionConfig config() { return config; }

    /** g before its sigmoid (heads); null without a store. */
    public Tensor gate() { return gate; }

    /**
     * What is known: of the segment that is not whole its keys, turned and not, and values, and of those before the store: keys and values (batch, heads, M, d), or the
     * matrix (batch, heads, d, d) and the sums (batch, heads, d, 1). Null where there is nothing.
     */
    private record Held(Tensor turned, Tensor keys, Tensor values, Tensor first, Tensor second) {
        static final Held NOTHING = new Held(null, null, null, null, null);

        long waiting() { return keys == null ? 0 : keys.size(2); }

        Held map(UnaryOperator<Tensor> f) { return new Held(of(f, turned), of(f, keys), of(f, values), of(f, first), of(f, second)); }

        private static Tensor of(UnaryOperator<Tensor> f, Tensor t) { return t == null ? null : f.apply(t); }

        long bytes() { return bytes(turned) + bytes(keys) + bytes(values) + stored(); }

        long stored() { return bytes(first) + bytes(second); }

        private static long bytes(Tensor t) { return t == null ? 0 : t.count() * t.dtype().bytes(); }
    }

    /** What a layer knows of the positions before; for one thread. */
    public static final class State implements MixerState {
        private Held held = Held.NOTHING;
        private long length;

        private State() {}

        @Override public long length() { return length; }

        @Override public long bytes() { return held.bytes(); }

        /** Bytes of the store alone. */
        public long storedBytes() { return held.stored(); }

        @Override public State fork(int... rows) {
            var other = new State();
            other.length = length;
            try (var kept = Scope.outside()) {
                other.held = rows.length == 0 ? held : held.map(t -> t.rows(rows).copy().compute()); // held tensors are never written to
            }
            return other;
        }

        /** To nothing, or not at all. */
        @Override public void truncate(long... lengths) {
            if (!forgets("a store does not give them back", lengths)) return;
            held = Held.NOTHING;
            length = 0;
        }
    }

    @Override public State start() { return new State(); }

    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, new State(), pass, false); }

    @Override public Tensor forward(Tensor x, MixerState state, Pass pass) {
        return emit(x, through(x, state(State.class, state), pass, true), pass);
    }

    private Tensor through(Tensor x, State state, Pass pass, boolean keeps) {
        if (x.rank() != 3 || x.size(2) != config.width())
            throw new ShapeException("SegmentAttention: input " + x.shape() + "; it is (batch, T, " + config.width() + ")");
        var a = config.attention();
        Tensor q = split(q_proj.forward(x, pass), a.heads()), k = split(k_proj.forward(x, pass), a.keyHeads()),
                v = split(v_proj.forward(x, pass), a.keyHeads());
        var held = state.held;
        var parts = new ArrayList<Tensor>();
        for (long from = 0; from < x.size(1);) {
            long have = held.waiting(), n = Math.min(config.segment() - have, x.size(1) - from);
            Tensor own = q.narrow(2, from, n), keys = k.narrow(2, from, n), values = v.narrow(2, from, n);
            var turned = behind(held.turned, a.positions().turned(keys, have));
            held = new Held(turned, behind(held.keys, keys), behind(held.values, values), held.first, held.second);
            var local = a.attention().withCausal(true).of(a.positions().turned(own, have), turned, held.values);
            parts.add(held.first == null ? local : mixed(local, found(own, held), pass));
            if (held.waiting() == config.segment()) held = written(held);
            from += n;
        }
        if (keeps) try (var kept = Scope.outside()) {
            held = held.map(t -> t.detach().copy().compute());
        }
        state.held = held;
        state.length += x.size(1);
        var y = pass.point(this, "z", parts.size() == 1 ? parts.getFirst() : Tensor.concat(2, parts.toArray(Tensor[]::new)));
        return o_proj.forward(y.transpose(1, 2).reshape(x.size(0), x.size(1), (long) a.heads() * a.headWidth()), pass);
    }

    private Tensor split(Tensor x, int heads) {
        return x.reshape(x.size(0), x.size(1), heads, config.attention().headWidth()).transpose(1, 2);
    }

    private static Tensor behind(Tensor before, Tensor now) { return before == null ? now : Tensor.concat(2, before, now); }

    private Tensor mixed(Tensor local, Tensor found, Pass pass) {
        var g = gate.sigmoid().reshape(1, -1, 1, 1);
        return pass.point(this, "found", found).mul(g).add(local.mul(g.neg().add(1)));
    }

    private Tensor found(Tensor q, Held held) {
        int group = config.attention().heads() / config.attention().keyHeads();
        Tensor first = group == 1 ? held.first : held.first.repeatInterleave(1, group),
                second = group == 1 ? held.second : held.second.repeatInterleave(1, group);
        if (config.store() == SegmentAttentionConfig.Store.COMPRESSIVE) return read(positive(q), first, second);
        var attention = config.attention().attention().withCausal(false);
        if (config.neighbours() >= first.size(2)) return attention.of(q, first, second);
        var products = q.detach().matmul(first.transpose());
        var last = products.topk(config.neighbours(), -1).values().narrow(-1, config.neighbours() - 1, 1);
        return attention.withBias(products.ge(last)).of(q, first, second);
    }

    private static Tensor positive(Tensor x) { return x.gt(0).where(x.add(1), x.exp()); }

    private static Tensor read(Tensor s, Tensor matrix, Tensor sums) { return s.matmul(matrix).div(s.matmul(sums)); }

    /** The segment goes into the store. */
    private Held written(Held held) {
        Tensor first = held.first, second = held.second;
        switch (config.store()) {
            case NONE -> {}
            case NEIGHBOURS -> {
                first = latest(behind(first, held.keys.detach()));
                second = latest(behind(second, held.values.detach()));
            }
            case COMPRESSIVE -> {
                var s = positive(held.keys);
                var news = config.delta() && first != null ? held.values.sub(read(s, first, second)) : held.values;
                Tensor more = s.transpose().matmul(news), sums = s.sum(2, false).unsqueeze(3);
                first = first == null ? more : first.add(more);
                second = second == null ? sums : second.add(sums);
            }
        }
        return new Held(null, null, null, first, second);
    }

    private Tensor latest(Tensor all) {
        long n = Math.min(config.capacity(), all.size(2));
        return all.narrow(2, all.size(2) - n, n);
    }
}
