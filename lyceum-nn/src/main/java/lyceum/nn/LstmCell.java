package lyceum.nn;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Autocast;
import lyceum.tensor.Index;
import lyceum.tensor.LstmOp;
import lyceum.tensor.Tensor;

/**
 * A long short-term memory:
 *
 * <pre>
 * i, f, o = sigmoid(W x + U h + b)      g = tanh(W x + U h + b)
 * c' = f c + i g                        h' = o tanh(c')
 * </pre>
 *
 * <p>Gates are blocks of {@code weight_ih} (4 units, inputs) and {@code weight_hh} (4 units, width of h) in PyTorch's order i, f, g, o.
 *
 * @see <a href="https://doi.org/10.1162/neco.1997.9.8.1735">Hochreiter and Schmidhuber (1997)</a>
 * @see <a href="https://doi.org/10.1162/089976600300015015">Gers, Schmidhuber and Cummins (2000) for the forget gate</a>
 */
public final class LstmCell extends RecurrentCell {
    private final Tensor weight_ih, weight_hh, bias_ih, bias_hh, weight_hr, weight_ci, weight_cf, weight_co;
    private final LayerNorm norm_ih, norm_hh, norm_c;
    private final LstmVariant variant;
    private final int units;

    public LstmCell(int inputs, int units, LstmVariant variant, boolean bias, DType dtype, Rng rng) {
        super(inputs, variant.projection() > 0 ? variant.projection() : units);
        this.variant = variant;
        this.units = units;
        long n = units;
        weight_ih = parameter(rng, dtype, n, 4 * n, inputs);
        weight_hh = parameter(rng, dtype, n, 4 * n, outputs());
        bias_ih = bias ? parameter(rng, dtype, n, 4 * n) : null;
        bias_hh = bias ? parameter(rng, dtype, n, 4 * n) : null;
        if (bias) Autograd.noGrad(() -> bias_ih.set_(bias_ih.detach().narrow(0, n, n).add(variant.forgetBias()), Index.range(n, 2 * n)));
        weight_hr = variant.projection() > 0 ? parameter(rng, dtype, n, outputs(), n) : null;
        weight_ci = variant.peephole() ? parameter(rng, dtype, n, n) : null;
        weight_cf = variant.peephole() ? parameter(rng, dtype, n, n) : null;
        weight_co = variant.peephole() ? parameter(rng, dtype, n, n) : null;
        norm_ih = variant.layerNorm() ? new LayerNorm(1e-5, dtype, 4 * n) : null;
        norm_hh = variant.layerNorm() ? new LayerNorm(1e-5, dtype, 4 * n) : null;
        norm_c = variant.layerNorm() ? new LayerNorm(1e-5, dtype, n) : null;
    }

    @Override public RecurrentState initial(long batch) {
        return RecurrentState.of("h", Tensor.zeros(weight_hh.dtype(), batch, outputs()), "c",
                Tensor.zeros(weight_hh.dtype(), batch, units));
    }

    @Override protected Tensor project(Tensor x) {
        var b = bias_ih == null ? null : bias_ih.add(bias_hh);
        if (norm_ih == null) return x.affine(weight_ih, b);
        var y = norm_ih.forward(x.affine(weight_ih, null));
        return b == null ? y : y.add(b);
    }

    /** The usual cell does whole sequences at once, unless somebody looks into it. */
    @Override protected Sequence run(Tensor x, RecurrentState initial, int[] lengths, boolean backward, Pass pass) {
        Tensor h = initial.get("h"), c = initial.get("c");
        var type = weight_hh.dtype();
        boolean usual = weight_hr == null && weight_ci == null && norm_hh == null && variant.zoneoutH() == 0 && variant.zoneoutC() == 0;
        boolean uniform = x.dtype() == type && weight_ih.dtype() == type && h.dtype() == type && c.dtype() == type
                && (bias_ih == null || bias_ih.dtype() == type && bias_hh.dtype() == type) && Autocast.type() == DType.F32;
        if (!usual || !uniform || lengths != null || pass.isWatched()) return super.run(x, initial, lengths, backward, pass);
        var projected = project(backward ? x.flip(0) : x);
        var all = LstmOp.of(projected, weight_hh, h, c);
        long steps = x.size(0);
        var outputs = all.narrow(0, 0, steps);
        return new Sequence(backward ? outputs.flip(0) : outputs,
                RecurrentState.of("h", all.select(0, steps - 1).copy(), "c", all.select(0, steps).copy()));
    }

    @Override protected RecurrentState next(Tensor projected, RecurrentState state, Pass pass) {
        Tensor h = state.get("h"), c = state.get("c");
        var u = h.affine(weight_hh, null);
        var gates = projected.add(norm_hh == null ? u : norm_hh.forward(u)).chunk(1, 4);
        boolean peeps = weight_ci != null;
        var i = pass.point(this, "input", (peeps ? gates[0].add(c.mul(weight_ci)) : gates[0]).sigmoid());
        var f = pass.point(this, "forget", (peeps ? gates[1].add(c.mul(weight_cf)) : gates[1]).sigmoid());
        var g = pass.point(this, "candidate", gates[2].tanh());
        var c2 = pass.point(this, "memory", f.mul(c).add(i.mul(g)));
        var o = pass.point(this, "output", (peeps ? gates[3].add(c2.mul(weight_co)) : gates[3]).sigmoid());
        var h2 = o.mul((norm_c == null ? c2 : norm_c.forward(c2)).tanh());
        if (weight_hr != null) h2 = h2.affine(weight_hr, null);
        return RecurrentState.of("h", zoneout(variant.zoneoutH(), h, h2, pass), "c", zoneout(variant.zoneoutC(), c, c2, pass));
    }

    private static Tensor zoneout(double p, Tensor before, Tensor after, Pass pass) {
        if (p == 0) return after;
        if (pass.rng() == null) return after.add(before.sub(after).mul(p));
        return Tensor.rand(pass.rng(), after.dtype(), after.shape().toArray()).lt(p).where(before, after);
    }
}
