package lyceum.train.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.ServiceLoader;
import java.util.SequencedMap;
import lyceum.nn.Module;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;

/**
 * A kind of training that a file can ask for by name: what is read, which network learns it, by which loss, and how well. How long, how fast, the checkpoints and the
 * metrics are the {@link TrainingJob}'s. A task is found where its class stands in {@code META-INF/services/lyceum.train.task.TrainingTask}; it has no state.
 *
 * {@snippet :
 * for (var task : TrainingTask.all()) System.out.println(task.name() + ": " + task.description());
 * }
 */
public interface TrainingTask {
    /** What stands behind {@code task:}. */
    String name();

    /** In a line, what it learns from what. */
    String description();

    /**
     * Reads what the sections {@code data} and {@code model} say, the data themselves, and makes the network. The same settings, data and {@code rng} give the
     * same bits: a run that goes on is prepared again.
     *
     * @param out folder of the run, which is there; what took long to make may be kept in it. It holds {@code training.json} where a run goes on
     * @param rng of the network's first weights and of splits
     * @throws IOException or {@link lyceum.FormatException} naming what cannot be read
     */
    Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException;

    /** Data and a network, ready to learn. */
    interface Prepared {
        /** What learns, with its first weights. */
        Module model();

        /** Rows of the training data. */
        int rows();

        /** Of a batch of them; its {@link BatchLoss#nameOf} is what a message calls a row. */
        BatchLoss loss();

        /** Whether rows are held out to look at the model by. */
        default boolean holdsOut() { return false; }

        /** How well the model does as it is, on the rows that are held out: a score, lower is better, and measures by name. Only asked for where there are such. */
        default TrainingRun.Evaluated evaluate() { throw new UnsupportedOperationException("nothing is held out"); }

        /** Measures on rows that no choice was made by, once, at the end; none where there are no such rows. */
        default SequencedMap<String, Double> test() { return new LinkedHashMap<>(); }

        /** Names of the classes that are told apart, in the order of the model's outputs; none where there are no such. */
        default List<String> classes() { return List.of(); }

        /** In a few lines, what was read and which network learns it. */
        List<String> summary();

        /** What a reader should know since the last call, such as the path of a picture that was skipped. */
        default List<String> notes() { return List.of(); }

        /** Writes the model as it is: a folder that its reader takes. */
        void write(Path folder) throws IOException;
    }

    /** All that are on the class path, in the order of their names. */
    static List<TrainingTask> all() {
        var all = new ArrayList<TrainingTask>();
        ServiceLoader.load(TrainingTask.class).forEach(all::add);
        all.sort((a, b) -> a.name().compareTo(b.name()));
        return all;
    }

    /** The one that a file asks for. @throws lyceum.FormatException naming those that there are */
    static TrainingTask named(TrainingSettings settings) {
        var all = all();
        var name = settings.text("task");
        for (var task : all) if (task.name().equals(name)) return task;
        throw settings.wrong("task", "it is " + name + "; there are " + String.join(", ", all.stream().map(TrainingTask::name).toList()));
    }
}
