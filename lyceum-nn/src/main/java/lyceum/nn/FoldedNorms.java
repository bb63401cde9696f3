package lyceum.nn;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/** Finds norms behind linear and convolution layers by running a network, and folds them. */
final class FoldedNorms {
    private static final double TOLERANCE = 1e-5;

    private final Map<String, Module> modules;
    private final Map<Tensor, Module> makers = new IdentityHashMap<>();
    private final Map<Module, Integer> uses = new IdentityHashMap<>();
    private final Map<BatchNorm, Module> before = new IdentityHashMap<>();

    private FoldedNorms(Module network) { modules = network.modules(); }

    static <M extends Module> M of(M network, Tensor example) {
        return Autograd.noGrad(() -> {
            var seen = new FoldedNorms(network);
            var hooks = Hooks.of(network);
            hooks.on("*", seen::at);
            var expected = network.forward(example, Pass.inference().with(hooks)).compute();
            var folded = seen.folded(network, seen.before.keySet());
            if (same(expected, folded.forward(example))) return folded;
            // Something beside the norm, such as a sum, reads what some layers give; those stay.
            var alone = seen.before.keySet().stream().filter(norm -> same(expected, seen.folded(network, Set.of(norm)).forward(example)))
                    .collect(Collectors.toSet());
            return seen.folded(network, alone);
        });
    }

    private Tensor at(String name, Tensor x, Tensor y) {
        var module = modules.get(name);
        if (module instanceof ConvLayer || module instanceof Linear || module instanceof BatchNorm) uses.merge(module, 1, Integer::sum);
        if (module instanceof ConvLayer || module instanceof Linear linear && linear.activation() == null) makers.put(y, module);
        if (module instanceof BatchNorm norm && makers.containsKey(x) && norm.fits(makers.get(x))) before.put(norm, makers.get(x));
        return y;
    }

    private <M extends Module> M folded(M network, Set<BatchNorm> norms) {
        var parts = new IdentityHashMap<Module, Module>();
        for (var norm : norms) {
            var layer = before.get(norm);
            if (norm.isFolded() || uses.get(norm) > 1 || uses.get(layer) > 1 || !norm.adapters().isEmpty() || !layer.adapters().isEmpty())
                continue;
            parts.put(layer, layer instanceof Linear linear ? norm.fold(linear) : norm.fold((ConvLayer) layer));
            parts.put(norm, new BatchNorm(norm));
        }
        return Module.resized(network, Map.of(), parts);
    }

    private static boolean same(Tensor expected, Tensor found) {
        double size = expected.abs().max().item();
        return expected.sub(found).abs().max().item() <= TOLERANCE * (1e-6 + size);
    }
}
