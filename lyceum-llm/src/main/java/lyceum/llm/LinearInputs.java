package lyceum.llm;

import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Predicate;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Hooks;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** What goes into the linear layers of a model that predicts: what merging and quantising by activations are calibrated on. */
public final class LinearInputs {
    private LinearInputs() {}

    /** Called with what goes into a linear layer, (rows, inputs). */
    @FunctionalInterface
    public interface Visitor {
        /** @param layer the module's name */
        void see(String layer, Tensor inputs);
    }

    /** Runs the batches through the model and shows the inputs of those linear layers whose names pass. Tensors are valid during the call alone. */
    public static void visit(Module model, Iterable<Tensor> batches, Predicate<String> layers, Visitor visitor) {
        var modules = model.modules();
        var hooks = Hooks.of(model);
        hooks.on("*", (name, input, output) -> {
            if (modules.get(name) instanceof Linear && layers.test(name)) visitor.see(name, input.detach().reshape(-1, input.size(-1)));
            return output;
        });
        Autograd.noGrad(() -> {
            for (var batch : batches) {
                try (var scope = Scope.open("calibration")) {
                    model.forward(batch, Pass.inference().with(hooks)).compute();
                }
            }
        });
    }

    /** {@code X' X} (inputs, inputs) in F64 of all rows that go into each layer, by the layer's name. */
    public static SequencedMap<String, Tensor> grams(Module model, Iterable<Tensor> batches, Predicate<String> layers) {
        var grams = new LinkedHashMap<String, Tensor>();
        visit(model, batches, layers, (name, x) -> {
            var wide = x.to(DType.F64).compute();
            var gram = wide.transpose().matmul(wide).compute();
            var sum = grams.get(name);
            try (var kept = Scope.outside()) {
                grams.put(name, (sum == null ? gram : sum.add(gram)).copy().compute());
            }
        });
        return grams;
    }
}
