package lyceum.tensor;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;

/**
 * Sequences that lie one after another along the length axis of queries, keys and values, without padding: each attends to itself alone, and causal and
 * window masks count positions within a sequence.
 *
 * {@snippet :
 * var y = new Attention().withCausal(true).withPacking(Packing.of(31, 7, 90)).of(q, k, v);    // q, k, v (1, heads, 128, d)
 * }
 *
 * @param queries of each sequence, in order
 * @param keys of each sequence
 */
public record Packing(List<Integer> queries, List<Integer> keys) {
    /** Where one sequence lies. */
    record Part(int firstQuery, int queries, int firstKey, int keys) {}

    /** @throws ShapeException if the lists differ in length or hold a negative number */
    public Packing {
        queries = List.copyOf(queries);
        keys = List.copyOf(keys);
        if (queries.size() != keys.size()) throw new ShapeException(
                "Packing: " + queries.size() + " lengths of queries, " + keys.size() + " of keys; one of each a sequence");
        for (var lengths : List.of(queries, keys))
            for (int n : lengths) if (n < 0) throw new ShapeException("Packing: a sequence has length " + n + "; at least 0");
    }

    /** Sequences with as many keys as queries. */
    public static Packing of(int... lengths) {
        var list = new ArrayList<Integer>();
        for (int n : lengths) list.add(n);
        return new Packing(list, list);
    }

    List<Part> parts() {
        var parts = new ArrayList<Part>();
        int query = 0, key = 0;
        for (int i = 0; i < queries.size(); i++) {
            parts.add(new Part(query, queries.get(i), key, keys.get(i)));
            query += queries.get(i);
            key += keys.get(i);
        }
        return parts;
    }

    /** @throws ShapeException unless all rows belong to a sequence */
    void check(long queryRows, long keyRows) {
        long q = 0, k = 0;
        for (int n : queries) q += n;
        for (int n : keys) k += n;
        if (q != queryRows || k != keyRows) throw new ShapeException(
                "attention: packed sequences have " + q + " queries and " + k + " keys, the tensors " + queryRows + " and " + keyRows);
    }

    /** The number of each query's sequence, or key's. */
    Tensor sequences(boolean ofQueries) { return rows(ofQueries, false); }

    /** Where each query, or key, stands among its sequence's keys; the last query stands at the last key. */
    Tensor positions(boolean ofQueries) { return rows(ofQueries, true); }

    private Tensor rows(boolean ofQueries, boolean positions) {
        var parts = parts();
        var last = parts.isEmpty() ? new Part(0, 0, 0, 0) : parts.getLast();
        var values = new long[ofQueries ? last.firstQuery + last.queries : last.firstKey + last.keys];
        for (int number = 0; number < parts.size(); number++) {
            var part = parts.get(number);
            int first = ofQueries ? part.firstQuery : part.firstKey, n = ofQueries ? part.queries : part.keys,
                    start = ofQueries ? part.keys - part.queries : 0;
            for (int i = 0; i < n; i++) values[first + i] = positions ? start + i : number;
        }
        return Tensor.of(values);
    }
}
