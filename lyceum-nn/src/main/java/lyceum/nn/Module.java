package lyceum.nn;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.memory.Scope;
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
 *     @Override protected Tensor compute(Tensor x, Pass pass) { return x.add(down.forward(up.forward(x, pass).relu(), pass)); }
 * }
 * }
 *
 * <p>Who writes a module says what it {@linkplain #compute computes}; who uses it calls {@link #forward}, which also lets {@link Adapter}s change
 * the result and shows it to the {@link Hooks} of the pass. A module with more inputs than one ends each of its own methods by {@link #emit}.
 */
public abstract class Module implements Layer, Cloneable {
    private List<Adapter> adapters = List.of();
    private Set<String> frozen = Set.of();

    @Override public final Tensor forward(Tensor x, Pass pass) {
        for (var adapter : adapters) x = adapter.enter(x, pass);
        return emit(x, compute(x, pass), pass);
    }

    /** The value at x, by the parts of this module. */
    protected abstract Tensor compute(Tensor x, Pass pass);

    /** What was computed, as adapters and hooks let it leave this module; x is what it was computed from. */
    protected final Tensor emit(Tensor x, Tensor y, Pass pass) {
        for (var adapter : adapters) y = adapter.adapt(x, y, pass);
        return pass.at(this, x, y);
    }

    /** From now on, {@code adapter} changes what this module gives; if it is a module, its parameters stand beside this one's. Returns this. */
    public final Module attach(Adapter adapter) {
        var more = new ArrayList<>(adapters);
        more.add(adapter);
        adapters = List.copyOf(more);
        return this;
    }

    /** Takes an adapter off. Returns this. */
    public final Module detach(Adapter adapter) {
        adapters = adapters.stream().filter(a -> a != adapter).toList();
        return this;
    }

    /** What is attached here, first to last. */
    public final List<Adapter> adapters() { return adapters; }

    /** This module under the empty name, and all modules in it by name, in the order of declaration. A module that is found twice has its first name. */
    public final SequencedMap<String, Module> modules() {
        var found = new LinkedHashMap<String, Module>();
        modules("", found, Collections.newSetFromMap(new IdentityHashMap<>()));
        return found;
    }

    /** Those {@link #modules()} whose names match: {@code *} is any text, {@code ?} a character. */
    public final SequencedMap<String, Module> modules(String glob) {
        var names = Globs.of(glob);
        var found = modules();
        found.keySet().removeIf(name -> !names.test(name));
        return found;
    }

    private void modules(String name, Map<String, Module> into, Set<Module> seen) {
        if (!seen.add(this)) return;
        into.put(name, this);
        parts((part, value) -> { if (value instanceof Module m) m.modules(name.isEmpty() ? part : name + "." + part, into, seen); });
    }

    /** Trainable parameters by name, in the order of declaration: all but the {@linkplain #freeze frozen}. */
    public final SequencedMap<String, Tensor> parameters() {
        var found = new LinkedHashMap<String, Tensor>();
        state().forEach((name, tensor) -> { if (tensor.isTracked()) found.put(name, tensor); });
        return found;
    }

    /** Those {@link #parameters()} whose names match: {@code *} is any text, {@code ?} a character. */
    public final SequencedMap<String, Tensor> parameters(String glob) {
        var names = Globs.of(glob);
        var found = parameters();
        found.keySet().removeIf(name -> !names.test(name));
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

    /**
     * Parameters whose names match are left out of training until {@link #unfreeze}: no gradient is taken for them.
     *
     * @param glob of {@link #state()}'s names: {@code *} is any text, {@code ?} a character
     * @return how many numbers were frozen
     */
    public final long freeze(String glob) {
        var names = Globs.of(glob);
        long count = 0;
        for (var entry : modules().entrySet()) {
            var module = entry.getValue();
            var held = new LinkedHashSet<>(module.frozen);
            count += module.own(entry.getKey(), (name, field, tensor) -> {
                if (!tensor.isTracked() || !names.test(name)) return 0;
                tensor.requiresGrad_(false);
                held.add(field);
                return tensor.count();
            });
            module.frozen = Set.copyOf(held);
        }
        return count;
    }

    /** Parameters that were frozen and whose names match are trained again. Returns how many numbers. */
    public final long unfreeze(String glob) {
        var names = Globs.of(glob);
        long count = 0;
        for (var entry : modules().entrySet()) {
            var module = entry.getValue();
            var held = new LinkedHashSet<>(module.frozen);
            count += module.own(entry.getKey(), (name, field, tensor) -> {
                if (!held.contains(field) || !names.test(name)) return 0;
                tensor.requiresGrad_(true);
                held.remove(field);
                return tensor.count();
            });
            module.frozen = Set.copyOf(held);
        }
        return count;
    }

    private interface Own {
        long see(String name, String part, Tensor tensor);
    }

    /** The tensors of this module's own fields. */
    private long own(String prefix, Own visitor) {
        long[] sum = {0};
        parts((part, value) -> {
            if (value instanceof Tensor t) sum[0] += visitor.see(prefix.isEmpty() ? part : prefix + "." + part, part, t);
        });
        return sum[0];
    }

    /**
     * A module like this one in which some tensors are others: the same code at other weights. Gradients reach the given tensors, and through them
     * what they were computed from; the given module is not changed.
     *
     * @param values by name of {@link #state()}; what has no value is shared with the given module
     * @throws FormatException if a name is unknown
     * @throws ShapeException if a shape differs
     */
    public static <M extends Module> M with(M module, Map<String, Tensor> values) {
        var own = module.state();
        var swap = new IdentityHashMap<Tensor, Tensor>();
        values.forEach((name, value) -> {
            var old = own.get(name);
            if (old == null) throw new FormatException("with: " + name + " is unknown; there are " + own.keySet());
            if (!old.shape().equals(value.shape()))
                throw new ShapeException("with: " + name + " has shape " + old.shape() + ", the value " + value.shape());
            swap.put(old, value);
        });
        return new Transplant(swap).of(module);
    }

    /** An independent module with the same values: parameters stay parameters. */
    public static <M extends Module> M copy(M module) { return changed(module, Tensor::copy); }

    /** A module whose floats are of another type, with parameters of its own. */
    public static <M extends Module> M to(M module, DType type) { return changed(module, t -> t.dtype().isFloat() ? t.to(type).copy() : t.copy()); }

    private static <M extends Module> M changed(M module, UnaryOperator<Tensor> change) {
        var swap = new IdentityHashMap<Tensor, Tensor>();
        try (var kept = Scope.outside()) {
            Autograd.noGrad(() -> module.state().values().forEach(t -> swap.computeIfAbsent(t, old -> {
                var value = change.apply(old.detach()).compute();
                return old.isTracked() ? value.requiresGrad() : value;
            })));
        }
        return new Transplant(swap).of(module);
    }

    /** Called on a fresh copy of a module, whose tensors may differ: forgets what was derived from them. */
    protected void copied() {}

    /** Forgets the gradients of all parameters. */
    public final void zeroGrad() { parameters().values().forEach(Tensor::zeroGrad); }

    /**
     * Copies values in by name; floats of another width are converted. Nothing is written if anything does not fit.
     *
     * @throws FormatException if a name is missing or unknown: it lists them
     * @throws ShapeException if a shape differs
     * @throws DTypeException if integers are given for floats or the other way round
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
                throw new DTypeException("load: " + name + " is " + tensor.dtype() + ", the value " + value.dtype());
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

    /** Tensors under names. */
    private void collect(String prefix, Map<String, Tensor> into) {
        parts((name, value) -> {
            if (value instanceof Tensor tensor) into.put(prefix + name, tensor);
            else ((Module) value).collect(prefix + name + ".", into);
        });
    }

    /** Each tensor and each module in the fields of this one, under its name here; those of adapters follow. */
    private void parts(BiConsumer<String, Object> visitor) {
        for (var field : fields()) parts(nameOf(field.getName()), value(field), visitor);
        for (var adapter : adapters) if (adapter instanceof Module module) module.parts(visitor);
    }

    private static void parts(String name, Object value, BiConsumer<String, Object> visitor) {
        switch (value) {
            case Tensor tensor -> visitor.accept(name, tensor);
            case Module module -> visitor.accept(name, module);
            case List<?> list -> {
                for (int i = 0; i < list.size(); i++)
                    if (list.get(i) instanceof Module m) visitor.accept(name.isEmpty() ? "" + i : name + "." + i, m);
            }
            case Map<?, ?> map -> map.forEach((key, item) -> { if (item instanceof Module m) visitor.accept(name.isEmpty() ? "" + key : name + "." + key, m); });
            case null, default -> {}
        }
    }

    /** The name under which a field's parts stand; a container gives its items none. */
    String nameOf(String field) { return field; }

    private Object value(Field field) {
        try {
            return field.get(this);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    Module shallow(UnaryOperator<Object> change) {
        try {
            var copy = (Module) clone();
            for (var field : copy.fields()) {
                var old = field.get(this);
                var value = change.apply(old);
                if (value != old) field.set(copy, value);
            }
            copy.adapters = adapters.stream().map(a -> (Adapter) change.apply(a)).toList();
            copy.copied();
            return copy;
        } catch (CloneNotSupportedException | IllegalAccessException e) {
            throw new AssertionError(e);
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
