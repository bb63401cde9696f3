package lyceum.models.graph;

import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * GraphSAGE: {@code h_v' = W_l pool(h_u) + b + W_r h_v}. For {@link Aggregation#MAX} neighbours first pass {@code relu(W_p h_u + b_p)}, as in the paper.
 * No nonlinearity behind it. Parameters are named as PyTorch Geometric's: {@code lin_l}, {@code lin_r}, {@code lin}.
 *
 * @see <a href="https://arxiv.org/abs/1706.02216">Hamilton, Ying and Leskovec (2017)</a>
 */
public final class SageLayer extends MessagePassing {
    private final Linear lin, lin_l, lin_r;
    private final boolean unit;

    public SageLayer(int inputs, int outputs, Aggregation aggregation, Rng rng) {
        this(inputs, outputs, aggregation, false, DType.F32, rng);
    }

    /** @param aggregation SUM, MEAN or MAX @param unit whether states are scaled to length 1 (a state of 0 stays), the paper's line 7 */
    public SageLayer(int inputs, int outputs, Aggregation aggregation, boolean unit, DType dtype, Rng rng) {
        super(aggregation);
        if (aggregation == Aggregation.ATTENTION)
            throw new IllegalArgumentException("SageLayer: aggregation is ATTENTION; it is SUM, MEAN or MAX (attention is GatLayer's)");
        this.unit = unit;
        lin = aggregation == Aggregation.MAX ? new Linear(inputs, inputs, true, dtype, Init.torchLinear(inputs), rng) : null;
        lin_l = new Linear(inputs, outputs, true, dtype, Init.torchLinear(inputs), rng);
        lin_r = new Linear(inputs, outputs, false, dtype, Init.torchLinear(inputs), rng);
    }

    @Override protected Tensor message(Tensor h, Pass pass) { return lin == null ? h : lin.forward(h, pass).relu(); }

    @Override protected Tensor update(Tensor h, Tensor heard, Pass pass) {
        var next = lin_l.forward(heard, pass).add(lin_r.forward(h, pass));
        if (!unit) return next;
        var squared = next.square().sum(1, true);
        return next.mul(squared.gt(0).where(squared.gt(0).where(squared, squared.onesLike()).rsqrt(), squared.zerosLike()));
    }
}
