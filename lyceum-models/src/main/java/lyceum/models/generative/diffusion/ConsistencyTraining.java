package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.GradientNorms;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;
import lyceum.withers.Withers;

/**
 * Teaches a {@link ConsistencyModel} that neighbours on a path have the same beginning: {@code d(f(x_(n+1), t_(n+1)), f_target(x_n, t_n))}. The neighbour comes
 * from a Heun step of a diffusion teacher (distillation), or from the same data with the same noise at the lesser time (training from scratch). The target is an
 * average of the student that gets no gradient. The path's times become denser while learning, doubling in equal stages.
 *
 * @param firstTimes at first, at least 2
 * @param lastTimes in the end
 * @param targetDecay of the target's moving average of the student, in [0, 1); 0 for the student itself, which the improved technique takes
 * @param huber c of the distance {@code sqrt(|u|^2 + c^2) - c} of a row; 0 for the squared distance
 * @param steps of the trainer over which the times become dense
 * @see <a href="https://arxiv.org/abs/2303.01469">Song and others (2023), algorithms 2 and 3</a>
 * @see <a href="https://arxiv.org/abs/2310.14189">Song and Dhariwal (2024), on stages and the distance</a>
 */
@Withers
public record ConsistencyTraining(int firstTimes, int lastTimes, double targetDecay, double huber, long steps)
        implements ConsistencyTrainingWithers {
    public ConsistencyTraining {
        if (firstTimes < 2 || lastTimes < firstTimes) throw new IllegalArgumentException(
                "ConsistencyTraining: from " + firstTimes + " to " + lastTimes + " times; they rise from at least 2");
        if (!(targetDecay >= 0 && targetDecay < 1))
            throw new IllegalArgumentException("ConsistencyTraining: targetDecay is " + targetDecay + "; it lies in [0, 1)");
        if (!(huber >= 0)) throw new IllegalArgumentException("ConsistencyTraining: huber is " + huber + "; it is at least 0");
        if (steps < 1) throw new IllegalArgumentException("ConsistencyTraining: " + steps + " steps; at least one is needed");
    }

    /** From 10 to 40 times over so many steps, squared distances, a target of decay 0.9. */
    public ConsistencyTraining(long steps) { this(10, 40, 0.9, 0, steps); }

    /** How many times the path has at a step. */
    public int timesAt(long step) {
        int stages = 1;
        for (long n = firstTimes; n < lastTimes; n *= 2) stages++;
        long stage = Math.min(stages - 1, step * stages / steps);
        return (int) Math.min(lastTimes, firstTimes * (1L << stage));
    }

    /** Learns from a teacher over the same path. The model's network is the one that is trained. */
    public <N extends Module & Denoiser> History distil(ConsistencyModel model, N network, DiffusionModel teacher, Tensor data,
            Trainer trainer, Rng rng, Progress progress) {
        Objects.requireNonNull(teacher, "teacher");
        if (!teacher.path().equals(model.path()))
            throw new IllegalArgumentException("ConsistencyTraining: the teacher's path is " + teacher.path() + ", not " + model.path());
        return run(model, network, teacher, data, trainer, rng, progress);
    }

    /** Learns from data alone. */
    public <N extends Module & Denoiser> History train(ConsistencyModel model, N network, Tensor data, Trainer trainer, Rng rng,
            Progress progress) {
        return run(model, network, null, data, trainer, rng, progress);
    }

    private <N extends Module & Denoiser> History run(ConsistencyModel model, N network, DiffusionModel teacher, Tensor data,
            Trainer trainer, Rng rng, Progress progress) {
        if (model.network() != network)
            throw new IllegalArgumentException("ConsistencyTraining: the model's network is not the one to train");
        N target = targetDecay == 0 ? network : Module.copy(network);
        var listener = new Follower(network, target, targetDecay);
        BatchLoss loss = (rows, pass) -> loss(model, new ConsistencyModel(target, model.path(), model.deviation()), teacher,
                data.rows(rows), timesAt(listener.steps), pass);
        return trainer.withListener(listener).start(network, (int) data.size(0), loss, null, rng).finish(progress);
    }

    /** The mean distance of neighbours' beginnings for rows x, at random times of n. @param teacher null for none */
    public Tensor loss(ConsistencyModel student, ConsistencyModel target, DiffusionModel teacher, Tensor x, int n, Pass pass) {
        var path = student.path();
        Tensor epsilon = Tensor.randn(pass.rng(), x.dtype(), x.shape().toArray());
        var lower = Tensor.randint(pass.rng(), 0, n - 1, x.size(0)).to(x.dtype());
        Tensor near = times(path, lower, 0, n), far = times(path, lower, 1, n), noisy = path.noised(x, far, epsilon);
        var goal = Autograd.noGrad(() -> {
            var neighbour = teacher == null ? path.noised(x, near, epsilon) : heun(teacher, noisy, far, near);
            return target.at(neighbour, near, null, Pass.inference()).compute();
        });
        var squares = student.at(noisy, far, null, pass).sub(goal).square().reshape(x.size(0), -1);
        if (huber == 0) return squares.mean();
        // Weighted by 1 / (t_(n+1) - t_n), as the improved technique does.
        var gap = far.sub(near).reciprocal();
        return squares.sum(1).add(huber * huber).sqrt().sub(huber).mul(gap).mean();
    }

    private static Tensor times(EdmPath path, Tensor index, int add, int n) {
        return NoisePath.each(i -> path.time((int) i + add, n), index, index);
    }

    private static Tensor heun(DiffusionModel teacher, Tensor x, Tensor t, Tensor s) {
        Tensor slope = noise(teacher, x, t), h = NoisePath.each(v -> v, s.sub(t), x);
        return x.add(slope.add(noise(teacher, x.add(slope.mul(h)), s)).mul(h.div(2)));
    }

    private static Tensor noise(DiffusionModel teacher, Tensor x, Tensor t) {
        var said = teacher.denoiser().predict(x, t, null, Pass.inference());
        // A learned variance is of no use here.
        if (said.rank() > 1 && said.size(1) == 2 * x.size(1)) said = said.narrow(1, 0, x.size(1));
        return teacher.prediction().noise(said, x, teacher.path().signals(t, x), teacher.path().noises(t, x));
    }

    /** Moves the target toward the student after each step. */
    private static final class Follower implements Trainer.Listener {
        private final Module student, target;
        private final double decay;
        private long steps;

        Follower(Module student, Module target, double decay) {
            this.student = student;
            this.target = target;
            this.decay = decay;
        }

        @Override public void epochEnded(TrainingRun run, History.Epoch epoch) {}

        @Override public void stepEnded(TrainingRun run, GradientNorms norms) {
            steps++;
            if (student == target) return;
            var now = student.parameters();
            Autograd.noGrad(() -> target.parameters().forEach((name, p) -> p.copy_(p.lerp(now.get(name), 1 - decay))));
        }
    }
}
