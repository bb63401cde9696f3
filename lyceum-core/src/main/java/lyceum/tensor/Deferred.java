package lyceum.tensor;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.backend.Op;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/**
 * Element-wise work that has been asked for and not yet done: one operation and its operands.
 *
 * @param size operations of the chain that ends here, counting shared ones each time; bounded by {@link Fusion}
 * @param held bytes of the stored operands that the chain keeps alive
 * @param number later work has higher numbers, and an operand a lower one than what reads it
 * @param scope in which the work was asked for, or null: the result belongs to it, wherever it is read first
 * @param readers how many operations or saved activations will read the value: from two on it is stored when first computed
 */
record Deferred(Op op, long immediate, Tensor a, Tensor b, Tensor c, int size, long held, Readers readers, long number, Scope scope) {
    private static final AtomicLong NEXT = new AtomicLong();

    /** The number of readers, and those of them that an in-place write must let go first once the value is stored. */
    static final class Readers extends AtomicInteger {
        private static final long serialVersionUID = 1;

        private transient ArrayList<WeakReference<Tensor>> waiting;
        private int compactAt = 16;

        synchronized void await(Tensor reader) {
            if (waiting == null) waiting = new ArrayList<>(2);
            if (waiting.size() >= compactAt) {
                waiting.removeIf(r -> r.get() == null);
                compactAt = Math.max(16, 2 * waiting.size());
            }
            waiting.add(new WeakReference<>(reader));
        }

        /** From now on the storage of the value knows them. */
        synchronized void handOver(Storage storage) {
            if (waiting == null) return;
            for (var reference : waiting) {
                var reader = reference.get();
                if (reader != null) storage.addReader(reader);
            }
            waiting = null;
        }
    }

    static Deferred leaf(Op op, long immediate) { return new Deferred(op, immediate, null, null, null, 1, 0, new Readers(), NEXT.getAndIncrement(), Scope.current()); }

    static Deferred of(Op op, Tensor a, Tensor b, Tensor c) {
        int size = 1;
        long held = 0;
        for (var operand : new Tensor[] {a, b, c}) {
            if (operand == null) continue;
            var deferred = operand.deferred();
            if (deferred == null) {
                held += operand.count() * operand.dtype().bytes();
            } else {
                size += deferred.size;
                held += deferred.held;
                deferred.readers.incrementAndGet();
            }
        }
        return new Deferred(op, 0, a, b, c, size, held, new Readers(), NEXT.getAndIncrement(), Scope.current());
    }
}
