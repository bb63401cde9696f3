package lyceum.train.continual;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.ConvergenceException;
import lyceum.autograd.Autograd;
import lyceum.data.DataLoader;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Optimizer;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Trains one model on a stream of tasks by a method against forgetting, and reports every task's accuracy after every stage.
 *
 * {@snippet :
 * var stream = TaskStream.permuted(train, test, 5, Rng.of(1));
 * var report = new ContinualLearner(new Ewc(1)).learn(network, stream, Rng.of(2), Progress.SILENT);
 * report.matrix().averageAccuracy();
 * report.matrix().backwardTransfer();
 * new ContinualLearner(new Replay(200)).withProtocol(Protocol.CLASS).learn(network, TaskStream.split(train, test, 2), rng, progress);
 * }
 *
 * <p>The model gives one logit for each class of the whole stream, (n, classes); where outputs are shared ({@link Protocol#DOMAIN}) they
 * may be anything that
 * loss and score understand. The optimiser starts anew with each stage.
 *
 * @param method against forgetting
 * @param rule of the steps
 * @param epochs of a stage, at least 1
 * @param batchSize rows of a batch, before a method adds some
 * @param protocol what is asked at test time
 * @param loss of a batch
 * @param score of a task
 */
@Withers
public record ContinualLearner(ContinualMethod method, UpdateRule rule, int epochs, int batchSize, Protocol protocol, Loss loss,
        TaskScore score) implements ContinualLearnerWithers {

    /** Accuracies, and for each task the model that answers for it: one and the same, unless the method adds some. */
    public record Report(AccuracyMatrix matrix, List<Module> models) {}

    public ContinualLearner {
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(protocol, "protocol");
        Objects.requireNonNull(loss, "loss");
        Objects.requireNonNull(score, "score");
        if (epochs < 1 || batchSize < 1) throw new IllegalArgumentException(
                "ContinualLearner: epochs is " + epochs + ", batchSize " + batchSize + "; both are at least 1");
    }

    /** Adam at 0.001, 10 epochs of batches of 32; shared outputs, cross-entropy, accuracy. */
    public ContinualLearner(ContinualMethod method) {
        this(method, new Adam(1e-3), 10, 32, Protocol.DOMAIN, Loss::crossEntropy, TaskScore::accuracy);
    }

    /**
     * Trains on the tasks in turn.
     *
     * @throws lyceum.progress.CancelledException if progress says so; the model then holds the parameters of the last step
     * @throws ConvergenceException if a loss is not finite; the model then holds the parameters before that batch
     */
    public Report learn(Module model, TaskStream stream, Rng rng, Progress progress) {
        var objective = new TaskObjective(stream, protocol, loss);
        var session = method.start(model, objective, rng.split(1));
        int n = stream.size();
        var untrained = scores(session, objective, n - 1);
        var values = new double[n][];
        for (int stage = 0; stage < n; stage++) {
            stage(session, objective, stage, rng.split(2).split(stage), progress);
            values[stage] = scores(session, objective, stage);
        }
        var models = new ArrayList<Module>();
        for (int t = 0; t < n; t++) models.add(session.model(t));
        return new Report(new AccuracyMatrix(values, untrained), List.copyOf(models));
    }

    private void stage(ContinualMethod.Session session, TaskObjective objective, int stage, Rng rng, Progress progress) {
        TaskBatch own = batch(objective, stage), data = null;
        for (int task : session.tasks(stage)) data = data == null ? batch(objective, task) : data.and(batch(objective, task));
        session.begin(stage, own);
        var model = session.model(stage);
        var optimizer = rule.over(model.parameters());
        var loader = DataLoader.of(data.tasks().length, batchSize, rng.split(0));
        for (int epoch = 0; epoch < epochs; epoch++) {
            double sum = 0;
            for (int[] rows : loader.pass(epoch)) {
                try (var scope = Scope.open("continual step")) {
                    sum += step(session, objective, stage, optimizer, data.rows(rows), rng.split(1).split(optimizer.steps()));
                }
            }
            progress.step("continual learning", (long) stage * epochs + epoch + 1, (long) objective.stream().size() * epochs, "loss",
                    sum / loader.steps());
        }
        session.end(stage, own);
    }

    private double step(ContinualMethod.Session session, TaskObjective objective, int stage, Optimizer optimizer, TaskBatch drawn,
            Rng rng) {
        var batch = session.extend(stage, drawn);
        var outputs = session.model(stage).forward(batch.x(), Pass.training(rng));
        var value = loss.of(objective.competing(outputs, batch.tasks(), stage), batch.y());
        var extra = session.extra(stage, batch, outputs);
        if (extra != null) value = value.add(extra);
        double number = value.item();
        if (!Double.isFinite(number)) throw new ConvergenceException("ContinualLearner: the loss is " + number + " at step "
                + optimizer.steps() + " of task " + stage + "; lower the learning rate or the method's strength");
        var parameters = optimizer.parameters().toArray(Tensor[]::new);
        var gradients = session.change(stage, Autograd.gradients(value, parameters, false));
        optimizer.step(gradients);
        session.stepped();
        return number;
    }

    private static TaskBatch batch(TaskObjective objective, int task) {
        var train = objective.stream().tasks().get(task).train();
        return TaskBatch.of(train.x(), train.y(), task);
    }

    private double[] scores(ContinualMethod.Session session, TaskObjective objective, int stage) {
        int n = objective.stream().size();
        var scores = new double[n];
        for (int t = 0; t < n; t++) {
            Dataset test = objective.stream().tasks().get(t).test();
            try (var scope = Scope.open("task score")) {
                int task = t;
                scores[t] = Autograd.noGrad(() -> {
                    var batch = TaskBatch.of(test.x(), test.y(), task);
                    return score.of(objective.outputs(session.model(task), batch, stage, Pass.inference()), test.y());
                });
            }
        }
        return scores;
    }
}
