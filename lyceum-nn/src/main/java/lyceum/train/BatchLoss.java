package lyceum.train;

import java.util.ArrayList;
import java.util.function.ToDoubleFunction;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Loss;
import lyceum.tensor.Autocast;
import lyceum.tensor.Tensor;

/** The scalar loss of a mini-batch, averaged over its {@linkplain #units units}: what a {@link TrainingRun} differentiates. */
@FunctionalInterface
public interface BatchLoss {
    /**
     * @param rows numbers of the batch's rows
     * @param pass to run the network with; its randomness differs from batch to batch
     */
    Tensor of(int[] rows, Pass pass);

    /** How many things the loss of these rows is a mean of, by which batches are weighted when their gradients are summed: rows, unless {@link #weighing} says so. */
    default double units(int[] rows) { return rows.length; }

    /** What a message calls a row: its number, unless there is a better name, such as the path of a picture. */
    default String nameOf(int row) { return String.valueOf(row); }

    /** The same loss as a mean over other units: unmasked tokens, weights. */
    default BatchLoss weighing(ToDoubleFunction<int[]> units) {
        var loss = this;
        return new BatchLoss() {
            @Override public Tensor of(int[] rows, Pass pass) { return loss.of(rows, pass); }

            @Override public double units(int[] rows) { return units.applyAsDouble(rows); }

            @Override public String nameOf(int row) { return loss.nameOf(row); }
        };
    }

    /**
     * The loss between the model's output for a dataset's rows and their targets, and what its layers {@linkplain Pass#penalty add}. Of a
     * {@link CrossEntropy} of class numbers the units are the targets that it does not ignore, each with its class's weight.
     */
    static BatchLoss of(Module model, Loss loss, Dataset data) {
        BatchLoss mean = (rows, pass) -> {
            var penalties = new ArrayList<Tensor>();
            var output = Autocast.high(model.forward(data.x().rows(rows), pass.collecting(penalties::add)));
            var sum = loss.of(output, data.y().rows(rows));
            for (var penalty : penalties) sum = sum.add(penalty);
            return sum;
        };
        return loss instanceof CrossEntropy entropy && data.y().dtype().isInteger()
                ? mean.weighing(rows -> counted(entropy, data.y().rows(rows))) : mean;
    }

    private static double counted(CrossEntropy loss, Tensor targets) {
        var counts = targets.ne(loss.ignoreIndex());
        if (loss.classWeights() == null) return counts.to(DType.F64).sum().item();
        var classes = Tensor.where(counts, targets, targets.zerosLike()).flatten();
        return loss.classWeights().to(DType.F64).gather(0, classes).mul(counts.flatten().to(DType.F64)).sum().item();
    }
}
