package lyceum.train.search;

import java.util.ArrayList;
import java.util.List;

/**
 * What a search has spent, item by item. Immutable.
 *
 * @param entries in the order in which they were spent
 */
public record CostLedger(List<Entry> entries) {
    /**
     * @param what was done
     * @param networks trained from fresh weights
     * @param operations in matrix products and convolutions, forward and backward, a multiply-add two
     * @param seconds on the clock
     */
    public record Entry(String what, long networks, double operations, double seconds) {}

    public static final CostLedger EMPTY = new CostLedger(List.of());

    public CostLedger {
        entries = List.copyOf(entries);
    }

    /** With another item. */
    public CostLedger and(Entry entry) {
        var more = new ArrayList<>(entries);
        more.add(entry);
        return new CostLedger(more);
    }

    /** With all items of another. */
    public CostLedger and(CostLedger other) {
        var more = new ArrayList<>(entries);
        more.addAll(other.entries);
        return new CostLedger(more);
    }

    public long networks() { return entries.stream().mapToLong(Entry::networks).sum(); }

    public double operations() { return entries.stream().mapToDouble(Entry::operations).sum(); }

    public double seconds() { return entries.stream().mapToDouble(Entry::seconds).sum(); }
}
