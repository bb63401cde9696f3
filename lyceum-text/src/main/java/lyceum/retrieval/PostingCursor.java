package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import lyceum.FormatException;

/** Walks the documents of one term, in order, and unpacks only the blocks it stops at. */
final class PostingCursor {
    static final int END = Integer.MAX_VALUE;
    private static final int BLOCK = SegmentBuilder.BLOCK;

    /** A score of a count in a text of a length: it rises with the first and falls with the second, or is nowhere above 0. */
    interface Contribution {
        double of(int count, int length);
    }

    private final MemorySegment memory;
    private final long start;
    private final int size, blocks, limit;
    private final int[] lengths;
    private final int[] ids = new int[BLOCK], counts = new int[BLOCK];
    private int[] places, placeStart;
    private int block = -1, n, at, unpackedPlaces = -1, boundOf = -1;
    private double bound;

    /** @param lengths of the documents in the field */
    PostingCursor(MemorySegment memory, long start, int size, int limit, int[] lengths) {
        this.memory = memory;
        this.start = start;
        this.size = size;
        this.limit = limit;
        this.lengths = lengths;
        blocks = memory.get(IndexFile.INT, start);
        if (blocks != (size + BLOCK - 1) / BLOCK)
            throw FormatException.at("InvertedIndex", start, blocks + " blocks of " + size + " postings");
    }

    int size() { return size; }

    private int line(int b, int what) { return memory.get(IndexFile.INT, start + 4 + 12L * b + 4L * what); }

    int document() { return block < 0 ? -1 : block == blocks ? END : ids[at]; }

    int count() { return counts[at]; }

    int length() { return lengths[ids[at]]; }

    int next() {
        if (block < 0 || ++at == n) {
            if (block == blocks || ++block == blocks) return END;
            load();
        }
        return ids[at];
    }

    /** The first document from {@code target} on. */
    int advance(int target) {
        if (document() >= target) return document();
        int b = Math.max(block, 0);
        while (b < blocks && line(b, 0) < target) b++;
        if (b == blocks) {
            block = blocks;
            return END;
        }
        if (b != block) {
            block = b;
            load();
        }
        while (ids[at] < target) at++;
        return ids[at];
    }

    private void load() {
        long from = start + line(block, 1);
        n = Math.min(BLOCK, size - block * BLOCK);
        if (blocks > 1) from = afterBest(from);
        from = BitPacking.unpack(memory, from, n, ids);
        BitPacking.unpack(memory, from, n, counts);
        int last = block == 0 ? -1 : line(block - 1, 0);
        for (int i = 0; i < n; i++) {
            last += ids[i] + 1;
            if (last < 0 || last >= limit) throw FormatException.at("InvertedIndex", from, "document " + last + " of " + limit);
            ids[i] = last;
            counts[i]++;
        }
        if (last != line(block, 0))
            throw FormatException.at("InvertedIndex", from, "a block ends at document " + last + ", not " + line(block, 0));
        at = 0;
    }

    private long afterBest(long from) {
        int pairs = memory.get(IndexFile.INT, from);
        if (pairs < 0 || pairs > size) throw FormatException.at("InvertedIndex", from, pairs + " best pairs");
        return BitPacking.skip(memory, BitPacking.skip(memory, from + 4, pairs), pairs);
    }

    private double best(long from, Contribution contribution) {
        int pairs = memory.get(IndexFile.INT, from);
        if (pairs < 0 || pairs > size) throw FormatException.at("InvertedIndex", from, pairs + " best pairs");
        int[] count = new int[pairs], length = new int[pairs];
        BitPacking.unpack(memory, BitPacking.unpack(memory, from + 4, pairs, count), pairs, length);
        double most = 0;
        for (int i = 0; i < pairs; i++) most = Math.max(most, contribution.of(count[i], length[i]));
        return most;
    }

    /** No posting contributes more; at least 0, which is what a document without the term gets. */
    double bound(Contribution contribution) {
        return best(start + 4 + 12L * blocks, contribution);
    }

    /** The last document of the block that holds the first posting from {@code target} on. */
    int blockEnd(int target) {
        int b = blockAt(target);
        return b == blocks ? END - 1 : line(b, 0);
    }

    /** No posting of that block contributes more. */
    double blockBound(int target, Contribution contribution) {
        int b = blockAt(target);
        if (b == blocks) return 0;
        if (b != boundOf) {
            bound = blocks == 1 ? bound(contribution) : best(start + line(b, 1), contribution);
            boundOf = b;
        }
        return bound;
    }

    private int blockAt(int target) {
        int b = Math.max(Math.max(block, boundOf), 0);
        if (b > 0 && b < blocks && boundOf > block && line(b - 1, 0) >= target) b = Math.max(block, 0);
        while (b < blocks && line(b, 0) < target) b++;
        return b;
    }

    boolean hasPlaces() { return line(block, 2) != 0; }

    /** The places in the document, from index 0 to {@link #count()}. */
    int[] places() {
        if (unpackedPlaces != block) {
            placeStart = new int[n + 1];
            for (int i = 0; i < n; i++) placeStart[i + 1] = placeStart[i] + counts[i];
            if (placeStart[n] < 0 || placeStart[n] > n + 8 * memory.byteSize())
                throw FormatException.at("InvertedIndex", start, placeStart[n] + " places in a block");
            places = new int[placeStart[n]];
            BitPacking.unpack(memory, start + line(block, 2), places.length, places);
            unpackedPlaces = block;
        }
        var own = new int[counts[at]];
        int place = 0;
        for (int i = 0; i < own.length; i++) own[i] = place += places[placeStart[at] + i];
        return own;
    }
}
