package lyceum.retrieval;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The newest records, in memory and compared one by one. One thread adds; others read rows that they know to be there. */
final class GrowingSegment implements StoreSegment {
    private volatile VectorRecord[] records = new VectorRecord[64];
    private final FlatIndex index;
    private final Map<String, Integer> rowOf = new HashMap<>();
    private int size;

    GrowingSegment(int dimensions, VectorMetric metric) { index = new FlatIndex(dimensions, metric); }

    void add(VectorRecord record) {
        index.add(size, record.vector());
        if (size == records.length) records = Arrays.copyOf(records, 2 * size);
        records[size] = record;
        rowOf.put(record.id(), size++);
    }

    VectorRecord record(int row) { return records[row]; }

    @Override public int size() { return size; }

    @Override public String id(int row) { return records[row].id(); }

    @Override public Map<String, Object> payload(int row) { return records[row].payload(); }

    @Override public Object field(int row, String name) { return records[row].payload().get(name); }

    @Override public VectorIndex index() { return index; }

    @Override public int row(String id) { return rowOf.getOrDefault(id, -1); }
}
