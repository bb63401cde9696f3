package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.text.internal.Utf8;

/** Records in two mapped files: an index of the vectors by row, and ids (in the order of their bytes, so that one is found by halving) with payloads. */
final class SealedSegment implements StoreSegment {
    private static final String KIND = "records";

    private final StringTable ids;
    private final MemorySegment starts, payloads;
    private final VectorIndex index;
    private final Map<String, Object[]> columns = new ConcurrentHashMap<>();
    private volatile Set<String> fields;

    private SealedSegment(StringTable ids, MemorySegment starts, MemorySegment payloads, VectorIndex index) {
        this.ids = ids;
        this.starts = starts;
        this.payloads = payloads;
        this.index = index;
    }

    static Path vectors(Path directory, String name) { return directory.resolve(name + ".vectors.lyx"); }

    static Path records(Path directory, String name) { return directory.resolve(name + ".records.lyx"); }

    /** Writes records, whose ids differ, as a segment. */
    static void write(Path directory, String name, VectorStoreOptions options, List<VectorRecord> records) throws IOException {
        record Keyed(byte[] key, VectorRecord record) {}
        var order = new ArrayList<Keyed>();
        for (var record : records) order.add(new Keyed(Utf8.bytes(record.id()), record));
        order.sort((a, b) -> Arrays.compareUnsigned(a.key, b.key));
        var index = options.empty(order.stream().map(Keyed::record).toList());
        ByteSink starts = new ByteSink(), payloads = new ByteSink();
        for (int row = 0; row < order.size(); row++) {
            index.add(row, order.get(row).record.vector());
            starts.putLong(payloads.size());
            Payload.put(payloads, order.get(row).record.payload());
        }
        starts.putLong(payloads.size());
        index.save(vectors(directory, name));
        var sections = new LinkedHashMap<String, MemorySegment>();
        sections.put("ids", StringTable.write(order.stream().map(Keyed::key).toList()));
        sections.put("starts", starts.segment());
        sections.put("payloads", payloads.segment());
        IndexFile.write(records(directory, name), KIND, sections);
    }

    static SealedSegment open(Path directory, String name, VectorStoreOptions options) throws IOException {
        var file = IndexFile.read(records(directory, name), KIND);
        var ids = new StringTable(file.section("ids", 8));
        var starts = file.section("starts", 8L * (ids.size() + 1));
        var index = options.open(vectors(directory, name));
        if (index.size() != ids.size() || index.dimensions() != options.dimensions() || index.metric() != options.metric())
            throw file.malformed(ids.size() + " records do not fit an index of " + index.size() + " vectors");
        return new SealedSegment(ids, starts, file.section("payloads", 0), index);
    }

    @Override public int size() { return ids.size(); }

    @Override public String id(int row) { return ids.get(row); }

    @Override public Map<String, Object> payload(int row) {
        long from = starts.get(IndexFile.LONG, 8L * row), to = starts.get(IndexFile.LONG, 8L * row + 8);
        return new Payload.Reader(payloads.asSlice(from, to - from)).payload();
    }

    /** A field's values of all rows are read when it is first asked for, and kept if there are any. */
    @Override public Object field(int row, String name) {
        if (fields == null) {
            var all = new HashSet<String>();
            for (int r = 0; r < size(); r++) all.addAll(payload(r).keySet());
            fields = all;
        }
        if (!fields.contains(name)) return null;
        return columns.computeIfAbsent(name, _ -> {
            var column = new Object[size()];
            for (int r = 0; r < column.length; r++) column[r] = payload(r).get(name);
            return column;
        })[row];
    }

    @Override public VectorIndex index() { return index; }

    @Override public int row(String id) { return ids.find(Utf8.bytes(id)); }
}
