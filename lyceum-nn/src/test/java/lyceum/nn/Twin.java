package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;

/**
 * The Java side of {@code tools/golden/twin.py}: a module with the parameters, inputs and upstream gradients that PyTorch's twin had, compared by
 * the first values of each tensor and by two random projections of it.
 *
 * {@snippet :
 * var twin = new Twin(c.whole("input.seed"));
 * twin.fill(module);
 * var x = twin.draw(2, 5, 8).requiresGrad();
 * twin.compare(gap, c, module.parameters(), List.of(x), List.of(module.forward(x)));
 * }
 */
public final class Twin {
    private static final int FIRST = 2, PROBES = 2;
    private final long seed;
    private final Recipe recipe;

    public Twin(long seed) {
        this.seed = seed;
        recipe = new Recipe(seed);
    }

    /** Bells of that shape, F64. */
    public Tensor draw(long... shape) { return scaled(1, shape); }

    /** The same, times a scale. */
    public Tensor scaled(double scale, long... shape) {
        long n = 1;
        for (long s : shape) n *= s;
        return Tensor.of(recipe.bells((int) n)).reshape(shape).mul(scale).compute();
    }

    /** Uniform numbers, where a script draws them. */
    public double[] uniforms(int n) { return recipe.uniforms(n); }

    /** Parameters of that scale in the order of their sorted names, 0.3 where the script does not say. */
    public <M extends Module> M fill(M module) { return fill(module, 0.3); }

    public <M extends Module> M fill(M module, double scale) {
        Autograd.noGrad(
                () -> new TreeMap<>(module.parameters()).forEach((name, p) -> p.copy_(scaled(scale, p.shape().toArray()).to(p.dtype()))));
        return module;
    }

    /** Leaves of those shapes, as a script's {@code parameters} draws them. */
    public Map<String, Tensor> parameters(Map<String, long[]> shapes) {
        var leaves = new TreeMap<String, Tensor>();
        new TreeMap<>(shapes).forEach((name, shape) -> leaves.put(name, scaled(0.3, shape).requiresGrad()));
        return leaves;
    }

    /** The traces of outputs, and of the gradients of all parameters and inputs that require one. */
    public void compare(Gap gap, Golden c, Map<String, Tensor> parameters, List<Tensor> inputs, List<Tensor> outputs) {
        var total = Tensor.scalar(0.0);
        for (int i = 0; i < outputs.size(); i++) {
            gap.see(c, "expected.y." + i, trace(outputs.get(i)));
            total = total.add(outputs.get(i).to(DType.F64).mul(draw(outputs.get(i).shape().toArray())).sum());
        }
        var names = new ArrayList<String>(parameters.keySet());
        var leaves = new ArrayList<Tensor>(parameters.values());
        for (int i = 0; i < inputs.size(); i++) {
            if (!inputs.get(i).isTracked()) continue;
            names.add(String.valueOf(i));
            leaves.add(inputs.get(i));
        }
        leaves.forEach(Tensor::zeroGrad);
        total.backward();
        for (int i = 0; i < leaves.size(); i++) {
            var gradient = leaves.get(i).grad();
            var named = c.at("expected.gradients");
            gap.see(c.text("name") + ": gradient of " + names.get(i),
                    trace(gradient == null ? leaves.get(i).detach().zerosLike() : gradient), named.doubles(names.get(i)));
        }
    }

    /** First values and projections. */
    public double[] trace(Tensor tensor) {
        double[] flat = tensor.detach().to(DType.F64).flatten().toDoubleArray();
        var probes = new Recipe(seed + 1);
        int first = Math.min(FIRST, flat.length);
        var trace = new double[first + PROBES];
        System.arraycopy(flat, 0, trace, 0, first);
        for (int p = 0; p < PROBES; p++) {
            double[] bells = probes.bells(flat.length);
            double sum = 0;
            for (int i = 0; i < flat.length; i++) sum += bells[i] * flat[i];
            trace[first + p] = sum / Math.sqrt(Math.max(1, flat.length));
        }
        return trace;
    }
}
