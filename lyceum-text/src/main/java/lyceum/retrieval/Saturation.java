package lyceum.retrieval;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntToDoubleFunction;

/**
 * What a posting is worth before its term's weight: {@code f / (f + cost(L))} for words, {@code f} itself for weights. It rises with counts and falls with lengths. Keeps,
 * for lists that were asked for, the greatest of each block.
 */
final class Saturation {
    /** Longer texts' costs are computed each time. */
    private static final int TABLE = 1 << 14;
    /** Products are rounded. */
    private static final double JUST_BELOW = 1 - 1e-9;

    private final double[] costs;
    private final IntToDoubleFunction cost;
    private final double least;
    private final Map<Long, BlockBests> bests = new ConcurrentHashMap<>();

    private Saturation(double[] costs, IntToDoubleFunction cost, double least) {
        this.costs = costs;
        this.cost = cost;
        this.least = least;
    }

    /** For texts of {@code shortest} to {@code longest} terms. */
    static Saturation of(int shortest, int longest, IntToDoubleFunction cost) {
        var table = new double[Math.min(TABLE - 1, longest) + 1];
        for (int length = 0; length < table.length; length++) table[length] = cost.applyAsDouble(length);
        return new Saturation(table, cost, cost.applyAsDouble(shortest));
    }

    /** Counts as they are. */
    static Saturation none() { return new Saturation(null, null, 0); }

    double of(int count, int length) {
        return costs == null ? count
                : count / (count + (length >= 0 && length < costs.length ? costs[length] : cost.applyAsDouble(length)));
    }

    /** A count that is worth no more than {@code share}, whatever the text, nor is any below it; 0 if none is known. */
    int few(double share) {
        if (!(share > 0)) return 0;
        if (costs == null) return (int) (share * JUST_BELOW);
        return share < 1 ? (int) (share * least / (1 - share) * JUST_BELOW) : 0;
    }

    /** Of a term's list in a segment. Short lists are read each time. */
    BlockBests bests(int segment, int term, PostingCursor list) {
        if (list.blocks() == 1) return BlockBests.of(list, this);
        return bests.computeIfAbsent((long) segment << 32 | term, _ -> BlockBests.of(list, this));
    }
}
