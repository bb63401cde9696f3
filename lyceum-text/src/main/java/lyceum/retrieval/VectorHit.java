package lyceum.retrieval;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/**
 * A vector that was found.
 *
 * @param id it was added by
 * @param score by the index's metric, greater is nearer
 */
public record VectorHit(long id, double score) {

    /** The first k by score, ties by id. Sorts the list. */
    static List<VectorHit> best(int k, List<VectorHit> hits) {
        hits.sort((a, b) -> a.score != b.score ? Double.compare(b.score, a.score) : Long.compare(a.id, b.id));
        return List.copyOf(hits.subList(0, Math.min(k, hits.size())));
    }

    /** The best of these ids; one whose score is NaN is not there. */
    static List<VectorHit> best(int k, long[] ids, LongToDoubleFunction score) {
        if (k < 1) throw new IllegalArgumentException("search: k is " + k + "; it is at least 1");
        var hits = new ArrayList<VectorHit>();
        for (long id : ids) {
            double s = score.applyAsDouble(id);
            if (!Double.isNaN(s)) hits.add(new VectorHit(id, s));
        }
        return best(k, hits);
    }
}
