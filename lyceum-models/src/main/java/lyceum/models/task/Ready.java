package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import lyceum.autograd.Autograd;
import lyceum.models.SavedModel;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingTask;

/**
 * A model of a folder that learns.
 *
 * @param saved with the notes that its readers need
 * @param count rows that are learned from
 * @param batchLoss of them
 * @param names what a message calls each of those rows
 * @param judge of the rows that are held out; null if there are none
 * @param told what was read, in lines
 * @param beside writes what stands beside the model; null for nothing
 */
record Ready(SavedModel saved, int count, BatchLoss batchLoss, IntFunction<String> names, Supplier<TrainingRun.Evaluated> judge,
        List<String> told, Beside beside) implements TrainingTask.Prepared {

    interface Beside {
        void write(Path folder) throws IOException;
    }

    @Override public Module model() { return saved.model(); }

    @Override public int rows() { return count; }

    @Override public BatchLoss loss() {
        return new BatchLoss() {
            @Override public Tensor of(int[] rows, Pass pass) { return batchLoss.of(rows, pass); }

            @Override public double units(int[] rows) { return batchLoss.units(rows); }

            @Override public String nameOf(int row) { return names.apply(row); }
        };
    }

    @Override public List<String> classes() { return saved.notes().has("labels") ? saved.texts("labels") : List.of(); }

    @Override public boolean holdsOut() { return judge != null; }

    @Override public TrainingRun.Evaluated evaluate() { return Autograd.noGrad(judge); }

    @Override public List<String> summary() {
        var lines = new ArrayList<>(told);
        lines.add(String.format(Locale.ROOT, "%s of %,d parameters", saved.architecture().name(), model().parameterCount()));
        return lines;
    }

    @Override public void write(Path folder) throws IOException {
        saved.save(folder);
        if (beside != null) beside.write(folder);
    }

    /** A score and measures: names and values in turn. */
    static TrainingRun.Evaluated evaluated(double score, Object... measures) {
        var metrics = new LinkedHashMap<String, Double>();
        for (int i = 0; i < measures.length; i += 2) metrics.put((String) measures[i], (Double) measures[i + 1]);
        return new TrainingRun.Evaluated(score, metrics);
    }
}
