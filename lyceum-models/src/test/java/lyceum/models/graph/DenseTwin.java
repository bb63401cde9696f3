package lyceum.models.graph;

import java.util.LinkedHashMap;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;

/** Compares a graph layer with a case of tools/golden/models_graph.py: values and all gradients. */
final class DenseTwin {
    private DenseTwin() {}

    static Tensor read(Golden c, String name, long... shape) { return Tensor.of(c.doubles("input.values." + name), shape).requiresGrad(); }

    /** The case's graph with its weights or features, which require gradients; {@code null} for none of them. */
    static GraphData graph(Golden c, Tensor weights, Tensor features) {
        var g = GraphData.of(c.integer("input.nodes"), c.ints("input.source"), c.ints("input.target"));
        if (weights != null) g = g.withWeights(weights);
        return features == null ? g : g.withFeatures(features);
    }

    /** @param more what gradients are wanted of beside parameters and x */
    static Tensor compare(Gap gap, Golden c, GraphLayer layer, GraphData g, Tensor x, LinkedHashMap<String, Tensor> more) {
        var values = new LinkedHashMap<String, Tensor>();
        layer.state().forEach((name, t) -> values.put(name, Tensor.of(c.doubles("input.values." + name), t.shape().toArray())));
        layer.load(values);
        var wanted = new LinkedHashMap<String, Tensor>(layer.parameters());
        wanted.put("x", x);
        wanted.putAll(more);
        var y = layer.forward(g, x, Pass.inference());
        gap.see(c.text("name") + " y", y.toDoubleArray(), c.doubles("expected.y"));
        var up = Tensor.of(c.doubles("input.up"), y.shape().toArray());
        var gradients = Autograd.gradients(y.mul(up).sum(), wanted.values().toArray(Tensor[]::new), false);
        int i = 0;
        for (var name : wanted.keySet())
            gap.see(c.text("name") + " " + name, gradients[i++].toDoubleArray(), c.doubles("expected.gradients." + name));
        return y;
    }
}
