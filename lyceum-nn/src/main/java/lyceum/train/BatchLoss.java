package lyceum.train;

import java.util.ArrayList;
import lyceum.data.Dataset;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.tensor.Tensor;

/** The scalar loss of a mini-batch, averaged over its rows: what a {@link TrainingRun} differentiates. */
@FunctionalInterface
public interface BatchLoss {
    /**
     * @param rows numbers of the batch's rows
     * @param pass to run the network with; its randomness differs from batch to batch
     */
    Tensor of(int[] rows, Pass pass);

    /** The loss between the model's output for a dataset's rows and their targets, and what its layers {@linkplain Pass#penalty add}. */
    static BatchLoss of(Module model, Loss loss, Dataset data) {
        return (rows, pass) -> {
            var penalties = new ArrayList<Tensor>();
            var sum = loss.of(model.forward(data.x().rows(rows), pass.collecting(penalties::add)), data.y().rows(rows));
            for (var penalty : penalties) sum = sum.add(penalty);
            return sum;
        };
    }
}
