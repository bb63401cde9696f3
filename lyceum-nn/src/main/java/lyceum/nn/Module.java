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
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Safetensors;
import lyceum.tensor.Tensor;

/**
 * A layer with state: it finds its parameters in its own fields.
 *
 * <p>A {@link Tensor} field that {@linkplain Tensor#requiresGrad() requires a gradient} is a parameter, any other a buffer (running
 * statistics); a field that is a Module, or a list or map of them, is a child. Names follow PyTorch's {@code state_dict}: the field's
 * name, prefixed by the child's, with list items by number: {@code layers.0.weight}. Null fields are ignored.
 *
 * {@snippet :
 * final class Block extends Module {
 *     private final Linear up, down;
 *     Block(int width, Rng rng) { up = new Linear(width, 4 * width, rng); down = new Linear(4 * width, width, rng); }
 *     @Override protected Tensor compute(Tensor x, Pass pass) { return x.add(down.forward(up.forward(x, pass).relu(), pass)); }
 * }
 * }
 *
 * <p>The author of a module defines what it {@linkplain #compute computes}; its users call {@link #forward}, which also lets {@link Adapter}s change
 * the result and shows it to the {@link Hooks} of the pass. A module with several inputs ends each of its own methods with {@link #emit}.
 */
public abstract class Module implements Layer, Cloneable {
    private List<Adapter> adapters = List.of();
    private Set<String> frozen = Set.of();

    @Override public final Tensor forward(Tensor x, Pass pass) {
        pass.begin(this, null);
        var given = x;
        try {
            for (int i = 0; i < adapters.size(); i++) x = adapters.get(i).enter(x, pass);
            return emit(x, compute(x, pass), pass);
        } catch (ShapeException e) {
            throw LayerShapeException.in(this, given, e);
        }
    }

    /** The value at x, computed by the parts of this module. */
    protected abstract Tensor compute(Tensor x, Pass pass);

    /** The computed value after adapters and hooks; x is the input it was computed from. */
    protected final Tensor emit(Tensor x, Tensor y, Pass pass) {
        for (int i = 0; i < adapters.size(); i++) y = adapters.get(i).adapt(x, y, pass); // without an iterator a layer
        return pass.at(this, x, y);
    }

    /** From now on, {@code adapter} changes this module's output; if it is a module, its parameters join this one's. Returns this. */
    public final Module attach(Adapter adapter) {
        var more = new ArrayList<>(adapters);
        more.add(adapter);
        adapters = List.copyOf(more);
        return this;
    }

    /** Detaches an adapter. Returns this. */
    public final Module detach(Adapter adapter) {
        adapters = adapters.stream().filter(a -> a != adapter).toList();
        return this;
    }

    /** The adapters attached here, first to last. */
    public final List<Adapter> adapters() { return adapters; }

    /** This module under the empty name, and all modules in it by name, in the order of declaration. A module that is reachable by several names has its first. */
    public final SequencedMap<String, Module> modules() {
        var found = new LinkedHashMap<String, Module>();
        modules("", found, Collections.newSetFromMap(new IdentityHashMap<>()));
        return found;
    }

    /** Those of {@link #modules()} whose names match: {@code *} is any text, {@code ?} any character. */
    public final SequencedMap<String, Module> modules(String glob) {
        var found = modules();
        found.keySet().removeIf(Globs.of(glob).negate());
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

    /** Those of them whose names match; {@code *} is any text, {@code ?} any character. */
    public final SequencedMap<String, Tensor> parameters(String glob) {
        var found = parameters();
        found.keySet().removeIf(Globs.of(glob).negate());
        return found;
    }

    /** Parameters and buffers by name: all that a checkpoint holds. A tensor with several names, such as a {@linkplain #tied tied} one, appears under its first. */
    public final SequencedMap<String, Tensor> state() {
        var found = new LinkedHashMap<String, Tensor>();
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        names().forEach((name, tensor) -> { if (seen.add(tensor)) found.put(name, tensor); });
        return found;
    }

    /** All names under which tensors are found. */
    final SequencedMap<String, Tensor> names() {
        var found = new LinkedHashMap<String, Tensor>();
        collect(name -> name, (name, part, owner, tensor) -> found.put(name, tensor));
        return found;
    }

    /** The other names of tensors that have several, each with the name that {@link #state()} uses. */
    public final SequencedMap<String, String> ties() {
        var first = new IdentityHashMap<Tensor, String>();
        var ties = new LinkedHashMap<String, String>();
        names().forEach((name, tensor) -> {
            var known = first.putIfAbsent(tensor, name);
            if (known != null) ties.put(name, known);
        });
        return ties;
    }

    /**
     * A module like this one in which {@code alias} names the tensor {@code name}: one parameter, one gradient, one entry in a file. All tensors are
     * shared with the given module, which is not changed.
     *
     * @throws FormatException if a name is unknown
     * @throws ShapeException if the shapes differ
     * @see <a href="https://arxiv.org/abs/1608.05859">Press and Wolf (2017)</a>
     */
    public static <M extends Module> M tied(M module, String name, String alias) {
        var tensor = module.names().get(name);
        if (tensor == null) throw new FormatException("tied: " + name + " is unknown; there are " + module.names().keySet());
        return Transplant.sharing("tied", module, Map.of(alias, tensor));
    }

    /** A module like this one in which {@code alias} names a copy of the tensor that it shared. @throws FormatException if it shares none */
    public static <M extends Module> M untied(M module, String alias) { return Transplant.untied(module, alias); }

    /** What each layer gives, holds and costs for an input of that type and shape, by shape alone; see {@link ForwardReport}. */
    public final ForwardReport summary(DType type, long... input) { return ForwardReport.of(this, type, input); }

    /** How many numbers are trainable. */
    public final long parameterCount() { return parameters().values().stream().mapToLong(Tensor::count).sum(); }

    /**
     * Excludes parameters whose names match from training until {@link #unfreeze}: no gradient is computed for them.
     *
     * @param glob of {@link #state()}'s names: {@code *} is any text, {@code ?} a character
     * @return how many numbers were frozen
     */
    public final long freeze(String glob) {
        var names = Globs.of(glob);
        long[] count = {0};
        collect(name -> name, (name, part, owner, tensor) -> {
            if (!tensor.isTracked() || !names.test(name)) return;
            tensor.requiresGrad_(false);
            var held = new LinkedHashSet<>(owner.frozen);
            held.add(part);
            owner.frozen = Set.copyOf(held);
            count[0] += tensor.count();
        });
        return count[0];
    }

    /** Makes frozen parameters whose names match trainable again. Returns how many numbers. */
    public final long unfreeze(String glob) {
        var names = Globs.of(glob);
        long[] count = {0};
        collect(name -> name, (name, part, owner, tensor) -> {
            if (!owner.frozen.contains(part) || !names.test(name)) return;
            tensor.requiresGrad_(true);
            var held = new LinkedHashSet<>(owner.frozen);
            held.remove(part);
            owner.frozen = Set.copyOf(held);
            count[0] += tensor.count();
        });
        return count[0];
    }

    /** True if something was {@linkplain #freeze frozen} here and nothing is left to train. */
    final boolean isFrozen() { return parameters().isEmpty() && modules().values().stream().anyMatch(m -> !m.frozen.isEmpty()); }

    /** Buffers: tensors that are neither trained nor {@linkplain #freeze frozen}. */
    final Set<Tensor> buffers() {
        Set<Tensor> found = Collections.newSetFromMap(new IdentityHashMap<>());
        collect(n -> n, (n, part, owner, t) -> { if (!t.isTracked() && !owner.frozen.contains(part)) found.add(t); });
        return found;
    }

    /** Sees a tensor; part is its name in the module that has it. */
    private interface Own {
        void see(String name, String part, Module owner, Tensor tensor);
    }

    /**
     * A module like this one with some tensors replaced: the same code with other weights. Gradients reach the given tensors, and through them
     * what they were computed from; the given module is not changed.
     *
     * @param values by name of {@link #state()}. Parameters without a value are shared with the given module; buffers without one are copied, so that running
     *         statistics updated in training belong to the new module. Pass a buffer to share it
     * @throws FormatException if a name is unknown
     * @throws ShapeException if a shape differs
     */
    public static <M extends Module> M with(M module, Map<String, Tensor> values) { return Transplant.with(module, values); }

    /** An independent module with the same values: parameters stay parameters. */
    public static <M extends Module> M copy(M module) { return Transplant.changed(module, Tensor::copy); }

    /** A module with its floats converted to another type, and with its own parameters. */
    public static <M extends Module> M to(M module, DType type) {
        return Transplant.changed(module, t -> t.dtype().isFloat() ? t.to(type).copy() : t.copy());
    }

    /**
     * An independent module with the same code, in which some tensors have other sizes and some parts are replaced: what a network becomes when channels or
     * heads are removed. Parameters stay parameters. Sizes that do not fit each other are found when it runs.
     *
     * @param values by name of {@link #state()}; tensors without a value are copied
     * @param parts replacements for modules, found by identity; they keep their own tensors
     * @throws FormatException if a name is unknown
     */
    public static <M extends Module> M resized(M module, Map<String, Tensor> values, Map<? extends Module, ? extends Module> parts) {
        return Transplant.resized(module, values, parts);
    }

    /** Called on a fresh copy of a module, whose tensors may differ, and after loading: forgets what was derived from them. */
    protected void copied() {}

    /** Forgets the gradients of all parameters. */
    public final void zeroGrad() { parameters().values().forEach(Tensor::zeroGrad); }

    /**
     * Copies values in by name; floats of another width are converted. A tied tensor may be given under any of its names, or under several with equal values. Nothing is
     * written unless everything fits.
     *
     * @throws FormatException if names are missing or unknown: it lists them, and those whose shapes differ; or if the values of two names of one tensor differ
     * @throws ShapeException if shapes differ: it lists them
     * @throws DTypeException if integers are given for floats or the other way round
     */
    public final void load(Map<String, Tensor> values) {
        StateLoading.load(this, values);
        modules().values().forEach(Module::copied);
    }

    /**
     * Prepares a model for many predictions: layers that multiply by a weight pack it, which takes about as much memory as the weights again.
     * Passes without recording ({@link Autograd#noGrad}) use it. Returns this module.
     */
    public Module pack() { return each(Module::pack); }

    /**
     * The same with weights rounded to a format and their inputs to 8 bits: predictions are faster and slightly less exact. The weights themselves are kept, for gradients
     * and for saving; a weight that is written to later is not rounded again. Returns this module.
     *
     * @throws IllegalArgumentException if the rows of a weight are not whole blocks of the format
     */
    public Module pack(BlockFormat format) { return each(module -> module.pack(format)); }

    private Module each(Consumer<Module> action) {
        for (var field : fields()) each(value(field), action);
        return this;
    }

    private static void each(Object value, Consumer<Module> action) {
        switch (value) {
            case Module module -> action.accept(module);
            case List<?> list -> list.forEach(item -> each(item, action));
            case Map<?, ?> map -> map.values().forEach(item -> each(item, action));
            case null, default -> {}
        }
    }

    /** Writes {@link #state()} as safetensors. */
    public final void save(Path path) throws IOException { Safetensors.write(path, state(), Map.of("formatVersion", "1")); }

    /** Reads what {@link #save} wrote, or a published checkpoint with the same names; of one in several files, through their index. */
    public final void load(Path path) throws IOException {
        var contents = Safetensors.read(path);
        contents.foreign().keySet().forEach(contents::get); // which says why it cannot be read
        load(contents.wide());
    }

    /** Tensors by name: of this module and of those in it. */
    private void collect(UnaryOperator<String> named, Own visitor) {
        parts((name, value) -> {
            if (value instanceof Tensor tensor) visitor.see(named.apply(name), name, this, tensor);
            else((Module) value).collect(inner -> named.apply(nameOf(name, inner)), visitor);
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
            case Map<?, ?> map -> map.forEach((key, item) -> {
                if (item instanceof Module m) visitor.accept(name.isEmpty() ? "" + key : name + "." + key, m);
            });
            case null, default -> {}
        }
    }

    /** The name under which a field's parts stand; a container gives its items none. */
    protected String nameOf(String field) { return field; }

    /** The name under which a child's tensor stands. */
    protected String nameOf(String child, String tensor) { return child + "." + tensor; }

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
