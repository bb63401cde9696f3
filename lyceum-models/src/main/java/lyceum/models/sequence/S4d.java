package lyceum.models.sequence;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.LongConvolution;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A diagonal state space layer whose matrices are the same at every step, so that it is one long convolution, or a recurrence:
 *
 * <pre>
 * A' = exp(d A)     B' = (A' - 1) / A                     an input that is held between samples
 * h_t = A' h_(t-1) + B' u_t        y_t = 2 Re(C . h_t) + D u_t
 * y = K * u,  K_t = 2 Re(C . A'^t B')                     out = W gelu(y)
 * </pre>
 *
 * <p>With one position the recurrence is computed, with more the convolution, and what the state before them adds. Parameters: {@code log_dt} (width),
 * {@code log_A_real} and {@code A_imag} (width, state), {@code C} (width, state, 2), {@code D}, {@code output_linear}. The state {@code h} is (batch,
 * width, state, 2).
 *
 * @see <a href="https://arxiv.org/abs/2206.11893">Gu, Gupta, Goel and Ré (2022)</a>
 */
public final class S4d extends RecurrentMixer {
    private final S4dConfig config;
    private final Tensor log_dt, log_A_real, A_imag, C, D;
    private final Linear output_linear;

    /** Complex numbers. */
    record Complex(Tensor re, Tensor im) {
        Complex times(Complex o) { return new Complex(re.mul(o.re).sub(im.mul(o.im)), re.mul(o.im).add(im.mul(o.re))); }

        Complex over(Complex o) {
            var size = o.re.square().add(o.im.square());
            var up = times(new Complex(o.re, o.im.neg()));
            return new Complex(up.re.div(size), up.im.div(size));
        }

        static Complex exp(Tensor x, Tensor y) { return new Complex(x.exp().mul(y.cos()), x.exp().mul(y.sin())); }

        /** {@code exp(z) - 1} without cancellation near 0. */
        Complex expm1() { return new Complex(re.expm1().mul(im.cos()).sub(im.mul(0.5).sin().square().mul(2)), re.exp().mul(im.sin())); }
    }

    public S4d(S4dConfig config, Rng rng) {
        super(config.width());
        this.config = config;
        int width = config.width(), n = config.state();
        var type = config.dtype();
        log_dt = Tensor.rand(rng, type, width).mul(Math.log(config.mostStep() / config.leastStep())).add(Math.log(config.leastStep()))
                .compute().requiresGrad();
        log_A_real = filled(width, IntStream.range(0, n).mapToDouble(i -> Math.log(-config.spectrum().real(i))).toArray(), type);
        A_imag = filled(width, IntStream.range(0, n).mapToDouble(i -> config.spectrum().imaginary(i, 2 * n)).toArray(), type);
        C = Tensor.randn(rng, type, width, n, 2).mul(Math.sqrt(0.5)).compute().requiresGrad();
        D = Tensor.randn(rng, type, width).compute().requiresGrad();
        int outputs = (config.gated() ? 2 : 1) * width;
        output_linear = new Linear(width, outputs, true, type, Init.torchLinear(width), rng);
    }

    private static Tensor filled(int width, double[] row, DType type) {
        return Tensor.of(row).expand(width, row.length).to(type).copy().compute().requiresGrad();
    }

    public S4dConfig config() { return config; }

    /** Of every channel and number (width, state, 2): {@code A'} and {@code B'}, real part first. */
    public SelectiveScan.Discrete discretised() {
        var a = new Complex(log_A_real.exp().neg(), A_imag);
        var x = scaled(a);
        var b = x.expm1().over(a);
        var factor = Complex.exp(x.re, x.im);
        return new SelectiveScan.Discrete(Tensor.stack(2, factor.re, factor.im), Tensor.stack(2, b.re, b.im));
    }

    /** A itself (width, state, 2). */
    public Tensor continuous() { return Tensor.stack(2, log_A_real.exp().neg(), A_imag); }

    /** The steps (width). */
    public Tensor steps() { return log_dt.exp(); }

    private Complex scaled(Complex a) {
        var d = log_dt.exp().unsqueeze(1);
        return new Complex(a.re.mul(d), a.im.mul(d));
    }

    /** {@code A'} to the powers from, .., (width, state, n). */
    private Complex powers(long from, long n) {
        var x = scaled(new Complex(log_A_real.exp().neg(), A_imag));
        var t = Tensor.arange(from, from + n, 1).to(config.dtype());
        return Complex.exp(x.re.unsqueeze(2).mul(t), x.im.unsqueeze(2).mul(t));
    }

    private static Complex complex(Tensor pairs) { return new Complex(pairs.select(-1, 0), pairs.select(-1, 1)); }

    /** The filter K (width, length). */
    public Tensor kernel(long length) {
        var weight = complex(C).times(complex(discretised().weight()));
        var p = powers(0, length);
        return weight.re.unsqueeze(1).matmul(p.re).sub(weight.im.unsqueeze(1).matmul(p.im)).squeeze(1).mul(2);
    }

    @Override public RecurrentState initial(long batch) {
        return RecurrentState.of("h", Tensor.zeros(config.dtype(), batch, config.width(), config.state(), 2));
    }

    @Override protected Output through(Tensor x, RecurrentState before, Pass pass) {
        var out = x.size(1) == 1 ? step(x, before) : convolved(x, before);
        var y = output_linear.forward(out.y().add(x.mul(D)).gelu(), pass);
        if (config.gated()) {
            var halves = y.chunk(2, 2);
            y = halves[0].mul(halves[1].sigmoid());
        }
        return new Output(y, out.state());
    }

    private Output step(Tensor x, RecurrentState before) {
        var discrete = discretised();
        var kept = complex(before.get("h")).times(complex(discrete.factor()));
        var u = x.transpose(1, 2);
        var b = complex(discrete.weight());
        var h = new Complex(kept.re.add(b.re.mul(u)), kept.im.add(b.im.mul(u)));
        return new Output(complex(C).times(h).re.sum(2).mul(2).unsqueeze(1), RecurrentState.of("h", Tensor.stack(3, h.re, h.im)));
    }

    private Output convolved(Tensor x, RecurrentState before) {
        long n = x.size(1);
        var u = x.transpose(1, 2);
        var y = LongConvolution.of(u, kernel(n), LongConvolution.Method.AUTO);
        Complex since = powers(1, n), h = complex(before.get("h")), c = complex(C).times(h);
        y = y.add(c.re.unsqueeze(2).matmul(since.re).sub(c.im.unsqueeze(2).matmul(since.im)).squeeze(2).mul(2));
        // What is left of each input when the last has come.
        var left = powers(0, n);
        var reversed = u.flip(2).unsqueeze(3);
        var sum = new Complex(left.re.matmul(reversed).squeeze(3), left.im.matmul(reversed).squeeze(3));
        Complex added = sum.times(complex(discretised().weight())),
                all = h.times(new Complex(since.re.select(2, n - 1), since.im.select(2, n - 1)));
        return new Output(y.transpose(1, 2), RecurrentState.of("h", Tensor.stack(3, all.re.add(added.re), all.im.add(added.im))));
    }

    /** Token numbers to logits, as {@link Mamba#model}. */
    public static RecurrentModel model(S4dConfig config, int tokens, int layers, Rng rng) {
        return RecurrentModel.of(tokens, IntStream.range(0, layers)
                .mapToObj(_ -> (RecurrentMixer) new RecurrentResidual(config.build(rng), config.dtype())).toList(), config.dtype(), rng);
    }
}
