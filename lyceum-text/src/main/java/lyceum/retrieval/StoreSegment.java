package lyceum.retrieval;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/** Records by row that never change. What is deleted, and how many rows of a growing one count, is known to a {@link StoreView}. */
interface StoreSegment {
    int size();

    String id(int row);

    Map<String, Object> payload(int row);

    /** The value of a payload's field, null where there is none. */
    Object field(int row, String name);

    VectorIndex index();

    /** The row of an id, the last added if there were several; -1 if there is none. */
    int row(String id);

    /** The k nearest of the first {@code size} rows that are not deleted and that the filter takes. */
    default List<StoreHit> search(float[] query, int k, int size, BitSet deleted, PayloadFilter filter) {
        List<VectorHit> found;
        if (filter.equals(PayloadFilter.ALL) && 2 * deleted.cardinality() < size)
            found = index().search(query, k, row -> row < size && !deleted.get((int) row));
        else {
            var accepted = new BitSet(size);
            for (int row = deleted.nextClearBit(0); row < size; row = deleted.nextClearBit(row + 1)) {
                int own = row;
                if (filter.matches(name -> field(own, name))) accepted.set(row);
            }
            // a walk that may return a share f of the rows computes some 1,500 / f scores, a comparison with all of them f n
            long few = accepted.cardinality();
            found = few == 0 ? List.of() : few * few <= 1500L * size ? index().among(query, k, accepted.stream().asLongStream().toArray())
                    : index().search(query, k, row -> accepted.get((int) row));
        }
        var hits = new ArrayList<StoreHit>();
        for (var hit : found) hits.add(new StoreHit(id((int) hit.id()), hit.score(), payload((int) hit.id())));
        return hits;
    }
}
