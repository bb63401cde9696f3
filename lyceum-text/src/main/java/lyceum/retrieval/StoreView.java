package lyceum.retrieval;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** All records of a moment: segments, the growing one last, how many rows of each there are, and which of them are deleted. Nothing in it changes. */
record StoreView(List<StoreSegment> segments, int[] sizes, BitSet[] deleted) {
    /** Where a record lies: segment and row. */
    record Place(int segment, int row) {}

    int live() {
        int live = 0;
        for (int s = 0; s < sizes.length; s++) live += live(s);
        return live;
    }

    int live(int s) { return sizes[s] - deleted[s].cardinality(); }

    /** Null if there is none. The caller keeps writers out. */
    Place place(String id) {
        for (int s = sizes.length - 1; s >= 0; s--) {
            int row = segments.get(s).row(id);
            if (row >= 0 && row < sizes[s] && !deleted[s].get(row)) return new Place(s, row);
        }
        return null;
    }

    VectorRecord record(int s, int row) {
        var segment = segments.get(s);
        return segment instanceof GrowingSegment growing ? growing.record(row)
                : new VectorRecord(segment.id(row), segment.index().get(row).orElseThrow(), segment.payload(row));
    }

    /** Those of a segment that are not deleted. */
    List<VectorRecord> records(int s) {
        var all = new ArrayList<VectorRecord>(live(s));
        for (int row = deleted[s].nextClearBit(0); row < sizes[s]; row = deleted[s].nextClearBit(row + 1)) all.add(record(s, row));
        return all;
    }

    List<StoreHit> search(float[] query, int k, PayloadFilter filter) {
        var hits = new ArrayList<StoreHit>();
        for (int s = 0; s < sizes.length; s++) if (live(s) > 0) hits.addAll(segments.get(s).search(query, k, sizes[s], deleted[s], filter));
        hits.sort((a, b) -> a.score() != b.score() ? Double.compare(b.score(), a.score()) : a.id().compareTo(b.id()));
        return List.copyOf(hits.subList(0, Math.min(k, hits.size())));
    }
}
