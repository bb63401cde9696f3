package lyceum.train.continual;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Averaged gradient episodic memory: a step may not, to first order, raise the loss on rows of a memory. With the batch's gradient g and
 * the memory's m,
 * where {@code <g, m> < 0} the step follows {@code g - <g, m> / <m, m> m}, else g itself.
 *
 * @param capacity rows that are kept, at least 1
 * @param policy which
 * @param rows of the memory that m is the gradient of, at least 1
 * @see <a href="https://arxiv.org/abs/1812.00420">Chaudhry, Ranzato, Rohrbach and Elhoseiny (2019)</a>
 */
public record AGem(int capacity, ReplayMemory.Policy policy, int rows) implements ContinualMethod {
    public AGem {
        if (capacity < 1 || rows < 1)
            throw new IllegalArgumentException("AGem: capacity is " + capacity + ", rows " + rows + "; both are at least 1");
        Objects.requireNonNull(policy, "policy");
    }

    /** A reservoir, 64 rows of it for a step. */
    public AGem(int capacity) { this(capacity, ReplayMemory.Policy.RESERVOIR, 64); }

    /**
     * The gradient that a step follows. Inner products are sums in F64.
     *
     * @param gradient g, by parameter
     * @param memory m, in the same shapes
     * @return {@code gradient} itself where nothing is in conflict
     */
    public static Tensor[] project(Tensor[] gradient, Tensor[] memory) {
        if (gradient.length != memory.length)
            throw new ShapeException("AGem.project: " + gradient.length + " gradients, " + memory.length + " of the memory");
        double product = 0, square = 0;
        for (int i = 0; i < gradient.length; i++) {
            if (!gradient[i].shape().equals(memory[i].shape())) throw new ShapeException(
                    "AGem.project: gradient " + i + " has shape " + gradient[i].shape() + ", the memory's " + memory[i].shape());
            var m = memory[i].to(DType.F64);
            product += gradient[i].to(DType.F64).mul(m).sum().item();
            square += m.square().sum().item();
        }
        if (!(product < 0)) return gradient;
        var projected = new Tensor[gradient.length];
        for (int i = 0; i < projected.length; i++) projected[i] = gradient[i].sub(memory[i].mul(product / square));
        return projected;
    }

    @Override public Session start(Module model, TaskObjective objective, Rng rng) {
        var memory = new ReplayMemory(capacity, policy, rng.split(1));
        var draws = rng.split(2);
        return new Session(model, objective) {
            @Override protected Tensor[] change(int stage, Tensor[] gradients) {
                if (memory.size() == 0) return gradients;
                var loss = objective.of(model, memory.sample(rows, draws), stage, Pass.training(draws));
                var parameters = model.parameters().values().toArray(Tensor[]::new);
                return project(gradients, Autograd.gradients(loss, parameters, false));
            }

            @Override protected void end(int stage, TaskBatch data) { memory.offer(data.rows(draws.permutation(data.tasks().length))); }
        };
    }
}
