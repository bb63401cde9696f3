package lyceum.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/** {@link Module#load(Map)}: compares everything, then writes. */
final class StateLoading {
    private StateLoading() {}

    static void load(Module module, Map<String, Tensor> values) {
        var own = module.state();
        var names = module.names();
        var unknown = values.keySet().stream().filter(name -> !names.containsKey(name)).toList();
        var given = underFirstNames(module, values);
        var missing = own.keySet().stream().filter(name -> !given.containsKey(name)).toList();
        var shapes = new ArrayList<String>();
        own.forEach((name, tensor) -> {
            var value = given.get(name);
            if (value != null && !value.shape().equals(tensor.shape()))
                shapes.add(name + " has shape " + tensor.shape() + ", the value " + value.shape());
        });
        if (!missing.isEmpty() || !unknown.isEmpty()) throw new FormatException(
                "load: missing " + missing + ", unknown " + unknown + (shapes.isEmpty() ? "" : "; " + String.join("; ", shapes)));
        if (!shapes.isEmpty()) throw new ShapeException("load: " + String.join("; ", shapes));
        own.forEach((name, tensor) -> {
            var value = given.get(name);
            if (value.dtype() != tensor.dtype() && !(value.dtype().isFloat() && tensor.dtype().isFloat()))
                throw new DTypeException("load: " + name + " is " + tensor.dtype() + ", the value " + value.dtype());
        });
        Autograd.noGrad(() -> own.forEach((name, tensor) -> tensor.copy_(given.get(name))));
    }

    private static Map<String, Tensor> underFirstNames(Module module, Map<String, Tensor> values) {
        var ties = module.ties();
        var given = new LinkedHashMap<String, Tensor>();
        values.forEach((name, value) -> {
            var first = ties.getOrDefault(name, name);
            var other = given.putIfAbsent(first, value);
            if (other != null && other != value && !(other.shape().equals(value.shape()) && other.ne(value).countNonZero().item() == 0))
                throw new FormatException(
                        "load: " + first + " is tied to " + name + ", and their values differ; give one, or untie them first");
        });
        return given;
    }
}
