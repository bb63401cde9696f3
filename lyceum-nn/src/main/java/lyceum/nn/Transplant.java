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

    Transplant(IdentityHashMap<Tensor, Tensor> swap) { this.swap = swap; }

    /** Others in place of some modules. Returns this. */
    Transplant with(Map<? extends Module, ? extends Module> parts) {
        made.putAll(parts);
        return this;
    }

    @SuppressWarnings("unchecked") <M extends Module> M of(M module) {
        var ready = made.get(module);
        if (ready == null) {
            ready = module.shallow(this::changed);
            made.put(module, ready);
        }
        return (M) ready;
    }

    private Object changed(Object value) {
        return switch (value) {
            case Tensor tensor -> swap.getOrDefault(tensor, tensor);
            case Module module -> of(module);
            case List<?> list when list.stream().anyMatch(Module.class::isInstance) -> list.stream().map(this::changed).toList();
            case Map<?, ?> map when map.values().stream().anyMatch(Module.class::isInstance) -> {
                var copy = new LinkedHashMap<Object, Object>();
                map.forEach((key, item) -> copy.put(key, changed(item)));
                yield copy;
            }
            case null, default -> value;
        };
    }
}
