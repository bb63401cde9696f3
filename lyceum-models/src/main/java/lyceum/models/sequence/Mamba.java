package lyceum.models.sequence;

import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv1d;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A selective state space layer: what a token adds to the state, and how much of the state it leaves, depends on the token.
 *
 * <pre>
 * u, z = W_in x            u = silu(conv(u))
 * s, B, C = W_x u          d = softplus(W_d s + b)          A = -exp(A_log)
 * y = scan(u, d, A, B, C) + D u                             out = W_out (y * silu(z))
 * </pre>
 *
 * {@snippet :
 * var model = Mamba.model(new MambaConfig(256), 50_280, 8, rng);                    // a language model of 8 layers
 * var out = model.run(prompt, null, Pass.inference());                              // logits, and a state
 * var next = model.run(token, out.state(), Pass.inference());                       // its size never changes
 * }
 *
 * <p>Parameters have the published names and shapes: {@code in_proj}, {@code conv1d}, {@code x_proj}, {@code dt_proj}, {@code A_log} (inner, state),
 * {@code D}, {@code out_proj}. The state: {@code conv}, the last inputs of the convolution, and {@code ssm}.
 *
 * @see <a href="https://arxiv.org/abs/2312.00752">Gu and Dao (2023)</a>
 */
public final class Mamba extends RecurrentMixer {
    private final MambaConfig config;
    private final Tensor A_log, D;
    private final Linear in_proj, x_proj, dt_proj, out_proj;
    private final Conv1d conv1d;

    public Mamba(MambaConfig config, Rng rng) {
        super(config.width());
        this.config = config;
        int inner = config.inner(), n = config.state();
        var type = config.dtype();
        A_log = Tensor.arange(1.0, n + 1.0, 1.0).log().expand(inner, n).to(type).copy().compute().requiresGrad();
        D = Tensor.ones(type, inner).compute().requiresGrad();
        in_proj = new Linear(config.width(), 2L * inner, config.bias(), type, Init.torchLinear(config.width()), rng);
        conv1d = new Conv1d(inner, inner, new int[] {config.kernel()}, new Convolution().withGroups(inner), true, type, null, rng);
        x_proj = new Linear(inner, config.rank() + 2L * n, false, type, Init.torchLinear(inner), rng);
        dt_proj = new Linear(config.rank(), inner, true, type, Init.torchLinear(config.rank()), rng);
        out_proj = new Linear(inner, config.width(), config.bias(), type, Init.torchLinear(inner), rng);
        // softplus of the bias is uniform in the logarithm between the least step and the most.
        var steps = Tensor.rand(rng, type, inner).mul(Math.log(config.mostStep() / config.leastStep())).add(Math.log(config.leastStep()))
                .exp();
        Autograd.noGrad(() -> { dt_proj.bias().copy_(steps.add(steps.neg().expm1().neg().log())); });
    }

    /** Token numbers to logits: embedding, layers {@code x + mamba(norm(x))}, norm, and the embedding again. */
    public static RecurrentModel model(MambaConfig config, int tokens, int layers, Rng rng) {
        return RecurrentModel.of(tokens, IntStream.range(0, layers)
                .mapToObj(_ -> (RecurrentMixer) new RecurrentResidual(config.build(rng), config.dtype())).toList(), config.dtype(), rng);
    }

    public MambaConfig config() { return config; }

    @Override public RecurrentState initial(long batch) {
        return RecurrentState.of("conv", Tensor.zeros(config.dtype(), batch, config.inner(), config.kernel() - 1L), "ssm",
                Tensor.zeros(config.dtype(), batch, config.inner(), config.state()));
    }

    @Override protected Output through(Tensor x, RecurrentState before, Pass pass) {
        long length = x.size(1), n = config.state();
        var halves = in_proj.forward(x, pass).chunk(2, 2);
        var seen = Tensor.concat(2, before.get("conv"), halves[0].transpose(1, 2));
        var u = Activation.SILU.forward(conv1d.forward(seen, pass).transpose(1, 2), pass);
        var parts = x_proj.forward(u, pass).split(2, config.rank(), n, n);
        var d = pass.point(this, "step", dt_proj.forward(parts[0], pass).softplus());
        var done = SelectiveScan.of(u, d, A_log.exp().neg(), parts[1], parts[2], before.get("ssm"), config.hold(), config.method());
        var y = done.y().add(u.mul(D)).mul(Activation.SILU.forward(halves[1], pass));
        return new Output(out_proj.forward(y, pass),
                RecurrentState.of("conv", seen.narrow(2, length, config.kernel() - 1L), "ssm", done.state()));
    }
}
