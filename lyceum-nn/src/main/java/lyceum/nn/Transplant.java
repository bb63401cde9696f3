package lyceum.nn;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
