package lyceum.train.peft;

import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** A parameter under a name of its own: {@code lora_A.NAME.weight}. */
final class Held extends Module {
    private final Tensor weight;

    Held(Tensor weight) { this.weight = weight.compute().requiresGrad(); }

    Tensor weight() { return weight; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("a parameter alone computes nothing");
    }
}
