package lyceum.train.continual;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Tasks in the order in which they come.
 *
 * {@snippet :
 * TaskStream.permuted(train, test, 5, Rng.of(1));        // the same pictures, their pixels in another order each time
 * TaskStream.split(train, test, 2);                      // classes 0 and 1, then 2 and 3, ...
 * new TaskStream(List.of(new TaskStream.Task(monday, test), new TaskStream.Task(tuesday, test)));
 * }
 */
public record TaskStream(List<Task> tasks) {
    /** Rows to learn a task from and rows to judge it by. Class numbers are those of the whole stream. */
    public record Task(Dataset train, Dataset test) {}

    public TaskStream {
        tasks = List.copyOf(tasks);
        if (tasks.isEmpty()) throw new IllegalArgumentException("TaskStream: no task; at least one is needed");
    }

    public int size() { return tasks.size(); }

    /** Each task has the columns in an order of its own; the first as they are. */
    public static TaskStream permuted(Dataset train, Dataset test, int tasks, Rng rng) {
        if (tasks < 1) throw new IllegalArgumentException("TaskStream.permuted: " + tasks + " tasks; at least 1");
        if (train.x().rank() != 2) throw new ShapeException("TaskStream.permuted: x has shape " + train.x().shape() + "; flatten it first");
        var stream = new ArrayList<Task>();
        for (int t = 0; t < tasks; t++) {
            var order = Tensor.of(t == 0 ? IntStream.range(0, train.features()).toArray() : rng.split(t).permutation(train.features()));
            stream.add(new Task(permuted(train, order), permuted(test, order)));
        }
        return new TaskStream(stream);
    }

    private static Dataset permuted(Dataset data, Tensor order) { return Dataset.of(data.x().indexSelect(1, order).compute(), data.y()); }

    /** So many classes a task, in the order of their numbers; the last may have fewer. */
    public static TaskStream split(Dataset train, Dataset test, int classes) {
        if (classes < 1) throw new IllegalArgumentException("TaskStream.split: " + classes + " classes a task; at least 1");
        var stream = new ArrayList<Task>();
        for (int from = 0; from < train.classes(); from += classes) stream.add(new Task(of(train, from, classes), of(test, from, classes)));
        return new TaskStream(stream);
    }

    private static Dataset of(Dataset data, int from, int classes) {
        var labels = data.labels();
        var rows = IntStream.range(0, labels.length).filter(i -> labels[i] >= from && labels[i] < from + classes).toArray();
        return Dataset.of(data.x().rows(rows).compute(), data.y().rows(rows).compute());
    }

    /** All rows of several datasets, one after the other, without names. */
    static Dataset joined(List<Dataset> parts) {
        if (parts.size() == 1) return parts.getFirst();
        return Dataset.of(Tensor.concat(0, parts.stream().map(Dataset::x).toArray(Tensor[]::new)).compute(),
                Tensor.concat(0, parts.stream().map(Dataset::y).toArray(Tensor[]::new)).compute());
    }

    /** The class numbers in a task's training rows, ascending. */
    public int[] classes(int task) { return Arrays.stream(tasks.get(task).train.labels()).distinct().sorted().toArray(); }

    /** One more than the largest class number. */
    public int classes() { return tasks.stream().mapToInt(t -> t.train.classes()).max().orElseThrow(); }
}
