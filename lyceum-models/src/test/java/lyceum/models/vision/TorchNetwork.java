package lyceum.models.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import lyceum.DType;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;

/** Cases of tools/golden/models_vision.py: weights by the seed recipe, what PyTorch made of them. */
final class TorchNetwork {
    private TorchNetwork() {}

    /** Tensors of the recipe under the names of the case. */
    static SequencedMap<String, Tensor> drawn(Golden golden, Recipe recipe) {
        var state = new LinkedHashMap<String, Tensor>();
        var shapes = golden.at("input.state");
        for (var name : shapes.names()) {
            if (name.endsWith("_index")) continue; // whole numbers, which the recipe leaves alone
            long[] shape = shapes.longs(name);
            if (shape.length == 0) {
                state.put(name, Tensor.zeros(DType.I64));
                continue;
            }
            int n = 1;
            for (long size : shape) n *= (int) size;
            var bells = Tensor.of(recipe.bells(n), shape);
            boolean one = name.endsWith("weight") || name.endsWith("running_var");
            state.put(name, shape.length > 1 ? bells.div(Math.sqrt((double) n / shape[0])) : bells.div(10).add(one ? 1 : 0));
        }
        return state;
    }

    /**
     * The largest gap of output, gradient of the input and gradients of all parameters; each over the largest number of its array where
     * that is above 1.
     *
     * @param load puts tensors of torch's names into the module
     * @param gradients of the module by torch's names
     */
    static Gap gap(Golden golden, Module module, Function<Map<String, Tensor>, ?> load,
            Function<Map<String, Tensor>, Map<String, Tensor>> gradients) {
        var recipe = new Recipe(golden.integer("input.seed"));
        load.apply(drawn(golden, recipe));
        long[] shape = golden.longs("input.x");
        int count = 1;
        for (long size : shape) count *= (int) size;
        var type = module.parameters().firstEntry().getValue().dtype();
        var x = Tensor.of(recipe.bells(count), shape).to(type).compute().requiresGrad();
        var y = module.forward(x, golden.flag("input.training") ? Pass.training(Rng.of(1)) : Pass.inference());
        assertThat(y.shape().toArray()).isEqualTo(golden.longs("expected.shape"));
        y.mul(Tensor.of(recipe.bells((int) y.count()), y.shape().toArray()).to(type)).sum().backward();
        var gap = Gap.overLargest().see(golden, "expected.y", y.toDoubleArray()).see(golden, "expected.xGradient",
                x.grad().toDoubleArray());
        var own = new LinkedHashMap<String, Tensor>();
        module.parameters().forEach((name, p) -> own.put(name, p.grad()));
        var theirs = gradients.apply(own);
        assertThat(theirs.keySet()).containsAll(golden.at("expected.gradients").names());
        for (var name : golden.at("expected.gradients").names())
            gap.see(golden, "expected.gradients." + name, theirs.get(name).toDoubleArray());
        return gap;
    }

    /** Of a module that has torch's names itself. */
    static Gap gap(Golden golden, Module module) {
        return gap(golden, module, state -> {
            module.load(state);
            return null;
        }, g -> g);
    }

    /** Names and shapes of a module's state against the committed list. */
    static void namesAndShapes(Golden golden, Map<String, Tensor> state) {
        var shapes = golden.at("expected.state");
        assertThat(state.keySet()).containsExactlyInAnyOrderElementsOf(shapes.names());
        state.forEach((name, tensor) -> assertThat(tensor.shape().toArray()).as(name).isEqualTo(shapes.longs(name)));
    }
}
