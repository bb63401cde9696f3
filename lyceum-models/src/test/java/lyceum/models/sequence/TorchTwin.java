package lyceum.models.sequence;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;

/** The Java side of {@code tools/golden/twin.py}: parameters, inputs and upstream gradients from one recipe, compared by traces. */
final class TorchTwin {
    private final long seed;
    private final Recipe recipe;

    TorchTwin(long seed) {
        this.seed = seed;
        recipe = new Recipe(seed);
    }

    /** Bells of that shape, F64. */
    Tensor draw(double scale, long... shape) {
        long n = 1;
        for (long s : shape) n *= s;
        return Tensor.of(recipe.bells((int) n)).reshape(shape).mul(scale).compute();
    }

    /** Parameters in the order of their sorted names. */
    <M extends Module> M fill(M module, double scale) {
        Autograd.noGrad(
                () -> new TreeMap<>(module.parameters()).forEach((name, p) -> p.copy_(draw(scale, p.shape().toArray()).to(p.dtype()))));
        return module;
    }

    /** Outputs, and the gradients of all parameters and of the inputs that require one, by name and by number. */
    void compare(Gap gap, Golden c, Map<String, Tensor> parameters, List<Tensor> inputs, List<Tensor> outputs) {
        var total = Tensor.scalar(0.0);
        for (int i = 0; i < outputs.size(); i++) {
            gap.see(c, "expected.y." + i, trace(outputs.get(i)));
            total = total.add(outputs.get(i).to(DType.F64).mul(draw(1, outputs.get(i).shape().toArray())).sum());
        }
        var names = new ArrayList<>(parameters.keySet());
        var leaves = new ArrayList<>(parameters.values());
        for (int i = 0; i < inputs.size(); i++) {
            if (!inputs.get(i).isTracked()) continue;
            names.add(String.valueOf(i));
            leaves.add(inputs.get(i));
        }
        var gradients = Autograd.gradients(total, leaves.toArray(Tensor[]::new), false);
        var named = c.at("expected.gradients");
        for (int i = 0; i < gradients.length; i++)
            gap.see(c.text("name") + ": gradient of " + names.get(i),
                    trace(gradients[i] == null ? leaves.get(i).detach().zerosLike() : gradients[i]), named.doubles(names.get(i)));
    }

    private double[] trace(Tensor tensor) {
        double[] flat = tensor.detach().to(DType.F64).flatten().toDoubleArray();
        var probes = new Recipe(seed + 1);
        int first = Math.min(2, flat.length);
        var trace = new double[first + 2];
        System.arraycopy(flat, 0, trace, 0, first);
        for (int p = 0; p < 2; p++) {
            double[] bells = probes.bells(flat.length);
            double sum = 0;
            for (int i = 0; i < flat.length; i++) sum += bells[i] * flat[i];
            trace[first + p] = sum / Math.sqrt(Math.max(1, flat.length));
        }
        return trace;
    }
}
