package lyceum.nn;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;

/**
 * A cell whose gates do not see the state, so that its states are a {@link LinearScan}:
 *
 * <pre>
 * minLSTM: f, i = sigmoid(W x + b)   h' = f / (f + i) h + i / (f + i) (W_h x + b)
 * minGRU:  z = sigmoid(W x + b)      h' = (1 - z) h + z (W_h x + b)
 * </pre>
 *
 * <p>The two weights sum to 1: a state stays within the range of the one it began with and the candidates. {@code weight_ih} has the blocks f, i, candidate,
 * or z, candidate.
 *
 * @see <a href="https://arxiv.org/abs/2410.01201">Feng et al. (2024)</a>
 */
public final class MinLstmCell extends RecurrentCell {
    private final Tensor weight_ih, bias_ih;
    private final MinLstmVariant variant;

    public MinLstmCell(int inputs, int units, MinLstmVariant variant, boolean bias, DType dtype, Rng rng) {
        super(inputs, units);
        this.variant = variant;
        long blocks = variant.gru() ? 2 : 3;
        weight_ih = parameter(rng, dtype, inputs, blocks * units, inputs);
        bias_ih = bias ? parameter(rng, dtype, inputs, blocks * units) : null;
        if (variant.horizon() > 0) remember(units, rng);
    }

    /** Biases b of f and -b of i, so that {@code f / (f + i) = sigmoid(b) = tau / (tau + 1)} where the input says nothing. */
    private void remember(int units, Rng rng) {
        if (bias_ih == null) throw new IllegalArgumentException("MinLstmCell: a horizon of " + variant.horizon() + " needs biases");
        var b = Tensor.rand(rng, DType.F64, units).mul(Math.log(variant.horizon())).to(bias_ih.dtype());
        Autograd.noGrad(() -> {
            bias_ih.set_(variant.gru() ? b.neg() : b, Index.range(0, units));
            if (!variant.gru()) bias_ih.set_(b.neg(), Index.range(units, 2L * units));
        });
    }

    @Override public RecurrentState initial(long batch) {
        return RecurrentState.of("h", Tensor.zeros(weight_ih.dtype(), batch, outputs()));
    }

    @Override protected Tensor project(Tensor x) { return x.affine(weight_ih, bias_ih); }

    @Override protected RecurrentState next(Tensor projected, RecurrentState state, Pass pass) {
        var g = gate(projected);
        var f = pass.point(this, "forget", g.sigmoid());
        var i = pass.point(this, "input", g.neg().sigmoid());
        return RecurrentState.of("h", f.mul(state.get("h")).add(i.mul(pass.point(this, "candidate", candidate(projected)))));
    }

    /** How much more is forgotten than let in: {@code log(f / i)}. */
    private Tensor gate(Tensor projected) {
        var x = block(projected, 0);
        return variant.gru() ? x.neg() : block(projected, 1).neg().softplus().sub(x.neg().softplus());
    }

    private Tensor candidate(Tensor projected) {
        var x = block(projected, variant.gru() ? 1 : 2);
        return variant.logSpace() ? x.ge(0).where(x.add(0.5), x.sigmoid()) : x;
    }

    private Tensor logCandidate(Tensor projected) {
        var x = block(projected, variant.gru() ? 1 : 2);
        return x.ge(0).where(x.relu().add(0.5).log(), x.logSigmoid());
    }

    private Tensor block(Tensor projected, long k) { return projected.narrow(projected.rank() - 1, k * outputs(), outputs()); }

    @Override protected Sequence run(Tensor x, RecurrentState initial, int[] lengths, boolean backward, Pass pass) {
        if (variant.chunk() == 1) return super.run(x, initial, lengths, backward, pass);
        var projected = project(backward ? x.flip(0) : x);
        long steps = x.size(0), chunk = variant.chunk() == 0 ? steps : variant.chunk();
        Tensor beyond = lengths == null ? null : beyond(lengths, steps, backward), h = initial.get("h");
        var parts = new ArrayList<Tensor>();
        for (long from = 0; from < steps; from += chunk) {
            long n = Math.min(chunk, steps - from);
            var part = scan(projected.narrow(0, from, n), h, beyond == null ? null : beyond.narrow(0, from, n), pass);
            parts.add(part);
            h = part.select(0, n - 1);
        }
        var states = parts.size() == 1 ? parts.getFirst() : Tensor.concat(0, parts.toArray(Tensor[]::new));
        if (beyond != null) states = states.maskedFill(beyond, 0);
        return new Sequence(backward ? states.flip(0) : states, RecurrentState.of("h", h));
    }

    /** All states of a stretch; where an example has ended, they stand still. */
    private Tensor scan(Tensor projected, Tensor initial, Tensor beyond, Pass pass) {
        var g = gate(projected);
        if (variant.logSpace()) {
            Tensor f = g.neg().softplus().neg(), b = g.softplus().neg().add(logCandidate(projected));
            if (beyond != null) {
                f = f.maskedFill(beyond, 0);
                b = beyond.where(LinearScan.log(Tensor.zeros(b.dtype())), b);
            }
            return LinearScan.ofLogs(f, b, LinearScan.log(initial)).exp();
        }
        Tensor f = pass.point(this, "forget", g.sigmoid()), i = pass.point(this, "input", g.neg().sigmoid());
        var b = i.mul(pass.point(this, "candidate", candidate(projected)));
        if (beyond != null) {
            f = f.maskedFill(beyond, 1);
            b = b.maskedFill(beyond, 0);
        }
        return LinearScan.of(f, b, initial);
    }

    private static Tensor beyond(int[] lengths, long steps, boolean backward) {
        var beyond = Tensor.arange(steps).reshape(-1, 1, 1).ge(Tensor.of(lengths).reshape(1, -1, 1));
        return backward ? beyond.flip(0) : beyond;
    }
}
