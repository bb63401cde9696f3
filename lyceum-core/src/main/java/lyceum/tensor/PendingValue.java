package lyceum.tensor;

import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.backend.Op;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/**
 * Work that has been asked for and not yet done: one element-wise operation and its operands, or a matrix product.
 *
 * @param op null for the product of {@code a} and {@code b}, stored both, whose rows may be those of the result's leading axes as well
 * @param size operations of the chain that ends here; short chains count shared ones each time. Bounded by {@link Fusion}
 * @param held bytes of the stored operands that the chain keeps alive, counted likewise
 * @param rows the shape whose rows it reduces, or null for what belongs to elements: this tensor then has size 1 along the last axis
 * @param reducesRows true if a row reduction is anywhere on the way to this value, or a placeholder: what reads it then waits too, however small
 * @param number later work has higher numbers, and an operand a lower one than what reads it
 * @param scope in which the work was asked for, or null: the result belongs to it, wherever it is read first
 * @param readers how many operations or saved activations will read the value: from two on it is stored when first computed
 */
record PendingValue(Op op, long immediate, Tensor a, Tensor b, Tensor c, int size, long held, Shape rows, boolean reducesRows,
        Readers readers, long number, Scope scope) {
    /** Longer chains are counted exactly. */
    private static final int SHORT = 24;
    private static final AtomicLong NEXT = new AtomicLong();

    /** The number of readers, and those of them that an in-place write must let go first once the value is stored. */
    static final class Readers extends AtomicInteger {
        private static final long serialVersionUID = 1;

        private transient ArrayList<Waiting> waiting;
        private int compactAt = 16;
        private volatile boolean dismissed;

        /** From now on only those who asked already will read the value. */
        void dismiss() { dismissed = true; }

        boolean isDismissed() { return dismissed; }

        /** True if the value can no longer be read. */
        synchronized boolean areDone() {
            if (!dismissed) return false;
            if (waiting != null) for (var reference : waiting) {
                if (!reference.isDone()) return false;
            }
            return true;
        }

        synchronized void await(Waiting reader) {
            if (waiting == null) waiting = new ArrayList<>(2);
            if (waiting.size() >= compactAt) {
                waiting.removeIf(Waiting::isDone);
                compactAt = Math.max(16, 2 * waiting.size());
            }
            waiting.add(reader);
        }

        /** From now on the storage of the value knows them. */
        synchronized void handOver(Storage storage) {
            if (waiting == null) return;
            for (var reference : waiting) {
                if (!reference.isDone()) storage.addReader(reference);
            }
            waiting = null;
        }
    }

    /** A tensor that will read its operands when its value is asked for. */
    static final class Waiting extends Storage.Reader {
        Waiting(Tensor tensor) { super(tensor); }

        @Override protected boolean isDone() {
            var tensor = (Tensor) get();
            var pending = tensor == null ? null : tensor.pending();
            return pending == null || pending.scope != null && pending.scope.isClosed();
        }
    }

    static PendingValue leaf(Op op, long immediate) {
        return new PendingValue(op, immediate, null, null, null, 1, 0, null, false, new Readers(), NEXT.getAndIncrement(), Scope.current());
    }

    /** Operand {@code number} of a program that is run later. */
    static PendingValue placeholder(int number) {
        return new PendingValue(Op.LOAD, number, null, null, null, 0, 0, null, true, new Readers(), NEXT.getAndIncrement(), null);
    }

    static PendingValue product(Tensor a, Tensor b, Scope scope) {
        return new PendingValue(null, 0, a, b, null, 1, a.count() * a.dtype().bytes() + b.count() * b.dtype().bytes(), null, false,
                new Readers(), NEXT.getAndIncrement(), scope);
    }

    /** The same work, whose result will belong to {@code scope}. */
    PendingValue in(Scope scope) { return new PendingValue(op, immediate, a, b, c, size, held, rows, reducesRows, readers, number, scope); }

    /** Bytes of the stored operands that lie in {@code storage}. */
    long bytesIn(Storage storage) { return bytesIn(storage, a) + bytesIn(storage, b) + bytesIn(storage, c); }

    private static long bytesIn(Storage storage, Tensor operand) {
        return isIn(storage, operand) ? operand.count() * operand.dtype().bytes() : 0;
    }

    private static boolean isIn(Storage storage, Tensor operand) {
        var view = operand == null ? null : operand.viewIfStored();
        return view != null && view.storage() == storage;
    }

    /** The same work on copies of what lies in {@code storage} now. */
    PendingValue withCopies(Storage storage) {
        return new PendingValue(op, immediate, copied(storage, a), copied(storage, b), copied(storage, c), size, held, rows, reducesRows,
                readers, number, scope);
    }

    private Tensor copied(Storage storage, Tensor operand) {
        if (!isIn(storage, operand)) return operand;
        var copy = new Tensor[1];
        Scope.within(scope, () -> copy[0] = ViewOps.copyOf(operand));
        return copy[0];
    }

    boolean isProduct() { return op == null; }

    /** @param shape of the result */
    static PendingValue of(Op op, Shape shape, Tensor a, Tensor b, Tensor c) {
        int size = 1;
        long held = 0;
        boolean reducesRows = op.isRowReduction();
        var rows = reducesRows ? a.shape() : null;
        for (int i = 0; i < 3; i++) {
            var operand = i == 0 ? a : i == 1 ? b : c;
            if (operand == null) continue;
            var deferred = operand.pending();
            if (deferred == null) {
                held += operand.count() * operand.dtype().bytes();
            } else {
                size += deferred.size;
                held += deferred.held;
                reducesRows |= deferred.reducesRows;
                if (rows == null && deferred.rows != null && operand.shape().equals(shape)) rows = deferred.rows;
                deferred.readers.incrementAndGet();
            }
        }
        if (size > SHORT) {
            var met = new RegisterMap();
            size = 1;
            held = count(a, met) + count(b, met) + count(c, met);
            for (int i = 0; i < met.size(); i++) if (met.tensor(i).pending() != null) size++;
        }
        return new PendingValue(op, 0, a, b, c, size, held, rows, reducesRows, new Readers(), NEXT.getAndIncrement(), Scope.current());
    }

    /** Adds what leads to {@code tensor} to those {@code met}; returns the bytes of the stored operands among it. */
    private static long count(Tensor tensor, RegisterMap met) {
        if (tensor == null || !met.add(tensor)) return 0;
        var deferred = tensor.pending();
        return deferred == null ? tensor.count() * tensor.dtype().bytes()
                : count(deferred.a, met) + count(deferred.b, met) + count(deferred.c, met);
    }
}
