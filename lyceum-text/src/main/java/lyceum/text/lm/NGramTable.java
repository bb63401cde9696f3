package lyceum.text.lm;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.tensor.Tensor;

/** Runs of ids by order, the followers of a run together and ascending, with log-probabilities and weights; on the heap or in a mapped file. */
final class NGramTable {
    /** @param starts of the followers, one more than there are runs; empty at the longest, as are {@code weights} */
    private record Level(int size, MemorySegment ids, MemorySegment starts, MemorySegment logs, MemorySegment weights) {}

    private final Level[] levels;

    private NGramTable(Level[] levels) { this.levels = levels; }

    static NGramTable of(int[][] ids, int[][] starts, double[][] logs, double[][] weights) {
        var levels = new Level[ids.length];
        for (int n = 0; n < levels.length; n++)
            levels[n] = new Level(ids[n].length, MemorySegment.ofArray(ids[n]),
                    MemorySegment.ofArray(starts[n] == null ? new int[0] : starts[n]), MemorySegment.ofArray(logs[n]),
                    MemorySegment.ofArray(weights[n]));
        return new NGramTable(levels);
    }

    int order() { return levels.length; }

    int size(int n) { return levels[n].size; }

    int id(int n, int place) { return levels[n].ids.getAtIndex(JAVA_INT, place); }

    double log(int n, int place) { return levels[n].logs.getAtIndex(JAVA_DOUBLE, place); }

    double weight(int n, int place) { return levels[n].weights.getAtIndex(JAVA_DOUBLE, place); }

    /** First follower, at level n, of the run at that place of level n - 1; at level 0 all are followers of nothing. */
    int from(int n, int context) { return n == 0 ? 0 : levels[n - 1].starts.getAtIndex(JAVA_INT, context); }

    int to(int n, int context) { return n == 0 ? levels[0].size : levels[n - 1].starts.getAtIndex(JAVA_INT, context + 1L); }

    /** The place at level n of a context's follower, or -1. */
    int find(int n, int context, int id) {
        if (n > 0 && context < 0) return -1;
        var ids = levels[n].ids;
        int low = from(n, context), high = to(n, context) - 1;
        while (low <= high) {
            int mid = (low + high) >>> 1, at = ids.getAtIndex(JAVA_INT, mid);
            if (at == id) return mid;
            if (at < id) low = mid + 1;
            else high = mid - 1;
        }
        return -1;
    }

    long bytes() {
        long sum = 0;
        for (var l : levels) sum += l.ids.byteSize() + l.starts.byteSize() + l.logs.byteSize() + l.weights.byteSize();
        return sum;
    }

    /** The widest first, so that each lies at a multiple of its size. */
    SequencedMap<String, Tensor> tensors() {
        var all = new LinkedHashMap<String, Tensor>();
        for (int n = 0; n < levels.length; n++) {
            all.put(n + 1 + ".logs", Tensor.of(levels[n].logs.toArray(JAVA_DOUBLE)));
            all.put(n + 1 + ".weights", Tensor.of(levels[n].weights.toArray(JAVA_DOUBLE)));
        }
        for (int n = 0; n < levels.length; n++) {
            all.put(n + 1 + ".ids", Tensor.of(levels[n].ids.toArray(JAVA_INT)));
            all.put(n + 1 + ".starts", Tensor.of(levels[n].starts.toArray(JAVA_INT)));
        }
        return all;
    }

    /** Looks at every id, place and number once, so that no question can leave the arrays. */
    static NGramTable of(Map<String, Tensor> tensors, int order, int vocabulary, boolean scores) {
        var levels = new Level[order];
        for (int n = 0; n < order; n++) {
            var ids = tensor(tensors, n, "ids", DType.I32);
            int size = Math.toIntExact(ids.byteSize() / 4);
            levels[n] = new Level(size, ids, tensor(tensors, n, "starts", DType.I32), tensor(tensors, n, "logs", DType.F64),
                    tensor(tensors, n, "weights", DType.F64));
            boolean last = n + 1 == order;
            if (levels[n].logs.byteSize() != 8L * size || levels[n].weights.byteSize() != (last ? 0 : 8L * size)
                    || levels[n].starts.byteSize() != (last ? 0 : 4L * size + 4))
                throw new FormatException("n-gram model: the arrays of order " + (n + 1) + " differ in length");
        }
        var table = new NGramTable(levels);
        for (int n = 0; n < order; n++) table.check(n, vocabulary, scores);
        return table;
    }

    private static MemorySegment tensor(Map<String, Tensor> tensors, int n, String what, DType type) {
        var t = tensors.get(n + 1 + "." + what);
        if (t == null || t.rank() != 1 || t.dtype() != type || t.count() > Integer.MAX_VALUE - 8)
            throw new FormatException("n-gram model: there is no vector " + (n + 1) + "." + what + " of " + type);
        var v = t.view();
        return v.storage().segment().asSlice(v.byteOffset(), t.count() * type.bytes());
    }

    private void check(int n, int vocabulary, boolean scores) {
        var level = levels[n];
        for (int i = 0; i < level.size; i++) {
            double log = log(n, i), weight = n + 1 < levels.length ? weight(n, i) : 0;
            if (id(n, i) < 0 || id(n, i) >= vocabulary || !(log <= (scores ? 1e-6 : 0)) || Double.isNaN(weight)
                    || weight == Double.POSITIVE_INFINITY)
                throw new FormatException("n-gram model: order " + (n + 1) + ", run " + i + ": id " + id(n, i) + ", log-probability " + log
                        + ", weight " + weight);
        }
        int contexts = n == 0 ? 1 : levels[n - 1].size;
        if (n > 0 && (from(n, 0) != 0 || to(n, contexts - 1) != level.size))
            throw new FormatException("n-gram model: the followers of order " + n + " are not those of order " + (n + 1));
        // all borders before any follower: those that ascend to the size lie within it
        for (int c = 0; n > 0 && c < contexts; c++)
            if (from(n, c) > to(n, c))
                throw new FormatException("n-gram model: order " + n + ", run " + c + ": followers end before they begin");
        for (int c = 0; c < contexts; c++)
            for (int i = from(n, c) + 1; i < to(n, c); i++)
                if (id(n, i - 1) >= id(n, i))
                    throw new FormatException("n-gram model: order " + (n + 1) + ", run " + i + ": ids do not ascend");
    }
}
