package lyceum.nn;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.tensor.Tensor;

/**
 * A layer with state: it finds its parameters in its own fields.
 *
 * <p>A {@link Tensor} field that {@linkplain Tensor#requiresGrad() requires a gradient} is a parameter, another one a buffer (running
 * statistics); a field that is a Module, or a list or map of them, is a child. Names are those of PyTorch's {@code state_dict}: the field's
 * name, the child's before it, list items by number: {@code layers.0.weight}. Null fields do not exist.
 *
 * {@snippet :
 * final class Block extends Module {
 *     private final Linear up, down;
 *     Block(int width, Rng rng) { up = new Linear(width, 4 * width, rng); down = new Linear(4 * width, width, rng); }
 *     @Override public Tensor forward(Tensor x, Pass pass) { return x.add(down.forward(up.forward(x, pass).relu(), pass)); }
 * }
 * }
 */
public abstract class Module implements Layer {

    /** Parameters by name, in the order of declaration. */
    public final SequencedMap<String, Tensor> parameters() {
        var found = new LinkedHashMap<String, Tensor>();
        state().forEach((name, tensor) -> { if (tensor.isTracked()) found.put(name, tensor); });
        return found;
    }

    /** Parameters and buffers by name: all that a checkpoint holds. */
    public final SequencedMap<String, Tensor> state() {
        var found = new LinkedHashMap<String, Tensor>();
        collect("", found);
        return found;
    }

    /** Number of trainable numbers. */
    public final long parameterCount() { return parameters().values().stream().mapToLong(Tensor::count).sum(); }

    /** Forgets the gradients of all parameters. */
    public final void zeroGrad() { parameters().values().forEach(Tensor::zeroGrad); }

    /**
     * Copies values in by name; floats of another width are converted. Nothing is written if anything does not fit.
     *
     * @throws FormatException if a name is missing or unknown: it lists them
     * @throws ShapeException if a shape differs
     * @throws lyceum.DTypeException if integers are given for floats or the other way round
     */
    public final void load(Map<String, Tensor> values) {
        var own = state();
        var missing = own.keySet().stream().filter(name -> !values.containsKey(name)).toList();
        var unknown = values.keySet().stream().filter(name -> !own.containsKey(name)).toList();
        if (!missing.isEmpty() || !unknown.isEmpty())
            throw new FormatException("load: missing are " + missing + ", unknown are " + unknown);
        own.forEach((name, tensor) -> {
            var value = values.get(name);
            if (!value.shape().equals(tensor.shape()))
                throw new ShapeException("load: " + name + " has shape " + tensor.shape() + ", the value " + value.shape());
            if (value.dtype() != tensor.dtype() && !(value.dtype().isFloat() && tensor.dtype().isFloat()))
                throw new lyceum.DTypeException("load: " + name + " is " + tensor.dtype() + ", the value " + value.dtype());
        });
        Autograd.noGrad(() -> own.forEach((name, tensor) -> tensor.copy_(values.get(name))));
    }

    /**
     * Readies a model for many predictions: the layers in it that multiply by a weight pack it, which takes the weights' memory about once more.
     * Passes without recording ({@link Autograd#noGrad}) use it. Returns this module.
     */
    public Module pack() {
        for (var field : fields()) pack(value(field));
        return this;
    }

    private static void pack(Object value) {
        switch (value) {
            case Module module -> module.pack();
            case List<?> list -> list.forEach(Module::pack);
            case Map<?, ?> map -> map.values().forEach(Module::pack);
            case null, default -> {}
        }
    }

    /** Writes {@link #state()} as safetensors. */
    public final void save(Path path) throws IOException { Safetensors.write(path, state(), Map.of("formatVersion", "1")); }

    /** Reads what {@link #save} wrote, or a published checkpoint with the same names. */
    public final void load(Path path) throws IOException {
        var contents = Safetensors.read(path);
        contents.foreign().keySet().forEach(contents::get); // which says why it cannot be read
        load(contents.tensors());
    }

    /** Children and tensors under names; a container overrides it to name its items. */
    void collect(String prefix, Map<String, Tensor> into) {
        for (var field : fields()) collect(prefix + field.getName(), value(field), into);
    }

    private Object value(Field field) {
        try {
            return field.get(this);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    static void collect(String name, Object value, Map<String, Tensor> into) {
        switch (value) {
            case Tensor tensor -> into.put(name, tensor);
            case Module module -> module.collect(name + ".", into);
            case List<?> list ->
                    { for (int i = 0; i < list.size(); i++) if (list.get(i) instanceof Module m) m.collect(name + "." + i + ".", into); }
            case Map<?, ?> map -> map.forEach((key, item) -> { if (item instanceof Module m) m.collect(name + "." + key + ".", into); });
            case null, default -> {}
        }
    }

    /** From the base class down, so that inherited parameters come first. */
    private List<Field> fields() {
        var classes = new ArrayDeque<Class<?>>();
        for (Class<?> c = getClass(); c != Module.class; c = c.getSuperclass()) classes.push(c);
        var fields = new ArrayList<Field>();
        for (var c : classes) {
            for (var field : c.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) || field.isSynthetic()) continue;
                field.setAccessible(true);
                fields.add(field);
            }
        }
        return fields;
    }
}
