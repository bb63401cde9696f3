package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;

/** What a store consists of: options, the number of its log, sealed segments and what is deleted of them. */
record StoreManifest(VectorStoreOptions options, int generation, List<String> segments, List<BitSet> deleted) {
    private static final String KIND = "store";

    static void write(Path path, StoreManifest manifest) throws IOException {
        var o = manifest.options;
        ByteSink head = new ByteSink(), deleted = new ByteSink();
        for (int value : new int[] {o.dimensions(), o.metric().ordinal(), o.index().ordinal(), o.encoding().ordinal(), o.segmentSize(),
                o.durable() ? 1 : 0, manifest.generation})
            head.putInt(value);
        for (var each : manifest.deleted) {
            long[] words = each.toLongArray();
            deleted.putInt(words.length);
            for (long word : words) deleted.putLong(word);
        }
        var sections = new LinkedHashMap<String, MemorySegment>();
        sections.put("head", head.segment());
        sections.put("segments", StringTable.write(manifest.segments.stream().map(s -> s.getBytes(StandardCharsets.UTF_8)).toList()));
        sections.put("deleted", deleted.segment());
        IndexFile.write(path, KIND, sections);
    }

    static StoreManifest read(Path path) throws IOException {
        var file = IndexFile.read(path, KIND);
        var h = new int[7];
        MemorySegment.copy(file.section("head", 28), IndexFile.INT, 0, h, 0, 7);
        if (h[0] < 1 || h[0] > 1 << 20 || h[1] < 0 || h[1] >= VectorMetric.values().length || h[2] < 0
                || h[2] >= VectorStoreOptions.Kind.values().length || h[3] < 0 || h[3] >= VectorEncoding.values().length || h[4] < 1
                || h[6] < 0)
            throw file.malformed("the head is " + Arrays.toString(h));
        var options = new VectorStoreOptions(h[0], VectorMetric.values()[h[1]], VectorStoreOptions.Kind.values()[h[2]],
                VectorEncoding.values()[h[3]], h[4], h[5] != 0);
        var names = new StringTable(file.section("segments", 8));
        var words = file.section("deleted", 4L * names.size());
        var segments = new ArrayList<String>();
        var deleted = new ArrayList<BitSet>();
        long at = 0;
        for (int s = 0; s < names.size(); s++) {
            segments.add(names.get(s));
            if (!segments.getLast().matches("segment-\\d+")) throw file.malformed("'" + segments.getLast() + "' is not a segment's name");
            long n = at + 4 <= words.byteSize() ? words.get(IndexFile.INT, at) : -1;
            if (n < 0 || at + 4 + 8 * n > words.byteSize()) throw file.malformed("the deleted records of a segment do not fit");
            var own = new long[(int) n];
            for (int i = 0; i < n; i++) own[i] = words.get(IndexFile.LONG, at + 4 + 8L * i);
            at += 4 + 8 * n;
            deleted.add(BitSet.valueOf(own));
        }
        return new StoreManifest(options, h[6], segments, deleted);
    }
}
