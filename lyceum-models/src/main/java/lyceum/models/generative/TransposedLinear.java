package lyceum.models.generative;

import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** The way back through a {@link Linear}'s own weight, {@code h W + bias}, with a bias of its own: half the weights of an autoencoder. */
final class TransposedLinear extends Module {
    private final Linear of;
    private final Tensor bias;

    TransposedLinear(Linear of) {
        this.of = of;
        bias = Tensor.zeros(of.weight().dtype(), of.weight().size(1)).requiresGrad();
    }

    @Override protected Tensor compute(Tensor h, Pass pass) { return h.matmul(of.weight()).add(bias); }
}
