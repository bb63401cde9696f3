package lyceum.train.continual;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Rows of one or more tasks.
 *
 * @param x (n, ..)
 * @param y (n) or (n, ..)
 * @param tasks the task of each row
 */
public record TaskBatch(Tensor x, Tensor y, int[] tasks) {
    public TaskBatch {
        if (x.size(0) != tasks.length || y.size(0) != tasks.length)
            throw new ShapeException("TaskBatch: x " + x.shape() + " and y " + y.shape() + " for " + tasks.length + " tasks of rows");
    }

    /** All rows of one task. */
    static TaskBatch of(Tensor x, Tensor y, int task) {
        var tasks = new int[(int) x.size(0)];
        Arrays.fill(tasks, task);
        return new TaskBatch(x, y, tasks);
    }

    TaskBatch rows(int... rows) { return new TaskBatch(x.rows(rows), y.rows(rows), Arrays.stream(rows).map(r -> tasks[r]).toArray()); }

    /** These rows, then others. */
    TaskBatch and(TaskBatch other) {
        var both = Arrays.copyOf(tasks, tasks.length + other.tasks.length);
        System.arraycopy(other.tasks, 0, both, tasks.length, other.tasks.length);
        return new TaskBatch(Tensor.concat(0, x, other.x), Tensor.concat(0, y, other.y), both);
    }
}
