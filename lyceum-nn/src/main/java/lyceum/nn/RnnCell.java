package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The simple recurrent cell: {@code h' = activation(W_ih x + b_ih + W_hh h + b_hh)}, with {@code W_ih} (units, inputs), {@code W_hh} (units, units).
 *
 * @see <a href="https://doi.org/10.1207/s15516709cog1402_1">Elman (1990)</a>
 */
public final class RnnCell extends RecurrentCell {
    private final Tensor weight_ih, weight_hh, bias_ih, bias_hh;
    private final Activation activation;
    private final boolean copied;

    public RnnCell(int inputs, int units, Activation activation, boolean bias, DType dtype, Rng rng) {
        this(inputs, units, activation, false, bias, dtype, rng);
    }

    /** @param copied whether the state comes in as a mere copy, through which no gradient flows: Elman's context units */
    public RnnCell(int inputs, int units, Activation activation, boolean copied, boolean bias, DType dtype, Rng rng) {
        super(inputs, units);
        this.activation = Objects.requireNonNull(activation, "activation");
        this.copied = copied;
        weight_ih = parameter(rng, dtype, units, units, inputs);
        weight_hh = parameter(rng, dtype, units, units, units);
        bias_ih = bias ? parameter(rng, dtype, units, units) : null;
        bias_hh = bias ? parameter(rng, dtype, units, units) : null;
    }

    @Override public RecurrentState initial(long batch) {
        return RecurrentState.of("h", Tensor.zeros(weight_hh.dtype(), batch, outputs()));
    }

    @Override protected Tensor project(Tensor x) { return x.affine(weight_ih, bias_ih == null ? null : bias_ih.add(bias_hh)); }

    @Override protected RecurrentState next(Tensor projected, RecurrentState state, Pass pass) {
        var h = copied ? state.get("h").detach() : state.get("h");
        return RecurrentState.of("h", activation.forward(projected.add(h.affine(weight_hh, null)), pass));
    }
}
