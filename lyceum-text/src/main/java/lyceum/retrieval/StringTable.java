package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import lyceum.FormatException;

/** Strings in UTF-8, one behind another; found by halving if they were put in the order of their bytes. */
final class StringTable {
    private final MemorySegment memory;
    private final int size;
    private final long begin;

    StringTable(MemorySegment memory) {
        this.memory = memory;
        if (memory.byteSize() < 8) throw new FormatException("InvertedIndex: a table of strings has " + memory.byteSize() + " bytes");
        size = memory.get(IndexFile.INT, 0);
        begin = 4 + 4 * (size + 1L);
        if (size < 0 || begin > memory.byteSize()) throw new FormatException("InvertedIndex: a table promises " + size + " strings");
        int last = 0;
        for (int i = 0; i <= size; i++) {
            int at = start(i);
            if (at < last || at > memory.byteSize() - begin)
                throw new FormatException("InvertedIndex: string " + i + " lies outside its table");
            last = at;
        }
    }

    static MemorySegment write(List<byte[]> strings) {
        var out = new ByteSink();
        out.putInt(strings.size());
        int at = 0;
        for (var each : strings) {
            out.putInt(at);
            at += each.length;
        }
        out.putInt(at);
        for (var each : strings) out.put(each);
        return out.segment();
    }

    int size() { return size; }

    private int start(int i) { return memory.get(IndexFile.INT, 4 + 4L * i); }

    byte[] bytes(int i) { return memory.asSlice(begin + start(i), start(i + 1) - start(i)).toArray(ValueLayout.JAVA_BYTE); }

    String get(int i) { return new String(bytes(i), StandardCharsets.UTF_8); }

    /** The number of the string, or -1. */
    int find(byte[] key) {
        var wanted = MemorySegment.ofArray(key);
        int low = 0, high = size - 1;
        while (low <= high) {
            int middle = low + high >>> 1, from = start(middle), to = start(middle + 1);
            int order = compare(begin + from, begin + to, wanted);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        return -1;
    }

    private int compare(long from, long to, MemorySegment wanted) {
        long differs = MemorySegment.mismatch(memory, from, to, wanted, 0, wanted.byteSize());
        if (differs < 0) return 0;
        if (differs == to - from) return -1;
        if (differs == wanted.byteSize()) return 1;
        return Byte.compareUnsigned(memory.get(ValueLayout.JAVA_BYTE, from + differs), wanted.get(ValueLayout.JAVA_BYTE, differs));
    }
}
