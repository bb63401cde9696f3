package lyceum.tensor;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/**
 * Which memory a reverse sweep still needs: gradients that are yet to be passed on, those found, and what pending ones among them will read. The rest goes
 * back after each operation, so that the next gradients are written to memory that the caches still hold.
 */
final class SweepMemory {
    private final Scope scope;
    private final Set<Storage> found = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Tensor> pending = new ArrayList<>();
    private int large;

    SweepMemory(Scope scope) { this.scope = scope; }

    /** Stays until the end. */
    void found(Tensor gradient) {
        if (gradient.pending() == null) found.add(gradient.view().storage());
        else pending.add(gradient);
    }

    /** Gives back what neither these nor what was found need. */
    void release(Collection<Tensor> gradients, Collection<PartGradients> parts) {
        if (scope.large() == large) return;
        Set<Storage> needed = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (var gradient : gradients) add(gradient, needed, seen);
        for (var gradient : pending) add(gradient, needed, seen);
        for (var part : parts) part.tensors().forEach(gradient -> add(gradient, needed, seen));
        scope.release(storage -> needed.contains(storage) || found.contains(storage));
        large = scope.large();
    }

    private static void add(Tensor tensor, Set<Storage> needed, Set<Tensor> seen) {
        if (tensor == null) return;
        var work = tensor.pending();
        if (work == null) {
            needed.add(tensor.view().storage());
        } else if (seen.add(tensor)) {
            add(work.a(), needed, seen);
            add(work.b(), needed, seen);
            add(work.c(), needed, seen);
        }
    }
}
