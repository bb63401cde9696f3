package lyceum.models.generative.diffusion;

import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.generative.Preview;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * Solves the flow {@code dx/dt = (x - clean(x, t)) / t} of an {@link EdmPath} from its most noise to its least, by Heun's steps.
 *
 * @param steps at least 1; each asks the network twice
 * @see <a href="https://arxiv.org/abs/2206.00364">Karras and others (2022), algorithm 1</a>
 */
public record EdmSampler(int steps) implements DiffusionSampler {
    public EdmSampler {
        if (steps < 1) throw new IllegalArgumentException("EdmSampler: " + steps + " steps; at least one is needed");
    }

    @Override public Tensor sample(DiffusionModel model, Tensor start, Tensor condition, NoiseStreams noise, Progress progress) {
        if (!(model.path() instanceof EdmPath path))
            throw new IllegalArgumentException("EdmSampler: the model's path is " + model.path() + "; it is an EdmPath");
        return Autograd.noGrad(() -> {
            Tensor x = start;
            for (int i = steps; i > 0; i--) {
                try (var scope = Scope.open("sampling step")) {
                    double t = path.time(i, steps + 1), next = path.time(i - 1, steps + 1);
                    Tensor slope = model.at(x, t, condition).noise(), euler = x.add(slope.mul(next - t));
                    var there = model.at(euler, next, condition);
                    x = x.add(slope.add(there.noise()).mul((next - t) / 2)).compute().keptBy(scope);
                    Preview.step(progress, "probability flow", steps - i + 1L, steps, x, there.clean());
                }
            }
            return x;
        });
    }
}
