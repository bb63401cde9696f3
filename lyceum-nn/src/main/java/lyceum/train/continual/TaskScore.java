package lyceum.train.continual;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.Layer;
import lyceum.tensor.Tensor;

/** How right a model's outputs are: from 0 to 1. */
@FunctionalInterface
public interface TaskScore {
    double of(Tensor outputs, Tensor targets);

    /** The share of rows whose largest logit is that of their class. @param logits (n, classes) @param classes (n) */
    static double accuracy(Tensor logits, Tensor classes) { return logits.argmax(-1).eq(classes).to(DType.F64).mean().item(); }

    /** The share of rows whose every logit is on its target's side: above 0 for 1, below for 0. @param bits (n, k), as logits */
    static double patterns(Tensor logits, Tensor bits) { return logits.gt(0).eq(bits.gt(0.5)).to(DType.F64).min(1).mean().item(); }

    /** Of a model's predictions for a dataset. */
    default double of(Layer model, Dataset data) {
        try (var scope = Scope.open("task score")) {
            return Autograd.noGrad(() -> of(model.forward(data.x()), data.y()));
        }
    }
}
