package lyceum.models.points;

import lyceum.DType;
import lyceum.models.graph.Aggregation;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A layer from sets to sets, {@code y_i = W x_i + V pool(x) + b}: the only linear form, for one feature, whose outputs permute with the inputs. Elements behind a
 * set's length give what is to be ignored.
 *
 * @see <a href="https://arxiv.org/abs/1703.06114">Zaheer et al. (2017), lemma 3</a>
 */
public final class EquivariantLayer extends Module {
    private final Linear own, pooled;
    private final Aggregation pooling;
    private final int inputs;

    /** @param pooling SUM, MEAN or MAX */
    public EquivariantLayer(int inputs, int outputs, Aggregation pooling, DType dtype, Rng rng) {
        if (pooling == Aggregation.ATTENTION)
            throw new IllegalArgumentException("EquivariantLayer: pooling is ATTENTION; it is SUM, MEAN or MAX");
        this.inputs = inputs;
        this.pooling = pooling;
        own = new Linear(inputs, outputs, true, dtype, Init.torchLinear(inputs), rng);
        pooled = new Linear(inputs, outputs, false, dtype, Init.torchLinear(inputs), rng);
    }

    /** (sets, elements, inputs) to (sets, elements, outputs). @param lengths null for all */
    public Tensor forward(Tensor x, int[] lengths, Pass pass) {
        SetPooling.check("EquivariantLayer", x, inputs, lengths);
        return emit(x, own.forward(x, pass).add(pooled.forward(SetPooling.pool(pooling, x, lengths), pass).unsqueeze(1)), pass);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        SetPooling.check("EquivariantLayer", x, inputs, null);
        return own.forward(x, pass).add(pooled.forward(SetPooling.pool(pooling, x, null), pass).unsqueeze(1));
    }
}
