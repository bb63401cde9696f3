package lyceum.train.continual;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.tensor.Tensor;

/** What is learned on a stream: a loss over the outputs that the protocol lets compete. */
public record TaskObjective(TaskStream stream, Protocol protocol, Loss loss) {
    /** A logit that no softmax sees, and small enough to stay finite. */
    private static final double OUT = -1e30;

    /** A model's outputs for a batch; those that do not compete at this stage are far below all others. */
    public Tensor outputs(Module model, TaskBatch batch, int stage, Pass pass) {
        return competing(model.forward(batch.x(), pass), batch.tasks(), stage);
    }

    /** The mean loss of a batch. */
    public Tensor of(Module model, TaskBatch batch, int stage, Pass pass) { return loss.of(outputs(model, batch, stage, pass), batch.y()); }

    Tensor competing(Tensor outputs, int[] tasks, int stage) {
        if (protocol == Protocol.DOMAIN) return outputs;
        int width = (int) outputs.size(-1);
        var allowed = new boolean[tasks.length * width];
        for (int i = 0; i < tasks.length; i++) for (int c : classes(tasks[i], stage)) allowed[i * width + c] = true;
        return Tensor.where(Tensor.of(allowed, tasks.length, width), outputs, Tensor.full(outputs.dtype(), OUT, tasks.length, width));
    }

    /** Outputs that compete for rows of a task at a stage; null where all do. */
    int[] classes(int task, int stage) {
        return switch (protocol) {
            case TASK -> stream.classes(task);
            case DOMAIN -> null;
            case CLASS -> IntStream.rangeClosed(0, stage).flatMap(t -> Arrays.stream(stream.classes(t))).distinct().sorted().toArray();
        };
    }
}
