package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A gated recurrent unit:
 *
 * <pre>
 * r, z = sigmoid(W x + U h + b)         h' = z h + (1 - z) n
 * n = tanh(W_n x + b + r (U_n h + b'))  reset after the product: cuDNN, PyTorch
 * n = tanh(W_n x + b + U_n (r h) + b')  reset before it: the paper
 * </pre>
 *
 * <p>Gates are blocks of {@code weight_ih} (3 units, inputs) and {@code weight_hh} (3 units, units) in PyTorch's order r, z, n.
 *
 * @see <a href="https://arxiv.org/abs/1406.1078">Cho et al. (2014)</a>
 */
public final class GruCell extends RecurrentCell {
    private final Tensor weight_ih, weight_hh, bias_ih, bias_hh;
    private final boolean resetAfter;

    public GruCell(int inputs, int units, boolean resetAfter, boolean bias, DType dtype, Rng rng) {
        super(inputs, units);
        this.resetAfter = resetAfter;
        long n = units;
        weight_ih = parameter(rng, dtype, n, 3 * n, inputs);
        weight_hh = parameter(rng, dtype, n, 3 * n, n);
        bias_ih = bias ? parameter(rng, dtype, n, 3 * n) : null;
        bias_hh = bias ? parameter(rng, dtype, n, 3 * n) : null;
    }

    @Override public RecurrentState initial(long batch) {
        return RecurrentState.of("h", Tensor.zeros(weight_hh.dtype(), batch, outputs()));
    }

    @Override protected Tensor project(Tensor x) { return x.affine(weight_ih, bias_ih); }

    @Override protected RecurrentState next(Tensor projected, RecurrentState state, Pass pass) {
        var h = state.get("h");
        long n = outputs();
        Tensor r, z, fromState;
        var x = projected.chunk(1, 3);
        if (resetAfter) {
            var u = h.affine(weight_hh, bias_hh).chunk(1, 3);
            r = gate("reset", x[0].add(u[0]), pass);
            z = gate("update", x[1].add(u[1]), pass);
            fromState = r.mul(u[2]);
        } else {
            var u = h.affine(weight_hh.narrow(0, 0, 2 * n), bias_hh == null ? null : bias_hh.narrow(0, 0, 2 * n)).chunk(1, 2);
            r = gate("reset", x[0].add(u[0]), pass);
            z = gate("update", x[1].add(u[1]), pass);
            fromState = r.mul(h).affine(weight_hh.narrow(0, 2 * n, n), bias_hh == null ? null : bias_hh.narrow(0, 2 * n, n));
        }
        var candidate = pass.point(this, "candidate", x[2].add(fromState).tanh());
        // Not n + z (h - n): with z = 1 the state is to be copied bit for bit.
        return RecurrentState.of("h", z.mul(h).add(z.rsub(1.0).mul(candidate)));
    }

    private Tensor gate(String name, Tensor x, Pass pass) { return pass.point(this, name, x.sigmoid()); }
}
