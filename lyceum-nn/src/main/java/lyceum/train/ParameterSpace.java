package lyceum.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Module;
import lyceum.tensor.Tensor;

/**
 * The trainable parameters of a model seen as the points of one vector space.
 *
 * {@snippet :
 * var space = ParameterSpace.of(model);
 * Tensor w = space.values(model);                              // (n), a copy
 * Tensor loss = Loss.mse(space.at(model, w.mul(1.01)).forward(x), y);
 * }
 *
 * <p>Parameters follow each other in the order of {@link Module#parameters()}, each row by row. A model at a point shares its other tensors
 * (buffers, frozen weights) with the given one; gradients and tangents reach the vector. Immutable; for any number of threads.
 */
public final class ParameterSpace {
    private final List<String> names;
    private final List<long[]> shapes;
    private final int size;
    private final DType type;

    private ParameterSpace(Map<String, Tensor> parameters) {
        if (parameters.isEmpty()) throw new ShapeException("ParameterSpace: the model has no trainable parameters");
        names = List.copyOf(parameters.keySet());
        shapes = parameters.values().stream().map(t -> t.shape().toArray()).toList();
        size = Math.toIntExact(parameters.values().stream().mapToLong(Tensor::count).sum());
        type = parameters.values().stream().map(Tensor::dtype).reduce(DType::promote).orElseThrow();
    }

    /** The space of a model's {@link Module#parameters()}. */
    public static ParameterSpace of(Module model) { return new ParameterSpace(model.parameters()); }

    /** How many numbers a point has. */
    public int size() { return size; }

    public List<String> names() { return names; }

    /** The parameters' type, the widest where they differ. */
    public DType dtype() { return type; }

    /** Where a model of these parameters stands: (n), a copy that is not tracked. */
    public Tensor values(Module model) {
        var own = model.state();
        var parts = new Tensor[names.size()];
        for (int i = 0; i < parts.length; i++) parts[i] = own.get(names.get(i)).detach().to(type).flatten();
        return Tensor.concat(0, parts).copy().compute();
    }

    /** The parameters at a point, by name. @throws ShapeException if the vector has another length */
    public Map<String, Tensor> split(Tensor point) {
        if (point.rank() != 1 || point.size(0) != size)
            throw new ShapeException("ParameterSpace: a point of shape " + point.shape() + " for " + size + " parameters");
        var values = new LinkedHashMap<String, Tensor>();
        long from = 0;
        for (int i = 0; i < names.size(); i++) {
            long count = 1;
            for (long side : shapes.get(i)) count *= side;
            values.put(names.get(i), point.narrow(0, from, count).reshape(shapes.get(i)));
            from += count;
        }
        return values;
    }

    /** A model like the given one at a point; see {@link Module#with}. */
    public <M extends Module> M at(M model, Tensor point) { return Module.with(model, split(point)); }

    /** Makes a point of parts by name, in the order of the space. @throws ShapeException if one is missing */
    public Tensor join(Map<String, Tensor> parts) {
        var list = new ArrayList<Tensor>();
        for (var name : names) {
            var part = parts.get(name);
            if (part == null) throw new ShapeException("ParameterSpace.join: " + name + " is missing; there are " + parts.keySet());
            list.add(part.to(type).flatten());
        }
        return Tensor.concat(0, list.toArray(Tensor[]::new));
    }
}
