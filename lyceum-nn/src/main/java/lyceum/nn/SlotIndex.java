package lyceum.nn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Which slots of a {@link KeyValueMemory} share a word with a question: an inverted index of their keys, which the paper calls key hashing. Words of very many
 * slots find nothing; they tell nothing apart.
 *
 * {@snippet :
 * var index = SlotIndex.of(keys, -1, 100);
 * var candidates = index.candidates(questions);
 * candidates.recall(gold);                                          // how often the right slot is among them: no training can make up for it
 * }
 *
 * @see <a href="https://arxiv.org/abs/1606.03126">Miller et al. (2016), section 3.1</a>
 */
public final class SlotIndex {
    private final Map<Long, List<Integer>> slots = new HashMap<>();
    private final int limit;

    /**
     * Slots to look at, for each question as many as the longest list has.
     *
     * @param slots I64 (batch, candidates), ascending, then zeros
     * @param seen BOOL (batch, candidates), false for those zeros; a question without any candidate sees none and reads zeros
     */
    public record Candidates(Tensor slots, Tensor seen) {
        /** The share of questions whose right slot is a candidate. @param gold a slot for each question */
        public double recall(int... gold) {
            long[] all = slots.toLongArray();
            boolean[] there = seen.toBooleanArray();
            int n = (int) slots.size(1), found = 0;
            if (gold.length != slots.size(0))
                throw new ShapeException("recall: " + gold.length + " slots for " + slots.size(0) + " questions");
            for (int b = 0; b < gold.length; b++) for (int i = 0; i < n; i++) if (there[b * n + i] && all[b * n + i] == gold[b]) found++;
            return (double) found / gold.length;
        }
    }

    private SlotIndex(int limit) { this.limit = limit; }

    /**
     * @param keys ids (slots, n)
     * @param paddingIndex an id that is not indexed; -1 for none
     * @param limit slots of a word at most; a word of more finds nothing
     */
    public static SlotIndex of(Tensor keys, int paddingIndex, int limit) {
        if (keys.rank() != 2) throw new ShapeException("SlotIndex: keys " + keys.shape() + "; they are (slots, ids)");
        if (limit < 1) throw new IllegalArgumentException("SlotIndex: limit is " + limit + "; it is at least 1");
        var index = new SlotIndex(limit);
        long[] ids = keys.toLongArray();
        int n = (int) keys.size(1);
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] == paddingIndex) continue;
            var list = index.slots.computeIfAbsent(ids[i], id -> new ArrayList<>());
            if (list.isEmpty() || list.getLast() != i / n) list.add(i / n);
        }
        return index;
    }

    /** The slots that share an id with each question. @param questions ids (batch, n) */
    public Candidates candidates(Tensor questions) {
        if (questions.rank() != 2) throw new ShapeException("SlotIndex: questions " + questions.shape() + "; they are (batch, ids)");
        long[] ids = questions.toLongArray();
        int batch = (int) questions.size(0), n = (int) questions.size(1), most = 1;
        var found = new ArrayList<int[]>();
        for (int b = 0; b < batch; b++) {
            var mine = new LinkedHashSet<Integer>();
            for (int i = 0; i < n; i++) {
                var list = slots.getOrDefault(ids[b * n + i], List.of());
                if (list.size() <= limit) mine.addAll(list);
            }
            found.add(mine.stream().mapToInt(Integer::intValue).sorted().toArray());
            most = Math.max(most, mine.size());
        }
        var all = new long[batch * most];
        var seen = new boolean[batch * most];
        for (int b = 0; b < batch; b++) {
            int[] mine = found.get(b);
            for (int i = 0; i < mine.length; i++) {
                all[b * most + i] = mine[i];
                seen[b * most + i] = true;
            }
        }
        return new Candidates(Tensor.of(all, batch, most), Tensor.of(seen, batch, most));
    }
}
