package lyceum.nn;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * E feed-forward networks whose weights lie in one tensor each: {@code down(activation(up(x)))}, or {@code down(activation(gate(x)) * up(x))} where gated.
 *
 * <p>Parameters: {@code up_proj} and {@code gate_proj} (E, width, hidden), {@code down_proj} (E, hidden, width), and with biases {@code up_bias}, {@code gate_bias}
 * (E, hidden), {@code down_bias} (E, width). An expert without tokens has a gradient of exactly 0, and so weight decay still moves it. Groups of equal size are
 * one batched product, others a product an expert.
 */
public final class StackedExperts extends Module implements Experts {
    private final Activation activation;
    private final Tensor gate_proj, gate_bias, up_proj, up_bias, down_proj, down_bias;

    /** Initialised as {@link Linear}s are. */
    public StackedExperts(int count, int width, int hidden, Activation activation, boolean gated, boolean bias, DType dtype, Rng rng) {
        if (count < 1 || width < 1 || hidden < 1) throw new IllegalArgumentException(
                "StackedExperts: " + count + " experts of width " + width + " and " + hidden + " hidden units; all are positive");
        this.activation = activation;
        Init in = Init.torchLinear(width), out = Init.torchLinear(hidden);
        gate_proj = gated ? in.sample(rng, dtype, count, width, hidden).compute().requiresGrad() : null;
        gate_bias = gated && bias ? in.sample(rng, dtype, count, hidden).compute().requiresGrad() : null;
        up_proj = in.sample(rng, dtype, count, width, hidden).compute().requiresGrad();
        up_bias = bias ? in.sample(rng, dtype, count, hidden).compute().requiresGrad() : null;
        down_proj = out.sample(rng, dtype, count, hidden, width).compute().requiresGrad();
        down_bias = bias ? out.sample(rng, dtype, count, width).compute().requiresGrad() : null;
    }

    @Override public int count() { return (int) up_proj.size(0); }

    /** The mean of all experts at x. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return all(x, pass).mean(0, false); }

    /** Every expert at all of x (N, width): (E, N, width). */
    public Tensor all(Tensor x, Pass pass) { return batched(x.unsqueeze(0).expand(count(), -1, -1), pass); }

    @Override public Tensor forward(Tensor x, int[] counts, Pass pass) {
        boolean even = counts[0] > 0;
        for (int n : counts) even &= n == counts[0];
        if (even) return emit(x, batched(x.reshape(counts.length, counts[0], -1), pass).reshape(x.size(0), -1), pass);
        var parts = new ArrayList<Tensor>();
        for (int e = 0, at = 0; e < counts.length; at += counts[e++])
            if (counts[e] > 0) parts.add(one(e, x.narrow(0, at, counts[e]), pass));
        return emit(x, parts.isEmpty() ? x : Tensor.concat(0, parts.toArray(Tensor[]::new)), pass);
    }

    /** Expert e at rows (n, width). */
    public Tensor one(int e, Tensor x, Pass pass) {
        var up = plus(x.matmul(up_proj.select(0, e)), up_bias, e);
        var h = gate_proj == null ? activation.forward(up, pass)
                : activation.forward(plus(x.matmul(gate_proj.select(0, e)), gate_bias, e), pass).mul(up);
        return plus(h.matmul(down_proj.select(0, e)), down_bias, e);
    }

    private static Tensor plus(Tensor x, Tensor bias, int e) { return bias == null ? x : x.add(bias.select(0, e)); }

    private Tensor batched(Tensor x, Pass pass) {
        var up = plus(x.matmul(up_proj), up_bias);
        var h = gate_proj == null ? activation.forward(up, pass) : activation.forward(plus(x.matmul(gate_proj), gate_bias), pass).mul(up);
        return plus(h.matmul(down_proj), down_bias);
    }

    private static Tensor plus(Tensor x, Tensor bias) { return bias == null ? x : x.add(bias.unsqueeze(1)); }
}
