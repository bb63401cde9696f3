package lyceum.llm.weights;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.llm.LinearInputs;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.tensor.Tensor;
import lyceum.train.ParameterSpace;

/**
 * What {@link MergeMethod.RegMean} and {@link MergeMethod.FisherMean} read beside weights, of a model and data of its own task. Named as the weights are, so that
 * it can be saved as safetensors.
 */
public final class MergeStatistics {
    private MergeStatistics() {}

    /** {@code X' X} (inputs, inputs) in F64 of what goes into each linear layer, over all rows of all batches, by the names of their weights. */
    public static SequencedMap<String, Tensor> grams(Module model, Iterable<Tensor> batches) {
        var grams = new LinkedHashMap<String, Tensor>();
        LinearInputs.grams(model, batches, name -> true)
                .forEach((name, gram) -> grams.put(name.isEmpty() ? "weight" : name + ".weight", gram));
        return grams;
    }

    /** The diagonal of the empirical Fisher information: squared gradients of the loss, each row for itself, averaged over rows. */
    public static SequencedMap<String, Tensor> fisher(Module model, Loss loss, Dataset data) {
        if (data.size() == 0) throw new ShapeException("MergeStatistics.fisher: no row; at least one");
        var space = ParameterSpace.of(model);
        var at = space.values(model);
        Tensor sum = null;
        int chunk = 32;
        for (int from = 0; from < data.size(); from += chunk) {
            var part = data.range(from, Math.min(data.size(), from + chunk));
            try (var scope = Scope.open("fisher information")) {
                var squares = Autograd.vmap(row -> Autograd
                        .valueAndGrad(w -> loss.of(space.at(model, w).forward(row[0].unsqueeze(0), Pass.inference()), row[1].unsqueeze(0)),
                                at)
                        .gradient(), part.x(), part.y()).detach().square().sum(0);
                sum = (sum == null ? squares : sum.add(squares)).compute().keptBy(scope);
            }
        }
        var mean = sum.div(data.size()).compute();
        Map<String, Tensor> parts = space.split(mean);
        return new LinkedHashMap<>(parts);
    }
}
