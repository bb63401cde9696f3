package lyceum.train.continual;

import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Synaptic intelligence: a weight is as important as the fall of the loss that its own way through training explains. Along a task
 * {@code omega = -sum_t g_t (w_(t+1) - w_t)} with g the task's own gradient; at its end {@code Omega += max(0, omega) / (D^2 + xi)}, D the
 * whole way; later tasks
 * pay {@code strength sum Omega (w - a)^2}, with a the weights after the task before. No second pass over data is needed.
 *
 * @param strength c, at least 0
 * @param damping xi, above 0
 * @see <a href="https://arxiv.org/abs/1703.04200">Zenke, Poole and Ganguli (2017)</a>
 */
@Withers
public record SynapticIntelligence(double strength, double damping) implements ContinualMethod, SynapticIntelligenceWithers {
    public SynapticIntelligence {
        if (!(strength >= 0 && strength < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("SynapticIntelligence: strength is " + strength + "; it is at least 0");
        if (!(damping > 0)) throw new IllegalArgumentException("SynapticIntelligence: damping is " + damping + "; it is above 0");
    }

    /** Damping 0.001. */
    public SynapticIntelligence(double strength) { this(strength, 1e-3); }

    @Override public Session start(Module model, TaskObjective objective, Rng rng) {
        var anchor = new Anchor(model);
        return new Session(model, objective) {
            private Tensor first, before, gradient, path;

            @Override protected void begin(int stage, TaskBatch data) {
                try (var kept = Scope.outside()) {
                    first = anchor.values();
                    path = first.zerosLike();
                }
            }

            @Override protected Tensor[] change(int stage, Tensor[] gradients) {
                before = anchor.values();
                var flat = new Tensor[gradients.length];
                for (int i = 0; i < flat.length; i++) flat[i] = gradients[i].to(before.dtype()).flatten();
                gradient = Tensor.concat(0, flat).compute();
                return anchor.pull(gradients, 2 * strength);
            }

            @Override protected void stepped() {
                var next = Autograd.noGrad(() -> path.sub(gradient.mul(anchor.values().sub(before))).compute());
                path.copy_(next);
            }

            @Override protected void end(int stage, TaskBatch data) {
                anchor.set(Autograd.noGrad(() -> path.relu().div(anchor.values().sub(first).square().add(damping))), 1);
            }
        };
    }
}
