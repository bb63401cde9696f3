package lyceum.nn;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/** Copies a tree of modules, with other tensors in place of some: what is shared in it stays shared. */
final class Transplant {
    private final IdentityHashMap<Tensor, Tensor> swap;
    private final IdentityHashMap<Module, Module> made = new IdentityHashMap<>();

    private final Module only;

    Transplant(IdentityHashMap<Tensor, Tensor> swap) { this(swap, null); }

    /** @param only the module whose own tensors are replaced; null for all */
    Transplant(IdentityHashMap<Tensor, Tensor> swap, Module only) {
        this.swap = swap;
        this.only = only;
    }

    /** Others in place of some modules. Returns this. */
    Transplant with(Map<? extends Module, ? extends Module> parts) {
        made.putAll(parts);
        return this;
    }

    /** @see Module#with */
    static <M extends Module> M with(M module, Map<String, Tensor> values) {
        var swap = named("with", module, values);
        Autograd.noGrad(() -> module.buffers().forEach(buffer -> swap.computeIfAbsent(buffer, old -> old.detach().copy().compute())));
        return new Transplant(swap).of(module);
    }

    /** @see Skeleton#filled */
    static <M extends Module> M with(M module, Map<String, Tensor> values, Map<? extends Module, ? extends Module> parts) {
        return new Transplant(named("filled", module, values)).with(parts).of(module);
    }

    /** As {@link #with}, with all other tensors shared, buffers too. */
    static <M extends Module> M sharing(String operation, M module, Map<String, Tensor> values) {
        return new Transplant(named(operation, module, values)).of(module);
    }

    private static IdentityHashMap<Tensor, Tensor> named(String operation, Module module, Map<String, Tensor> values) {
        var own = module.names();
        var swap = new IdentityHashMap<Tensor, Tensor>();
        values.forEach((name, value) -> {
            var old = own.get(name);
            if (old == null) throw new FormatException(operation + ": " + name + " is unknown; there are " + own.keySet());
            if (!old.shape().equals(value.shape()))
                throw new ShapeException(operation + ": " + name + " has shape " + old.shape() + ", the value " + value.shape());
            swap.put(old, value);
        });
        return swap;
    }

    /** @see Module#untied */
    static <M extends Module> M untied(M module, String alias) {
        var tensor = module.names().get(alias);
        if (!module.ties().containsKey(alias))
            throw new FormatException("untied: " + alias + " shares no tensor; there are " + module.ties().keySet());
        int end = alias.lastIndexOf('.');
        var owner = module.modules().get(end < 0 ? "" : alias.substring(0, end));
        if (owner == null) throw new FormatException("untied: " + alias + " stands in a module that is shared as a whole");
        var swap = new IdentityHashMap<Tensor, Tensor>();
        try (var kept = Scope.outside()) {
            swap.put(tensor, Autograd.noGrad(() -> like(tensor, tensor.detach().copy().compute())));
        }
        return new Transplant(swap, owner).of(module);
    }

    /** @see Module#resized */
    static <M extends Module> M resized(M module, Map<String, Tensor> values, Map<? extends Module, ? extends Module> parts) {
        var own = module.state();
        for (var name : values.keySet())
            if (!own.containsKey(name)) throw new FormatException("resized: " + name + " is unknown; there are " + own.keySet());
        var swap = new IdentityHashMap<Tensor, Tensor>();
        try (var kept = Scope.outside()) {
            Autograd.noGrad(
                    () -> own.forEach((name, old) -> swap.put(old, like(old, values.getOrDefault(name, old).detach().copy().compute()))));
        }
        return new Transplant(swap).with(parts).of(module);
    }

    /** An independent module: every tensor is what {@code change} makes of it. */
    static <M extends Module> M changed(M module, UnaryOperator<Tensor> change) {
        var swap = new IdentityHashMap<Tensor, Tensor>();
        try (var kept = Scope.outside()) {
            Autograd.noGrad(() -> module.state().values()
                    .forEach(t -> swap.computeIfAbsent(t, old -> like(old, change.apply(old.detach()).compute()))));
        }
        return new Transplant(swap).of(module);
    }

    private static Tensor like(Tensor old, Tensor value) { return old.isTracked() ? value.requiresGrad() : value; }

    @SuppressWarnings("unchecked") <M extends Module> M of(M module) {
        var ready = made.get(module);
        if (ready == null) {
            ready = module.shallow(value -> changed(module, value));
            made.put(module, ready);
        }
        return (M) ready;
    }

    private Object changed(Module in, Object value) {
        return switch (value) {
            case Tensor tensor -> only == null || in == only ? swap.getOrDefault(tensor, tensor) : tensor;
            case Module module -> of(module);
            case List<?> list when list.stream().anyMatch(Module.class::isInstance) ->
                    list.stream().map(item -> changed(in, item)).toList();
            case Map<?, ?> map when map.values().stream().anyMatch(Module.class::isInstance) -> {
                var copy = new LinkedHashMap<Object, Object>();
                map.forEach((key, item) -> copy.put(key, changed(in, item)));
                yield copy;
            }
            case null, default -> value;
        };
    }
}
