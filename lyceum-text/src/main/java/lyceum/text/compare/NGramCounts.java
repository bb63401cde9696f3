package lyceum.text.compare;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How often each run of n items stands in a sequence. */
record NGramCounts(Map<List<?>, Integer> counts, int total) {
    static NGramCounts of(List<?> items, int n) {
        var counts = new HashMap<List<?>, Integer>();
        for (int i = 0; i + n <= items.size(); i++) counts.merge(List.copyOf(items.subList(i, i + n)), 1, Integer::sum);
        return new NGramCounts(counts, Math.max(0, items.size() - n + 1));
    }

    int of(List<?> gram) { return counts.getOrDefault(gram, 0); }

    /** Of each gram the smaller count, summed. */
    int shared(NGramCounts other) {
        int sum = 0;
        for (var e : counts.entrySet()) sum += Math.min(e.getValue(), other.of(e.getKey()));
        return sum;
    }
}
