package lyceum.train.regime;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import lyceum.ConvergenceException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.ParameterSpace;
import lyceum.withers.Withers;

/**
 * Trains the start from which a model learns a new task in few steps. With a task's loss L_s on its support and L_q on its query, inner
 * rate a and k inner
 * steps {@code w_(i+1) = w_i - a grad L_s(w_i)} from {@code w_0 = w}, the outer rule follows the mean over tasks of
 *
 * <pre>
 * MAML         d L_q(w_k) / d w = (I - a H(w_0)) .. (I - a H(w_(k-1))) grad L_q(w_k),   H the Hessian of L_s
 * FIRST_ORDER  grad L_q(w_k)
 * REPTILE      (w - w_k) / a,  the k steps taken on support and query rows together
 * </pre>
 *
 * {@snippet :
 * var learner = new MetaLearner(MetaLearner.Method.MAML, 0.01, 1).withOuter(new Adam(1e-3));
 * learner.fit(network, Loss::mse, MetaTask.sinusoids(5, 10), 2000, Rng.of(1), Progress.SILENT);
 * Mlp adapted = learner.adapt(network, Loss::mse, x, y, 5);           // the network stays as it is
 * }
 *
 * <p>Reptile with rule {@code Sgd(b a)} is the paper's {@code w + b mean(w_k - w)}. Models run as in prediction: without dropout, with
 * running statistics.
 * Tasks of one batch have one shape and are computed together.
 *
 * @param method of the three
 * @param innerRate a, above 0
 * @param innerSteps k, at least 1
 * @param outer turns meta-gradients into steps
 * @param tasks of a meta-step, at least 1
 * @see <a href="https://arxiv.org/abs/1703.03400">Finn, Abbeel and Levine (2017)</a>
 * @see <a href="https://arxiv.org/abs/1803.02999">Nichol, Achiam and Schulman (2018)</a>
 */
@Withers
public record MetaLearner(Method method, double innerRate, int innerSteps, UpdateRule outer, int tasks) implements MetaLearnerWithers {
    /** What the start is moved along. */
    public enum Method {
        MAML, FIRST_ORDER, REPTILE
    }

    public MetaLearner {
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(outer, "outer");
        if (!(innerRate > 0 && innerRate < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("MetaLearner: innerRate is " + innerRate + "; it is above 0");
        if (innerSteps < 1 || tasks < 1)
            throw new IllegalArgumentException("MetaLearner: innerSteps is " + innerSteps + ", tasks " + tasks + "; both are at least 1");
    }

    /** Adam at 0.001 over 25 tasks a step. */
    public MetaLearner(Method method, double innerRate, int innerSteps) { this(method, innerRate, innerSteps, new Adam(1e-3), 25); }

    /**
     * The direction against which the outer rule steps, the mean over tasks, and the mean loss that it was found at: of the queries after
     * adaptation, for
     * Reptile of all rows before.
     *
     * @param gradient (parameters), in the order of {@link ParameterSpace}
     */
    public record MetaGradient(Tensor gradient, double loss) {}

    /** At the model's present weights, which stay. @param batch tasks of one shape, at least one */
    public MetaGradient metaGradient(Module model, Loss loss, List<MetaTask> batch) {
        if (batch.isEmpty()) throw new IllegalArgumentException("MetaLearner: no task; at least one is needed");
        var space = ParameterSpace.of(model);
        var at = space.values(model);
        Tensor sx = stacked(batch, MetaTask::supportX), sy = stacked(batch, MetaTask::supportY);
        Tensor qx = stacked(batch, MetaTask::queryX), qy = stacked(batch, MetaTask::queryY);
        return switch (method) {
            case MAML -> {
                var value = Autograd.valueAndGrad(w -> Autograd
                        .vmap(t -> loss(model, space, loss, adapted(model, space, loss, w, t[0], t[1], innerSteps), t[2], t[3]), sx, sy, qx,
                                qy)
                        .mean(), at);
                yield new MetaGradient(value.gradient().detach(), value.value().item());
            }
            case FIRST_ORDER -> {
                var ends = Autograd
                        .noGrad(() -> Autograd.vmap(t -> adapted(model, space, loss, at, t[0], t[1], innerSteps), sx, sy).compute());
                var value = Autograd.valueAndGrad(e -> Autograd.vmap(t -> loss(model, space, loss, t[0], t[1], t[2]), e, qx, qy).mean(),
                        ends.detach());
                yield new MetaGradient(value.gradient().detach().sum(0), value.value().item());
            }
            case REPTILE -> Autograd.noGrad(() -> {
                Tensor x = Tensor.concat(1, sx, qx), y = Tensor.concat(1, sy, qy);
                var ends = Autograd.vmap(t -> adapted(model, space, loss, at, t[0], t[1], innerSteps), x, y);
                double before = Autograd.vmap(t -> loss(model, space, loss, at, t[0], t[1]), x, y).mean().item();
                return new MetaGradient(at.sub(ends.mean(0)).div(innerRate).compute(), before);
            });
        };
    }

    private static Tensor stacked(List<MetaTask> batch, Function<MetaTask, Tensor> part) {
        return Tensor.stack(0, batch.stream().map(part).toArray(Tensor[]::new)).compute();
    }

    private static Tensor loss(Module model, ParameterSpace space, Loss loss, Tensor w, Tensor x, Tensor y) {
        return loss.of(space.at(model, w).forward(x), y);
    }

    /** Weights after so many inner steps, a function of those before: gradients pass through the steps. */
    private Tensor adapted(Module model, ParameterSpace space, Loss loss, Tensor w, Tensor x, Tensor y, int steps) {
        for (int i = 0; i < steps; i++) w = w.sub(Autograd.grad(v -> loss(model, space, loss, v, x, y)).apply(w).mul(innerRate));
        return w;
    }

    /**
     * Trains the model's parameters to be a good start.
     *
     * @return the loss of each meta-step, as in {@link MetaGradient}
     * @throws lyceum.progress.CancelledException if progress says so; the model then holds the parameters of the last step
     * @throws ConvergenceException if a loss is not finite; the model then holds the parameters before that step
     */
    public double[] fit(Module model, Loss loss, MetaTask.Sampler sampler, int steps, Rng rng, Progress progress) {
        if (steps < 1) throw new IllegalArgumentException("MetaLearner.fit: steps is " + steps + "; it is at least 1");
        var space = ParameterSpace.of(model);
        var optimizer = outer.over(model.parameters());
        var losses = new double[steps];
        for (int s = 0; s < steps; s++) {
            try (var scope = Scope.open("meta step")) {
                var batch = new ArrayList<MetaTask>();
                for (int t = 0; t < tasks; t++) batch.add(sampler.draw(rng.split(s).split(t)));
                var found = metaGradient(model, loss, batch);
                if (!Double.isFinite(found.loss)) throw new ConvergenceException(
                        "MetaLearner: the loss is " + found.loss + " at step " + s + "; lower the inner or the outer learning rate");
                optimizer.step(space.split(found.gradient).values().toArray(Tensor[]::new));
                losses[s] = found.loss;
            }
            progress.step("meta learning", s + 1, steps, "loss", losses[s]);
        }
        return losses;
    }

    /**
     * A model adapted to rows by so many inner steps of gradient descent on all of them; the given one stays as it is. @param steps at
     * least 0
     */
    public <M extends Module> M adapt(M model, Loss loss, Tensor x, Tensor y, int steps) {
        if (steps < 0) throw new IllegalArgumentException("MetaLearner.adapt: steps is " + steps + "; it is at least 0");
        var space = ParameterSpace.of(model);
        var copy = Module.copy(model);
        try (var scope = Scope.open("adaptation")) {
            var end = Autograd.noGrad(() -> adapted(model, space, loss, space.values(model), x, y, steps).compute());
            var state = copy.state();
            Autograd.noGrad(() -> space.split(end).forEach((name, value) -> state.get(name).copy_(value)));
        }
        return copy;
    }
}
