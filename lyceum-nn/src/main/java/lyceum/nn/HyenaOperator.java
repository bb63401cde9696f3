package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Long convolutions with gates between them, in the place of attention: {@code z^1 = v}, {@code z^(n+1) = x^n * (h^n conv z^n)}, {@code y = z^(N+1)}, where v and
 * the gates {@code x^n} are projections of the input, each behind a short causal convolution, and the filters {@code h^n} are as long as the sequence: a network
 * of sines says their value at each position, and an exponential window lets them fade.
 *
 * {@snippet :
 * var layer = new HyenaOperator(new HyenaConfig(256, 2, 8192), rng);
 * Tensor y = layer.forward(x);                                        // (batch, T, 256), T up to 8192
 * Tensor filters = layer.filters(1024);                               // (order, width, 1024)
 * }
 *
 * <p>A filter also has a tap at 0 of its own, {@code skip}. Parameters: {@code in_proj}, {@code short_filter} ((N + 1) width, taps), {@code filter.0 ..} of the
 * network, {@code skip} (N, width), {@code out_proj}. A step of decoding convolves with all that was: its state grows with the positions.
 *
 * @see <a href="https://arxiv.org/abs/2302.10866">Poli et al. (2023)</a>
 */
public final class HyenaOperator extends SequenceMixer {
    private final HyenaConfig config;
    private final Linear in_proj, out_proj;
    private final Tensor short_filter, skip;
    private final List<Linear> filter;

    public HyenaOperator(HyenaConfig config, Rng rng) {
        this.config = config;
        int width = config.width(), streams = config.order() + 1;
        in_proj = projection(width, (long) streams * width, rng);
        short_filter = Init.torchLinear(config.shortKernel()).sample(rng, config.dtype(), (long) streams * width, config.shortKernel())
                .compute().requiresGrad();
        var layers = new ArrayList<Linear>();
        for (int i = 0; i <= config.depth(); i++) {
            int inputs = i == 0 ? 1 + 2 * config.bands() : config.hidden();
            layers.add(new Linear(inputs, i == config.depth() ? (long) config.order() * width : config.hidden(), i < config.depth(),
                    config.dtype(), Init.torchLinear(inputs), rng));
        }
        filter = List.copyOf(layers);
        skip = Tensor.randn(rng, config.dtype(), config.order(), width).compute().requiresGrad();
        out_proj = projection(width, width, rng);
    }

    private Linear projection(int inputs, long outputs, Rng rng) {
        return new Linear(inputs, outputs, config.bias(), config.dtype(), Init.glorotUniform(), rng);
    }

    public HyenaConfig config() { return config; }

    /** The first taps of the long filters, (order, width, taps), skips left out. */
    public Tensor filters(int taps) {
        if (taps < 1 || taps > config.length())
            throw new ShapeException("HyenaOperator: " + taps + " positions; between 1 and " + config.length());
        var t = Tensor.arange(taps).to(DType.F64).div(Math.max(1, config.length() - 1));
        var angles = t.unsqueeze(1).mul(Tensor.arange(1, config.bands() + 1, 1).to(DType.F64)).mul(Math.PI);
        var y = Tensor.concat(1, t.unsqueeze(1), angles.cos(), angles.sin()).to(config.dtype());
        for (int i = 0; i <= config.depth(); i++) {
            y = filter.get(i).forward(y);
            if (i < config.depth()) y = (i == 0 ? y.mul(config.frequency()) : y).sin();
        }
        return y.reshape(taps, config.order(), config.width()).permute(1, 2, 0).mul(window(t).to(config.dtype()));
    }

    /** How each channel fades, (width, taps): to a hundredth after a share of the length. */
    private Tensor window(Tensor t) {
        var rates = new double[config.width()];
        double fast = Math.log(100) / config.fastDecay(), slow = Math.log(100) / config.slowDecay();
        for (int c = 0; c < rates.length; c++) rates[c] = slow + (fast - slow) * c / Math.max(1, rates.length - 1);
        return Tensor.of(rates).unsqueeze(1).mul(t).neg().exp();
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return run(x, null, pass); }

    /** The projections so far and what went into each long filter. */
    private final class Past implements MixerState {
        private Tensor projected;
        private final Tensor[] inputs = new Tensor[config.order()];

        private Past(Tensor projected) { this.projected = projected; }

        @Override public long length() { return projected == null ? 0 : projected.size(2); }

        @Override public long bytes() {
            return projected == null ? 0 : (long) projected.dtype().bytes() * (projected.count() + inputs.length * inputs[0].count());
        }

        @Override public MixerState fork(int... rows) {
            if (projected == null) return new Past(null);
            var other = new Past(rows.length == 0 ? projected : projected.rows(rows).compute());
            for (int i = 0; i < inputs.length; i++) other.inputs[i] = rows.length == 0 ? inputs[i] : inputs[i].rows(rows).compute();
            return other;
        }

        @Override public void truncate(long... lengths) {
            for (long to : lengths) {
                if (to != lengths[0]) throw new UnsupportedOperationException("truncate: the rows of a Hyena state have one length");
                if (to < 0 || to > length())
                    throw new IllegalArgumentException("truncate: " + to + "; the state has seen " + length() + " positions");
            }
            if (lengths.length == 0 || projected == null) return;
            projected = lengths[0] == 0 ? null : projected.narrow(2, 0, lengths[0]);
            for (int i = 0; i < inputs.length; i++) inputs[i] = lengths[0] == 0 ? null : inputs[i].narrow(2, 0, lengths[0]);
        }

        /** Those before and these, which are kept. */
        private Tensor grown(Tensor before, Tensor now) {
            try (var kept = Scope.outside()) {
                return (before == null ? now.detach().copy() : Tensor.concat(2, before, now.detach())).compute();
            }
        }
    }

    /** Of no positions; it grows by {@code (2 N + 1) width} numbers with each. */
    @Override public MixerState start() { return new Past(null); }

    @Override public Tensor forward(Tensor x, MixerState state, Pass pass) {
        var past = state(Past.class, state);
        return emit(x, Autograd.noGrad(() -> run(x, past, pass)), pass);
    }

    private Tensor run(Tensor x, Past past, Pass pass) {
        long n = x.size(1), before = past == null ? 0 : past.length();
        if (before + n > config.length())
            throw new ShapeException("HyenaOperator: " + (before + n) + " positions; at most " + config.length());
        var projected = in_proj.forward(x, pass).transpose(1, 2);
        if (past != null) projected = past.projected = past.grown(past.projected, projected);
        var streams = LongConvolution.of(projected, short_filter, LongConvolution.Method.DIRECT).narrow(2, before, n).chunk(1,
                config.order() + 1);
        var filters = filters((int) (before + n));
        var z = streams[0];
        for (int i = 0; i < config.order(); i++) {
            var all = past == null ? z : past.grown(past.inputs[i], z);
            if (past != null) past.inputs[i] = all;
            var h = filters.get(i);
            var far = n == 1 && before > 0 ? h.flip(1).mul(all).sum(2, true)
                    : LongConvolution.of(all, h, config.method()).narrow(2, before, n);
            var mixed = far.add(z.mul(skip.get(i).unsqueeze(1)));
            z = config.gated() ? streams[i + 1].mul(mixed) : mixed;
        }
        return out_proj.forward(pass.point(this, "z", z).transpose(1, 2), pass);
    }
}
