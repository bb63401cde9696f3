package lyceum.train.continual;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * So many rows of a stream of unknown length.
 *
 * <p>{@link Policy#RESERVOIR}: row number t of the stream enters with probability {@code capacity / t} in a random row's place, so that at
 * any time each row seen
 * is held with the same probability (Vitter's algorithm R). {@link Policy#CLASS_BALANCED}: while a class has fewer rows than the largest,
 * its
 * rows take places of the largest; a class that has been the largest is a reservoir in itself. For one thread.
 *
 * @see <a href="https://doi.org/10.1145/3147.3165">Vitter (1985)</a>
 * @see <a href="https://proceedings.mlr.press/v119/chrysakis20a.html">Chrysakis and Moens (2020), for balance</a>
 */
public final class ReplayMemory {
    /** Which rows stay. */
    public enum Policy {
        RESERVOIR,
        /** By class numbers. */
        CLASS_BALANCED
    }

    private record Row(Tensor x, Tensor y, int task, long label) {}

    private final int capacity;
    private final Policy policy;
    private final Rng rng;
    private final List<Row> rows = new ArrayList<>();
    /** Rows of each class: seen, and held. */
    private final Map<Long, Long> seenOf = new HashMap<>();
    private final Map<Long, List<Integer>> heldOf = new HashMap<>();
    private final Set<Long> full = new HashSet<>();
    private long seen;

    /** @param capacity rows at most, at least 1 @param rng what is drawn is drawn from it */
    public ReplayMemory(int capacity, Policy policy, Rng rng) {
        if (capacity < 1) throw new IllegalArgumentException("ReplayMemory: capacity is " + capacity + "; it is at least 1");
        this.capacity = capacity;
        this.policy = Objects.requireNonNull(policy, "policy");
        this.rng = rng;
    }

    /** The next rows of the stream, first to last. */
    public void offer(TaskBatch batch) {
        boolean labelled = policy == Policy.CLASS_BALANCED;
        if (labelled && (batch.y().rank() != 1 || batch.y().dtype().isFloat())) throw new IllegalArgumentException(
                "ReplayMemory: targets are " + batch.y().dtype() + " " + batch.y().shape() + "; a balance needs class numbers (n)");
        var labels = labelled ? batch.y().toLongArray() : new long[batch.tasks().length];
        for (int i = 0; i < labels.length; i++) {
            int place = place(labels[i]);
            if (place < 0) continue;
            int row = i;
            try (var kept = Scope.outside()) {
                var next = Autograd.noGrad(() -> new Row(batch.x().select(0, row).copy().compute(),
                        batch.y().select(0, row).copy().compute(), batch.tasks()[row], labels[row]));
                if (place == rows.size()) rows.add(next);
                else rows.set(place, next);
            }
        }
    }

    /** Where the next row goes; -1 if it is not taken. */
    private int place(long label) {
        seen++;
        if (policy == Policy.RESERVOIR) {
            if (rows.size() < capacity) return rows.size();
            long drawn = rng.nextLong(seen);
            return drawn < capacity ? (int) drawn : -1;
        }
        long of = seenOf.merge(label, 1L, Long::sum);
        var held = heldOf.computeIfAbsent(label, l -> new ArrayList<>());
        if (rows.size() < capacity) {
            held.add(rows.size());
            if (rows.size() + 1 == capacity) markFull();
            return rows.size();
        }
        if (full.contains(label)) {
            long drawn = rng.nextLong(of);
            return drawn < held.size() ? held.get((int) drawn) : -1;
        }
        int most = heldOf.values().stream().mapToInt(List::size).max().orElseThrow();
        var largest = heldOf.entrySet().stream().filter(e -> e.getValue().size() == most).mapToLong(Map.Entry::getKey).sorted().toArray();
        var victims = heldOf.get(largest[rng.nextInt(largest.length)]);
        int place = victims.remove(rng.nextInt(victims.size()));
        held.add(place);
        markFull();
        return place;
    }

    /** Classes that are among the largest now. */
    private void markFull() {
        int most = heldOf.values().stream().mapToInt(List::size).max().orElseThrow();
        heldOf.forEach((label, held) -> { if (held.size() == most) full.add(label); });
    }

    /** Rows held. */
    public int size() { return rows.size(); }

    /** Rows offered so far. */
    public long seen() { return seen; }

    /** All rows held. @throws IllegalStateException if there is none */
    public TaskBatch all() { return batch(rows); }

    /** Different rows in random order, so many or all there are. @throws IllegalStateException if there is none */
    public TaskBatch sample(int n, Rng rng) {
        var drawn = new ArrayList<Row>();
        for (int i : rng.sample(rows.size(), Math.min(n, rows.size()))) drawn.add(rows.get(i));
        return batch(drawn);
    }

    private static TaskBatch batch(List<Row> rows) {
        if (rows.isEmpty()) throw new IllegalStateException("ReplayMemory: it is empty; offer rows first");
        return new TaskBatch(Tensor.stack(0, rows.stream().map(Row::x).toArray(Tensor[]::new)),
                Tensor.stack(0, rows.stream().map(Row::y).toArray(Tensor[]::new)), rows.stream().mapToInt(Row::task).toArray());
    }
}
