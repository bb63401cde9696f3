package lyceum.train.continual;

import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.tensor.Tensor;
import lyceum.train.ParameterSpace;

/** A quadratic pull, {@code (w - a)' P (w - a) / 2} with a the weights when it was last set, P a diagonal (n) or a matrix (n, n). */
final class Anchor {
    private final Module model;
    private final ParameterSpace space;
    private Tensor at, precision;

    Anchor(Module model) {
        this.model = model;
        space = ParameterSpace.of(model);
    }

    ParameterSpace space() { return space; }

    Tensor values() { return space.values(model); }

    /**
     * The weights where they are now become the anchor; the precision grows by {@code more} after what it was has shrunk by {@code decay}.
     */
    void set(Tensor more, double decay) {
        try (var kept = Scope.outside()) {
            at = values();
            precision = Autograd.noGrad(() -> precision == null ? more.copy().compute() : precision.mul(decay).add(more).compute());
        }
    }

    /** Adds {@code factor P (w - a)} to gradients by parameter. */
    Tensor[] pull(Tensor[] gradients, double factor) {
        if (at == null) return gradients;
        return Autograd.noGrad(() -> {
            var away = values().sub(at);
            var parts = space.split((precision.rank() == 2 ? precision.matmul(away) : precision.mul(away)).mul(factor));
            var pulled = new Tensor[gradients.length];
            int i = 0;
            for (var part : parts.values()) {
                pulled[i] = gradients[i].add(part.to(gradients[i].dtype()));
                i++;
            }
            return pulled;
        });
    }
}
