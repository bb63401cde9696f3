package lyceum.train;

import lyceum.nn.Module;
import lyceum.tensor.Tensor;

/** The loss of a model at whatever weights it has: a scalar, over fixed rows. What looks at a loss around its weights takes one. */
@FunctionalInterface
public interface ModelLoss<M extends Module> {
    Tensor of(M model);
}
