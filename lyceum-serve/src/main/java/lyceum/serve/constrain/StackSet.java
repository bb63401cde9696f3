package lyceum.serve.constrain;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Where a text may stand: the stacks of a {@link Pushdown} of which each goes on with a byte, and whether the text may end. Equal ones are one object of a {@link Table}. */
final class StackSet {
    /** A stack: the node on top and what follows its production. */
    static final class Frame {
        /** Below a stack of which only the top is known. */
        static final Frame UNKNOWN = new Frame();
        final int node, cost, hash;
        final Frame parent;

        private Frame() {
            node = -1;
            cost = 0;
            hash = 1;
            parent = null;
        }

        Frame(int node, Frame parent, Pushdown grammar) {
            this.node = node;
            this.parent = parent;
            cost = Math.min(Pushdown.NEVER, grammar.least(node) + (parent == null ? 0 : parent.cost));
            hash = 31 * (parent == null ? 7 : parent.hash) + node * 0x9E3779B1;
        }

        @Override public int hashCode() { return hash; }

        @Override public boolean equals(Object other) {
            if (!(other instanceof Frame f)) return false;
            Frame a = this, b = f;
            while (a != b) {
                if (a == null || b == null || a.hash != b.hash || a.node != b.node) return false;
                a = a.parent;
                b = b.parent;
            }
            return true;
        }
    }

    /** Tokens that may come, and the most bytes that one of them leaves to be written. */
    record Mask(long[] bits, int worst) {}

    final Frame[] frames;
    /** Whether the text may end; whether it may go on below what is known. */
    final boolean accepts, leaves;
    /** Bytes at least to the end; of what is known. */
    final int cost;
    private final Table table;
    private StackSet[] next;
    volatile Mask mask;

    private StackSet(Key key, Table table) {
        frames = key.frames.toArray(Frame[]::new);
        accepts = key.accepts;
        leaves = key.leaves;
        this.table = table;
        int least = accepts || leaves ? 0 : Pushdown.NEVER;
        for (var frame : frames) least = Math.min(least, frame.cost);
        cost = least;
    }

    boolean isDead() { return frames.length == 0 && !accepts && !leaves; }

    /** After one more byte; dead if it cannot come. */
    StackSet step(int b) {
        var known = next == null ? null : next[b];
        if (known != null) return known;
        var closure = new Closure(table.machine.grammar);
        for (var frame : frames)
            if (frame.node >= 0 && closure.grammar.reads(frame.node, b)) closure.add(closure.grammar.next(frame.node), frame.parent);
        var to = closure.found(table.machine);
        if (to.table != table) return to; // a full table learns nothing more
        var all = next;
        if (all == null) {
            next = all = new StackSet[256];
            table.bytes += 1100;
        }
        return all[b] = to;
    }

    private record Key(Set<Frame> frames, boolean accepts, boolean leaves) {}

    /** Stacks that are reached without a byte. */
    static final class Closure {
        private static final int MOST = 5000;
        final Pushdown grammar;
        private final Set<Frame> seen = new HashSet<>(), reading = new HashSet<>();
        private final List<Frame> todo = new ArrayList<>();
        private boolean accepts, leaves;

        Closure(Pushdown grammar) { this.grammar = grammar; }

        void add(int node, Frame parent) {
            push(node, parent);
            while (!todo.isEmpty()) {
                var frame = todo.removeLast();
                int at = frame.node;
                if (grammar.isReading(at)) reading.add(frame);
                else if (at == Pushdown.END) {
                    if (frame.parent == null) accepts = true;
                    else if (frame.parent == Frame.UNKNOWN) leaves = true;
                    else push(frame.parent.node, frame.parent.parent);
                } else if (grammar.isCall(at)) {
                    int behind = grammar.next(at);
                    push(grammar.called(at), behind == Pushdown.END ? frame.parent : new Frame(behind, frame.parent, grammar));
                } else for (int option : grammar.options(at)) push(option, frame.parent);
            }
            if (reading.size() > MOST)
                throw new IllegalStateException("Grammar: " + reading.size() + " ways to read one text; it is too ambiguous");
        }

        private void push(int node, Frame parent) {
            var frame = new Frame(node, parent, grammar);
            if (grammar.isPossible(node) && seen.add(frame)) todo.add(frame);
        }

        StackSet found(Machine machine) { return machine.intern(new Key(reading, accepts, leaves)); }
    }

    /** All that is known of a grammar's texts so far, up to a bound of memory; then a new one begins. */
    static final class Table {
        private final Machine machine;
        private final Map<Key, StackSet> known = new ConcurrentHashMap<>();
        volatile long bytes;

        private Table(Machine machine) { this.machine = machine; }
    }

    /** A pushdown automaton that runs. Safe to share. */
    static final class Machine {
        private static final long MOST_BYTES = 64L << 20;
        final Pushdown grammar;
        private volatile Table table = new Table(this);

        Machine(Pushdown grammar) { this.grammar = grammar; }

        StackSet start() { return at(grammar.start(), null); }

        /** Stacks with a node and what lies below it. */
        StackSet at(int node, Frame parent) {
            var closure = new Closure(grammar);
            closure.add(node, parent);
            return closure.found(this);
        }

        private StackSet intern(Key key) {
            var now = table;
            if (now.bytes > MOST_BYTES) table = now = new Table(this);
            var into = now;
            return now.known.computeIfAbsent(key, k -> {
                into.bytes += 200 + 100L * k.frames.size();
                return new StackSet(k, into);
            });
        }

        void charge(StackSet of, long bytes) { of.table.bytes += bytes; }
    }
}
